import type { Span } from "./messages.ts";
import { unreachable } from "./unreachable.ts";

export type BinaryOperator =
  "+" | "-" | "*" | "/" | "^" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "and" | "or" | "xor";

/** Arithmetic over variables. Truth is 1 and 0; `text` compares with a variable's named level. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly text: string; readonly span?: Span }
  | { readonly kind: "variable"; readonly name: string; readonly span?: Span }
  | { readonly kind: "unary"; readonly operator: "-" | "not"; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly Expression[] };

const functions: Readonly<Record<string, readonly [arity: number, (...x: number[]) => number]>> = {
  exp: [1, Math.exp],
  log: [1, Math.log],
  sqrt: [1, Math.sqrt],
  abs: [1, Math.abs],
  sigmoid: [1, (x) => 1 / (1 + Math.exp(-x))],
  logistic: [1, (x) => 1 / (1 + Math.exp(-x))],
  expit: [1, (x) => 1 / (1 + Math.exp(-x))],
  tanh: [1, Math.tanh],
  sin: [1, Math.sin],
  cos: [1, Math.cos],
  floor: [1, Math.floor],
  round: [1, Math.round],
  sign: [1, Math.sign],
  softplus: [1, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
  pow: [2, (x, y) => x ** y],
  mod: [2, (x, y) => x - y * Math.floor(x / y)],
  if: [3, (c, a, b) => (c !== 0 ? a : b)],
  min: [-1, Math.min],
  max: [-1, Math.max],
};

/** The number of operands a function takes: -1 for any, undefined when there is no such function. */
export function arityOf(name: string): number | undefined {
  return Object.hasOwn(functions, name) ? functions[name]![0] : undefined;
}

/** Names a model may use as functions, for messages. */
export const functionNames: readonly string[] = Object.keys(functions);

export const numberExpression = (value: number): Expression => ({ kind: "number", value });

/** The distinct variables an expression reads, in order of first appearance. */
export function variablesOf(expression: Expression): readonly string[] {
  const found = new Set<string>();
  const visit = (e: Expression): void => {
    if (e.kind === "variable") found.add(e.name);
    else for (const part of partsOf(e)) visit(part);
  };
  visit(expression);
  return [...found];
}

export function partsOf(e: Expression): readonly Expression[] {
  switch (e.kind) {
    case "unary":
      return [e.operand];
    case "binary":
      return [e.left, e.right];
    case "call":
      return e.operands;
    default:
      return [];
  }
}

/** The same expression with every part replaced by `change` where it returns one. */
export function mapExpression(
  e: Expression,
  change: (part: Expression) => Expression | undefined,
): Expression {
  const changed = change(e);
  if (changed !== undefined) return changed;
  switch (e.kind) {
    case "unary":
      return { ...e, operand: mapExpression(e.operand, change) };
    case "binary":
      return { ...e, left: mapExpression(e.left, change), right: mapExpression(e.right, change) };
    case "call":
      return { ...e, operands: e.operands.map((part) => mapExpression(part, change)) };
    default:
      return e;
  }
}

const binaries: Readonly<Record<BinaryOperator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
  "==": (a, b) => (a === b ? 1 : 0),
  "!=": (a, b) => (a !== b ? 1 : 0),
  "<": (a, b) => (a < b ? 1 : 0),
  "<=": (a, b) => (a <= b ? 1 : 0),
  ">": (a, b) => (a > b ? 1 : 0),
  ">=": (a, b) => (a >= b ? 1 : 0),
  and: (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  or: (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
  xor: (a, b) => ((a !== 0) !== (b !== 0) ? 1 : 0),
};

/** Applies one operator to numbers. */
export function applyBinary(operator: BinaryOperator, a: number, b: number): number {
  return binaries[operator](a, b);
}

/** Applies one named function to numbers. */
export function applyFunction(name: string, operands: readonly number[]): number {
  return functions[name]![1](...operands);
}

export type Compiled = (values: ArrayLike<number>) => number;

/** An expression as a closure over values in the order of `names`. Text must have been resolved to numbers. */
export function compileExpression(e: Expression, names: readonly string[]): Compiled {
  switch (e.kind) {
    case "number": {
      const { value } = e;
      return () => value;
    }
    case "text":
      throw new Error(`Level "${e.text}" was not resolved before compiling.`);
    case "variable": {
      const slot = names.indexOf(e.name);
      if (slot < 0) throw new Error(`Variable "${e.name}" is not among ${names.join(", ")}.`);
      return (values) => values[slot]!;
    }
    case "unary": {
      const operand = compileExpression(e.operand, names);
      return e.operator === "-"
        ? (values) => -operand(values)
        : (values) => (operand(values) === 0 ? 1 : 0);
    }
    case "binary": {
      const apply = binaries[e.operator];
      const left = compileExpression(e.left, names);
      const right = compileExpression(e.right, names);
      return (values) => apply(left(values), right(values));
    }
    case "call": {
      const apply = functions[e.name]![1];
      const operands = e.operands.map((part) => compileExpression(part, names));
      const [first, second] = operands;
      if (operands.length === 1) return (values) => apply(first!(values));
      if (operands.length === 2) return (values) => apply(first!(values), second!(values));
      return (values) => apply(...operands.map((operand) => operand(values)));
    }
    default:
      return unreachable(e);
  }
}

const strength: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  xor: 2,
  and: 3,
  "==": 5,
  "!=": 5,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "^": 9,
};

/** An expression as text that parses back to the same expression. */
export function formatExpression(e: Expression, outer = 0): string {
  const wrap = (text: string, own: number): string => (own < outer ? `(${text})` : text);
  switch (e.kind) {
    case "number":
      return e.value < 0 ? wrap(String(e.value), 8) : String(e.value);
    case "text":
      return JSON.stringify(e.text);
    case "variable":
      return e.name;
    case "unary":
      return e.operator === "-"
        ? wrap(`-${formatExpression(e.operand, 8)}`, 8)
        : wrap(`not ${formatExpression(e.operand, 4)}`, 4);
    case "binary": {
      const own = strength[e.operator];
      const left = formatExpression(e.left, e.operator === "^" ? own + 1 : own);
      const right = formatExpression(e.right, e.operator === "^" ? own : own + 1);
      const tight = own >= 7;
      return wrap(tight ? `${left}${e.operator}${right}` : `${left} ${e.operator} ${right}`, own);
    }
    case "call":
      return `${e.name}(${e.operands.map((part) => formatExpression(part)).join(", ")})`;
    default:
      return unreachable(e);
  }
}
