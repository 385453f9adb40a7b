import { cholesky, choleskySolve, multiplyVector } from "./dense.ts";

export interface Multinomial {
  /** Probability of each class for each row, `[n, classes]`. */
  readonly fitted: Float64Array;
  /** `[classes − 1, d]`: log odds against class 0. */
  readonly coefficients: Float64Array;
  readonly converged: boolean;
  /** Some class is told without error along the columns: no finite maximum. */
  readonly separated: boolean;
}

/**
 * Maximum likelihood of a multinomial logit of `label: [n]` (0 … classes − 1) on `x: [n, d]` with its column of ones, by
 * Newton's method with step halving; collinear columns get the smallest change. Rows of weight 0 are predicted only.
 * O(n · classes² · d² · iterations).
 */
export function fitMultinomial(
  x: Float64Array,
  n: number,
  d: number,
  label: ArrayLike<number>,
  classes: number,
  weights?: ArrayLike<number>,
): Multinomial {
  const free = classes - 1;
  const size = free * d;
  let beta = new Float64Array(size);
  let fitted = probabilities(x, n, d, beta, classes);
  let loss = lossOf(fitted, n, label, classes, weights);
  let converged = false;
  for (let iteration = 0; iteration < 60 && !converged; iteration++) {
    const { gradient, information } = scoreOf(x, n, d, label, classes, fitted, weights);
    const { l } = cholesky(information, size, 1e-11);
    const step = choleskySolve(l, size, gradient);
    let share = 1;
    for (let half = 0; half < 30; half++, share /= 2) {
      const next = beta.map((b, k) => b + share * step[k]!);
      const tried = probabilities(x, n, d, next, classes);
      const value = lossOf(tried, n, label, classes, weights);
      if (value > loss + 1e-10 * (Math.abs(loss) + 1)) continue;
      converged = step.reduce((s, v, k) => s + v * gradient[k]!, 0) < 1e-18 * n;
      beta = next;
      fitted = tried;
      loss = value;
      break;
    }
  }
  let total = 0;
  for (let i = 0; i < n; i++) total += weights?.[i] ?? 1;
  return { fitted, coefficients: beta, converged, separated: loss < 1e-6 * total };
}

/** Class probabilities of rows `x: [n, d]` under coefficients `[classes − 1, d]` -> `[n, classes]`. O(n · classes · d). */
export function probabilities(
  x: Float64Array,
  n: number,
  d: number,
  beta: Float64Array,
  classes: number,
): Float64Array {
  const out = new Float64Array(n * classes);
  for (let c = 1; c < classes; c++) {
    const eta = multiplyVector(x, beta.subarray((c - 1) * d, c * d), n, d);
    for (let i = 0; i < n; i++) out[i * classes + c] = eta[i]!;
  }
  for (let i = 0; i < n; i++) {
    const at = i * classes;
    let top = 0;
    for (let c = 1; c < classes; c++) top = Math.max(top, out[at + c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += out[at + c] = Math.exp(out[at + c]! - top);
    for (let c = 0; c < classes; c++) out[at + c]! /= sum;
  }
  return out;
}

function lossOf(
  fitted: Float64Array,
  n: number,
  label: ArrayLike<number>,
  classes: number,
  weights: ArrayLike<number> | undefined,
): number {
  let loss = 0;
  for (let i = 0; i < n; i++) {
    const w = weights?.[i] ?? 1;
    if (w !== 0) loss -= w * Math.log(Math.max(fitted[i * classes + label[i]!]!, 1e-300));
  }
  return loss;
}

function scoreOf(
  x: Float64Array,
  n: number,
  d: number,
  label: ArrayLike<number>,
  classes: number,
  fitted: Float64Array,
  weights: ArrayLike<number> | undefined,
): { gradient: Float64Array; information: Float64Array } {
  const size = (classes - 1) * d;
  const gradient = new Float64Array(size);
  const information = new Float64Array(size * size);
  for (let i = 0; i < n; i++) {
    const w = weights?.[i] ?? 1;
    if (w === 0) continue;
    for (let c = 1; c < classes; c++) {
      const p = fitted[i * classes + c]!;
      const rest = w * ((label[i] === c ? 1 : 0) - p);
      const row = (c - 1) * d;
      for (let j = 0; j < d; j++) gradient[row + j]! += rest * x[i * d + j]!;
      for (let e = 1; e <= c; e++) {
        const v = w * p * ((c === e ? 1 : 0) - fitted[i * classes + e]!);
        const column = (e - 1) * d;
        for (let j = 0; j < d; j++) {
          const scaled = v * x[i * d + j]!;
          const at = (row + j) * size + column;
          for (let k = 0; k < d; k++) information[at + k]! += scaled * x[i * d + k]!;
        }
      }
    }
  }
  for (let a = 0; a < size; a++)
    for (let b = 0; b < a; b++) information[b * size + a] = information[a * size + b]!;
  return { gradient, information };
}
