import { closure } from "../graph/relations.ts";
import { compact, idsOf, near } from "../graph/compact.ts";
import type { Compact } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { lawEstimand, marginal, ratio } from "./factors.ts";
import type { Factor, Law } from "./factors.ts";
import { asFactors, districtsIn, moveConditions, narrow, splitAlong } from "./id.ts";
import type { TraceStep } from "./id.ts";
import type { Interventional, InterventionalResult } from "./interventional.ts";
import { symbolTerm } from "./estimand.ts";

/**
 * P(outcome | do(treatment), given) when only the law of the selected, P(V | S = 1), is at hand. RC of Bareinboim &
 * Tian 2015: a district with no cause of selection is the same among the selected; divide it out, sum out what is
 * no longer needed, and look again. Sound; a "hedge" here only means that this procedure found no formula.
 */
export function recoverFromSelection(
  graph: Graph,
  query: Interventional,
  selection: string,
): InterventionalResult {
  const g = compact(graph);
  const [s] = idsOf(graph, selection);
  if (s === undefined) throw new Error("idsOf returned no node for a name.");
  const trace: TraceStep[] = [];
  const outcome = idsOf(graph, query.outcome);
  const moved = moveConditions(
    g,
    outcome,
    idsOf(graph, query.treatment),
    idsOf(graph, query.given),
    (step) => trace.push(step),
  );
  const wanted = [...outcome, ...moved.given];
  const held = new Set(moved.treatment);
  const kept = closure(g.parents, wanted, (v) => !held.has(v));
  const name = (v: number): string => g.names[v] ?? "";
  const factors: Factor[] = [];
  for (const part of districtsIn(g, kept)) {
    const law = recover(g, s, part, trace);
    if (law === undefined) {
      const hedge = {
        larger: part.map(name),
        smaller: part.map(name),
        treatment: query.treatment,
        outcome: query.outcome,
      };
      return { kind: "hedge", hedge, trace };
    }
    factors.push(...asFactors(law, part.map(name)));
  }
  const out = [...kept].filter((v) => !wanted.includes(v)).map(name);
  const joint = marginal({ summed: [], factors }, out);
  if (moved.given.length === 0) return { kind: "formula", estimand: lawEstimand(joint), trace };
  return { kind: "formula", estimand: ratio(joint, marginal(joint, query.outcome)), trace };
}

function recover(
  g: Compact,
  s: number,
  part: readonly number[],
  trace: TraceStep[],
): Law | undefined {
  const name = (v: number): string => g.names[v] ?? "";
  const step = (line: number, text: string, nodes: Iterable<number>): void => {
    trace.push({ algorithm: "RC", line, text, nodes: [...nodes].map(name) });
  };
  let inside = closure(g.parents, [...part, s]);
  let causes = closure(g.parents, [s], (v) => inside.has(v));
  const byRank = (v: number, w: number): number => (g.rank[v] ?? 0) - (g.rank[w] ?? 0);
  const ordered = (): number[] => {
    const all = [...inside].filter((v) => v !== s).sort(byRank);
    return [...all.filter((v) => causes.has(v)), ...all.filter((v) => !causes.has(v))];
  };
  const first = ordered();
  let law: Law = {
    summed: [],
    factors: first.map((v, i) => amongSelected(g, s, first.slice(0, i), causes, v)),
  };
  for (;;) {
    const free = districtsIn(g, inside).filter((district) => !district.some((v) => causes.has(v)));
    if (free.length === 0) return undefined;
    const home = free.find((district) => part.every((v) => district.includes(v)));
    const order = ordered();
    if (home !== undefined) {
      step(2, "This district has no cause of selection: it is the same among the selected.", home);
      const own = splitAlong(g, order, new Set(home), law);
      const result = narrow(g, new Set(home), own, part, step);
      return result.kind === "law" ? result.law : undefined;
    }
    const gone = new Set(free.flat());
    step(3, "Districts without a cause of selection are divided out.", gone);
    const rest = new Set([...inside].filter((v) => !gone.has(v)));
    law = splitAlong(g, order, new Set([...rest].filter((v) => v !== s)), law);
    inside = closure(g.parents, [...part, s], (v) => rest.has(v));
    causes = closure(g.parents, [s], (v) => inside.has(v));
    law = marginal(law, [...rest].filter((v) => !inside.has(v)).map(name));
  }
}

/** P(v | before, S = 1); a node without effect on selection needs only its Markov pillow. */
function amongSelected(
  g: Compact,
  s: number,
  before: readonly number[],
  causes: ReadonlySet<number>,
  v: number,
): Factor {
  const earlier = new Set([...before, v]);
  let given: readonly number[] = before;
  const district = closure(g.spouses, [v], (w) => earlier.has(w) || w === s);
  if (!causes.has(v) && ![...district].some((w) => causes.has(w))) {
    const pillow = new Set(district);
    for (const w of district) for (const parent of near(g.parents, w)) pillow.add(parent);
    pillow.delete(v);
    given = before.filter((w) => pillow.has(w));
  }
  const names = given.map((w) => g.names[w] ?? "");
  const selected = { variable: g.names[s] ?? "", value: { kind: "constant", value: 1 } } as const;
  const head = g.names[v] ?? "";
  return {
    heads: [head],
    names: new Set([head, ...names]),
    estimand: {
      kind: "probability",
      of: [symbolTerm(head)],
      given: [...names.map((name) => symbolTerm(name)), selected],
      do: [],
    },
  };
}
