import { leverages } from "../math/covariance.ts";
import { multiplyVector, transposeVector } from "../math/dense.ts";
import { type LeastSquares, leastSquares, residualsOf } from "../math/least-squares.ts";
import { groupRows } from "./arms.ts";
import type { AdjustmentProblem } from "./problem.ts";
import { targetWeights } from "./target.ts";

/** What regression needs to report. All `[n]` in the problem's order. */
export interface ByArm {
  readonly estimate: number;
  readonly influence: Float64Array;
  readonly effects: Float64Array;
  readonly residuals: Float64Array;
  readonly means: readonly [number, number];
  readonly rank: number;
}

/** Turns residuals into the scores of the chosen kind of error, given leverages when the kind needs them. */
export type ScoreOf = (
  residuals: Float64Array,
  rank: number,
  leverage?: Float64Array,
) => Float64Array;

/**
 * Least squares of the outcome in each arm, and the averaged difference of its predictions with the influence of each
 * row: the same numbers as one regression with every product of treatment and covariates, at a quarter of its cost.
 * Undefined when columns are collinear within an arm (the joint regression then says which it drops). O(nd²).
 */
export function regressionByArm(
  problem: AdjustmentProblem,
  scoreOf: ScoreOf,
  needsLeverage: boolean,
): ByArm | undefined {
  const { n, treatment } = problem;
  const arms = groupRows(problem, (i) => treatment[i]!, 2);
  const { x, width, y, weights, order, starts } = arms;
  const fits: LeastSquares[] = [];
  const residuals = new Float64Array(n);
  const leverage = needsLeverage ? new Float64Array(n) : undefined;
  for (const arm of [0, 1]) {
    const [from, to] = [starts[arm]!, starts[arm + 1]!];
    const m = to - from;
    if (m <= width) return undefined;
    const rows = x.subarray(from * width, to * width);
    const own = weights?.subarray(from, to);
    const fit = leastSquares(rows, m, width, y.subarray(from, to), own);
    if (fit.rank < width) return undefined;
    fits.push(fit);
    residuals.set(residualsOf(rows, m, width, y.subarray(from, to), fit.coefficients), from);
    leverage?.set(
      leverages({
        x: rows,
        n: m,
        d: width,
        inverse: fit.inverse,
        ...(own === undefined ? {} : { weights: own }),
      }),
      from,
    );
  }
  const toProblem = (values: Float64Array): Float64Array => {
    const out = new Float64Array(n);
    for (let k = 0; k < n; k++) out[order[k]!] = values[k]!;
    return out;
  };
  const rank = 2 * width;
  const rest = toProblem(residuals);
  const score = scoreOf(rest, rank, leverage === undefined ? undefined : toProblem(leverage));
  const omega = targetWeights(problem);
  let total = 0;
  for (const w of omega) total += w;
  const mean0 = new Float64Array(n);
  const mean1 = new Float64Array(n);
  for (const arm of [0, 1]) {
    // A unit's own mean is known from its residual.
    const [from, to] = [starts[arm]!, starts[arm + 1]!];
    const [own, other] = arm === 0 ? [mean0, mean1] : [mean1, mean0];
    for (let k = from; k < to; k++) own[k] = y[k]! - residuals[k]!;
    const rows = x.subarray(from * width, to * width);
    const { coefficients } = fits[1 - arm]!;
    multiplyVector(rows, coefficients, to - from, width, other.subarray(from, to));
  }
  const means: [number, number] = [0, 0];
  const share = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    share[k] = omega[order[k]!]! / total;
    means[0] += share[k]! * mean0[k]!;
    means[1] += share[k]! * mean1[k]!;
  }
  const centre = transposeVector(x, share, n, width);
  const estimate = means[1] - means[0];
  const direction = fits.map((fit) => multiplyVector(fit.inverse, centre, width, width));
  const effects = new Float64Array(n);
  const influence = new Float64Array(n);
  for (const arm of [0, 1]) {
    const [from, to] = [starts[arm]!, starts[arm + 1]!];
    const rows = x.subarray(from * width, to * width);
    const along = multiplyVector(rows, direction[arm]!, to - from, width);
    const sign = arm === 1 ? 1 : -1;
    for (let k = from; k < to; k++) {
      const i = order[k]!;
      effects[i] = mean1[k]! - mean0[k]!;
      influence[i] =
        n * (sign * along[k - from]! * score[i]! + (omega[i]! / total) * (effects[i] - estimate));
    }
  }
  return { estimate, influence, effects, residuals: rest, means, rank };
}
