import { mean, quantileSorted, variance } from "../math/summary.ts";
import type { Answer, Finding, Method, Refusal } from "./method.ts";
import { rowsWhere } from "./nuisance.ts";
import type { AdjustmentProblem } from "./problem.ts";
import { fitPropensity } from "./propensity.ts";

export type StratificationOptions = { readonly strata: number };

/**
 * Stratification on the logit propensity (Rosenbaum & Rubin 1984): quantiles of the target population's propensities
 * cut the sample (strata hold their lower cut, not their upper one), the arms' means are compared within strata, and the differences averaged by the strata's share of
 * the target population. Errors: Neyman's within strata. Some bias remains within strata (about a tenth with five).
 * A refusal when a stratum with target units lacks one arm or has one unit of it. O(nd² + n log n).
 */
export function stratification(
  problem: AdjustmentProblem,
  options: StratificationOptions,
): Finding | Refusal {
  const { n, treatment, outcome } = problem;
  const model = fitPropensity(problem);
  if (model.kind !== "propensity") return model;
  const e = model.fit.fitted;
  const member = (i: number): boolean =>
    problem.estimand.target === "ATE" ||
    treatment[i] === (problem.estimand.target === "ATT" ? 1 : 0);
  const sorted = e.filter((_, i) => member(i)).sort();
  const cuts = Array.from({ length: options.strata - 1 }, (_, k) =>
    quantileSorted(sorted, (k + 1) / options.strata),
  );
  // Equal people have propensities equal up to rounding; a unit at a cut belongs above it, all of its equals with it.
  const stratum = Int32Array.from(e, (p) =>
    cuts.reduce((s, cut) => s + (p >= cut * (1 - 1e-10) ? 1 : 0), 0),
  );
  const weights = new Float64Array(n);
  let estimate = 0;
  let square = 0;
  const rows: { name: string; value: number; note: string }[] = [];
  for (let s = 0; s < options.strata; s++) {
    const arm = [0, 1].map((t) => rowsWhere(n, (i) => stratum[i] === s && treatment[i] === t));
    const share = rowsWhere(n, (i) => stratum[i] === s && member(i)).length / sorted.length;
    if (share === 0) continue;
    if (arm.some((a) => a.length < 2))
      return emptyStratum(s, options.strata, arm[0]!.length, arm[1]!.length);
    const y = arm.map((a) => Float64Array.from(a, (i) => outcome[i]!));
    const difference = mean(y[1]!) - mean(y[0]!);
    estimate += share * difference;
    square += share ** 2 * (variance(y[1]!) / y[1]!.length + variance(y[0]!) / y[0]!.length);
    for (const a of arm) for (const i of a) weights[i] = (share * sorted.length) / a.length;
    rows.push({
      name: `stratum ${s + 1}`,
      value: difference,
      note: `${arm[1]!.length} treated, ${arm[0]!.length} control, ${(100 * share).toFixed(0)} % of the target population`,
    });
  }
  return {
    kind: "finding",
    estimate,
    standardError: Math.sqrt(square),
    errors: "Neyman errors within strata, strata as given",
    propensity: e,
    weights,
    diagnostics: [
      {
        kind: "figures",
        title: "Differences within strata",
        summary: `The differences within ${rows.length} strata run from ${Math.min(...rows.map((r) => r.value)).toPrecision(4)} to ${Math.max(...rows.map((r) => r.value)).toPrecision(4)}.`,
        rows,
      },
    ],
  };
}

function emptyStratum(s: number, strata: number, control: number, treated: number): Refusal {
  return {
    kind: "not-estimable",
    code: "empty-stratum",
    message: `Stratum ${s + 1} of ${strata} holds ${treated} treated and ${control} control units; each needs two.`,
    hint: "Use fewer strata, or compare only where both arms occur (trim).",
  };
}

export const stratificationMethod: Method<StratificationOptions> = {
  name: "stratification",
  label: "Propensity stratification",
  summary: "Compares the arms within strata of similar propensity.",
  source: "Rosenbaum & Rubin (1984)",
  fits: { estimands: ["adjustment"], targets: ["ATE", "ATT", "ATC"], treatments: ["binary"] },
  stochastic: false,
  options: {
    strata: {
      type: "integer",
      default: 5,
      minimum: 2,
      maximum: 100,
      doc: "Number of strata, cut at quantiles of the target population.",
    },
  },
  run(problem, options): Answer {
    if (problem.kind !== "adjustment")
      throw new Error(`stratification was given a ${problem.kind} problem`);
    return stratification(problem, options);
  },
};
