import type { AdjustmentProblem } from "./problem.ts";

/** Rows put in order of a label, so that each label's rows stand together and none need copying again. */
export interface Grouped {
  /** `[n, d+1]`: a column of ones, then the covariates. */
  readonly x: Float64Array;
  readonly width: number;
  /** `[n]`. */
  readonly y: Float64Array;
  readonly weights?: Float64Array;
  /** Row of the problem at each place. */
  readonly order: Int32Array;
  /** Label k stands at places `starts[k]` … `starts[k+1]` − 1. */
  readonly starts: Int32Array;
}

/** Covariates, outcome and sampling weights in order of a label 0 … labels − 1. O(nd). */
export function groupRows(
  problem: AdjustmentProblem,
  labelOf: (i: number) => number,
  labels: number,
): Grouped {
  const { n, outcome, sampling } = problem;
  const { d, x: from } = problem.covariates;
  const starts = new Int32Array(labels + 1);
  const label = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    label[i] = labelOf(i);
    starts[label[i]! + 1]! += 1;
  }
  for (let k = 0; k < labels; k++) starts[k + 1]! += starts[k]!;
  const next = starts.slice();
  const order = new Int32Array(n);
  const width = d + 1;
  const x = new Float64Array(n * width);
  const y = new Float64Array(n);
  const weights = sampling === undefined ? undefined : new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const at = next[label[i]!]!++;
    order[at] = i;
    y[at] = outcome[i]!;
    if (weights !== undefined) weights[at] = sampling![i]!;
    x[at * width] = 1;
    for (let j = 0, a = at * width + 1, b = i * d; j < d; j++) x[a++] = from[b++]!;
  }
  return { x, width, y, ...(weights === undefined ? {} : { weights }), order, starts };
}
