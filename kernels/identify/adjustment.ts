import { UserError } from "../../app/errors.ts";
import { closure } from "../graph/relations.ts";
import { compact, idsOf, namesOf, near } from "../graph/compact.ts";
import type { Compact } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { isAmenable, possibleAncestors, possibleDescendants } from "../graph/possible.ts";
import { representative } from "../graph/representative.ts";
import { minimalSeparator, minimalSeparators, separates } from "../graph/separators.ts";
import type { SeparationProblem } from "../graph/separators.ts";

export interface AdjustmentQuestion {
  readonly treatment: string | readonly string[];
  readonly outcome: string | readonly string[];
  /** Nodes every set has to contain. */
  readonly include?: readonly string[];
  /** Nodes no set may contain, beside the unmeasured ones. */
  readonly exclude?: readonly string[];
  /**
   * `total`: the complete adjustment criterion for the effect of the treatments (Shpitser, VanderWeele & Robins
   * 2010; Perković et al. 2018). `direct`: the coefficient of the arrow treatment -> outcome in a linear model
   * (Pearl's single-door criterion). Default `total`.
   */
  readonly effect?: "total" | "direct";
  /** `backdoor` asks for Pearl's back-door criterion, a special case; default `complete`. */
  readonly criterion?: "complete" | "backdoor";
}

export interface AdjustmentProblem extends SeparationProblem {
  /** Nodes that bias: the treatments, what the causal paths lead to, and for back-door all effects of treatment. */
  readonly forbidden: ReadonlySet<number>;
  /** Nodes on proper causal paths, treatments left out. */
  readonly causal: ReadonlySet<number>;
  /** False when the class's members disagree on the effect, so that no set serves all of them. */
  readonly solvable: boolean;
}

/**
 * The separation problem whose solutions are the adjustment sets; shared by the functions below. In cpdags, mags and
 * pags the forbidden nodes are those of the whole class, and separation is read off one member (Perković et al. 2018).
 * O(n + m).
 */
export function adjustmentProblem(graph: Graph, question: AdjustmentQuestion): AdjustmentProblem {
  const member = representative(graph);
  const g = compact(member);
  const treatment = idsOf(member, question.treatment);
  const outcome = idsOf(member, question.outcome);
  const required = idsOf(member, question.include ?? []);
  const excluded = new Set(idsOf(member, question.exclude ?? []));
  checkSides(member, treatment, outcome, required, excluded);
  const isTreatment = mask(g, treatment);
  const plain = graph.type === "admg";
  const special = question.effect === "direct" || question.criterion === "backdoor";
  if (!plain && special) throw needsArrows(graph);
  const causal = plain
    ? properCausalNodes(g, treatment, outcome)
    : possibleCausalNodes(graph, g, treatment, outcome);
  let forbidden: ReadonlySet<number>;
  let isCut: (from: number, to: number) => boolean;
  if (question.effect === "direct") {
    const isOutcome = mask(g, outcome);
    forbidden = closure(g.children, outcome);
    isCut = (from, to) => isTreatment[from] === 1 && isOutcome[to] === 1;
  } else if (question.criterion === "backdoor") {
    forbidden = closure(g.children, treatment);
    isCut = (from) => isTreatment[from] === 1;
  } else {
    const isCausal = mask(g, causal);
    const names = (ids: Iterable<number>): string[] => [...ids].map((v) => g.names[v] ?? "");
    forbidden = plain
      ? closure(g.children, causal)
      : new Set(idsOf(graph, [...possibleDescendants(graph, names(causal))]));
    isCut = (from, to) => isTreatment[from] === 1 && isCausal[to] === 1;
  }
  const ends = new Set([...treatment, ...outcome]);
  const allowed = (v: number): boolean =>
    g.latent[v] === 0 && !ends.has(v) && !forbidden.has(v) && !excluded.has(v);
  const solvable =
    plain ||
    isAmenable(
      graph,
      treatment.map((v) => g.names[v] ?? ""),
      new Set([...causal].map((v) => g.names[v] ?? "")),
    );
  return { g, a: treatment, b: outcome, required, allowed, isCut, forbidden, causal, solvable };
}

/** Nodes on ways by which the treatments may cause the outcome in some member of the class. */
function possibleCausalNodes(
  graph: Graph,
  g: Compact,
  treatment: readonly number[],
  outcome: readonly number[],
): Set<number> {
  const names = (ids: readonly number[]): string[] => ids.map((v) => g.names[v] ?? "");
  const acts = new Set(names(treatment));
  const free = (name: string): boolean => !acts.has(name);
  const before = possibleAncestors(graph, names(outcome), free);
  const starts = new Set<string>();
  for (const x of acts)
    for (const name of possibleDescendants(graph, [x], (v) => v === x || free(v)))
      if (name !== x) starts.add(name);
  return new Set(
    idsOf(
      graph,
      [...starts].filter((name) => before.has(name)),
    ),
  );
}

function needsArrows(graph: Graph): UserError {
  return new UserError({
    code: "adjustment-needs-arrows",
    message: `Direct effects and the back-door criterion are defined for graphs whose arrows are all known, not for a ${graph.type}.`,
    value: graph.type,
    expected: "a graph of arrows and bidirected edges",
    hint: "Ask for the total effect with the complete criterion, or give the edges directions.",
  });
}

/** PCP of van der Zander et al. 2019: nodes on causal paths that meet the treatments only at their start. */
function properCausalNodes(
  g: Compact,
  treatment: readonly number[],
  outcome: readonly number[],
): Set<number> {
  const isTreatment = mask(g, treatment);
  const notTreatment = (v: number): boolean => isTreatment[v] === 0;
  const starts = treatment.flatMap((v) => [...near(g.children, v)]);
  const after = closure(g.children, starts, notTreatment);
  const before = closure(g.parents, outcome, notTreatment);
  return new Set([...after].filter((v) => before.has(v)));
}

function mask(g: Compact, ids: Iterable<number>): Uint8Array {
  const bits = new Uint8Array(g.n);
  for (const v of ids) bits[v] = 1;
  return bits;
}

function checkSides(
  graph: Graph,
  treatment: readonly number[],
  outcome: readonly number[],
  required: readonly number[],
  excluded: ReadonlySet<number>,
): void {
  const shared = treatment.find((v) => outcome.includes(v));
  const name = (v: number): string => compact(graph).names[v] ?? "";
  if (shared !== undefined) {
    throw new UserError({
      code: "treatment-is-outcome",
      message: `"${name(shared)}" is both treatment and outcome.`,
      value: name(shared),
      expected: "different variables",
    });
  }
  if (treatment.length === 0 || outcome.length === 0) {
    throw new UserError({
      code: "query-incomplete",
      message: "An effect needs a treatment and an outcome.",
      expected: "at least one of each",
    });
  }
  const both = required.find((v) => excluded.has(v));
  if (both === undefined) return;
  throw new UserError({
    code: "include-and-exclude",
    message: `"${name(both)}" is both demanded and ruled out.`,
    value: name(both),
    expected: "a variable in one of the two lists",
  });
}

/** Whether the required nodes may be in any set at all. */
function requiredFits(problem: AdjustmentProblem): boolean {
  return problem.solvable && problem.required.every((v) => problem.allowed(v));
}

/**
 * One adjustment set from which nothing can be left out, or `undefined` when there is none. O(n + m). van der
 * Zander & Liskiewicz 2020. Throws `UserError` `unknown-node`, `treatment-is-outcome`, `query-incomplete`.
 */
export function minimalAdjustmentSet(
  graph: Graph,
  question: AdjustmentQuestion,
): readonly string[] | undefined {
  const problem = adjustmentProblem(graph, question);
  const found = requiredFits(problem) ? minimalSeparator(problem) : undefined;
  return found === undefined ? undefined : namesOf(graph, found);
}

/**
 * All minimal adjustment sets, one at a time with polynomial delay; stop reading when enough have come (there can
 * be exponentially many). Sets are in the graph's node order. Errors as `minimalAdjustmentSet`, when the first
 * set is asked for.
 */
export function* adjustmentSets(
  graph: Graph,
  question: AdjustmentQuestion,
): Generator<readonly string[], void, undefined> {
  const problem = adjustmentProblem(graph, question);
  if (!requiredFits(problem)) return;
  for (const set of minimalSeparators(problem)) yield namesOf(graph, set);
}

/** The first sets of a stream, and whether there are more (or may be: the stream was given up). */
export function takeSets<T>(
  sets: Iterable<T, unknown>,
  limit: number,
): { readonly sets: readonly T[]; readonly more: boolean } {
  const taken: T[] = [];
  const stream = sets[Symbol.iterator]();
  for (;;) {
    const next = stream.next();
    if (next.done === true) return { sets: taken, more: next.value === true };
    if (taken.length === limit) {
      stream.return?.();
      return { sets: taken, more: true };
    }
    taken.push(next.value);
  }
}

/**
 * The canonical set: every measured ancestor of treatment, outcome and demanded nodes that is not forbidden; it is
 * an adjustment set exactly when there is any. `undefined` when there is none. O(n + m). van der Zander et al. 2019.
 */
export function canonicalAdjustmentSet(
  graph: Graph,
  question: AdjustmentQuestion,
): readonly string[] | undefined {
  const problem = adjustmentProblem(graph, question);
  if (!requiredFits(problem)) return undefined;
  const { g, a, b, required, allowed } = problem;
  const set = [...closure(g.parents, [...a, ...b, ...required])].filter(allowed);
  return separates(problem, set) ? namesOf(graph, set) : undefined;
}

/** Whether a set satisfies the criterion. O(n + m). */
export function isAdjustmentSet(
  graph: Graph,
  set: readonly string[],
  question: AdjustmentQuestion,
): boolean {
  const problem = adjustmentProblem(graph, question);
  const ids = idsOf(graph, set);
  const has = new Set(ids);
  return (
    problem.solvable &&
    ids.every(problem.allowed) &&
    problem.required.every((v) => has.has(v)) &&
    separates(problem, ids)
  );
}

/**
 * The O-set: parents of the causal nodes that are neither causal nor forbidden. Among all adjustment sets of a
 * graph without unmeasured common causes it gives the smallest asymptotic variance, for linear models (Henckel,
 * Perković & Maathuis 2022) and nonparametrically (Rotnitzky & Smucler 2020). `undefined` when the effect is
 * zero by structure, when no set is valid, or when unmeasured nodes make the O-set unusable. O(n + m).
 */
export function optimalAdjustmentSet(
  graph: Graph,
  question: AdjustmentQuestion,
): readonly string[] | undefined {
  const problem = adjustmentProblem(graph, question);
  const { g, a, causal, forbidden } = problem;
  if (causal.size === 0 || !problem.solvable) return undefined;
  const isTreatment = mask(g, a);
  const set = new Set<number>();
  for (const v of causal) {
    for (const w of near(g.parents, v)) if (!forbidden.has(w) && isTreatment[w] === 0) set.add(w);
  }
  const ids = [...set];
  if (graph.edges.some((edge) => edge.mark === "<->") || !ids.every(problem.allowed))
    return undefined;
  if (g.latent.includes(1) && !latentFree(problem)) return undefined;
  return separates(problem, ids) ? namesOf(graph, ids) : undefined;
}

/** No unmeasured node among the ancestors of the outcome, so that the theorem for DAGs applies. */
function latentFree({ g, b }: AdjustmentProblem): boolean {
  return ![...closure(g.parents, b)].some((v) => g.latent[v] === 1);
}
