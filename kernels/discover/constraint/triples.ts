import type { Pace } from "../pace.ts";
import type { Independence } from "../tests/independence.ts";
import { isJoined, neighbours, separatorOf, type Skeleton } from "./skeleton.ts";

export type ColliderRule = "standard" | "conservative" | "majority";

/** i and j are joined to k but not to each other; i < j. */
export interface Triple {
  readonly i: number;
  readonly k: number;
  readonly j: number;
  readonly kind: "collider" | "chain" | "ambiguous";
}

/**
 * Unshielded triples and whether they collide. `standard`: when the separating set found lacks the middle.
 * `conservative` and `majority` look at every separating set among the neighbours of the ends (of size up to `depth`):
 * all or none must hold the middle, or more than half of them; else the triple is ambiguous. Ramsey, Zhang & Spirtes
 * 2006; Colombo & Maathuis 2014, section 4.2. O(triples · 2^degree) at worst.
 */
export async function classifyTriples(
  skeleton: Skeleton,
  test: Independence,
  rule: ColliderRule,
  depth: number,
  pace: Pace,
): Promise<Triple[]> {
  const near = neighbours(skeleton);
  const triples: Triple[] = [];
  for (let k = 0; k < skeleton.d; k++) {
    const list = near[k]!;
    for (let a = 0; a < list.length; a++) {
      for (let b = a + 1; b < list.length; b++) {
        const i = list[a]!;
        const j = list[b]!;
        if (isJoined(skeleton, i, j)) continue;
        if (rule === "standard") {
          const kind = separatorOf(skeleton, i, j).includes(k) ? "chain" : "collider";
          triples.push({ i, k, j, kind });
          continue;
        }
        const share = await shareHolding(skeleton, test, near, { i, k, j }, depth, pace);
        triples.push({ i, k, j, kind: verdict(share, rule) });
      }
    }
    if (pace.due()) await pace.rest(k / skeleton.d, "colliders");
  }
  return triples;
}

function verdict(share: number | undefined, rule: ColliderRule): Triple["kind"] {
  if (share === undefined) return "ambiguous";
  if (rule === "conservative")
    return share === 0 ? "collider" : share === 1 ? "chain" : "ambiguous";
  return share < 0.5 ? "collider" : share > 0.5 ? "chain" : "ambiguous";
}

/** Share of the separating sets of i and j among their neighbours that hold k; undefined when there is none. */
async function shareHolding(
  skeleton: Skeleton,
  test: Independence,
  near: readonly Int32Array[],
  { i, k, j }: { readonly i: number; readonly k: number; readonly j: number },
  depth: number,
  pace: Pace,
): Promise<number | undefined> {
  const seen = new Set<string>();
  let holding = 0;
  let all = 0;
  for (const end of [i, j]) {
    const pool = near[end]!.filter((v) => v !== i && v !== j);
    for (let code = 0; code < 2 ** Math.min(pool.length, 30); code++) {
      const given = pool.filter((_, bit) => (code >> bit) & 1);
      if (given.length > depth) continue;
      const key = given.join();
      if (seen.has(key)) continue;
      seen.add(key);
      skeleton.tests += 1;
      if (pace.due()) await pace.rest();
      if (!test.independent(i, j, given)) continue;
      all += 1;
      if (given.includes(k)) holding += 1;
    }
  }
  return all === 0 ? undefined : holding / all;
}
