import { UserError } from "../../app/errors.ts";
import { findCycle } from "./cycle.ts";

/**
 * How two nodes are joined, read from `from` to `to`. `o` is a circle mark (a PAG does not say which end mark it
 * is); `<->` stands for an unmeasured common cause.
 */
export type EdgeMark = "->" | "<->" | "--" | "o->" | "o-o" | "--o";

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly mark: EdgeMark;
  /** Id of the assumption that is switched off and whose place the edge takes; absent from an author's own edges. */
  readonly doubt?: string;
}

export type NodeRole = "treatment" | "outcome" | "adjusted" | "selected";

export interface GraphNode {
  readonly name: string;
  /** Unmeasured: drawn dashed, never part of an answer's formula. */
  readonly latent: boolean;
  readonly role?: NodeRole;
  /** Where the text or the user has put it, in the units of the text; absent when laid out by the page. */
  readonly x?: number;
  readonly y?: number;
}

/** What the edges mean: `--` in a `cpdag` is an arrow of unknown direction, in a `mag` it is selection. */
export type GraphType = "admg" | "cpdag" | "mag" | "pag";

/**
 * A mixed graph as plain data: it can be sent to a worker and compared field by field. Node names are unique,
 * edges are unique and join known nodes, and the arrows have no cycle: `createGraph` sees to that.
 */
export interface Graph {
  readonly kind: "graph";
  readonly type: GraphType;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly Edge[];
}

/** A forgiving description of a graph: nodes may be named only in edges. */
export interface GraphSpec {
  readonly type?: GraphType;
  readonly nodes?: readonly (string | (Partial<GraphNode> & { readonly name: string }))[];
  readonly edges?: readonly (readonly [from: string, to: string, mark?: EdgeMark] | Edge)[];
  /** Names of unmeasured nodes, beside those marked in `nodes`. */
  readonly latent?: readonly string[];
}

/**
 * The graph of a description: nodes in order of first mention, repeated edges once. Throws `UserError`
 * (`graph-cycle` naming the cycle, `graph-self-loop`, `graph-empty-name`, `graph-duplicate-node`). O(n + m).
 */
export function createGraph(spec: GraphSpec): Graph {
  const nodes = new Map<string, GraphNode>();
  for (const given of spec.nodes ?? []) {
    const node = typeof given === "string" ? { name: given } : given;
    checkName(node.name);
    if (nodes.has(node.name)) {
      throw new UserError({
        code: "graph-duplicate-node",
        message: `The node "${node.name}" is listed twice.`,
        value: node.name,
        expected: "each node once",
      });
    }
    nodes.set(node.name, { ...node, latent: node.latent ?? false });
  }
  const edges: Edge[] = [];
  const seen = new Set<string>();
  for (const given of spec.edges ?? []) {
    const edge = toEdge(given);
    for (const name of [edge.from, edge.to]) {
      checkName(name);
      if (!nodes.has(name)) nodes.set(name, { name, latent: false });
    }
    if (edge.from === edge.to) {
      throw new UserError({
        code: "graph-self-loop",
        message: `The edge ${edge.from} ${edge.mark} ${edge.to} joins a node to itself.`,
        value: edge.from,
        expected: "edges between two different nodes",
        hint: "Remove the edge, or split the variable into two points in time.",
      });
    }
    const key = edgeKey(edge);
    if (!seen.has(key)) {
      seen.add(key);
      edges.push(edge);
    }
  }
  for (const name of spec.latent ?? []) {
    checkName(name);
    nodes.set(name, { ...(nodes.get(name) ?? { name }), latent: true });
  }
  const graph: Graph = {
    kind: "graph",
    type: typeOf(edges, spec.type),
    nodes: [...nodes.values()],
    edges,
  };
  const cycle = findCycle(graph);
  if (cycle !== undefined) throw cycleError(cycle);
  return graph;
}

/** The same graph with edges added and removed (by ends and mark); throws as `createGraph` does. O(n + m). */
export function editGraph(
  graph: Graph,
  change: { readonly add?: GraphSpec["edges"]; readonly remove?: readonly Edge[] },
): Graph {
  const gone = new Set((change.remove ?? []).map((edge) => edgeKey(toEdge(edge))));
  return createGraph({
    type: graph.type,
    nodes: graph.nodes,
    edges: [...graph.edges.filter((edge) => !gone.has(edgeKey(edge))), ...(change.add ?? [])],
  });
}

/** The same graph with the latent flags replaced. O(n). */
export function withLatent(graph: Graph, latent: readonly string[]): Graph {
  const set = new Set(latent);
  return { ...graph, nodes: graph.nodes.map((node) => ({ ...node, latent: set.has(node.name) })) };
}

/** Whether two edges are the same, whichever end is written first. */
export function edgeKey(edge: Edge): string {
  const symmetric = edge.mark === "<->" || edge.mark === "--" || edge.mark === "o-o";
  const swap = symmetric && edge.from > edge.to;
  return JSON.stringify([swap ? edge.to : edge.from, swap ? edge.from : edge.to, edge.mark]);
}

export function cycleError(cycle: readonly string[]): UserError {
  return new UserError({
    code: "graph-cycle",
    message: `The arrows go in a circle: ${cycle.join(" -> ")}.`,
    value: cycle,
    expected: "arrows without a cycle",
    hint: "Turn or remove one of these arrows, or split a variable into points in time.",
  });
}

function toEdge(given: readonly [string, string, EdgeMark?] | Edge): Edge {
  if (!isTuple(given)) return given;
  return { from: given[0], to: given[1], mark: given[2] ?? "->" };
}

function isTuple(
  given: readonly [string, string, EdgeMark?] | Edge,
): given is readonly [string, string, EdgeMark?] {
  return Array.isArray(given);
}

/** The type said, unless the marks contradict it: an undirected edge or a circle is never part of an admg. */
function typeOf(edges: readonly Edge[], said: GraphType | undefined): GraphType {
  if (edges.some((edge) => edge.mark.includes("o"))) return "pag";
  const undirected = edges.some((edge) => edge.mark === "--");
  const bidirected = edges.some((edge) => edge.mark === "<->");
  if (undirected && bidirected) return said === "pag" ? "pag" : "mag";
  if (undirected) return said === undefined || said === "admg" ? "cpdag" : said;
  if (bidirected && said === "cpdag") return "mag";
  return said ?? "admg";
}

function checkName(name: string): void {
  if (name.trim() !== "") return;
  throw new UserError({
    code: "graph-empty-name",
    message: "A node has an empty name.",
    value: name,
    expected: "a name with at least one visible character",
  });
}
