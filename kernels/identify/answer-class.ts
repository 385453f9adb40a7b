import { unitAssumptions } from "../../app/claim.ts";
import { possibleDescendants } from "../graph/possible.ts";
import type { Graph } from "../graph/graph.ts";
import { minimalAdjustmentSet } from "./adjustment.ts";
import { makeClaim, positivity } from "./claims.ts";
import { closeEstimand, displaySymbols } from "./close.ts";
import type { Estimand, Term } from "./estimand.ts";
import { thoroughUpTo } from "./options.ts";
import { formatQuery } from "./query.ts";
import type { Identification } from "./result.ts";
import { expectationOf } from "./simple-query.ts";
import type { OneQuery, Simple } from "./simple-query.ts";
import { findStrategies } from "./strategies.ts";

/**
 * A query about a class of graphs (cpdag, mag, pag): answered by adjustment where one set serves every member, and as
 * "no effect" where no member has a way from treatment to outcome. Otherwise not certified: that other members or
 * other formulas decide it is not looked at.
 */
export function answerForClass(
  graph: Graph,
  query: OneQuery,
  simple: Simple | undefined,
): Identification {
  const queryText = formatQuery(query);
  const rung = simple === undefined ? 3 : simple.treatment.length === 0 ? 1 : 2;
  const assumption = {
    id: "graph-class",
    kind: "graph-class",
    text: `The true graph is one of those that the ${graph.type} stands for.`,
    variables: graph.nodes.map((node) => node.name),
  };
  const refuse = (reason: string): Identification => ({
    kind: "not-certified",
    query,
    queryText,
    reason,
    trace: [],
    claim: makeClaim(rung, queryText, "not-certified", [assumption], []),
  });
  if (simple === undefined) return refuse("Counterfactuals are not decided for a class of graphs.");
  const { outcome, treatment, given } = simple;
  const names = graph.nodes.map((node) => node.name);
  const term = (name: string): Term => ({ variable: name, value: { kind: "symbol", name } });
  const finish = (raw: Estimand): Estimand => {
    const display = displaySymbols(names);
    const closed = closeEstimand(raw, simple.values, display);
    return query.kind === "expectation"
      ? expectationOf(closed, outcome[0] ?? "", simple.values)
      : closed;
  };
  const observed: Estimand = {
    kind: "probability",
    of: outcome.map(term),
    given: given.map(term),
    do: [],
  };
  if (treatment.length === 0) {
    const claim = makeClaim(1, queryText, "association", [], []);
    return {
      kind: "identified",
      query,
      queryText,
      estimand: finish(observed),
      trace: [],
      strategies: [],
      claim,
    };
  }
  if (given.length > 0) return refuse("Conditional effects are not decided for a class of graphs.");
  const reached = possibleDescendants(graph, treatment);
  if (!outcome.some((name) => reached.has(name))) {
    const claim = makeClaim(
      2,
      queryText,
      "zero-by-structure",
      [assumption, ...unitAssumptions(treatment)],
      [],
    );
    return {
      kind: "zero-by-structure",
      reason: "no-causal-path",
      query,
      queryText,
      estimand: finish(observed),
      trace: [],
      strategies: [{ kind: "formula" }],
      claim,
    };
  }
  const set = minimalAdjustmentSet(graph, { treatment, outcome });
  if (set === undefined)
    return refuse(
      "No adjustment set serves every graph of the class; other formulas are not looked for.",
    );
  const inner: Estimand = {
    kind: "probability",
    of: outcome.map(term),
    given: [...treatment, ...set].map(term),
    do: [],
  };
  const law: Estimand = { kind: "probability", of: set.map(term), given: [], do: [] };
  const over = set.map((name) => ({ variable: name, symbol: name }));
  const raw: Estimand =
    set.length === 0
      ? inner
      : { kind: "sum", over, body: { kind: "product", factors: [law, inner] } };
  const strategies = [
    ...findStrategies(graph, treatment, outcome, [], names.length <= thoroughUpTo),
    { kind: "formula" as const },
  ];
  const claim = makeClaim(
    2,
    queryText,
    "identified",
    [assumption, ...positivity(treatment, set), ...unitAssumptions(treatment)],
    [],
  );
  return {
    kind: "identified",
    query,
    queryText,
    estimand: finish(raw),
    trace: [],
    strategies,
    claim,
  };
}
