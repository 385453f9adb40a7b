import type { GraphBlock, NodeRole } from "../../app/protocol/report.ts";
import type { Graph } from "../graph/graph.ts";
import { count, listing } from "./format.ts";

/** A graph to draw, with the roles its nodes have in a question. */
export function graphBlock(
  graph: Graph,
  roles: Readonly<Record<string, NodeRole>> = {},
  editable = false,
): GraphBlock {
  return {
    kind: "graph",
    nodes: graph.nodes.map((node) => ({
      name: node.name,
      role: roles[node.name] ?? declaredRole(node.role),
      ...(node.latent ? { latent: true } : {}),
      ...(node.x === undefined || node.y === undefined ? {} : { x: node.x, y: node.y }),
    })),
    edges: graph.edges,
    summary: graphText(graph),
    ...(editable ? { editable: true } : {}),
  };
}

function declaredRole(role: Graph["nodes"][number]["role"]): NodeRole {
  if (role === undefined) return "plain";
  return role === "selected" ? "selection" : role;
}

function graphText(graph: Graph): string {
  const latent = graph.nodes.filter((node) => node.latent).map((node) => node.name);
  const arrows = graph.edges.slice(0, 12).map((edge) => `${edge.from} ${edge.mark} ${edge.to}`);
  const more = graph.edges.length > arrows.length ? ", …" : "";
  const hidden = latent.length === 0 ? "" : ` Unmeasured: ${listing(latent)}.`;
  return `Graph of ${count(graph.nodes.length, "variable")} and ${count(graph.edges.length, "edge")}: ${arrows.join(", ")}${more}.${hidden}`;
}
