import { tableOf } from "../../data/table.ts";
import type { Rng } from "../../math/rng.ts";
import {
  hiddenConfounderDesign,
  ihdpLikeDesign,
  kangSchaferDesign,
  type KnownDesign,
  nieWagerDesign,
  type NieWagerSetup,
} from "../judge/designs.ts";
import type { KnownProblem, KnownSet } from "./known-set.ts";

/** Columns x1 … xd, t and y of a design, with its effects. O(n · d). */
export function problemOfDesign(design: KnownDesign): KnownProblem {
  const { n, d, x } = design;
  const names = Array.from({ length: d }, (_, j) => `x${j + 1}`);
  const columns = names.map((name, j) => [
    name,
    Float64Array.from({ length: n }, (_, i) => x[i * d + j]!),
  ]);
  return {
    table: tableOf({
      ...(Object.fromEntries(columns) as Record<string, Float64Array>),
      t: Uint8Array.from(design.treatment),
      y: design.outcomeKind === "binary" ? Uint8Array.from(design.outcome) : design.outcome,
    }),
    treatment: "t",
    outcome: "y",
    adjustment: names,
    target: "ATE",
    effect: design.effect,
    among: new Uint8Array(n).fill(1),
  };
}

function generated(
  named: Pick<KnownSet, "name" | "label" | "about" | "source">,
  rows: number,
  draw: (n: number, rng: Rng) => KnownDesign,
): KnownSet {
  return {
    ...named,
    rows: { default: rows, minimum: 100 },
    better: "high",
    files: () => [],
    load: async (_replication, { n }, rng) => problemOfDesign(draw(n ?? rows, rng)),
  };
}

const setups: Readonly<Record<NieWagerSetup, string>> = {
  A: "A hard baseline and an easy effect, treatment far from random.",
  B: "A randomised experiment with a wavy effect.",
  C: "An easy propensity, a hard baseline and an effect that is 1 for everybody.",
  D: "The two arms have nothing in common: what one teaches is of no use for the other.",
};

/** Sets that need no file. */
export const generatedSets: readonly KnownSet[] = [
  generated(
    {
      name: "ihdp-like",
      label: "IHDP-like",
      about:
        "Simulated in the manner of IHDP: 25 covariates, about a fifth treated, poor overlap, response surface B, new coefficients and new children in each replication.",
      source: "after Hill (2011), JCGS 20(1)",
    },
    747,
    (n, rng) => ihdpLikeDesign(rng, n),
  ),
  generated(
    {
      name: "hidden-confounder",
      label: "Hidden confounder",
      about:
        "A hidden cause of two classes seen through five proxies. Adjusting for the proxies is not enough: the effect is about 0.726, the crude difference about 0.838.",
      source: "Louizos et al. (2017), section 4.1, as in the pyro and causalml examples",
    },
    4000,
    (n, rng) => hiddenConfounderDesign(n, rng),
  ),
  ...(["A", "B", "C", "D"] as const).map((setup) =>
    generated(
      {
        name: `nie-wager-${setup.toLowerCase()}`,
        label: `Nie–Wager ${setup}`,
        about: setups[setup],
        source: "Nie & Wager (2021), section 4.1",
      },
      1000,
      (n, rng) => nieWagerDesign(setup, n, rng),
    ),
  ),
  generated(
    {
      name: "kang-schafer",
      label: "Kang–Schafer",
      about:
        "Nobody has an effect, but only distorted versions of the four confounders are seen: linear models of treatment and of outcome are both wrong.",
      source: "Kang & Schafer (2007), Statistical Science 22(4)",
    },
    1000,
    (n, rng) => kangSchaferDesign(n, rng),
  ),
];
