/** How far predicted effects are from known ones. */
export interface TruthScore {
  /** Square root of the mean squared error of unit effects (Hill 2011). */
  readonly rootPehe: number;
  /** |mean predicted - mean true effect|. */
  readonly ateError: number;
  /** rootPehe over the standard deviation of the true effect: 1 is as good as the true mean for everyone. */
  readonly relativePehe: number;
  /** Loss of mean effect by treating those predicted to gain instead of those who do. At least 0. */
  readonly policyRegret: number;
}

/**
 * Predicted against known unit effects mu1 - mu0, `[n]` each (never against y - y_cf, whose noise would count as error).
 * O(n).
 */
export function scoreAgainstTruth(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
): TruthScore {
  const n = truth.length;
  let square = 0;
  let difference = 0;
  let mean = 0;
  let regret = 0;
  for (let i = 0; i < n; i++) {
    const error = predicted[i]! - truth[i]!;
    square += error ** 2 / n;
    difference += error / n;
    mean += truth[i]! / n;
    regret += (Math.max(truth[i]!, 0) - (predicted[i]! > 0 ? truth[i]! : 0)) / n;
  }
  let spread = 0;
  for (let i = 0; i < n; i++) spread += (truth[i]! - mean) ** 2 / n;
  const rootPehe = Math.sqrt(square);
  return {
    rootPehe,
    ateError: Math.abs(difference),
    relativePehe: rootPehe / Math.sqrt(spread),
    policyRegret: regret,
  };
}
