import { createRng } from "../math/rng.ts";
import type { Rng } from "../math/rng.ts";
import { closure } from "../graph/relations.ts";
import { compact, idsOf } from "../graph/compact.ts";
import { createGraph } from "../graph/graph.ts";
import type { Edge, Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import type { Hedge } from "./id.ts";
import { identifyInterventional } from "./interventional.ts";
import type { Interventional } from "./interventional.ts";
import type { Query } from "./query.ts";
import type { NotIdentified } from "./result.ts";
import { asInterventional } from "./simple-query.ts";
import type { OneQuery } from "./simple-query.ts";
import type { DiscreteModel } from "./model.ts";
import {
  lawWithJacobian,
  modelAt,
  modelFamily,
  norm,
  outside,
  probabilityWithGradient,
  rowSpace,
  shortestStep,
} from "./parametric.ts";
import type { ModelFamily } from "./parametric.ts";

/** Two models of one graph that no observed data can tell apart, and that answer the query differently. */
export interface TwoModels {
  readonly kind: "two-models";
  /** Over the query's variables and their causes, all binary; further variables may behave alike in both. */
  readonly models: readonly [DiscreteModel, DiscreteModel];
  /** P(outcome | do(setting), given) that differs. */
  readonly outcome: Readonly<Record<string, number>>;
  readonly setting: Readonly<Record<string, number>>;
  readonly given: Readonly<Record<string, number>>;
  readonly values: readonly [number, number];
  /** Largest difference between the two observed joint laws. */
  readonly gap: number;
}

export interface NoTwoModels {
  readonly kind: "no-two-models";
  readonly reason: string;
}

const mostNodes = 8;
/** Variables, measured or not, whose joint values are gone through. */
const mostBits = 17;
const smallestDifference = 1e-3;
const largestGap = 1e-10;

/**
 * Shows a "not identified": from a random positive model, walks along the models with the same observed law in the
 * direction in which the query changes fastest, mending the law by Newton steps after each. Joint laws agree to
 * 1e-10, answers differ by at least 1e-3 (usually far more). Up to 8 relevant variables; with a hedge only its own
 * unmeasured causes are used. Seeded; some tens of milliseconds to a second. The first step is the rank test of
 * generic identifiability: where the query's gradient lies in the span of the law's, no such direction exists.
 */
export function findTwoModels(
  graph: Graph,
  query: Interventional,
  {
    hedge,
    selection,
    rng = createRng(1),
  }: { readonly hedge?: Hedge; readonly selection?: string; readonly rng?: Rng } = {},
): TwoModels | NoTwoModels {
  // Two values of an unmeasured cause are sometimes too few to tell the models apart; two such causes make four.
  const tries = [
    ...(hedge === undefined ? [] : [{ within: hedge, causes: 1 }]),
    { within: undefined, causes: 1 },
    ...(hedge === undefined ? [] : [{ within: hedge, causes: 2 }]),
    { within: undefined, causes: 2 },
  ];
  let reason = "";
  for (const { within, causes } of tries) {
    const small = relevantPart(graph, query, within, selection);
    const bidirected = small.edges.filter((edge) => edge.mark === "<->").length;
    if (small.nodes.length > mostNodes) {
      return {
        kind: "no-two-models",
        reason: `More than ${mostNodes} variables bear on the query; two models are looked for up to that number.`,
      };
    }
    if (small.nodes.length + causes * bidirected > mostBits) {
      reason = "Too many unmeasured causes to go through all their values.";
      continue;
    }
    const family = modelFamily(small, causes);
    const attempts = small.nodes.length + causes * bidirected > 13 ? 1 : 3;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const found = attemptFrom(family, query, rng, selection);
      if (found !== undefined) return found;
    }
    reason = "No direction was found in which the query changes and the observed law does not.";
  }
  return { kind: "no-two-models", reason };
}

/**
 * The two models for a "not identified" result of `identify`: for the first part of its query that is not identified.
 * Counterfactual queries have none here. See `findTwoModels` for size and time.
 */
export function twoModelsFor(graph: Graph, result: NotIdentified): TwoModels | NoTwoModels {
  const measured = latentProjection(graph);
  for (const part of partsOfQuery(result.query)) {
    const simple = asInterventional(part);
    if (simple === undefined) continue;
    const answer = identifyInterventional(measured, simple);
    if (answer.kind === "hedge") return findTwoModels(graph, simple, { hedge: answer.hedge });
  }
  return {
    kind: "no-two-models",
    reason: "Two models are looked for in interventional queries only.",
  };
}

function partsOfQuery(query: Query): OneQuery[] {
  return query.kind === "difference"
    ? [...partsOfQuery(query.left), ...partsOfQuery(query.right)]
    : [query];
}

/** Causes of the query's variables; of the unmeasured causes only a tree that ties the hedge together. */
function relevantPart(
  graph: Graph,
  query: Interventional,
  hedge: Hedge | undefined,
  selection: string | undefined,
): Graph {
  const measured = latentProjection(graph);
  const g = compact(measured);
  const names = [...query.outcome, ...query.given, ...(selection === undefined ? [] : [selection])];
  const inside = new Set(
    [...closure(g.parents, idsOf(measured, names))].map((v) => g.names[v] ?? ""),
  );
  for (const name of query.treatment) inside.add(name);
  if (hedge !== undefined) {
    // Only the hedge and the ways from it to the outcome need to be at work; the rest may stand idle.
    const acts = new Set(idsOf(measured, hedge.treatment));
    const before = closure(g.parents, idsOf(measured, hedge.outcome), (v) => !acts.has(v));
    const onward = closure(g.children, idsOf(measured, hedge.smaller), (v) => before.has(v));
    const busy = new Set([...onward].map((v) => g.names[v] ?? ""));
    for (const name of [...hedge.larger, ...names, ...query.treatment]) busy.add(name);
    for (const name of inside) if (!busy.has(name)) inside.delete(name);
  }
  const among = measured.edges.filter((edge) => inside.has(edge.from) && inside.has(edge.to));
  const arrows = among.filter((edge) => edge.mark === "->");
  const tied = among.filter((edge) => edge.mark === "<->");
  const kept = hedge === undefined ? tied : spanningTree(tied, hedge);
  return createGraph({ nodes: [...inside].map((name) => ({ name })), edges: [...arrows, ...kept] });
}

/** First the smaller set is tied, then the rest of the larger. */
function spanningTree(edges: readonly Edge[], hedge: Hedge): Edge[] {
  const tree: Edge[] = [];
  const group = new Map(hedge.larger.map((name) => [name, name]));
  const rootOf = (name: string): string => {
    const up = group.get(name) ?? name;
    return up === name ? name : rootOf(up);
  };
  for (const members of [new Set(hedge.smaller), new Set(hedge.larger)]) {
    for (const edge of edges) {
      if (!members.has(edge.from) || !members.has(edge.to)) continue;
      const a = rootOf(edge.from);
      const b = rootOf(edge.to);
      if (a === b) continue;
      group.set(a, b);
      tree.push(edge);
    }
  }
  return tree;
}

interface Target {
  readonly fixed: ReadonlyMap<number, number>;
  readonly event: ReadonlyMap<number, number>;
  readonly condition: ReadonlyMap<number, number>;
}

function attemptFrom(
  family: ModelFamily,
  query: Interventional,
  rng: Rng,
  selection: string | undefined,
): TwoModels | undefined {
  const lawAt = (at: Float64Array): ReturnType<typeof lawWithJacobian> =>
    selection === undefined
      ? lawWithJacobian(family, at)
      : amongSelected(family, lawWithJacobian(family, at), selection);
  const start = Float64Array.from({ length: family.size }, () => 0.2 + 0.6 * rng.next());
  const { law, jacobian } = lawAt(start);
  const space = rowSpace(jacobian, family.size);
  let best: { target: Target; push: number } | undefined;
  for (const target of targets(family, query, rng)) {
    const { gradient } = answer(family, start, target);
    const push = norm(outside(space, gradient));
    if (push > 1e-7 * norm(gradient) && (best === undefined || push > best.push))
      best = { target, push };
  }
  if (best === undefined) return undefined;
  const { target } = best;
  const first = answer(family, start, target).value;
  let point: Float64Array = start;
  let reach = 0.15;
  for (let step = 0; step < 25 && reach > 1e-4; step++) {
    const here = lawAt(point);
    const along = outside(
      rowSpace(here.jacobian, family.size),
      answer(family, point, target).gradient,
    );
    const length = norm(along);
    if (length < 1e-12) break;
    const sign = answer(family, point, target).value >= first ? 1 : -1;
    const moved = point.map((p, i) => p + (sign * reach * (along[i] ?? 0)) / length);
    const mended = mend(lawAt, moved, law);
    const before = Math.abs(answer(family, point, target).value - first);
    const after =
      mended === undefined ? -1 : Math.abs(answer(family, mended, target).value - first);
    if (mended === undefined || after <= before) {
      reach /= 2;
      continue;
    }
    point = mended;
    if (after > 0.1) break;
  }
  const last = answer(family, point, target).value;
  const end = lawAt(point).law;
  const gap = end.reduce((worst, p, i) => Math.max(worst, Math.abs(p - (law[i] ?? 0))), 0);
  if (Math.abs(last - first) < smallestDifference || gap > largestGap) return undefined;
  const record = (map: ReadonlyMap<number, number>): Record<string, number> =>
    Object.fromEntries([...map].map(([v, value]) => [family.names[v] ?? "", value]));
  return {
    kind: "two-models",
    models: [modelAt(family, start), modelAt(family, point)],
    outcome: record(target.event),
    setting: record(target.fixed),
    given: record(target.condition),
    values: [first, last],
    gap,
  };
}

/** The law given selection = 1, by the quotient rule; the cells with selection = 0 are empty. */
function amongSelected(
  family: ModelFamily,
  whole: ReturnType<typeof lawWithJacobian>,
  selection: string,
): ReturnType<typeof lawWithJacobian> {
  const at = family.measured.findIndex((v) => family.names[v] === selection);
  const bit = family.measured.length - 1 - at;
  const inside = (cell: number): boolean => ((cell >> bit) & 1) === 1;
  const total = whole.law.reduce((sum, p, cell) => (inside(cell) ? sum + p : sum), 0);
  const slope = new Float64Array(family.size);
  whole.law.forEach((_, cell) => {
    if (!inside(cell)) return;
    for (let k = 0; k < family.size; k++)
      slope[k] = (slope[k] ?? 0) + (whole.jacobian[cell * family.size + k] ?? 0);
  });
  const law = whole.law.map((p, cell) => (inside(cell) ? p / total : 0));
  const jacobian = whole.jacobian.map((d, i) => {
    const cell = Math.floor(i / family.size);
    return inside(cell) ? (d - (law[cell] ?? 0) * (slope[i % family.size] ?? 0)) / total : 0;
  });
  return { law, jacobian };
}

/** Values for the query's variables to look at: all when few, else a sample. */
function* targets(family: ModelFamily, query: Interventional, rng: Rng): Generator<Target> {
  const ids = (names: readonly string[]): number[] =>
    names.map((name) => family.names.indexOf(name));
  const [x, y, z] = [ids(query.treatment), ids(query.outcome), ids(query.given)];
  const bits = x.length + z.length;
  const codes = 2 ** Math.min(bits, 4);
  for (let i = 0; i < codes; i++) {
    const code = bits <= 4 ? i : rng.int(2 ** bits);
    const at = (list: readonly number[], shift: number): Map<number, number> =>
      new Map(list.map((v, k) => [v, (code >> (shift + k)) & 1]));
    yield { fixed: at(x, 0), condition: at(z, x.length), event: new Map(y.map((v) => [v, 1])) };
  }
}

function answer(
  family: ModelFamily,
  point: Float64Array,
  { fixed, event, condition }: Target,
): { readonly value: number; readonly gradient: Float64Array } {
  const meets =
    (map: ReadonlyMap<number, number>) =>
    (state: number): boolean =>
      [...map].every(([v, value]) => ((state >> v) & 1) === value);
  const given = meets(condition);
  const both = meets(new Map([...event, ...condition]));
  const top = probabilityWithGradient(family, point, fixed, both);
  if (condition.size === 0) return top;
  const bottom = probabilityWithGradient(family, point, fixed, given);
  const value = top.value / bottom.value;
  const gradient = top.gradient.map(
    (d, i) => (d - value * (bottom.gradient[i] ?? 0)) / bottom.value,
  );
  return { value, gradient };
}

/** Newton steps back to the law; `undefined` if they leave the positive models or do not settle. */
function mend(
  lawAt: (at: Float64Array) => ReturnType<typeof lawWithJacobian>,
  start: Float64Array,
  law: Float64Array,
): Float64Array | undefined {
  let point = start;
  for (let round = 0; round < 12; round++) {
    if (point.some((p) => !(p > 0.01 && p < 0.99))) return undefined;
    const here = lawAt(point);
    const residual = law.map((p, i) => p - (here.law[i] ?? 0));
    if (residual.every((r) => Math.abs(r) < 1e-14)) return point;
    const step = shortestStep(rowSpace(here.jacobian, start.length, 1e-7), residual, start.length);
    point = point.map((p, i) => p + (step[i] ?? 0));
    if (norm(residual) < 1e-13) return point;
  }
  const worst = lawAt(point).law.reduce((w, p, i) => Math.max(w, Math.abs(p - (law[i] ?? 0))), 0);
  return worst < largestGap && point.every((p) => p > 0 && p < 1) ? point : undefined;
}
