import { quietWork, type Work } from "../../../app/work.ts";
import { type Constraints, noConstraints } from "../knowledge.ts";
import { paceOf } from "../pace.ts";
import type { LocalScore } from "../scores/local-score.ts";

export interface ExactSettings {
  /** Most parents of one node. */
  readonly mostParents: number;
  readonly knowledge?: Constraints;
}

/**
 * A DAG with the highest score of all (among those with at most `mostParents` parents a node and in agreement with the
 * knowledge): best parents within every set of columns, then best last column of every set. Silander & Myllymäki 2006.
 * O(d² 2^d) time, 8 d 2^(d-1) bytes, and Σ C(d - 1, k) local scores a column.
 */
export async function exactSearch(
  score: LocalScore,
  settings: ExactSettings,
  work: Work = quietWork,
): Promise<{ readonly parents: number[][]; readonly score: number }> {
  const { d } = score;
  const knowledge = settings.knowledge ?? noConstraints(d);
  const pace = paceOf(work, 256);
  const size = 1 << (d - 1);
  const best = Array.from({ length: d }, () => new Float64Array(size).fill(-Infinity));
  for (let v = 0; v < d; v++) {
    const table = best[v]!;
    const forbidden = maskOf(d, (p) => knowledge.forbidden[p * d + v] === 1);
    const required = maskOf(d, (p) => knowledge.required[p * d + v] === 1);
    const fill = async (set: number, from: number, count: number): Promise<void> => {
      if ((set & forbidden) === 0 && (set & required) === required) {
        table[without(set, v)] = score.local(v, bitsOf(set));
      }
      if (pace.due()) await pace.rest(v / (d + 1), `scores of column ${v + 1} of ${d}`);
      if (count === settings.mostParents) return;
      for (let p = from; p < d; p++) if (p !== v) await fill(set | (1 << p), p + 1, count + 1);
    };
    await fill(0, 0, 0);
  }
  // best[v][S]: the best score of v with parents inside S.
  for (let v = 0; v < d; v++) {
    const table = best[v]!;
    for (let set = 1; set < size; set++) {
      let value = table[set]!;
      for (let rest = set; rest !== 0; rest &= rest - 1) {
        const smaller = table[set & ~(rest & -rest)]!;
        if (smaller > value) value = smaller;
      }
      table[set] = value;
    }
    if (pace.due()) await pace.rest();
  }
  const total = new Float64Array(1 << d).fill(-Infinity);
  const last = new Int8Array(1 << d);
  total[0] = 0;
  for (let set = 1; set < 1 << d; set++) {
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      const v = 31 - Math.clz32(rest & -rest);
      const before = set & ~(1 << v);
      const value = total[before]! + best[v]![without(before, v)]!;
      if (value > total[set]!) {
        total[set] = value;
        last[set] = v;
      }
    }
  }
  const parents: number[][] = Array.from({ length: d }, () => []);
  for (let set = (1 << d) - 1; set !== 0;) {
    const v = last[set]!;
    set &= ~(1 << v);
    parents[v] = smallestBest(best[v]!, set, v);
  }
  return { parents, score: total[(1 << d) - 1]! };
}

/** The parents within `set` that give its best score: columns are dropped while the best stays the same. */
function smallestBest(table: Float64Array, set: number, v: number): number[] {
  const value = table[without(set, v)]!;
  let kept = set;
  for (const p of bitsOf(set)) {
    if (table[without(kept & ~(1 << p), v)] === value) kept &= ~(1 << p);
  }
  return bitsOf(kept);
}

function maskOf(d: number, has: (v: number) => boolean): number {
  let mask = 0;
  for (let v = 0; v < d; v++) if (has(v)) mask |= 1 << v;
  return mask;
}

/** A set of columns other than v as a number below 2^(d-1). */
function without(set: number, v: number): number {
  return (set & ((1 << v) - 1)) | ((set >> (v + 1)) << v);
}

function bitsOf(set: number): number[] {
  const out: number[] = [];
  for (let rest = set; rest !== 0; rest &= rest - 1) out.push(31 - Math.clz32(rest & -rest));
  return out;
}
