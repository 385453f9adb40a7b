import { expect, test } from "vitest";
import { tableOf } from "../../../kernels/data/table.ts";
import {
  eValue,
  refute,
  robustnessValue,
  rosenbaumSignTest,
  sensitivity,
} from "../../../kernels/estimate/index.ts";
import { adjustedEstimate } from "../../../kernels/estimate/sensitivity.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { effectOf, shared, withData } from "./shared.ts";

withData("Darfur: robustness values", async () => {
  const darfur = shared("darfur/darfur.csv", { declare: { village: { type: "category" } } });
  const result = await sensitivity(
    {
      treatment: "directlyharmed",
      outcome: "peacefactor",
      adjustment: [
        "age",
        "farmer_dar",
        "herder_dar",
        "pastvoted",
        "hhsize_darfur",
        "female",
        "village",
      ],
    },
    darfur,
  );
  if (result.kind !== "sensitivity") throw new Error(result.kind);
  // Values printed in the data's README (sensemakr).
  expect(result.estimate).toBeCloseTo(0.097316, 6);
  expect(result.standardError).toBeCloseTo(0.023257, 6);
  expect(result.df).toBe(783);
  expect(result.partialRSquared).toBeCloseTo(0.021873, 6);
  expect(result.robustnessValue).toBeCloseTo(0.138776, 6);
  expect(result.robustnessValueAlpha).toBeCloseTo(0.076258, 6);
  // Cinelli & Hazlett (2020), table 1: a confounder as strong as "female"
  const female = result.benchmarks.find((b) => b.name === "female");
  expect(female?.withTreatment).toBeCloseTo(0.00916, 4);
  expect(female?.withOutcome).toBeCloseTo(0.12464, 4);
});

test("E-values and the sign test, published examples", () => {
  expect(eValue(3.9)).toBeCloseTo(7.263, 3);
  expect(eValue(1.8)).toBeCloseTo(3, 3);
  expect(eValue(1 / 3.9)).toBeCloseTo(eValue(3.9), 12);
  expect(eValue(1)).toBe(1);
  expect(() => eValue(0)).toThrow(/positive/);
  expect(rosenbaumSignTest(65, 100, 1)).toBeCloseTo(0.00176, 5);
  expect(rosenbaumSignTest(65, 100, 1.5)).toBeCloseTo(0.1795, 4);
});

test("a confounder of the robustness value's strength brings the estimate to nothing", () => {
  const fit = { estimate: 2, standardError: 0.4, df: 80 };
  const rv = robustnessValue(fit.estimate / fit.standardError, fit.df);
  expect(adjustedEstimate(fit, rv, rv).estimate).toBeCloseTo(0, 10);
  expect(robustnessValue(1, 80, 1, 0.05)).toBe(0);
});

const rng = createRng(31);
const n = 500;
const x = Float64Array.from({ length: n }, () => rng.normal());
const u = Float64Array.from({ length: n }, () => rng.normal());
const t = x.map((v, i) => (rng.next() < 1 / (1 + Math.exp(-v - u[i]!)) ? 1 : 0));
const y = x.map((v, i) => v + u[i]! + t[i]! + rng.normal());
const table = tableOf({ x, u, t, y });
const spec = { treatment: "t", outcome: "y", adjustment: ["x"] };

test("the formula for omitted variables is exact: adjusting with the true partial R² gives the long regression", async () => {
  const short = await effectOf(spec, table, { method: "regression", errors: "classical" });
  const long = await effectOf({ ...spec, adjustment: ["x", "u"] }, table, {
    method: "regression",
    errors: "classical",
  });
  const partial = async (
    treatment: string,
    outcome: string,
    adjustment: string[],
    df: number,
  ): Promise<number> => {
    const e = await effectOf({ treatment, outcome, adjustment }, table, {
      method: "regression",
      model: "linear",
      errors: "classical",
    });
    const z = (e.estimate / e.standardError) ** 2;
    return z / (z + df);
  };
  const withTreatment = await partial("u", "t", ["x"], n - 3);
  const withOutcome = await partial("u", "y", ["x", "t"], n - 4);
  const adjusted = adjustedEstimate(
    { estimate: short.estimate, standardError: short.standardError, df: n - 3 },
    withTreatment,
    withOutcome,
  );
  expect(adjusted.estimate).toBeCloseTo(long.estimate, 8);
  expect(adjusted.standardError).toBeCloseTo(long.standardError, 8);
});

test("refutations: a sound estimate holds, a confounded one is told apart only by what tests can see", async () => {
  const effect = await effectOf({ ...spec, adjustment: ["x", "u"] }, table, { method: "ipw" });
  const { methodNamed } = await import("../../../kernels/estimate/index.ts");
  const results = await refute(
    { ...spec, adjustment: ["x", "u"] },
    table,
    { method: methodNamed("ipw") },
    { draws: 12 },
  );
  expect(results.map((r) => [r.test, r.verdict])).toEqual([
    ["placebo-treatment", "holds"],
    ["random-common-cause", "holds"],
    ["subset", "holds"],
    ["dummy-outcome", "holds"],
    ["simulated-confounder", "informative"],
  ]);
  for (const result of results) expect(result.original).toBe(effect.estimate);
  const moved = results.at(-1)!.estimates;
  expect(moved.reduce((a, b) => a + b, 0) / moved.length).toBeGreaterThan(effect.estimate);
});
