import type { Graph } from "../graph/graph.ts";
import type { Discovery } from "./result.ts";

const origins = new WeakMap<Graph, Discovery>();

/** Notes that a graph was read off data; whoever is given the graph can ask. */
export function rememberDiscovery(graph: Graph, discovery: Discovery): void {
  origins.set(graph, discovery);
}

/** The search that found this graph, with its scores, frequencies and warnings; undefined for any other graph. */
export function discoveryOf(graph: Graph): Discovery | undefined {
  return origins.get(graph);
}
