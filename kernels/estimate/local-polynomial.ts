import { gram, invertSymmetric, multiply } from "../math/dense.ts";

export type Kernel = "triangular" | "epanechnikov" | "uniform";

/** One side of a cutoff: x from the cutoff, sorted; y beside it. */
export interface Side {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Residuals from the nearest neighbours in x, `[n]`. */
  readonly noise: Float64Array;
}

/** K(x/h)/h. */
export function kernelWeight(kernel: Kernel, x: number, h: number): number {
  const u = Math.abs(x / h);
  if (u > 1) return 0;
  if (kernel === "triangular") return (1 - u) / h;
  return (kernel === "epanechnikov" ? 0.75 * (1 - u * u) : 0.5) / h;
}

/**
 * A side of the cutoff, sorted, with the residual of each outcome from its `neighbours` nearest in x (all ties
 * included): the noise estimate of Calonico, Cattaneo & Titiunik (2014), sec. 5. O(n log n + n · ties).
 */
export function sideOf(x: Float64Array, y: Float64Array, neighbours: number): Side {
  const order = Int32Array.from(x, (_, i) => i).sort((a, b) => x[a]! - x[b]!);
  const sx = Float64Array.from(order, (i) => x[i]!);
  const sy = Float64Array.from(order, (i) => y[i]!);
  return { x: sx, y: sy, noise: nearestNoise(sx, sy, neighbours) };
}

function nearestNoise(x: Float64Array, y: Float64Array, neighbours: number): Float64Array {
  const n = x.length;
  // first[i] … last[i] are the rows that share x[i]
  const first = new Int32Array(n);
  const last = new Int32Array(n);
  for (let i = 0; i < n; i++) first[i] = i > 0 && x[i] === x[i - 1] ? first[i - 1]! : i;
  for (let i = n - 1; i >= 0; i--) last[i] = i < n - 1 && x[i] === x[i + 1] ? last[i + 1]! : i;
  const sums = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) sums[i + 1] = sums[i]! + y[i]!;
  return y.map((value, i) => {
    let low = first[i]!;
    let high = last[i]!;
    while (high - low < Math.min(neighbours, n - 1)) {
      const left = low > 0 ? x[i]! - x[low - 1]! : Infinity;
      const right = high < n - 1 ? x[high + 1]! - x[i]! : Infinity;
      if (left <= right) low = first[low - 1]!;
      if (right <= left) high = last[high + 1]!;
    }
    const count = high - low;
    const others = (sums[high + 1]! - sums[low]! - value) / count;
    return Math.sqrt(count / (count + 1)) * (value - others);
  });
}

/** A weighted polynomial of x around the cutoff. */
export interface Local {
  /** Rows with weight, `[m]`. */
  readonly rows: Int32Array;
  /** 1, x, x², … `[m, order+1]`. */
  readonly powers: Float64Array;
  readonly weights: Float64Array;
  /** (R'WR)⁻¹, `[order+1, order+1]`. */
  readonly inverse: Float64Array;
  readonly order: number;
}

/** Rows and moments of a polynomial of the given order within h. O(n + m·order²). */
export function localFit(
  side: Side,
  kernel: Kernel,
  h: number,
  order: number,
  rows?: Int32Array,
): Local {
  const chosen = rows ?? rowsWithin(side, kernel, h);
  const d = order + 1;
  const powers = new Float64Array(chosen.length * d);
  const weights = new Float64Array(chosen.length);
  for (let k = 0; k < chosen.length; k++) {
    const x = side.x[chosen[k]!]!;
    weights[k] = kernelWeight(kernel, x, h);
    for (let j = 0, power = 1; j < d; j++, power *= x) powers[k * d + j] = power;
  }
  return {
    rows: chosen,
    powers,
    weights,
    inverse: scaledInverse(powers, weights, chosen.length, d, h),
    order,
  };
}

/** Rows of a side with positive weight. O(n). */
export function rowsWithin(side: Side, kernel: Kernel, h: number): Int32Array {
  const rows: number[] = [];
  for (let i = 0; i < side.x.length; i++) if (kernelWeight(kernel, side.x[i]!, h) > 0) rows.push(i);
  return Int32Array.from(rows);
}

/** Powers of small numbers span many magnitudes: the Gram matrix is inverted in units of h. */
function scaledInverse(
  powers: Float64Array,
  weights: Float64Array,
  m: number,
  d: number,
  h: number,
): Float64Array {
  const unit = powers.map((value, at) => value / h ** (at % d));
  const { inverse } = invertSymmetric(gram(unit, m, d, weights), d, 1e-14);
  return inverse.map((value, at) => value / h ** (Math.floor(at / d) + (at % d)));
}

/** Coefficients (R'WR)⁻¹R'Wy, `[order+1]`. O(m·order). */
export function coefficientsOf(local: Local, y: Float64Array): Float64Array {
  const d = local.order + 1;
  const moment = new Float64Array(d);
  for (let k = 0; k < local.rows.length; k++) {
    const value = local.weights[k]! * y[local.rows[k]!]!;
    for (let j = 0; j < d; j++) moment[j]! += value * local.powers[k * d + j]!;
  }
  return multiply(local.inverse, moment, d, d, 1);
}

/** Variance of coefficient j from the rows' noise. O(m·order). */
export function varianceOf(local: Local, noise: Float64Array, j: number): number {
  const d = local.order + 1;
  let sum = 0;
  for (let k = 0; k < local.rows.length; k++) {
    let load = 0;
    for (let i = 0; i < d; i++) load += local.inverse[j * d + i]! * local.powers[k * d + i]!;
    sum += (load * local.weights[k]! * noise[local.rows[k]!]!) ** 2;
  }
  return sum;
}
