import { UserError } from "../../../app/errors.ts";
import { compact, near } from "../../graph/compact.ts";
import type { Graph } from "../../graph/graph.ts";
import { closure } from "../../graph/relations.ts";
import { connected } from "../../graph/separation.ts";
import { ARROW, emptyMarks, marksGraph, TAIL } from "./marks.ts";

/**
 * The maximal ancestral graph over the measured nodes of a DAG or ADMG: two nodes are joined when no set separates
 * them, with a tail at an ancestor (of the other end or of what was selected) and an arrowhead elsewhere. Nodes of
 * role `selected` are conditioned on and left out. Richardson & Spirtes 2002, section 4.2: x and y are separated by
 * some set exactly when they are by their joint ancestors. O(pairs · (n + m)). Throws `UserError` `mag-needs-admg`.
 */
export function toMag(graph: Graph): Graph {
  if (graph.type === "cpdag" || graph.type === "pag") {
    throw new UserError({
      code: "mag-needs-admg",
      message: `A mag is made of one causal graph, not of a class (${graph.type}).`,
      value: graph.type,
      expected: "arrows and <->, with unmeasured nodes marked [latent]",
    });
  }
  if (graph.type === "mag") return graph;
  const g = compact(graph);
  const isSelected = graph.nodes.map((node) => node.role === "selected");
  const selected = [...isSelected.keys()].filter((v) => isSelected[v] === true);
  const kept = [...isSelected.keys()].filter((v) => isSelected[v] !== true && g.latent[v] === 0);
  const above = kept.map((v) => closure(g.parents, [v]));
  const aboveSelected = closure(g.parents, selected);
  const marks = emptyMarks(kept.length);
  kept.forEach((x, i) => {
    for (let j = i + 1; j < kept.length; j++) {
      const y = kept[j]!;
      const given = kept.filter(
        (v) => v !== x && v !== y && (above[i]!.has(v) || above[j]!.has(v) || aboveSelected.has(v)),
      );
      if (!connected(g, [x], [y], [...given, ...selected])) continue;
      const tail = (v: number, other: Set<number>): number =>
        other.has(v) || aboveSelected.has(v) ? TAIL : ARROW;
      marks.at[j * kept.length + i] = tail(x, above[j]!);
      marks.at[i * kept.length + j] = tail(y, above[i]!);
    }
  });
  return marksGraph(
    marks,
    kept.map((v) => g.names[v]!),
    "mag",
  );
}

/** Whether the arrows and `<->` of a graph are ancestral: no arrowhead at a node's own ancestor. O(n + m) a node. */
export function isAncestral(graph: Graph): boolean {
  const g = compact(graph);
  for (let v = 0; v < g.n; v++) {
    const below = closure(g.children, [v]);
    for (const w of near(g.spouses, v)) if (below.has(w)) return false;
    if (near(g.neighbours, v).length > 0) {
      if (near(g.parents, v).length > 0 || near(g.spouses, v).length > 0) return false;
    }
  }
  return true;
}
