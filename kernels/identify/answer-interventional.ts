import { unitAssumptions } from "../../app/claim.ts";
import type { Claim, ClaimStatus } from "../../app/claim.ts";
import { latentProjection } from "../graph/projection.ts";
import type { Graph } from "../graph/graph.ts";
import { graphAssumptions, makeClaim, positivity } from "./claims.ts";
import { closeEstimand, displaySymbols } from "./close.ts";
import { derive } from "./derivation.ts";
import type { Estimand } from "./estimand.ts";
import type { TraceStep } from "./id.ts";
import { identifyInterventional } from "./interventional.ts";
import { derivedUpTo, thoroughUpTo } from "./options.ts";
import type { IdentifyOptions } from "./options.ts";
import { lawAssumptions, lawTexts, sourcesOf } from "./other-laws.ts";
import type { OtherLaws } from "./other-laws.ts";
import { formatQuery } from "./query.ts";
import type { Identification, NotCertified, Strategy } from "./result.ts";
import { recoverFromSelection } from "./selection.ts";
import { expectationOf } from "./simple-query.ts";
import type { OneQuery, Simple } from "./simple-query.ts";
import { simplify } from "./simplify.ts";
import { findStrategies, instrumentStrategies } from "./strategies.ts";
import { finish } from "./search.ts";
import type { SearchStopped } from "./search.ts";
import { findTwoModels } from "./two-models.ts";
import type { NoTwoModels, TwoModels } from "./two-models.ts";
import { otherLawSteps } from "./two-models-elsewhere.ts";

/** ID, IDC, gID, transport and recovery from selection for a query of one world. */
export function answerInterventional(
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
  const assume = [
    ...(rung === 1 ? [] : graphAssumptions(graph, variables)),
    ...(sources === undefined ? [] : lawAssumptions(options)),
  ];
  const claimAs = (status: ClaimStatus, extra: Claim["assumptions"] = []): Claim =>
    makeClaim(rung, queryText, status, [...assume, ...extra], derivation);
  if (result.kind === "hedge" && (selection !== undefined || sources !== undefined)) {
    const part = result.hedge.smaller;
    return withoutFormula({ measured, query, simple, selection, options, part, trace, claimAs });
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
    const claim = claimAs("zero-by-structure", unitAssumptions(treatment));
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
      : claimAs("identified", [
          ...positivity(treatment, conditions),
          ...unitAssumptions(treatment),
        ]);
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

interface Unanswered {
  readonly measured: Graph;
  readonly query: OneQuery;
  readonly simple: Simple;
  readonly selection: string | undefined;
  readonly options: IdentifyOptions;
  /** What none of the laws gives. */
  readonly part: readonly string[];
  readonly trace: readonly TraceStep[];
  readonly claimAs: (status: ClaimStatus) => Claim;
}

/**
 * No formula with the laws at hand. For experiments and populations without conditions the procedure is complete; for
 * conditions and selection it is a no only when two models show it. For selection together with other laws nothing is
 * known: the procedure has used the selected units alone.
 */
function withoutFormula(asked: Unanswered): Identification {
  const { measured, query, simple, selection, options, part, trace, claimAs } = asked;
  const queryText = formatQuery(query);
  const others = options.experiments !== undefined || options.source !== undefined;
  if (selection === undefined && simple.given.length === 0) {
    return {
      kind: "not-identified",
      query,
      queryText,
      reason: missingPart(part, options),
      trace,
      strategies: [],
      claim: claimAs("not-identified"),
    };
  }
  const search = options.confirm !== false;
  let shown: TwoModels | NoTwoModels | SearchStopped | undefined;
  if (search && selection === undefined) shown = finish(otherLawSteps(measured, simple, options));
  else if (search && selection !== undefined && !others)
    shown = findTwoModels(measured, simple, { selection });
  if (shown?.kind === "two-models") {
    const result = { query, queryText, trace, claim: claimAs("not-identified") };
    return others ? notTransported(result, options) : notRecovered(result);
  }
  if (shown?.kind === "search-limit") {
    const reason = `No formula was found, and whether there is none could not be settled. ${shown.reason}`;
    const claim = claimAs("not-certified");
    return { kind: "search-limit", query, queryText, reason, limit: shown.limit, claim };
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

function missingPart(part: readonly string[], laws: OtherLaws): string {
  const causes =
    part.length === 1
      ? `How ${part[0]} comes about`
      : `How {${part.join(", ")}} come about together`;
  return `${causes} is given by none of the laws at hand, ${lawTexts(laws).join(", ")}.`;
}

/** A query from other laws for which two models have been found. */
export function notTransported(
  { query, queryText, trace, claim }: Omit<NotCertified, "kind" | "reason">,
  laws: OtherLaws,
): Identification {
  const reason = `Two models agree on all laws at hand, ${lawTexts(laws).join(", ")}, and differ in the answer.`;
  const status = { ...claim, status: "not-identified" as const };
  return { kind: "not-identified", query, queryText, reason, trace, strategies: [], claim: status };
}

/** A query under selection for which two models have been found. */
export function notRecovered({
  query,
  queryText,
  trace,
  claim,
}: Omit<NotCertified, "kind" | "reason">): Identification {
  const reason = "Two models agree on everything the selected units show and differ in the answer.";
  const status = { ...claim, status: "not-identified" as const };
  return {
    kind: "not-identified",
    query,
    queryText,
    reason,
    trace,
    strategies: [],
    claim: status,
  };
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
