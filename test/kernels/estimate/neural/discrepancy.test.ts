import { beforeAll, describe, expect, it } from "vitest";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { createRng } from "../../../../kernels/math/rng.ts";
import { openTensorEngine } from "../../../../kernels/tensor/backend.ts";
import type { TensorEngine } from "../../../../kernels/tensor/backend.ts";
import { linearMmd, rbfMmd, sinkhorn } from "../../../../kernels/estimate/neural/discrepancy.ts";

// float64 references written from the definitions, and the exact transport cost on a case small enough to enumerate

const N = 9;
const W = 2;
const t = [1, 0, 0, 1, 0, 1, 0, 1, 0];
const rng = createRng(21);
const rows = Array.from({ length: N * W }, () => rng.normal());

type Rows = readonly number[];
const distance2 = (r: Rows, i: number, j: number): number =>
  (r[2 * i]! - r[2 * j]!) ** 2 + (r[2 * i + 1]! - r[2 * j + 1]!) ** 2;
const arm = (value: number): number[] => t.flatMap((v, i) => (v === value ? [i] : []));
const meanOver = (a: number[], b: number[], f: (i: number, j: number) => number): number =>
  a.reduce((sum, i) => sum + b.reduce((s, j) => s + f(i, j), 0), 0) / (a.length * b.length);

function rbf64(r: Rows): number {
  const k = (i: number, j: number): number => Math.exp(-distance2(r, i, j) / 1.5 ** 2);
  return (
    meanOver(arm(1), arm(1), k) + meanOver(arm(0), arm(0), k) - 2 * meanOver(arm(1), arm(0), k)
  );
}

function linear64(r: Rows): number {
  const mean = (value: number, c: number): number =>
    arm(value).reduce((s, i) => s + r[2 * i + c]!, 0) / arm(value).length;
  return [0, 1].reduce((s, c) => s + (mean(1, c) - mean(0, c)) ** 2, 0);
}

/** Transport cost with the plan of `fixed` rows: its gradient in r is the one wanted (no gradient through the plan). */
function sinkhorn64(r: Rows, fixed: Rows, iterations: number): number {
  const [a, b] = [arm(1), arm(0)];
  const cost = (rows: Rows, i: number, j: number): number =>
    Math.sqrt(distance2(rows, a[i]!, b[j]!) + 1e-8);
  const lambda = 10 / meanOver([...a.keys()], [...b.keys()], (i, j) => cost(fixed, i, j));
  const k = a.map((_, i) => b.map((_, j) => Math.exp(-lambda * cost(fixed, i, j)) + 1e-6));
  let u = a.map(() => 1 / a.length);
  let v = b.map(() => 1 / b.length);
  for (let step = 0; step < iterations; step++) {
    v = b.map((_, j) => 1 / b.length / a.reduce((s, _, i) => s + k[i]![j]! * u[i]!, 0));
    u = a.map((_, i) => 1 / a.length / b.reduce((s, _, j) => s + k[i]![j]! * v[j]!, 0));
  }
  return a.reduce(
    (s, _, i) => s + b.reduce((z, _, j) => z + u[i]! * k[i]![j]! * v[j]! * cost(r, i, j), 0),
    0,
  );
}

let engine: TensorEngine;
beforeAll(async () => {
  engine = await openTensorEngine("wasm");
});
const matrix = (values: Rows, d: number): Tensor2D =>
  engine.tf.tensor2d([...values], [values.length / d, d]);

const CASES = [
  ["rbfMmd", (r: Tensor2D, t: Tensor2D) => rbfMmd(engine, r, t, 1.5), (r: Rows) => rbf64(r)],
  ["linearMmd", (r: Tensor2D, t: Tensor2D) => linearMmd(engine, r, t), (r: Rows) => linear64(r)],
  [
    "sinkhorn",
    (r: Tensor2D, t: Tensor2D) => sinkhorn(engine, r, t, 10),
    (r: Rows) => sinkhorn64(r, rows, 10),
  ],
] as const;

describe.each(CASES)("%s", (_, found, reference) => {
  it("has the value and gradient of its float64 reference", () => {
    engine.tf.tidy(() => {
      expect(found(matrix(rows, W), matrix(t, 1)).dataSync()[0]).toBeCloseTo(reference(rows), 4);
      const gradient = engine.tf
        .grad((r: Tensor) => found(r as Tensor2D, matrix(t, 1)))(matrix(rows, W))
        .dataSync();
      rows.forEach((_, i) => {
        const moved = (h: number): number => reference(rows.map((v, j) => (i === j ? v + h : v)));
        expect(gradient[i]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 3);
      });
    });
  });

  it("is next to nothing for identical arms and grows as they part", () => {
    const same = [0, 1, 0, 1, 2, -1, 2, -1];
    const arms = [1, 0, 1, 0];
    const shifted = (by: number): Rows => same.map((v, i) => (i % 4 < 2 ? v + by : v));
    engine.tf.tidy(() => {
      const at = (by: number): number =>
        found(matrix(shifted(by), 2), matrix(arms, 1)).dataSync()[0]!;
      expect(Math.abs(at(0))).toBeLessThan(1e-3);
      expect(at(1)).toBeGreaterThan(at(0.3));
    });
  });

  it("stays finite, gradient included, when an arm is empty", () => {
    engine.tf.tidy(() => {
      const none = matrix([0, 0, 0], 1);
      const r = matrix([1, 2, 3, 4, 5, 6], 2);
      const gradient = engine.tf
        .grad((v: Tensor) => found(v as Tensor2D, none))(r)
        .dataSync();
      expect([...gradient].every(Number.isFinite)).toBe(true);
    });
  });
});

it("sinkhorn comes near the exact transport cost, found by trying every matching", () => {
  const points = [0, 0, 4, 0, 0, 5, 1, 1, 4, 2, 3, 5];
  const arms = [1, 1, 1, 0, 0, 0];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const exact = Math.min(
    ...orders.map(
      (order) => order.reduce((s, j, i) => s + Math.sqrt(distance2(points, i, 3 + j)), 0) / 3,
    ),
  );
  engine.tf.tidy(() => {
    const found = sinkhorn(engine, matrix(points, 2), matrix(arms, 1), 200).dataSync()[0]!;
    expect(found).toBeGreaterThan(exact - 1e-3);
    expect(found).toBeLessThan(1.05 * exact);
  });
});
