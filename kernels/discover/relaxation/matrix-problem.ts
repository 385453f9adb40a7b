import type { Constraints } from "../knowledge.ts";

/** How much of a squared weight a required edge counts for acyclicity, whatever its weight: cycles through it cost. */
const REQUIRED = 0.25;

/** Which entries of a weight matrix `[d, d]` (row causes column) may be what. */
export interface MatrixProblem {
  readonly d: number;
  /** 1 where the weight stays 0: the diagonal and what is forbidden. */
  readonly fixed: Uint8Array;
  /** Weight of |w|: none on required edges. */
  readonly l1: Float64Array;
  /** What acyclicity sees beside the squared weights. */
  readonly required: Float64Array;
}

export function matrixProblem(constraints: Constraints, l1: number): MatrixProblem {
  const { d, forbidden, required } = constraints;
  const fixed = forbidden.slice();
  for (let v = 0; v < d; v++) fixed[v * d + v] = 1;
  return {
    d,
    fixed,
    l1: Float64Array.from(required, (is) => (is === 1 ? 0 : l1)),
    required: Float64Array.from(required, (is) => (is === 1 ? REQUIRED : 0)),
  };
}

/** The nonnegative matrix whose cycles are asked for: squared weights, and a floor under required edges. */
export function squares({ required }: MatrixProblem, w: Float64Array, out: Float64Array): void {
  for (let i = 0; i < w.length; i++) out[i] = w[i]! * w[i]! + required[i]!;
}
