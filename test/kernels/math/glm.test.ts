import { expect, test } from "vitest";
import { foldMap } from "../../../kernels/math/folds.ts";
import { fitGlm, fitLogit, logistic, predictGlm } from "../../../kernels/math/glm.ts";
import { createRng } from "../../../kernels/math/rng.ts";

const rng = createRng(5);
const n = 800;
const d = 3;
const x = Float64Array.from({ length: n * d }, (_, i) => (i % d === 0 ? 1 : 3 * rng.normal()));
const t = Float64Array.from({ length: n }, (_, i) =>
  rng.next() < logistic(-0.5 + x[i * d + 1]!) ? 1 : 0,
);

test("a logit with one binary covariate is the log odds ratio of the table", () => {
  // 2×2 table: 10 of 40 and 30 of 50
  const design: number[] = [];
  const outcome: number[] = [];
  for (let i = 0; i < 90; i++) {
    design.push(1, i < 40 ? 0 : 1);
    outcome.push(i < 40 ? Number(i < 10) : Number(i < 70));
  }
  const fit = fitLogit(Float64Array.from(design), 90, 2, Float64Array.from(outcome));
  expect(fit.coefficients[0]).toBeCloseTo(Math.log(10 / 30), 12);
  expect(fit.coefficients[1]).toBeCloseTo(Math.log(30 / 20 / (10 / 30)), 12);
  expect(fit.covariance[3]).toBeCloseTo(1 / 10 + 1 / 30 + 1 / 30 + 1 / 20, 10);
  expect(fit.converged).toBe(true);
});

test("the score is zero at the maximum, with weights and an offset, for both families", () => {
  const weights = Float64Array.from({ length: n }, () => rng.next());
  const offset = Float64Array.from({ length: n }, () => 0.2 * rng.normal());
  const count = Float64Array.from({ length: n }, (_, i) =>
    Math.floor(Math.exp(0.2 * x[i * d + 2]!) * 2),
  );
  for (const [family, y] of [
    ["logit", t],
    ["poisson", count],
  ] as const) {
    const fit = fitGlm(family, x, n, d, y, { weights, offset });
    expect(fit.converged).toBe(true);
    for (let j = 0; j < d; j++) {
      let score = 0;
      for (let i = 0; i < n; i++) score += weights[i]! * x[i * d + j]! * (y[i]! - fit.fitted[i]!);
      expect(Math.abs(score)).toBeLessThan(1e-7);
    }
  }
});

test("the covariance is the inverse of the numeric Hessian of the likelihood", () => {
  const fit = fitLogit(x, n, d, t);
  const loss = (b: Float64Array): number => {
    const p = predictGlm("logit", b, x, n, d);
    let sum = 0;
    for (let i = 0; i < n; i++) sum -= Math.log(t[i] === 1 ? p[i]! : 1 - p[i]!);
    return sum;
  };
  const step = 1e-3;
  const at = (j: number, k: number, a: number, b: number): number => {
    const moved = fit.coefficients.slice();
    moved[j]! += a * step;
    moved[k]! += b * step;
    return loss(moved);
  };
  for (let j = 0; j < d; j++) {
    let sum = 0;
    for (let k = 0; k < d; k++) {
      const h =
        (at(j, k, 1, 1) - at(j, k, 1, -1) - at(j, k, -1, 1) + at(j, k, -1, -1)) / (4 * step ** 2);
      sum += h * fit.covariance[k * d + j]!;
    }
    expect(sum).toBeCloseTo(1, 3);
  }
});

test("collinear columns are dropped, fitted values unharmed", () => {
  const twice = new Float64Array(n * 4);
  for (let i = 0; i < n; i++)
    twice.set([1, x[i * d + 1]!, x[i * d + 1]! * 2 + 1, x[i * d + 2]!], i * 4);
  const fit = fitLogit(twice, n, 4, t);
  const plain = fitLogit(x, n, d, t);
  expect(fit.dropped).toEqual([2]);
  expect(fit.deviance).toBeCloseTo(plain.deviance, 8);
});

test("complete and quasi-complete separation are found, with the column that does it", () => {
  const complete = t.map((_, i) => (x[i * d + 2]! > 0.3 ? 1 : 0));
  expect(fitLogit(x, n, d, complete).separation).toMatchObject({ complete: true, columns: [2] });
  // quasi: whenever the dummy is 1 the outcome is 1
  const dummy = new Float64Array(n * 3);
  const y = t.slice();
  for (let i = 0; i < n; i++) {
    const on = i % 40 === 0 ? 1 : 0;
    if (on === 1) y[i] = 1;
    dummy.set([1, x[i * d + 1]!, on], i * 3);
  }
  const quasi = fitLogit(dummy, n, 3, y);
  expect(quasi.converged).toBe(false);
  expect(quasi.separation).toMatchObject({ complete: false, columns: [2] });
});

test("steep but overlapping data are not called separated", () => {
  const steep = t.slice();
  for (let i = 0; i < n; i++) steep[i] = x[i * d + 1]! > 0 ? 1 : 0;
  const edge = Array.from({ length: n }, (_, i) => i).toSorted(
    (a, b) => Math.abs(x[a * d + 1]!) - Math.abs(x[b * d + 1]!),
  );
  for (const i of edge.slice(0, 4)) steep[i] = 1 - steep[i]!;
  const fit = fitLogit(x, n, d, steep);
  expect(fit.separation).toBeUndefined();
  expect(fit.converged).toBe(true);
});

test("folds are even, kept apart by stratum, and keep clusters whole", () => {
  const folds = foldMap(103, 5, createRng(1), {
    strata: Float64Array.from({ length: 103 }, (_, i) => i % 2),
  });
  for (const parity of [0, 1]) {
    const counts = [0, 0, 0, 0, 0];
    folds.forEach((fold, i) => (counts[fold]! += i % 2 === parity ? 1 : 0));
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  }
  const clusters = Int32Array.from({ length: 60 }, (_, i) => Math.floor(i / 7));
  const whole = foldMap(60, 3, createRng(2), { clusters });
  for (let i = 1; i < 60; i++)
    if (clusters[i] === clusters[i - 1]) expect(whole[i]).toBe(whole[i - 1]);
  expect(foldMap(9, 3, createRng(2))).toEqual(foldMap(9, 3, createRng(2)));
});
