import { expect, test } from "vitest";
import { tableOf } from "../../../kernels/data/table.ts";
import { densityTest } from "../../../kernels/estimate/index.ts";
import { leastSquares } from "../../../kernels/math/least-squares.ts";
import { createRng, type Rng } from "../../../kernels/math/rng.ts";
import { effectOf } from "./shared.ts";

const long = process.env["DAGBOK_LONG"] === "1";
const draws = long ? 2000 : 120;

function rejections(n: number, draw: (rng: Rng) => number): number {
  let count = 0;
  for (let k = 0; k < draws; k++) {
    const rng = createRng(500 + k);
    const found = densityTest(Float64Array.from({ length: n }, () => draw(rng)));
    if (found === undefined) throw new Error("no test");
    if (found.p < 0.05) count += 1;
  }
  return count / draws;
}

// 0.05 within Monte Carlo error: the standard deviation is .020 with 120 draws, .005 with 2000.
const slack = long ? 0.02 : 0.065;

test.each([
  ["normal", (rng: Rng) => rng.normal()],
  ["steep at the cutoff", (rng: Rng) => rng.normal() - 0.9],
  ["exponential", (rng: Rng) => -Math.log(1 - rng.next()) - 0.5],
  ["rounded to hundredths", (rng: Rng) => Math.round(100 * rng.normal()) / 100],
])("a smooth density is seldom called a jump: %s", (_, draw) => {
  expect(Math.abs(rejections(1000, draw) - 0.05)).toBeLessThan(slack);
});

test("units that cross over are noticed", () => {
  const crossing = (rng: Rng): number => {
    const x = 2 * rng.next() - 1;
    return x < 0 && x > -0.08 && rng.next() < 0.5 ? -x : x;
  };
  expect(rejections(2000, crossing)).toBeGreaterThan(0.9);
});

test("the density at the cutoff is the density", () => {
  const rng = createRng(7);
  const found = densityTest(Float64Array.from({ length: 20_000 }, () => rng.normal() + 0.5))!;
  const truth = Math.exp(-0.125) / Math.sqrt(2 * Math.PI);
  for (const side of [found.below, found.above])
    expect(Math.abs(side.density - truth)).toBeLessThan(3.5 * side.standardError);
});

test("standard errors are the spread over samples", () => {
  const found = Array.from({ length: long ? 1000 : 200 }, (_, k) => {
    const rng = createRng(k + 1);
    return densityTest(Float64Array.from({ length: 800 }, () => rng.normal()))!;
  });
  const jumps = found.map((f) => f.above.density - f.below.density);
  const mean = jumps.reduce((a, b) => a + b, 0) / jumps.length;
  const spread = Math.sqrt(jumps.reduce((s, v) => s + (v - mean) ** 2, 0) / (jumps.length - 1));
  const claimed = found.reduce((s, f) => s + f.standardError, 0) / found.length;
  expect(claimed / spread).toBeGreaterThan(0.85);
  expect(claimed / spread).toBeLessThan(1.2);
});

test("too few distinct values are no test", () => {
  expect(densityTest(Float64Array.from({ length: 400 }, (_, i) => (i % 40) - 20))).toBeUndefined();
});

const spec = {
  kind: "discontinuity",
  treatment: "x",
  running: "x",
  cutoff: 0,
  outcome: "y",
} as const;

test("with covariates the jump is the coefficient of the side in one weighted regression", async () => {
  const rng = createRng(31);
  const n = 900;
  const x = Float64Array.from({ length: n }, () => 2 * rng.next() - 1);
  const z = x.map((v) => v + rng.normal());
  const y = x.map((v, i) => 1 + v + (v >= 0 ? 0.7 : 0) + z[i]! + 0.2 * rng.normal());
  const table = tableOf({ x, z, y });
  const h = 0.5;
  const effect = await effectOf({ ...spec, adjustment: ["z"] }, table, { bandwidth: h });
  const rows = [...x.keys()].filter((i) => Math.abs(x[i]!) < h);
  const design = Float64Array.from(
    rows.flatMap((i) => [1, x[i]!, x[i]! >= 0 ? 1 : 0, x[i]! >= 0 ? x[i]! : 0, z[i]!]),
  );
  const weights = rows.map((i) => 1 - Math.abs(x[i]!) / h);
  const own = Float64Array.from(rows, (i) => y[i]!);
  const joint = leastSquares(design, rows.length, 5, own, weights);
  expect(effect.estimate).toBeCloseTo(joint.coefficients[2]!, 9);
  const plain = await effectOf(spec, table, { bandwidth: h });
  expect(effect.standardError).toBeLessThan(0.5 * plain.standardError);
  // z rises with x but does not jump
  expect(effect.warnings.map((w) => w.code)).not.toContain("covariates-jump");
  const jumping = tableOf({ x, z: z.map((v, i) => v + (x[i]! >= 0 ? 2 : 0)), y });
  const warned = await effectOf({ ...spec, adjustment: ["z"] }, jumping, { bandwidth: h });
  expect(warned.warnings.map((w) => w.code)).toContain("covariates-jump");
});
