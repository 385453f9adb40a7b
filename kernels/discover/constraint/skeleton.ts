import type { Constraints } from "../knowledge.ts";
import type { Pace } from "../pace.ts";
import type { Independence } from "../tests/independence.ts";

/** Which nodes nothing separates, and what separated the others. */
export interface Skeleton {
  readonly d: number;
  /** `[d, d]` symmetric, 1 where joined. */
  readonly joined: Uint8Array;
  /** Separating sets of pairs `i * d + j`, i < j; pairs that the empty set separates are not listed. */
  readonly separators: Map<number, Int32Array>;
  tests: number;
  /** Size of the largest set tested. */
  deepest: number;
}

const NOTHING = new Int32Array(0);

export const pairKey = (d: number, i: number, j: number): number => (i < j ? i * d + j : j * d + i);

/** The set that separated i and j (empty when none was needed). */
export function separatorOf(skeleton: Skeleton, i: number, j: number): Int32Array {
  return skeleton.separators.get(pairKey(skeleton.d, i, j)) ?? NOTHING;
}

export function isJoined(skeleton: Skeleton, i: number, j: number): boolean {
  return skeleton.joined[i * skeleton.d + j] === 1;
}

export function separate(skeleton: Skeleton, i: number, j: number, by: ArrayLike<number>): void {
  const { d, joined, separators } = skeleton;
  joined[i * d + j] = 0;
  joined[j * d + i] = 0;
  if (by.length > 0) separators.set(pairKey(d, i, j), Int32Array.from(by));
}

/** Joined nodes of each node, ascending. O(d²). */
export function neighbours(skeleton: Skeleton): Int32Array[] {
  const { d, joined } = skeleton;
  return Array.from({ length: d }, (_, i) => {
    const list: number[] = [];
    for (let j = 0; j < d; j++) if (joined[i * d + j] === 1) list.push(j);
    return Int32Array.from(list);
  });
}

export interface SkeletonOptions {
  readonly knowledge: Constraints;
  /** Largest conditioning set; Infinity for no limit. */
  readonly depth: number;
  /** What may be conditioned on to separate a node from another: for PC what may be its cause. */
  readonly mayHold: (node: number, from: number, given: number) => boolean;
  /** Pairs to begin with, all when absent; the others are apart untested. */
  readonly joined?: (i: number, j: number) => boolean;
}

/**
 * The skeleton by tests of growing size on the neighbourhoods as they stood at the start of each size, so that the
 * order of the columns does not matter (PC-stable, Colombo & Maathuis 2014, algorithm 4.1). Pairs that knowledge rules
 * out both ways start apart; required edges are never tested. At most O(d² · degree^depth) tests.
 */
export async function findSkeleton(
  d: number,
  test: Independence,
  { knowledge, depth, mayHold, joined: begins }: SkeletonOptions,
  pace: Pace,
): Promise<Skeleton> {
  const skeleton: Skeleton = {
    d,
    joined: new Uint8Array(d * d),
    separators: new Map(),
    tests: 0,
    deepest: 0,
  };
  const { joined } = skeleton;
  const isRequired = (i: number, j: number): boolean =>
    knowledge.required[i * d + j] === 1 || knowledge.required[j * d + i] === 1;
  for (let i = 0; i < d; i++) {
    for (let j = i + 1; j < d; j++) {
      if (knowledge.forbidden[i * d + j] === 1 && knowledge.forbidden[j * d + i] === 1) continue;
      if (!isRequired(i, j)) {
        if (begins !== undefined && !begins(i, j)) continue;
        skeleton.tests += 1;
        if (test.independent(i, j, NOTHING)) continue;
      }
      joined[i * d + j] = 1;
      joined[j * d + i] = 1;
    }
    if (pace.due()) await pace.rest(undefined, `set size 0: column ${i + 1} of ${d}`);
  }
  for (let size = 1; size <= depth; size++) {
    const near = neighbours(skeleton);
    if (near.every((list) => list.length - 1 < size)) break;
    skeleton.deepest = size;
    for (let i = 0; i < d; i++) {
      for (const j of near[i]!) {
        if (j < i || joined[i * d + j] === 0 || isRequired(i, j)) continue;
        for (const [a, b] of [[i, j] as const, [j, i] as const]) {
          const pool = near[a]!.filter((v) => v !== b && mayHold(a, b, v));
          const found = await firstSeparator(skeleton, test, i, j, pool, size, pace);
          if (found === undefined) continue;
          separate(skeleton, i, j, found);
          break;
        }
        if (pace.due()) await pace.rest(undefined, `set size ${size}: column ${i + 1} of ${d}`);
      }
    }
  }
  return skeleton;
}

/** The first set of that size from `pool` that separates i and j. */
export async function firstSeparator(
  skeleton: Skeleton,
  test: Independence,
  i: number,
  j: number,
  pool: ArrayLike<number>,
  size: number,
  pace: Pace,
): Promise<Int32Array | undefined> {
  if (pool.length < size) return undefined;
  const index = Int32Array.from({ length: size }, (_, k) => k);
  const given = new Int32Array(size);
  for (;;) {
    for (let k = 0; k < size; k++) given[k] = pool[index[k]!]!;
    skeleton.tests += 1;
    if (test.independent(i, j, given)) return given;
    if (pace.due()) await pace.rest();
    let k = size - 1;
    while (k >= 0 && index[k] === pool.length - size + k) k--;
    if (k < 0) return undefined;
    index[k]! += 1;
    for (let m = k + 1; m < size; m++) index[m] = index[m - 1]! + 1;
  }
}
