import { expect, test } from "vitest";
import {
  classicalCovariance,
  clusterCovariance,
  leverages,
  robustCovariance,
} from "../../../kernels/math/covariance.ts";
import {
  cholesky,
  choleskySolve,
  gram,
  invertSymmetric,
  multiply,
  solve,
} from "../../../kernels/math/dense.ts";
import {
  leastSquares,
  leastSquaresMany,
  residualsOf,
} from "../../../kernels/math/least-squares.ts";
import { createRng } from "../../../kernels/math/rng.ts";

const rng = createRng(11);
const n = 1300;
const d = 5;
const x = Float64Array.from({ length: n * d }, (_, i) => (i % d === 0 ? 1 : rng.normal()));
const y = Float64Array.from({ length: n }, (_, i) => 2 - 3 * x[i * d + 1]! + rng.normal());
const w = Float64Array.from({ length: n }, () => 0.1 + rng.next());

test("solves the normal equations", () => {
  for (const weights of [undefined, w]) {
    const fit = leastSquares(x, n, d, y, weights);
    const residuals = residualsOf(x, n, d, y, fit.coefficients);
    for (let j = 0; j < d; j++) {
      let moment = 0;
      for (let i = 0; i < n; i++) moment += (weights?.[i] ?? 1) * x[i * d + j]! * residuals[i]!;
      expect(Math.abs(moment)).toBeLessThan(1e-9);
    }
    const rss = residuals.reduce((sum, e, i) => sum + (weights?.[i] ?? 1) * e * e, 0);
    expect(fit.rss / rss).toBeCloseTo(1, 12);
    const identity = multiply(gram(x, n, d, weights), fit.inverse, d, d, d);
    for (let i = 0; i < d * d; i++) expect(identity[i]).toBeCloseTo(i % (d + 1) === 0 ? 1 : 0, 10);
  }
});

test("drops what earlier columns explain and fits as well without it", () => {
  const wide = new Float64Array(n * (d + 2));
  for (let i = 0; i < n; i++) {
    const row = x.subarray(i * d, i * d + d);
    // the copy stands in the middle: later columns must keep their places
    wide.set(
      [row[0]!, row[1]!, 2 * row[1]! - row[0]!, row[2]!, row[3]!, row[4]!, row[4]!],
      i * (d + 2),
    );
  }
  const fit = leastSquares(wide, n, d + 2, y);
  const plain = leastSquares(x, n, d, y);
  expect(fit).toMatchObject({ dropped: [2, 6], rank: 5 });
  expect(fit.rss / plain.rss).toBeCloseTo(1, 12);
  const kept = [0, 1, 3, 4, 5].map((j) => fit.coefficients[j]!);
  kept.forEach((b, j) => expect(b).toBeCloseTo(plain.coefficients[j]!, 10));
});

test("columns of very different scale are not mistaken for collinear", () => {
  const scaled = x.map((value, i) => value * [1, 1e-9, 1e9, 1, 1e-4][i % d]!);
  expect(leastSquares(scaled, n, d, y).rank).toBe(5);
});

test("more columns than rows interpolates without exploding", () => {
  const fit = leastSquares(x.subarray(0, 3 * d), 3, d, y.subarray(0, 3));
  expect(fit.rank).toBe(3);
  expect(fit.rss).toBeLessThan(1e-18);
  expect(Math.max(...fit.coefficients.map(Math.abs))).toBeLessThan(1e3);
});

test("several right-hand sides are fitted as each alone", () => {
  const z = y.map((value) => value ** 2);
  const many = leastSquaresMany(x, n, d, [y, z]);
  for (const [k, rhs] of [y, z].entries()) {
    const alone = leastSquares(x, n, d, rhs);
    expect(many[k]!.rss / alone.rss).toBeCloseTo(1, 12);
    alone.coefficients.forEach((b, j) => expect(many[k]!.coefficients[j]).toBeCloseTo(b, 11));
  }
});

test("robust covariances agree with their formulas written out", () => {
  const m = 40;
  const xs = x.slice(0, m * 2).map((value, i) => (i % 2 === 0 ? 1 : value));
  const fit = leastSquares(xs, m, 2, y.slice(0, m));
  const residuals = residualsOf(xs, m, 2, y.slice(0, m), fit.coefficients);
  const full = { x: xs, n: m, d: 2, residuals, inverse: fit.inverse, rank: 2 };
  const h = leverages(full);
  expect(h.reduce((a, b) => a + b, 0)).toBeCloseTo(2, 12);
  const slope = (factor: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < m; i++) {
      const a = fit.inverse[2]! * xs[2 * i]! + fit.inverse[3]! * xs[2 * i + 1]!;
      sum += (a * residuals[i]!) ** 2 * factor(i);
    }
    return sum;
  };
  expect(robustCovariance(full, "HC0")[3]).toBeCloseTo(
    slope(() => 1),
    12,
  );
  expect(robustCovariance(full, "HC1")[3]).toBeCloseTo(
    slope(() => m / (m - 2)),
    12,
  );
  expect(robustCovariance(full, "HC2")[3]).toBeCloseTo(
    slope((i) => 1 / (1 - h[i]!)),
    12,
  );
  expect(robustCovariance(full, "HC3")[3]).toBeCloseTo(
    slope((i) => 1 / (1 - h[i]!) ** 2),
    12,
  );
  expect(classicalCovariance(full)[3]).toBeCloseTo((fit.inverse[3]! * fit.rss) / (m - 2), 12);
  const each = Int32Array.from({ length: m }, (_, i) => i);
  const alone = clusterCovariance(full, each);
  expect(alone[3]).toBeCloseTo(robustCovariance(full, "HC1")[3]!, 12);
});

test("Cholesky and elimination solve and say what they cannot", () => {
  const a = gram(x, n, d);
  const b = Float64Array.of(1, 2, 3, 4, 5);
  const { l, dropped } = cholesky(a, d);
  expect(dropped).toEqual([]);
  const viaCholesky = choleskySolve(l, d, b);
  const viaElimination = solve(a, d, b)!;
  viaCholesky.forEach((value, j) => expect(value).toBeCloseTo(viaElimination[j]!, 13));
  expect(invertSymmetric(Float64Array.of(4, 2, 2, 1), 2).dropped).toEqual([1]);
  expect(solve(Float64Array.of(0, 0, 0, 1), 2, Float64Array.of(1, 1))).toBeUndefined();
});
