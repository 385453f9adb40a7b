import { latentProjection } from "../graph/projection.ts";
import type { Graph } from "../graph/graph.ts";
import {
  adjustmentSets,
  minimalAdjustmentSet,
  optimalAdjustmentSet,
  takeSets,
} from "./adjustment.ts";
import { frontDoorSets } from "./front-door.ts";
import { instruments } from "./instruments.ts";
import type { Strategy } from "./result.ts";

/** Up to this many nodes every kind of strategy is looked for; above, front doors and instruments only without an adjustment set. */
const smallGraph = 12;

/** How many sets of one kind are offered; the listing functions give all. */
const offered = 4;

/**
 * Ways to estimate the effect of `treatment` on `outcome` at the values of `given`: adjustment sets (the optimal
 * one first), front-door sets, instruments. Sets are required to hold `given`, which are then averaged over no
 * more. `thorough: false` (large graphs) offers one minimal adjustment set only.
 */
export function findStrategies(
  graph: Graph,
  treatment: readonly string[],
  outcome: readonly string[],
  given: readonly string[],
  thorough: boolean,
): Strategy[] {
  const question = { treatment, outcome, include: given };
  const found: Strategy[] = [];
  const optimal = optimalAdjustmentSet(graph, question);
  const key = (set: readonly string[]): string => JSON.stringify([...set].sort());
  const holdsGiven = optimal !== undefined && given.every((name) => optimal.includes(name));
  const sets = thorough
    ? takeSets(adjustmentSets(graph, question), offered).sets
    : [minimalAdjustmentSet(graph, question)].filter((set) => set !== undefined);
  const best = holdsGiven ? optimal : undefined;
  const adjustment = (set: readonly string[], minimal: boolean, isBest: boolean): Strategy => ({
    kind: "adjustment",
    treatment,
    outcome,
    set,
    minimal,
    optimal: isBest,
  });
  if (best !== undefined)
    found.push(
      adjustment(
        best,
        sets.some((set) => key(set) === key(best)),
        true,
      ),
    );
  for (const set of sets) {
    if (best === undefined || key(set) !== key(best)) found.push(adjustment(set, true, false));
  }
  if (!thorough || given.length > 0 || graph.type !== "admg") return found;
  if (found.length > 0 && graph.nodes.length > smallGraph) return found;
  for (const mediators of takeSets(frontDoorSets(graph, { ...question, maxTests: 2000 }), 2).sets) {
    if (mediators.length > 0) found.push({ kind: "front-door", treatment, outcome, mediators });
  }
  return [...found, ...instrumentStrategies(graph, treatment, outcome)];
}

/** Instruments for the total effect of one treatment on one outcome, each with its smallest conditioning set. */
export function instrumentStrategies(
  graph: Graph,
  treatment: readonly string[],
  outcome: readonly string[],
): Strategy[] {
  const [x] = treatment;
  const [y] = outcome;
  if (x === undefined || y === undefined || treatment.length > 1 || outcome.length > 1) return [];
  if (latentProjection(graph).nodes.length > 60) return [];
  const found =
    instruments(graph, { treatment: x, outcome: y, maxConditioning: 3, maxTests: 4_000 })
      ?.instruments ?? [];
  return found.flatMap(({ instrument, conditioning }): Strategy[] => {
    const [smallest] = conditioning;
    if (smallest === undefined) return [];
    const needs = "linearity-or-monotonicity";
    return [
      { kind: "instrument", treatment: x, outcome: y, instrument, conditioning: smallest, needs },
    ];
  });
}
