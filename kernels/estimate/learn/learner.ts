import type { Rng } from "../../math/rng.ts";

/** A fitted prediction rule. */
export interface Fitted {
  /** Predictions for rows `x: [n, d]` -> `[n]`: means, or probabilities for a 0/1 target. */
  predict(x: Float64Array, n: number): Float64Array;
  /** How much each of the `d` columns is used; sums to 1. */
  readonly importance?: Float64Array;
}

export interface Sample {
  /** `[n, d]` row-major, without a column of ones. */
  readonly x: Float64Array;
  readonly n: number;
  readonly d: number;
  readonly y: Float64Array;
  readonly weights?: Float64Array;
}

/** Learns E[y | x]. `binary` asks for probabilities of a 0/1 target. */
export interface Learner {
  readonly name: string;
  fit(sample: Sample, binary: boolean, rng: Rng): Fitted;
}

/** The given rows of a sample. O(rows · d). */
export function takeRows(sample: Sample, rows: ArrayLike<number>): Sample {
  const { d } = sample;
  const n = rows.length;
  const x = new Float64Array(n * d);
  const y = new Float64Array(n);
  const weights = sample.weights === undefined ? undefined : new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const row = rows[i]!;
    for (let j = 0; j < d; j++) x[i * d + j] = sample.x[row * d + j]!;
    y[i] = sample.y[row]!;
    if (weights !== undefined) weights[i] = sample.weights![row]!;
  }
  return { x, n, d, y, ...(weights === undefined ? {} : { weights }) };
}
