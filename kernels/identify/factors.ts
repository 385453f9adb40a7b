import { product, quotient, sum, symbolTerm } from "./estimand.ts";
import type { Estimand } from "./estimand.ts";

/**
 * One factor of a law: a density of `heads` given the other names it speaks of. Summed over its heads it is 1,
 * whatever the others are: that is what lets a factor be dropped from a sum.
 */
export interface Factor {
  readonly heads: readonly string[];
  readonly names: ReadonlySet<string>;
  readonly estimand: Estimand;
}

/** Σ over `summed` of the product of the factors: a law Q[T] over the heads that are not summed. */
export interface Law {
  readonly summed: readonly string[];
  readonly factors: readonly Factor[];
}

/** Sums further names out, dropping every factor that sums to one and nobody else needs. */
export function marginal(law: Law, out: Iterable<string>): Law {
  const summed = new Set([...law.summed, ...out]);
  let factors = law.factors;
  for (let changed = true; changed;) {
    changed = false;
    const uses = new Map<string, number>();
    for (const factor of factors)
      for (const name of factor.names) uses.set(name, (uses.get(name) ?? 0) + 1);
    const kept = factors.filter(
      (factor) => !factor.heads.every((head) => summed.has(head) && uses.get(head) === 1),
    );
    changed = kept.length < factors.length;
    factors = kept;
  }
  const used = new Set(factors.flatMap((factor) => [...factor.names]));
  return { summed: [...summed].filter((name) => used.has(name)), factors };
}

const copyMark = "\u0001";

/** The symbol of a variable's k-th copy, where a formula speaks of one variable in several worlds. */
export function copySymbol(variable: string, k: number): string {
  return `${variable}${copyMark}${k}`;
}

export function variableOfSymbol(symbol: string): string {
  const at = symbol.indexOf(copyMark);
  return at < 0 ? symbol : symbol.slice(0, at);
}

interface Block {
  readonly summed: readonly string[];
  readonly factors: readonly Factor[];
}

/** The factors in blocks that share no summed name, so that each sum stands only before what it concerns. */
function blocks(law: Law): Block[] {
  const group = new Map<Factor, number>(law.factors.map((factor, i) => [factor, i]));
  for (const name of law.summed) {
    const touching = law.factors.filter((factor) => factor.names.has(name));
    const ids = new Set(touching.map((factor) => group.get(factor)));
    const [first] = ids;
    if (first === undefined || ids.size < 2) continue;
    for (const [factor, id] of group) if (ids.has(id)) group.set(factor, first);
  }
  const made = new Map<number, Factor[]>();
  for (const factor of law.factors) {
    const id = group.get(factor) ?? 0;
    const list = made.get(id);
    if (list === undefined) made.set(id, [factor]);
    else list.push(factor);
  }
  return [...made.values()].map((factors) => ({
    factors,
    summed: law.summed.filter((name) => factors.some((factor) => factor.names.has(name))),
  }));
}

function blockEstimand(block: Block): Estimand {
  const over = block.summed.map((name) => ({ variable: variableOfSymbol(name), symbol: name }));
  return sum(over, product(block.factors.map((factor) => factor.estimand)));
}

/** The law's formula; symbols are node names, an inner sum hides an outer value of the same name. */
export function lawEstimand(law: Law): Estimand {
  return product(blocks(law).map(blockEstimand));
}

/** top / bottom with the blocks both have left out. */
export function ratio(top: Law, bottom: Law): Estimand {
  const below = blocks(bottom);
  const above: Block[] = [];
  for (const block of blocks(top)) {
    const twin = below.findIndex((other) => sameBlock(block, other));
    if (twin < 0) above.push(block);
    else below.splice(twin, 1);
  }
  return quotient(product(above.map(blockEstimand)), product(below.map(blockEstimand)));
}

function sameBlock(a: Block, b: Block): boolean {
  const same = <T>(x: readonly T[], y: readonly T[]): boolean =>
    x.length === y.length && x.every((item) => y.includes(item));
  return same(a.factors, b.factors) && same(a.summed, b.summed);
}

/** P(head | do(act), given) under a law, the building stone that the data give. */
export function conditional(
  head: string,
  given: readonly string[],
  act: readonly string[] = [],
  law?: string,
): Factor {
  return {
    heads: [head],
    names: new Set([head, ...given, ...act]),
    estimand: {
      kind: "probability",
      of: [symbolTerm(head)],
      given: given.map((name) => symbolTerm(name)),
      do: act.map((name) => symbolTerm(name)),
      ...(law === undefined ? {} : { law }),
    },
  };
}
