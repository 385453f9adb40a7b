import { normalCdf } from "../math/distributions.ts";
import { variance } from "../math/summary.ts";
import type { Refusal } from "./method.ts";
import type { AdjustmentProblem } from "./problem.ts";
import { fitPropensity } from "./propensity.ts";
import { rosenbaumSignTest } from "./sensitivity.ts";

/** How large a hidden difference in the odds of treatment within pairs the finding of an effect withstands. */
export interface RosenbaumBounds {
  readonly kind: "rosenbaum";
  readonly pairs: number;
  /** Pairs whose outcomes differ. */
  readonly discordant: number;
  /** Differences in favour of a positive effect among them. */
  readonly positive: number;
  /** Signed rank for numbers, sign test for yes/no outcomes. */
  readonly test: "signed rank" | "sign";
  /** The effect tested for: the sign that the pairs favour. */
  readonly direction: "positive" | "negative";
  /** Largest one-sided p-value at each Γ. */
  readonly points: readonly { readonly gamma: number; readonly p: number }[];
  /** Largest Γ with p below `alpha`: 0 when not even Γ = 1 has it, 1000 when it lies beyond. */
  readonly gamma: number;
  readonly alpha: number;
}

const GAMMA_MAX = 6;

/**
 * Rosenbaum bounds (2002, sections 4.3.2–4.3.3): treated units are paired with the nearest control unit on the logit of
 * the propensity (greedy, without replacement, caliper 0.2 standard deviations), and the largest one-sided p-value of
 * Wilcoxon's signed rank test (normal approximation with ties) or of the sign test for two-level outcomes is found for
 * odds of treatment that differ by up to Γ within pairs. It tests no effect for the pairs (treated units with a
 * counterpart). A refusal when no pair can be made. O(n log n + pairs · n).
 */
export function rosenbaumBounds(
  problem: AdjustmentProblem,
  alpha = 0.05,
): RosenbaumBounds | Refusal {
  const model = fitPropensity(problem);
  if (model.kind !== "propensity") return model;
  const differences = pairDifferences(problem, model.fit.fitted);
  const apart = differences.filter((d) => d !== 0);
  if (apart.length < 5) {
    return {
      kind: "not-estimable",
      code: "too-few-pairs",
      message: `Only ${apart.length} pairs of a treated and a control unit with the same propensity differ in outcome.`,
      hint: "Rosenbaum bounds need pairs: look at the overlap.",
    };
  }
  const binary = problem.outcomeKind === "binary";
  const ranks = binary ? apart.map(() => 1) : midRanks(apart.map(Math.abs));
  let above = 0;
  let positive = 0;
  let total = 0;
  let squares = 0;
  apart.forEach((d, i) => {
    const rank = ranks[i]!;
    total += rank;
    squares += rank * rank;
    if (d > 0) {
      above += rank;
      positive += 1;
    }
  });
  const direction = above >= total / 2 ? "positive" : "negative";
  const statistic = direction === "positive" ? above : total - above;
  const favour = direction === "positive" ? positive : apart.length - positive;
  const largestP = (gamma: number): number => {
    if (binary) return rosenbaumSignTest(favour, apart.length, gamma);
    const share = gamma / (1 + gamma);
    const z = (statistic - share * total) / Math.sqrt(share * (1 - share) * squares);
    return normalCdf(-z);
  };
  const points = Array.from({ length: 51 }, (_, k) => {
    const gamma = 1 + ((GAMMA_MAX - 1) * k) / 50;
    return { gamma, p: largestP(gamma) };
  });
  return {
    kind: "rosenbaum",
    pairs: differences.length,
    discordant: apart.length,
    positive,
    test: binary ? "sign" : "signed rank",
    direction,
    points,
    gamma: withstood(largestP, alpha),
    alpha,
  };
}

/** p rises with Γ: halve the interval. */
function withstood(largestP: (gamma: number) => number, alpha: number): number {
  if (largestP(1) >= alpha) return 0;
  if (largestP(1000) < alpha) return 1000;
  let [low, high] = [1, 1000];
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (largestP(middle) < alpha) low = middle;
    else high = middle;
  }
  return low;
}

/** Treated minus control outcome of each pair, in order of the treated units' propensities, highest first. */
function pairDifferences(problem: AdjustmentProblem, propensity: Float64Array): number[] {
  const score = propensity.map((e) => {
    const kept = Math.min(1 - 1e-9, Math.max(1e-9, e));
    return Math.log(kept / (1 - kept));
  });
  const caliper = 0.2 * Math.sqrt(variance(score));
  const arm = (t: number): number[] =>
    Array.from(score.keys())
      .filter((i) => problem.treatment[i] === t)
      .sort((a, b) => score[b]! - score[a]!);
  const controls = arm(0);
  const used = new Uint8Array(controls.length);
  const differences: number[] = [];
  for (const i of arm(1)) {
    const best = nearestFree(controls, used, score, score[i]!);
    if (best < 0 || Math.abs(score[controls[best]!]! - score[i]!) > caliper) continue;
    used[best] = 1;
    differences.push(problem.outcome[i]! - problem.outcome[controls[best]!]!);
  }
  return differences;
}

function nearestFree(
  controls: readonly number[],
  used: Uint8Array,
  score: Float64Array,
  wanted: number,
): number {
  let [low, high] = [0, controls.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (score[controls[middle]!]! > wanted) low = middle + 1;
    else high = middle;
  }
  let before = low - 1;
  let after = low;
  while (before >= 0 && used[before] === 1) before--;
  while (after < controls.length && used[after] === 1) after++;
  if (before < 0) return after < controls.length ? after : -1;
  if (after >= controls.length) return before;
  const distance = (at: number): number => Math.abs(score[controls[at]!]! - wanted);
  return distance(before) <= distance(after) ? before : after;
}

/** Ranks from 1, equal values sharing their mean rank. O(n log n). */
function midRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = Array<number>(values.length).fill(0);
  for (let i = 0; i < order.length;) {
    let j = i;
    while (j + 1 < order.length && values[order[j + 1]!] === values[order[i]!]) j++;
    for (let k = i; k <= j; k++) ranks[order[k]!] = (i + j) / 2 + 1;
    i = j + 1;
  }
  return ranks;
}
