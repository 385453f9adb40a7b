import { closure } from "../graph/relations.ts";
import { compact, idsOf, namesOf, near } from "../graph/compact.ts";
import type { Compact } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { connected } from "../graph/separation.ts";
import { minimalSets } from "./minimal-sets.ts";

export interface FrontDoorQuestion {
  readonly treatment: string | readonly string[];
  readonly outcome: string | readonly string[];
  readonly exclude?: readonly string[];
  /** Candidate sets looked at before the search is given up; default 20,000. */
  readonly maxTests?: number;
}

/**
 * Inclusion-minimal sets of measured nodes that satisfy Pearl's front-door criterion as a set (Pearl 1995,
 * definition 4; Jeong, Tian & Bareinboim 2022): every directed path from treatment to outcome meets the set, no
 * back-door path from treatment to the set is open, and treatment blocks every back-door path from the set to
 * the outcome. A stream: stop reading when enough have come; its return value says whether it was given up. Feasibility of a candidate set O(n (n + m)).
 * Throws `UserError` `unknown-node`.
 */
export function* frontDoorSets(
  graph: Graph,
  question: FrontDoorQuestion,
): Generator<readonly string[], boolean, undefined> {
  const g = compact(graph);
  const treatment = idsOf(graph, question.treatment);
  const outcome = idsOf(graph, question.outcome);
  const excluded = new Set([...treatment, ...outcome, ...idsOf(graph, question.exclude ?? [])]);
  const candidates = Array.from(g.order).filter((v) => g.latent[v] === 0 && !excluded.has(v));
  const works = (subset: readonly number[]): boolean => {
    const set = largestSet(g, treatment, outcome, subset);
    return interceptsAll(g, treatment, outcome, new Set(set));
  };
  // Nodes off the directed paths never help to intercept them, so a minimal set has none.
  const after = closure(g.children, treatment);
  const before = closure(g.parents, outcome);
  const between = candidates.filter((v) => after.has(v) && before.has(v));
  const sets = minimalSets(between, works, question.maxTests ?? 20_000);
  for (;;) {
    const next = sets.next();
    if (next.done === true) return next.value;
    yield namesOf(graph, next.value);
  }
}

/** Whether a set satisfies the front-door criterion. O(n + m). */
export function isFrontDoorSet(
  graph: Graph,
  set: readonly string[],
  question: FrontDoorQuestion,
): boolean {
  const g = compact(graph);
  const treatment = idsOf(graph, question.treatment);
  const outcome = idsOf(graph, question.outcome);
  const ids = idsOf(graph, set);
  if (ids.some((v) => g.latent[v] === 1 || treatment.includes(v) || outcome.includes(v)))
    return false;
  return (
    largestSet(g, treatment, outcome, ids).length === ids.length &&
    interceptsAll(g, treatment, outcome, new Set(ids))
  );
}

/** The largest subset of `within` with the two back-door conditions; they are kept by unions, so it is unique. */
function largestSet(
  g: Compact,
  treatment: readonly number[],
  outcome: readonly number[],
  within: readonly number[],
): number[] {
  const out = new Uint8Array(g.n);
  for (const v of treatment) out[v] = 1;
  let set = within.filter((v) => !connected(g, treatment, [v], [], { outOf: out }));
  for (;;) {
    const cut = new Uint8Array(g.n);
    for (const v of set) cut[v] = 1;
    const kept = set.filter((v) => !connected(g, [v], outcome, treatment, { outOf: cut }));
    if (kept.length === set.length) return set;
    set = kept;
  }
}

function interceptsAll(
  g: Compact,
  treatment: readonly number[],
  outcome: readonly number[],
  set: ReadonlySet<number>,
): boolean {
  const starts = treatment.flatMap((v) => [...near(g.children, v)]);
  const reached = closure(g.children, starts, (v) => !set.has(v));
  return !outcome.some((v) => reached.has(v));
}
