import { latentProjection } from "../graph/projection.ts";
import type { Graph } from "../graph/graph.ts";
import { quietWork } from "../../app/work.ts";
import type { Work } from "../../app/work.ts";
import { notRecovered, notTransported } from "./answer-interventional.ts";
import type { LawsAtHand } from "./counterfactual.ts";
import { identify } from "./identify.ts";
import { identifyInterventional } from "./interventional.ts";
import { sourcesOf } from "./other-laws.ts";
import type { OtherLaws } from "./other-laws.ts";
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
import { otherLawSteps } from "./two-models-elsewhere.ts";

export interface TwoModelsWork {
  readonly work?: Work;
  /** When the search is given up; default 20,000. */
  readonly milliseconds?: number;
  /** For counterfactuals: the laws the two models have to share; default `observations`. */
  readonly from?: LawsAtHand;
  /** Laws at hand beside, or instead of, the observed one, as `identify` was given them. */
  readonly laws?: OtherLaws;
}

/**
 * The two models for a "not identified" result of `identify`, for the first part of its query that is not identified:
 * conditional laws for interventional queries, functional models for counterfactual ones. Lets messages in while it
 * searches; throws when `work` is stopped. Up to 8 relevant variables; see `findTwoModels` for size and time.
 */
export async function twoModelsFor(
  graph: Graph,
  result: NotIdentified,
  { work = quietWork, milliseconds = 20_000, from = "observations", laws = {} }: TwoModelsWork = {},
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
    const sources = sourcesOf(measured, laws);
    const answer = identifyInterventional(measured, simple, sources);
    if (sources !== undefined) {
      if (answer.kind === "hedge")
        return pace(otherLawSteps(measured, simple, laws), work, milliseconds);
      continue;
    }
    if (answer.kind === "hedge")
      return pace(twoModelSteps(graph, simple, { hedge: answer.hedge }), work, milliseconds);
  }
  return {
    kind: "no-two-models",
    reason: "From these laws the query is identified, so no two models can differ in it.",
  };
}

/**
 * A verdict under selection, or of conditions and other laws, that `identify` gave without its search for two models (`confirm: false`): the same, or
 * "not identified" once two models are found, or `search-limit` when the search was cut. Lets messages in.
 */
export async function confirmNo(
  graph: Graph,
  result: Identification,
  { work = quietWork, milliseconds = 20_000, laws = {} }: TwoModelsWork = {},
): Promise<Identification> {
  const selection = graph.nodes.find((node) => node.role === "selected")?.name;
  const others = laws.experiments !== undefined || laws.source !== undefined;
  if (result.kind !== "not-certified" || graph.type !== "admg") return result;
  if (others === (selection !== undefined)) return result;
  const simple = result.query.kind === "difference" ? undefined : asInterventional(result.query);
  if (simple === undefined) return result;
  if (selection !== undefined && simple.outcome.includes(selection)) return result;
  const measured = latentProjection(graph);
  const steps =
    selection === undefined
      ? otherLawSteps(measured, simple, laws)
      : twoModelSteps(measured, simple, { selection });
  const shown = await pace(steps, work, milliseconds);
  if (shown.kind === "two-models")
    return others ? notTransported(result, laws) : notRecovered(result);
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
