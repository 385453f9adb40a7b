import { expect, test } from "vitest";
import { quietWork } from "../../../app/work.ts";
import { type Table, tableOf } from "../../../kernels/data/table.ts";
import { fitNuisances } from "../../../kernels/estimate/nuisance.ts";
import { optionsOf, prepare, toEstimand } from "../../../kernels/estimate/index.ts";
import { aipwMethod } from "../../../kernels/estimate/aipw.ts";
import { fitPropensity } from "../../../kernels/estimate/propensity.ts";
import type { AdjustmentProblem } from "../../../kernels/estimate/problem.ts";
import { logistic } from "../../../kernels/math/glm.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { effectOf } from "./shared.ts";

// The general, rank-revealing path is the oracle of the one that forms cross products once for all folds.

const rng = createRng(17);
const n = 700;
const x1 = Float64Array.from({ length: n }, () => rng.normal());
const x2 = x1.map((v) => 1e3 * (v + rng.normal()) + 5e4);
const rare = x1.map(() => (rng.next() < 0.02 ? 1 : 0));
const w = x1.map(() => 0.2 + rng.next());
const group = x1.map(() => rng.int(40));
const t = x1.map((v) => (rng.next() < logistic(0.8 * v) ? 1 : 0));
const y = t.map((v, i) => v * (1 + x1[i]!) + x2[i]! / 1e3 + 2 * rare[i]! + rng.normal());
const table = tableOf({ x1, x2, rare, w, group, t, y });
const spec = { treatment: "t", outcome: "y", adjustment: ["x1", "x2", "rare"] } as const;

function problemFrom(
  from: Table,
  options: object,
  adjustment: readonly string[],
): AdjustmentProblem {
  const prepared = prepare(toEstimand({ ...spec, adjustment }), from, options);
  if (prepared.kind !== "ready") throw new Error("bad data");
  return prepared.problem as AdjustmentProblem;
}

test.each([
  ["plain", {}, 5],
  ["with sampling weights", { sampling: "w" }, 5],
  ["with clusters", { clusters: "group" }, 4],
  ["fitted and evaluated on the same rows", {}, 1],
])(
  "nuisances %s: sums of cross products give what fitting each fold gives",
  async (_, more, folds) => {
    const problem = problemFrom(table, more, spec.adjustment);
    const whole = fitPropensity(problem);
    if (whole.kind !== "propensity") throw new Error("separated");
    const options = optionsOf(aipwMethod, { folds, clip: 0 });
    const context = { rng: createRng(3), work: quietWork, level: 0.95 };
    const quick = await fitNuisances(problem, options, context, whole);
    // One joint model with every product of the treatment is the same least squares by the general path.
    const slow = await fitNuisances(
      problem,
      { ...options, byArm: false, interactions: problem.covariates.names },
      context,
    );
    expect(quick.folds).toEqual(slow.folds);
    for (let i = 0; i < n; i++) {
      expect(quick.outcome0[i]).toBeCloseTo(slow.outcome0[i]!, 7);
      expect(quick.outcome1[i]).toBeCloseTo(slow.outcome1[i]!, 7);
      expect(quick.propensity[i]).toBeCloseTo(slow.propensity[i]!, 8);
    }
  },
);

test("collinear columns and levels missing from a fold leave the quick path", async () => {
  const twice = tableOf({
    x1,
    x2,
    copy: x1.map((v) => 2 * v - 1),
    once: x1.map((_, i) => (i === 5 ? 1 : 0)),
    t,
    y,
  });
  const options = { method: "aipw", overlap: "warn" } as const;
  const plain = await effectOf({ ...spec, adjustment: ["x1", "x2"] }, twice, options);
  const copied = await effectOf({ ...spec, adjustment: ["x1", "x2", "copy"] }, twice, options);
  expect(copied.estimate).toBeCloseTo(plain.estimate, 7);
  expect(copied.standardError).toBeCloseTo(plain.standardError, 7);
});

test.each(["HC0", "HC1", "HC2", "HC3", "classical"] as const)(
  "regression by arm with %s errors is the regression with every product",
  async (errors) => {
    for (const target of ["ATE", "ATT", "ATC"] as const) {
      for (const more of [{}, { sampling: "w" }, { clusters: "group" }]) {
        const base = { method: "regression", errors, ...more };
        const quick = await effectOf({ ...spec, target }, table, { ...base, byArm: true });
        const slow = await effectOf({ ...spec, target }, table, {
          ...base,
          interactions: [...spec.adjustment],
        });
        expect(quick.estimate).toBeCloseTo(slow.estimate, 8);
        expect(quick.standardError).toBeCloseTo(slow.standardError, 8);
        expect(quick.interval.high).toBeCloseTo(slow.interval.high, 8);
        for (const [k, part] of quick.parts.entries())
          expect(part.estimate).toBeCloseTo(slow.parts[k]!.estimate, 8);
        for (let i = 0; i < n; i += 37) {
          expect(quick.unitEffects![i]).toBeCloseTo(slow.unitEffects![i]!, 8);
          expect(quick.influence![i]).toBeCloseTo(slow.influence![i]!, 6);
        }
      }
    }
  },
);

test("a logit that does not contract from the fit to all rows is left to the general path", async () => {
  // All treated rows with the rare mark are in one fold's reach: without them the mark tells the arm.
  const mark = t.map((v, i) => (v === 0 && i % 9 === 0 ? 1 : 0));
  mark[t.indexOf(1)] = 1;
  const marked = tableOf({ x1, mark, t, y });
  const problem = problemFrom(marked, {}, ["x1", "mark"]);
  const whole = fitPropensity(problem);
  if (whole.kind !== "propensity") throw new Error("separated");
  const options = optionsOf(aipwMethod, { folds: 5, clip: 0.01 });
  const context = { rng: createRng(3), work: quietWork, level: 0.95 };
  const quick = await fitNuisances(problem, options, context, whole);
  const slow = await fitNuisances(problem, options, context);
  expect([...quick.propensity]).toEqual([...slow.propensity]);
});
