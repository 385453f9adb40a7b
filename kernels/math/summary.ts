/** Mean of `x`; NaN when empty. Two passes keep it right for large offsets. O(n). */
export function mean(x: ArrayLike<number>): number {
  const n = x.length;
  if (n === 0) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += x[i]!;
  const first = sum / n;
  if (!Number.isFinite(first)) return first;
  let rest = 0;
  for (let i = 0; i < n; i++) rest += x[i]! - first;
  return first + rest / n;
}

/** Variance with divisor `n - ddof` (1 by default); NaN when `n <= ddof`. O(n). */
export function variance(x: ArrayLike<number>, ddof = 1): number {
  const n = x.length;
  if (n <= ddof) return Number.NaN;
  const centre = mean(x);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (x[i]! - centre) ** 2;
  return sum / (n - ddof);
}

/** Weighted mean Σwx/Σw; NaN when the weights sum to 0. O(n). */
export function weightedMean(x: ArrayLike<number>, weights: ArrayLike<number>): number {
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < x.length; i++) {
    top += weights[i]! * x[i]!;
    bottom += weights[i]!;
  }
  return bottom === 0 ? Number.NaN : top / bottom;
}

/** Sample covariance of two columns, divisor `n - 1`. O(n). */
export function covariance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  const mx = mean(x);
  const my = mean(y);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (x[i]! - mx) * (y[i]! - my);
  return sum / (n - 1);
}

/** Quantile by linear interpolation of order statistics (type 7). `sorted` ascending. NaN when empty. O(1). */
export function quantileSorted(sorted: ArrayLike<number>, probability: number): number {
  const n = sorted.length;
  if (n === 0) return Number.NaN;
  const position = (n - 1) * probability;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(n - 1, below + 1)]!;
  return low === high ? low : low + (position - below) * (high - low);
}

/** Quantile of unsorted numbers (type 7). O(n log n). */
export function quantile(x: ArrayLike<number>, probability: number): number {
  return quantileSorted(Float64Array.from(x).sort(), probability);
}

/** Counts of `x` in `bins` equal bins over [low, high]; the last is closed. Values outside are not counted. O(n). */
export function histogram(
  x: ArrayLike<number>,
  bins: number,
  low: number,
  high: number,
): { edges: number[]; counts: number[] } {
  const width = (high - low) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + i * width));
  const counts = Array.from({ length: bins }, () => 0);
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    if (!(value >= low && value <= high)) continue;
    const bin = width === 0 ? 0 : Math.min(bins - 1, Math.floor((value - low) / width));
    counts[bin]! += 1;
  }
  return { edges, counts };
}
