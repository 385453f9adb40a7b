import { cholesky, choleskySolve, gram, multiplyVector, transposeVector } from "../math/dense.ts";
import { type Glm, logistic } from "../math/glm.ts";
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
 * fold and arm are formed once, those of a training set are sums of them. Each training set starts at the arm's
 * coefficients on all rows and is moved by one solve from the residuals of its own rows, which gives what least squares
 * on them would. Undefined where a column is nearly explained by others in some training set: the general,
 * rank-revealing path then answers. O(nd² + folds·d³).
 */
export function linearOutcomes(
  { n }: AdjustmentProblem,
  { cells, products, count }: FoldProducts,
): Linear | undefined {
  const { x, width, y, weights, order, starts } = cells;
  const out = [new Float64Array(n), new Float64Array(n)] as const;
  for (const arm of [0, 1] as const) {
    const own = Array.from({ length: count }, (_, fold) => 2 * fold + arm);
    const start = solve(own.map((k) => products[k]!));
    if (start === undefined) return undefined;
    const slopes = own.map((k) => {
      const [from, to] = [starts[k]!, starts[k + 1]!];
      const rows = x.subarray(from * width, to * width);
      const rest = multiplyVector(rows, start, to - from, width);
      for (let i = 0; i < rest.length; i++)
        rest[i] = (y[from + i]! - rest[i]!) * (weights === undefined ? 1 : weights[from + i]!);
      return { xx: products[k]!.xx, xy: transposeVector(rows, rest, to - from, width) };
    });
    for (let fold = 0; fold < count; fold++) {
      const move = solve(slopes.filter((_, k) => count === 1 || k !== fold));
      if (move === undefined) return undefined;
      for (let a = 0; a < width; a++) move[a]! += start[a]!;
      const [from, to] = [starts[2 * fold]!, starts[2 * fold + 2]!];
      const fitted = multiplyVector(x.subarray(from * width, to * width), move, to - from, width);
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

function sumOf(parts: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(parts[0]!.length);
  for (const part of parts) for (let a = 0; a < sum.length; a++) sum[a]! += part[a]!;
  return sum;
}

/** (Σxx)⁻¹Σxy; undefined when a column is nearly explained by others. */
function solve(parts: readonly Products[]): Float64Array | undefined {
  const xy = sumOf(parts.map((part) => part.xy));
  const { l, dropped } = cholesky(sumOf(parts.map((part) => part.xx)), xy.length, CLEAR);
  return dropped.length > 0 ? undefined : choleskySolve(l, xy.length, xy);
}

/** Steps of Newton's method with one fixed information matrix; each gains two digits or more at usual sizes. */
const STEPS = 15;

/**
 * Cross-fitted logits of treatment, each started at the fit to all rows and made on all rows but those of its fold, by
 * Newton's method with the information at that fit less the fold's part of it, so that information is formed once for
 * all folds. A training set on which that does not contract (separation, a rare level) or whose columns nearly explain
 * one another gives undefined: the general path then answers. O(nd² + folds·nd).
 */
export function linearPropensity(
  { n }: AdjustmentProblem,
  whole: Glm,
  { cells, products, count }: FoldProducts,
): Float64Array | undefined {
  if (count === 1) return whole.fitted.slice();
  if (whole.dropped.length > 0) return undefined;
  const { x, width, weights, order, starts } = cells;
  const eta = new Float64Array(n);
  const rest = new Float64Array(n);
  /** Weighted residuals of cell k given its linear predictors. */
  const residuals = (k: number): void => {
    const arm = k & 1;
    for (let i = starts[k]!; i < starts[k + 1]!; i++)
      rest[i] = (weights === undefined ? 1 : weights[i]!) * (arm - logistic(eta[i]!));
  };
  const range = (from: number, to: number): Float64Array => x.subarray(from * width, to * width);
  const predict = (beta: Float64Array, from: number, to: number): void => {
    multiplyVector(range(from, to), beta, to - from, width, eta.subarray(from, to));
  };
  const slope = (from: number, to: number): Float64Array =>
    transposeVector(range(from, to), rest.subarray(from, to), to - from, width);
  const bounds = Array.from({ length: count + 1 }, (_, fold) => starts[2 * fold]!);
  predict(whole.coefficients, 0, n);
  for (let k = 0; k < 2 * count; k++) residuals(k);
  const information = new Float64Array(n);
  let size = 0;
  for (let i = 0; i < n; i++) {
    const e = logistic(eta[i]!);
    const w = weights === undefined ? 1 : weights[i]!;
    information[i] = w * e * (1 - e);
    size += w;
  }
  const parts = Array.from({ length: count }, (_, fold) => {
    const [from, to] = [bounds[fold]!, bounds[fold + 1]!];
    return {
      xx: gram(range(from, to), to - from, width, information.subarray(from, to)),
      xy: slope(from, to),
    };
  });
  const out = new Float64Array(n);
  for (let fold = 0; fold < count; fold++) {
    const plain = sumOf(products.filter((_, k) => k >> 1 !== fold).map(({ xx }) => xx));
    if (cholesky(plain, width, CLEAR).dropped.length > 0) return undefined;
    const train = parts.filter((_, k) => k !== fold);
    const { l } = cholesky(sumOf(train.map((part) => part.xx)), width, 1e-15);
    const beta = whole.coefficients.slice();
    let score = sumOf(train.map((part) => part.xy));
    let before = Infinity;
    let done = false;
    for (let step = 0; step < STEPS && !done; step++) {
      const direction = choleskySolve(l, width, score);
      let decrement = 0;
      for (let a = 0; a < width; a++) {
        beta[a]! += direction[a]!;
        decrement += direction[a]! * score[a]!;
      }
      // Predictors were off by √(decrement / size) before this step, which leaves a small share of that.
      done = decrement < 1e-16 * size;
      if (done || !(decrement < 0.25 * before)) break;
      before = decrement;
      score = new Float64Array(width);
      for (const [from, to, first, last] of [
        [0, bounds[fold]!, 0, 2 * fold],
        [bounds[fold + 1]!, n, 2 * fold + 2, 2 * count],
      ] as const) {
        predict(beta, from, to);
        for (let k = first; k < last; k++) residuals(k);
        const part = slope(from, to);
        for (let a = 0; a < width; a++) score[a]! += part[a]!;
      }
    }
    if (!done) return undefined;
    predict(beta, bounds[fold]!, bounds[fold + 1]!);
    for (let i = bounds[fold]!; i < bounds[fold + 1]!; i++) out[order[i]!] = logistic(eta[i]!);
  }
  return out;
}
