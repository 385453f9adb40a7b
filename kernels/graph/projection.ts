import { closure } from "./relations.ts";
import { compact, idsOf, near } from "./compact.ts";
import { createGraph } from "./graph.ts";
import type { Edge, Graph } from "./graph.ts";

const cache = new WeakMap<Graph, Graph>();

/**
 * The graph over the measured nodes that says the same about them: an arrow where a directed path runs through
 * unmeasured nodes only, a bidirected edge where an unmeasured common cause does (Verma & Pearl 1990; Richardson
 * et al. 2023, definition 4). `hide` names further nodes to project out. Returns the graph itself when nothing is
 * unmeasured. O(n + m) plus the edges made (quadratic in the children of one unmeasured node).
 */
export function latentProjection(graph: Graph, hide: readonly string[] = []): Graph {
  if (hide.length === 0) {
    if (!graph.nodes.some((node) => node.latent)) return graph;
    let known = cache.get(graph);
    if (known === undefined) cache.set(graph, (known = project(graph, new Set())));
    return known;
  }
  return project(graph, new Set(idsOf(graph, hide)));
}

function project(graph: Graph, hidden: ReadonlySet<number>): Graph {
  const g = compact(graph);
  const isHidden = (v: number): boolean => g.latent[v] === 1 || hidden.has(v);
  const name = (v: number): string => g.names[v] ?? "";
  // Measured nodes that a hidden node reaches through hidden nodes.
  const reached = new Map<number, number[]>();
  const reach = (v: number): number[] => {
    if (!isHidden(v)) return [v];
    let found = reached.get(v);
    if (found === undefined) {
      const inside = closure(g.children, [v], isHidden);
      const exits = new Set<number>();
      for (const w of inside)
        for (const child of near(g.children, w)) if (!isHidden(child)) exits.add(child);
      reached.set(v, (found = [...exits].sort((a, b) => a - b)));
    }
    return found;
  };
  const edges: Edge[] = [];
  const add = (from: number, to: number, mark: Edge["mark"]): void => {
    if (from !== to) edges.push({ from: name(from), to: name(to), mark });
  };
  for (let v = 0; v < g.n; v++) {
    if (isHidden(v)) {
      const exits = reach(v);
      for (const [i, a] of exits.entries()) for (const b of exits.slice(i + 1)) add(a, b, "<->");
    } else {
      for (const child of near(g.children, v)) for (const w of reach(child)) add(v, w, "->");
    }
    for (const w of near(g.spouses, v)) {
      if (w < v) continue;
      for (const a of reach(v)) for (const b of reach(w)) add(a, b, "<->");
    }
    for (const w of near(g.neighbours, v))
      if (w > v && !isHidden(v) && !isHidden(w)) add(v, w, "--");
  }
  const nodes = graph.nodes.filter((_, v) => !isHidden(v));
  const circles = graph.edges.filter((edge) => edge.mark.includes("o"));
  return createGraph({ type: graph.type, nodes, edges: [...edges, ...circles] });
}

/** The graph with every bidirected edge replaced by an unmeasured node of its own ("canonical DAG"). O(n + m). */
export function canonicalDag(graph: Graph): Graph {
  const taken = new Set(graph.nodes.map((node) => node.name));
  const latent: string[] = [];
  const edges = graph.edges.flatMap((edge): Edge[] => {
    if (edge.mark !== "<->") return [edge];
    let name = `U(${edge.from}, ${edge.to})`;
    while (taken.has(name)) name += "'";
    taken.add(name);
    latent.push(name);
    return [
      { from: name, to: edge.from, mark: "->" },
      { from: name, to: edge.to, mark: "->" },
    ];
  });
  return createGraph({ type: graph.type, nodes: graph.nodes, edges, latent });
}

/** Pairs that are joined in the moral graph of an ancestral set: same district, or parents of one. Richardson 2003. */
export function moralise(graph: Graph): (readonly [string, string])[] {
  const g = compact(graph);
  const done = new Set<number>();
  const pairs = new Set<number>();
  for (let v = 0; v < g.n; v++) {
    if (done.has(v)) continue;
    const clique = new Set<number>();
    for (const w of closure(g.spouses, [v])) {
      done.add(w);
      clique.add(w);
      for (const parent of near(g.parents, w)) clique.add(parent);
    }
    const members = [...clique];
    for (const [i, a] of members.entries()) {
      for (const b of members.slice(i + 1)) pairs.add(Math.min(a, b) * g.n + Math.max(a, b));
    }
    for (const w of near(g.neighbours, v)) pairs.add(Math.min(v, w) * g.n + Math.max(v, w));
  }
  return [...pairs]
    .sort((a, b) => a - b)
    .map((pair) => [g.names[Math.floor(pair / g.n)] ?? "", g.names[pair % g.n] ?? ""] as const);
}
