import { expect, it } from "vitest";
import { createRng } from "../../../../kernels/math/rng.ts";
import { fitLogit } from "../../../../kernels/math/glm.ts";
import { fitRidgeLogit, predictLogit } from "../../../../kernels/estimate/neural/ridge-logit.ts";

const rng = createRng(5);
const n = 300;
const x = Float32Array.from({ length: 2 * n }, () => rng.normal());
const t = Float32Array.from({ length: n }, (_, i) =>
  rng.next() < 1 / (1 + Math.exp(-0.5 - x[2 * i]!)) ? 1 : 0,
);
const data = { n, d: 2, x, y: t, t };

it("without a penalty is the maximum likelihood of the float64 logit", () => {
  const ones = Float64Array.from({ length: 3 * n }, (_, k) =>
    k % 3 === 2 ? 1 : x[2 * Math.floor(k / 3) + (k % 3)]!,
  );
  const reference = fitLogit(ones, n, 3, Float64Array.from(t)).coefficients;
  fitRidgeLogit(data, 0).forEach((w, j) => expect(w).toBeCloseTo(reference[j]!, 5));
});

it("shrinks with the penalty, and its gradient vanishes", () => {
  const w = fitRidgeLogit(data, 10);
  expect(Math.hypot(w[0]!, w[1]!)).toBeLessThan(Math.hypot(...fitRidgeLogit(data, 0).slice(0, 2)));
  const p = predictLogit(x, n, 2, w).map((z) => 1 / (1 + Math.exp(-z)));
  for (const j of [0, 1]) {
    const slope = p.reduce((s, p, i) => s + x[2 * i + j]! * (t[i]! - p), 0) - 10 * w[j]!;
    expect(Math.abs(slope)).toBeLessThan(1e-3);
  }
});

it("exists under perfect separation and for an arm of one", () => {
  const split = { ...data, t: t.map((_, i) => (x[2 * i]! > 0 ? 1 : 0)) };
  expect([...fitRidgeLogit(split)].every(Number.isFinite)).toBe(true);
  expect([...fitRidgeLogit({ ...data, t: t.map(() => 0) })].every(Number.isFinite)).toBe(true);
});
