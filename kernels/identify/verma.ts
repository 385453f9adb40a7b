import { closure } from "../graph/relations.ts";
import { compact, near } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import { closeEstimand, displaySymbols } from "./close.ts";
import type { Estimand, Value } from "./estimand.ts";
import { freeSymbols } from "./estimand.ts";
import { lawEstimand, marginal } from "./factors.ts";
import type { Law } from "./factors.ts";
import { givenPillow, splitAlong } from "./id.ts";
import { simplify } from "./simplify.ts";

/** An equality constraint that is no independence: the formula does not depend on some of its variables. */
export interface VermaConstraint {
  readonly kind: "verma";
  readonly formula: Estimand;
  readonly doesNotDependOn: readonly string[];
  /** The nodes whose law it is, when everything else is set. */
  readonly district: readonly string[];
}

export interface VermaResult {
  readonly kind: "verma-constraints";
  readonly constraints: readonly VermaConstraint[];
  /** The search was cut off at the limit. */
  readonly more: boolean;
}

/**
 * Constraints that unmeasured common causes leave in the observed law beyond independences: a district's law, from
 * which variables have been summed out, may depend only on the parents of what is left (Verma & Pearl 1990; Tian &
 * Pearl 2002). Found by taking effects away one at a time; at most `limit` sets are looked at (default 500).
 */
export function vermaConstraints(
  graph: Graph,
  { limit = 500 }: { readonly limit?: number } = {},
): VermaResult {
  const measured = latentProjection(graph);
  const g = compact(measured);
  const display = displaySymbols(g.names);
  const found = new Map<string, VermaConstraint>();
  const seen = new Set<string>();
  let more = false;
  const byRank = (v: number, w: number): number => (g.rank[v] ?? 0) - (g.rank[w] ?? 0);
  const look = (v: number, inside: readonly number[], law: Law): void => {
    for (const u of inside) {
      if (u === v) continue;
      const gone = closure(g.children, [u], (w) => inside.includes(w));
      if (gone.has(v)) continue;
      const rest = inside.filter((w) => !gone.has(w));
      const names = [...gone].map((w) => g.names[w] ?? "");
      const after = marginal(law, names);
      const open = new Set(rest);
      const district = [...closure(g.spouses, [v], (w) => open.has(w))].sort(byRank);
      const key = JSON.stringify([v, district]);
      if (seen.has(key)) continue;
      if (seen.size >= limit) {
        more = true;
        return;
      }
      seen.add(key);
      const own = splitAlong(g, rest, new Set(district), after);
      report(district, own);
      look(v, district, own);
    }
  };
  const report = (district: readonly number[], law: Law): void => {
    const raw = lawEstimand(law);
    const allowed = new Set(
      district.flatMap((w) => [w, ...near(g.parents, w)]).map((w) => g.names[w] ?? ""),
    );
    const extra = [...freeSymbols(raw).values()].filter((name) => !allowed.has(name));
    const summed =
      law.summed.length > 0 || law.factors.some((factor) => factor.estimand.kind !== "probability");
    if (extra.length === 0 || !summed) return;
    const values = new Map<string, Value>(
      [...freeSymbols(raw).keys()].map((name) => [name, { kind: "symbol", name: display(name) }]),
    );
    const formula = simplify(closeEstimand(raw, values, display));
    const left = [...freeSymbols(formula).values()].filter((name) => !allowed.has(name));
    if (left.length === 0) return;
    const names = district.map((w) => g.names[w] ?? "");
    found.set(JSON.stringify([names, left]), {
      kind: "verma",
      formula,
      doesNotDependOn: left,
      district: names,
    });
  };
  const before = new Set<number>();
  for (const v of g.order) {
    before.add(v);
    const district = [...closure(g.spouses, [v], (w) => before.has(w))].sort(byRank);
    look(v, district, { summed: [], factors: district.map((w) => givenPillow(g, before, w)) });
  }
  return { kind: "verma-constraints", constraints: [...found.values()], more };
}
