import { expect, test } from "vitest";
import { completeCases } from "../../../kernels/data/select.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { estimate } from "../../../kernels/estimate/index.ts";
import type { Effect } from "../../../kernels/estimate/effect.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { effectOf, shared, withData } from "./shared.ts";

function figure(effect: Effect, name: string): number {
  const figures = effect.diagnostics.find((d) => d.kind === "figures");
  return figures?.rows.find((r) => r.name === name)?.value ?? Number.NaN;
}

const election = {
  kind: "discontinuity",
  running: "lagdemvoteshare",
  treatment: "lagdemvoteshare",
  cutoff: 0.5,
} as const;

// Values of rdrobust printed in the data's README.
withData("Lee, Moretti & Butler: close elections", async () => {
  // The source analyses the 13 566 rows complete in all three columns.
  const all = shared("lmb-elections/close_elections_lmb.csv");
  const { table: house } = completeCases(all, ["score", "demvoteshare", "lagdemvoteshare"]);
  expect(house.n).toBe(13_566);
  const score = await effectOf({ ...election, outcome: "score" }, house, {});
  expect(score.estimate).toBeCloseTo(18.65999, 4);
  expect(score.standardError).toBeCloseTo(1.69126, 4);
  expect(figure(score, "bandwidth h")).toBeCloseTo(0.08643, 5);
  expect(figure(score, "bias bandwidth b")).toBeCloseTo(0.13368, 5);
  expect(figure(score, "bias-corrected estimate")).toBeCloseTo(18.43626, 4);
  expect(figure(score, "robust standard error")).toBeCloseTo(2.03611, 4);
  expect(score.interval.low).toBeCloseTo(14.44556, 4);
  expect(score.interval.high).toBeCloseTo(22.42696, 4);
  const share = await effectOf({ ...election, outcome: "demvoteshare" }, house, {
    missing: "drop",
  });
  expect(share.estimate).toBeCloseTo(0.09068, 5);
  expect(share.standardError).toBeCloseTo(0.00573, 5);
  expect(figure(share, "bandwidth h")).toBeCloseTo(0.07484, 5);
  expect(figure(share, "bias bandwidth b")).toBeCloseTo(0.13214, 5);
  expect(share.interval.low).toBeCloseTo(0.0757, 5);
  expect(share.interval.high).toBeCloseTo(0.10168, 5);
});

const rng = createRng(21);
const n = 1200;
const x = Float64Array.from({ length: n }, () => 2 * rng.next() - 1);
const y = x.map((v) => 1 + v + 0.5 * v * v + (v >= 0 ? 0.8 : 0) + 0.2 * rng.normal());
const sharp = {
  kind: "discontinuity",
  treatment: "x",
  running: "x",
  cutoff: 0,
  outcome: "y",
} as const;

test("a uniform kernel at a given bandwidth is least squares within it", async () => {
  const table = tableOf({ x, y });
  const effect = await effectOf(sharp, table, { bandwidth: 0.4, kernel: "uniform" });
  const rows = [...x.keys()].filter((i) => Math.abs(x[i]!) <= 0.4);
  const pick = (f: (i: number) => number): Float64Array => Float64Array.from(rows, f);
  const inside = tableOf({
    t: pick((i) => (x[i]! >= 0 ? 1 : 0)),
    x: pick((i) => x[i]!),
    y: pick((i) => y[i]!),
  });
  // with x centred at the cutoff the jump is the coefficient on t in a regression with its own slope
  const shifted = await effectOf({ treatment: "t", outcome: "y", adjustment: ["x"] }, inside, {
    method: "regression",
    byArm: true,
  });
  const mean = rows.reduce((s, i) => s + x[i]!, 0) / rows.length;
  const slopes = [0, 1].map((arm) => {
    const own = rows.filter((i) => (x[i]! >= 0 ? 1 : 0) === arm);
    const mx = own.reduce((s, i) => s + x[i]!, 0) / own.length;
    const my = own.reduce((s, i) => s + y[i]!, 0) / own.length;
    return (
      own.reduce((s, i) => s + (x[i]! - mx) * (y[i]! - my), 0) /
      own.reduce((s, i) => s + (x[i]! - mx) ** 2, 0)
    );
  });
  expect(effect.estimate).toBeCloseTo(shifted.estimate - mean * (slopes[1]! - slopes[0]!), 9);
});

test("a quadratic is fitted without bias once corrected", async () => {
  const exact = x.map((v) => 2 + 3 * v - 4 * v * v + (v >= 0 ? 0.8 + v - 2 * v * v : 0));
  const effect = await effectOf(sharp, tableOf({ x, y: exact }), { bandwidth: 0.5 });
  expect(figure(effect, "bias-corrected estimate")).toBeCloseTo(0.8, 8);
  expect(Math.abs(effect.estimate - 0.8)).toBeGreaterThan(1e-4);
});

test("the estimate does not depend on the unit of x, nor on the order of rows", async () => {
  const a = await effectOf(sharp, tableOf({ x, y }), {});
  const b = await effectOf(
    { ...sharp, cutoff: 50 },
    tableOf({ x: x.map((v) => 50 + 1000 * v).reverse(), y: y.toReversed() }),
    {},
  );
  expect(b.estimate).toBeCloseTo(a.estimate, 7);
  expect(figure(b, "bandwidth h") / 1000).toBeCloseTo(figure(a, "bandwidth h"), 6);
});

test("fuzzy: the jump of the outcome over the jump of treatment", async () => {
  const t = x.map((v) => (rng.next() < (v >= 0 ? 0.8 : 0.2) ? 1 : 0));
  const z = t.map((v, i) => 2 * v + x[i]! + 0.3 * rng.normal());
  const table = tableOf({ x, t, z });
  const fuzzy = {
    kind: "discontinuity",
    treatment: "t",
    running: "x",
    cutoff: 0,
    outcome: "z",
  } as const;
  const effect = await effectOf(fuzzy, table, { bandwidth: 0.5 });
  const top = await effectOf({ ...sharp, outcome: "z" }, table, { bandwidth: 0.5 });
  const bottom = await effectOf({ ...sharp, outcome: "t" }, table, { bandwidth: 0.5 });
  expect(effect.estimate).toBeCloseTo(top.estimate / bottom.estimate, 10);
  expect(Math.abs(effect.estimate - 2)).toBeLessThan(4 * effect.standardError);
});

test("sorting across the cutoff is noticed, an even density is not", async () => {
  const sorted = x.map((v) => (v < 0 && v > -0.08 && rng.next() < 0.8 ? -v : v));
  const warned = await effectOf(sharp, tableOf({ x: sorted, y }), {});
  expect(warned.warnings.map((w) => w.code)).toContain("density-jump");
  expect((await effectOf(sharp, tableOf({ x, y }), {})).warnings.map((w) => w.code)).not.toContain(
    "density-jump",
  );
});

test("an empty side and hardly any values are answers", async () => {
  expect(await estimate({ ...sharp, cutoff: 3 }, tableOf({ x, y }))).toMatchObject({
    kind: "bad-data",
    problems: [{ code: "empty-arm", columns: ["x"] }],
  });
  const coarse = tableOf({ x: x.map(Math.sign), y });
  expect(await estimate(sharp, coarse)).toMatchObject({
    kind: "not-estimable",
    code: "too-few-near-cutoff",
  });
});
