import { UserError } from "../../app/errors.ts";
import type { Edge, Graph } from "./graph.ts";

/** Adjacency in compressed rows: the neighbours of `v` are `list[start[v]] … list[start[v + 1] - 1]`. */
export interface Adjacency {
  readonly start: Int32Array;
  readonly list: Int32Array;
}

/**
 * The graph as typed arrays over node numbers (positions in `graph.nodes`); every algorithm runs on this.
 * Circle marks are not here: the algorithms for PAGs read the edges themselves.
 */
export interface Compact {
  readonly n: number;
  readonly names: readonly string[];
  readonly id: ReadonlyMap<string, number>;
  readonly parents: Adjacency;
  readonly children: Adjacency;
  /** Ends of bidirected edges. */
  readonly spouses: Adjacency;
  /** Ends of undirected edges. */
  readonly neighbours: Adjacency;
  readonly latent: Uint8Array;
  /** Parents before children; ties by node number. */
  readonly order: Int32Array;
  /** Position of each node in `order`. */
  readonly rank: Int32Array;
  readonly scratch: Scratch;
}

/** Marks that are cleared by raising `stamp`, so that a small query on a large graph costs little. */
export interface Scratch {
  stamp: number;
  readonly ancestor: Int32Array;
  readonly source: Int32Array;
  readonly target: Int32Array;
  readonly given: Int32Array;
  readonly seenByHead: Int32Array;
  readonly seenByTail: Int32Array;
  readonly stack: Int32Array;
}

const cache = new WeakMap<Graph, Compact>();

/** The typed-array form, built once per graph value. O(n + m). */
export function compact(graph: Graph): Compact {
  let built = cache.get(graph);
  if (built === undefined) cache.set(graph, (built = build(graph)));
  return built;
}

function build(graph: Graph): Compact {
  const names = graph.nodes.map((node) => node.name);
  const id = new Map(names.map((name, i) => [name, i]));
  const n = names.length;
  const directed = graph.edges.filter((edge) => edge.mark === "->");
  const parents = rows(n, id, directed, (edge) => [edge.to, edge.from]);
  const children = rows(n, id, directed, (edge) => [edge.from, edge.to]);
  const both = (mark: Edge["mark"]): Adjacency => {
    const edges = graph.edges.filter((edge) => edge.mark === mark);
    const turned = edges.map((edge) => ({ ...edge, from: edge.to, to: edge.from }));
    return rows(n, id, [...edges, ...turned], (edge) => [edge.from, edge.to]);
  };
  const order = topologicalOrder(n, parents, children);
  const rank = new Int32Array(n);
  order.forEach((v, i) => (rank[v] = i));
  return {
    n,
    names,
    id,
    parents,
    children,
    spouses: both("<->"),
    neighbours: both("--"),
    latent: Uint8Array.from(graph.nodes, (node) => (node.latent ? 1 : 0)),
    order,
    rank,
    scratch: {
      stamp: 0,
      ancestor: new Int32Array(n),
      source: new Int32Array(n),
      target: new Int32Array(n),
      given: new Int32Array(n),
      seenByHead: new Int32Array(n),
      seenByTail: new Int32Array(n),
      stack: new Int32Array(2 * n + 2),
    },
  };
}

function rows(
  n: number,
  id: ReadonlyMap<string, number>,
  edges: readonly Edge[],
  ends: (edge: Edge) => readonly [row: string, entry: string],
): Adjacency {
  const start = new Int32Array(n + 1);
  const pairs = edges.map((edge) => {
    const [row, entry] = ends(edge);
    return [id.get(row) ?? -1, id.get(entry) ?? -1] as const;
  });
  for (const [row] of pairs) start[row + 1] = (start[row + 1] ?? 0) + 1;
  for (let i = 0; i < n; i++) start[i + 1] = (start[i + 1] ?? 0) + (start[i] ?? 0);
  const list = new Int32Array(pairs.length);
  const fill = start.slice();
  for (const [row, entry] of pairs) {
    list[fill[row] ?? 0] = entry;
    fill[row] = (fill[row] ?? 0) + 1;
  }
  for (let i = 0; i < n; i++) list.subarray(start[i], start[i + 1]).sort();
  return { start, list };
}

/** Kahn's order with a heap-free trick: repeated sweeps are avoided by a queue seeded in node order. */
function topologicalOrder(n: number, parents: Adjacency, children: Adjacency): Int32Array {
  const waiting = new Int32Array(n);
  const order = new Int32Array(n);
  let end = 0;
  for (let v = 0; v < n; v++) {
    waiting[v] = (parents.start[v + 1] ?? 0) - (parents.start[v] ?? 0);
    if (waiting[v] === 0) order[end++] = v;
  }
  for (let i = 0; i < end; i++) {
    const v = order[i] ?? 0;
    for (let k = children.start[v] ?? 0; k < (children.start[v + 1] ?? 0); k++) {
      const child = children.list[k] ?? 0;
      waiting[child] = (waiting[child] ?? 0) - 1;
      if (waiting[child] === 0) order[end++] = child;
    }
  }
  if (end !== n) throw new Error("The graph has a cycle; it was not made by createGraph.");
  return order;
}

/** Neighbours of `v` as a view, not a copy. */
export function near(adjacency: Adjacency, v: number): Int32Array {
  return adjacency.list.subarray(adjacency.start[v], adjacency.start[v + 1]);
}

/** Numbers of the named nodes, in the given order without repeats; throws `UserError` `unknown-node`. */
export function idsOf(graph: Graph, names: string | readonly string[]): number[] {
  const { id } = compact(graph);
  const list = typeof names === "string" ? [names] : names;
  const ids = list.map((name) => id.get(name) ?? unknownNode(graph, name));
  return ids.length < 2 ? ids : [...new Set(ids)];
}

export function unknownNode(graph: Graph, name: string): never {
  const names = graph.nodes.map((node) => node.name);
  throw new UserError({
    code: "unknown-node",
    message: `There is no node "${name}" in the graph.`,
    value: name,
    expected: `one of ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`,
    hint: "Check the spelling, or add the variable to the graph.",
  });
}

/** Names of node numbers, in the graph's own order. */
export function namesOf(graph: Graph, ids: Iterable<number>): string[] {
  const { names } = compact(graph);
  return [...ids].sort((a, b) => a - b).map((i) => names[i] ?? "");
}
