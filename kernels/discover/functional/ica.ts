import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { Work } from "../../../app/work.ts";
import type { Rng } from "../../math/rng.ts";
import { paceOf } from "../pace.ts";

export interface Unmixing {
  /** `[d, d]`: sources = W · columns, each of variance 1. */
  readonly w: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

const MOST_ITERATIONS = 1000;
const TOLERANCE = 1e-6;

/**
 * FastICA, all components at once with tanh as the non-linearity and symmetric decorrelation (Hyvärinen 1999, equation
 * 20 and section III.C) on whitened columns `[d][n]`, centred. The start is drawn from `rng`. O(d² n) an iteration.
 */
export async function fastIca(
  columns: readonly Float64Array[],
  rng: Rng,
  work: Work,
): Promise<Unmixing> {
  const d = columns.length;
  const n = columns[0]?.length ?? 0;
  const pace = paceOf(work, 1);
  const whitener = inverseRoot(covarianceOf(columns), d);
  const z = apply(whitener, columns);
  let w = decorrelated(
    Float64Array.from({ length: d * d }, () => rng.normal()),
    d,
  );
  let iterations = 0;
  let converged = false;
  while (iterations < MOST_ITERATIONS && !converged) {
    const next = new Float64Array(d * d);
    const projection = new Float64Array(n);
    for (let c = 0; c < d; c++) {
      projection.fill(0);
      for (let v = 0; v < d; v++) {
        const weight = w[c * d + v]!;
        const column = z[v]!;
        for (let i = 0; i < n; i++) projection[i]! += weight * column[i]!;
      }
      let slope = 0;
      for (let i = 0; i < n; i++) {
        const t = Math.tanh(projection[i]!);
        projection[i] = t;
        slope += 1 - t * t;
      }
      for (let v = 0; v < d; v++) {
        const column = z[v]!;
        let sum = 0;
        for (let i = 0; i < n; i++) sum += projection[i]! * column[i]!;
        next[c * d + v] = (sum - slope * w[c * d + v]!) / n;
      }
    }
    const better = decorrelated(next, d);
    let change = 0;
    for (let c = 0; c < d; c++) {
      let dot = 0;
      for (let v = 0; v < d; v++) dot += better[c * d + v]! * w[c * d + v]!;
      change = Math.max(change, Math.abs(Math.abs(dot) - 1));
    }
    w = better;
    iterations++;
    converged = change < TOLERANCE;
    if (pace.due()) await pace.rest(undefined, `ICA, iteration ${iterations}`);
  }
  const product = new Matrix(rowsOf(w, d)).mmul(new Matrix(rowsOf(whitener, d)));
  return { w: Float64Array.from(product.to1DArray()), iterations, converged };
}

function covarianceOf(columns: readonly Float64Array[]): Float64Array {
  const d = columns.length;
  const n = columns[0]?.length ?? 0;
  const s = new Float64Array(d * d);
  for (let a = 0; a < d; a++) {
    for (let b = a; b < d; b++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += columns[a]![i]! * columns[b]![i]!;
      s[a * d + b] = sum / n;
      s[b * d + a] = sum / n;
    }
  }
  return s;
}

function apply(w: Float64Array, columns: readonly Float64Array[]): Float64Array[] {
  const d = columns.length;
  const n = columns[0]?.length ?? 0;
  return columns.map((_, c) => {
    const out = new Float64Array(n);
    for (let v = 0; v < d; v++) {
      const weight = w[c * d + v]!;
      const column = columns[v]!;
      for (let i = 0; i < n; i++) out[i]! += weight * column[i]!;
    }
    return out;
  });
}

/** S^(-1/2) of a symmetric positive definite `[d, d]`. */
function inverseRoot(s: Float64Array, d: number): Float64Array {
  const decomposition = new EigenvalueDecomposition(new Matrix(rowsOf(s, d)), {
    assumeSymmetric: true,
  });
  const e = decomposition.eigenvectorMatrix;
  const scale = decomposition.realEigenvalues.map((value) => 1 / Math.sqrt(value));
  return Float64Array.from(e.mmul(Matrix.diag(scale)).mmul(e.transpose()).to1DArray());
}

/** (W W')^(-1/2) W. */
function decorrelated(w: Float64Array, d: number): Float64Array {
  const matrix = new Matrix(rowsOf(w, d));
  const inner = Float64Array.from(matrix.mmul(matrix.transpose()).to1DArray());
  const root = new Matrix(rowsOf(inverseRoot(inner, d), d));
  return Float64Array.from(root.mmul(matrix).to1DArray());
}

function rowsOf(a: Float64Array, d: number): Float64Array[] {
  return Array.from({ length: d }, (_, i) => a.subarray(i * d, (i + 1) * d));
}
