import { correlations } from "../correlations.ts";
import { type DiscoveryData, valuesOf } from "../data.ts";
import type { LocalScore } from "./local-score.ts";

export interface GaussianSettings {
  /** Factor on the penalty of BIC: 1 is BIC itself; 2 and 4 prune more. */
  readonly penalty: number;
  /** γ of the extended BIC, 0 for none: adds 4γ ln d per edge to -2 × the score. Foygel & Drton 2010. */
  readonly gamma?: number;
}

/** A column left unexplained below this share of its variance counts as determined. */
const FLOOR = 1e-10;

/** Correlations, variances and rows that speak of a node: the same for all, or by the interventions on it. */
export interface Moments {
  readonly r: Float64Array;
  readonly n: number;
  readonly logVariance: Float64Array;
}

/** Moments of complete numeric columns. */
export function momentsOf(data: DiscoveryData): Moments {
  const logVariance = Float64Array.from({ length: data.d }, (_, v) => {
    const values = valuesOf(data, v);
    let mean = 0;
    for (const value of values) mean += value / data.n;
    let square = 0;
    for (const value of values) square += (value - mean) ** 2 / data.n;
    return Math.log(square);
  });
  return { r: correlations(data), n: data.n, logVariance };
}

/**
 * BIC of linear Gaussian regressions: Σ_v [-n/2 (ln 2πσ̂²_v + 1) - penalty/2 · (|parents| + 2) ln n], with the maximum
 * likelihood variance. Schwarz 1978. The same in any unit of the columns up to a constant. `local` O(k³), `grow`
 * O(d k²) for all d at once: the Cholesky rows of the parents are carried over every column.
 */
export function gaussianScore(
  d: number,
  momentsFor: (v: number) => Moments,
  { penalty, gamma = 0 }: GaussianSettings,
): LocalScore {
  const perEdge = (n: number): number => (penalty / 2) * Math.log(n) + 2 * gamma * Math.log(d);
  const constant = Float64Array.from({ length: d }, (_, v) => {
    const { n, logVariance } = momentsFor(v);
    const fit = (-n / 2) * (Math.log(2 * Math.PI) + logVariance[v]! + 1);
    return fit - (penalty / 2) * 2 * Math.log(n);
  });
  // Cholesky rows of the parents over all columns and what they leave of each column's variance, level by level. A
  // tree grows downwards, so the next call mostly adds one parent to the last: common levels are kept.
  let rows = new Float64Array(8 * d);
  let left = new Float64Array(9 * d).fill(1, 0, d);
  let held: number[] = [];
  let heldOf: Float64Array | undefined;
  const sweep = (r: Float64Array, parents: ArrayLike<number>): void => {
    const k = parents.length;
    if (rows.length < k * d) {
      rows = grownTo(rows, 2 * k * d);
      left = grownTo(left, (2 * k + 1) * d);
    }
    let level = 0;
    if (heldOf === r) while (level < k && held[level] === parents[level]) level++;
    for (let a = level; a < k; a++) {
      const p = parents[a]!;
      const base = a * d;
      const above = a * d;
      const below = above + d;
      const own = left[above + p]!;
      if (own < FLOOR) {
        rows.fill(0, base, base + d); // follows from earlier parents: adds nothing
        left.copyWithin(below, above, below);
        continue;
      }
      const row = rows.subarray(base, base + d);
      row.set(r.subarray(p * d, p * d + d));
      for (let b = 0; b < a; b++) subtract(row, rows.subarray(b * d, b * d + d), rows[b * d + p]!);
      const scale = 1 / Math.sqrt(own);
      for (let z = 0; z < d; z++) {
        const value = row[z]! * scale;
        row[z] = value;
        left[below + z] = left[above + z]! - value * value;
      }
    }
    held = Array.from(parents);
    heldOf = r;
  };
  const covariance = new Float64Array(d);
  const grow: LocalScore["grow"] = (v, parents, base, out) => {
    const { r, n } = momentsFor(v);
    const k = parents.length;
    sweep(r, parents);
    const free = left.subarray(k * d, k * d + d);
    const rest = Math.max(free[v]!, FLOOR);
    const cost = perEdge(n);
    // cov²/left above this makes up for the penalty of one more edge
    const threshold = rest * (1 - Math.exp((-2 * cost) / n));
    covariance.set(r.subarray(v * d, v * d + d));
    for (let a = 0; a < k; a++)
      subtract(covariance, rows.subarray(a * d, a * d + d), rows[a * d + v]!);
    for (let z = 0; z < d; z++) {
      const variance = free[z]!;
      const share = covariance[z]! * covariance[z]!;
      if (share <= threshold * variance || variance < FLOOR) out[z] = -Infinity;
      else {
        const after = Math.max(rest - share / variance, FLOOR);
        out[z] = base - (n / 2) * Math.log(after / rest) - cost;
      }
    }
    out[v] = -Infinity;
    for (let a = 0; a < k; a++) out[parents[a]!] = -Infinity;
  };
  const local: LocalScore["local"] = (v, parents) => {
    const { r, n } = momentsFor(v);
    const k = parents.length;
    return constant[v]! - (n / 2) * Math.log(residualVariance(r, d, v, parents)) - k * perEdge(n);
  };
  const extended = gamma > 0 ? `, gamma ${gamma}` : "";
  return {
    name: gamma > 0 ? `EBIC, penalty ${penalty}${extended}` : `BIC, penalty ${penalty}`,
    d,
    local,
    grow,
  };
}

/** Share of v's variance that a linear regression on the parents leaves, at least 1e-10. Cholesky, O(k³). */
function residualVariance(
  r: Float64Array,
  d: number,
  v: number,
  parents: ArrayLike<number>,
): number {
  const k = parents.length;
  if (k === 0) return 1;
  const m = k + 1;
  const l = scratch.length < m * m ? (scratch = new Float64Array(2 * m * m)) : scratch;
  let rest = 1;
  for (let i = 0; i < m; i++) {
    const row = i < k ? parents[i]! : v;
    let pivot = 1;
    for (let j = 0; j < i; j++) {
      const diagonal = l[j * m + j]!;
      let sum = r[row * d + parents[j]!]!;
      for (let a = 0; a < j; a++) sum -= l[i * m + a]! * l[j * m + a]!;
      const value = diagonal === 0 ? 0 : sum / diagonal;
      l[i * m + j] = value;
      pivot -= value * value;
    }
    l[i * m + i] = pivot < FLOOR ? 0 : Math.sqrt(pivot);
    rest = pivot;
  }
  return Math.max(rest, FLOOR);
}

let scratch = new Float64Array(256);

function grownTo(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(length);
  out.set(values);
  return out;
}

/** row -= weight * other. */
function subtract(row: Float64Array, other: Float64Array, weight: number): void {
  if (weight === 0) return;
  for (let z = 0; z < row.length; z++) row[z]! -= weight * other[z]!;
}
