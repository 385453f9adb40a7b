import { compact, idsOf, namesOf, near } from "./compact.ts";
import type { Adjacency } from "./compact.ts";
import type { Graph } from "./graph.ts";

/** Nodes reached from `from` along `adjacency`, themselves included; `inside` limits the walk. O(reached edges). */
export function closure(
  adjacency: Adjacency,
  from: Iterable<number>,
  inside?: (v: number) => boolean,
): Set<number> {
  const reached = new Set<number>();
  const stack: number[] = [];
  for (const v of from) {
    if (!reached.has(v) && (inside === undefined || inside(v))) {
      reached.add(v);
      stack.push(v);
    }
  }
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    for (const w of near(adjacency, v)) {
      if (!reached.has(w) && (inside === undefined || inside(w))) {
        reached.add(w);
        stack.push(w);
      }
    }
  }
  return reached;
}

/** Names of the nodes with a directed path into `of`, themselves included. O(n + m). */
export function ancestors(graph: Graph, of: string | readonly string[]): string[] {
  return namesOf(graph, closure(compact(graph).parents, idsOf(graph, of)));
}

/** Names of the nodes that `of` has a directed path into, themselves included. O(n + m). */
export function descendants(graph: Graph, of: string | readonly string[]): string[] {
  return namesOf(graph, closure(compact(graph).children, idsOf(graph, of)));
}

/** Direct causes of a node. */
export function parents(graph: Graph, of: string): string[] {
  return idsOf(graph, of).flatMap((v) => namesOf(graph, near(compact(graph).parents, v)));
}

/** Nodes that a node directly causes. */
export function children(graph: Graph, of: string): string[] {
  return idsOf(graph, of).flatMap((v) => namesOf(graph, near(compact(graph).children, v)));
}

/** Districts (c-components): nodes joined by paths of bidirected edges, each node in one. O(n + m). Tian & Pearl 2002. */
export function districts(graph: Graph): string[][] {
  const g = compact(graph);
  const done = new Set<number>();
  const found: string[][] = [];
  for (let v = 0; v < g.n; v++) {
    if (done.has(v)) continue;
    const district = closure(g.spouses, [v]);
    for (const w of district) done.add(w);
    found.push(namesOf(graph, district));
  }
  return found;
}

/** Names with every cause before its effects. */
export function topologicalNames(graph: Graph): string[] {
  const g = compact(graph);
  return Array.from(g.order, (v) => g.names[v] ?? "");
}
