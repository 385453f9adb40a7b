import type { Edge, Graph } from "./graph.ts";

type Mark = "tail" | "arrow" | "circle";

interface End {
  readonly other: string;
  /** Mark at the node itself and at the other end. */
  readonly here: Mark;
  readonly there: Mark;
}

const marks: Readonly<Record<Edge["mark"], readonly [from: Mark, to: Mark]>> = {
  "->": ["tail", "arrow"],
  "<->": ["arrow", "arrow"],
  "--": ["tail", "tail"],
  "o->": ["circle", "arrow"],
  "o-o": ["circle", "circle"],
  "--o": ["tail", "circle"],
};

function endsOf(graph: Graph): ReadonlyMap<string, readonly End[]> {
  const ends = new Map<string, End[]>(graph.nodes.map((node) => [node.name, []]));
  for (const edge of graph.edges) {
    const [from, to] = marks[edge.mark];
    ends.get(edge.from)?.push({ other: edge.to, here: from, there: to });
    ends.get(edge.to)?.push({ other: edge.from, here: to, there: from });
  }
  return ends;
}

/** An edge that may point from the node to the other end in some member of the class. */
function maylead(end: End, type: Graph["type"]): boolean {
  if (type === "cpdag" && end.here === "tail" && end.there === "tail") return true;
  return end.here !== "arrow" && end.there !== "tail";
}

/** Nodes reached along edges that may all point onwards, themselves included; `inside` limits the walk. O(n + m). */
export function possibleDescendants(
  graph: Graph,
  from: readonly string[],
  inside?: (name: string) => boolean,
): Set<string> {
  return walk(graph, from, inside, (end) => maylead(end, graph.type));
}

/** Nodes from which `to` may be reached that way. O(n + m). */
export function possibleAncestors(
  graph: Graph,
  to: readonly string[],
  inside?: (name: string) => boolean,
): Set<string> {
  return walk(graph, to, inside, (end) =>
    maylead({ ...end, here: end.there, there: end.here }, graph.type),
  );
}

function walk(
  graph: Graph,
  from: readonly string[],
  inside: ((name: string) => boolean) | undefined,
  follows: (end: End) => boolean,
): Set<string> {
  const ends = endsOf(graph);
  const seen = new Set(from.filter((name) => inside?.(name) !== false));
  for (const v of seen) {
    for (const end of ends.get(v) ?? [])
      if (follows(end) && inside?.(end.other) !== false) seen.add(end.other);
  }
  return seen;
}

/**
 * Whether every way by which the treatments may cause the outcome begins with an arrow that surely has no unmeasured
 * cause beside it ("amenable", Perković et al. 2018, definition 4): in a cpdag an arrow, in a mag or pag a visible one.
 */
export function isAmenable(
  graph: Graph,
  treatment: readonly string[],
  causal: ReadonlySet<string>,
): boolean {
  const ends = endsOf(graph);
  return treatment.every((x) =>
    (ends.get(x) ?? []).every((end) => {
      if (!causal.has(end.other) || !maylead(end, graph.type)) return true;
      if (end.here !== "tail" || end.there !== "arrow") return false;
      return graph.type === "cpdag" || isVisible(ends, x, end.other);
    }),
  );
}

/** x -> y is visible if some node not next to y points into x, directly or by colliders that are parents of y. Zhang 2008. */
function isVisible(ends: ReadonlyMap<string, readonly End[]>, x: string, y: string): boolean {
  const nextToY = new Set((ends.get(y) ?? []).map((end) => end.other));
  const isParent = (v: string): boolean =>
    (ends.get(v) ?? []).some(
      (end) => end.other === y && end.here === "tail" && end.there === "arrow",
    );
  const seen = new Set([x]);
  for (const v of seen) {
    for (const end of ends.get(v) ?? []) {
      if (end.here !== "arrow" || end.other === y) continue;
      if (!nextToY.has(end.other)) return true;
      if (end.there === "arrow" && isParent(end.other)) seen.add(end.other);
    }
  }
  return false;
}
