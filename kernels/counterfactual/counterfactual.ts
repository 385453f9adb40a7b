import type { Assumption } from "../../app/claim.ts";
import type { Work } from "../../app/work.ts";
import { answerPart, compilePart, wider } from "./discrete.ts";
import type { CompiledPart, PartAnswer } from "./discrete.ts";
import { NoExactMethod } from "./discrete-network.ts";
import { TooWide } from "./factor.ts";
import type { EliminationReport } from "./factor.ts";
import { answerGaussianPart } from "./gaussian.ts";
import { ancestorsOf, variableOf } from "./model.ts";
import type { StructuralModel } from "./model.ts";
import { parseQuery } from "./parse-query.ts";
import { prepareQuery } from "./parts.ts";
import type { Part, PreparedQuery } from "./parts.ts";
import { formatQuery } from "./query.ts";
import type { Assignment, Query, Term } from "./query.ts";
import { claimOf, mechanismAssumption, noConfounder } from "./result.ts";
import type { CounterfactualResult, Distribution, Method } from "./result.ts";
import { WorldNetwork } from "./worlds.ts";
import type { Rng } from "../math/rng.ts";

export interface CounterfactualOptions {
  /** Draws where nothing exact applies; 100 000 unless said. */
  readonly draws?: number;
  /** Used only where nothing exact applies; a generator of seed 1 unless given. */
  readonly rng?: Rng;
  /** Confidence level of sampled intervals, 0.95 unless said. */
  readonly level?: number;
  /** Stops the answer between parts of a query, and hears how far sampling has come. */
  readonly work?: Work;
}

/**
 * Answers any query on a structural model: rung 1 (conditioning), 2 (interventions) and 3 (abduction, action,
 * prediction over the joint network of all worlds).
 *
 * Methods, in this order: variable elimination when everything the query reaches is discrete; closed form when it is
 * linear with normal noise given discrete ancestors; sampling otherwise, which the result's `method` says.
 *
 * A table of conditional probabilities does not say how one unit responds to two different parents' values. When the
 * answer rests on that, the result is `bounded` or `needs-mechanism`, never a number. Evidence of probability zero is
 * `impossible-evidence`. Throws `UserError` for names or levels the model lacks, and for syntax.
 */
export function counterfactual(
  model: StructuralModel,
  query: string | Query,
  options: CounterfactualOptions = {},
): CounterfactualResult {
  const parsed = typeof query === "string" ? parseQuery(query) : query;
  const prepared = prepareQuery(model, parsed);
  const context = describe(model, parsed, prepared);
  options.work?.signal.throwIfAborted();
  if (context.continuous) return answerGaussian(model, prepared, context);
  return answerDiscrete(model, prepared, context);
}

/** What every method needs to say about its answer. */
export interface QueryContext {
  readonly text: string;
  readonly rung: 1 | 2 | 3;
  readonly continuous: boolean;
  readonly assumptions: readonly Assumption[];
  readonly steps: readonly string[];
}

function describe(model: StructuralModel, query: Query, prepared: PreparedQuery): QueryContext {
  let rung: 1 | 2 | 3 = 1;
  let continuous = false;
  const assumptions = new Map<string, Assumption>();
  for (const part of prepared.parts) {
    const network = new WorldNetwork(model);
    for (const { term } of [...part.given, ...part.events]) network.nodeOf(term, part.doing);
    for (const term of part.terms) network.nodeOf(term, part.doing);
    rung = Math.max(rung, network.rung()) as 1 | 2 | 3;
    continuous ||= network.nodes.some((node) => network.variable(node.id).domain.kind === "real");
    if (network.rung() > 1) {
      for (const a of structuralAssumptions(part)) assumptions.set(a.id, a);
    }
    if (network.rung() === 3) {
      for (const a of mechanismAssumptions(network)) assumptions.set(a.id, a);
    }
  }
  const steps = [
    rung === 3
      ? "Abduction, action, prediction on the joint network of all worlds of the query."
      : rung === 2
        ? "Mechanisms of the variables set are replaced; all others are kept."
        : "Conditioning in the model's joint distribution.",
  ];
  return {
    text: formatQuery(query),
    rung,
    continuous,
    assumptions: [...assumptions.values()],
    steps,
  };
}

/** For each variable set and each asked about: nothing unmeasured causes both, unless the model draws it. */
function structuralAssumptions(part: Part): readonly Assumption[] {
  const set = new Set<string>();
  const collect = (assignments: readonly Assignment[]): void => {
    for (const { variable, to } of assignments) {
      set.add(variable);
      if (to.kind === "term") collect(to.term.assignments);
    }
  };
  const asked: Term[] = [...part.events.map(({ term }) => term), ...part.terms];
  collect(part.doing);
  for (const { assignments } of asked) collect(assignments);
  const found: Assumption[] = [];
  for (const x of set) {
    for (const { variable: y } of asked) {
      if (x === y || found.some((a) => a.id === noConfounder(x, y).id)) continue;
      found.push(noConfounder(x, y));
    }
  }
  return found;
}

const couplingText: Readonly<Record<string, (name: string) => string>> = {
  monotone: (name) => `Every unit keeps its quantile of ${name} when the causes of ${name} change.`,
  gumbel: (name) =>
    `${name} is chosen by Gumbel-max: noise per level is added to the log probabilities.`,
  response: (name) => `The response types of ${name} and their shares are right.`,
  function: (name) => `The function that gives ${name} holds for every unit.`,
  additive: (name) =>
    `The noise of ${name} adds to the effect of its causes and does not depend on them.`,
  flow: (name) => `${name} increases in one noise term that its causes do not change.`,
};

/** Where two copies of a variable are in play, its mechanism is what the answer rests on. */
function mechanismAssumptions(network: WorldNetwork): readonly Assumption[] {
  const counts = new Map<number, number>();
  for (const { kind, variable } of network.nodes) {
    if (kind === "mechanism") counts.set(variable, (counts.get(variable) ?? 0) + 1);
  }
  const found: Assumption[] = [];
  for (const [index, count] of counts) {
    const { name, mechanism } = network.model.variables[index]!;
    if (count < 2) continue;
    const kind =
      mechanism.kind === "table" || mechanism.kind === "conditional"
        ? mechanism.coupling
        : mechanism.kind;
    const text = couplingText[kind];
    if (text !== undefined) found.push(mechanismAssumption(name, `mechanism-${kind}`, text(name)));
  }
  return found;
}

function answerDiscrete(
  model: StructuralModel,
  prepared: PreparedQuery,
  context: QueryContext,
): CounterfactualResult {
  const compiled = prepared.parts.map((part) => compilePart(model, part, prepared.open));
  let answers: readonly PartAnswer[];
  try {
    answers = compiled.map(answerPart);
  } catch (error) {
    if (!(error instanceof TooWide) && !(error instanceof NoExactMethod)) throw error;
    throw error;
  }
  if (answers.some(({ kind }) => kind === "impossible")) return impossible(prepared, context);
  let value = 0;
  let report: EliminationReport = { width: 0, largest: 1, nodes: 0 };
  let distribution: Distribution | undefined;
  for (const [i, answer] of answers.entries()) {
    if (answer.kind !== "value") return needsMechanism(prepared, context, openNames(compiled));
    value += prepared.parts[i]!.weight * answer.value;
    report = wider(report, answer.report);
    if (answer.distribution !== undefined && prepared.open !== undefined) {
      const { domain } = variableOf(model, prepared.open.variable)!;
      const levels = domain.kind === "discrete" ? domain.levels : [];
      distribution = { kind: "discrete", levels, probabilities: answer.distribution };
    }
  }
  const method: Method = { name: "variable-elimination", ...report };
  return identified(prepared, context, value, method, distribution);
}

function answerGaussian(
  model: StructuralModel,
  prepared: PreparedQuery,
  context: QueryContext,
): CounterfactualResult {
  let value = 0;
  let components = 0;
  let distribution: Distribution | undefined;
  for (const part of prepared.parts) {
    const answer = answerGaussianPart(model, part, prepared.open);
    if (answer.kind === "impossible") return impossible(prepared, context);
    if (answer.kind === "open") {
      return needsMechanism(
        prepared,
        context,
        answer.open.map(({ variable }) => variable.name),
      );
    }
    value += part.weight * answer.value;
    components += answer.components;
    if (answer.spread !== undefined) distribution = { kind: "real", ...answer.spread };
  }
  const method: Method = { name: "gaussian-closed-form", components };
  return identified(prepared, context, value, method, distribution);
}

/** A finished number with its claim. */
export function identified(
  prepared: PreparedQuery,
  context: QueryContext,
  value: number,
  method: Method,
  distribution?: Distribution,
): CounterfactualResult {
  return {
    kind: "identified",
    query: context.text,
    quantity: prepared.quantity,
    value,
    ...(distribution === undefined ? {} : { distribution }),
    method,
    claim: claimOf(
      context.rung,
      context.text,
      context.rung === 1 ? "association" : "identified",
      context.assumptions,
      context.steps,
    ),
  };
}

/** The refusal to condition on what cannot happen. */
export function impossible(prepared: PreparedQuery, context: QueryContext): CounterfactualResult {
  return {
    kind: "impossible-evidence",
    query: context.text,
    quantity: prepared.quantity,
    reason: "The evidence has probability zero in this model.",
    claim: claimOf(
      context.rung,
      context.text,
      "not-identified",
      context.assumptions,
      context.steps,
    ),
  };
}

const openNames = (compiled: readonly CompiledPart[]): readonly string[] =>
  compiled.flatMap(({ numerator, denominator }) =>
    [...numerator.open, ...denominator.open].map(({ variable }) => variable.name),
  );

function needsMechanism(
  prepared: PreparedQuery,
  context: QueryContext,
  open: readonly string[],
): CounterfactualResult {
  const names = new Set(open);
  const list = [...names].join(" and ");
  return {
    kind: "needs-mechanism",
    query: context.text,
    quantity: prepared.quantity,
    variables: [...names],
    options: ["[monotone]", "[gumbel]", "response { … }", "= a function of causes and noise"],
    reason: `The table of ${list} gives chances, not how one unit responds in two worlds.`,
    claim: claimOf(
      context.rung,
      context.text,
      "needs-mechanism",
      context.assumptions,
      context.steps,
    ),
  };
}

/** Names upstream of anything a prepared query asks for or conditions on. */
export function relevantVariables(
  model: StructuralModel,
  prepared: PreparedQuery,
): ReadonlySet<string> {
  return ancestorsOf(
    model,
    prepared.parts.flatMap((part) => [
      ...part.terms.map(({ variable }) => variable),
      ...[...part.events, ...part.given].map(({ term }) => term.variable),
    ]),
  );
}
