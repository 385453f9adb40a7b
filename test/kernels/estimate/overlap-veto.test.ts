import { expect, test } from "vitest";
import { type Table, tableOf } from "../../../kernels/data/table.ts";
import { optimalTrim } from "../../../kernels/estimate/diagnose.ts";
import { estimate } from "../../../kernels/estimate/index.ts";
import { logistic } from "../../../kernels/math/glm.ts";
import { createRng, type Rng } from "../../../kernels/math/rng.ts";
import { effectOf } from "./shared.ts";

// The study behind the share of units without counterparts from which no number is given. Outcome models miss a
// square, as all models miss something: where both arms occur nothing comes of it, elsewhere nothing corrects it.
// DAGBOK_LONG=1 prints it at full size: `strength  share without overlap  coverage of AIPW, TMLE, IPW`.

const long = process.env["DAGBOK_LONG"] === "1";
const draws = long ? 1000 : 60;
const n = 500;

const index = (strength: number, a: number, b: number): number => strength * (0.6 * a - 0.4 * b);

function draw(rng: Rng, strength: number): Table {
  const x1 = Float64Array.from({ length: n }, () => rng.normal());
  const x2 = x1.map(() => rng.normal());
  const t = x1.map((a, i) => (rng.next() < logistic(index(strength, a, x2[i]!)) ? 1 : 0));
  const y = t.map(
    (v, i) => x1[i]! + x2[i]! + 0.7 * x1[i]! ** 2 + (1 + 0.5 * x1[i]!) * v + rng.normal(),
  );
  return tableOf({ x1, x2, t, y });
}

/** E[1 + x1/2 | treated], trapezoid. */
function effectOnTreated(strength: number): number {
  let top = 0;
  let bottom = 0;
  for (let a = -8; a <= 8; a += 0.1) {
    for (let b = -8; b <= 8; b += 0.1) {
      const w = Math.exp(-(a * a + b * b) / 2) * logistic(index(strength, a, b));
      top += w * (1 + 0.5 * a);
      bottom += w;
    }
  }
  return top / bottom;
}

const spec = { treatment: "t", outcome: "y", adjustment: ["x1", "x2"], target: "ATT" } as const;

async function study(strength: number): Promise<{ share: number; coverage: number[] }> {
  const truth = effectOnTreated(strength);
  const base = createRng(7).fork(strength);
  const methods = long
    ? [{ method: "aipw" }, { method: "tmle" }, { method: "ipw" }]
    : [{ method: "aipw" }];
  const covered = methods.map(() => 0);
  let share = 0;
  for (let k = 0; k < draws; k++) {
    const table = draw(base.fork(k), strength);
    for (const [m, options] of methods.entries()) {
      const effect = await effectOf(spec, table, { ...options, overlap: "warn", seed: k + 1 });
      if (effect.interval.low <= truth && truth <= effect.interval.high) covered[m]! += 1;
      const overlap = effect.diagnostics.find((one) => one.kind === "overlap");
      if (m === 0) share += (overlap?.shareWithoutOverlap ?? Number.NaN) / draws;
    }
  }
  return { share, coverage: covered.map((c) => c / draws) };
}

test("intervals hold the truth where the treated have counterparts, and not where a fifth has none", async () => {
  for (const strength of long ? [1, 1.5, 2, 2.5, 3, 3.3, 4, 5] : [1, 4]) {
    const { share, coverage } = await study(strength);
    if (long) console.log(strength, share.toFixed(3), coverage.map((c) => c.toFixed(3)).join(" "));
    if (strength === 1) expect(coverage[0]).toBeGreaterThan(0.88);
    if (share > 0.15) expect(coverage[0]).toBeLessThan(0.85);
  }
}, 600_000);

test("no number is given from 15 % of the target population on; below, a warning", async () => {
  const shareAt = async (strength: number): Promise<readonly [string, number]> => {
    const table = draw(createRng(1).fork(strength), strength);
    const result = await estimate(spec, table, { method: "aipw" });
    if (result.kind === "no-overlap") return ["veto", result.share];
    if (result.kind !== "effect") throw new Error(result.message);
    const overlap = result.diagnostics.find((one) => one.kind === "overlap");
    const warned = result.warnings.some(({ code }) => code === "little-overlap");
    return [warned ? "warning" : "number", overlap?.shareWithoutOverlap ?? Number.NaN];
  };
  for (const strength of [0.5, 1.5, 2, 2.5, 3, 4]) {
    const [kind, share] = await shareAt(strength);
    expect(kind).toBe(share >= 0.15 ? "veto" : share >= 0.01 ? "warning" : "number");
  }
});

test("the trimming that leaves the best known average is that of Crump et al. (2009)", () => {
  // By search over all cut-offs: the variance bound of the average over those kept, with equal variances.
  const bound = (e: readonly number[], alpha: number): number => {
    const kept = e.filter((p) => p >= alpha && p <= 1 - alpha);
    const inverse = kept.reduce((s, p) => s + 1 / (p * (1 - p)), 0);
    return inverse / kept.length ** 2;
  };
  const rng = createRng(5);
  for (const spread of [0.5, 1.5, 3]) {
    const e = Array.from({ length: 400 }, () => logistic(spread * rng.normal()));
    const found = optimalTrim(Float64Array.from(e));
    const cuts = [0, ...e.map((p) => Math.min(p, 1 - p))];
    const best = Math.min(...cuts.map((alpha) => bound(e, alpha)));
    expect(bound(e, found)).toBeCloseTo(best, 12);
  }
  expect(optimalTrim(Float64Array.from([0.4, 0.5, 0.6]))).toBe(0);
});

test("clipping does not hide that nobody is there", async () => {
  const table = draw(createRng(3), 8);
  const shares: number[] = [];
  for (const options of [
    { method: "aipw", clip: 0 },
    { method: "aipw", clip: 0.1 },
    { method: "ipw", clip: 0 },
    { method: "ipw", clip: 0.1 },
    { method: "tmle", clip: 0.1 },
  ]) {
    const result = await estimate(spec, table, options);
    if (result.kind !== "no-overlap") throw new Error(result.kind);
    shares.push(result.share);
  }
  expect(shares[1]).toBe(shares[0]);
  expect(shares[3]).toBe(shares[2]);
  expect(Math.min(...shares)).toBeGreaterThan(0.3);
});
