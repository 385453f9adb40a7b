import type { Assumption, Claim, ClaimStatus, Rung } from "../../app/claim.ts";
import { closure } from "../graph/relations.ts";
import { compact, idsOf, near } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";

/** Above this many variables, only pairs with the treatment or outcome are listed one by one. */
const listAll = 8;
const listAtMost = 60;

/**
 * What the graph claims by the arrows it does not have, in sentences: no unmeasured common cause of two
 * variables, no direct effect of one on another. Only variables that lead to the query's variables are spoken of;
 * with many of them, pairs without a query variable are summed up in one sentence. O(k²) for k such variables.
 */
export function graphAssumptions(
  graph: Graph,
  variables: readonly string[],
): readonly Assumption[] {
  const projected = latentProjection(graph);
  const g = compact(projected);
  const queried = new Set(
    idsOf(
      projected,
      variables.filter((name) => g.id.has(name)),
    ),
  );
  const relevant = [...closure(g.parents, queried)].sort(
    (v, w) => (g.rank[v] ?? 0) - (g.rank[w] ?? 0),
  );
  const found: Assumption[] = [];
  let summedUp = false;
  for (const [i, v] of relevant.entries()) {
    for (const w of relevant.slice(i + 1)) {
      const both = queried.has(v) && queried.has(w);
      const told =
        relevant.length <= listAll ||
        (queried.has(v) || queried.has(w) ? found.length < listAtMost : both);
      if (!told) {
        summedUp = true;
        continue;
      }
      const a = g.names[v] ?? "";
      const b = g.names[w] ?? "";
      if (!near(g.spouses, v).includes(w)) found.push(noConfounder(a, b));
      if (!near(g.children, v).includes(w)) found.push(noArrow(a, b));
    }
  }
  if (summedUp) {
    found.push({
      id: "graph-complete",
      kind: "graph-complete",
      text: `Among the ${relevant.length} variables behind this query, the graph misses no arrow and no unmeasured common cause.`,
      variables: relevant.map((v) => g.names[v] ?? ""),
    });
  }
  return found;
}

export function noConfounder(a: string, b: string): Assumption {
  return {
    // the same whichever is asked about first
    id: `no-confounder:${[a, b].sort().join(",")}`,
    kind: "no-confounder",
    text: `Nothing unmeasured causes both ${a} and ${b}.`,
    variables: [a, b],
  };
}

export function noArrow(a: string, b: string): Assumption {
  return {
    id: `no-arrow:${a},${b}`,
    kind: "no-arrow",
    text: `${a} does not affect ${b} directly, only through other variables of the graph if at all.`,
    variables: [a, b],
  };
}

export function positivity(treatment: readonly string[], given: readonly string[]): Assumption[] {
  if (treatment.length === 0) return [];
  const what = treatment.join(" and ");
  const where = given.length === 0 ? "" : ` whatever the values of ${given.join(", ")}`;
  return [
    {
      id: `positivity:${treatment.join(",")}`,
      kind: "positivity",
      text: `Every value of ${what} that is asked about does occur${where}.`,
      variables: [...treatment, ...given],
    },
  ];
}

export function makeClaim(
  rung: Rung,
  query: string,
  status: ClaimStatus,
  assumptions: readonly Assumption[],
  derivation: readonly string[],
): Claim {
  return { rung, query, status, assumptions, derivation };
}
