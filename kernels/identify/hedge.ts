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

/**
 * A hedge inside a hedge from which no variable can be taken: what two models have to be built on. O(k⁴) for k
 * variables in the larger set.
 */
export function smallestHedge(graph: Graph, hedge: Hedge): Hedge {
  let best = hedge;
  for (let shrunk = true; shrunk;) {
    shrunk = false;
    for (const name of best.larger) {
      const drop = (list: readonly string[]): string[] => list.filter((other) => other !== name);
      const found = [
        { ...best, larger: drop(best.larger), smaller: drop(best.smaller) },
        { ...best, smaller: drop(best.smaller) },
      ]
        .filter((trial) => trial.smaller.length > 0)
        .map((trial) => tidy(graph, trial))
        .find((trial) => sizeOf(trial) < sizeOf(best) && checkHedge(graph, trial));
      if (found === undefined) continue;
      best = found;
      shrunk = true;
      break;
    }
  }
  return best;
}

const sizeOf = ({ larger, smaller }: Hedge): number => larger.length + smaller.length;

/** Only what still leads to the smaller set and is tied to it. */
function tidy(graph: Graph, hedge: Hedge): Hedge {
  const measured = latentProjection(graph);
  const g = compact(measured);
  const smaller = idsOf(measured, hedge.smaller);
  let larger = new Set(idsOf(measured, hedge.larger));
  for (;;) {
    const leading = closure(g.parents, smaller, (v) => larger.has(v));
    const tied = closure(g.spouses, smaller.slice(0, 1), (v) => leading.has(v));
    if (tied.size === larger.size) break;
    larger = tied;
  }
  return { ...hedge, larger: [...larger].map((v) => g.names[v] ?? "") };
}
