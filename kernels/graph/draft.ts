import type { Place } from "../../app/errors.ts";
import { UserError } from "../../app/errors.ts";
import { createGraph, edgeKey } from "./graph.ts";
import type { Edge, EdgeMark, Graph, GraphNode, GraphType, NodeRole } from "./graph.ts";
import { findCycle } from "./cycle.ts";
import { placeAt } from "./scanner.ts";

/** What a reader collects before the graph is made: names, edges, and where each edge stands in the text. */
export interface Draft {
  readonly text: string;
  type?: GraphType;
  readonly nodes: Map<string, GraphNode>;
  readonly edges: { readonly edge: Edge; readonly start: number; readonly end: number }[];
}

export function createDraft(text: string): Draft {
  return { text, nodes: new Map(), edges: [] };
}

export function touch(draft: Draft, name: string): GraphNode {
  let node = draft.nodes.get(name);
  if (node === undefined) draft.nodes.set(name, (node = { name, latent: false }));
  return node;
}

export function describe(draft: Draft, name: string, change: Partial<GraphNode>): void {
  draft.nodes.set(name, { ...touch(draft, name), ...change });
}

/** Adds an edge; marks that point backwards are turned round, so that an edge is stored in one way only. */
export function join(
  draft: Draft,
  left: string,
  arrow: string,
  right: string,
  start: number,
  end: number,
): void {
  touch(draft, left);
  touch(draft, right);
  const turned = turn[arrow];
  const edge: Edge =
    turned === undefined
      ? { from: left, to: right, mark: arrow as EdgeMark }
      : { from: right, to: left, mark: turned };
  if (left === right) {
    throw new UserError({
      code: "graph-self-loop",
      message: `${left} ${arrow} ${right} joins a node to itself.`,
      value: left,
      expected: "edges between two different nodes",
      hint: "Remove the edge, or split the variable into two points in time.",
      place: placeAt(draft.text, start, end),
    });
  }
  draft.edges.push({ edge, start, end });
}

const turn: Readonly<Record<string, EdgeMark>> = {
  "<-": "->",
  "<-o": "o->",
  "o--": "--o",
};

const roles: Readonly<Record<string, NodeRole>> = {
  treatment: "treatment",
  exposure: "treatment",
  outcome: "outcome",
  adjusted: "adjusted",
  adjustednode: "adjusted",
  selected: "selected",
  selection: "selected",
};

/** Applies one word of a node's attribute list; false when the word is unknown. */
export function applyAttribute(draft: Draft, name: string, key: string, value?: string): boolean {
  const word = key.toLowerCase();
  const role = roles[word];
  if (role !== undefined) describe(draft, name, { role });
  else if (word === "latent" || word === "unobserved" || word === "unmeasured") {
    describe(draft, name, { latent: value === undefined || isTrue(value) });
  } else if (word === "observed") {
    describe(draft, name, { latent: value !== undefined && !isTrue(value) });
  } else if (word === "pos" && value !== undefined) {
    const [x, y] = value.split(",").map((part) => Number(part.replace("!", "")));
    if (x === undefined || y === undefined || !Number.isFinite(x) || !Number.isFinite(y))
      return false;
    describe(draft, name, { x, y });
  } else return false;
  return true;
}

const isTrue = (value: string): boolean => !/^(no|false|0)$/i.test(value.trim());

/** The graph of a draft; a cycle is reported at the first of its edges in the text. */
export function finish(draft: Draft): Graph {
  const edges = draft.edges.map(({ edge }) => edge);
  const nodes = [...draft.nodes.values()];
  try {
    return createGraph({
      ...(draft.type === undefined ? {} : { type: draft.type }),
      nodes,
      edges,
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      {
        code: error.code,
        message: error.message,
        value: error.value,
        ...(error.expected === undefined ? {} : { expected: error.expected }),
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        place: placeOfError(draft, edges, nodes),
      },
      { cause: error },
    );
  }
}

function placeOfError(draft: Draft, edges: readonly Edge[], nodes: readonly GraphNode[]): Place {
  const cycle = findCycle({ kind: "graph", type: "admg", nodes, edges });
  if (cycle === undefined) return placeAt(draft.text, 0, draft.text.length);
  const onCycle = new Set(
    cycle.slice(1).map((to, i) => edgeKey({ from: cycle[i] ?? "", to, mark: "->" })),
  );
  const closing = draft.edges.findLast(({ edge }) => onCycle.has(edgeKey(edge)));
  return placeAt(draft.text, closing?.start ?? 0, closing?.end ?? draft.text.length);
}
