import { cholesky, choleskySolve, gram, multiplyVector, transposeVector } from "../math/dense.ts";
import { fitLogit, type Glm } from "../math/glm.ts";
import { groupRows, type Grouped } from "./arms.ts";
import type { AdjustmentProblem } from "./problem.ts";

/** Squared share of a column that must be its own for sums of cross products to be trusted (as in `leastSquares`). */
const CLEAR = 1e-5;

interface Linear {
  readonly outcome0: Float64Array;
  readonly outcome1: Float64Array;
}

/** Rows by fold and arm (label 2·fold + arm), with the cross products of each. */
export interface FoldProducts {
  readonly cells: Grouped;
  readonly products: readonly Products[];
  readonly count: number;
}

/** One pass over the rows that serves every fold of every linear model. O(nd²). */
export function foldProducts(
  problem: AdjustmentProblem,
  folds: Int32Array,
  count: number,
): FoldProducts {
  const { treatment } = problem;
  const cells = groupRows(problem, (i) => 2 * folds[i]! + treatment[i]!, 2 * count);
  return {
    cells,
    products: Array.from({ length: 2 * count }, (_, k) => productsOf(cells, k)),
    count,
  };
}

/**
 * Cross-fitted least squares of the outcome in each arm without fitting anew for each fold: the cross products of every
 * fold and arm are formed once, those of a training set are sums of them, and one refinement from the residuals gives
 * the coefficients that least squares on the training rows would. Undefined where a column is nearly explained by
 * others in some training set: the general, rank-revealing path then answers. O(nd² + folds·nd).
 */
export function linearOutcomes(
  { n }: AdjustmentProblem,
  { cells, products, count }: FoldProducts,
): Linear | undefined {
  const { x, width, order, starts } = cells;
  const out = [new Float64Array(n), new Float64Array(n)] as const;
  for (let fold = 0; fold < count; fold++) {
    for (const arm of [0, 1] as const) {
      const train = Array.from({ length: count }, (_, f) => 2 * f + arm).filter(
        (k) => count === 1 || k !== 2 * fold + arm,
      );
      const beta = solveFor(cells, products, train);
      if (beta === undefined) return undefined;
      const [from, to] = [starts[2 * fold]!, starts[2 * fold + 2]!];
      const fitted = multiplyVector(x.subarray(from * width, to * width), beta, to - from, width);
      for (let k = from; k < to; k++) out[arm][order[k]!] = fitted[k - from]!;
    }
  }
  return { outcome0: out[0], outcome1: out[1] };
}

interface Products {
  readonly xx: Float64Array;
  readonly xy: Float64Array;
}

function productsOf({ x, width, y, weights, starts }: Grouped, k: number): Products {
  const [from, to] = [starts[k]!, starts[k + 1]!];
  const rows = x.subarray(from * width, to * width);
  const w = weights?.subarray(from, to);
  const own = y.subarray(from, to);
  const weighed = w === undefined ? own : own.map((v, i) => v * w[i]!);
  return {
    xx: gram(rows, to - from, width, w),
    xy: transposeVector(rows, weighed, to - from, width),
  };
}

function sumOf(cells: readonly Products[]): Float64Array {
  const sum = new Float64Array(cells[0]!.xx.length);
  for (const { xx } of cells) for (let a = 0; a < sum.length; a++) sum[a]! += xx[a]!;
  return sum;
}

function solveFor(
  { x, width, y, weights, starts }: Grouped,
  products: readonly Products[],
  train: readonly number[],
): Float64Array | undefined {
  const xx = sumOf(train.map((k) => products[k]!));
  const xy = new Float64Array(width);
  for (const k of train) for (let a = 0; a < width; a++) xy[a]! += products[k]!.xy[a]!;
  const { l, dropped } = cholesky(xx, width, CLEAR);
  if (dropped.length > 0) return undefined;
  const beta = choleskySolve(l, width, xy);
  const slope = new Float64Array(width);
  for (const k of train) {
    const [from, to] = [starts[k]!, starts[k + 1]!];
    const rows = x.subarray(from * width, to * width);
    const rest = multiplyVector(rows, beta, to - from, width);
    for (let i = 0; i < rest.length; i++)
      rest[i] = (y[from + i]! - rest[i]!) * (weights === undefined ? 1 : weights[from + i]!);
    const part = transposeVector(rows, rest, to - from, width);
    for (let a = 0; a < width; a++) slope[a]! += part[a]!;
  }
  const correction = choleskySolve(l, width, slope);
  for (let a = 0; a < width; a++) beta[a]! += correction[a]!;
  return beta;
}

/**
 * Cross-fitted logits of treatment, each started at the fit to all rows and made on all rows but those of its fold
 * (which weigh 0 and are predicted on the way). `x: [n, d+1]` with its column of ones. A training set with separation
 * gives what the general path gives: undefined. O(nd² · folds).
 */
export function linearPropensity(
  problem: AdjustmentProblem,
  whole: { readonly x: Float64Array; readonly d: number; readonly fit: Glm },
  folds: Int32Array,
  { products, count }: FoldProducts,
): Float64Array | undefined {
  const { n, treatment, sampling } = problem;
  if (count === 1) return whole.fit.fitted.slice();
  if (whole.fit.dropped.length > 0) return undefined;
  const out = new Float64Array(n);
  for (let fold = 0; fold < count; fold++) {
    const weights = Float64Array.from({ length: n }, (_, i) =>
      folds[i] === fold ? 0 : (sampling?.[i] ?? 1),
    );
    const fit = fitLogit(whole.x, n, whole.d, treatment, {
      weights,
      start: whole.fit.coefficients,
      products: sumOf(products.filter((_, k) => k >> 1 !== fold)),
    });
    if (fit.separation !== undefined || fit.dropped.length > 0 || !fit.converged) return undefined;
    for (let i = 0; i < n; i++) if (folds[i] === fold) out[i] = fit.fitted[i]!;
  }
  return out;
}
