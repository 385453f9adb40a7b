import { closure } from "../graph/relations.ts";
import { compact, idsOf } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import type { Hedge } from "./id.ts";

/**
 * Whether a hedge proves that P(outcome | do(treatment)) is not identified, checked from its definition alone
 * (Shpitser & Pearl 2006, theorem 4): both sets tied together by bidirected edges inside themselves; the larger
 * holds the smaller and a treatment, the smaller holds none; inside the larger everything leads to the smaller;
 * and all of the smaller leads to the outcome with arrows into treatments removed. O(n + m).
 */
export function checkHedge(graph: Graph, hedge: Hedge): boolean {
  const measured = latentProjection(graph);
  const g = compact(measured);
  const larger = new Set(idsOf(measured, hedge.larger));
  const smaller = new Set(idsOf(measured, hedge.smaller));
  const treatment = new Set(idsOf(measured, hedge.treatment));
  const outcome = idsOf(measured, hedge.outcome);
  const tied = (set: ReadonlySet<number>): boolean =>
    set.size > 0 && closure(g.spouses, [...set].slice(0, 1), (v) => set.has(v)).size === set.size;
  const leading = closure(g.parents, smaller, (v) => larger.has(v));
  const causes = closure(g.parents, outcome, (v) => !treatment.has(v));
  return (
    tied(larger) &&
    tied(smaller) &&
    [...smaller].every((v) => larger.has(v) && !treatment.has(v) && causes.has(v)) &&
    [...larger].some((v) => treatment.has(v)) &&
    leading.size === larger.size
  );
}
