/** p = 1 / (1 + exp(-(slope z + shift))) for log odds z. Platt 1999. */
export interface Calibration {
  readonly slope: number;
  readonly shift: number;
}

/** Slope and shift of greatest likelihood for log odds and what was true, by Newton's method. O(pairs) a step. */
export function fitCalibration(logits: Float64Array, truth: Uint8Array): Calibration {
  let [slope, shift] = [1, 0];
  for (let step = 0; step < 30; step++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0];
    logits.forEach((z, i) => {
      const p = 1 / (1 + Math.exp(-(slope * z + shift)));
      const w = p * (1 - p) + 1e-12;
      g0 += (p - truth[i]!) * z;
      g1 += p - truth[i]!;
      h00 += w * z * z;
      h01 += w * z;
      h11 += w;
    });
    const determinant = h00 * h11 - h01 * h01;
    slope -= (h11 * g0 - h01 * g1) / determinant;
    shift -= (h00 * g1 - h01 * g0) / determinant;
  }
  return { slope, shift };
}

/** A part of the pairs, by what was claimed of them. */
export interface ReliabilityBin {
  readonly claimed: number;
  readonly true: number;
  readonly pairs: number;
}

/**
 * Pairs in ten bins by probability, each with the mean probability and the share that was true, and the mean gap
 * between the two over pairs (expected calibration error, Naeini et al. 2015). O(pairs).
 */
export function reliability(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
): { readonly error: number; readonly bins: readonly ReliabilityBin[] } {
  const sums = Array.from({ length: 10 }, () => ({ claimed: 0, true: 0, pairs: 0 }));
  for (let i = 0; i < probabilities.length; i++) {
    const bin = sums[Math.min(9, Math.floor(10 * probabilities[i]!))]!;
    bin.claimed += probabilities[i]!;
    bin.true += truth[i]!;
    bin.pairs += 1;
  }
  const bins = sums
    .filter((bin) => bin.pairs > 0)
    .map((bin) => ({ ...bin, claimed: bin.claimed / bin.pairs, true: bin.true / bin.pairs }));
  const error = bins.reduce(
    (sum, bin) => sum + (bin.pairs / probabilities.length) * Math.abs(bin.claimed - bin.true),
    0,
  );
  return { error, bins };
}
