import { UserError } from "../../app/errors.ts";
import { createGraph, editGraph, withLatent } from "./graph.ts";
import type { Edge, EdgeMark, Graph } from "./graph.ts";

/** One change a hand makes to a drawn graph. */
export type GraphChange =
  | {
      readonly kind: "add-edge";
      readonly from: string;
      readonly to: string;
      readonly mark: EdgeMark;
    }
  | { readonly kind: "remove-edge"; readonly edge: Edge }
  | { readonly kind: "reverse-edge"; readonly edge: Edge }
  | { readonly kind: "add-node"; readonly name: string }
  | { readonly kind: "remove-node"; readonly name: string }
  | { readonly kind: "rename-node"; readonly name: string; readonly to: string }
  | { readonly kind: "toggle-latent"; readonly name: string };

/**
 * The graph after a change. Throws `UserError` as `createGraph` does (a cycle, a name that is taken), and
 * `unknown-node` for a node to rename that is not there. O(n + m).
 */
export function changeGraph(graph: Graph, change: GraphChange): Graph {
  switch (change.kind) {
    case "add-edge":
      return editGraph(graph, { add: [[change.from, change.to, change.mark]] });
    case "remove-edge":
      return editGraph(graph, { remove: [change.edge] });
    case "reverse-edge":
      return editGraph(graph, { remove: [change.edge], add: [reversed(change.edge)] });
    case "add-node":
      return createGraph({ ...graph, nodes: [...graph.nodes, change.name] });
    case "remove-node":
      return createGraph({
        type: graph.type,
        nodes: graph.nodes.filter(({ name }) => name !== change.name),
        edges: graph.edges.filter(({ from, to }) => from !== change.name && to !== change.name),
      });
    case "rename-node":
      return renamed(graph, change.name, change.to);
    case "toggle-latent":
      return withLatent(
        graph,
        graph.nodes
          .filter(({ name, latent }) => (name === change.name ? !latent : latent))
          .map(({ name }) => name),
      );
    default:
      throw new Error(`No such change of a graph: ${JSON.stringify(change)}`);
  }
}

/** The edge with its ends exchanged; a circle mark stays at its node. */
export function reversed({ from, to, mark }: Edge): Edge {
  return { from: to, to: from, mark };
}

function renamed(graph: Graph, before: string, after: string): Graph {
  if (!graph.nodes.some(({ name }) => name === before)) {
    throw new UserError({
      code: "unknown-node",
      message: `The graph has no node "${before}".`,
      value: before,
      expected: "a node of the graph",
    });
  }
  const name = (old: string): string => (old === before ? after : old);
  return createGraph({
    type: graph.type,
    nodes: graph.nodes.map((node) => ({ ...node, name: name(node.name) })),
    edges: graph.edges.map(({ from, to, mark }) => ({ from: name(from), to: name(to), mark })),
  });
}
