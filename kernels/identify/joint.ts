import { UserError } from "../../app/errors.ts";

export type Level = number | string;

export interface JointVariable {
  readonly name: string;
  readonly levels: readonly Level[];
}

/** A joint law of discrete variables: probabilities row-major, the first variable slowest. */
export interface JointTable {
  readonly kind: "joint";
  readonly variables: readonly JointVariable[];
  readonly probabilities: Float64Array;
}

/** The table, checked: one probability a cell, none negative, together 1 to 1e-6. Throws `UserError` `joint-invalid`. */
export function jointTable(
  variables: readonly JointVariable[],
  probabilities: ArrayLike<number>,
): JointTable {
  const size = variables.reduce((total, variable) => total * variable.levels.length, 1);
  const table = Float64Array.from(probabilities);
  const total = table.reduce((sum, p) => sum + p, 0);
  if (table.length !== size || table.some((p) => !(p >= 0)) || Math.abs(total - 1) > 1e-6) {
    throw new UserError({
      code: "joint-invalid",
      message: `A joint law of these variables has ${size} probabilities that add up to 1; ${table.length} were given, adding up to ${total}.`,
      value: total,
      expected: `${size} numbers of at least 0 that add up to 1`,
    });
  }
  return { kind: "joint", variables, probabilities: table };
}

/** Binary variables with levels 0 and 1. */
export function binaryVariables(names: readonly string[]): JointVariable[] {
  return names.map((name) => ({ name, levels: [0, 1] }));
}

/** Numbers indexed by symbols: one axis a symbol, row-major, the first slowest. */
export interface Tensor {
  readonly axes: readonly string[];
  readonly sizes: readonly number[];
  readonly data: Float64Array;
}

export const scalar = (value: number): Tensor => ({
  axes: [],
  sizes: [],
  data: Float64Array.of(value),
});

/** Steps in `data` for each wanted axis; 0 for an axis the tensor does not have. */
function stridesFor(tensor: Tensor, axes: readonly string[]): number[] {
  const own = new Map<string, number>();
  let step = 1;
  for (let i = tensor.axes.length - 1; i >= 0; i--) {
    own.set(tensor.axes[i] ?? "", step);
    step *= tensor.sizes[i] ?? 1;
  }
  return axes.map((axis) => own.get(axis) ?? 0);
}

/** Cell by cell over the union of the axes. */
export function combine(a: Tensor, b: Tensor, apply: (x: number, y: number) => number): Tensor {
  const axes = [...a.axes];
  const sizes = [...a.sizes];
  for (const [i, axis] of b.axes.entries()) {
    if (!axes.includes(axis)) {
      axes.push(axis);
      sizes.push(b.sizes[i] ?? 1);
    }
  }
  const data = new Float64Array(sizes.reduce((total, size) => total * size, 1));
  const stepsA = stridesFor(a, axes);
  const stepsB = stridesFor(b, axes);
  const index = new Int32Array(axes.length);
  let ia = 0;
  let ib = 0;
  for (let cell = 0; cell < data.length; cell++) {
    data[cell] = apply(a.data[ia] ?? NaN, b.data[ib] ?? NaN);
    for (let k = axes.length - 1; k >= 0; k--) {
      const size = sizes[k] ?? 1;
      const at = (index[k] ?? 0) + 1;
      ia += stepsA[k] ?? 0;
      ib += stepsB[k] ?? 0;
      if (at < size) {
        index[k] = at;
        break;
      }
      index[k] = 0;
      ia -= size * (stepsA[k] ?? 0);
      ib -= size * (stepsB[k] ?? 0);
    }
  }
  return { axes, sizes, data };
}

/** The sum over an axis, each slice times its weight. */
export function sumAxis(tensor: Tensor, axis: string, weights?: readonly number[]): Tensor {
  const at = tensor.axes.indexOf(axis);
  if (at < 0) throw new Error(`The tensor has no axis "${axis}".`);
  return reduceAxis(tensor, at, (values) =>
    values.reduce((total, value, i) => {
      const weight = weights?.[i] ?? 1;
      return weight === 0 ? total : total + weight * value;
    }, 0),
  );
}

/** The slice at one index of an axis. */
export function slice(tensor: Tensor, axis: string, index: number): Tensor {
  const at = tensor.axes.indexOf(axis);
  return at < 0 ? tensor : reduceAxis(tensor, at, (values) => values[index] ?? NaN);
}

function reduceAxis(tensor: Tensor, at: number, apply: (values: number[]) => number): Tensor {
  const size = tensor.sizes[at] ?? 1;
  const inner = tensor.sizes.slice(at + 1).reduce((total, n) => total * n, 1);
  const outer = tensor.sizes.slice(0, at).reduce((total, n) => total * n, 1);
  const data = new Float64Array(outer * inner);
  const values = Array.from({ length: size }, () => 0);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      for (let k = 0; k < size; k++) values[k] = tensor.data[(o * size + k) * inner + i] ?? NaN;
      data[o * inner + i] = apply(values);
    }
  }
  const drop = <T>(list: readonly T[]): T[] => list.filter((_, k) => k !== at);
  return { axes: drop(tensor.axes), sizes: drop(tensor.sizes), data };
}

const marginals = new WeakMap<JointTable, Map<string, Tensor>>();

/** P(variables) as a tensor with the variables as axes, in the order given. Cached by table. O(cells). */
export function marginalOf(table: JointTable, variables: readonly string[]): Tensor {
  let cache = marginals.get(table);
  if (cache === undefined) marginals.set(table, (cache = new Map()));
  const key = JSON.stringify(variables);
  let found = cache.get(key);
  if (found === undefined) cache.set(key, (found = computeMarginal(table, variables)));
  return found;
}

function computeMarginal(table: JointTable, variables: readonly string[]): Tensor {
  const sizes = variables.map((name) => variableOf(table, name).levels.length);
  const steps = new Map<string, number>();
  let step = 1;
  for (let i = variables.length - 1; i >= 0; i--) {
    steps.set(variables[i] ?? "", step);
    step *= sizes[i] ?? 1;
  }
  const data = new Float64Array(step);
  const all = table.variables.map((variable) => ({
    size: variable.levels.length,
    step: steps.get(variable.name) ?? 0,
  }));
  const index = new Int32Array(all.length);
  let at = 0;
  for (const p of table.probabilities) {
    data[at] = (data[at] ?? 0) + p;
    for (let k = all.length - 1; k >= 0; k--) {
      const axis = all[k];
      if (axis === undefined) break;
      at += axis.step;
      index[k] = (index[k] ?? 0) + 1;
      if ((index[k] ?? 0) < axis.size) break;
      index[k] = 0;
      at -= axis.size * axis.step;
    }
  }
  return { axes: variables, sizes, data };
}

export function variableOf(table: JointTable, name: string): JointVariable {
  const variable = table.variables.find((candidate) => candidate.name === name);
  if (variable !== undefined) return variable;
  throw new UserError({
    code: "joint-lacks-variable",
    message: `The joint law does not speak of "${name}".`,
    value: name,
    expected: `one of ${table.variables.map((v) => v.name).join(", ")}`,
  });
}

/** The index of a value among a variable's levels; numbers and their spelling are the same. */
export function levelIndex(variable: JointVariable, value: Level): number {
  const index = variable.levels.findIndex(
    (level) => level === value || String(level) === String(value),
  );
  if (index >= 0) return index;
  throw new UserError({
    code: "unknown-level",
    message: `"${variable.name}" does not take the value ${value}.`,
    value,
    expected: `one of ${variable.levels.slice(0, 20).join(", ")}`,
  });
}
