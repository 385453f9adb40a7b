/** What a net leaves of the outcome, smoothed over doses. */
export interface SmoothedResidual {
  readonly bandwidth: number;
  /** Σ weights · correction at a dose; weights `[n]`. */
  at(dose: number): { readonly mean: number; readonly weights: Float64Array };
  /** Leave-one-out residuals of the corrections from their smooth curve, `[n]`. */
  readonly residuals: Float64Array;
}

/**
 * Correction of each row, (y - μ(x, t)) ϖ(t) / π(t | x), whose mean given the dose is what a wrong μ misses of the
 * dose-response curve (Kennedy, Ma, McHugh & Small 2017, section 3.1, without its second term m(t), which needs no
 * smoothing): ϖ(t) is the mean over units of π(t | x). The curve m(t) + E[correction | t] is right if either μ or π is.
 * Weights ϖ/π are kept at most `cap`. All `[n]`. O(n).
 */
export function doseCorrections(
  outcome: ArrayLike<number>,
  fitted: {
    /** μ(x_i, t_i). */
    readonly own: ArrayLike<number>;
    /** π(t_i | x_i). */
    readonly density: ArrayLike<number>;
    /** ϖ(t_i). */
    readonly meanDensity: ArrayLike<number>;
  },
  cap: number,
): { readonly values: Float64Array; readonly weights: Float64Array; readonly capped: number } {
  let capped = 0;
  const weights = Float64Array.from(outcome, (_, i) => {
    const weight = fitted.meanDensity[i]! / Math.max(fitted.density[i]!, 1e-300);
    if (weight > cap) capped++;
    return Math.min(weight, cap);
  });
  const values = Float64Array.from(outcome, (y, i) => (y - fitted.own[i]!) * weights[i]!);
  return { values, weights, capped };
}

/** Local points at which bandwidths are compared; more would cost time and say the same. */
const PROBES = 400;

/** In standard deviations of the dose. A wider window would leave a wrong net uncorrected. */
const BANDWIDTHS = [0.15, 0.2, 0.3, 0.4, 0.55, 0.75];

/**
 * Local linear regression (Epanechnikov) of corrections on doses, bandwidth by leave-one-out error (Kennedy et al. 2017,
 * sections 3.2-3.5). Only the correction is smoothed, so that bands hold no smoothing bias of the curve that the net has
 * found. O(n · window · bandwidths at 400 points, and n · window).
 */
export function smoothResidual(
  dose: ArrayLike<number>,
  correction: ArrayLike<number>,
): SmoothedResidual {
  const n = dose.length;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => dose[a]! - dose[b]!);
  const t = Float64Array.from(order, (i) => dose[i]!);
  const y = Float64Array.from(order, (i) => correction[i]!);
  const spread = deviation(t);
  const bandwidth = BANDWIDTHS.map((c) => c * spread)
    .map((h) => ({ h, error: looError(t, y, h) }))
    .reduce((best, one) => (one.error < best.error ? one : best)).h;
  const residuals = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const { from, to, weights } = localLinear(t, t[k]!, bandwidth);
    let fitted = 0;
    for (let i = from; i < to; i++) fitted += weights[i - from]! * y[i]!;
    const own = Math.min(weights[k - from] ?? 0, 0.9);
    residuals[order[k]!] = (y[k]! - fitted) / (1 - own);
  }
  return {
    bandwidth,
    residuals,
    at: (value) => {
      const { from, to, weights } = localLinear(t, value, bandwidth);
      const all = new Float64Array(n);
      let mean = 0;
      for (let i = from; i < to; i++) {
        all[order[i]!] = weights[i - from]!;
        mean += weights[i - from]! * y[i]!;
      }
      return { mean, weights: all };
    },
  };
}

function deviation(t: Float64Array): number {
  const mean = t.reduce((sum, v) => sum + v / t.length, 0);
  return Math.sqrt(t.reduce((sum, v) => sum + (v - mean) ** 2 / t.length, 0)) || 1;
}

/** Rows `from … to` of sorted doses that have weight at `at`, and the weight of each in the local line's value there. */
function localLinear(
  t: Float64Array,
  at: number,
  bandwidth: number,
): { readonly from: number; readonly to: number; readonly weights: Float64Array } {
  let h = bandwidth;
  // Where doses are sparse the window widens until it holds a line.
  for (;;) {
    const from = firstAbove(t, at - h);
    const to = firstAbove(t, at + h);
    let [s0, s1, s2] = [0, 0, 0];
    const weights = new Float64Array(to - from);
    for (let i = from; i < to; i++) {
      const u = (t[i]! - at) / h;
      const k = Math.max(0, 1 - u * u);
      weights[i - from] = k;
      s0 += k;
      s1 += k * u;
      s2 += k * u * u;
    }
    const determinant = s0 * s2 - s1 * s1;
    if (to - from >= 3 && determinant > 1e-9 * s0 * s0) {
      for (let i = from; i < to; i++) {
        const u = (t[i]! - at) / h;
        weights[i - from] = (weights[i - from]! * (s2 - s1 * u)) / determinant;
      }
      return { from, to, weights };
    }
    if (from === 0 && to === t.length) {
      const even = new Float64Array(to).fill(1 / to);
      return { from, to, weights: even };
    }
    h *= 1.5;
  }
}

function firstAbove(t: Float64Array, value: number): number {
  let low = 0;
  let high = t.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (t[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function looError(t: Float64Array, y: Float64Array, bandwidth: number): number {
  const n = t.length;
  const step = Math.max(1, Math.floor(n / PROBES));
  let total = 0;
  let count = 0;
  for (let k = step >> 1; k < n; k += step) {
    const { from, to, weights } = localLinear(t, t[k]!, bandwidth);
    let fitted = 0;
    for (let i = from; i < to; i++) fitted += weights[i - from]! * y[i]!;
    const own = weights[k - from] ?? 0;
    if (own >= 0.9) return Infinity;
    total += ((y[k]! - fitted) / (1 - own)) ** 2;
    count++;
  }
  return total / count;
}
