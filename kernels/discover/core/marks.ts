import type { Edge, EdgeMark, Graph, GraphType } from "../../graph/graph.ts";

export const NONE = 0;
export const CIRCLE = 1;
export const ARROW = 2;
export const TAIL = 3;

/** A mixed graph on node numbers: `at[i * d + j]` is the mark at j of the edge between i and j, 0 when there is none. */
export interface Marks {
  readonly d: number;
  readonly at: Uint8Array;
}

export function emptyMarks(d: number): Marks {
  return { d, at: new Uint8Array(d * d) };
}

const symbols: Readonly<Record<EdgeMark, readonly [from: number, to: number]>> = {
  "->": [TAIL, ARROW],
  "<->": [ARROW, ARROW],
  "--": [TAIL, TAIL],
  "o->": [CIRCLE, ARROW],
  "o-o": [CIRCLE, CIRCLE],
  "--o": [TAIL, CIRCLE],
};

/** Marks of a graph on `names`. In a cpdag `--` is undecided, so it reads as circles when `undecided` is set. O(m). */
export function marksOf(
  graph: Graph,
  names: readonly string[] = graph.nodes.map((node) => node.name),
  undecided = false,
): Marks {
  const id = new Map(names.map((name, i) => [name, i]));
  const marks = emptyMarks(names.length);
  for (const edge of graph.edges) {
    const i = id.get(edge.from)!;
    const j = id.get(edge.to)!;
    const open = undecided && graph.type === "cpdag" && edge.mark === "--";
    const [from, to] = open ? [CIRCLE, CIRCLE] : symbols[edge.mark];
    marks.at[j * marks.d + i] = from;
    marks.at[i * marks.d + j] = to;
  }
  return marks;
}

/**
 * The same edges by name, as a plain graph value. Unlike `createGraph` it lets a circle of arrows pass, which a pag
 * from finite data may have; `discover` warns of it. O(d²).
 */
export function marksGraph(marks: Marks, names: readonly string[], type: GraphType): Graph {
  const { d, at } = marks;
  const edges: Edge[] = [];
  const add = (from: number, to: number, mark: EdgeMark): void => {
    edges.push({ from: names[from]!, to: names[to]!, mark });
  };
  for (let i = 0; i < d; i++) {
    for (let j = i + 1; j < d; j++) {
      const there = at[i * d + j]!;
      const here = at[j * d + i]!;
      if (there === NONE) continue;
      if (here === TAIL && there === ARROW) add(i, j, "->");
      else if (here === ARROW && there === TAIL) add(j, i, "->");
      else if (here === ARROW && there === ARROW) add(i, j, "<->");
      else if (here === TAIL && there === TAIL) add(i, j, "--");
      else if (here === CIRCLE && there === ARROW) add(i, j, "o->");
      else if (here === ARROW && there === CIRCLE) add(j, i, "o->");
      else if (here === CIRCLE && there === CIRCLE) add(i, j, "o-o");
      else if (here === TAIL && there === CIRCLE) add(i, j, "--o");
      else add(j, i, "--o");
    }
  }
  return {
    kind: "graph",
    type,
    nodes: names.map((name) => ({ name, latent: false })),
    edges,
  };
}
