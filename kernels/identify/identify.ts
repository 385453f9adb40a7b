import type { Claim } from "../../app/claim.ts";
import type { Graph } from "../graph/graph.ts";
import { answerForClass } from "./answer-class.ts";
import { answerCounterfactual } from "./answer-counterfactual.ts";
import { answerInterventional } from "./answer-interventional.ts";
import type { Estimand } from "./estimand.ts";
import { zero } from "./estimand.ts";
import type { IdentifyOptions } from "./options.ts";
import { formatQuery, parseQuery } from "./query.ts";
import type { Query } from "./query.ts";
import type { Identification } from "./result.ts";
import { asInterventional, checkVariables } from "./simple-query.ts";
import type { OneQuery } from "./simple-query.ts";

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

function answerOne(graph: Graph, query: OneQuery, options: IdentifyOptions): Identification {
  const simple = asInterventional(query);
  const plain = graph.type === "admg" && simple !== undefined;
  if (!plain && usesOtherLaws(graph, options)) return refuseOtherLaws(query);
  if (graph.type !== "admg") return answerForClass(graph, query, simple);
  if (simple === undefined) return answerCounterfactual(graph, query, options);
  return answerInterventional(graph, query, simple, options);
}

const usesOtherLaws = (graph: Graph, options: IdentifyOptions): boolean =>
  options.experiments !== undefined ||
  options.source !== undefined ||
  options.selection !== undefined ||
  graph.nodes.some((node) => node.role === "selected");

function refuseOtherLaws(query: OneQuery): Identification {
  const queryText = formatQuery(query);
  const reason =
    "Selected units, single experiments and other populations are taken into account for interventional queries on graphs with known arrows only.";
  const claim: Claim = { rung: 3, query: queryText, status: "not-certified", assumptions: [] };
  return { kind: "not-certified", query, queryText, reason, trace: [], claim };
}
