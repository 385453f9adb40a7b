import { describe, expect, it } from "vitest";
import { nieWagerDesign } from "../../../../kernels/estimate/judge/designs.ts";
import {
  applyPolicyTree,
  judgePolicyTree,
  learnPolicyTree,
} from "../../../../kernels/estimate/judge/policy-tree.ts";
import type { PolicyData } from "../../../../kernels/estimate/judge/policy-tree.ts";
import { doublyRobustScores } from "../../../../kernels/estimate/judge/scores.ts";
import { createRng } from "../../../../kernels/math/rng.ts";

function drawn(n: number, d: number, seed: number): PolicyData & { scores: Float64Array } {
  const rng = createRng(seed);
  // Few levels in the second column, so that values tie
  const x = Float64Array.from({ length: n * d }, (_, k) =>
    k % d === 1 ? rng.int(3) : rng.normal(),
  );
  return { n, d, x, scores: Float64Array.from({ length: n }, () => rng.normal()) };
}

/** The most that any tree of that depth gains, by trying every cut at every node. */
function bestGain(
  data: PolicyData,
  scores: Float64Array,
  rows: number[],
  depth: number,
  least: number,
): number {
  let best = Math.max(
    0,
    rows.reduce((s, i) => s + scores[i]!, 0),
  );
  if (depth === 0) return best;
  for (let j = 0; j < data.d; j++) {
    for (const i of rows) {
      const at = data.x[i * data.d + j]!;
      const low = rows.filter((k) => data.x[k * data.d + j]! <= at);
      const high = rows.filter((k) => data.x[k * data.d + j]! > at);
      if (low.length < least || high.length < least) continue;
      const gain =
        bestGain(data, scores, low, depth - 1, least) +
        bestGain(data, scores, high, depth - 1, least);
      best = Math.max(best, gain);
    }
  }
  return best;
}

describe("policy trees", () => {
  it.each([
    [1, 1],
    [1, 4],
    [2, 1],
    [2, 3],
  ])("of depth %i with leaves of %i rows gain what the best of all trees does", (depth, least) => {
    for (let seed = 1; seed <= 12; seed++) {
      const data = drawn(16, 3, seed);
      const tree = learnPolicyTree(data, data.scores, { depth, minimumLeaf: least });
      const treat = applyPolicyTree(tree, data);
      const gain = data.scores.reduce((s, v, i) => s + v * treat[i]!, 0);
      expect(gain).toBeCloseTo(
        bestGain(data, data.scores, [...data.scores.keys()], depth, least),
        9,
      );
    }
  });

  it("deeper than two gain at least as much, and a depth of 0 treats all or nobody", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const data = drawn(80, 3, seed);
      const gain = (depth: number): number => {
        const tree = learnPolicyTree(data, data.scores, { depth, minimumLeaf: 2 });
        return applyPolicyTree(tree, data).reduce((s, t, i) => s + t * data.scores[i]!, 0);
      };
      expect(gain(3)).toBeGreaterThanOrEqual(gain(2) - 1e-9);
      expect(gain(4)).toBeGreaterThan(gain(1));
      expect(gain(0)).toBeCloseTo(
        Math.max(
          0,
          data.scores.reduce((s, v) => s + v, 0),
        ),
        9,
      );
    }
  });

  it("count what treating costs", () => {
    const data = drawn(40, 2, 3);
    const dear = learnPolicyTree(data, data.scores, { cost: 100 });
    expect(dear).toEqual({ kind: "leaf", treat: false, n: 40 });
    const free = learnPolicyTree(data, data.scores, { cost: -100 });
    expect(free).toEqual({ kind: "leaf", treat: true, n: 40 });
  });

  it("find the rule behind the effects: treat where one covariate is high, unless another is", () => {
    const rng = createRng(8);
    const n = 3000;
    const x = Float64Array.from({ length: n * 4 }, () => rng.normal());
    const effect = Float64Array.from({ length: n }, (_, i) =>
      x[4 * i + 2]! > 0.5 ? (x[4 * i]! > 1 ? -1 : 1) : -1,
    );
    const scores = effect.map((e) => e + rng.normal());
    const tree = learnPolicyTree({ n, d: 4, x }, scores, {});
    const treat = applyPolicyTree(tree, { n, d: 4, x });
    const wrong = treat.filter((t, i) => (t === 1) !== effect[i]! > 0).length;
    expect(wrong / n).toBeLessThan(0.02);
  });

  it("are worth nothing on noise, though they look it on the rows they were learnt on", () => {
    let over = 0;
    let flattered = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const data = drawn(150, 3, 100 + seed);
      const { value, tree } = judgePolicyTree(data, data.scores, {}, createRng(seed));
      if (value.estimate > 1.645 * value.standardError) over++;
      const treat = applyPolicyTree(tree, data);
      flattered += data.scores.reduce((s, v, i) => s + (v * treat[i]!) / 150, 0) / 30;
    }
    expect(over).toBeLessThan(6);
    expect(flattered).toBeGreaterThan(0.1);
  });

  it("have a value whose interval holds the true one on a known design", () => {
    let held = 0;
    const draws = 40;
    for (let seed = 1; seed <= draws; seed++) {
      const rng = createRng(seed);
      const design = nieWagerDesign("D", 500, rng);
      const scores = doublyRobustScores(design.treatment, design.outcome, {
        outcome0: design.mu0,
        outcome1: design.mu1,
        propensity: design.propensity,
      });
      const { value, tree } = judgePolicyTree(design, scores, { cuts: 24 }, rng.fork("folds"));
      // The value of the tree learnt on all rows stands for that of those learnt on four fifths
      const fresh = nieWagerDesign("D", 20_000, rng.fork("truth"));
      const treat = applyPolicyTree(tree, fresh);
      const truth = fresh.effect.reduce((s, e, i) => s + (e * treat[i]!) / fresh.n, 0);
      if (Math.abs(value.estimate - truth) < 1.96 * value.standardError) held++;
    }
    expect(held).toBeGreaterThan(0.82 * draws);
  });

  it("refuse what is no depth, no leaf and no number", () => {
    const data = drawn(20, 2, 1);
    expect(() => learnPolicyTree(data, data.scores, { depth: 1.5 })).toThrow(/deep/u);
    expect(() => learnPolicyTree(data, data.scores, { minimumLeaf: 0 })).toThrow(/leaf/u);
    expect(() => learnPolicyTree(data, data.scores.subarray(1), {})).toThrow(/scores/u);
    expect(() =>
      learnPolicyTree(
        data,
        data.scores.map(() => NaN),
        {},
      ),
    ).toThrow(/finite/u);
  });
});
