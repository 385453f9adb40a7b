import type { Score } from "../../../app/benchmark.ts";
import type { Effect } from "../effect.ts";
import { scoreAgainstTruth } from "../judge/truth.ts";
import type { KnownProblem } from "./known-set.ts";

/**
 * An effect against the known effects: its estimate against their mean over the target's rows, its unit effects row by
 * row. Rows that the method left out (trimming, missing values) are left out of the truth, too. O(n).
 */
export function scoreEffect(effect: Effect, problem: KnownProblem, better: "high" | "low"): Score {
  const used = effect.rows ?? Int32Array.from({ length: problem.table.n }, (_, i) => i);
  const kept: number[] = [];
  used.forEach((row, k) => {
    if (problem.among[row] === 1) kept.push(k);
  });
  const truths = kept.map((k) => problem.effect[used[k]!]!);
  const truth = truths.reduce((sum, v) => sum + v / truths.length, 0);
  const { estimate, interval, unitEffects } = effect;
  return {
    kind: "scored",
    n: used.length,
    truth: digits(truth),
    estimate: digits(estimate),
    ...(Number.isFinite(interval.high - interval.low)
      ? { low: digits(interval.low), high: digits(interval.high) }
      : {}),
    ...(unitEffects === undefined
      ? {}
      : unitScores(
          kept.map((k) => unitEffects[k]!),
          truths,
          better,
        )),
  };
}

function unitScores(
  predicted: readonly number[],
  truths: readonly number[],
  better: "high" | "low",
): Pick<Score, "rootPehe" | "relativePehe" | "regret"> {
  const sign = better === "high" ? 1 : -1;
  const { rootPehe, relativePehe, policyRegret } = scoreAgainstTruth(
    predicted.map((v) => sign * v),
    truths.map((v) => sign * v),
  );
  // A constant effect has no spread, but for rounding.
  const size = truths.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const spread = rootPehe / relativePehe;
  return {
    rootPehe: digits(rootPehe),
    ...(spread > 1e-9 * size && Number.isFinite(relativePehe)
      ? { relativePehe: digits(relativePehe) }
      : {}),
    regret: digits(policyRegret),
  };
}

function digits(value: number): number {
  return Number(value.toPrecision(8));
}
