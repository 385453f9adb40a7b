/** A "no" with experiments or a source population at hand is shown by two models, checked here law by law. */
import { expect, it, vi } from "vitest";
import { type Graph, parseGraph } from "../../../kernels/graph/index.ts";
import {
  confirmNo,
  identify,
  type OtherLaws,
  truncatedFactorisation,
  type TwoModels,
  twoModelsFor,
} from "../../../kernels/identify/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { long, pick, randomGraph } from "./random-graphs.ts";

if (long) vi.setConfig({ testTimeout: 900_000 });

function settingsOf(act: readonly string[]): Record<string, number>[] {
  return Array.from({ length: 2 ** act.length }, (_, code) =>
    Object.fromEntries(act.map((name, i) => [name, (code >> i) & 1])),
  );
}

/** The largest difference between any law at hand in the two models. */
function apart(shown: TwoModels, laws: OtherLaws): number {
  let worst = 0;
  const compare = ([a, b]: TwoModels["models"], act: readonly string[]): void => {
    const inside = act.filter((name) => a.tables[name] !== undefined);
    for (const setting of settingsOf(inside)) {
      const left = truncatedFactorisation(a, setting).probabilities;
      const right = truncatedFactorisation(b, setting).probabilities;
      left.forEach((p, i) => (worst = Math.max(worst, Math.abs(p - (right[i] ?? Number.NaN)))));
    }
  };
  for (const act of laws.experiments ?? [[]]) compare(shown.models, act);
  if (laws.source !== undefined) {
    if (shown.away === undefined) throw new Error("no source populations");
    for (const act of [[], ...laws.source.experiments]) compare(shown.away, act);
    // The source differs from the target in nothing but what was said to differ.
    for (const k of [0, 1] as const) {
      for (const [name, table] of Object.entries(shown.models[k].tables)) {
        if (laws.source.shifted.includes(name)) continue;
        expect(shown.away[k].tables[name]).toEqual(table);
      }
    }
  }
  return worst;
}

function answers({ models, setting, outcome, given }: TwoModels): number[] {
  return models.map((model) => {
    const { variables, probabilities } = truncatedFactorisation(model, setting);
    const mass = (wanted: Readonly<Record<string, number>>): number =>
      probabilities.reduce((sum, p, cell) => {
        const holds = variables.every(({ name }, i) => {
          const value = wanted[name];
          return value === undefined || ((cell >> (variables.length - 1 - i)) & 1) === value;
        });
        return holds ? sum + p : sum;
      }, 0);
    return mass({ ...outcome, ...given }) / mass(given);
  });
}

async function proved(graph: Graph, query: string, laws: OtherLaws): Promise<boolean | undefined> {
  const first = identify(graph, query, { ...laws, confirm: false, derivation: false });
  const result = await confirmNo(graph, first, { laws });
  if (result.kind !== "not-identified") return undefined;
  const shown = await twoModelsFor(graph, result, { laws });
  if (shown.kind !== "two-models") return false;
  expect(apart(shown, laws)).toBeLessThan(1e-9);
  const [a = 0, b = 0] = answers(shown);
  expect(Math.abs(a - b)).toBeGreaterThan(0.999e-3);
  expect(a).toBeCloseTo(shown.values[0], 9);
  return true;
}

it.each([
  ["an experiment that does not help", "x -> y; x <-> y; z -> x", { experiments: [[], ["z"]] }],
  [
    "no observed law: nobody knows how often z occurs",
    "z -> x -> y; z -> y",
    { experiments: [["z"]] },
  ],
  [
    "a source that differs where it counts",
    "x -> y; x <-> y",
    { source: { shifted: ["y"], experiments: [["x"]] } },
  ],
  [
    "an experiment elsewhere on another variable",
    "z -> x -> y; x <-> y; z <-> y",
    { source: { name: "trial", shifted: ["z"], experiments: [["z"]] } },
  ],
] as const)("%s: two models agree on every law at hand", async (_, text, laws) => {
  expect(await proved(parseGraph(text), "P(y | do(x))", laws)).toBe(true);
});

it("random graphs: every no found is checked, and most are found", async () => {
  const rng = createRng(5);
  let found = 0;
  let missed = 0;
  for (let round = 0; round < (long ? 600 : 150); round++) {
    const graph = randomGraph(rng, 3 + rng.int(3), 0.5, 0.35);
    if (graph.edges.filter((edge) => edge.mark === "<->").length > 5) continue;
    const names = graph.nodes.map((node) => node.name);
    const [x = "", y = "", z = "", w = ""] = pick(rng, names, names.length);
    const conditional = rng.next() < 0.3 && w !== "";
    const laws: OtherLaws =
      rng.next() < 0.5
        ? { source: { shifted: [rng.next() < 0.5 ? y : z], experiments: [[x], [z]] } }
        : { experiments: [[], [z]] };
    const query = conditional ? `P(${y} | do(${x}), ${w})` : `P(${y} | do(${x}))`;
    const shown = await proved(graph, query, laws);
    if (shown === true) found++;
    if (shown === false) missed++;
  }
  if (long) console.log(`two models for ${found} of ${found + missed} negative answers`);
  expect(found).toBeGreaterThan(8);
  expect(missed).toBeLessThanOrEqual(found / 10);
});

it("selection together with experiments is not certified: only the selected units are used", () => {
  const graph = parseGraph("x -> y -> s; x <-> y; s [selected]");
  expect(identify(graph, "P(y | do(x))").kind).toBe("not-identified");
  expect(identify(graph, "P(y | do(x))", { experiments: [[], ["x"]] }).kind).toBe("not-certified");
});

it("names the populations in the formula, and what carries the answer over", () => {
  const result = identify(parseGraph("x -> y; x <-> y; z -> y"), "P(y | do(x))", {
    source: { name: "trial", target: "town", shifted: ["z"], experiments: [["x"]] },
  });
  if (result.kind !== "identified") throw new Error(result.kind);
  expect(JSON.stringify(result.estimand)).toContain('"law":"trial"');
  const ids = result.claim.assumptions.map(({ id }) => id);
  expect(ids).toContain("same-mechanisms:trial,town");
  expect(ids).toContain("experiment:x@trial");
});
