import { describe, expect, it } from "vitest";
import { mSeparated } from "../../../kernels/graph/index.ts";
import {
  adjustmentSets,
  canonicalAdjustmentSet,
  checkHedge,
  evaluateEstimand,
  freeSymbols,
  frontDoorSets,
  identify,
  instruments,
  minimalAdjustmentSet,
  optimalAdjustmentSet,
  jointTable,
  binaryVariables,
} from "../../../kernels/identify/index.ts";
import { casesOf, graphOf, interventionalText, sorted } from "./reference.ts";
import type { ReferenceCase } from "./reference.ts";

const names = (list: readonly unknown[] | undefined): string[] => (list ?? []).map(String);

describe("published identification queries", () => {
  it.each(casesOf("id", "idc").map((item) => [item.id, item] as const))("%s", (_, item) => {
    const result = identify(graphOf(item), interventionalText(item), { strategies: false });
    const yes = item.expected["identifiable"] === true;
    expect(result.kind === "identified" || result.kind === "zero-by-structure").toBe(yes);
    if (result.kind === "not-identified") {
      if (result.hedge === undefined) throw new Error("No hedge was given.");
      expect(checkHedge(graphOf(item), result.hedge)).toBe(true);
      const known = item.expected["hedge"] as { F: string[]; F_prime: string[] };
      const published = { ...result.hedge, larger: known.F, smaller: known.F_prime };
      expect(checkHedge(graphOf(item), published)).toBe(true);
      expect(checkHedge(graphOf(item), { ...published, larger: known.F_prime })).toBe(false);
    }
    if (result.kind === "identified" || result.kind === "zero-by-structure")
      checkFormula(item, result.estimand);
  });
});

function checkFormula(item: ReferenceCase, estimand: Parameters<typeof evaluateEstimand>[0]): void {
  const { treatment, outcome, given } = item.query;
  const own = new Set([...names(treatment), ...names(outcome), ...names(given)]);
  for (const variable of freeSymbols(estimand).values()) expect(own.has(variable)).toBe(true);
  const fixture = item.numeric_fixture;
  if (fixture === undefined) return;
  const joint = jointTable(binaryVariables(fixture.observed_order), fixture.joint);
  for (const row of fixture.expected) {
    const assignment = Object.fromEntries([
      ...names(treatment).map((name, i) => [name, row.do[i] ?? 0] as const),
      ...names(given).map((name, i) => [name, row.given[i] ?? 0] as const),
      ...names(outcome).map((name) => [name, 1] as const),
    ]);
    expect(
      Math.abs(evaluateEstimand(estimand, joint, assignment) - row.p_all_outcomes_1),
    ).toBeLessThan(1e-8);
  }
}

describe("published separations", () => {
  it.each(casesOf("dsep").map((item) => [item.id, item] as const))("%s", (_, item) => {
    const { treatment, outcome, given } = item.query;
    const found = mSeparated(graphOf(item), names(treatment), names(outcome), names(given));
    expect(found).toBe(item.expected["dseparated"]);
  });
});

describe("published adjustment sets", () => {
  it.each(casesOf("adjustment").map((item) => [item.id, item] as const))("%s", (_, item) => {
    const graph = graphOf(item);
    const question = { treatment: names(item.query.treatment), outcome: names(item.query.outcome) };
    const expected = item.expected as {
      identifiable: boolean;
      sets: string[][];
      canonical_set?: string[];
      backdoor_sets?: string[][];
      optimal_set?: string[];
    };
    expect(sorted(adjustmentSets(graph, question))).toEqual(sorted(expected.sets));
    const one = minimalAdjustmentSet(graph, question);
    expect(one !== undefined).toBe(expected.identifiable);
    if (one !== undefined) expect(sorted(expected.sets)).toContainEqual(sorted([one])[0]);
    if (expected.canonical_set !== undefined) {
      expect(sorted([canonicalAdjustmentSet(graph, question) ?? ["none"]])).toEqual(
        sorted([expected.canonical_set]),
      );
    }
    if (expected.backdoor_sets !== undefined) {
      const found = adjustmentSets(graph, { ...question, criterion: "backdoor" });
      expect(sorted(found)).toEqual(sorted(expected.backdoor_sets));
    }
    if (expected.optimal_set !== undefined) {
      expect(sorted([optimalAdjustmentSet(graph, question) ?? ["none"]])).toEqual(
        sorted([expected.optimal_set]),
      );
    }
  });
});

describe("published front-door sets", () => {
  it.each(casesOf("frontdoor").map((item) => [item.id, item] as const))("%s", (_, item) => {
    const question = { treatment: names(item.query.treatment), outcome: names(item.query.outcome) };
    expect(sorted(frontDoorSets(graphOf(item), question))).toEqual(
      sorted(item.expected["sets"] as string[][]),
    );
  });
});

describe("published instruments", () => {
  interface Answer {
    instruments: Record<string, string[][]>;
    unconditional: string[];
    exists: boolean;
    max_W: number;
  }
  it.each(casesOf("iv").map((item) => [item.id, item] as const))("%s", (_, item) => {
    const [treatment = ""] = names(item.query.treatment);
    const [outcome = ""] = names(item.query.outcome);
    for (const [effect, key] of [
      ["total", "total_effect"],
      ["edge", "direct_edge"],
    ] as const) {
      const answer = item.expected[key] as Answer | null;
      const maxConditioning = answer?.max_W ?? 4;
      const found = instruments(graphOf(item), { treatment, outcome, effect, maxConditioning });
      if (answer === null) expect(found).toBeUndefined();
      else {
        const sets = Object.fromEntries(
          (found?.instruments ?? []).map((one) => [one.instrument, sorted(one.conditioning)]),
        );
        expect(sets).toEqual(
          Object.fromEntries(Object.entries(answer.instruments).map(([z, w]) => [z, sorted(w)])),
        );
      }
    }
  });
});

it("every published case is held by a test of this folder or of test/kernels/graph", () => {
  const types = ["id", "idc", "dsep", "adjustment", "frontdoor", "iv"];
  const elsewhere = [
    "cpdag",
    "implications",
    "counterfactual",
    "gid",
    "transport",
    "selection_recoverability",
    "iv_bounds",
    "pns_bounds",
  ];
  expect(casesOf(...types, ...elsewhere).length).toBe(123);
});
