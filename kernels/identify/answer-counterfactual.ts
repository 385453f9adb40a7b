import { unitAssumptions } from "../../app/claim.ts";
import type { Claim, ClaimStatus } from "../../app/claim.ts";
import { latentProjection } from "../graph/projection.ts";
import type { Graph } from "../graph/graph.ts";
import { graphAssumptions, makeClaim } from "./claims.ts";
import { closeEstimand, displaySymbols } from "./close.ts";
import { identifyCounterfactual } from "./counterfactual.ts";
import type { Estimand, Value } from "./estimand.ts";
import { zero } from "./estimand.ts";
import type { TraceStep } from "./id.ts";
import type { IdentifyOptions } from "./options.ts";
import { formatQuery } from "./query.ts";
import type { Event } from "./query.ts";
import type { Identification } from "./result.ts";
import { simplify } from "./simplify.ts";
import type { OneQuery } from "./simple-query.ts";

/** ID* and IDC* for a query whose events live in several worlds. */
export function answerCounterfactual(
  graph: Graph,
  query: OneQuery,
  options: IdentifyOptions,
): Identification {
  const queryText = formatQuery(query);
  const measured = latentProjection(graph);
  const display = displaySymbols(measured.nodes.map((node) => node.name));
  const own = (variable: string): Value => ({ kind: "symbol", name: display(variable) });
  const of =
    query.kind === "probability" ? query.of : [{ ...query.of, value: own(query.of.variable) }];
  const laws = options.from ?? "observations";
  const result = identifyCounterfactual(measured, of, query.given, laws);
  const variables = [...new Set([...of, ...query.given].map((event) => event.variable))];
  const claimAs = (status: ClaimStatus, trace: readonly TraceStep[]): Claim =>
    makeClaim(
      3,
      queryText,
      status,
      [
        ...(status === "not-certified" ? [] : graphAssumptions(graph, variables)),
        ...(status === "identified" ? unitAssumptions(settings([...of, ...query.given])) : []),
      ],
      trace.map((step) => `${step.algorithm} line ${step.line}: ${step.text}`),
    );
  switch (result.kind) {
    case "unclear":
      return {
        kind: "not-certified",
        query,
        queryText,
        reason: result.text,
        trace: [],
        claim: claimAs("not-certified", []),
      };
    case "impossible":
      return {
        kind: "zero-by-structure",
        query,
        queryText,
        reason: "impossible-event",
        estimand: zero,
        trace: [],
        strategies: [],
        claim: claimAs("zero-by-structure", []),
      };
    case "no":
      return {
        kind: "not-identified",
        query,
        queryText,
        reason: `${result.text}${twoValueNote(of, query.given)}`,
        trace: result.trace,
        strategies: [],
        claim: claimAs("not-identified", result.trace),
      };
    default: {
      const closed = simplify(
        closeEstimand(result.estimand, withQuerySymbols(result, of, query.given), display),
      );
      const [first] = of;
      const symbol = first?.value.kind === "symbol" ? first.value.name : "";
      const estimand: Estimand =
        query.kind === "expectation"
          ? { kind: "expectation", over: { variable: query.of.variable, symbol }, body: closed }
          : closed;
      const { trace } = result;
      return {
        kind: "identified",
        query,
        queryText,
        estimand,
        trace,
        strategies: [{ kind: "formula" }],
        claim: claimAs("identified", trace),
      };
    }
  }
}

/** What the events set, in whatever world. */
function settings(events: readonly Omit<Event, "value">[]): string[] {
  return events.flatMap((event) =>
    event.do.flatMap(({ variable, to }) => [
      variable,
      ...(to.kind === "counterfactual" ? settings([to.event]) : []),
    ]),
  );
}

/** Symbols the query itself uses stand for themselves, so that they are neither renamed nor bound. */
function withQuerySymbols(
  result: { readonly values: ReadonlyMap<string, Value> },
  of: readonly Event[],
  given: readonly Event[],
): ReadonlyMap<string, Value> {
  const values = new Map(result.values);
  const add = (event: Omit<Event, "value">): void => {
    for (const { to } of event.do) {
      if (to.kind === "counterfactual") add(to.event);
      else if (to.kind === "symbol" && !values.has(to.name)) values.set(to.name, to);
    }
  };
  for (const event of [...of, ...given]) add(event);
  return values;
}

/**
 * The effect of treatment on the treated is the textbook's exception: with two treatment values it follows from the
 * observed and the experimental law together, whatever is unmeasured.
 */
function twoValueNote(of: readonly Event[], given: readonly Event[]): string {
  const [event, ...others] = of;
  const [condition, ...more] = given;
  const [setting, ...further] = event?.do ?? [];
  const isEtt =
    others.length === 0 &&
    more.length === 0 &&
    further.length === 0 &&
    setting !== undefined &&
    condition?.variable === setting.variable &&
    condition.do.length === 0;
  if (!isEtt) return "";
  return (
    ` (If ${setting.variable} has only two values, the observed law and an experiment on ${setting.variable} together ` +
    "do determine it; this answer is for any number of values.)"
  );
}
