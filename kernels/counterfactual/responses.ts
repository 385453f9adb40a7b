import type { ConfoundedComponent, StructuralModel, Variable } from "./model.ts";
import { levelCount } from "./model.ts";
import { solve } from "../math/dense.ts";

/** One argument of one response function: what `variable` does at one configuration of its parents. */
export interface Slot {
  readonly variable: string;
  readonly configuration: number;
}

/** "These slots take these levels", e.g. y is 1 at x=0 and 0 at x=1. */
export interface Pattern {
  readonly slots: readonly Slot[];
  readonly levels: readonly number[];
}

/** A weighted sum of pattern probabilities. */
export type PatternSum = readonly { readonly pattern: Pattern; readonly weight: number }[];

/** Thrown to the dispatcher when the canonical types are too many for a linear program. */
export class TooManyTypes extends Error {
  readonly types: number;
  constructor(types: number) {
    super(`The canonical model has ${types} response types.`);
    this.types = types;
  }
}

const TYPE_LIMIT = 2 ** 14;
const ENTRY_LIMIT = 2 ** 23;

/**
 * All canonical models of a piece of a model (Balke & Pearl 1997): a type fixes the level of every slot, and the
 * unknowns are the types' shares, tied by `rows · shares = right` to what the tables say.
 */
export interface ResponsePolytope {
  readonly slots: readonly Slot[];
  readonly cards: readonly number[];
  /** Number of types: the product of `cards`. */
  readonly types: number;
  /** `[constraints, types]`. */
  readonly rows: Float64Array;
  readonly right: Float64Array;
}

const keyOf = (slot: Slot): string => `${slot.variable}@${slot.configuration}`;

/** Types whose slots match the pattern get 1, all others 0; `[types]`. */
export function indicator(
  polytope: Omit<ResponsePolytope, "rows" | "right">,
  pattern: Pattern,
): Uint8Array {
  const out = new Uint8Array(polytope.types).fill(1);
  const keys = polytope.slots.map(keyOf);
  pattern.slots.forEach((slot, i) => {
    const at = keys.indexOf(keyOf(slot));
    if (at < 0) throw new Error(`The polytope has no slot ${keyOf(slot)}.`);
    let stride = 1;
    for (let j = at + 1; j < polytope.cards.length; j++) stride *= polytope.cards[j]!;
    const card = polytope.cards[at]!;
    for (let type = 0; type < out.length; type++) {
      if (Math.floor(type / stride) % card !== pattern.levels[i]) out[type] = 0;
    }
  });
  return out;
}

/** The weights of a pattern sum per type, `[types]`. */
export function costOf(polytope: ResponsePolytope, sum: PatternSum): Float64Array {
  const cost = new Float64Array(polytope.types);
  for (const { pattern, weight } of sum) {
    const mask = indicator(polytope, pattern);
    for (let type = 0; type < cost.length; type++) if (mask[type] === 1) cost[type]! += weight;
  }
  return cost;
}

/**
 * One polytope per set of slots that some pattern ties together. Sets that never meet can be coupled in any way
 * without changing the answer, which keeps the programs small. Slots of `extra` sums are tied as well.
 */
export function tablePolytopes(
  variable: Variable,
  sums: readonly PatternSum[],
): readonly ResponsePolytope[] {
  const { mechanism } = variable;
  if (mechanism.kind !== "table") throw new Error(`"${variable.name}" has no table.`);
  const k = levelCount(variable.domain);
  return slotGroups(sums).map((slots) => {
    const shape = shapeOf(
      slots,
      slots.map(() => k),
      slots.length * k,
    );
    const rows = new Float64Array(slots.length * k * shape.types);
    const right = new Float64Array(slots.length * k);
    slots.forEach((slot, s) => {
      for (let level = 0; level < k; level++) {
        const row = s * k + level;
        rows.set(indicator(shape, { slots: [slot], levels: [level] }), row * shape.types);
        right[row] = mechanism.probabilities[slot.configuration * k + level]!;
      }
    });
    return { ...shape, rows, right };
  });
}

function shapeOf(
  slots: readonly Slot[],
  cards: readonly number[],
  constraints: number,
): Omit<ResponsePolytope, "rows" | "right"> {
  const types = cards.reduce((a, b) => a * b, 1);
  if (types > TYPE_LIMIT || types * constraints > ENTRY_LIMIT) throw new TooManyTypes(types);
  return { slots, cards, types };
}

function slotGroups(sums: readonly PatternSum[]): readonly (readonly Slot[])[] {
  const parent = new Map<string, string>();
  const slots = new Map<string, Slot>();
  const find = (key: string): string => {
    let at = key;
    while (parent.get(at) !== at) at = parent.get(at)!;
    return at;
  };
  for (const sum of sums) {
    for (const { pattern } of sum) {
      const keys = pattern.slots.map(keyOf);
      keys.forEach((key, i) => {
        slots.set(key, pattern.slots[i]!);
        if (!parent.has(key)) parent.set(key, key);
        parent.set(find(key), find(keys[0]!));
      });
    }
  }
  const groups = new Map<string, Slot[]>();
  for (const [key, slot] of slots) {
    const root = find(key);
    groups.set(root, [...(groups.get(root) ?? []), slot]);
  }
  return [...groups.values()];
}

/** The canonical models of a confounded component: joint response types of all its variables. */
export function componentPolytope(model: StructuralModel, index: number): ResponsePolytope {
  const component = model.components[index]!;
  const variableOf = (name: string): Variable => model.variables.find((v) => v.name === name)!;
  const members = component.variables.map(variableOf);
  const cardOf = (name: string): number => levelCount(variableOf(name).domain);
  const slots: Slot[] = [];
  const cards: number[] = [];
  for (const member of members) {
    const count = member.parents.reduce((product, name) => product * cardOf(name), 1);
    for (let configuration = 0; configuration < count; configuration++) {
      slots.push({ variable: member.name, configuration });
      cards.push(levelCount(member.domain));
    }
  }
  const joint = members.reduce((product, member) => product * levelCount(member.domain), 1);
  const outside = component.parents.reduce((product, name) => product * cardOf(name), 1);
  const shape = shapeOf(slots, cards, outside * joint);
  const { probabilities } = component;
  if (probabilities === undefined) {
    return { ...shape, rows: new Float64Array(shape.types).fill(1), right: Float64Array.of(1) };
  }
  const rows = new Float64Array(outside * joint * shape.types);
  const right = new Float64Array(outside * joint);
  const names = [...component.parents, ...component.variables];
  const levels = new Map<string, number>();
  for (let row = 0; row < right.length; row++) {
    let rest = row;
    for (const name of names.toReversed()) {
      levels.set(name, rest % cardOf(name));
      rest = Math.floor(rest / cardOf(name));
    }
    const pattern: Pattern = {
      slots: members.map((member) => ({
        variable: member.name,
        configuration: member.parents.reduce(
          (at, name) => at * cardOf(name) + levels.get(name)!,
          0,
        ),
      })),
      levels: members.map((member) => levels.get(member.name)!),
    };
    rows.set(indicator(shape, pattern), row * shape.types);
    right[row] = probabilities[row]!;
  }
  return withIndependence(model, component, members, { ...shape, rows, right });
}

/** Whether the program knows everything: every two members may share a cause, so no independence is left out. */
export function isComplete({ variables, arcs }: ConfoundedComponent): boolean {
  if (arcs === undefined) return true;
  const joined = (a: string, b: string): boolean =>
    arcs.some(([p, q]) => (p === a && q === b) || (p === b && q === a));
  return variables.every((a, i) => variables.slice(0, i).every((b) => joined(a, b)));
}

/**
 * Independence that missing arcs imply, where it is linear: a member v without parents in the component has a known law
 * at each configuration, and it is independent of the joint responses of all members that share no cause with it.
 * Products of two unknown laws are left out, so bounds of such components hold but need not be sharp.
 */
function withIndependence(
  model: StructuralModel,
  component: ConfoundedComponent,
  members: readonly Variable[],
  polytope: ResponsePolytope,
): ResponsePolytope {
  const { arcs } = component;
  if (arcs === undefined || isComplete(component)) return polytope;
  const rows: Float64Array[] = [];
  for (const v of members) {
    if (v.parents.some((name) => component.variables.includes(name))) continue;
    const apart = polytope.slots.flatMap((slot, i) => {
      const tied = arcs.some(([a, b]) => [a, b].includes(v.name) && [a, b].includes(slot.variable));
      return slot.variable === v.name || tied ? [] : [i];
    });
    if (apart.length === 0) continue;
    const groups = groupTypes(polytope, apart);
    const own = polytope.slots.filter(({ variable }) => variable === v.name);
    for (const slot of own) {
      for (let level = 0; level + 1 < levelCount(v.domain); level++) {
        const law = lawOf(model, component, v, slot.configuration, level);
        const mask = indicator(polytope, { slots: [slot], levels: [level] });
        for (let g = 0; g <= groups.reduce((a, b) => Math.max(a, b), 0); g++) {
          rows.push(Float64Array.from(mask, (hit, type) => (groups[type] === g ? hit - law : 0)));
          if (rows.length * polytope.types > ENTRY_LIMIT) return polytope;
        }
      }
    }
  }
  const all = new Float64Array(polytope.rows.length + rows.length * polytope.types);
  all.set(polytope.rows);
  rows.forEach((row, i) => all.set(row, polytope.rows.length + i * polytope.types));
  const right = Float64Array.of(...polytope.right, ...rows.map(() => 0));
  return { ...polytope, rows: all, right };
}

/** Numbers the joint levels of some slots, per type. */
function groupTypes(
  { slots, cards, types }: ResponsePolytope,
  chosen: readonly number[],
): Int32Array {
  const strides = slots.map((_, i) => cards.slice(i + 1).reduce((a, b) => a * b, 1));
  return Int32Array.from({ length: types }, (_, type) =>
    chosen.reduce(
      (group, i) => group * cards[i]! + (Math.floor(type / strides[i]!) % cards[i]!),
      0,
    ),
  );
}

/** P(v = level) at a configuration of its parents, all of which lie outside the component. */
function lawOf(
  model: StructuralModel,
  component: ConfoundedComponent,
  v: Variable,
  configuration: number,
  level: number,
): number {
  const cardOf = (name: string): number =>
    levelCount(model.variables.find((other) => other.name === name)!.domain);
  const at = new Map<string, number>();
  let rest = configuration;
  for (const name of v.parents.toReversed()) {
    at.set(name, rest % cardOf(name));
    rest = Math.floor(rest / cardOf(name));
  }
  const names = [...component.parents, ...component.variables];
  let sum = 0;
  component.probabilities!.forEach((p, index) => {
    let left = index;
    let fits = true;
    for (const name of names.toReversed()) {
      const own = left % cardOf(name);
      left = Math.floor(left / cardOf(name));
      if (name === v.name) fits &&= own === level;
      // Outside parents that v does not read make no difference: take their first level.
      else if (component.parents.includes(name)) fits &&= own === (at.get(name) ?? 0);
    }
    if (fits) sum += p;
  });
  return sum;
}

/** With one more row: a pattern sum whose value is known, e.g. from an experiment. */
export function withKnown(
  polytope: ResponsePolytope,
  sum: PatternSum,
  value: number,
): ResponsePolytope {
  const rows = new Float64Array(polytope.rows.length + polytope.types);
  rows.set(polytope.rows);
  rows.set(costOf(polytope, sum), polytope.rows.length);
  return { ...polytope, rows, right: Float64Array.of(...polytope.right, value) };
}

const BASIS_LIMIT = 20_000;

/**
 * Every vertex of the polytope, by trying every basis; undefined when there are more than 20 000 to try.
 * A multilinear answer over several independent pieces is extreme at vertices of each.
 */
export function verticesOf(polytope: ResponsePolytope): readonly Float64Array[] | undefined {
  const { types: n } = polytope;
  const independent = independentRows(polytope);
  const m = independent.length;
  let count = 1;
  for (let i = 0; i < m; i++) count = (count * (n - i)) / (i + 1);
  if (count > BASIS_LIMIT) return undefined;
  const right = Float64Array.from(independent, (row) => polytope.right[row]!);
  const found = new Map<string, Float64Array>();
  const chosen: number[] = [];
  const choose = (start: number): void => {
    if (chosen.length === m) {
      const square = new Float64Array(m * m);
      independent.forEach((row, r) => {
        chosen.forEach((type, c) => {
          square[r * m + c] = polytope.rows[row * n + type]!;
        });
      });
      const shares = solve(square, m, right);
      if (shares === undefined || shares.some((share) => !(share > -1e-10))) return;
      const vertex = new Float64Array(n);
      chosen.forEach((type, i) => {
        vertex[type] = Math.max(0, shares[i]!);
      });
      found.set(Array.from(vertex, (share) => share.toFixed(10)).join(), vertex);
      return;
    }
    for (let type = start; type < n; type++) {
      chosen.push(type);
      choose(type + 1);
      chosen.pop();
    }
  };
  choose(0);
  return [...found.values()];
}

function independentRows(polytope: ResponsePolytope): readonly number[] {
  const { types: n } = polytope;
  const kept: Float64Array[] = [];
  const pivots: number[] = [];
  const found: number[] = [];
  for (let row = 0; row < polytope.right.length; row++) {
    const left = polytope.rows.slice(row * n, (row + 1) * n);
    kept.forEach((other, i) => {
      const factor = left[pivots[i]!]!;
      if (factor !== 0) for (let j = 0; j < n; j++) left[j]! -= factor * other[j]!;
    });
    const pivot = left.findIndex((x) => Math.abs(x) > 1e-9);
    if (pivot < 0) continue;
    const scale = left[pivot]!;
    kept.push(left.map((x) => x / scale));
    pivots.push(pivot);
    found.push(row);
  }
  return found;
}
