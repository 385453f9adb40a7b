import { groupCount } from "./covariance.ts";
import type { Rng } from "./rng.ts";

/**
 * Fold 0 … folds−1 of each of `n` rows, at random and of equal size up to one, within every stratum (0-based labels)
 * when given. With `clusters` whole groups go to one fold (strata are then ignored): rows of a unit must not help to
 * predict each other. One map serves every nuisance of an estimate. O(n).
 */
export function foldMap(
  n: number,
  folds: number,
  rng: Rng,
  by: { readonly strata?: ArrayLike<number>; readonly clusters?: Int32Array } = {},
): Int32Array {
  const out = new Int32Array(n);
  if (folds <= 1) return out;
  if (by.clusters !== undefined) {
    const groups = groupCount(by.clusters);
    const foldOf = new Int32Array(groups);
    deal(shuffled(groups, rng), foldOf, folds, 0);
    return by.clusters.map((group) => foldOf[group]!);
  }
  const members = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const stratum = by.strata?.[i] ?? 0;
    const list = members.get(stratum);
    if (list === undefined) members.set(stratum, [i]);
    else list.push(i);
  }
  let next = 0;
  for (const stratum of [...members.keys()].toSorted((a, b) => a - b)) {
    const rows = members.get(stratum)!;
    const order = shuffled(rows.length, rng).map((i) => rows[i]!);
    // Each stratum goes on where the last one stopped, so that the folds stay equal in size overall.
    next = deal(order, out, folds, next);
  }
  return out;
}

function deal(order: Int32Array, out: Int32Array, folds: number, first: number): number {
  let fold = first;
  for (const i of order) {
    out[i] = fold;
    fold = (fold + 1) % folds;
  }
  return fold;
}

/** 0 … n−1 in random order (Fisher–Yates). O(n). */
export function shuffled(n: number, rng: Rng): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}
