import { UserError } from "../../app/errors.ts";
import type { Claim, ClaimStatus } from "../../app/claim.ts";
import { latentProjection } from "../graph/projection.ts";
import { idsOf, unknownNode } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { possibleDescendants } from "../graph/possible.ts";
import { minimalAdjustmentSet } from "./adjustment.ts";
import { graphAssumptions, makeClaim, positivity } from "./claims.ts";
import { closeEstimand, displaySymbols } from "./close.ts";
import type { Estimand, Term, Value } from "./estimand.ts";
import { freeSymbols, zero } from "./estimand.ts";
import { identifyCounterfactual } from "./counterfactual.ts";
import type { LawsAtHand } from "./counterfactual.ts";
import { identifyInterventional } from "./interventional.ts";
import { formatQuery, parseQuery } from "./query.ts";
import type { Event, Query } from "./query.ts";
import type { Identification, Strategy } from "./result.ts";
import type { Source, TraceStep } from "./id.ts";
import { recoverFromSelection } from "./selection.ts";
import { derive } from "./derivation.ts";
import { findTwoModels } from "./two-models.ts";
import { simplify } from "./simplify.ts";
import { findStrategies, instrumentStrategies } from "./strategies.ts";

export interface IdentifyOptions {
  /** `false`: verdict and formula only, no list of ways to estimate. Default: listed. */
  readonly strategies?: boolean;
  /**
   * What is known: the observed joint law (default), or for counterfactual queries also every experiment on the
   * graph's variables.
   */
  readonly from?: LawsAtHand;
  /** Experiments whose laws are at hand, by the variables they set; `[]` is the observed law. Default `[[]]`. */
  readonly experiments?: readonly (readonly string[])[];
  /**
   * A source population with the same graph: variables whose mechanisms differ there, and the experiments made there
   * besides its observed law. `experiments` above then speaks of the target. Source laws are written P^{source}.
   */
  readonly source?: {
    readonly shifted: readonly string[];
    readonly experiments: readonly (readonly string[])[];
  };
  /** Whether to write out the do-calculus derivation. Default: up to 30 measured nodes, for ID and IDC. */
  readonly derivation?: boolean;
  /** A node S of the graph: only the law of units with S = 1 is at hand. Default: the node marked `selected`. */
  readonly selection?: string;
}

/** From this many nodes on, only one adjustment set is offered instead of all kinds of strategies. */
const thoroughUpTo = 60;

/** From this many nodes on, the derivation is written only when asked for: its terms grow with the graph. */
const derivedUpTo = 30;

/**
 * Whether a causal query follows from the graph and the observed law, and by which formula. Complete for
 * P(y | do(x), z) in graphs with unmeasured nodes and bidirected edges (ID and IDC). `query` is text (see
 * `parseQuery`) or the parsed object. Throws `UserError` for unknown or unmeasured variables and for queries that
 * contradict themselves. O(n + m) per district for the verdict.
 */
export function identify(
  graph: Graph,
  query: string | Query,
  options: IdentifyOptions = {},
): Identification {
  const names = graph.nodes.map((node) => node.name);
  const parsed = typeof query === "string" ? parseQuery(query, names) : query;
  checkVariables(graph, parsed);
  return answer(graph, parsed, options);
}

function answer(graph: Graph, query: Query, options: IdentifyOptions): Identification {
  if (query.kind === "difference") return answerDifference(graph, query, options);
  return answerOne(graph, query, options);
}

function answerDifference(
  graph: Graph,
  query: Extract<Query, { kind: "difference" }>,
  options: IdentifyOptions,
): Identification {
  const queryText = formatQuery(query);
  const left = answer(graph, query.left, options);
  if (
    left.kind === "not-identified" ||
    left.kind === "not-certified" ||
    left.kind === "search-limit"
  ) {
    return { ...left, query, queryText, claim: { ...left.claim, query: queryText } };
  }
  const right = answer(graph, query.right, options);
  if (
    right.kind === "not-identified" ||
    right.kind === "not-certified" ||
    right.kind === "search-limit"
  ) {
    return { ...right, query, queryText, claim: { ...right.claim, query: queryText } };
  }
  const trace = [...left.trace, ...right.trace];
  const claim = joinClaims(left.claim, right.claim, queryText);
  const same = JSON.stringify(left.estimand) === JSON.stringify(right.estimand);
  if (left.kind === "zero-by-structure" && right.kind === "zero-by-structure" && same) {
    const { strategies, reason } = left;
    return {
      kind: "zero-by-structure",
      query,
      queryText,
      reason,
      estimand: zero,
      trace,
      strategies,
      claim,
    };
  }
  const estimand: Estimand = { kind: "difference", left: left.estimand, right: right.estimand };
  const { strategies } = left.kind === "identified" ? left : right;
  return {
    kind: "identified",
    query,
    queryText,
    estimand,
    trace,
    strategies,
    claim: { ...claim, status: "identified" },
  };
}

function joinClaims(left: Claim, right: Claim, query: string): Claim {
  const seen = new Map([...left.assumptions, ...right.assumptions].map((item) => [item.id, item]));
  const rung = Math.max(left.rung, right.rung) as Claim["rung"];
  return { ...left, rung, query, assumptions: [...seen.values()] };
}

type OneQuery = Exclude<Query, { kind: "difference" }>;

function answerOne(graph: Graph, query: OneQuery, options: IdentifyOptions): Identification {
  const simple = asInterventional(query);
  if (graph.type !== "admg") return answerForClass(graph, query, simple);
  if (simple === undefined) return answerCounterfactual(graph, query, options);
  return answerInterventional(graph, query, simple, options);
}

/**
 * A query about a class of graphs (cpdag, mag, pag): answered by adjustment where one set serves every member, and as
 * "no effect" where no member has a way from treatment to outcome. Otherwise not certified: that other members or
 * other formulas decide it is not looked at.
 */
function answerForClass(graph: Graph, query: OneQuery, simple: Simple | undefined): Identification {
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
    const claim = makeClaim(2, queryText, "zero-by-structure", [assumption], []);
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
    [assumption, ...positivity(treatment, set)],
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

function answerCounterfactual(
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
      status === "not-certified" ? [] : graphAssumptions(graph, variables),
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
        reason: result.text,
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

interface Simple {
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

function answerInterventional(
  graph: Graph,
  query: OneQuery,
  simple: Simple,
  options: IdentifyOptions,
): Identification {
  const queryText = formatQuery(query);
  const { outcome, treatment, given } = simple;
  const rung = treatment.length === 0 ? 1 : 2;
  const measured = latentProjection(graph);
  const variables = [...outcome, ...treatment, ...given];
  const selection = options.selection ?? graph.nodes.find((node) => node.role === "selected")?.name;
  const sources = sourcesOf(measured, options);
  const result =
    selection === undefined || simple.outcome.includes(selection)
      ? identifyInterventional(measured, simple, sources)
      : recoverFromSelection(measured, simple, selection);
  const trace: readonly TraceStep[] = result.trace;
  const derivation = trace.map((step) => `${step.algorithm} line ${step.line}: ${step.text}`);
  const assume = rung === 1 ? [] : graphAssumptions(graph, variables);
  const claimAs = (status: ClaimStatus, extra: Claim["assumptions"] = []): Claim =>
    makeClaim(rung, queryText, status, [...assume, ...extra], derivation);
  if (result.kind === "hedge" && (selection !== undefined || sources !== undefined)) {
    return withoutFormula(measured, query, simple, selection, trace, claimAs);
  }
  if (result.kind === "hedge") {
    return {
      kind: "not-identified",
      query,
      queryText,
      reason: hedgeSentence(result.hedge.larger, result.hedge.smaller),
      hedge: result.hedge,
      trace,
      strategies:
        options.strategies === false ? [] : instrumentStrategies(graph, treatment, outcome),
      claim: claimAs("not-identified"),
    };
  }
  const display = displaySymbols(measured.nodes.map((node) => node.name));
  const values = new Map(simple.values);
  for (const name of variables) {
    const value = values.get(name);
    if (value?.kind === "symbol" && value.name === name)
      values.set(name, { kind: "symbol", name: display(name) });
  }
  const closed = simplify(closeEstimand(result.estimand, values, display));
  const estimand =
    query.kind === "expectation" ? expectationOf(closed, outcome[0] ?? "", values) : closed;
  const strategies: Strategy[] =
    selection !== undefined || sources !== undefined
      ? [{ kind: "formula" }]
      : treatment.length === 0 || options.strategies === false
        ? []
        : [
            ...findStrategies(
              graph,
              treatment,
              outcome,
              given,
              measured.nodes.length <= thoroughUpTo,
            ),
            { kind: "formula" },
          ];
  if (result.kind === "no-effect" && treatment.length > 0) {
    const reason = "no-causal-path";
    const claim = claimAs("zero-by-structure");
    return {
      kind: "zero-by-structure",
      query,
      queryText,
      reason,
      estimand,
      trace,
      strategies,
      claim,
    };
  }
  const conditions = conditionsOf(estimand, treatment);
  const claim =
    treatment.length === 0
      ? claimAs("association")
      : claimAs("identified", positivity(treatment, conditions));
  const proof =
    treatment.length > 0 &&
    sources === undefined &&
    selection === undefined &&
    (options.derivation ?? measured.nodes.length <= derivedUpTo)
      ? derive(measured, simple, closed)
      : undefined;
  const proved = proof === undefined ? {} : { derivation: proof };
  return { kind: "identified", query, queryText, estimand, trace, strategies, claim, ...proved };
}

/**
 * No formula with the laws at hand. For experiments and populations without conditions the procedure is complete; for
 * conditions and selection it is a no only when two models show it.
 */
function withoutFormula(
  measured: Graph,
  query: OneQuery,
  simple: Simple,
  selection: string | undefined,
  trace: readonly TraceStep[],
  claimAs: (status: ClaimStatus) => Claim,
): Identification {
  const queryText = formatQuery(query);
  if (selection === undefined && simple.given.length === 0) {
    const reason = "A part of the query is given by none of the laws at hand.";
    return {
      kind: "not-identified",
      query,
      queryText,
      reason,
      trace,
      strategies: [],
      claim: claimAs("not-identified"),
    };
  }
  const shown =
    selection === undefined ? undefined : findTwoModels(measured, simple, { selection });
  if (shown?.kind === "two-models") {
    const reason =
      "Two models agree on everything the selected units show and differ in the answer.";
    return {
      kind: "not-identified",
      query,
      queryText,
      reason,
      trace,
      strategies: [],
      claim: claimAs("not-identified"),
    };
  }
  const reason = "No formula was found, and the search for one is not known to be complete here.";
  return {
    kind: "not-certified",
    query,
    queryText,
    reason,
    trace,
    claim: claimAs("not-certified"),
  };
}

/** The laws at hand for gID and transport; `undefined` when it is the observed law alone. */
function sourcesOf(measured: Graph, options: IdentifyOptions): readonly Source[] | undefined {
  if (options.experiments === undefined && options.source === undefined) return undefined;
  const none = new Set<number>();
  const target = (options.experiments ?? [[]]).map((act) => ({
    act: idsOf(measured, act),
    shifted: none,
  }));
  if (options.source === undefined) return target;
  const shifted = new Set(idsOf(measured, options.source.shifted));
  const away = [[], ...options.source.experiments].map((act) => ({
    law: "source",
    act: idsOf(measured, act),
    shifted,
  }));
  return [...target, ...away];
}

function expectationOf(
  body: Estimand,
  outcome: string,
  values: ReadonlyMap<string, Value>,
): Estimand {
  const value = values.get(outcome);
  const symbol = value?.kind === "symbol" ? value.name : outcome;
  return { kind: "expectation", over: { variable: outcome, symbol }, body };
}

/** Variables that stand behind a bar together with a treatment. */
function conditionsOf(estimand: Estimand, treatment: readonly string[]): string[] {
  const found = new Set<string>();
  const visited = new Set<Estimand>();
  const visit = (node: Estimand): void => {
    if (visited.has(node)) return;
    visited.add(node);
    if (node.kind === "probability") {
      const given = node.given.map((term) => term.variable);
      if (given.some((name) => treatment.includes(name))) for (const name of given) found.add(name);
    } else if (node.kind === "product") node.factors.forEach(visit);
    else if (node.kind === "quotient") [node.numerator, node.denominator].forEach(visit);
    else if (node.kind === "difference") [node.left, node.right].forEach(visit);
    else if (node.kind !== "constant") visit(node.body);
  };
  visit(estimand);
  return [...found].filter((name) => !treatment.includes(name));
}

function hedgeSentence(larger: readonly string[], smaller: readonly string[]): string {
  return (
    `Unmeasured common causes tie {${larger.join(", ")}} together, and the part {${smaller.join(", ")}} cannot be ` +
    "told apart from it by any amount of such data: a hedge."
  );
}

/** Every variable is known, measured, and plays one part. */
function checkVariables(graph: Graph, query: Query): void {
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

/** Free symbols of a formula by variable; the query's own and no others. */
export function openSymbols(estimand: Estimand): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...freeSymbols(estimand)].map(([symbol, variable]) => [variable, symbol]),
  );
}
