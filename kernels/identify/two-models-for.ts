import { latentProjection } from "../graph/projection.ts";
import type { Graph } from "../graph/graph.ts";
import { quietWork } from "../../app/work.ts";
import type { Work } from "../../app/work.ts";
import { notRecovered } from "./answer-interventional.ts";
import type { LawsAtHand } from "./counterfactual.ts";
import { identify } from "./identify.ts";
import { identifyInterventional } from "./interventional.ts";
import type { Query } from "./query.ts";
import type { Identification, NotIdentified } from "./result.ts";
import { pace } from "./search.ts";
import type { SearchStopped } from "./search.ts";
import { asInterventional } from "./simple-query.ts";
import type { OneQuery } from "./simple-query.ts";
import { twoFunctionalSteps } from "./two-functional.ts";
import type { TwoFunctionalModels } from "./two-functional.ts";
import { twoModelSteps } from "./two-models.ts";
import type { NoTwoModels, TwoModels } from "./two-models.ts";

export interface TwoModelsWork {
  readonly work?: Work;
  /** When the search is given up; default 20,000. */
  readonly milliseconds?: number;
  /** For counterfactuals: the laws the two models have to share; default `observations`. */
  readonly from?: LawsAtHand;
}

/**
 * The two models for a "not identified" result of `identify`, for the first part of its query that is not identified:
 * conditional laws for interventional queries, functional models for counterfactual ones. Lets messages in while it
 * searches; throws when `work` is stopped. Up to 8 relevant variables; see `findTwoModels` for size and time.
 */
export async function twoModelsFor(
  graph: Graph,
  result: NotIdentified,
  { work = quietWork, milliseconds = 20_000, from = "observations" }: TwoModelsWork = {},
): Promise<TwoModels | TwoFunctionalModels | NoTwoModels | SearchStopped> {
  const measured = latentProjection(graph);
  const selection = graph.nodes.find((node) => node.role === "selected")?.name;
  for (const part of partsOfQuery(result.query)) {
    const simple = asInterventional(part);
    if (simple === undefined) {
      const answer = identify(graph, part, { from, strategies: false });
      if (answer.kind === "not-identified")
        return pace(twoFunctionalSteps(graph, part, from), work, milliseconds);
      continue;
    }
    if (selection !== undefined)
      return pace(twoModelSteps(measured, simple, { selection }), work, milliseconds);
    const answer = identifyInterventional(measured, simple);
    if (answer.kind === "hedge")
      return pace(twoModelSteps(graph, simple, { hedge: answer.hedge }), work, milliseconds);
  }
  return {
    kind: "no-two-models",
    reason:
      "From the observed law alone the query is identified; two models are looked for against that law.",
  };
}

/**
 * A verdict under selection that `identify` gave without its search for two models (`confirm: false`): the same, or
 * "not identified" once two models are found, or `search-limit` when the search was cut. Lets messages in.
 */
export async function confirmNo(
  graph: Graph,
  result: Identification,
  { work = quietWork, milliseconds = 20_000 }: TwoModelsWork = {},
): Promise<Identification> {
  const selection = graph.nodes.find((node) => node.role === "selected")?.name;
  if (result.kind !== "not-certified" || selection === undefined || graph.type !== "admg")
    return result;
  const simple = result.query.kind === "difference" ? undefined : asInterventional(result.query);
  if (simple === undefined || simple.outcome.includes(selection)) return result;
  const steps = twoModelSteps(latentProjection(graph), simple, { selection });
  const shown = await pace(steps, work, milliseconds);
  if (shown.kind === "two-models") return notRecovered(result);
  if (shown.kind !== "search-limit") return result;
  const { query, queryText, claim } = result;
  const reason = `No formula was found, and whether there is none could not be settled. ${shown.reason}`;
  return { kind: "search-limit", query, queryText, reason, limit: shown.limit, claim };
}

function partsOfQuery(query: Query): OneQuery[] {
  return query.kind === "difference"
    ? [...partsOfQuery(query.left), ...partsOfQuery(query.right)]
    : [query];
}
