import { expect, test } from "vitest";
import { type Table, tableOf } from "../../../kernels/data/table.ts";
import { largestOfMany } from "../../../kernels/estimate/simultaneous.ts";
import { logistic } from "../../../kernels/math/glm.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { effectOf } from "./shared.ts";

const long = process.env["DAGBOK_LONG"] === "1";
const spec = { kind: "panel", unit: "unit", time: "time", treatment: "d", outcome: "y" } as const;

/**
 * Two periods, one effect of 1. Trends bend with x (a square unless `outcomeRight`), and so may the chance of
 * treatment (unless `chanceRight`): each model is right or wrong by itself.
 */
function drifting(seed: number, n: number, outcomeRight: boolean, chanceRight: boolean): Table {
  const rng = createRng(seed);
  const columns: Record<string, number[]> = { unit: [], time: [], x: [], d: [], y: [] };
  for (let unit = 0; unit < n; unit++) {
    const x = rng.normal();
    const bent = x * x - 1;
    const treated = rng.next() < logistic(0.5 * (chanceRight ? x : bent) - 0.3);
    const level = rng.normal() + x;
    const trend = outcomeRight ? x : bent;
    for (const time of [0, 1]) {
      columns["unit"]!.push(unit);
      columns["time"]!.push(time);
      columns["x"]!.push(x);
      columns["d"]!.push(treated && time === 1 ? 1 : 0);
      columns["y"]!.push(level + time * (trend + (treated ? 1 : 0)) + 0.7 * rng.normal());
    }
  }
  return tableOf(columns);
}

test.each([
  [true, true],
  [true, false],
  [false, true],
])(
  "right when outcome model %s, propensity %s; errors are the spread over samples",
  async (o, c) => {
    const draws = long ? 1000 : 150;
    const found: { estimate: number; se: number }[] = [];
    for (let k = 0; k < draws; k++) {
      const { estimate, standardError } = await effectOf(
        { ...spec, adjustment: ["x"] },
        drifting(k + 1, 400, o, c),
        { method: "did" },
      );
      found.push({ estimate, se: standardError });
    }
    const mean = found.reduce((s, f) => s + f.estimate, 0) / draws;
    const spread = Math.sqrt(found.reduce((s, f) => s + (f.estimate - mean) ** 2, 0) / (draws - 1));
    expect(Math.abs(mean - 1)).toBeLessThan(4 * (spread / Math.sqrt(draws)) + 0.01);
    const claimed = found.reduce((s, f) => s + f.se, 0) / draws;
    expect(claimed / spread).toBeGreaterThan(long ? 0.9 : 0.85);
    expect(claimed / spread).toBeLessThan(long ? 1.1 : 1.18);
  },
);

test("wrong in both models is wrong: the check above could fail", async () => {
  const effect = await effectOf({ ...spec, adjustment: ["x"] }, drifting(3, 4000, false, false), {
    method: "did",
  });
  expect(Math.abs(effect.estimate - 1)).toBeGreaterThan(5 * effect.standardError);
});

test("the largest of many: independent, identical, and in between", () => {
  const n = 4000;
  const rng = createRng(2);
  const one = Float64Array.from({ length: n }, () => rng.normal());
  const others = Array.from({ length: 4 }, () =>
    Float64Array.from({ length: n }, () => rng.normal()),
  );
  // Šidák: the 0.95 quantile of the largest of 5 is the (0.95)^(1/5) quantile of one
  expect(largestOfMany([one, ...others], createRng(1)).quantile(0.95)).toBeCloseTo(2.569, 1);
  expect(largestOfMany([one, one, one], createRng(1)).quantile(0.95)).toBeCloseTo(1.96, 1);
  expect(largestOfMany([one], createRng(1)).p(1.96)).toBeCloseTo(0.05, 1);
});

test("simultaneous bands hold over all exposures together, pointwise ones do not", async () => {
  const draws = long ? 1000 : 100;
  let together = 0;
  let pointwise = 0;
  for (let k = 0; k < draws; k++) {
    const rng = createRng(900 + k);
    const columns: Record<string, number[]> = { unit: [], time: [], d: [], y: [] };
    for (let unit = 0; unit < 90; unit++) {
      const start = [3, 5, 99][unit % 3]!;
      for (let time = 0; time < 8; time++) {
        columns["unit"]!.push(unit);
        columns["time"]!.push(time);
        columns["d"]!.push(time >= start ? 1 : 0);
        columns["y"]!.push((time >= start ? 1 : 0) + rng.normal());
      }
    }
    const { parts } = await effectOf(spec, tableOf(columns), { method: "did", seed: k + 1 });
    const study = parts.filter((p) => p.name.startsWith("exposure"));
    const truth = (name: string): number => (Number(name.slice(9)) >= 0 ? 1 : 0);
    if (study.every((p) => Math.abs(p.estimate - truth(p.name)) <= 1.96 * p.standardError!))
      pointwise += 1;
    if (study.every((p) => p.interval!.low <= truth(p.name) && truth(p.name) <= p.interval!.high))
      together += 1;
  }
  if (long) console.log(`together ${together / draws}, pointwise ${pointwise / draws}`);
  expect(together / draws).toBeGreaterThan(long ? 0.92 : 0.87);
  expect(pointwise / draws).toBeLessThan(0.87);
});
