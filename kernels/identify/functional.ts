import { compact, near } from "../graph/compact.ts";
import type { Edge, Graph } from "../graph/graph.ts";
import type { Rng } from "../math/rng.ts";
import { jointTable } from "./joint.ts";
import type { JointTable } from "./joint.ts";

/** How one variable of a functional model comes about. */
export interface Mechanism {
  readonly parents: readonly string[];
  /** Unmeasured causes it shares with another variable, by their names. */
  readonly causes: readonly string[];
  /** Ways to answer the parents: the value (0 or 1) for each row of their values, first parent slowest. */
  readonly responses: readonly (readonly number[])[];
  /** P(response | causes): a row for each combination of the causes' levels (first slowest). */
  readonly probabilities: Float64Array;
}

/** A functional causal model over 0/1 variables: every counterfactual has a definite probability in it. */
export interface FunctionalModel {
  readonly kind: "functional-model";
  readonly causes: readonly {
    readonly name: string;
    readonly between: readonly [string, string];
    readonly probabilities: Float64Array;
  }[];
  readonly mechanisms: Readonly<Record<string, Mechanism>>;
}

/** One distribution: `count` coordinates from `start` on that sum to one. */
interface Block {
  readonly start: number;
  readonly count: number;
}

interface Node {
  readonly parents: readonly number[];
  readonly ties: readonly number[];
  readonly responses: readonly (readonly number[])[];
  /** One block a combination of the ties' levels. */
  readonly rows: readonly Block[];
}

/** All functional models with given responses, as points: each distribution's probabilities are coordinates. */
export interface FunctionalFamily {
  readonly names: readonly string[];
  readonly nodes: readonly Node[];
  readonly ties: readonly { readonly ends: readonly [number, number]; readonly block: Block }[];
  readonly blocks: readonly Block[];
  /** Groups of nodes that ties connect. */
  readonly districts: readonly (readonly number[])[];
  readonly size: number;
}

const levels = 2;

/** The family over a graph of measured nodes; of bidirected edges only `kept` are at work. `most` responses a node. */
export function functionalFamily(
  graph: Graph,
  kept: readonly Edge[],
  most: number,
  rng: Rng,
): FunctionalFamily {
  const g = compact(graph);
  const blocks: Block[] = [];
  let size = 0;
  const block = (count: number): Block => {
    const made = { start: size, count };
    size += count;
    blocks.push(made);
    return made;
  };
  const ties = kept.map(({ from, to }) => {
    const ends = [g.id.get(from) ?? 0, g.id.get(to) ?? 0] as const;
    return { ends, block: block(levels) };
  });
  const nodes = g.names.map((_, v): Node => {
    const parents = [...near(g.parents, v)];
    const own = ties.flatMap(({ ends }, k) => (ends.includes(v) ? [k] : []));
    const responses = responsesFor(parents.length, most, rng);
    const rows = Array.from({ length: levels ** own.length }, () => block(responses.length));
    return { parents, ties: own, responses, rows };
  });
  return { names: g.names, nodes, ties, blocks, districts: tied(nodes, ties), size };
}

/** Every way to answer the parents when few, else random ones in pairs of opposites: both values stay possible. */
function responsesFor(parents: number, most: number, rng: Rng): number[][] {
  const rows = 2 ** parents;
  if (2 ** rows <= most) {
    return Array.from({ length: 2 ** rows }, (_, code) =>
      Array.from({ length: rows }, (__, row) => (code >> row) & 1),
    );
  }
  const found = new Map<string, number[]>();
  while (found.size + 1 < most) {
    const one = Array.from({ length: rows }, () => rng.int(2));
    const other = one.map((value) => 1 - value);
    found.set(one.join(""), one).set(other.join(""), other);
  }
  return [...found.values()];
}

function tied(
  nodes: readonly Node[],
  ties: readonly { readonly ends: readonly [number, number] }[],
): number[][] {
  const group = nodes.map((_, v) => v);
  for (const { ends } of ties) {
    const [a, b] = [group[ends[0]] ?? 0, group[ends[1]] ?? 0];
    group.forEach((own, v) => {
      if (own === b) group[v] = a;
    });
  }
  return [...Map.groupBy(group.keys(), (v) => group[v]).values()];
}

/** A point with random positive distributions. */
export function randomPoint(family: FunctionalFamily, rng: Rng): Float64Array {
  const point = new Float64Array(family.size);
  for (const { start, count } of family.blocks) {
    const raw = Array.from({ length: count }, () => 0.3 + rng.next());
    const total = raw.reduce((sum, w) => sum + w, 0);
    raw.forEach((w, i) => (point[start + i] = w / total));
  }
  return point;
}

export function functionalModelAt(family: FunctionalFamily, point: Float64Array): FunctionalModel {
  const name = (v: number): string => family.names[v] ?? "";
  const tieName = (k: number): string =>
    `${name(family.ties[k]?.ends[0] ?? 0)} <-> ${name(family.ties[k]?.ends[1] ?? 0)}`;
  const slice = ({ start, count }: Block): Float64Array => point.slice(start, start + count);
  return {
    kind: "functional-model",
    causes: family.ties.map(({ ends, block }, k) => ({
      name: tieName(k),
      between: [name(ends[0]), name(ends[1])],
      probabilities: slice(block),
    })),
    mechanisms: Object.fromEntries(
      family.nodes.map((node, v) => [
        name(v),
        {
          parents: node.parents.map(name),
          causes: node.ties.map(tieName),
          responses: node.responses,
          probabilities: Float64Array.from(node.rows.flatMap((row) => [...slice(row)])),
        },
      ]),
    ),
  };
}

/**
 * The joint law of a functional model's variables, with some set to 0 or 1. O(2^(variables + causes) × variables).
 */
export function functionalLaw(
  model: FunctionalModel,
  settings: Readonly<Record<string, number>> = {},
): JointTable {
  const names = Object.keys(model.mechanisms);
  const data = new Float64Array(2 ** names.length);
  for (let code = 0; code < levels ** model.causes.length; code++) {
    const level = new Map(model.causes.map((cause, k) => [cause.name, (code >> k) & 1]));
    const weight = model.causes.reduce(
      (product, { probabilities }, k) => product * (probabilities[(code >> k) & 1] ?? 0),
      1,
    );
    for (let cell = 0; cell < data.length; cell++) {
      const value = new Map(names.map((name, i) => [name, (cell >> (names.length - 1 - i)) & 1]));
      let chance = weight;
      for (const name of names) {
        if (chance === 0) break;
        const set = settings[name];
        chance *=
          set === undefined
            ? chanceOfValue(model.mechanisms[name], level, value, value.get(name) ?? 0)
            : Number(set === value.get(name));
      }
      data[cell] = (data[cell] ?? 0) + chance;
    }
  }
  return jointTable(
    names.map((name) => ({ name, levels: [0, 1] })),
    data,
  );
}

function chanceOfValue(
  mechanism: Mechanism | undefined,
  level: ReadonlyMap<string, number>,
  value: ReadonlyMap<string, number>,
  wanted: number,
): number {
  if (mechanism === undefined) return 0;
  const { parents, causes, responses, probabilities } = mechanism;
  const input = parents.reduce((row, parent) => row * 2 + (value.get(parent) ?? 0), 0);
  const row = causes.reduce((at, cause) => at * levels + (level.get(cause) ?? 0), 0);
  return responses.reduce(
    (sum, response, t) =>
      response[input] === wanted ? sum + (probabilities[row * responses.length + t] ?? 0) : sum,
    0,
  );
}

/** A probability as a product of sums of coordinates. */
type Factors = readonly (readonly number[])[];

/** Adds weight × product to the gradient row at `offset`, and returns the product. */
function addProduct(
  factors: Factors,
  point: Float64Array,
  out: Float64Array,
  offset: number,
  weight = 1,
): number {
  const values = factors.map((list) => list.reduce((sum, c) => sum + (point[c] ?? 0), 0));
  let before = weight;
  const after = new Float64Array(values.length + 1).fill(1);
  for (let i = values.length - 1; i >= 0; i--) after[i] = (after[i + 1] ?? 1) * (values[i] ?? 0);
  for (const [i, list] of factors.entries()) {
    const rest = before * (after[i + 1] ?? 1);
    for (const c of list) out[offset + c] = (out[offset + c] ?? 0) + rest;
    before *= values[i] ?? 0;
  }
  return before;
}

/** Levels of all ties of a group, one combination after another. */
function* tieLevels(list: readonly number[]): Generator<ReadonlyMap<number, number>> {
  for (let code = 0; code < levels ** list.length; code++) {
    let rest = code;
    const map = new Map<number, number>();
    for (const k of list) {
      map.set(k, rest % levels);
      rest = Math.floor(rest / levels);
    }
    yield map;
  }
}

function rowOf(node: Node, at: ReadonlyMap<number, number>): Block {
  const index = node.ties.reduce((total, k) => total * levels + (at.get(k) ?? 0), 0);
  return node.rows[index] ?? { start: 0, count: 0 };
}

const tiesOf = (family: FunctionalFamily, group: readonly number[]): number[] => [
  ...new Set(group.flatMap((v) => family.nodes[v]?.ties ?? [])),
];

function tieFactors(family: FunctionalFamily, at: ReadonlyMap<number, number>): number[][] {
  return [...at].map(([k, level]) => [(family.ties[k]?.block.start ?? 0) + level]);
}

/** One probability that two models have to agree on. */
interface Row {
  readonly products: readonly Factors[];
}

/**
 * P(group = s | do(everything else)) for every value of the group and its parents, for each of the `groups`: for whole
 * districts these make the observed law, for every group that ties connect they make the law of every experiment
 * (Tian & Pearl 2002). `undefined` when there would be more than `most` products.
 */
export function lawRows(
  family: FunctionalFamily,
  groups: readonly (readonly number[])[],
  most: number,
): readonly Row[] | undefined {
  const rows: Row[] = [];
  let products = 0;
  for (const group of groups) {
    const speaks = [
      ...new Set([...group, ...group.flatMap((v) => family.nodes[v]?.parents ?? [])]),
    ];
    const ties = tiesOf(family, group);
    products += 2 ** speaks.length * levels ** ties.length;
    if (products > most) return undefined;
    for (let code = 0; code < 2 ** speaks.length; code++) {
      const value = new Map(speaks.map((v, i) => [v, (code >> i) & 1]));
      const list: Factors[] = [];
      for (const at of tieLevels(ties)) {
        const own = group.map((v) => {
          const node = family.nodes[v];
          if (node === undefined) return [];
          const input = node.parents.reduce((row, w) => row * 2 + (value.get(w) ?? 0), 0);
          const { start } = rowOf(node, at);
          return node.responses.flatMap((response, t) =>
            response[input] === value.get(v) ? [start + t] : [],
          );
        });
        list.push([...tieFactors(family, at), ...own]);
      }
      rows.push({ products: list });
    }
  }
  return rows;
}

/** Values and derivative of the rows, and of every distribution's sum. */
export function lawOfRows(
  family: FunctionalFamily,
  rows: readonly Row[],
  point: Float64Array,
): { readonly law: Float64Array; readonly jacobian: Float64Array } {
  const n = rows.length + family.blocks.length;
  const law = new Float64Array(n);
  const jacobian = new Float64Array(n * family.size);
  for (const [i, row] of rows.entries()) {
    let total = 0;
    for (const factors of row.products)
      total += addProduct(factors, point, jacobian, i * family.size);
    law[i] = total;
  }
  for (const [k, { start, count }] of family.blocks.entries()) {
    const i = rows.length + k;
    for (let c = start; c < start + count; c++) {
      law[i] = (law[i] ?? 0) + (point[c] ?? 0);
      jacobian[i * family.size + c] = 1;
    }
  }
  return { law, jacobian };
}

/** Groups inside the districts that ties connect, whole districts included. */
export function tiedGroups(family: FunctionalFamily): number[][] {
  const found = new Map<string, number[]>();
  const grow = (group: readonly number[]): void => {
    const key = group.join(",");
    if (found.has(key)) return;
    found.set(key, [...group]);
    for (const { ends } of family.ties) {
      const inside = ends.filter((v) => group.includes(v));
      if (inside.length !== 1) continue;
      grow([...new Set([...group, ...ends])].sort((a, b) => a - b));
    }
  };
  for (const v of family.nodes.keys()) grow([v]);
  return [...found.values()];
}

/**
 * The probability that the nodes respond in one of the listed ways (each a response number a node), with its gradient.
 * O(ways × districts + Σ over districts of their ways × levels^ties).
 */
export function chanceOf(
  family: FunctionalFamily,
  ways: readonly Uint16Array[],
  point: Float64Array,
): { readonly value: number; readonly gradient: Float64Array } {
  const keys = family.districts.map((district) => ways.map((way) => keyIn(family, district, way)));
  const tables = family.districts.map((district, d) => {
    const table = new Map<number, number>();
    const nothing = new Float64Array(family.size);
    for (const [i, key] of (keys[d] ?? []).entries()) {
      if (table.has(key)) continue;
      table.set(
        key,
        districtProducts(family, district, ways[i] ?? new Uint16Array(0)).reduce(
          (sum, factors) => sum + addProduct(factors, point, nothing, 0, 1),
          0,
        ),
      );
    }
    return table;
  });
  let value = 0;
  const slopes = tables.map(() => new Map<number, number>());
  for (const i of ways.keys()) {
    const parts = tables.map((table, d) => table.get(keys[d]?.[i] ?? -1) ?? 0);
    value += parts.reduce((product, p) => product * p, 1);
    for (const [d, slope] of slopes.entries()) {
      const others = parts.reduce((product, p, k) => (k === d ? product : product * p), 1);
      const key = keys[d]?.[i] ?? -1;
      slope.set(key, (slope.get(key) ?? 0) + others);
    }
  }
  const gradient = new Float64Array(family.size);
  for (const [d, district] of family.districts.entries()) {
    const done = new Set<number>();
    for (const [i, key] of (keys[d] ?? []).entries()) {
      if (done.has(key)) continue;
      done.add(key);
      const weight = slopes[d]?.get(key) ?? 0;
      for (const factors of districtProducts(family, district, ways[i] ?? new Uint16Array(0)))
        addProduct(factors, point, gradient, 0, weight);
    }
  }
  return { value, gradient };
}

function keyIn(family: FunctionalFamily, district: readonly number[], way: Uint16Array): number {
  return district.reduce(
    (key, v) => key * (family.nodes[v]?.responses.length ?? 1) + (way[v] ?? 0),
    0,
  );
}

function districtProducts(
  family: FunctionalFamily,
  district: readonly number[],
  way: Uint16Array,
): Factors[] {
  const list: Factors[] = [];
  for (const at of tieLevels(tiesOf(family, district))) {
    const own = district.map((v) => {
      const node = family.nodes[v];
      return node === undefined ? [] : [rowOf(node, at).start + (way[v] ?? 0)];
    });
    list.push([...tieFactors(family, at), ...own]);
  }
  return list;
}
