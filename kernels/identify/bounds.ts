import { UserError } from "../../app/errors.ts";
import { closure } from "../graph/relations.ts";
import { compact, idsOf, near } from "../graph/compact.ts";
import type { Compact } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import { closeEstimand } from "./close.ts";
import { evaluateEstimand } from "./evaluate.ts";
import { lawEstimand } from "./factors.ts";
import { districtsIn, identifyDistrict } from "./id.ts";
import { asInterventional } from "./simple-query.ts";
import { levelIndex, variableOf } from "./joint.ts";
import type { JointTable } from "./joint.ts";
import type { Estimand, Value } from "./estimand.ts";
import { parseQuery } from "./query.ts";
import type { Query } from "./query.ts";
import { minimise } from "./simplex.ts";

/** What the law of the data leaves open about a query. */
export type Bounds =
  | {
      readonly kind: "bounds";
      readonly lower: number;
      readonly upper: number;
      /** `linear-program` bounds cannot be narrowed when one unmeasured cause ties the whole district. */
      readonly method: "linear-program" | "manski";
      readonly columns?: number;
      /** Why no linear program was solved: it would be too large, or the bounds are those of a polynomial program. */
      readonly limited?: string;
    }
  | { readonly kind: "point"; readonly value: number }
  /** No model of this graph has this law (an instrument that the data contradict, say). */
  | { readonly kind: "contradiction"; readonly violation: number; readonly text: string }
  | { readonly kind: "not-certified"; readonly reason: string };

/** Sum of coefficient × P(outcome values | do(settings)), with level indices. */
interface Piece {
  readonly coefficient: number;
  readonly outcome: ReadonlyMap<number, number>;
  readonly setting: ReadonlyMap<number, number>;
}

const mostColumns = 20_000;

/**
 * Bounds of P(y | do(x)), E[y | do(x)] or a difference of these from the exact joint law of discrete variables. Where
 * one district alone keeps the query from being identified: a linear program over response types (Balke & Pearl 1997;
 * Sachs et al. 2023), the other districts' laws as weights. Otherwise, and where the program would exceed 20,000
 * columns, Manski's bounds (1990), which use no graph at all. Columns: product over the district of
 * levels^(parents' combinations). Throws `UserError` for unknown names and levels and for open or conditional queries.
 */
export function bounds(graph: Graph, query: string | Query, joint: JointTable): Bounds {
  const measured = latentProjection(graph);
  const g = compact(measured);
  const parsed = typeof query === "string" ? parseQuery(query, g.names) : query;
  const pieces = piecesOf(measured, parsed, joint);
  const treatment = [...(pieces[0]?.setting.keys() ?? [])];
  const outcome = [...(pieces[0]?.outcome.keys() ?? [])];
  const program = programFor(measured, treatment, outcome, joint);
  if (program.kind === "limited") return manski(g, pieces, joint, program.reason);
  const { columns, rows, right, objective } = program;
  const cost = objective(pieces);
  if (columns === 0) return { kind: "point", value: cost.constant };
  const low = minimise(cost.slope, rows, right);
  const high = minimise(
    cost.slope.map((c) => -c),
    rows,
    right,
  );
  if (low.kind === "infeasible") {
    return {
      kind: "contradiction",
      violation: low.violation,
      text: "No model of this graph gives these probabilities: an arrow or an unmeasured cause is missing, or the numbers come from too small a sample.",
    };
  }
  if (low.kind !== "optimal" || high.kind !== "optimal")
    throw new Error("A probability is bounded.");
  return {
    kind: "bounds",
    lower: low.value + cost.constant,
    upper: -high.value + cost.constant,
    method: "linear-program",
    columns,
  };
}

function piecesOf(graph: Graph, query: Query, joint: JointTable, sign = 1): Piece[] {
  if (query.kind === "difference") {
    return [
      ...piecesOf(graph, query.left, joint, sign),
      ...piecesOf(graph, query.right, joint, -sign),
    ];
  }
  const simple = asInterventional(query);
  if (simple === undefined || simple.given.length > 0)
    throw openQuery("a query of the form P(y=1 | do(x=1)), without conditions");
  const index = (name: string): readonly [number, number] => {
    const value = simple.values.get(name);
    if (value?.kind !== "constant") throw openQuery(`a value for ${name}`);
    return [idsOf(graph, name)[0] ?? 0, levelIndex(variableOf(joint, name), value.value)];
  };
  const setting = new Map(simple.treatment.map(index));
  if (query.kind === "probability") {
    return [{ coefficient: sign, outcome: new Map(simple.outcome.map(index)), setting }];
  }
  const { variable } = query.of;
  const [y = 0] = idsOf(graph, variable);
  return variableOf(joint, variable).levels.map((level, i) => ({
    coefficient: sign * Number(level),
    outcome: new Map([[y, i]]),
    setting,
  }));
}

function openQuery(expected: string): UserError {
  return new UserError({
    code: "bounds-query",
    message: "Bounds are computed for queries whose values are all given.",
    expected,
    hint: "For example P(y=1 | do(x=1)), or E[y | do(x=1)] - E[y | do(x=0)].",
  });
}

/** P(x, y) ≤ P(y | do(x)) ≤ P(x, y) + 1 - P(x); per setting, summed over the pieces of one sign. */
function manski(g: Compact, pieces: readonly Piece[], joint: JointTable, limited: string): Bounds {
  let lower = 0;
  let upper = 0;
  const bySetting = Map.groupBy(pieces, (piece) => JSON.stringify([...piece.setting]));
  for (const group of bySetting.values()) {
    const setting = group[0]?.setting ?? new Map<number, number>();
    const free = 1 - probabilityOf(g, joint, setting);
    const fixed = group.reduce(
      (sum, piece) =>
        sum +
        piece.coefficient * probabilityOf(g, joint, new Map([...piece.setting, ...piece.outcome])),
      0,
    );
    const coefficients = group.map((piece) => piece.coefficient);
    const complete = group.length > 1; // an expectation's levels share out the rest; a single event may take none of it
    lower += fixed + free * Math.min(...coefficients, ...(complete ? [] : [0]));
    upper += fixed + free * Math.max(...coefficients, ...(complete ? [] : [0]));
  }
  return { kind: "bounds", lower, upper, method: "manski", limited };
}

function probabilityOf(g: Compact, joint: JointTable, values: ReadonlyMap<number, number>): number {
  const terms = [...values].map(([v, level]) => {
    const variable = g.names[v] ?? "";
    const value = variableOf(joint, variable).levels[level] ?? "";
    return { variable, value: { kind: "constant", value } as const };
  });
  return evaluateEstimand({ kind: "probability", of: terms, given: [], do: [] }, joint);
}

type Program =
  | {
      readonly kind: "program";
      readonly columns: number;
      readonly rows: Float64Array;
      readonly right: Float64Array;
      readonly objective: (pieces: readonly Piece[]) => {
        readonly slope: Float64Array;
        readonly constant: number;
      };
    }
  | { readonly kind: "limited"; readonly reason: string };

function programFor(
  graph: Graph,
  treatment: readonly number[],
  outcome: readonly number[],
  joint: JointTable,
): Program {
  const g = compact(graph);
  const held = new Set(treatment);
  const ancestral = closure(g.parents, outcome);
  const kept = closure(g.parents, outcome, (v) => !held.has(v));
  const quiet = (): void => {};
  const known: Estimand[] = [];
  const open: number[][] = [];
  for (const part of districtsIn(g, kept)) {
    const result = identifyDistrict(g, ancestral, part, quiet);
    if (result.kind === "law") known.push(openFormula(g, lawEstimand(result.law)));
    else open.push(part);
  }
  const size = (v: number): number => variableOf(joint, g.names[v] ?? "").levels.length;
  const order = [...kept].sort((v, w) => (g.rank[v] ?? 0) - (g.rank[w] ?? 0));
  const assignment = (values: ReadonlyMap<number, number>): Record<string, number | string> =>
    Object.fromEntries(
      [...values].map(([v, i]) => [
        g.names[v] ?? "",
        variableOf(joint, g.names[v] ?? "").levels[i] ?? 0,
      ]),
    );
  const weight = (values: ReadonlyMap<number, number>): number =>
    known.reduce(
      (total, factor) =>
        total === 0 ? 0 : total * evaluateEstimand(factor, joint, assignment(values)),
      1,
    );
  const [part, ...others] = open;
  if (others.length > 0) {
    const reason = `${open.length} parts of the query are not identified; their sharp bounds are those of a polynomial program, which is not solved here.`;
    return { kind: "limited", reason };
  }
  const district =
    part === undefined ? [] : [...closure(g.spouses, part.slice(0, 1), (v) => ancestral.has(v))];
  district.sort((v, w) => (g.rank[v] ?? 0) - (g.rank[w] ?? 0));
  const types = district.map(
    (v) => size(v) ** near(g.parents, v).reduce((total, w) => total * size(w), 1),
  );
  const columns = part === undefined ? 0 : types.reduce((total, count) => total * count, 1);
  if (columns > mostColumns) {
    const reason = `The linear program would have ${columns} columns; up to ${mostColumns} are solved.`;
    return { kind: "limited", reason };
  }
  /** The value of a district member of a response type, given its parents' values. */
  const respond = (k: number, type: number, values: ReadonlyMap<number, number>): number => {
    const v = district[k] ?? 0;
    let row = 0;
    for (const w of near(g.parents, v)) row = row * size(w) + (values.get(w) ?? 0);
    return Math.floor(type / size(v) ** row) % size(v);
  };
  /** Whether a column's types give `wanted` values when everything else has the given values. */
  const gives = (
    column: number,
    values: ReadonlyMap<number, number>,
    wanted: readonly number[],
  ): boolean => {
    let rest = column;
    for (const [k, v] of district.entries()) {
      const count = types[k] ?? 1;
      const type = rest % count;
      rest = Math.floor(rest / count);
      if (wanted.includes(v) && respond(k, type, values) !== values.get(v)) return false;
    }
    return true;
  };
  const { rows, right } =
    part === undefined ? { rows: new Float64Array(0), right: new Float64Array(0) } : constraints();
  function constraints(): { rows: Float64Array; right: Float64Array } {
    const law = identifyDistrict(g, ancestral, district, quiet);
    if (law.kind !== "law") throw new Error("A whole district of an ancestral set is identified.");
    const formula = openFormula(g, lawEstimand(law.law));
    const speaks = new Set([...district, ...district.flatMap((v) => [...near(g.parents, v)])]);
    const list: { values: Map<number, number>; p: number }[] = [];
    for (const values of combinations([...speaks], size)) {
      const p = evaluateEstimand(formula, joint, assignment(values));
      if (Number.isFinite(p)) list.push({ values, p });
    }
    const matrix = new Float64Array(list.length * columns);
    list.forEach(({ values }, i) => {
      for (let column = 0; column < columns; column++)
        if (gives(column, values, district)) matrix[i * columns + column] = 1;
    });
    return { rows: matrix, right: Float64Array.from(list, (item) => item.p) };
  }
  const objective = (pieces: readonly Piece[]): { slope: Float64Array; constant: number } => {
    const slope = new Float64Array(columns);
    let constant = 0;
    for (const { coefficient, outcome: wanted, setting } of pieces) {
      const summed = order.filter((v) => !wanted.has(v));
      for (const others of combinations(summed, size)) {
        const values = new Map([...others, ...wanted, ...setting]);
        const w = coefficient * weight(values);
        if (part === undefined) constant += w;
        else
          for (let column = 0; column < columns; column++)
            if (gives(column, values, part)) slope[column] = (slope[column] ?? 0) + w;
      }
    }
    return { slope, constant };
  };
  return { kind: "program", columns, rows, right, objective };
}

/** A raw formula with node names as symbols, closed so that it can be evaluated by variable. */
function openFormula(g: Compact, raw: Estimand): Estimand {
  const values = new Map<string, Value>(g.names.map((name) => [name, { kind: "symbol", name }]));
  return closeEstimand(raw, values, (name) => name);
}

function* combinations(
  ids: readonly number[],
  size: (v: number) => number,
): Generator<Map<number, number>> {
  const total = ids.reduce((product, v) => product * size(v), 1);
  for (let code = 0; code < total; code++) {
    let rest = code;
    const values = new Map<number, number>();
    for (const v of ids) {
      values.set(v, rest % size(v));
      rest = Math.floor(rest / size(v));
    }
    yield values;
  }
}
