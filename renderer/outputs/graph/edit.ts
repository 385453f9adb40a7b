import {
  createGraph,
  detectSyntax,
  type Edge,
  type EdgeMark,
  editGraph,
  formatGraph,
  type Graph,
  parseGraph,
  withLatent,
} from "../../../kernels/graph/index.ts";

/** A change to a drawn graph; each rewrites the cell's text. */
export type GraphEdit =
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
  | { readonly kind: "toggle-latent"; readonly name: string };

/** The text after the change, in the syntax it was written in. Throws `UserError`, e.g. for a cycle. */
export function editGraphText(text: string, edit: GraphEdit): string {
  const empty = text.trim() === "";
  const syntax = empty ? "short" : detectSyntax(text);
  const graph = empty ? createGraph({}) : parseGraph(text, syntax);
  return formatGraph(editGraphValue(graph, edit), syntax);
}

function editGraphValue(graph: Graph, edit: GraphEdit): Graph {
  switch (edit.kind) {
    case "add-edge":
      return editGraph(graph, { add: [[edit.from, edit.to, edit.mark]] });
    case "remove-edge":
      return editGraph(graph, { remove: [edit.edge] });
    case "reverse-edge": {
      const { from, to, mark } = edit.edge;
      return editGraph(graph, { remove: [edit.edge], add: [[to, from, mark]] });
    }
    case "add-node":
      return createGraph({ ...graph, nodes: [...graph.nodes, edit.name] });
    case "remove-node":
      return createGraph({
        type: graph.type,
        nodes: graph.nodes.filter(({ name }) => name !== edit.name),
        edges: graph.edges.filter(({ from, to }) => from !== edit.name && to !== edit.name),
      });
    case "toggle-latent":
      return withLatent(
        graph,
        graph.nodes
          .filter(({ name, latent }) => (name === edit.name ? !latent : latent))
          .map(({ name }) => name),
      );
    default:
      throw new Error(`No such graph edit: ${JSON.stringify(edit)}`);
  }
}
