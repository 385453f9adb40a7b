import { describe, expect, it } from "vitest";
import {
  CONFORMAL_DEFAULTS,
  effectIntervals,
  nestedIntervals,
  weightedQuantile,
} from "../../../../kernels/estimate/judge/conformal.ts";
import type { UnitIntervals } from "../../../../kernels/estimate/judge/conformal.ts";
import { nieWagerDesign } from "../../../../kernels/estimate/judge/designs.ts";
import type { KnownDesign } from "../../../../kernels/estimate/judge/designs.ts";
import type { Learner } from "../../../../kernels/estimate/learn/learner.ts";
import { linearLearner } from "../../../../kernels/estimate/learn/linear.ts";
import { createRng } from "../../../../kernels/math/rng.ts";

const linear = { learner: linearLearner };

/** A design with the outcome that was not seen drawn too: effects of units, noise and all. */
function withBoth(design: KnownDesign, seed: number): { design: KnownDesign; own: Float64Array } {
  const rng = createRng(seed);
  const own = design.effect.map((_, i) => {
    const t = design.treatment[i] === 1;
    const missing = (t ? design.mu0 : design.mu1)[i]! + rng.normal();
    return t ? design.outcome[i]! - missing : missing - design.outcome[i]!;
  });
  return { design, own };
}

function share(intervals: UnitIntervals, own: Float64Array, rows: number[]): number {
  return (
    rows.filter((i) => intervals.low[i]! <= own[i]! && own[i]! <= intervals.high[i]!).length /
    rows.length
  );
}

/** Two groups with errors of size 1 and 4; the noisy one is mostly untreated. */
function unevenDesign(n: number, seed: number): { design: KnownDesign; own: Float64Array } {
  const rng = createRng(seed);
  const x = Float64Array.from({ length: n }, () => (rng.next() < 0.5 ? 1 : 0));
  const propensity = x.map((g) => (g === 1 ? 0.1 : 0.9));
  const treatment = propensity.map((e) => (rng.next() < e ? 1 : 0));
  const noise = (i: number): number => (x[i] === 1 ? 4 : 1) * rng.normal();
  const both = x.map((_, i) => noise(i));
  const outcome = treatment.map((t, i) => t + both[i]!);
  const own = treatment.map((t, i) => {
    const missing = (t === 1 ? 0 : 1) + noise(i);
    return t === 1 ? outcome[i]! - missing : missing - outcome[i]!;
  });
  const zero = new Float64Array(n);
  const one = zero.map(() => 1);
  return {
    design: {
      n,
      d: 1,
      x,
      treatment,
      outcome,
      outcomeKind: "continuous",
      mu0: zero,
      mu1: one,
      effect: one,
      propensity,
    },
    own,
  };
}

const flat: Learner = {
  name: "flat",
  fit: ({ y, n: rows }) => {
    const mean = y.reduce((s, v) => s + v / rows, 0);
    return { predict: (_, n) => new Float64Array(n).fill(mean) };
  },
};

describe("weighted quantile", () => {
  it("is the smallest score with enough weight at or below it, the point's own at infinity", () => {
    const rng = createRng(1);
    for (let k = 0; k < 200; k++) {
      const n = 1 + rng.int(8);
      const scores = Float64Array.from({ length: n }, () => rng.int(5)).sort();
      const weights = Float64Array.from({ length: n }, () => 0.1 + rng.next());
      const own = rng.next();
      const level = rng.next();
      let sum = 0;
      const cumulative = weights.map((w) => (sum += w));
      const under = (s: number): number =>
        scores.reduce((a, v, i) => a + (v <= s ? weights[i]! : 0), 0);
      const expected = [...scores].find((s) => under(s) >= level * (sum + own)) ?? Infinity;
      expect(weightedQuantile(scores, cumulative, own, level)).toBe(expected);
    }
  });

  it("with equal weights is the split conformal rank ⌈(n + 1) level⌉", () => {
    const scores = Float64Array.from({ length: 19 }, (_, i) => i);
    const cumulative = scores.map((_, i) => i + 1);
    expect(weightedQuantile(scores, cumulative, 1, 0.9)).toBe(17);
    expect(weightedQuantile(scores, cumulative, 1, 0.95)).toBe(18);
    expect(weightedQuantile(scores, cumulative, 1, 0.96)).toBe(Infinity);
  });
});

describe("intervals for the effects on units of a study", () => {
  it("hold their effect at their level in both arms of a confounded design", () => {
    const held = [0, 0];
    const counts = [0, 0];
    for (let seed = 1; seed <= 12; seed++) {
      const { design, own } = withBoth(nieWagerDesign("A", 600, createRng(seed)), 900 + seed);
      const intervals = effectIntervals(design, linear, createRng(seed));
      for (const arm of [0, 1]) {
        const rows = [...own.keys()].filter((i) => design.treatment[i] === arm);
        held[arm]! += share(intervals, own, rows) * rows.length;
        counts[arm]! += rows.length;
      }
    }
    for (const arm of [0, 1]) {
      expect(held[arm]! / counts[arm]!).toBeGreaterThan(0.88);
      expect(held[arm]! / counts[arm]!).toBeLessThan(0.96);
    }
  });

  it("rest on their weights: without them they miss where the other arm is noisier", () => {
    const found = { weighted: 0, plain: 0 };
    for (let seed = 1; seed <= 6; seed++) {
      const { design, own } = unevenDesign(1500, seed);
      const untreated = [...own.keys()].filter((i) => design.treatment[i] === 0);
      // A flat outcome model, so that only the weights know that the groups differ
      const options = { learner: flat };
      found.weighted +=
        share(effectIntervals(design, options, createRng(seed)), own, untreated) / 6;
      const plain = effectIntervals(design, { ...options, propensity: flat }, createRng(seed));
      found.plain += share(plain, own, untreated) / 6;
    }
    expect(found.weighted).toBeGreaterThan(0.88);
    expect(found.plain).toBeLessThan(0.75);
  });

  it("do not end where no unit of the other arm is alike", () => {
    const { design } = unevenDesign(60, 3);
    const { low, high } = effectIntervals(design, { ...linear, level: 0.97 }, createRng(1));
    expect(low.some((v) => v === -Infinity)).toBe(true);
    expect(high.every((v, i) => v >= low[i]!)).toBe(true);
  });

  it("are the same for the same seed, and refuse a level or an arm that is none", () => {
    const { design } = withBoth(nieWagerDesign("A", 200, createRng(3)), 4);
    const once = effectIntervals(design, {}, createRng(5));
    expect(effectIntervals(design, {}, createRng(5))).toEqual(once);
    expect(() => effectIntervals(design, { level: 1 }, createRng(1))).toThrow(/hold/u);
    const few = { ...design, treatment: design.treatment.map((t, i) => (i < 150 ? 0 : t)) };
    expect(() => nestedIntervals(few, {}, createRng(1))).toThrow(/Only/u);
  });
});

describe("intervals for the effects on new units", () => {
  it("hold their effect at least at their level", () => {
    let held = 0;
    let width = 0;
    const draws = 5;
    for (let seed = 1; seed <= draws; seed++) {
      const { design } = withBoth(nieWagerDesign("A", 4000, createRng(seed)), 50 + seed);
      const fresh = withBoth(nieWagerDesign("A", 800, createRng(7000 + seed)), 60 + seed);
      const found = nestedIntervals(design, linear, createRng(seed)).predict(
        fresh.design.x,
        fresh.design.n,
      );
      held += share(found, fresh.own, [...fresh.own.keys()]) / draws;
      width += found.high.reduce((s, v, i) => s + v - found.low[i]!, 0) / found.high.length / draws;
    }
    expect(CONFORMAL_DEFAULTS.level).toBe(0.9);
    expect(held).toBeGreaterThan(0.9);
    // Two independent errors of size 1: the shortest intervals are 2 · 1.645 · √2 = 4.65 wide
    expect(width).toBeGreaterThan(4.65);
    expect(width).toBeLessThan(12);
  });
});
