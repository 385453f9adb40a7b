import type { Work } from "../../app/work.ts";
import type { Rng } from "../math/rng.ts";
import { bounded, identified, impossible, needsMechanism } from "./answer.ts";
import { boundsOf } from "./bounds.ts";
import type { KnownValue } from "./bounds.ts";
import { describeQuery } from "./context.ts";
import type { QueryContext } from "./context.ts";
import { answerPart, compilePart, wider } from "./discrete.ts";
import { NoExactMethod } from "./discrete-network.ts";
import { TooWide } from "./factor.ts";
import type { EliminationReport } from "./factor.ts";
import { answerGaussianPart } from "./gaussian.ts";
import { mixedBounds } from "./mixed-bounds.ts";
import { variableOf } from "./model.ts";
import type { StructuralModel } from "./model.ts";
import { parseQuery } from "./parse-query.ts";
import { prepareQuery } from "./parts.ts";
import type { PreparedQuery } from "./parts.ts";
import type { Query } from "./query.ts";
import { TooManyTypes } from "./responses.ts";
import type { CounterfactualResult, Distribution, NeedsMechanismResult } from "./result.ts";
import { answerBySimulation } from "./simulation.ts";

export interface CounterfactualOptions {
  /** Draws where nothing exact applies; 100 000 unless said. */
  readonly draws?: number;
  /** Used only where nothing exact applies; a generator of seed 1 unless given. */
  readonly rng?: Rng;
  /** Confidence level of sampled intervals, 0.95 unless said. */
  readonly level?: number;
  /** Quantities known from elsewhere, which narrow bounds, e.g. the result of an experiment. */
  readonly known?: readonly KnownValue[];
  /** Stops the answer between parts of a query. */
  readonly work?: Work;
}

/**
 * Answers any query on a structural model: rung 1 (conditioning), 2 (interventions) and 3 (abduction, action,
 * prediction over the joint network of all worlds).
 *
 * Methods, in this order: variable elimination when everything the query reaches is discrete; closed form when it is
 * linear with normal noise given discrete ancestors; recovered noise and quadrature where the evidence fixes all but a
 * few noises; importance sampling otherwise. The result's `method` says which, sampled ones with an `interval`.
 *
 * A table of conditional probabilities does not say how one unit responds to two different parents' values. When the
 * answer rests on that, the result is `bounded` (sharp, by linear programs) or `needs-mechanism`, never a number; a
 * range that closes to a point is `identified`. Evidence of probability zero is `impossible-evidence`. Throws
 * `UserError` for names or levels the model lacks, and for syntax.
 */
export function counterfactual(
  model: StructuralModel,
  query: string | Query,
  options: CounterfactualOptions = {},
): CounterfactualResult {
  const parsed = typeof query === "string" ? parseQuery(query) : query;
  const prepared = prepareQuery(model, parsed);
  const context = describeQuery(model, parsed, prepared);
  options.work?.signal.throwIfAborted();
  const answer = answerPrepared(model, prepared, context, options);
  const undecided =
    answer.kind === "needs-mechanism" && answer.value === undefined && context.continuous;
  return undecided && prepared.open === undefined
    ? answerByMixedBounds(model, prepared, context, answer, options)
    : answer;
}

function answerPrepared(
  model: StructuralModel,
  prepared: PreparedQuery,
  context: QueryContext,
  options: CounterfactualOptions,
): CounterfactualResult {
  try {
    return context.continuous
      ? answerGaussian(model, prepared, context)
      : answerDiscrete(model, prepared, context, options.known ?? []);
  } catch (error) {
    if (!(error instanceof TooWide) && !(error instanceof NoExactMethod)) throw error;
    return answerBySimulation(model, prepared, context, options, error.message);
  }
}

/** Where tables leave open how units respond and the query reaches continuous variables. */
function answerByMixedBounds(
  model: StructuralModel,
  prepared: PreparedQuery,
  context: QueryContext,
  refused: NeedsMechanismResult,
  options: CounterfactualOptions,
): CounterfactualResult {
  const { variables } = refused;
  if (variables.some((name) => variableOf(model, name)?.mechanism.kind !== "table")) return refused;
  const found = mixedBounds(model, prepared.parts, variables, (settled, part) => {
    options.work?.signal.throwIfAborted();
    const one = { parts: [part], quantity: prepared.quantity };
    // Few draws: a sampled number is not used.
    return answerPrepared(settled, one, context, { ...options, draws: 16 });
  });
  if (found.kind === "impossible") return impossible(prepared, context);
  if (found.kind === "unsolved") {
    return { ...refused, reason: `${refused.reason} ${found.reason}` };
  }
  const { lower, upper, sharp, unknowns, constraints } = found;
  const method = { name: "linear-program", unknowns, constraints, programs: 2 } as const;
  if (upper - lower < POINT * (1 + Math.abs(lower))) {
    const step = "Every way of responding that these tables allow gives the same answer.";
    return identified(prepared, context, (lower + upper) / 2, method, { steps: [step] });
  }
  if (prepared.quantity === "probability") {
    const range = { lower: Math.max(0, lower), upper: Math.min(1, upper) };
    if (range.lower < POINT && range.upper > 1 - POINT)
      return needsMechanism(model, prepared, context, variables, { value: range });
    return bounded(prepared, context, { ...range, sharp }, variables, method);
  }
  return bounded(prepared, context, { lower, upper, sharp }, variables, method);
}

/**
 * Sharp bounds of a query over every model with the same tables and graph: `counterfactual` with quantities known from
 * elsewhere, e.g. `bounds(model, "PN(x -> y)", [{ query: "P(y=1 | do(x=1))", value: 0.016 }])` (Tian & Pearl 2000).
 */
export function bounds(
  model: StructuralModel,
  query: string | Query,
  known: readonly KnownValue[] = [],
): CounterfactualResult {
  return counterfactual(model, query, { known });
}

function answerDiscrete(
  model: StructuralModel,
  prepared: PreparedQuery,
  context: QueryContext,
  known: readonly KnownValue[],
): CounterfactualResult {
  const compiled = prepared.parts.map((part) => compilePart(model, part, prepared.open));
  const answers = compiled.map(answerPart);
  if (answers.some(({ kind }) => kind === "impossible")) return impossible(prepared, context);
  let value = 0;
  let report: EliminationReport = { width: 0, largest: 1, nodes: 0 };
  let distribution: Distribution | undefined;
  for (const [i, answer] of answers.entries()) {
    if (answer.kind !== "value") return answerByBounds(model, prepared, context, known);
    value += prepared.parts[i]!.weight * answer.value;
    report = wider(report, answer.report);
    if (answer.distribution !== undefined && prepared.open !== undefined) {
      const { domain } = variableOf(model, prepared.open.variable)!;
      const levels = domain.kind === "discrete" ? domain.levels : [];
      distribution = { kind: "discrete", levels, probabilities: answer.distribution };
    }
  }
  return identified(
    prepared,
    context,
    value,
    { name: "variable-elimination", ...report },
    { distribution },
  );
}

const POINT = 1e-9;

function answerByBounds(
  model: StructuralModel,
  prepared: PreparedQuery,
  context: QueryContext,
  known: readonly KnownValue[],
): CounterfactualResult {
  let answer: ReturnType<typeof boundsOf>;
  try {
    answer = boundsOf(model, prepared.parts, known);
  } catch (error) {
    if (!(error instanceof TooManyTypes)) throw error;
    const open = prepared.parts.flatMap((part) =>
      compilePart(model, part).numerator.open.flatMap(({ variables }) =>
        variables.map((v) => v.name),
      ),
    );
    const reason = `Bounds would need a linear program over ${error.types} response types.`;
    return needsMechanism(model, prepared, context, open, { reason });
  }
  if (answer.kind === "impossible") return impossible(prepared, context);
  if (answer.kind === "unsolved") {
    return needsMechanism(model, prepared, context, answer.variables, { reason: answer.reason });
  }
  const { lower, upper, sharp, variables, unknowns, constraints, programs } = answer;
  const method = { name: "linear-program", unknowns, constraints, programs } as const;
  if (upper - lower < POINT) {
    const step = `Every model with these tables gives the same answer (${programs} linear programs).`;
    return identified(prepared, context, (lower + upper) / 2, method, { steps: [step] });
  }
  if (prepared.quantity === "probability" && lower < POINT && upper > 1 - POINT) {
    return needsMechanism(model, prepared, context, variables, { value: { lower: 0, upper: 1 } });
  }
  return bounded(prepared, context, { lower, upper, sharp }, variables, method);
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
      const open = answer.open.flatMap(({ variables }) => variables.map((v) => v.name));
      return needsMechanism(model, prepared, context, open);
    }
    value += part.weight * answer.value;
    components += answer.components;
    if (answer.spread !== undefined) distribution = { kind: "real", ...answer.spread };
  }
  const method = { name: "gaussian-closed-form", components } as const;
  return identified(prepared, context, value, method, { distribution });
}
