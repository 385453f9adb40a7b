import type { Work } from "../../../app/work.ts";
import type { Constraints } from "../knowledge.ts";
import { paceOf } from "../pace.ts";
import { entropy } from "./entropy.ts";

/**
 * The causal order of linear, acyclic, non-Gaussian columns without hidden causes: again and again the column whose
 * regression residuals are least dependent on it is taken as a cause of the rest and regressed out of them (Shimizu et
 * al. 2011, algorithm 1, with the pairwise likelihood ratio of Hyvärinen & Smith 2013, equation 10, as the measure).
 * Tiers and required edges limit who may come next.
 *
 * `columns: [d][n]`, centred; not changed. O(d³ n / 3).
 */
export async function lingamOrder(
  columns: readonly Float64Array[],
  knowledge: Constraints,
  work: Work,
): Promise<Int32Array> {
  const d = columns.length;
  const pace = paceOf(work, 4);
  const current = columns.map(scaled);
  const left = new Set(columns.keys());
  const order = new Int32Array(d);
  for (let k = 0; k < d; k++) {
    const ids = [...left];
    const own = current.map((column, v) => (left.has(v) ? entropy(column) : 0));
    const against = new Float64Array(d);
    for (let a = 0; a < ids.length; a++) {
      for (let b = a + 1; b < ids.length; b++) {
        const [i, j] = [ids[a]!, ids[b]!];
        const ratio = forwardEvidence(current[i]!, current[j]!, own[i]!, own[j]!);
        // evidence for the other direction counts against being first
        against[i]! += Math.min(0, ratio) ** 2;
        against[j]! += Math.min(0, -ratio) ** 2;
      }
      if (pace.due()) await pace.rest(k / d, `column ${k + 1} of ${d}`);
    }
    const free = ids.filter((v) => !ids.some((w) => mustPrecede(knowledge, w, v)));
    let first = free[0]!;
    for (const v of free) if (against[v]! < against[first]!) first = v;
    order[k] = first;
    left.delete(first);
    const cause = current[first]!;
    for (const v of left) current[v] = residual(current[v]!, cause);
  }
  return order;
}

/** log-likelihood of i -> j over j -> i, a sample's worth: positive where i -> j explains better. */
function forwardEvidence(xi: Float64Array, xj: Float64Array, hi: number, hj: number): number {
  const n = xi.length;
  let r = 0;
  for (let k = 0; k < n; k++) r += (xi[k]! * xj[k]!) / n;
  const rest = Math.sqrt(Math.max(1e-12, 1 - r * r));
  const eij = new Float64Array(n);
  const eji = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    eij[k] = (xi[k]! - r * xj[k]!) / rest;
    eji[k] = (xj[k]! - r * xi[k]!) / rest;
  }
  return hj + entropy(eij) - hi - entropy(eji);
}

function mustPrecede(knowledge: Constraints, w: number, v: number): boolean {
  if (w === v) return false;
  const [tw, tv] = [knowledge.tier[w]!, knowledge.tier[v]!];
  return knowledge.required[w * knowledge.d + v] === 1 || (tw >= 0 && tv >= 0 && tw < tv);
}

/** What is left of y after regression on x (both of variance 1), scaled to variance 1. */
function residual(y: Float64Array, x: Float64Array): Float64Array {
  let r = 0;
  for (let k = 0; k < y.length; k++) r += (x[k]! * y[k]!) / y.length;
  return scaled(y.map((value, k) => value - r * x[k]!));
}

/** Centred and of variance 1. */
export function scaled(x: Float64Array): Float64Array {
  const n = x.length;
  let mean = 0;
  for (const value of x) mean += value / n;
  let square = 0;
  for (const value of x) square += (value - mean) ** 2 / n;
  const factor = square > 0 ? 1 / Math.sqrt(square) : 0;
  return x.map((value) => (value - mean) * factor);
}
