import { describe, expect, it, vi } from "vitest";
import type { Graph } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import {
  checkHedge,
  evaluateEstimand,
  findTwoModels,
  freeSymbols,
  identify,
  randomModel,
  truncatedFactorisation,
} from "../../../kernels/identify/index.ts";
import type {
  DiscreteModel,
  Estimand,
  Hedge,
  Interventional,
  JointTable,
} from "../../../kernels/identify/index.ts";
import { marginalOf } from "../../../kernels/identify/joint.ts";
import { long, pick, randomGraph } from "./random-graphs.ts";

if (long) vi.setConfig({ testTimeout: 900_000 });

const rounds = long ? 600 : 150;

function truth(
  model: DiscreteModel,
  setting: Record<string, number>,
  of: readonly string[],
  given: readonly string[],
): (values: Record<string, number>) => number {
  const table = truncatedFactorisation(model, setting);
  const at = (names: readonly string[], values: Record<string, number>): number => {
    const tensor = marginalOf(table, names);
    const index = names.reduce(
      (total, name, i) => total * (tensor.sizes[i] ?? 1) + (values[name] ?? 0),
      0,
    );
    return tensor.data[index] ?? NaN;
  };
  return (values) => at([...of, ...given], values) / at(given, values);
}

function* assignments(names: readonly string[]): Generator<Record<string, number>> {
  for (let code = 0; code < 2 ** names.length; code++) {
    yield Object.fromEntries(names.map((name, i) => [name, (code >> i) & 1]));
  }
}

function worstError(
  estimand: Estimand,
  model: DiscreteModel,
  joint: JointTable,
  act: readonly string[],
  of: readonly string[],
  given: readonly string[],
): number {
  let worst = 0;
  for (const setting of assignments(act)) {
    const exact = truth(model, setting, of, given);
    for (const values of assignments([...of, ...given])) {
      const found = evaluateEstimand(estimand, joint, { ...setting, ...values });
      worst = Math.max(worst, Math.abs(found - exact(values)));
    }
  }
  return worst;
}

function checkTwoModels(
  graph: Graph,
  query: Interventional,
  hedge: Hedge,
  tally: { shown: number; missing: number },
): void {
  const found = findTwoModels(graph, query, { hedge });
  if (found.kind !== "two-models") {
    tally.missing++;
    if (process.env["DAGBOK_SHOW"] === "1")
      console.log(found.reason, JSON.stringify([query, hedge, graph.edges]));
    return;
  }
  tally.shown++;
  const [a, b] = found.models;
  const laws = [truncatedFactorisation(a), truncatedFactorisation(b)] as const;
  laws[0].probabilities.forEach((p, i) =>
    expect(Math.abs(p - (laws[1].probabilities[i] ?? NaN))).toBeLessThan(1e-9),
  );
  const values = { ...found.outcome, ...found.given };
  const answers = [a, b].map((model) =>
    truth(model, { ...found.setting }, query.outcome, query.given)(values),
  );
  expect(Math.abs((answers[0] ?? 0) - (answers[1] ?? 0))).toBeGreaterThan(1e-3);
}

describe("random graphs up to 8 nodes", () => {
  it("every identified formula equals truncated factorisation, every no has a checked hedge", () => {
    const rng = createRng(20261123);
    const tally = { shown: 0, missing: 0 };
    const seen = { identified: 0, "zero-by-structure": 0, "not-identified": 0 };
    for (let round = 0; round < rounds; round++) {
      const n = 3 + rng.int(6);
      const graph = randomGraph(rng, n, 0.25 + 0.4 * rng.next(), (2 / n) * rng.next());
      const names = pick(
        rng,
        graph.nodes.map((node) => node.name),
        n,
      );
      const act = names.splice(0, 1 + rng.int(Math.min(2, n - 2)));
      const of = names.splice(0, 1 + rng.int(Math.min(2, names.length)));
      const given = names.splice(0, rng.int(Math.min(3, names.length + 1)));
      const text = `P(${of.join(", ")} | ${[`do(${act.join(", ")})`, ...given].join(", ")})`;
      const result = identify(graph, text, { strategies: false });
      if (result.kind === "not-certified" || result.kind === "search-limit")
        throw new Error(result.kind);
      seen[result.kind]++;
      if (result.kind === "not-identified") {
        expect(result.hedge !== undefined && checkHedge(graph, result.hedge)).toBe(true);
        if (result.hedge !== undefined)
          checkTwoModels(graph, { treatment: act, outcome: of, given }, result.hedge, tally);
        continue;
      }
      const own = new Set([...act, ...of, ...given]);
      for (const variable of freeSymbols(result.estimand).values())
        expect(own.has(variable)).toBe(true);
      if (graph.edges.filter((edge) => edge.mark === "<->").length > 7) continue; // the truth itself gets slow
      const model = randomModel(graph, rng, { latentLevels: 2 });
      const joint = truncatedFactorisation(model);
      expect(
        worstError(result.estimand, model, joint, act, of, given),
        `${text} in ${JSON.stringify(graph.edges)}`,
      ).toBeLessThan(1e-9);
    }
    expect(tally.missing).toBe(0);
    expect(tally.shown).toBeGreaterThan(rounds / 20);
    expect(seen.identified).toBeGreaterThan(rounds / 8);
    expect(seen["not-identified"]).toBeGreaterThan(rounds / 20);
  });
});
