import { normalCdf } from "../../math/distributions.ts";

/** An estimate with its standard error. */
export interface Judged {
  readonly estimate: number;
  readonly standardError: number;
}

/**
 * Doubly robust score of each unit's effect, `[n]`: its mean given the covariates is the effect, whatever model predicted
 * it (Robins & Rotnitzky 1995). All inputs `[n]`, out of fold. O(n).
 */
export function doublyRobustScores(
  treatment: ArrayLike<number>,
  outcome: ArrayLike<number>,
  nuisances: {
    readonly outcome0: ArrayLike<number>;
    readonly outcome1: ArrayLike<number>;
    readonly propensity: ArrayLike<number>;
  },
): Float64Array {
  return Float64Array.from({ length: treatment.length }, (_, i) => {
    const e = nuisances.propensity[i]!;
    const [q0, q1] = [nuisances.outcome0[i]!, nuisances.outcome1[i]!];
    return treatment[i] === 1
      ? q1 - q0 + (outcome[i]! - q1) / e
      : q1 - q0 - (outcome[i]! - q0) / (1 - e);
  });
}

export interface Calibration {
  /** 1 when the mean of the predictions is right. */
  readonly mean: Judged;
  /** 1 when their spread is right; 0 when they hold no information; above 1 when they are shrunk too far. */
  readonly slope: Judged;
  /** One-sided p-value of slope ≤ 0: small when the effect varies and the predictions see it. */
  readonly pValue: number;
}

/**
 * Best linear prediction of the effect by predicted effects (Chernozhukov, Demirer, Duflo & Fernández-Val 2018, theorem
 * 2.1, in scores): regression of the score on ā and τ̂ - ā without intercept, HC3 errors. The predictions must not have
 * seen the outcomes of these rows. O(n).
 */
export function calibrate(scores: Float64Array, predicted: Float64Array): Calibration {
  const n = scores.length;
  const center = predicted.reduce((sum, v) => sum + v / n, 0);
  // With predictors ā and τ̂ - ā, whose product sums to 0, the two coefficients are separate
  const along = (x: (i: number) => number): Judged => {
    let xx = 0;
    let xy = 0;
    for (let i = 0; i < n; i++) {
      xx += x(i) ** 2;
      xy += x(i) * scores[i]!;
    }
    return { estimate: xy / xx, standardError: xx };
  };
  const mean = along(() => center);
  const slope = along((i) => predicted[i]! - center);
  const withError = (of: Judged, x: (i: number) => number): Judged => {
    let meat = 0;
    for (let i = 0; i < n; i++) {
      const [a, b] = [center, predicted[i]! - center];
      const leverage = a ** 2 / mean.standardError + b ** 2 / slope.standardError;
      const residual = scores[i]! - mean.estimate * a - slope.estimate * b;
      meat += (x(i) * (residual / (1 - Math.min(leverage, 0.99)))) ** 2;
    }
    return { estimate: of.estimate, standardError: Math.sqrt(meat) / of.standardError };
  };
  const judgedSlope = withError(slope, (i) => predicted[i]! - center);
  return {
    mean: withError(mean, () => center),
    slope: judgedSlope,
    pValue: 1 - normalCdf(judgedSlope.estimate / judgedSlope.standardError),
  };
}

/** Mean effect of each quantile group of predicted effects (GATES; ibid., section 2.3), lowest first. O(n log n). */
export function groupEffects(
  scores: Float64Array,
  predicted: Float64Array,
  groups: number,
): readonly (Judged & { readonly n: number; readonly predicted: number })[] {
  const order = ascending(predicted);
  return Array.from({ length: groups }, (_, g) => {
    const from = Math.floor((g * order.length) / groups);
    const rows = order.subarray(from, Math.floor(((g + 1) * order.length) / groups));
    const average = (v: Float64Array): number =>
      rows.reduce((sum, i) => sum + v[i]! / rows.length, 0);
    const estimate = average(scores);
    const square = rows.reduce((sum, i) => sum + (scores[i]! - estimate) ** 2, 0);
    const standardError = Math.sqrt(square / (rows.length * (rows.length - 1)));
    return { estimate, standardError, n: rows.length, predicted: average(predicted) };
  });
}

function ascending(values: Float64Array): Int32Array {
  return Int32Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => values[a]! - values[b]!,
  );
}

export interface Ranking {
  /** Area under the targeting operator characteristic: 0 when the ranking is no better than chance. */
  readonly autoc: Judged;
  /** Area under the Qini curve: gains weighted by the share treated. */
  readonly qini: Judged;
  /** Share treated first and what the mean effect of that share exceeds the overall mean by. */
  readonly curve: readonly { readonly share: number; readonly gain: number }[];
}

/**
 * Rank-weighted average treatment effects (Yadlowsky, Fleming, Shah, Brunskill & Wager 2021, equations 2.3-2.5): does
 * treating in the order of `priority` (highest first) gain over treating at random? Errors by the influence of each
 * row's score, priorities held fixed. Ties are broken by row. O(n log n).
 */
export function judgeRanking(scores: Float64Array, priority: Float64Array): Ranking {
  const n = scores.length;
  const order = ascending(priority).reverse();
  const overall = scores.reduce((sum, v) => sum + v / n, 0);
  // AUTOC = 1/n Σ_k (mean of the top k - mean): the score at rank r enters with Σ_{k ≥ r} 1/k - 1
  const autocWeights = new Float64Array(n);
  let tail = 0;
  for (let r = n; r >= 1; r--) {
    tail += 1 / r;
    autocWeights[order[r - 1]!] = tail - 1;
  }
  const qiniWeights = new Float64Array(n);
  order.forEach((i, r) => (qiniWeights[i] = (n - r) / n - (n + 1) / (2 * n)));
  const weighted = (weights: Float64Array): Judged => {
    const products = scores.map((s, i) => weights[i]! * (s - overall));
    const estimate = products.reduce((sum, v) => sum + v / n, 0);
    const square = products.reduce((sum, v) => sum + (v - estimate) ** 2, 0);
    return { estimate, standardError: Math.sqrt(square) / n };
  };
  const curve: { share: number; gain: number }[] = [];
  const steps = Math.min(100, n);
  let sum = 0;
  let next = 0;
  for (let step = 1; step <= steps; step++) {
    const upTo = Math.round((step * n) / steps);
    while (next < upTo) sum += scores[order[next++]!]!;
    curve.push({ share: upTo / n, gain: sum / upTo - overall });
  }
  return { autoc: weighted(autocWeights), qini: weighted(qiniWeights), curve };
}

/** Mean gain over treating nobody of treating those whose `treat` is 1, at `cost` each. O(n). */
export function policyValue(scores: Float64Array, treat: ArrayLike<number>, cost = 0): Judged {
  const n = scores.length;
  const gains = scores.map((s, i) => (treat[i] === 1 ? s - cost : 0));
  const estimate = gains.reduce((sum, v) => sum + v / n, 0);
  const square = gains.reduce((sum, v) => sum + (v - estimate) ** 2, 0);
  return { estimate, standardError: Math.sqrt(square) / n };
}
