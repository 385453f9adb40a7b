import { boundBy, freeSymbols } from "./estimand.ts";
import type { Bound, Estimand, Term, Value } from "./estimand.ts";

/**
 * A formula in which symbols are node names (with inner sums hiding outer values of the same name) as one in
 * which every symbol is unique: free names become the query's values, names bound inside get a prime where they
 * would clash, and free names the query does not know are bound by `any`. `display` gives the symbol of a name.
 */
export function closeEstimand(
  raw: Estimand,
  values: ReadonlyMap<string, Value>,
  display: (variable: string) => string,
): Estimand {
  const used = new Set<string>();
  for (const value of values.values()) if (value.kind === "symbol") used.add(value.name);
  const loose = [...freeSymbols(raw)].filter(([name]) => !values.has(name));
  const env = new Map(values);
  const over: Bound[] = [];
  for (const [name, variable] of loose) {
    const bound = bind(variable, used, display);
    used.add(bound.symbol);
    over.push(bound);
    env.set(name, symbolOf(bound));
  }
  const body = rename(raw, env, used, display, new Map());
  return over.length === 0 ? body : { kind: "any", over, body };
}

type Memo = Map<Estimand, Map<string, Estimand>>;

function rename(
  node: Estimand,
  env: ReadonlyMap<string, Value>,
  used: ReadonlySet<string>,
  display: (variable: string) => string,
  memo: Memo,
): Estimand {
  const key = signature(node, env, used);
  const known = memo.get(node)?.get(key);
  if (known !== undefined) return known;
  const built = renameNode(node, env, used, display, memo);
  const entry = memo.get(node) ?? new Map<string, Estimand>();
  entry.set(key, built);
  memo.set(node, entry);
  return built;
}

/** What the result depends on: the values of the free names, and the symbols that are taken where it binds. */
function signature(
  node: Estimand,
  env: ReadonlyMap<string, Value>,
  used: ReadonlySet<string>,
): string {
  let key = `${used.size}`;
  for (const name of freeSymbols(node).keys()) {
    const value = env.get(name);
    key += `|${name}=${value?.kind === "symbol" ? value.name : JSON.stringify(value?.value)}`;
  }
  return node.kind === "probability" ? key : `${key}|${[...used].join("|")}`;
}

function renameNode(
  node: Estimand,
  env: ReadonlyMap<string, Value>,
  used: ReadonlySet<string>,
  display: (variable: string) => string,
  memo: Memo,
): Estimand {
  const go = (part: Estimand): Estimand => rename(part, env, used, display, memo);
  switch (node.kind) {
    case "constant":
      return node;
    case "probability": {
      const put = (terms: readonly Term[]): Term[] => terms.map((term) => substitute(term, env));
      return { ...node, of: put(node.of), given: put(node.given), do: put(node.do) };
    }
    case "product":
      return { kind: "product", factors: node.factors.map(go) };
    case "quotient":
      return { kind: "quotient", numerator: go(node.numerator), denominator: go(node.denominator) };
    case "difference":
      return { kind: "difference", left: go(node.left), right: go(node.right) };
    default: {
      const inner = new Map(env);
      const taken = new Set(used);
      const over = boundBy(node).map(({ variable, symbol }) => {
        const bound = bind(variable, taken, display);
        taken.add(bound.symbol);
        inner.set(symbol, symbolOf(bound));
        return bound;
      });
      const body = rename(node.body, inner, taken, display, memo);
      const [first] = over;
      if (node.kind === "expectation" && first !== undefined)
        return { kind: "expectation", over: first, body };
      return { kind: node.kind === "any" ? "any" : "sum", over, body };
    }
  }
}

function bind(
  variable: string,
  taken: ReadonlySet<string>,
  display: (variable: string) => string,
): Bound {
  let symbol = display(variable);
  while (taken.has(symbol)) symbol += "'";
  return { variable, symbol };
}

const symbolOf = (bound: Bound | undefined): Value => ({
  kind: "symbol",
  name: bound?.symbol ?? "",
});

function substitute(term: Term, env: ReadonlyMap<string, Value>): Term {
  if (term.value.kind === "constant") return term;
  return { variable: term.variable, value: env.get(term.value.name) ?? term.value };
}

/**
 * Lower case for names such as `X` or `Z1`, as values are written in the field, unless another node has that
 * name; every other name is its own symbol.
 */
export function displaySymbols(names: readonly string[]): (variable: string) => string {
  const all = new Set(names);
  return (variable) => {
    const small = variable.toLowerCase();
    return /^\p{Lu}[0-9]*$/u.test(variable) && !all.has(small) ? small : variable;
  };
}

/** The formula with free symbols replaced; replacements must not be names that it binds. */
export function substituteFree(node: Estimand, map: ReadonlyMap<string, Value>): Estimand {
  const free = freeSymbols(node);
  if (![...free.keys()].some((name) => map.has(name))) return node;
  const inner = new Map(map);
  for (const { symbol } of boundBy(node)) inner.delete(symbol);
  const go = (part: Estimand): Estimand => substituteFree(part, inner);
  switch (node.kind) {
    case "constant":
      return node;
    case "probability": {
      const put = (terms: readonly Term[]): Term[] => terms.map((term) => substitute(term, map));
      return { ...node, of: put(node.of), given: put(node.given), do: put(node.do) };
    }
    case "product":
      return { kind: "product", factors: node.factors.map(go) };
    case "quotient":
      return { kind: "quotient", numerator: go(node.numerator), denominator: go(node.denominator) };
    case "difference":
      return { kind: "difference", left: go(node.left), right: go(node.right) };
    default:
      return { ...node, body: go(node.body) };
  }
}
