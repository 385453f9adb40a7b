import { compact, idsOf } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { connected } from "../graph/separation.ts";
import { marginal, lawEstimand, ratio } from "./factors.ts";
import { identifyLaw, moveConditions } from "./id.ts";
import type { Hedge, Source, TraceStep } from "./id.ts";
import type { Estimand } from "./estimand.ts";
import { symbolTerm } from "./estimand.ts";

/** P(outcome | do(treatment), given) by node names, for one graph of measured nodes. */
export interface Interventional {
  readonly outcome: readonly string[];
  readonly treatment: readonly string[];
  readonly given: readonly string[];
}

export type InterventionalResult =
  | { readonly kind: "formula"; readonly estimand: Estimand; readonly trace: readonly TraceStep[] }
  /** do(treatment) changes nothing: the formula is the observed P(outcome | given). */
  | {
      readonly kind: "no-effect";
      readonly estimand: Estimand;
      readonly trace: readonly TraceStep[];
    }
  | { readonly kind: "hedge"; readonly hedge: Hedge; readonly trace: readonly TraceStep[] };

/**
 * IDC (Shpitser & Pearl 2006b), and ID where nothing is given. Symbols of the formula are node names; close it with
 * `closeEstimand`. Complete for the observed joint law of an ADMG.
 */
export function identifyInterventional(
  graph: Graph,
  query: Interventional,
  sources?: readonly Source[],
): InterventionalResult {
  const g = compact(graph);
  const outcome = idsOf(graph, query.outcome);
  const treatment = idsOf(graph, query.treatment);
  const given = idsOf(graph, query.given);
  const trace: TraceStep[] = [];
  const record = (step: TraceStep): number => trace.push(step);
  if (sources === undefined && noEffect(graph, outcome, treatment, given)) {
    trace.push({
      algorithm: given.length === 0 ? "ID" : "IDC",
      line: 1,
      text: "What is set does not reach the outcome (rule 3): the observed law is the answer.",
      nodes: query.outcome,
    });
    const term = (name: string): ReturnType<typeof symbolTerm> => symbolTerm(name);
    const of = query.outcome.map(term);
    const estimand: Estimand = { kind: "probability", of, given: query.given.map(term), do: [] };
    return { kind: "no-effect", estimand, trace };
  }
  const moved = moveConditions(g, outcome, treatment, given, record);
  const joint = identifyLaw(g, [...outcome, ...moved.given], moved.treatment, record, sources);
  if (joint.kind === "hedge") return { kind: "hedge", hedge: joint.hedge, trace };
  if (moved.given.length === 0) return { kind: "formula", estimand: lawEstimand(joint.law), trace };
  trace.push({
    algorithm: "IDC",
    line: 2,
    text: "The conditions are divided out of the joint law.",
    nodes: moved.given.map((v) => g.names[v] ?? ""),
  });
  const bottom = marginal(joint.law, query.outcome);
  return { kind: "formula", estimand: ratio(joint.law, bottom), trace };
}

/** Rule 3 of the do-calculus for all treatments at once. */
function noEffect(
  graph: Graph,
  outcome: readonly number[],
  treatment: readonly number[],
  given: readonly number[],
): boolean {
  if (treatment.length === 0) return true;
  const g = compact(graph);
  const before = new Set<number>(given);
  const stack = [...given];
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    for (const w of g.parents.list.subarray(g.parents.start[v], g.parents.start[v + 1])) {
      if (!before.has(w)) {
        before.add(w);
        stack.push(w);
      }
    }
  }
  const into = new Uint8Array(g.n);
  for (const v of treatment) if (!before.has(v)) into[v] = 1;
  return !connected(g, treatment, outcome, given, { into });
}
