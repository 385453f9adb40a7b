import type { Rng } from "../../math/rng.ts";
import type { MatrixProblem } from "./matrix-problem.ts";

/**
 * One small network for each column, from all columns: x̂_j = c_j + Σ_k v_jk sigmoid(b_jk + Σ_i W_ijk x_i), with `units`
 * hidden units k. All parameters lie in one array: W `[d inputs, d outputs, units]`, then b and v `[d, units]`, then
 * c `[d]`.
 */
export interface MlpShape {
  readonly d: number;
  readonly units: number;
  /** Parameters in all. */
  readonly size: number;
  /** Entries of W: those before this index. */
  readonly weights: number;
}

export function mlpShape(d: number, units: number): MlpShape {
  const weights = d * d * units;
  return { d, units, weights, size: weights + 2 * d * units + d };
}

/**
 * First parameters: W is 0, so that no column causes another and the start is acyclic; b and v are drawn uniformly, v in
 * the scale of the column it makes, which tells the units apart.
 */
export function mlpStart(
  { d, units, weights, size }: MlpShape,
  deviations: Float64Array,
  rng: Rng,
): Float64Array {
  const theta = new Float64Array(size);
  const hidden = d * units;
  for (let k = 0; k < hidden; k++) theta[weights + k] = (2 * rng.next() - 1) / Math.sqrt(d);
  for (let k = 0; k < hidden; k++) {
    const scale = deviations[Math.floor(k / units)]! / Math.sqrt(units);
    theta[weights + hidden + k] = scale * (2 * rng.next() - 1);
  }
  return theta;
}

/** Entries of W that stay 0, by the pairs that `problem` fixes; the rest of the parameters is free. */
export function mlpFixed({ d, units, size }: MlpShape, { fixed }: MatrixProblem): Uint8Array {
  const out = new Uint8Array(size);
  for (let pair = 0; pair < d * d; pair++) out.fill(fixed[pair]!, pair * units, (pair + 1) * units);
  return out;
}

/** Weights of |W|, by pair. */
export function mlpL1({ d, units, size }: MlpShape, { l1 }: MatrixProblem): Float64Array {
  const out = new Float64Array(size);
  for (let pair = 0; pair < d * d; pair++) out.fill(l1[pair]!, pair * units, (pair + 1) * units);
  return out;
}

/** Strength of the dependence of j on i, `[d, d]`: the sum of squares of W_ij· in `out`. O(d² units). */
export function dependence({ d, units }: MlpShape, theta: Float64Array, out: Float64Array): void {
  for (let pair = 0; pair < d * d; pair++) {
    let sum = 0;
    for (let k = pair * units; k < (pair + 1) * units; k++) sum += theta[k]! * theta[k]!;
    out[pair] = sum;
  }
}

/** Rows worked on at a time, so that what lies between the layers stays in the cache. */
const BLOCK = 64;

/**
 * Σ (x̂ - x)² / 2n over all rows and columns of `x: [n, d]`, and its gradient by the parameters. O(n d² units).
 */
export function mlpLoss(
  shape: MlpShape,
  x: Float64Array,
  n: number,
): (theta: Float64Array, gradient: Float64Array) => number {
  const { d, units, weights } = shape;
  const hidden = d * units;
  const z = new Float64Array(BLOCK * hidden);
  return (theta, gradient) => {
    gradient.fill(0);
    const b = theta.subarray(weights, weights + hidden);
    const v = theta.subarray(weights + hidden, weights + 2 * hidden);
    const c = theta.subarray(weights + 2 * hidden);
    const gb = gradient.subarray(weights, weights + hidden);
    const gv = gradient.subarray(weights + hidden, weights + 2 * hidden);
    const gc = gradient.subarray(weights + 2 * hidden);
    let sum = 0;
    for (let from = 0; from < n; from += BLOCK) {
      const rows = Math.min(BLOCK, n - from);
      forward(theta, b, x, from, rows, d, hidden, z);
      for (let r = 0; r < rows; r++) {
        const at = r * hidden;
        for (let j = 0; j < d; j++) {
          const first = j * units;
          let fitted = c[j]!;
          for (let k = first; k < first + units; k++) fitted += v[k]! * z[at + k]!;
          const error = fitted - x[(from + r) * d + j]!;
          sum += error * error;
          gc[j]! += error;
          for (let k = first; k < first + units; k++) {
            const y = z[at + k]!;
            gv[k]! += error * y;
            const dz = error * v[k]! * y * (1 - y);
            gb[k]! += dz;
            z[at + k] = dz; // from here on: the gradient by the unit's input
          }
        }
      }
      backward(gradient, x, from, rows, d, hidden, z);
    }
    for (let i = 0; i < gradient.length; i++) gradient[i]! /= n;
    return sum / (2 * n);
  };
}

/** z = sigmoid(b + x W), `[rows, hidden]`. */
function forward(
  w: Float64Array,
  b: Float64Array,
  x: Float64Array,
  from: number,
  rows: number,
  d: number,
  hidden: number,
  z: Float64Array,
): void {
  const even = d - (d % 4);
  for (let r = 0; r < rows; r++) {
    const at = r * hidden;
    const row = (from + r) * d;
    z.set(b, at);
    let i = 0;
    for (; i < even; i += 4) {
      const x0 = x[row + i]!;
      const x1 = x[row + i + 1]!;
      const x2 = x[row + i + 2]!;
      const x3 = x[row + i + 3]!;
      const w0 = i * hidden;
      const w1 = w0 + hidden;
      const w2 = w1 + hidden;
      const w3 = w2 + hidden;
      for (let k = 0; k < hidden; k++) {
        z[at + k]! += x0 * w[w0 + k]! + x1 * w[w1 + k]! + x2 * w[w2 + k]! + x3 * w[w3 + k]!;
      }
    }
    for (; i < d; i++) {
      const value = x[row + i]!;
      for (let k = 0; k < hidden; k++) z[at + k]! += value * w[i * hidden + k]!;
    }
    for (let k = at; k < at + hidden; k++) z[k] = 1 / (1 + Math.exp(-z[k]!));
  }
}

/** gradient += x' dz, `[d, hidden]`, four rows at a time. */
function backward(
  gradient: Float64Array,
  x: Float64Array,
  from: number,
  rows: number,
  d: number,
  hidden: number,
  dz: Float64Array,
): void {
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const z0 = r * hidden;
    const z1 = z0 + hidden;
    const z2 = z1 + hidden;
    const z3 = z2 + hidden;
    const row = (from + r) * d;
    for (let i = 0; i < d; i++) {
      const x0 = x[row + i]!;
      const x1 = x[row + d + i]!;
      const x2 = x[row + 2 * d + i]!;
      const x3 = x[row + 3 * d + i]!;
      const to = i * hidden;
      for (let k = 0; k < hidden; k++) {
        gradient[to + k]! +=
          x0 * dz[z0 + k]! + x1 * dz[z1 + k]! + x2 * dz[z2 + k]! + x3 * dz[z3 + k]!;
      }
    }
  }
  for (; r < rows; r++) {
    for (let i = 0; i < d; i++) {
      const value = x[(from + r) * d + i]!;
      for (let k = 0; k < hidden; k++) gradient[i * hidden + k]! += value * dz[r * hidden + k]!;
    }
  }
}
