import {
  cholesky,
  choleskySolve,
  gram,
  invertSymmetric,
  multiplyVector,
  transposeVector,
} from "./dense.ts";

export interface LeastSquares {
  /** `[d]`; 0 for dropped columns. */
  readonly coefficients: Float64Array;
  /** Columns that are combinations of earlier ones, by index. */
  readonly dropped: readonly number[];
  readonly rank: number;
  /** Weighted residual sum of squares. */
  readonly rss: number;
  /** (X'WX)⁻¹, `[d, d]`; rows and columns of dropped columns are 0. */
  readonly inverse: Float64Array;
}

/** Relative size below which what is left of a column after the earlier ones counts as nothing (as R's `lm`). */
const RANK_TOLERANCE = 1e-7;
const BLOCK = 512;

/**
 * Weighted least squares of `y: [n]` on `x: [n, d]` row-major (put a column of ones in for an intercept), by
 * Householder QR over blocks of rows, so X is read once and never copied. Rank-revealing: a column that earlier ones
 * explain is dropped, later columns move up, as R's `lm` does; nothing explodes on collinear or one-hot columns. Tall
 * and plainly independent columns take the normal equations with one step of refinement, which is as exact there.
 * Weights must not be negative. O(nd²), memory O(d²).
 */
export function leastSquares(
  x: Float64Array,
  n: number,
  d: number,
  y: Float64Array,
  weights?: ArrayLike<number>,
): LeastSquares {
  return leastSquaresMany(x, n, d, [y], weights)[0]!;
}

/** As `leastSquares`, for several right-hand sides at the price of one. */
export function leastSquaresMany(
  x: Float64Array,
  n: number,
  d: number,
  ys: readonly Float64Array[],
  weights?: ArrayLike<number>,
): LeastSquares[] {
  const quick = n > 20 * d ? normalEquations(x, n, d, ys, weights) : undefined;
  if (quick !== undefined) return quick;
  const r = triangle(x, n, d, ys, weights);
  const p = d + ys.length;
  const { order, rank } = revealRank(r, d, p);
  const inverse = invertGram(r, p, order, rank, d);
  const dropped = order.slice(rank).toSorted((a, b) => a - b);
  return ys.map((_, k) => {
    const coefficients = backSubstitute(r, p, order, rank, d + k, d);
    let rss = 0;
    for (let i = rank; i <= d + k; i++) rss += r[i * p + d + k]! ** 2;
    return { coefficients, dropped, rank, rss, inverse };
  });
}

/** Squared share of a column that must be its own for the normal equations to be trusted. */
const CLEAR = 1e-5;

/** Cholesky on X'WX with one refinement from the residuals; undefined when a column is nearly explained by others. */
function normalEquations(
  x: Float64Array,
  n: number,
  d: number,
  ys: readonly Float64Array[],
  weights: ArrayLike<number> | undefined,
): LeastSquares[] | undefined {
  const g = gram(x, n, d, weights);
  const { l, dropped } = cholesky(g, d, CLEAR);
  if (dropped.length > 0) return undefined;
  const { inverse } = invertSymmetric(g, d, CLEAR);
  const weigh = (r: Float64Array): Float64Array =>
    weights === undefined ? r : r.map((v, i) => v * weights[i]!);
  return ys.map((y) => {
    const coefficients = choleskySolve(l, d, transposeVector(x, weigh(y), n, d));
    let rest = residualsOf(x, n, d, y, coefficients);
    const correction = choleskySolve(l, d, transposeVector(x, weigh(rest), n, d));
    for (let j = 0; j < d; j++) coefficients[j]! += correction[j]!;
    rest = residualsOf(x, n, d, y, coefficients);
    let rss = 0;
    for (let i = 0; i < n; i++)
      rss += (weights === undefined ? 1 : weights[i]!) * rest[i]! * rest[i]!;
    return { coefficients, dropped: [], rank: d, rss, inverse };
  });
}

/** The triangular factor of [√W·X, √W·Y], `[p, p]` row-major, accumulated over blocks of rows. */
function triangle(
  x: Float64Array,
  n: number,
  d: number,
  ys: readonly Float64Array[],
  weights: ArrayLike<number> | undefined,
): Float64Array {
  const p = d + ys.length;
  const r = new Float64Array(p * p);
  const block = new Float64Array(p * BLOCK);
  for (let start = 0; start < n; start += BLOCK) {
    const size = Math.min(BLOCK, n - start);
    for (let i = 0; i < size; i++) {
      const root = weights === undefined ? 1 : Math.sqrt(weights[start + i]!);
      const from = (start + i) * d;
      for (let j = 0; j < d; j++) block[j * BLOCK + i] = root * x[from + j]!;
      for (let k = 0; k < ys.length; k++) block[(d + k) * BLOCK + i] = root * ys[k]![start + i]!;
    }
    absorb(r, block, p, size);
  }
  return r;
}

/** Reflects the block's columns (stride BLOCK) into the triangle above them. */
function absorb(r: Float64Array, block: Float64Array, p: number, size: number): void {
  for (let j = 0; j < p; j++) {
    const cj = j * BLOCK;
    let square = 0;
    for (let i = 0; i < size; i++) square += block[cj + i]! * block[cj + i]!;
    if (square === 0) continue;
    const alpha = r[j * p + j]!;
    const norm = Math.sqrt(alpha * alpha + square);
    const beta = alpha > 0 ? -norm : norm;
    const head = alpha - beta;
    const tau = -head / beta;
    for (let k = j + 1; k < p; k++) {
      const ck = k * BLOCK;
      let dot = 0;
      for (let i = 0; i < size; i++) dot += block[cj + i]! * block[ck + i]!;
      const shift = tau * (r[j * p + k]! + dot / head);
      r[j * p + k]! -= shift;
      const step = shift / head;
      for (let i = 0; i < size; i++) block[ck + i]! -= step * block[cj + i]!;
    }
    r[j * p + j] = beta;
  }
}

/** Moves columns explained by earlier ones behind the others and restores the triangle by Givens rotations. */
function revealRank(r: Float64Array, d: number, p: number): { order: number[]; rank: number } {
  const norms = new Float64Array(d);
  for (let j = 0; j < d; j++) {
    let square = 0;
    for (let i = 0; i <= j; i++) square += r[i * p + j]! ** 2;
    norms[j] = Math.sqrt(square);
  }
  const order = Array.from({ length: d }, (_, j) => j);
  let rank = d;
  let j = 0;
  while (j < rank) {
    if (Math.abs(r[j * p + j]!) > RANK_TOLERANCE * norms[order[j]!]!) {
      j += 1;
      continue;
    }
    moveToEnd(r, p, d, j, order);
    rank -= 1;
  }
  return { order, rank };
}

function moveToEnd(r: Float64Array, p: number, d: number, j: number, order: number[]): void {
  order.push(...order.splice(j, 1));
  for (let i = 0; i < p; i++) {
    const held = r[i * p + j]!;
    for (let k = j; k < d - 1; k++) r[i * p + k] = r[i * p + k + 1]!;
    r[i * p + d - 1] = held;
  }
  for (let k = j; k < d - 1; k++) rotate(r, p, k);
}

/** Zeroes the entry below the diagonal in column k by turning rows k and k+1. */
function rotate(r: Float64Array, p: number, k: number): void {
  const a = r[k * p + k]!;
  const b = r[(k + 1) * p + k]!;
  if (b === 0) return;
  const h = Math.hypot(a, b);
  const c = a / h;
  const s = b / h;
  for (let m = k; m < p; m++) {
    const upper = r[k * p + m]!;
    const lower = r[(k + 1) * p + m]!;
    r[k * p + m] = c * upper + s * lower;
    r[(k + 1) * p + m] = c * lower - s * upper;
  }
}

function backSubstitute(
  r: Float64Array,
  p: number,
  order: readonly number[],
  rank: number,
  column: number,
  d: number,
): Float64Array {
  const solution = new Float64Array(d);
  const local = new Float64Array(rank);
  for (let i = rank - 1; i >= 0; i--) {
    let sum = r[i * p + column]!;
    for (let k = i + 1; k < rank; k++) sum -= r[i * p + k]! * local[k]!;
    local[i] = sum / r[i * p + i]!;
    solution[order[i]!] = local[i]!;
  }
  return solution;
}

/** (R'R)⁻¹ = R⁻¹R⁻¹' on the kept columns. */
function invertGram(
  r: Float64Array,
  p: number,
  order: readonly number[],
  rank: number,
  d: number,
): Float64Array {
  const inverseR = new Float64Array(rank * rank);
  for (let j = 0; j < rank; j++) {
    inverseR[j * rank + j] = 1 / r[j * p + j]!;
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0;
      for (let k = i + 1; k <= j; k++) sum += r[i * p + k]! * inverseR[k * rank + j]!;
      inverseR[i * rank + j] = -sum / r[i * p + i]!;
    }
  }
  const inverse = new Float64Array(d * d);
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < rank; k++) sum += inverseR[i * rank + k]! * inverseR[j * rank + k]!;
      inverse[order[i]! * d + order[j]!] = sum;
      inverse[order[j]! * d + order[i]!] = sum;
    }
  }
  return inverse;
}

/** y − Xb, `[n]`. O(nd). */
export function residualsOf(
  x: Float64Array,
  n: number,
  d: number,
  y: Float64Array,
  coefficients: Float64Array,
): Float64Array {
  const out = multiplyVector(x, coefficients, n, d);
  for (let i = 0; i < n; i++) out[i] = y[i]! - out[i]!;
  return out;
}
