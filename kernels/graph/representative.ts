import { UserError } from "../../app/errors.ts";
import type { Edge, Graph } from "./graph.ts";
import { createGraph } from "./graph.ts";

const cache = new WeakMap<Graph, Graph>();

/**
 * One member of the class a cpdag or pag stands for, which has the same m-separations as every other member;
 * admg and mag are their own. Cpdag: consistent extension by Dor & Tarsi 1992. Pag: `o->` becomes `->`, and the
 * `o-o` part is oriented without new colliders (Zhang 2008, lemma 3.3.4 and theorem 2). O(n m) at worst.
 * Throws `UserError` `graph-not-extendable` when no directed graph has these arrows and unshielded colliders.
 */
export function representative(graph: Graph): Graph {
  if (graph.type === "admg" || graph.type === "mag") return graph;
  let member = cache.get(graph);
  if (member === undefined) {
    member = graph.type === "cpdag" ? extend(graph) : magOf(graph);
    cache.set(graph, member);
  }
  return member;
}

function magOf(pag: Graph): Graph {
  const settled: Edge[] = [];
  const circles: Edge[] = [];
  for (const edge of pag.edges) {
    if (edge.mark === "o-o") circles.push({ ...edge, mark: "--" });
    else if (edge.mark === "o->") settled.push({ ...edge, mark: "->" });
    else if (edge.mark === "--o") settled.push({ ...edge, mark: "->" });
    else settled.push(edge);
  }
  const names = [...new Set(circles.flatMap((edge) => [edge.from, edge.to]))];
  const part = extend(createGraph({ type: "cpdag", nodes: names, edges: circles }));
  return createGraph({ type: "mag", nodes: pag.nodes, edges: [...settled, ...part.edges] });
}

/** A directed graph with the same arrows, skeleton and unshielded colliders. */
export function extend(cpdag: Graph): Graph {
  const near = new Map(cpdag.nodes.map((node) => [node.name, new Set<string>()]));
  const out = new Map(cpdag.nodes.map((node) => [node.name, new Set<string>()]));
  const line = new Map(cpdag.nodes.map((node) => [node.name, new Set<string>()]));
  for (const edge of cpdag.edges) {
    near.get(edge.from)?.add(edge.to);
    near.get(edge.to)?.add(edge.from);
    if (edge.mark === "->") out.get(edge.from)?.add(edge.to);
    if (edge.mark === "--") {
      line.get(edge.from)?.add(edge.to);
      line.get(edge.to)?.add(edge.from);
    }
  }
  const oriented = new Map<string, Edge>();
  const left = new Set(cpdag.nodes.map((node) => node.name));
  const isSink = (v: string): boolean => {
    if ((out.get(v)?.size ?? 0) > 0) return false;
    for (const w of line.get(v) ?? []) {
      for (const u of near.get(v) ?? []) {
        if (u !== w && near.get(w)?.has(u) !== true) return false;
      }
    }
    return true;
  };
  const pending = [...left];
  while (left.size > 0) {
    const sink = nextSink(pending, left, isSink);
    if (sink === undefined) throw notExtendable(left);
    for (const w of line.get(sink) ?? []) {
      oriented.set(lineKey(w, sink), { from: w, to: sink, mark: "->" });
      line.get(w)?.delete(sink);
    }
    for (const w of near.get(sink) ?? []) {
      near.get(w)?.delete(sink);
      out.get(w)?.delete(sink);
      pending.push(w); // may have become a sink
    }
    left.delete(sink);
  }
  const edges = cpdag.edges.map((edge) =>
    edge.mark === "--" ? (oriented.get(lineKey(edge.from, edge.to)) ?? edge) : edge,
  );
  return createGraph({ type: "admg", nodes: cpdag.nodes, edges });
}

function nextSink(
  pending: string[],
  left: ReadonlySet<string>,
  isSink: (v: string) => boolean,
): string | undefined {
  for (let v = pending.pop(); v !== undefined; v = pending.pop()) {
    if (left.has(v) && isSink(v)) return v;
  }
  for (const v of left) if (isSink(v)) return v;
  return undefined;
}

const lineKey = (v: string, w: string): string => JSON.stringify(v < w ? [v, w] : [w, v]);

function notExtendable(left: ReadonlySet<string>): UserError {
  const names = [...left].slice(0, 12).join(", ");
  return new UserError({
    code: "graph-not-extendable",
    message: `The undirected edges among ${names} cannot be given directions without a new collider or a cycle.`,
    value: names,
    expected: "a partly directed graph that stands for at least one directed graph",
    hint: "Check the edges against the discovery that made them, or give some of them a direction.",
  });
}
