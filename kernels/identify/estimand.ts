/** A value in a formula: a symbol that stands for any value, or a fixed one. */
export type Value =
  | { readonly kind: "symbol"; readonly name: string }
  | { readonly kind: "constant"; readonly value: number | string };

/** A variable taking a value, as in `P(y | x = 1)`. */
export interface Term {
  readonly variable: string;
  readonly value: Value;
}

/** A symbol that a sum (or `any`) introduces for a variable; it is seen only inside the body. */
export interface Bound {
  readonly variable: string;
  readonly symbol: string;
}

/**
 * A formula as a tree. Text, LaTeX and the number all come from this tree. Symbols of one tree are unique: a
 * bound symbol never equals a free one or one bound around it, so that a `do` value `x` and a summed `x'` differ.
 * Subtrees may be shared.
 */
export type Estimand =
  /** P(of | do(do), given) under the named law; without `law` and `do` it is the observed joint law. */
  | {
      readonly kind: "probability";
      readonly of: readonly Term[];
      readonly given: readonly Term[];
      readonly do: readonly Term[];
      readonly law?: string;
    }
  | { readonly kind: "sum"; readonly over: readonly Bound[]; readonly body: Estimand }
  | { readonly kind: "product"; readonly factors: readonly Estimand[] }
  | { readonly kind: "quotient"; readonly numerator: Estimand; readonly denominator: Estimand }
  | { readonly kind: "difference"; readonly left: Estimand; readonly right: Estimand }
  /** Σ value × body over the values of the variable. */
  | { readonly kind: "expectation"; readonly over: Bound; readonly body: Estimand }
  /** The body does not depend on these symbols; any value with positive probability will do. */
  | { readonly kind: "any"; readonly over: readonly Bound[]; readonly body: Estimand }
  | { readonly kind: "constant"; readonly value: number };

export const one: Estimand = { kind: "constant", value: 1 };
export const zero: Estimand = { kind: "constant", value: 0 };

export function symbolTerm(variable: string, name = variable): Term {
  return { variable, value: { kind: "symbol", name } };
}

/** The product with constants 1 left out and nested products opened. */
export function product(factors: readonly Estimand[]): Estimand {
  const flat = factors.flatMap((factor) => (factor.kind === "product" ? factor.factors : [factor]));
  const kept = flat.filter((factor) => factor.kind !== "constant" || factor.value !== 1);
  const [first] = kept;
  if (first === undefined) return one;
  return kept.length === 1 ? first : { kind: "product", factors: kept };
}

/** The sum, or the body itself when nothing is summed. */
export function sum(over: readonly Bound[], body: Estimand): Estimand {
  return over.length === 0 ? body : { kind: "sum", over, body };
}

export function quotient(numerator: Estimand, denominator: Estimand): Estimand {
  if (denominator.kind === "constant" && denominator.value === 1) return numerator;
  return { kind: "quotient", numerator, denominator };
}

const freeCache = new WeakMap<Estimand, ReadonlyMap<string, string>>();

/** Free symbols of a formula with the variable each stands for. Cached by subtree. */
export function freeSymbols(estimand: Estimand): ReadonlyMap<string, string> {
  let free = freeCache.get(estimand);
  if (free === undefined) freeCache.set(estimand, (free = computeFree(estimand)));
  return free;
}

function computeFree(estimand: Estimand): ReadonlyMap<string, string> {
  const free = new Map<string, string>();
  if (estimand.kind === "probability") {
    for (const term of [...estimand.of, ...estimand.given, ...estimand.do]) {
      if (term.value.kind === "symbol") free.set(term.value.name, term.variable);
    }
    return free;
  }
  for (const part of partsOf(estimand)) {
    for (const [symbol, variable] of freeSymbols(part)) free.set(symbol, variable);
  }
  for (const { symbol } of boundBy(estimand)) free.delete(symbol);
  return free;
}

/** The direct subformulas. */
export function partsOf(estimand: Estimand): readonly Estimand[] {
  switch (estimand.kind) {
    case "probability":
    case "constant":
      return [];
    case "sum":
    case "any":
    case "expectation":
      return [estimand.body];
    case "product":
      return estimand.factors;
    case "quotient":
      return [estimand.numerator, estimand.denominator];
    default:
      return [estimand.left, estimand.right];
  }
}

/** The symbols a node itself binds. */
export function boundBy(estimand: Estimand): readonly Bound[] {
  if (estimand.kind === "sum" || estimand.kind === "any") return estimand.over;
  return estimand.kind === "expectation" ? [estimand.over] : [];
}

/** Number of nodes of the tree, shared subtrees counted each time they occur. */
export function sizeOf(estimand: Estimand): number {
  return 1 + partsOf(estimand).reduce((total, part) => total + sizeOf(part), 0);
}
