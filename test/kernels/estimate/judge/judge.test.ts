import { describe, expect, it } from "vitest";
import {
  calibrate,
  doublyRobustScores,
  groupEffects,
  judgeRanking,
  policyValue,
} from "../../../../kernels/estimate/judge/scores.ts";
import { scoreAgainstTruth } from "../../../../kernels/estimate/judge/truth.ts";
import { createRng } from "../../../../kernels/math/rng.ts";

/** Effects uniform on [-1, 3]; scores are effects plus noise. */
function drawn(n: number, seed: number): { effect: Float64Array; scores: Float64Array } {
  const rng = createRng(seed);
  const effect = Float64Array.from({ length: n }, () => 4 * rng.next() - 1);
  return { effect, scores: effect.map((e) => e + 2 * rng.normal()) };
}

describe("against truth", () => {
  it("scores by the definitions", () => {
    const s = scoreAgainstTruth([1, -1, 3], [2, 1, -2]);
    expect(s.rootPehe).toBeCloseTo(Math.sqrt((1 + 4 + 25) / 3), 12);
    expect(s.ateError).toBeCloseTo(Math.abs(1 - 1 / 3), 12);
    // best: treat the first two, gain 3; chosen: the first and the third, gain 0
    expect(s.policyRegret).toBeCloseTo(1, 12);
    expect(scoreAgainstTruth([2, 2], [1, 3]).relativePehe).toBeCloseTo(1, 12);
  });
});

describe("doubly robust scores", () => {
  it("average to the effect when either model is right", () => {
    const rng = createRng(1);
    const n = 40_000;
    const x = Float64Array.from({ length: n }, () => rng.normal());
    const e = x.map((v) => 1 / (1 + Math.exp(-v)));
    const t = e.map((p) => (rng.next() < p ? 1 : 0));
    const y = t.map((t, i) => x[i]! + t * 2 + rng.normal());
    const mean = (v: Float64Array): number => v.reduce((s, a) => s + a / n, 0);
    const wrong = new Float64Array(n);
    const half = new Float64Array(n).fill(0.5);
    const right = { outcome0: x, outcome1: x.map((v) => v + 2) };
    expect(mean(doublyRobustScores(t, y, { ...right, propensity: half }))).toBeCloseTo(2, 1);
    const weighting = { outcome0: wrong, outcome1: wrong, propensity: e };
    expect(Math.abs(mean(doublyRobustScores(t, y, weighting)) - 2)).toBeLessThan(0.1);
    const neither = { outcome0: wrong, outcome1: wrong, propensity: half };
    expect(Math.abs(mean(doublyRobustScores(t, y, neither)) - 2)).toBeGreaterThan(0.3);
  });
});

describe("calibration", () => {
  it("has slope 1 for true effects, 2 for effects shrunk by half, and none for noise", () => {
    const { effect, scores } = drawn(5000, 2);
    const exact = calibrate(scores, effect);
    expect(Math.abs(exact.slope.estimate - 1)).toBeLessThan(3 * exact.slope.standardError);
    expect(Math.abs(exact.mean.estimate - 1)).toBeLessThan(3 * exact.mean.standardError);
    expect(exact.pValue).toBeLessThan(1e-6);
    const shrunk = calibrate(
      scores,
      effect.map((e) => 1 + (e - 1) / 2),
    );
    expect(Math.abs(shrunk.slope.estimate - 2)).toBeLessThan(3 * shrunk.slope.standardError);
    const rng = createRng(3);
    const noise = calibrate(
      scores,
      effect.map(() => 1 + rng.normal()),
    );
    expect(noise.pValue).toBeGreaterThan(0.01);
  });

  it("rejects at its level when there is nothing to find", () => {
    let rejected = 0;
    for (let draw = 0; draw < 200; draw++) {
      const rng = createRng(100 + draw);
      const scores = Float64Array.from({ length: 200 }, () => 1 + rng.normal());
      if (
        calibrate(
          scores,
          scores.map(() => 1 + rng.normal()),
        ).pValue < 0.1
      )
        rejected++;
    }
    expect(rejected).toBeGreaterThan(6);
    expect(rejected).toBeLessThan(36);
  });
});

describe("ranking", () => {
  it("areas are those of their definitions, summed over every prefix", () => {
    const { effect, scores } = drawn(60, 4);
    const { autoc, qini } = judgeRanking(scores, effect);
    const order = [...effect.keys()].sort((a, b) => effect[b]! - effect[a]!);
    const mean = scores.reduce((s, v) => s + v / 60, 0);
    let area = 0;
    let gains = 0;
    for (let k = 1; k <= 60; k++) {
      const toc = order.slice(0, k).reduce((s, i) => s + scores[i]! / k, 0) - mean;
      area += toc / 60;
      gains += ((k / 60) * toc) / 60;
    }
    expect(autoc.estimate).toBeCloseTo(area, 10);
    expect(qini.estimate).toBeCloseTo(gains, 10);
  });

  it("is positive for true effects, about zero for noise, negative when reversed", () => {
    const { effect, scores } = drawn(4000, 5);
    const good = judgeRanking(scores, effect).autoc;
    expect(good.estimate).toBeGreaterThan(5 * good.standardError);
    // Uniform on [-1, 3]: the top share q exceeds the mean by 2 (1 - q), so that the area is 1
    expect(Math.abs(good.estimate - 1)).toBeLessThan(3 * good.standardError);
    const rng = createRng(6);
    const noise = judgeRanking(
      scores,
      effect.map(() => rng.normal()),
    ).autoc;
    expect(Math.abs(noise.estimate)).toBeLessThan(3 * noise.standardError);
    expect(
      judgeRanking(
        scores,
        effect.map((e) => -e),
      ).autoc.estimate,
    ).toBeLessThan(-0.5);
  });

  it("groups rise with predicted effects and hold everybody", () => {
    const { effect, scores } = drawn(1003, 7);
    const groups = groupEffects(scores, effect, 4);
    expect(groups.reduce((s, g) => s + g.n, 0)).toBe(1003);
    groups.forEach((g) =>
      expect(Math.abs(g.estimate - g.predicted)).toBeLessThan(4 * g.standardError),
    );
    expect(groups[3]!.estimate).toBeGreaterThan(groups[0]!.estimate);
  });

  it("values a policy by those it treats, less their cost", () => {
    const value = policyValue(Float64Array.of(2, -1, 4, 0), [1, 0, 1, 0], 0.5);
    expect(value.estimate).toBeCloseTo((1.5 + 3.5) / 4, 12);
  });
});
