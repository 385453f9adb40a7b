import { createRng } from "../math/rng.ts";
import { breathe, quietWork } from "../../app/work.ts";
import type { Work } from "../../app/work.ts";
import type { Assumption } from "../../app/claim.ts";
import { closure } from "../graph/relations.ts";
import { compact, idsOf, near } from "../graph/compact.ts";
import { editGraph } from "../graph/graph.ts";
import type { Edge, Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import { noArrow, noConfounder } from "./claims.ts";
import type { Estimand } from "./estimand.ts";
import { freeSymbols } from "./estimand.ts";
import { evaluateEstimand } from "./evaluate.ts";
import { identify } from "./identify.ts";
import { asInterventional } from "./simple-query.ts";
import type { Level } from "./joint.ts";
import { levelIndex, marginalOf, variableOf } from "./joint.ts";
import { randomModel, truncatedFactorisation } from "./model.ts";
import type { DiscreteModel } from "./model.ts";
import { parseQuery } from "./query.ts";
import type { Query } from "./query.ts";
import { toText } from "./render.ts";

/** What becomes of the answer if an edge that the graph leaves out is there after all. */
export interface LoadBearing {
  readonly kind: "load-bearing";
  readonly assumption: Assumption;
  readonly edge: Edge;
  /**
   * `breaks`: no formula any more. `changes`: the formula in use would be wrong, another would do. `holds`: the
   * formula in use stays right.
   */
  readonly effect: "breaks" | "changes" | "holds";
}

export interface LoadBearingOptions {
  /** Most edges to try; default 400. */
  readonly limit?: number;
  /** When to stop trying; default never. */
  readonly milliseconds?: number;
  readonly work?: Work;
}

/** How far the stream came: not all edges were tried when `search-limit`. */
export interface LoadBearingEnd {
  readonly kind: "all-tried" | "search-limit";
  readonly tried: number;
}

/**
 * "Which missing arrows carry this claim?": for every absent arrow and absent unmeasured common cause among the
 * query's variables and their causes, what adding it does to an identified query. A stream; gives way to other work
 * between edges and stops when told to. Whether a formula stays right is decided by number on random models of the
 * larger graph (up to 8 variables), else by comparing the formulas' texts. Pairs with the query's own variables come
 * first. Yields nothing if the query is not identified. Returns how far it came. O(pairs) identifications.
 */
export async function* loadBearing(
  graph: Graph,
  query: string | Query,
  { limit = 400, milliseconds = Infinity, work = quietWork }: LoadBearingOptions = {},
): AsyncGenerator<LoadBearing, LoadBearingEnd, undefined> {
  const names = graph.nodes.map((node) => node.name);
  const parsed = typeof query === "string" ? parseQuery(query, names) : query;
  const before = identify(graph, parsed, { strategies: false, derivation: false });
  if (before.kind !== "identified" && before.kind !== "zero-by-structure")
    return { kind: "all-tried", tried: 0 };
  const edges = [...absentEdges(graph, variablesOf(parsed), limit + 1)];
  const start = Date.now();
  let last = start;
  for (const [i, edge] of edges.entries()) {
    if (i >= limit || last - start > milliseconds) return { kind: "search-limit", tried: i };
    if (Date.now() - last > 12) {
      work.progress({ fraction: i / edges.length });
      await breathe(work);
      last = Date.now();
    }
    yield {
      kind: "load-bearing",
      assumption:
        edge.mark === "->" ? noArrow(edge.from, edge.to) : noConfounder(edge.from, edge.to),
      edge,
      effect: effectOf(editGraph(graph, { add: [edge] }), parsed, before.estimand),
    };
  }
  return { kind: "all-tried", tried: edges.length };
}

function effectOf(larger: Graph, query: Query, estimand: Estimand): LoadBearing["effect"] {
  const after = identify(larger, query, { strategies: false, derivation: false });
  if (after.kind !== "identified" && after.kind !== "zero-by-structure") return "breaks";
  if (toText(after.estimand) === toText(estimand)) return "holds";
  const numeric = staysRight(larger, query, estimand);
  return numeric === true ? "holds" : "changes";
}

function variablesOf(query: Query): string[] {
  if (query.kind === "difference") return [...variablesOf(query.left), ...variablesOf(query.right)];
  const of = query.kind === "probability" ? query.of : [query.of];
  const events = [...of, ...query.given];
  return [
    ...new Set(
      events.flatMap((event) => [event.variable, ...event.do.map((setting) => setting.variable)]),
    ),
  ];
}

/**
 * Absent edges among the measured causes of the variables that would make no cycle, at most `limit`: pairs of the
 * query's own variables first, then pairs with one of them, then the rest; of each pair the common cause first.
 */
function* absentEdges(
  graph: Graph,
  variables: readonly string[],
  limit: number,
): Generator<Edge, void, undefined> {
  const measured = latentProjection(graph);
  const g = compact(measured);
  const queried = new Set(idsOf(measured, variables));
  const relevant = [...closure(g.parents, queried)].sort(
    (v, w) => (g.rank[v] ?? 0) - (g.rank[w] ?? 0),
  );
  const name = (v: number): string => g.names[v] ?? "";
  let left = limit;
  for (const asked of [2, 1, 0]) {
    for (const [i, v] of relevant.entries()) {
      for (const w of relevant.slice(i + 1)) {
        if (Number(queried.has(v)) + Number(queried.has(w)) !== asked) continue;
        const found: Edge[] = [];
        if (!near(g.spouses, v).includes(w))
          found.push({ from: name(v), to: name(w), mark: "<->" });
        if (!near(g.children, v).includes(w)) {
          found.push({ from: name(v), to: name(w), mark: "->" });
          if (!closure(g.children, [v]).has(w))
            found.push({ from: name(w), to: name(v), mark: "->" });
        }
        for (const edge of found) {
          if (left-- <= 0) return;
          yield edge;
        }
      }
    }
  }
}

const mostNodes = 8;
const mostLatent = 5;

/** Whether the formula gives the right number in random models of the graph; `undefined` when it is too large to try. */
function staysRight(graph: Graph, query: Query, estimand: Estimand): boolean | undefined {
  const measured = latentProjection(graph);
  const tied = measured.edges.filter((edge) => edge.mark === "<->").length;
  if (measured.nodes.length > mostNodes || tied > mostLatent) return undefined;
  for (const seed of [1, 2]) {
    const rng = createRng(seed);
    const model = randomModel(measured, rng, { latentLevels: 2 });
    const joint = truncatedFactorisation(model);
    const values = Object.fromEntries(
      [...freeSymbols(estimand)].flatMap(([symbol, variable]) => {
        const level = rng.int(2);
        return [
          [symbol, level],
          [variable, level],
        ];
      }),
    );
    const exact = answerFrom(model, query, values);
    if (exact === undefined) return undefined;
    if (!(Math.abs(evaluateEstimand(estimand, joint, values) - exact) < 1e-9)) return false;
  }
  return true;
}

/**
 * The exact answer of a model to an interventional query, open values taken from `values` by variable; `undefined` for
 * counterfactual queries and for values that the model's variables do not take.
 */
export function answerFrom(
  model: DiscreteModel,
  query: Query,
  values: Readonly<Record<string, Level>>,
): number | undefined {
  if (query.kind === "difference") {
    const left = answerFrom(model, query.left, values);
    const right = answerFrom(model, query.right, values);
    return left === undefined || right === undefined ? undefined : left - right;
  }
  const simple = asInterventional(query);
  if (simple === undefined) return undefined;
  const valueOf = (name: string): number => {
    const value = simple.values.get(name);
    return Number(
      value?.kind === "constant"
        ? value.value
        : (values[name] ?? (value === undefined ? 0 : values[value.name]) ?? 0),
    );
  };
  const settings = Object.fromEntries(simple.treatment.map((name) => [name, valueOf(name)]));
  const all = [...simple.outcome, ...simple.treatment, ...simple.given];
  if (all.some((name) => valueOf(name) >= (model.tables[name]?.levels ?? 0))) return undefined;
  const table = truncatedFactorisation(model, settings);
  const chance = (assignment: ReadonlyMap<string, number>): number => {
    const tensor = marginalOf(table, [...assignment.keys()]);
    let cell = 0;
    for (const [name, level] of assignment) {
      const variable = variableOf(table, name);
      cell = cell * variable.levels.length + levelIndex(variable, level);
    }
    return tensor.data[cell] ?? NaN;
  };
  const given = new Map(simple.given.map((name) => [name, valueOf(name)]));
  const bottom = chance(given);
  if (query.kind === "probability")
    return (
      chance(new Map([...given, ...simple.outcome.map((name) => [name, valueOf(name)] as const)])) /
      bottom
    );
  const { variable } = query.of;
  return variableOf(table, variable).levels.reduce<number>(
    (total, level) =>
      total + (Number(level) * chance(new Map([...given, [variable, Number(level)]]))) / bottom,
    0,
  );
}
