import { createRng } from "../math/rng.ts";
import { freeSymbols, partsOf, product, quotient, sum } from "./estimand.ts";
import type { Bound, Estimand, Term } from "./estimand.ts";
import { evaluateEstimand } from "./evaluate.ts";
import { binaryVariables, jointTable } from "./joint.ts";
import type { Level } from "./joint.ts";

type Probability = Extract<Estimand, { kind: "probability" }>;

/** More variables than this are not checked by number, and so not simplified. */
const mostVariables = 10;

/**
 * A shorter formula by the product rule and by summing variables out of a law, e.g. Σ_z P(y | z) P(z) = P(y) (in the
 * spirit of Tikka & Karvanen 2017). Used only when it is shorter and gives the same numbers on random joint laws of
 * the variables it speaks of; otherwise the formula comes back as it was. Formulas with other laws are left alone.
 */
export function simplify(estimand: Estimand): Estimand {
  const variables = variablesOf(estimand);
  if (variables === undefined || variables.length > mostVariables) return estimand;
  const candidate = rewrite(estimand);
  if (weight(candidate) >= weight(estimand)) return estimand;
  return agree(estimand, candidate, variables) ? candidate : estimand;
}

/** Variables of a formula over binary open values; `undefined` when it speaks of experiments or fixed values. */
function variablesOf(estimand: Estimand): string[] | undefined {
  const names = new Set<string>();
  let plain = true;
  const seen = new Set<Estimand>();
  const visit = (node: Estimand): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === "probability") {
      plain &&= node.do.length === 0 && node.law === undefined;
      for (const term of [...node.of, ...node.given]) names.add(term.variable);
    }
    partsOf(node).forEach(visit);
  };
  visit(estimand);
  return plain ? [...names] : undefined;
}

function weight(estimand: Estimand): number {
  const own = estimand.kind === "probability" ? estimand.of.length + estimand.given.length : 1;
  return partsOf(estimand).reduce((total, part) => total + weight(part), own + 1);
}

function rewrite(node: Estimand): Estimand {
  switch (node.kind) {
    case "sum":
      return rewriteSum(node.over, rewrite(node.body));
    case "product":
      return product(node.factors.map(rewrite));
    case "quotient":
      return quotient(rewrite(node.numerator), rewrite(node.denominator));
    case "difference":
      return { kind: "difference", left: rewrite(node.left), right: rewrite(node.right) };
    case "expectation":
    case "any": {
      const body = rewrite(node.body);
      if (node.kind === "expectation") return { ...node, body };
      const free = freeSymbols(body);
      const over = node.over.filter(({ symbol }) => free.has(symbol));
      return over.length === 0 ? body : { ...node, over, body };
    }
    default:
      return node;
  }
}

function rewriteSum(over: readonly Bound[], body: Estimand): Estimand {
  let factors = body.kind === "product" ? body.factors : [body];
  let left = over;
  for (let changed = true; changed;) {
    changed = false;
    for (const bound of left) {
      const reduced = sumOut(factors, bound);
      if (reduced === undefined) continue;
      factors = reduced;
      left = left.filter((other) => other !== bound);
      changed = true;
    }
  }
  return sum(left, product(factors));
}

const sameTerm = (a: Term, b: Term): boolean => JSON.stringify(a) === JSON.stringify(b);
const sameTerms = (a: readonly Term[], b: readonly Term[]): boolean =>
  a.length === b.length && a.every((term) => b.some((other) => sameTerm(term, other)));
const speaksOf = (estimand: Estimand, symbol: string): boolean => freeSymbols(estimand).has(symbol);

/** The factors after one symbol has been summed out of a single law, if the product rule gets it there. */
function sumOut(factors: readonly Estimand[], { symbol }: Bound): readonly Estimand[] | undefined {
  const touching = factors.filter((factor) => speaksOf(factor, symbol));
  const rest = factors.filter((factor) => !touching.includes(factor));
  const laws = touching.filter((factor): factor is Probability => factor.kind === "probability");
  if (laws.length !== touching.length) return undefined;
  const joined = laws.length === 1 ? laws[0] : joinLaws(laws);
  if (joined === undefined) return undefined;
  const isIt = (term: Term): boolean => term.value.kind === "symbol" && term.value.name === symbol;
  if (joined.given.some(isIt)) return undefined;
  const of = joined.of.filter((term) => !isIt(term));
  return of.length === 0 ? rest : [...rest, { ...joined, of }];
}

/** P(a | b, c) P(b | c) = P(a, b | c), in whatever order the laws stand. */
function joinLaws(laws: readonly Probability[]): Probability | undefined {
  const [first, ...others] = laws;
  if (first === undefined || others.length === 0) return first;
  for (const [i, other] of others.entries()) {
    const rest = others.filter((_, k) => k !== i);
    for (const [top, bottom] of [
      [first, other],
      [other, first],
    ] as const) {
      if (!sameTerms(top.given, [...bottom.of, ...bottom.given])) continue;
      const joined = joinLaws([{ ...bottom, of: [...top.of, ...bottom.of] }, ...rest]);
      if (joined !== undefined) return joined;
    }
  }
  return undefined;
}

function agree(a: Estimand, b: Estimand, variables: readonly string[]): boolean {
  for (const seed of [1, 2]) {
    const rng = createRng(seed);
    const constants = constantsOf(a);
    const levels = binaryVariables(variables).map((variable) => ({
      ...variable,
      levels: [...new Set<Level>([...(constants.get(variable.name) ?? []), 0, 1])],
    }));
    const cells = levels.reduce((total, variable) => total * variable.levels.length, 1);
    if (cells > 2 ** 12) return false;
    const raw = Float64Array.from({ length: cells }, () => 0.1 + rng.next());
    const total = raw.reduce((s, p) => s + p, 0);
    const joint = jointTable(
      levels,
      raw.map((p) => p / total),
    );
    for (let draw = 0; draw < 3; draw++) {
      const values = Object.fromEntries(
        [...freeSymbols(a)].map(([symbol]) => [symbol, rng.int(2)]),
      );
      const x = evaluateEstimand(a, joint, values);
      const y = evaluateEstimand(b, joint, values);
      if (!(Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x)))) return false;
    }
  }
  return true;
}

function constantsOf(estimand: Estimand): Map<string, Set<Level>> {
  const found = new Map<string, Set<Level>>();
  const visit = (node: Estimand): void => {
    if (node.kind === "probability") {
      for (const { variable, value } of [...node.of, ...node.given]) {
        if (value.kind !== "constant") continue;
        found.set(variable, (found.get(variable) ?? new Set()).add(value.value));
      }
    }
    partsOf(node).forEach(visit);
  };
  visit(estimand);
  return found;
}
