import { UserError } from "../../app/errors.ts";
import { unknownNode } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import type { Estimand, Value } from "./estimand.ts";
import type { Event, Query } from "./query.ts";

export type OneQuery = Exclude<Query, { kind: "difference" }>;

/** A query of rung one or two: all its events live in one world. */
export interface Simple {
  readonly outcome: readonly string[];
  readonly treatment: readonly string[];
  readonly given: readonly string[];
  /** What the query's variables are set to or take. */
  readonly values: ReadonlyMap<string, Value>;
}

/** A query in which every event lives in the same world is one of rung one or two. */
export function asInterventional(query: OneQuery): Simple | undefined {
  const of =
    query.kind === "probability"
      ? query.of
      : [{ ...query.of, value: openValue(query.of.variable) }];
  const events = [...of, ...query.given];
  const settings = new Map<string, Value>();
  for (const setting of events[0]?.do ?? []) {
    if (setting.to.kind === "counterfactual") return undefined;
    settings.set(setting.variable, setting.to);
  }
  const key = worldKey(events[0]?.do ?? []);
  if (key === undefined || events.some((event) => worldKey(event.do) !== key)) return undefined;
  const values = new Map(settings);
  for (const event of events) values.set(event.variable, event.value);
  return {
    outcome: of.map((event) => event.variable),
    treatment: [...settings.keys()],
    given: query.given.map((event) => event.variable),
    values,
  };
}

const openValue = (variable: string): Value => ({ kind: "symbol", name: variable });

function worldKey(settings: Event["do"]): string | undefined {
  if (settings.some((setting) => setting.to.kind === "counterfactual")) return undefined;
  return JSON.stringify(
    settings
      .map((setting) => JSON.stringify([setting.variable, setting.to]))
      .sort((a, b) => (a < b ? -1 : 1)),
  );
}

/** Σ y × body over the outcome of an expectation. */
export function expectationOf(
  body: Estimand,
  outcome: string,
  values: ReadonlyMap<string, Value>,
): Estimand {
  const value = values.get(outcome);
  const symbol = value?.kind === "symbol" ? value.name : outcome;
  return { kind: "expectation", over: { variable: outcome, symbol }, body };
}

/** Every variable is known, measured, and plays one part. */
export function checkVariables(graph: Graph, query: Query): void {
  if (query.kind === "difference") {
    checkVariables(graph, query.left);
    checkVariables(graph, query.right);
    return;
  }
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const check = (event: Omit<Event, "value">): void => {
    const node = nodes.get(event.variable) ?? unknownNode(graph, event.variable);
    if (node.latent) throw unmeasured(node.name);
    for (const setting of event.do) {
      const held = nodes.get(setting.variable) ?? unknownNode(graph, setting.variable);
      if (held.latent) throw unmeasured(held.name);
      if (setting.to.kind === "counterfactual") check(setting.to.event);
    }
  };
  const of = query.kind === "probability" ? query.of : [query.of];
  for (const event of [...of, ...query.given]) check(event);
  const simple = asInterventional(query);
  if (simple === undefined) return;
  const all = [...simple.outcome, ...simple.treatment, ...simple.given];
  const twice = all.find((name, i) => all.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new UserError({
    code: "query-variable-twice",
    message: `"${twice}" plays two parts in the query.`,
    value: twice,
    expected: "each variable once: as outcome, under do, or given",
    hint: "For a variable in two worlds write a counterfactual such as P(y_{x=0} | x=1).",
  });
}

function unmeasured(name: string): UserError {
  return new UserError({
    code: "query-unmeasured",
    message: `"${name}" is unmeasured in this graph, so nothing can be computed from data about it.`,
    value: name,
    expected: "measured variables",
    hint: "Ask about a measured variable, or remove the latent mark.",
  });
}
