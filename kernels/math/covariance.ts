import { multiply } from "./dense.ts";

/** Errors that hold without equal variances: HC0 plain, HC1 scaled by n/(n−k), HC2 and HC3 by leverage. */
export type HcKind = "HC0" | "HC1" | "HC2" | "HC3";

interface Fit {
  readonly x: Float64Array;
  readonly n: number;
  readonly d: number;
  /** Raw residuals y − Xb, `[n]`. */
  readonly residuals: Float64Array;
  /** (X'WX)⁻¹, `[d, d]`. */
  readonly inverse: Float64Array;
  readonly rank: number;
  readonly weights?: ArrayLike<number>;
}

/** Covariance of the coefficients when errors are equally spread: σ̂²(X'WX)⁻¹ with σ̂² = Σwe²/(n − rank). O(n + d²). */
export function classicalCovariance(fit: Fit): Float64Array {
  let rss = 0;
  for (let i = 0; i < fit.n; i++) rss += (fit.weights?.[i] ?? 1) * fit.residuals[i]! ** 2;
  const variance = rss / (fit.n - fit.rank);
  return fit.inverse.map((value) => value * variance);
}

/** Leverages h_i = w_i x_i'(X'WX)⁻¹x_i, `[n]`. O(nd²). */
export function leverages(fit: Omit<Fit, "residuals" | "rank">): Float64Array {
  const { x, n, d, inverse } = fit;
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) {
      const value = x[i * d + j]!;
      if (value === 0) continue;
      let inner = 0;
      for (let k = 0; k < d; k++) inner += inverse[j * d + k]! * x[i * d + k]!;
      sum += value * inner;
    }
    out[i] = sum * (fit.weights?.[i] ?? 1);
  }
  return out;
}

/** Heteroskedasticity-robust covariance of least squares (White 1980; MacKinnon & White 1985). O(nd²). */
export function robustCovariance(fit: Fit, kind: HcKind): Float64Array {
  const { n, residuals } = fit;
  const scores = new Float64Array(n);
  const h = kind === "HC2" || kind === "HC3" ? leverages(fit) : undefined;
  for (let i = 0; i < n; i++) {
    // A point with leverage 1 is fitted exactly: its residual is 0 and it adds nothing, not 0/0.
    const slack = h === undefined ? 1 : Math.max(1 - h[i]!, 1e-10);
    const divisor = kind === "HC3" ? slack : Math.sqrt(slack);
    scores[i] = ((fit.weights?.[i] ?? 1) * residuals[i]!) / divisor;
  }
  const factor = kind === "HC1" ? n / (n - fit.rank) : 1;
  return sandwich(fit, scores, factor);
}

/**
 * Cluster-robust covariance (Liang & Zeger 1986) with the small-sample factor G/(G−1)·(n−1)/(n−k) unless told
 * otherwise. `clusters: [n]` 0-based. O(nd + Gd²).
 */
export function clusterCovariance(
  fit: Fit,
  clusters: Int32Array,
  smallSample = true,
): Float64Array {
  const { x, n, d, residuals } = fit;
  const count = groupCount(clusters);
  const sums = new Float64Array(count * d);
  for (let i = 0; i < n; i++) {
    const score = (fit.weights?.[i] ?? 1) * residuals[i]!;
    const base = clusters[i]! * d;
    for (let j = 0; j < d; j++) sums[base + j]! += score * x[i * d + j]!;
  }
  const factor = smallSample ? ((count / (count - 1)) * (n - 1)) / (n - fit.rank) : 1;
  return bread(fit.inverse, outer(sums, count, d), d, factor);
}

/** Number of groups in 0-based labels. */
export function groupCount(clusters: Int32Array): number {
  let most = -1;
  for (const cluster of clusters) if (cluster > most) most = cluster;
  return most + 1;
}

function sandwich(fit: Fit, scores: Float64Array, factor: number): Float64Array {
  const { x, n, d } = fit;
  const meat = new Float64Array(d * d);
  for (let i = 0; i < n; i++) {
    const square = scores[i]! ** 2;
    if (square === 0) continue;
    for (let j = 0; j < d; j++) {
      const value = square * x[i * d + j]!;
      if (value === 0) continue;
      for (let k = 0; k < d; k++) meat[j * d + k]! += value * x[i * d + k]!;
    }
  }
  return bread(fit.inverse, meat, d, factor);
}

function outer(rows: Float64Array, n: number, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      const value = rows[i * d + j]!;
      if (value === 0) continue;
      for (let k = 0; k < d; k++) out[j * d + k]! += value * rows[i * d + k]!;
    }
  }
  return out;
}

function bread(inverse: Float64Array, meat: Float64Array, d: number, factor: number): Float64Array {
  const out = multiply(multiply(inverse, meat, d, d, d), inverse, d, d, d);
  return factor === 1 ? out : out.map((value) => value * factor);
}
