import type { Assumption, Claim } from "../../app/claim.ts";
import { findCycle } from "../graph/cycle.ts";
import { createGraph, type Edge, edgeKey, type Graph } from "../graph/graph.ts";
import { noArrow, noConfounder } from "../identify/claims.ts";
import { pairsOf } from "../../app/cell/doubts.ts";

/** A graph without some of the assumptions that its missing edges make. */
export interface DoubtedGraph {
  readonly graph: Graph;
  /** What it does without: each is an edge of the graph now. */
  readonly added: readonly Assumption[];
  /** What it cannot do without, and the circle that the arrow would close. */
  readonly refused: readonly {
    readonly assumption: Assumption;
    readonly cycle: readonly string[];
  }[];
}

/**
 * The graph with an edge for each assumption in `doubts` that is about a pair of its measured variables: x <-> y
 * for "nothing unmeasured causes both", x -> y for "x does not affect y directly". The edges are marked with the
 * assumption's id. An edge that is there already adds nothing, nor does one of an equivalence class, whose missing
 * edges are found and not assumed. O(doubts · edges).
 */
export function admitDoubts(graph: Graph, doubts: readonly string[]): DoubtedGraph {
  const added: Assumption[] = [];
  const refused: { assumption: Assumption; cycle: readonly string[] }[] = [];
  if (graph.type !== "admg") return { graph, added, refused };
  const measured = new Set(graph.nodes.filter(({ latent }) => !latent).map(({ name }) => name));
  const edges: Edge[] = [...graph.edges];
  const there = new Set(edges.map((edge) => edgeKey(edge)));
  for (const doubt of doubts) {
    const pair = pairsOf(doubt).find(({ a, b }) => measured.has(a) && measured.has(b) && a !== b);
    if (pair === undefined) continue;
    const { kind, a, b } = pair;
    const edge: Edge = { from: a, to: b, mark: kind === "no-arrow" ? "->" : "<->", doubt };
    if (there.has(edgeKey(edge))) continue;
    const assumption = kind === "no-arrow" ? noArrow(a, b) : noConfounder(a, b);
    const cycle = findCycle({ nodes: graph.nodes, edges: [...edges, edge] });
    if (cycle === undefined) {
      there.add(edgeKey(edge));
      edges.push(edge);
      added.push(assumption);
    } else refused.push({ assumption, cycle });
  }
  return { graph: added.length === 0 ? graph : createGraph({ ...graph, edges }), added, refused };
}

/** What such a graph claims: nothing by itself, but all that is read off it rests on what it could not do without. */
export function claimOfDoubted({ added, refused }: DoubtedGraph, name: string): Claim | undefined {
  if (added.length === 0 && refused.length === 0) return undefined;
  return {
    rung: 1,
    query: `the arrows of ${name}`,
    status: "association",
    assumptions: refused.map(({ assumption }) => assumption),
    ...(added.length === 0 ? {} : { without: added }),
  };
}
