import { quietWork } from "../../../app/work.ts";
import { twoSidedP } from "../../math/distributions.ts";
import { type Pace, paceOf } from "../pace.ts";
import { partialCorrelation } from "../tests/fisher-z.ts";

/** Column v at time t - lag, as one number. */
export const lagged = (d: number, v: number, lag: number): number => lag * d + v;
export const columnAt = (d: number, code: number): number => code % d;
export const lagAt = (d: number, code: number): number => Math.floor(code / d);

/** What a test of independence between columns at different times found. */
export interface Answer {
  /** Strength with a sign, for ranking and showing: a partial correlation; 1 or 0 when the truth is known. */
  readonly value: number;
  readonly p: number;
}

/** Tests between columns at the times t, t-1, … `deepest`, on codes made by `lagged`. */
export interface LaggedTest {
  readonly name: string;
  readonly d: number;
  /** Largest lag a code may have. */
  readonly deepest: number;
  readonly test: (x: number, y: number, given: ArrayLike<number>) => Answer;
}

/**
 * Linear partial correlation over time: what is left of x and y after regressing both on `given`, with Student's t
 * on n - k - 2 degrees of freedom (Runge et al. 2019, "ParCorr"). The same times t are used in every test, those with
 * `deepest` steps before them. `columns: [d][T]`. O((d · deepest)² T) once, then O(k³) a test.
 *
 * Its p-values hold when what is left of y is independent over time; a y that depends on its own past must have that
 * past among `given`, which is what PCMCI sees to.
 */
export async function partialCorrelationTest(
  columns: readonly Float64Array[],
  deepest: number,
  pace: Pace = paceOf(quietWork),
): Promise<LaggedTest> {
  const d = columns.length;
  const n = (columns[0]?.length ?? 0) - deepest;
  const size = d * (deepest + 1);
  const r = await laggedCorrelations(columns, deepest, n, pace);
  return {
    name: "partial correlation",
    d,
    deepest,
    test: (x, y, given) => {
      const value = partialCorrelation(r, size, x, y, given);
      const df = n - given.length - 2;
      if (df <= 0 || Number.isNaN(value)) return { value: 0, p: 1 }; // no power, or nothing left of x or y
      const statistic = value * Math.sqrt(df / Math.max(1e-300, 1 - value * value));
      return { value, p: twoSidedP(statistic, df) };
    },
  };
}

/** Correlations of all columns at all lags over the times with a whole past, `[size, size]`. */
async function laggedCorrelations(
  columns: readonly Float64Array[],
  deepest: number,
  n: number,
  pace: Pace,
): Promise<Float64Array> {
  const d = columns.length;
  const size = d * (deepest + 1);
  const scaled = Array.from({ length: size }, (_, code) => {
    const lag = Math.floor(code / d);
    const values = columns[code % d]!.slice(deepest - lag, deepest - lag + n);
    let mean = 0;
    for (const value of values) mean += value / n;
    let square = 0;
    for (let i = 0; i < n; i++) {
      values[i]! -= mean;
      square += values[i]! * values[i]!;
    }
    const length = Math.sqrt(square);
    // constant over these times: correlated with nothing
    return length > 0 ? values.map((value) => value / length) : values.fill(0);
  });
  const r = new Float64Array(size * size);
  for (let a = 0; a < size; a++) {
    const x = scaled[a]!;
    r[a * size + a] = 1;
    for (let b = 0; b < a; b++) {
      if (pace.due()) await pace.rest(0, "correlations");
      const y = scaled[b]!;
      let sum = 0;
      for (let i = 0; i < n; i++) sum += x[i]! * y[i]!;
      const bounded = Math.max(-1, Math.min(1, sum));
      r[a * size + b] = bounded;
      r[b * size + a] = bounded;
    }
  }
  return r;
}
