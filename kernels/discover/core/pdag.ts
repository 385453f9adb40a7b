import type { Edge, Graph } from "../../graph/graph.ts";
import { createGraph } from "../../graph/graph.ts";

/**
 * A partly directed graph on node numbers. `may[i * d + j]` is 1 when the edge between i and j may point to j: i -> j
 * has it one way, i -- j both ways.
 */
export interface Pdag {
  readonly d: number;
  readonly may: Uint8Array;
}

export function emptyPdag(d: number): Pdag {
  return { d, may: new Uint8Array(d * d) };
}

export const adjacent = (g: Pdag, i: number, j: number): boolean =>
  (g.may[i * g.d + j]! | g.may[j * g.d + i]!) === 1;
export const directed = (g: Pdag, i: number, j: number): boolean =>
  g.may[i * g.d + j] === 1 && g.may[j * g.d + i] === 0;
export const undirected = (g: Pdag, i: number, j: number): boolean =>
  g.may[i * g.d + j] === 1 && g.may[j * g.d + i] === 1;

/** Turns the edge between i and j into i -> j. */
export function point(g: Pdag, i: number, j: number): void {
  g.may[i * g.d + j] = 1;
  g.may[j * g.d + i] = 0;
}

/** Nodes joined to each node. O(d²). */
export function neighbourhoods(g: Pdag): number[][] {
  const near: number[][] = Array.from({ length: g.d }, () => []);
  for (let i = 0; i < g.d; i++) {
    for (let j = i + 1; j < g.d; j++) {
      if (!adjacent(g, i, j)) continue;
      near[i]!.push(j);
      near[j]!.push(i);
    }
  }
  return near;
}

/** Whether nothing is known of a collider at k between a and b, so that no rule may build on it. */
export type Ambiguous = (a: number, k: number, b: number) => boolean;
const never: Ambiguous = () => false;

/**
 * Orients every undirected edge whose direction follows from the others: Meek's rules 1 to 3, and 4 (needed once
 * directions come from knowledge). Changes `g`. Meek 1995, section 2. O(passes · edges · degree²).
 */
export function meek(
  g: Pdag,
  rule4 = true,
  near = neighbourhoods(g),
  ambiguous: Ambiguous = never,
): void {
  const open: [number, number][] = [];
  for (let i = 0; i < g.d; i++)
    for (const j of near[i]!) if (undirected(g, i, j)) open.push([i, j]);
  for (let changed = true; changed;) {
    changed = false;
    for (const [a, b] of open) {
      if (!undirected(g, a, b) || !follows(g, near, a, b, rule4, ambiguous)) continue;
      point(g, a, b);
      changed = true;
    }
  }
}

function follows(
  g: Pdag,
  near: readonly (readonly number[])[],
  a: number,
  b: number,
  rule4: boolean,
  ambiguous: Ambiguous,
): boolean {
  for (const c of near[a]!) {
    if (c === b) continue;
    if (directed(g, c, a) && !adjacent(g, c, b) && !ambiguous(c, a, b)) return true; // 1: c -> a -- b
    if (directed(g, a, c) && directed(g, c, b)) return true; // 2: a -> c -> b
    if (undirected(g, a, c) && directed(g, c, b)) {
      for (const e of near[a]!) {
        if (e === c || e === b || !undirected(g, a, e)) continue;
        if (directed(g, e, b) && !adjacent(g, c, e) && !ambiguous(c, a, e)) return true; // 3: a -- c -> b <- e -- a
      }
    }
    if (rule4 && undirected(g, a, c) && !adjacent(g, c, b) && !ambiguous(c, a, b)) {
      for (const e of near[c]!) {
        // 4: a -- c -> e -> b, a next to e
        if (directed(g, c, e) && directed(g, e, b) && adjacent(g, a, e)) return true;
      }
    }
  }
  return false;
}

/** The Markov equivalence class of the DAG with these parents: skeleton, unshielded colliders, Meek 1-3. */
export function cpdagOf(parents: readonly ArrayLike<number>[]): Pdag {
  const d = parents.length;
  const dag = emptyPdag(d);
  parents.forEach((list, v) => {
    for (let k = 0; k < list.length; k++) dag.may[list[k]! * d + v] = 1;
  });
  const out = emptyPdag(d);
  for (let k = 0; k < dag.may.length; k++) {
    if (dag.may[k] === 0) continue;
    out.may[k] = 1;
    out.may[(k % d) * d + Math.floor(k / d)] = 1;
  }
  parents.forEach((list, v) => {
    for (let a = 0; a < list.length; a++) {
      for (let b = a + 1; b < list.length; b++) {
        if (adjacent(dag, list[a]!, list[b]!)) continue;
        point(out, list[a]!, v);
        point(out, list[b]!, v);
      }
    }
  });
  meek(out, false);
  return out;
}

/** Parents of each node (arrows only). O(d²). */
export function parentsOf(g: Pdag): number[][] {
  const parents: number[][] = Array.from({ length: g.d }, () => []);
  for (let i = 0; i < g.d; i++) {
    for (let j = 0; j < g.d; j++) if (directed(g, i, j)) parents[j]!.push(i);
  }
  return parents;
}

/**
 * A DAG of the class as parents: same skeleton, arrows and unshielded colliders; undefined when there is none.
 * `order` decides which one: sinks are looked for from its end. Dor & Tarsi 1992. O(d · edges · degree).
 */
export function extension(
  g: Pdag,
  order: ArrayLike<number> = { length: 0 },
): number[][] | undefined {
  const { d } = g;
  const near = neighbourhoods(g).map((list) => new Set(list));
  const parents: number[][] = Array.from({ length: d }, () => []);
  const left = new Set(Array.from({ length: d }, (_, i) => order[i] ?? i));
  const isSink = (v: number): boolean => {
    for (const w of near[v]!) {
      if (directed(g, v, w)) return false;
      if (!undirected(g, v, w)) continue;
      for (const u of near[v]!) if (u !== w && !near[w]!.has(u)) return false;
    }
    return true;
  };
  const pending = [...left];
  while (left.size > 0) {
    let sink = -1;
    for (let v = pending.pop(); v !== undefined; v = pending.pop()) {
      if (left.has(v) && isSink(v)) {
        sink = v;
        break;
      }
    }
    if (sink === -1) {
      for (const v of left) {
        if (!isSink(v)) continue;
        sink = v;
        break;
      }
    }
    if (sink === -1) return undefined;
    for (const w of near[sink]!) {
      parents[sink]!.push(w);
      near[w]!.delete(sink);
      pending.push(w);
    }
    near[sink]!.clear();
    left.delete(sink);
  }
  return parents;
}

/** Groups of nodes that directed edges join in circles, those of one node left out. Tarjan 1972, O(d²). */
export function circles(g: Pdag): number[][] {
  const { d } = g;
  const index = new Int32Array(d).fill(-1);
  const low = new Int32Array(d);
  const on = new Uint8Array(d);
  const stack: number[] = [];
  const found: number[][] = [];
  const children: number[][] = Array.from({ length: d }, () => []);
  for (let i = 0; i < d; i++)
    for (let j = 0; j < d; j++) if (directed(g, i, j)) children[i]!.push(j);
  let counter = 0;
  for (let root = 0; root < d; root++) {
    if (index[root] !== -1) continue;
    const work: { v: number; next: number }[] = [{ v: root, next: 0 }];
    index[root] = low[root] = counter++;
    stack.push(root);
    on[root] = 1;
    while (work.length > 0) {
      const top = work[work.length - 1]!;
      const w = children[top.v]![top.next++];
      if (w === undefined) {
        work.pop();
        const below = work[work.length - 1];
        if (below !== undefined) low[below.v] = Math.min(low[below.v]!, low[top.v]!);
        if (low[top.v] !== index[top.v]) continue;
        const group: number[] = [];
        for (let u = stack.pop()!; ; u = stack.pop()!) {
          on[u] = 0;
          group.push(u);
          if (u === top.v) break;
        }
        if (group.length > 1) found.push(group);
      } else if (index[w] === -1) {
        index[w] = low[w] = counter++;
        stack.push(w);
        on[w] = 1;
        work.push({ v: w, next: 0 });
      } else if (on[w] === 1) low[top.v] = Math.min(low[top.v]!, index[w]!);
    }
  }
  return found;
}

/** The same edges by name. Throws `UserError` `graph-cycle` when arrows go in a circle. O(d²). */
export function pdagGraph(g: Pdag, names: readonly string[]): Graph {
  const edges: Edge[] = [];
  for (let i = 0; i < g.d; i++) {
    for (let j = 0; j < g.d; j++) {
      if (directed(g, i, j)) edges.push({ from: names[i]!, to: names[j]!, mark: "->" });
      else if (i < j && undirected(g, i, j)) {
        edges.push({ from: names[i]!, to: names[j]!, mark: "--" });
      }
    }
  }
  return createGraph({ type: "cpdag", nodes: names, edges });
}

/** A DAG by name, from parents by number. O(edges). */
export function dagGraph(parents: readonly ArrayLike<number>[], names: readonly string[]): Graph {
  const edges = parents.flatMap((list, v) =>
    Array.from(list, (p): Edge => ({ from: names[p]!, to: names[v]!, mark: "->" })),
  );
  return createGraph({ type: "admg", nodes: names, edges });
}

/** Arrows and undirected edges of a graph as a pdag on `names`; other marks are a broken invariant. O(m). */
export function pdagOf(
  graph: Graph,
  names: readonly string[] = graph.nodes.map((node) => node.name),
): Pdag {
  const id = new Map(names.map((name, i) => [name, i]));
  const g = emptyPdag(names.length);
  for (const { from, to, mark } of graph.edges) {
    const i = id.get(from)!;
    const j = id.get(to)!;
    if (mark !== "->" && mark !== "--") throw new Error(`A pdag has no edge ${mark}.`);
    g.may[i * g.d + j] = 1;
    if (mark === "--") g.may[j * g.d + i] = 1;
  }
  return g;
}
