import { members } from "../core/members.ts";
import {
  directed,
  emptyPdag,
  neighbourhoods,
  parentsOf,
  type Pdag,
  undirected,
} from "../core/pdag.ts";

type Lists = readonly (readonly number[])[];

interface Dag {
  readonly d: number;
  readonly parents: Lists;
  readonly children: Lists;
}

function dagOf(parents: Lists): Dag {
  const children: number[][] = parents.map(() => []);
  parents.forEach((list, v) => list.forEach((p) => children[p]!.push(v)));
  return { d: parents.length, parents, children };
}

function reach(from: Iterable<number>, next: Lists, seen: Uint8Array): Uint8Array {
  const stack = [...from];
  for (const v of stack) seen[v] = 1;
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    for (const w of next[v]!) {
      if (seen[w] === 1) continue;
      seen[w] = 1;
      stack.push(w);
    }
  }
  return seen;
}

/**
 * For each y whether adjusting for `given` gives the effect of t on y in the DAG (adjustment criterion of Shpitser,
 * VanderWeele & Robins 2010): nothing held fixed comes from a node on a causal path, and no other path stays open.
 * One walk for all y. Returns 1 where it is not valid, `[d]`. Henckel, Würtzen & Weichwald 2024. O(d + m).
 */
export function invalidFor(dag: Dag, t: number, given: Uint8Array): Uint8Array {
  const { d, parents, children } = dag;
  const below = reach([t], children, new Uint8Array(d));
  const held = [...given.keys()].filter((v) => given[v] === 1);
  const opening = reach(held, parents, new Uint8Array(d)); // ancestors of what is held: open as colliders
  const bad = [...opening.keys()].filter((v) => opening[v] === 1 && below[v] === 1 && v !== t);
  const invalid = reach(bad, children, new Uint8Array(d)); // a held node comes from the causal path to these
  // States: 0 by a causal path so far, 1 otherwise and entered by a head, 2 entered by a tail.
  const seen = new Uint8Array(3 * d);
  const stack: number[] = [];
  const go = (v: number, state: number): void => {
    if (v === t || seen[3 * v + state] === 1) return;
    seen[3 * v + state] = 1;
    stack.push(3 * v + state);
  };
  for (const v of children[t]!) go(v, 0);
  for (const v of parents[t]!) go(v, 2);
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const v = Math.floor(item / 3);
    const state = item % 3;
    if (state !== 0 && given[v] === 0) invalid[v] = 1;
    if (state !== 2 && opening[v] === 1) for (const w of parents[v]!) go(w, 2);
    if (given[v] === 1) continue;
    for (const w of children[v]!) go(w, state === 0 ? 0 : 1);
    if (state === 2) for (const w of parents[v]!) go(w, 2);
  }
  return invalid;
}

/** Wrong effects among t -> y for all y when `given` is adjusted for and `zero` marks the y said to be unaffected. */
function mistakes(dag: Dag, t: number, given: Uint8Array, zero: Uint8Array): number {
  const below = reach([t], dag.children, new Uint8Array(dag.d));
  const invalid = invalidFor(dag, t, given);
  let wrong = 0;
  for (let y = 0; y < dag.d; y++) {
    if (y === t) continue;
    if (zero[y] === 1 ? below[y] === 1 : invalid[y] === 1) wrong += 1;
  }
  return wrong;
}

function indicator(d: number, members: Iterable<number>): Uint8Array {
  const set = new Uint8Array(d);
  for (const v of members) set[v] = 1;
  return set;
}

/**
 * Structural intervention distance: ordered pairs (t, y) whose effect comes out wrong in the true DAG when one adjusts
 * for the parents that t has in the estimate. A class gives the range over its members, part by part. Peters &
 * Bühlmann 2015, definitions 6 and 9. O(d (d + m)), times the orientations of the largest undirected part for a class;
 * undefined when one part has more than `limit` orientations.
 */
export function interventionDistance(
  estimate: Pdag,
  truth: Lists,
  limit = 5000,
): { low: number; high: number } | undefined {
  const { d } = estimate;
  const dag = dagOf(truth);
  const known = new Map<string, number>();
  const wrongAt = (t: number, parents: readonly number[]): number => {
    const key = `${t}:${parents.toSorted((a, b) => a - b).join()}`;
    let wrong = known.get(key);
    if (wrong === undefined) {
      const set = indicator(d, parents);
      known.set(key, (wrong = mistakes(dag, t, set, set)));
    }
    return wrong;
  };
  const outside = parentsOf(estimate);
  let low = 0;
  let high = 0;
  for (const part of undirectedParts(estimate)) {
    if (part.length === 1) {
      const wrong = wrongAt(part[0]!, outside[part[0]!]!);
      low += wrong;
      high += wrong;
      continue;
    }
    const inner = emptyPdag(part.length);
    part.forEach((v, a) =>
      part.forEach((w, b) => {
        // arrows inside a part (knowledge can make some) bind its orientations too
        if (a !== b) inner.may[a * part.length + b] = estimate.may[v * d + w]!;
      }),
    );
    const all = members(inner, limit);
    if (all === undefined) return undefined;
    const sums = all.map((orientation) =>
      orientation.reduce((sum, list, a) => {
        const own = outside[part[a]!]!.filter((p) => !part.includes(p));
        return sum + wrongAt(part[a]!, [...own, ...list.map((b) => part[b]!)]);
      }, 0),
    );
    low += Math.min(...sums);
    high += Math.max(...sums);
  }
  return { low, high };
}

/** Sets of nodes joined by undirected edges. */
function undirectedParts(g: Pdag): number[][] {
  const near = neighbourhoods(g);
  const done = new Uint8Array(g.d);
  const parts: number[][] = [];
  for (let v = 0; v < g.d; v++) {
    if (done[v] === 1) continue;
    const part = [v];
    done[v] = 1;
    for (const a of part) {
      for (const b of near[a]!) {
        if (done[b] === 1 || !undirected(g, a, b)) continue;
        done[b] = 1;
        part.push(b);
      }
    }
    parts.push(part);
  }
  return parts;
}

/**
 * Ancestor adjustment distance: ordered pairs (t, y) whose effect comes out wrong in the true DAG when one says "none"
 * where the estimate has no possible causal path, and else adjusts for the ancestors that t has in the estimate. Pairs
 * that the estimate, as a class, leaves open count as wrong. Henckel, Würtzen & Weichwald 2024, section 3. O(d (d + m)).
 */
export function ancestorDistance(estimate: Pdag, truth: Lists): number {
  const { d } = estimate;
  const dag = dagOf(truth);
  const near = neighbourhoods(estimate);
  const up: Lists = parentsOf(estimate);
  const onward = near.map((list, v) => list.filter((w) => !directed(estimate, w, v)));
  let wrong = 0;
  for (let t = 0; t < d; t++) {
    const possible = reach([t], onward, new Uint8Array(d));
    const zero = possible.map((reached) => 1 - reached);
    const above = reach([t], up, new Uint8Array(d));
    above[t] = 0;
    const open = new Uint8Array(d);
    const unsure = near[t]!.filter((w) => undirected(estimate, t, w));
    if (unsure.length > 0) {
      // paths that start with an undirected edge and do not come back to t
      const away = onward.map((list, v) => (v === t ? [] : list.filter((w) => w !== t)));
      reach(unsure, away, open);
    }
    const below = reach([t], dag.children, new Uint8Array(d));
    const invalid = invalidFor(dag, t, above);
    for (let y = 0; y < d; y++) {
      if (y === t) continue;
      const isWrong = zero[y] === 1 ? below[y] === 1 : open[y] === 1 || invalid[y] === 1;
      if (isWrong) wrong += 1;
    }
  }
  return wrong;
}
