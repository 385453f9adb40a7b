import { incompleteGamma } from "../../math/distributions.ts";

/** A sample's centred Gaussian kernel matrix, and its off-diagonal mean before centring. */
export interface SampleKernel {
  readonly centred: Float64Array;
  readonly mean: number;
}

/**
 * p-value that two samples are independent, by the Hilbert-Schmidt criterion with Gaussian kernels of median width
 * against a gamma distribution of the same mean and variance (Gretton et al. 2007, section 3). Needs at least 6 rows.
 * O(n²) time and memory.
 */
export function hsicP(x: Float64Array, y: Float64Array): number {
  return hsicOf(sampleKernel(x), sampleKernel(y));
}

/** As `hsicP`, of kernels made once for many pairs. */
export function hsicOf(k: SampleKernel, l: SampleKernel): number {
  const n = Math.sqrt(k.centred.length);
  let statistic = 0;
  let square = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const product = k.centred[i * n + j]! * l.centred[i * n + j]!;
      statistic += product;
      if (i !== j) square += (product / 6) ** 2;
    }
  }
  statistic /= n;
  const variance =
    ((square / n / (n - 1)) * 72 * (n - 4) * (n - 5)) / n / (n - 1) / (n - 2) / (n - 3);
  const mean = (1 + k.mean * l.mean - k.mean - l.mean) / n;
  const shape = (mean * mean) / variance;
  const scale = (variance * n) / mean;
  return incompleteGamma(shape, statistic / scale).upper;
}

export function sampleKernel(x: Float64Array): SampleKernel {
  const n = x.length;
  const width = medianGap(x);
  const k = new Float64Array(n * n);
  const rows = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    k[i * n + i] = 1;
    for (let j = 0; j < i; j++) {
      const value = Math.exp(-((x[i]! - x[j]!) ** 2) / (2 * width));
      k[i * n + j] = value;
      k[j * n + i] = value;
      rows[i]! += value;
      rows[j]! += value;
      total += 2 * value;
    }
  }
  const mean = total / (n * (n - 1));
  const whole = (total + n) / (n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      k[i * n + j]! += whole - (rows[i]! + 1) / n - (rows[j]! + 1) / n;
    }
  }
  return { centred: k, mean };
}

/** Median squared distance between rows, over at most 400 of them. */
function medianGap(x: Float64Array): number {
  const step = Math.max(1, Math.floor(x.length / 400));
  const gaps: number[] = [];
  for (let i = 0; i < x.length; i += step) {
    for (let j = 0; j < i; j += step) {
      const gap = (x[i]! - x[j]!) ** 2;
      if (gap > 0) gaps.push(gap);
    }
  }
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1] ?? 1;
}
