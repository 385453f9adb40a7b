import { ARROW, CIRCLE, type Marks, NONE, TAIL } from "../core/marks.ts";

/** Pairs of nodes by how two graphs join them. */
export interface PairCounts {
  /** Joined in both with the same marks. */
  readonly same: number;
  /** Joined in both with different marks (turned, or decided in one and not in the other). */
  readonly marked: number;
  /** Joined in the truth only. */
  readonly missed: number;
  /** Joined in the estimate only. */
  readonly added: number;
}

/** Compares pair by pair; each pair counts once, so an arrow the wrong way round is one difference. O(d²). */
export function countPairs(estimate: Marks, truth: Marks): PairCounts {
  const { d } = truth;
  let same = 0;
  let marked = 0;
  let missed = 0;
  let added = 0;
  for (let i = 0; i < d; i++) {
    for (let j = i + 1; j < d; j++) {
      const there = estimate.at[i * d + j]!;
      const here = estimate.at[j * d + i]!;
      const trueThere = truth.at[i * d + j]!;
      const trueHere = truth.at[j * d + i]!;
      if (there === NONE && trueThere === NONE) continue;
      if (there === NONE) missed += 1;
      else if (trueThere === NONE) added += 1;
      else if (there === trueThere && here === trueHere) same += 1;
      else marked += 1;
    }
  }
  return { same, marked, missed, added };
}

/** Arrows (tail at i, head at j) right, estimated and true. O(d²). */
export function countArrows(
  estimate: Marks,
  truth: Marks,
): { right: number; estimated: number; truth: number } {
  const { d } = truth;
  const isArrow = (g: Marks, i: number, j: number): boolean =>
    g.at[i * d + j] === ARROW && g.at[j * d + i] === TAIL;
  const counts = { right: 0, estimated: 0, truth: 0 };
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      const one = isArrow(estimate, i, j);
      const two = isArrow(truth, i, j);
      if (one) counts.estimated += 1;
      if (two) counts.truth += 1;
      if (one && two) counts.right += 1;
    }
  }
  return counts;
}

/**
 * Differences to a DAG when an edge left undecided (`--` of a cpdag, circles) counts as right: the habit of the
 * NOTEARS line of papers, kind to methods that decide little. O(d²).
 */
export function lenientDistance(estimate: Marks, truth: Marks): number {
  const { d } = truth;
  const { missed, added } = countPairs(estimate, truth);
  let turned = 0;
  for (let i = 0; i < d; i++) {
    for (let j = i + 1; j < d; j++) {
      const there = estimate.at[i * d + j]!;
      const here = estimate.at[j * d + i]!;
      const trueThere = truth.at[i * d + j]!;
      const trueHere = truth.at[j * d + i]!;
      if (there === NONE || trueThere === NONE) continue;
      const fits = (mark: number, right: number): boolean => mark === CIRCLE || mark === right;
      const open = there === TAIL && here === TAIL;
      if (!open && !(fits(there, trueThere) && fits(here, trueHere))) turned += 1;
    }
  }
  return missed + added + turned;
}

/** Precision, recall and their harmonic mean; 1 of an empty estimate of an empty truth, 0 where nothing is right. */
export function precisionRecall(
  right: number,
  estimated: number,
  truth: number,
): { precision: number; recall: number; f1: number } {
  const precision = estimated === 0 ? (truth === 0 ? 1 : 0) : right / estimated;
  const recall = truth === 0 ? (estimated === 0 ? 1 : 0) : right / truth;
  const f1 = right === 0 ? (estimated + truth === 0 ? 1 : 0) : (2 * right) / (estimated + truth);
  return { precision, recall, f1 };
}
