import { canonicalDag } from "../graph/projection.ts";
import { compact, near } from "../graph/compact.ts";
import { createGraph } from "../graph/graph.ts";
import type { Graph } from "../graph/graph.ts";
import type { ConditionalTable, DiscreteModel } from "./model.ts";

/**
 * All models of a graph with binary variables, as points: the coordinates are P(v = 1 | row of v's parents), nodes in
 * topological order, unmeasured ones included.
 */
export interface ModelFamily {
  readonly graph: Graph;
  readonly names: readonly string[];
  readonly measured: readonly number[];
  readonly order: readonly number[];
  readonly parents: readonly (readonly number[])[];
  /** First coordinate of each node. */
  readonly offset: readonly number[];
  readonly size: number;
}

/** The family over a graph whose bidirected edges become `causes` binary unmeasured nodes each. O(2^parents). */
export function modelFamily(graph: Graph, causes = 1): ModelFamily {
  const dag = withCauses(canonicalDag(graph), causes);
  const g = compact(dag);
  const parents = g.names.map((_, v) => [...near(g.parents, v)]);
  const offset: number[] = [];
  let size = 0;
  for (const list of parents) {
    offset.push(size);
    size += 2 ** list.length;
  }
  const measured = g.names.map((_, v) => v).filter((v) => g.latent[v] === 0);
  return { graph: dag, names: g.names, measured, order: [...g.order], parents, offset, size };
}

/** Further unmeasured nodes beside those of the canonical DAG, with the same effects. */
function withCauses(dag: Graph, causes: number): Graph {
  let grown = dag;
  const latent = dag.nodes.filter((node) => node.latent).map((node) => node.name);
  for (let k = 1; k < causes; k++) {
    const twin = new Map(latent.map((name) => [name, `${name} (${k + 1})`]));
    const nodes = [...twin.values()].map((name) => ({ name, latent: true }));
    const edges = dag.edges.flatMap((edge) => {
      const from = twin.get(edge.from);
      return from === undefined ? [] : [{ ...edge, from }];
    });
    grown = createGraph({ nodes: [...grown.nodes, ...nodes], edges: [...grown.edges, ...edges] });
  }
  return grown;
}

/**
 * Calls `visit` for every state of all variables (bit v of `state` is variable v) in which `fixed` variables have
 * their values; `coordinates[i]` is the coordinate that the i-th free node uses there and `factors[i]` its factor.
 * O(states · nodes).
 */
export function eachState(
  family: ModelFamily,
  point: Float64Array,
  fixed: ReadonlyMap<number, number>,
  visit: (
    state: number,
    coordinates: Int32Array,
    factors: Float64Array,
    signs: Float64Array,
  ) => void,
): void {
  const free = family.order.filter((v) => !fixed.has(v));
  const n = free.length;
  const coordinates = new Int32Array(n);
  const factors = new Float64Array(n);
  const signs = new Float64Array(n);
  let base = 0;
  for (const [v, value] of fixed) base |= value << v;
  for (let code = 0; code < 2 ** n; code++) {
    let state = base;
    for (let i = 0; i < n; i++) if ((code >> i) & 1) state |= 1 << (free[i] ?? 0);
    for (let i = 0; i < n; i++) {
      const v = free[i] ?? 0;
      let row = 0;
      for (const parent of family.parents[v] ?? []) row = row * 2 + ((state >> parent) & 1);
      const coordinate = (family.offset[v] ?? 0) + row;
      const p = point[coordinate] ?? 0;
      const on = (state >> v) & 1;
      coordinates[i] = coordinate;
      factors[i] = on === 1 ? p : 1 - p;
      signs[i] = on === 1 ? 1 : -1;
    }
    visit(state, coordinates, factors, signs);
  }
}

/** Row of a state in the table of the measured variables. */
function cellOf(family: ModelFamily, state: number): number {
  let cell = 0;
  for (const v of family.measured) cell = cell * 2 + ((state >> v) & 1);
  return cell;
}

/**
 * The joint law of the measured variables, after setting `fixed`, and its derivative by every coordinate,
 * `[cells × size]` row-major. Cells that contradict `fixed` are empty.
 */
export function lawWithJacobian(
  family: ModelFamily,
  point: Float64Array,
  fixed: ReadonlyMap<number, number> = new Map(),
): { readonly law: Float64Array; readonly jacobian: Float64Array } {
  const cells = 2 ** family.measured.length;
  const law = new Float64Array(cells);
  const jacobian = new Float64Array(cells * family.size);
  eachState(family, point, fixed, (state, coordinates, factors, signs) => {
    const cell = cellOf(family, state);
    law[cell] =
      (law[cell] ?? 0) + spread(coordinates, factors, signs, jacobian, cell * family.size, 1);
  });
  return { law, jacobian };
}

/** Adds weight × ∂(Π factors) to `out`, and returns the product. Products of all but one by prefix and suffix. */
function spread(
  coordinates: Int32Array,
  factors: Float64Array,
  signs: Float64Array,
  out: Float64Array,
  start: number,
  weight: number,
): number {
  const n = factors.length;
  let suffix = 1;
  const after = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    after[i] = suffix;
    suffix *= factors[i] ?? 0;
  }
  let before = 1;
  for (let i = 0; i < n; i++) {
    const at = start + (coordinates[i] ?? 0);
    out[at] = (out[at] ?? 0) + weight * (signs[i] ?? 0) * before * (after[i] ?? 0);
    before *= factors[i] ?? 0;
  }
  return before;
}

/** P(event) after setting `fixed`, with its gradient; `holds` tells the states of the event. */
export function probabilityWithGradient(
  family: ModelFamily,
  point: Float64Array,
  fixed: ReadonlyMap<number, number>,
  holds: (state: number) => boolean,
): { readonly value: number; readonly gradient: Float64Array } {
  const gradient = new Float64Array(family.size);
  let value = 0;
  eachState(family, point, fixed, (state, coordinates, factors, signs) => {
    if (holds(state)) value += spread(coordinates, factors, signs, gradient, 0, 1);
  });
  return { value, gradient };
}

/** The point as tables. */
export function modelAt(family: ModelFamily, point: Float64Array): DiscreteModel {
  const tables: Record<string, ConditionalTable> = {};
  for (const [v, name] of family.names.entries()) {
    const list = family.parents[v] ?? [];
    const start = family.offset[v] ?? 0;
    const probabilities = new Float64Array(2 * 2 ** list.length);
    for (let row = 0; row < 2 ** list.length; row++) {
      const p = point[start + row] ?? 0;
      probabilities[2 * row] = 1 - p;
      probabilities[2 * row + 1] = p;
    }
    tables[name] = {
      parents: list.map((parent) => family.names[parent] ?? ""),
      levels: 2,
      probabilities,
    };
  }
  return { kind: "discrete-model", graph: family.graph, tables };
}

/** Orthonormal rows spanning the rows of a matrix, with what is needed to solve against them. */
export interface RowSpace {
  readonly basis: readonly Float64Array[];
  /** For each basis vector: the matrix row it came from and that row's coefficients on the basis so far. */
  readonly rows: readonly number[];
  readonly coefficients: readonly Float64Array[];
}

/** Modified Gram-Schmidt, twice over, leaving out rows that depend on earlier ones. O(rows · rank · columns). */
export function rowSpace(matrix: Float64Array, columns: number, tolerance = 1e-9): RowSpace {
  const basis: Float64Array[] = [];
  const rows: number[] = [];
  const coefficients: Float64Array[] = [];
  for (let row = 0; row * columns < matrix.length; row++) {
    const rest = matrix.slice(row * columns, (row + 1) * columns);
    const scale = norm(rest);
    const parts = new Float64Array(basis.length + 1);
    for (let pass = 0; pass < 2; pass++) {
      for (const [i, vector] of basis.entries()) {
        const c = dot(rest, vector);
        parts[i] = (parts[i] ?? 0) + c;
        for (let k = 0; k < columns; k++) rest[k] = (rest[k] ?? 0) - c * (vector[k] ?? 0);
      }
    }
    const length = norm(rest);
    if (length <= tolerance * Math.max(scale, 1e-300) || length < 1e-12) continue;
    parts[basis.length] = length;
    basis.push(rest.map((value) => value / length));
    rows.push(row);
    coefficients.push(parts);
  }
  return { basis, rows, coefficients };
}

/** The part of a vector outside the row space. */
export function outside(space: RowSpace, vector: Float64Array): Float64Array {
  const rest = vector.slice();
  for (let pass = 0; pass < 2; pass++) {
    for (const row of space.basis) {
      const c = dot(rest, row);
      for (let k = 0; k < rest.length; k++) rest[k] = (rest[k] ?? 0) - c * (row[k] ?? 0);
    }
  }
  return rest;
}

/** The shortest step whose product with the matrix is `residual` (on the independent rows). */
export function shortestStep(
  space: RowSpace,
  residual: Float64Array,
  columns: number,
): Float64Array {
  const step = new Float64Array(columns);
  const amounts: number[] = [];
  for (const [i, row] of space.rows.entries()) {
    let amount = residual[row] ?? 0;
    const parts = space.coefficients[i] ?? new Float64Array(0);
    for (let k = 0; k < i; k++) amount -= (parts[k] ?? 0) * (amounts[k] ?? 0);
    amount /= parts[i] ?? 1;
    amounts.push(amount);
    const vector = space.basis[i] ?? new Float64Array(0);
    for (let k = 0; k < columns; k++) step[k] = (step[k] ?? 0) + amount * (vector[k] ?? 0);
  }
  return step;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] ?? 0) * (b[i] ?? 0);
  return total;
}

export const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));
