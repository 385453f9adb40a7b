import { createRng } from "../math/rng.ts";
import type { Rng } from "../math/rng.ts";
import { closure } from "../graph/relations.ts";
import { compact, idsOf } from "../graph/compact.ts";
import { createGraph } from "../graph/graph.ts";
import type { Edge, Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import { smallestHedge } from "./hedge.ts";
import type { Hedge } from "./id.ts";
import type { Interventional } from "./interventional.ts";
import type { DiscreteModel } from "./model.ts";
import { lawWithJacobian, modelAt, modelFamily, probabilityWithGradient } from "./parametric.ts";
import type { ModelFamily } from "./parametric.ts";
import { finish } from "./search.ts";
import type { SearchStopped } from "./search.ts";
import { walk } from "./walk.ts";

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
  /** Largest difference between the two observed joint laws, or between any two of `laws`. */
  readonly gap: number;
  /** All that they agree on, where it is not the observed law alone, e.g. `P(v | do(z))`. */
  readonly laws?: readonly string[];
  /** Their source populations, where there is one. */
  readonly away?: readonly [DiscreteModel, DiscreteModel];
}

export interface NoTwoModels {
  readonly kind: "no-two-models";
  readonly reason: string;
}

export interface TwoModelsOptions {
  /** The proof that the query is not identified: only its own unmeasured causes are then used first. */
  readonly hedge?: Hedge;
  /** Only the law of the units with this variable at 1 has to agree. */
  readonly selection?: string;
  readonly rng?: Rng;
}

export const mostNodes = 8;
/** Variables, measured or not, whose joint values are gone through. */
export const mostBits = 17;

/**
 * Shows a "not identified": from a random positive model, walks along the models with the same observed law in the
 * direction in which the query changes fastest (see `walk`). Joint laws agree to 1e-10, answers differ by at least
 * 1e-3 (usually far more). Up to 8 relevant variables; with a hedge only its own unmeasured causes are used. Seeded;
 * some tens of milliseconds to a second, many seconds at worst. `search-limit` beyond its size.
 */
export function findTwoModels(
  graph: Graph,
  query: Interventional,
  options: TwoModelsOptions = {},
): TwoModels | NoTwoModels | SearchStopped {
  return finish(twoModelSteps(graph, query, options));
}

/** `findTwoModels` as a search that pauses, for `pace`. */
export function* twoModelSteps(
  graph: Graph,
  query: Interventional,
  { hedge, selection, rng = createRng(1) }: TwoModelsOptions = {},
): Generator<void, TwoModels | NoTwoModels | SearchStopped, undefined> {
  // Two values of an unmeasured cause are sometimes too few to tell the models apart; two such causes make four.
  const least = hedge === undefined ? undefined : smallestHedge(graph, hedge);
  const tries = [
    ...(least === undefined ? [] : [{ within: least, causes: 1 }]),
    ...(least === undefined ? [] : [{ within: least, causes: 2 }]),
    ...(least === undefined ? [] : [{ within: least, causes: 2 }]),
    ...(least === undefined ? [] : [{ within: least, causes: 2 }]),
    ...(hedge === undefined ? [] : [{ within: hedge, causes: 1 }]),
    { within: undefined, causes: 1 },
    ...(hedge === undefined ? [] : [{ within: hedge, causes: 2 }]),
    { within: undefined, causes: 2 },
  ];
  let cut: SearchStopped | undefined;
  for (const { within, causes } of tries) {
    const small = relevantPart(graph, query, within, selection);
    const bidirected = small.edges.filter((edge) => edge.mark === "<->").length;
    if (small.nodes.length > mostNodes) {
      cut ??= {
        kind: "search-limit",
        reason: `More than ${mostNodes} variables bear on the query; two models are looked for up to that number.`,
        limit: mostNodes,
      };
      continue;
    }
    if (small.nodes.length + causes * bidirected > mostBits) {
      cut = {
        kind: "search-limit",
        reason: `More than 2^${mostBits} joint values of measured and unmeasured variables would have to be gone through.`,
        limit: mostBits,
      };
      continue;
    }
    const family = modelFamily(small, causes);
    const bits = small.nodes.length + causes * bidirected;
    const attempts = bits > 13 ? 1 : bits > 11 ? 4 : 8;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const found = yield* attemptFrom(family, query, rng, selection);
      if (found !== undefined) return found;
    }
  }
  return (
    cut ?? {
      kind: "no-two-models",
      reason: "No direction was found in which the query changes and the observed law does not.",
    }
  );
}

/** Causes of the query's variables; of the unmeasured causes only a tree that ties the hedge together. */
export function relevantPart(
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

function* attemptFrom(
  family: ModelFamily,
  query: Interventional,
  rng: Rng,
  selection: string | undefined,
): Generator<void, TwoModels | undefined, undefined> {
  const walked = yield* walk<Target>({
    size: family.size,
    start: Float64Array.from({ length: family.size }, () => 0.2 + 0.6 * rng.next()),
    lawAt: (at) =>
      selection === undefined
        ? lawWithJacobian(family, at)
        : amongSelected(family, lawWithJacobian(family, at), selection),
    targets: targets(family, query, rng),
    answerAt: (at, target) => answer(family, at, target),
    margin: 0.01,
  });
  if (walked === undefined) return undefined;
  const { target, start, end, values, gap } = walked;
  const record = (map: ReadonlyMap<number, number>): Record<string, number> =>
    Object.fromEntries([...map].map(([v, value]) => [family.names[v] ?? "", value]));
  return {
    kind: "two-models",
    models: [modelAt(family, start), modelAt(family, end)],
    outcome: record(target.event),
    setting: record(target.fixed),
    given: record(target.condition),
    values,
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
export function* targets(family: ModelFamily, query: Interventional, rng: Rng): Generator<Target> {
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

export function answer(
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
