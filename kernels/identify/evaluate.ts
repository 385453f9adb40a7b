import { UserError } from "../../app/errors.ts";
import { boundBy, freeSymbols } from "./estimand.ts";
import type { Bound, Estimand, Term } from "./estimand.ts";
import { combine, levelIndex, marginalOf, scalar, slice, sumAxis, variableOf } from "./joint.ts";
import type { JointTable, Level, Tensor } from "./joint.ts";

/** Where a formula's laws come from: the joint law, or a table for each named law and intervention. */
export type LawSource =
  JointTable | ((law: string | undefined, settings: Readonly<Record<string, Level>>) => JointTable);

/**
 * The number a formula gives: exact sums over the joint law. `assignment` gives each free symbol its value, by
 * symbol or by variable name. Where the formula asks for a conditional law that the table leaves undefined (a
 * condition of probability zero), the result is NaN unless its weight is zero. With `any`, the first value of the
 * bound symbols with a defined result is taken. O(tree · cells of the free symbols). Throws `UserError`
 * `unassigned-symbol`, `unknown-level`, `joint-lacks-variable`.
 */
export function evaluateEstimand(
  estimand: Estimand,
  joint: LawSource,
  assignment: Readonly<Record<string, Level>> = {},
): number {
  const fixed = new Map<string, Level>();
  for (const [symbol, variable] of freeSymbols(estimand)) {
    const value = assignment[symbol] ?? assignment[variable];
    if (value === undefined) {
      throw new UserError({
        code: "unassigned-symbol",
        message: `The formula needs a value for ${symbol}.`,
        value: symbol,
        expected: `values for ${[...freeSymbols(estimand).keys()].join(", ")}`,
      });
    }
    fixed.set(symbol, value);
  }
  const result = evaluate(estimand, { joint, fixed, memo: new Map() });
  return result.data[0] ?? NaN;
}

interface Context {
  readonly joint: LawSource;
  /** Values of the formula's own free symbols. */
  readonly fixed: ReadonlyMap<string, Level>;
  readonly memo: Map<Estimand, Tensor>;
}

const times = (x: number, y: number): number => (x === 0 || y === 0 ? 0 : x * y);

function evaluate(node: Estimand, context: Context): Tensor {
  let known = context.memo.get(node);
  if (known === undefined) context.memo.set(node, (known = compute(node, context)));
  return known;
}

function compute(node: Estimand, context: Context): Tensor {
  switch (node.kind) {
    case "constant":
      return scalar(node.value);
    case "probability":
      return probability(node, context);
    case "product":
      return product(node.factors.map((factor) => evaluate(factor, context)));
    case "quotient":
      return combine(
        evaluate(node.numerator, context),
        evaluate(node.denominator, context),
        (x, y) => x / y,
      );
    case "difference":
      return combine(evaluate(node.left, context), evaluate(node.right, context), (x, y) => x - y);
    case "sum":
      return sumProduct(node, context);
    case "expectation": {
      const body = evaluate(node.body, context);
      const { variable, symbol } = node.over;
      const levels = levelsOf(variable, context).map(Number);
      if (!body.axes.includes(symbol))
        throw new Error(`The expectation's body does not depend on ${symbol}.`);
      return sumAxis(body, symbol, levels);
    }
    default:
      return anySlice(evaluate(node.body, context), boundBy(node));
  }
}

function product(tensors: readonly Tensor[]): Tensor {
  return tensors.reduce((total, tensor) => combine(total, tensor, times), scalar(1));
}

/** Sums one symbol at a time over the factors that have it, so that no table is wider than it must be. */
function sumProduct(node: Extract<Estimand, { kind: "sum" }>, context: Context): Tensor {
  const factors = node.body.kind === "product" ? node.body.factors : [node.body];
  let tensors = factors.map((factor) => evaluate(factor, context));
  for (const { variable, symbol } of node.over) {
    const touching = tensors.filter((tensor) => tensor.axes.includes(symbol));
    if (touching.length === 0) {
      tensors = [...tensors, scalar(levelsOf(variable, context).length)];
      continue;
    }
    const rest = tensors.filter((tensor) => !tensor.axes.includes(symbol));
    tensors = [...rest, sumAxis(product(touching), symbol)];
  }
  return product(tensors);
}

/** The value at the first combination of the free choices whose cells are all defined. */
function anySlice(tensor: Tensor, over: readonly Bound[]): Tensor {
  let candidates = [tensor];
  for (const { symbol } of over) {
    candidates = candidates.flatMap((candidate) => {
      const at = candidate.axes.indexOf(symbol);
      if (at < 0) return [candidate];
      return Array.from({ length: candidate.sizes[at] ?? 1 }, (_, i) =>
        slice(candidate, symbol, i),
      );
    });
  }
  const defined = candidates.find((candidate) =>
    candidate.data.every((value) => Number.isFinite(value)),
  );
  return defined ?? candidates[0] ?? tensor;
}

function levelsOf(variable: string, context: Context): readonly Level[] {
  const table = typeof context.joint === "function" ? context.joint(undefined, {}) : context.joint;
  return variableOf(table, variable).levels;
}

type Probability = Extract<Estimand, { kind: "probability" }>;

function probability(node: Probability, context: Context): Tensor {
  const open = node.do.filter((term) => valueOf(term, context) === undefined);
  if (open.length === 0) return fromTable(node, tableOf(node, context, {}), context);
  // An intervention whose value is summed over: one table a value, stacked.
  const [first] = open;
  if (first === undefined || first.value.kind !== "symbol")
    throw new Error("An open value is a symbol.");
  const { name } = first.value;
  const levels = levelsOf(first.variable, context);
  const parts = levels.map((value) => {
    const fixed = new Map([...context.fixed, [name, value]]);
    return probability(node, { ...context, fixed, memo: new Map() });
  });
  return stack(parts, name);
}

function stack(parts: readonly Tensor[], axis: string): Tensor {
  const [first] = parts;
  if (first === undefined) throw new Error("A variable has at least one level.");
  const data = new Float64Array(first.data.length * parts.length);
  parts.forEach((part, i) => data.set(part.data, i * first.data.length));
  return { axes: [axis, ...first.axes], sizes: [parts.length, ...first.sizes], data };
}

function tableOf(node: Probability, context: Context, settings: Record<string, Level>): JointTable {
  if (typeof context.joint !== "function") {
    if (node.do.length > 0 || node.law !== undefined) {
      throw new UserError({
        code: "law-missing",
        message: "The formula needs experimental or further laws beside the observed joint law.",
        expected: "a function that gives the table of each law",
      });
    }
    return context.joint;
  }
  for (const term of node.do) settings[term.variable] = valueOf(term, context) ?? "";
  return context.joint(node.law, settings);
}

function valueOf(term: Term, context: Context): Level | undefined {
  return term.value.kind === "constant" ? term.value.value : context.fixed.get(term.value.name);
}

function fromTable(node: Probability, table: JointTable, context: Context): Tensor {
  const given = node.given;
  const top = pick(table, [...node.of, ...given], context);
  if (given.length === 0) return top;
  return combine(top, pick(table, given, context), (x, y) => x / y);
}

/** The marginal over the terms' variables, sliced where a value is fixed, with symbols as axes. */
function pick(table: JointTable, terms: readonly Term[], context: Context): Tensor {
  let tensor = marginalOf(
    table,
    terms.map((term) => term.variable),
  );
  for (const term of terms) {
    const value = valueOf(term, context);
    if (value !== undefined) {
      tensor = slice(tensor, term.variable, levelIndex(variableOf(table, term.variable), value));
    }
  }
  const symbolOf = new Map(
    terms.map((term) => [term.variable, term.value.kind === "symbol" ? term.value.name : ""]),
  );
  return { ...tensor, axes: tensor.axes.map((axis) => symbolOf.get(axis) ?? axis) };
}
