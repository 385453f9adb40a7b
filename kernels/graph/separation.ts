import { compact, idsOf } from "./compact.ts";
import type { Compact } from "./compact.ts";
import type { Graph } from "./graph.ts";
import { representative } from "./representative.ts";

/**
 * Whether `given` m-separates `a` from `b`: every path between them is blocked, so that the graph implies their
 * independence given `given`. Nodes of `a` or `b` that are also in `given` are left out, as a variable is
 * independent of anything given itself; if the two sides share another node they are connected.
 *
 * Reachability over (node, mark of the last edge) limited to ancestors of the three sets (Shachter 1998;
 * Koller & Friedman 2009, algorithm 3.1; van der Zander, Liskiewicz & Textor 2019 for mixed graphs). A cpdag or
 * pag is answered by one member of its class. O(n + m) at worst, O(ancestors) typically. Throws `UserError`
 * `unknown-node`.
 */
export function mSeparated(
  graph: Graph,
  a: string | readonly string[],
  b: string | readonly string[],
  given: string | readonly string[] = [],
): boolean {
  const member = representative(graph);
  return !connected(compact(member), idsOf(member, a), idsOf(member, b), idsOf(member, given));
}

/** Cuts of a mutilated graph: arrowheads into a node removed (`do`), or arrows out of it removed. */
export interface Cuts {
  readonly into?: Uint8Array;
  readonly outOf?: Uint8Array;
}

/** The test on node numbers, in the graph without the edges that `cuts` removes. Allocates nothing. */
export function connected(
  g: Compact,
  from: readonly number[],
  to: readonly number[],
  given: readonly number[],
  cuts: Cuts = {},
): boolean {
  const { into, outOf } = cuts;
  const { ancestor, source, target, given: held, seenByHead, seenByTail, stack } = g.scratch;
  const stamp = ++g.scratch.stamp;
  const open = stamp; // in `ancestor`: an ancestor of the given nodes
  let top = 0;
  for (const v of given) held[v] = stamp;
  // Two waves of ancestors: first of `given` (they open colliders), marked `open`.
  for (const v of given) {
    if (ancestor[v] !== open) {
      ancestor[v] = open;
      stack[top++] = v;
    }
  }
  while (top > 0) {
    const v = stack[--top] ?? 0;
    if (into !== undefined && into[v] === 1) continue;
    for (let k = g.parents.start[v] ?? 0, end = g.parents.start[v + 1] ?? 0; k < end; k++) {
      const w = g.parents.list[k] ?? 0;
      if (ancestor[w] !== open && (outOf === undefined || outOf[w] === 0)) {
        ancestor[w] = open;
        stack[top++] = w;
      }
    }
  }
  for (const v of to) if (held[v] !== stamp) target[v] = stamp;
  // Relevant nodes: no open path leaves the ancestors of the two sides and the given nodes.
  for (const v of from) mark(v);
  for (const v of to) mark(v);
  function mark(v: number): void {
    if (source[v] !== stamp) {
      source[v] = stamp;
      stack[top++] = v;
    }
  }
  while (top > 0) {
    const v = stack[--top] ?? 0;
    if (into !== undefined && into[v] === 1) continue;
    for (let k = g.parents.start[v] ?? 0, end = g.parents.start[v + 1] ?? 0; k < end; k++) {
      const w = g.parents.list[k] ?? 0;
      if (source[w] !== stamp && (outOf === undefined || outOf[w] === 0)) {
        source[w] = stamp;
        stack[top++] = w;
      }
    }
  }
  // The stack holds 2v (entered at v with a tail: may leave by any edge) or 2v + 1 (entered with a head).
  for (const v of from) {
    if (held[v] === stamp || seenByTail[v] === stamp) continue;
    if (target[v] === stamp) return true;
    seenByTail[v] = stamp;
    stack[top++] = 2 * v;
  }
  while (top > 0) {
    const item = stack[--top] ?? 0;
    const v = item >> 1;
    const byHead = (item & 1) === 1;
    const blocked = held[v] === stamp;
    const heads = byHead ? ancestor[v] === open : !blocked; // may leave by an edge with a head at v
    const tails = !blocked; // may leave by an edge with a tail at v
    if (heads && (into === undefined || into[v] === 0)) {
      for (let k = g.parents.start[v] ?? 0, end = g.parents.start[v + 1] ?? 0; k < end; k++) {
        const w = g.parents.list[k] ?? 0;
        if (seenByTail[w] === stamp || (outOf !== undefined && outOf[w] === 1)) continue;
        if (target[w] === stamp) return true;
        seenByTail[w] = stamp;
        stack[top++] = 2 * w;
      }
      for (let k = g.spouses.start[v] ?? 0, end = g.spouses.start[v + 1] ?? 0; k < end; k++) {
        const w = g.spouses.list[k] ?? 0;
        if (seenByHead[w] === stamp || (into !== undefined && into[w] === 1)) continue;
        if (source[w] !== stamp && ancestor[w] !== open) continue;
        if (target[w] === stamp) return true;
        seenByHead[w] = stamp;
        stack[top++] = 2 * w + 1;
      }
    }
    if (!tails) continue;
    if (outOf === undefined || outOf[v] === 0) {
      for (let k = g.children.start[v] ?? 0, end = g.children.start[v + 1] ?? 0; k < end; k++) {
        const w = g.children.list[k] ?? 0;
        if (seenByHead[w] === stamp || (into !== undefined && into[w] === 1)) continue;
        if (source[w] !== stamp && ancestor[w] !== open) continue;
        if (target[w] === stamp) return true;
        seenByHead[w] = stamp;
        stack[top++] = 2 * w + 1;
      }
    }
    for (let k = g.neighbours.start[v] ?? 0, end = g.neighbours.start[v + 1] ?? 0; k < end; k++) {
      const w = g.neighbours.list[k] ?? 0;
      if (seenByTail[w] === stamp) continue;
      if (target[w] === stamp) return true;
      seenByTail[w] = stamp;
      stack[top++] = 2 * w;
    }
  }
  return false;
}

/** A path as its nodes and the edges between them, each edge written in the direction of the path. */
export interface OpenPath {
  readonly nodes: readonly string[];
  /** `marks[i]` joins `nodes[i]` and `nodes[i + 1]`; `<-` is an arrow against the path's direction. */
  readonly marks: readonly ("->" | "<-" | "<->" | "--")[];
  /** Colliders on the path; each is held fixed or causes something that is. */
  readonly colliders: readonly string[];
}

/**
 * A path that `given` leaves open between `a` and `b`, or `undefined` when they are m-separated. Shortest walk
 * first, then loops are cut out (which keeps it open: a collider met twice has its opening descendant anyway).
 * O(n + m). Throws `UserError` `unknown-node`.
 */
export function openPath(
  graph: Graph,
  a: string | readonly string[],
  b: string | readonly string[],
  given: string | readonly string[] = [],
): OpenPath | undefined {
  const member = representative(graph);
  const g = compact(member);
  const held = new Set(idsOf(member, given));
  const targets = new Set(idsOf(member, b).filter((v) => !held.has(v)));
  const opening = new Set<number>(held);
  const queue = [...held];
  for (let v = queue.pop(); v !== undefined; v = queue.pop()) {
    for (const w of g.parents.list.subarray(g.parents.start[v], g.parents.start[v + 1])) {
      if (!opening.has(w)) {
        opening.add(w);
        queue.push(w);
      }
    }
  }
  // A state is 2v + (entered by a head); each remembers the state before and the edge between.
  const cameFrom = new Map<number, Arrival>();
  const walk: number[] = [];
  for (const v of idsOf(member, a)) {
    if (held.has(v)) continue;
    cameFrom.set(2 * v, { before: -1, mark: "--" });
    walk.push(2 * v);
  }
  for (const state of walk) {
    const v = state >> 1;
    if (targets.has(v)) return trim(g, cameFrom, state);
    const byHead = (state & 1) === 1;
    const go = (w: number, mark: PathMark): void => {
      const next = 2 * w + (mark.endsWith(">") ? 1 : 0);
      if (cameFrom.has(next)) return;
      cameFrom.set(next, { before: state, mark });
      walk.push(next);
    };
    if (byHead ? opening.has(v) : !held.has(v)) {
      for (const w of g.parents.list.subarray(g.parents.start[v], g.parents.start[v + 1]))
        go(w, "<-");
      for (const w of g.spouses.list.subarray(g.spouses.start[v], g.spouses.start[v + 1]))
        go(w, "<->");
    }
    if (!held.has(v)) {
      for (const w of g.children.list.subarray(g.children.start[v], g.children.start[v + 1]))
        go(w, "->");
      const undirected = g.neighbours;
      for (const w of undirected.list.subarray(undirected.start[v], undirected.start[v + 1])) {
        go(w, "--");
      }
    }
  }
  return undefined;
}

type PathMark = OpenPath["marks"][number];

interface Arrival {
  readonly before: number;
  readonly mark: PathMark;
}

function trim(g: Compact, cameFrom: ReadonlyMap<number, Arrival>, end: number): OpenPath {
  const states: number[] = [];
  for (let state = end; state !== -1; state = cameFrom.get(state)?.before ?? -1)
    states.unshift(state);
  const nodes: number[] = [];
  const marks: PathMark[] = [];
  for (const [i, state] of states.entries()) {
    const v = state >> 1;
    const again = nodes.indexOf(v);
    if (again >= 0) {
      nodes.length = again + 1;
      marks.length = again;
      continue;
    }
    if (i > 0) marks.push(cameFrom.get(state)?.mark ?? "--");
    nodes.push(v);
  }
  const names = nodes.map((v) => g.names[v] ?? "");
  const colliders = names.filter(
    (_, i) => (marks[i - 1] ?? "").endsWith(">") && (marks[i] ?? "").startsWith("<"),
  );
  return { nodes: names, marks, colliders };
}
