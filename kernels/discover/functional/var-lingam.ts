import type { Work } from "../../../app/work.ts";
import { cholesky } from "../../math/dense.ts";
import { leastSquaresMany, residualsOf } from "../../math/least-squares.ts";
import { noConstraints } from "../knowledge.ts";
import { lingamOrder } from "./direct-lingam.ts";
import { type Equation, thinned } from "./prune.ts";

export interface VarLingam {
  readonly lags: number;
  /** Rows with a whole past. */
  readonly n: number;
  /**
   * Of each column at time t. Parent p below d is column p at t; parent d·l + c is column c at t - l.
   * Coefficients are in the columns' units.
   */
  readonly equations: readonly Equation[];
  readonly order: Int32Array;
  /** What the past leaves of each column: `[d][n]`. */
  readonly innovations: readonly Float64Array[];
}

/**
 * A vector autoregression whose noise is not normal: the past is regressed out, the order within a time step is that
 * of `lingamOrder` on what is left (Hyvärinen et al. 2010, section 3), and each column's regression on its past and on
 * the columns before it in the same step is thinned by BIC. `columns: [d][T]`, centred; lags chosen by BIC up to `most`
 * when not given. O(d³ n + (d lags)³).
 */
export async function varLingam(
  columns: readonly Float64Array[],
  lags: number | null,
  most: number,
  penalty: number,
  work: Work,
): Promise<VarLingam> {
  const d = columns.length;
  const chosen = lags ?? bestLags(columns, most);
  const { innovations, n } = autoregress(columns, chosen, chosen);
  const order = await lingamOrder(innovations, noConstraints(d), work);
  const length = columns[0]?.length ?? 0;
  const all: Float64Array[] = [];
  for (let lag = 0; lag <= chosen; lag++) {
    for (const column of columns) all.push(column.subarray(chosen - lag, length - lag));
  }
  const size = all.length;
  const matrix = new Float64Array(size * size);
  const means = all.map((column) => column.reduce((sum, value) => sum + value, 0) / n);
  for (let a = 0; a < size; a++) {
    for (let b = a; b < size; b++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (all[a]![i]! - means[a]!) * (all[b]![i]! - means[b]!);
      matrix[a * size + b] = sum / n;
      matrix[b * size + a] = sum / n;
    }
  }
  const past = Array.from({ length: d * chosen }, (_, k) => d + k);
  const equations: Equation[] = Array.from({ length: d });
  order.forEach((v, place) => {
    const candidates = [...past, ...order.subarray(0, place)];
    equations[v] = thinned(matrix, size, v, candidates, n, penalty);
  });
  return { lags: chosen, n, equations, order, innovations };
}

/** Residuals of each column on `lags` steps of all columns, for the times from `start`. */
function autoregress(
  columns: readonly Float64Array[],
  lags: number,
  start: number,
): { innovations: Float64Array[]; n: number } {
  const d = columns.length;
  const n = (columns[0]?.length ?? 0) - start;
  const width = 1 + d * lags;
  const x = new Float64Array(n * width);
  for (let i = 0; i < n; i++) {
    x[i * width] = 1;
    for (let lag = 1; lag <= lags; lag++) {
      for (let v = 0; v < d; v++) {
        x[i * width + 1 + (lag - 1) * d + v] = columns[v]![start + i - lag]!;
      }
    }
  }
  const ys = columns.map((column) => column.slice(start));
  const fits = leastSquaresMany(x, n, width, ys);
  return {
    innovations: ys.map((y, v) => residualsOf(x, n, width, y, fits[v]!.coefficients)),
    n,
  };
}

/** Least n log det Σ + lags d² log n over the same times. */
function bestLags(columns: readonly Float64Array[], most: number): number {
  const d = columns.length;
  let best = 1;
  let least = Infinity;
  for (let lags = 1; lags <= most; lags++) {
    const { innovations, n } = autoregress(columns, lags, most);
    const s = new Float64Array(d * d);
    for (let a = 0; a < d; a++) {
      for (let b = 0; b < d; b++) {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += innovations[a]![i]! * innovations[b]![i]!;
        s[a * d + b] = sum / n;
      }
    }
    const { l } = cholesky(s, d, 0);
    let logDeterminant = 0;
    for (let v = 0; v < d; v++) logDeterminant += 2 * Math.log(l[v * d + v]!);
    const value = n * logDeterminant + lags * d * d * Math.log(n);
    if (value < least) {
      least = value;
      best = lags;
    }
  }
  return best;
}
