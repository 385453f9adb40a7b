import { compilePart } from "./discrete.ts";
import type { CompiledPart } from "./discrete.ts";
import type { DiscreteNetwork, OpenPiece } from "./discrete-network.ts";
import { eliminate } from "./factor.ts";
import type { Factor } from "./factor.ts";
import { badQuery } from "./messages.ts";
import type { StructuralModel } from "./model.ts";
import { parseQuery } from "./parse-query.ts";
import { prepareQuery } from "./parts.ts";
import type { Part } from "./parts.ts";
import { formatQuery } from "./query.ts";
import type { Query } from "./query.ts";
import {
  componentPolytope,
  costOf,
  indicator,
  isComplete,
  tablePolytopes,
  verticesOf,
  withKnown,
} from "./responses.ts";
import type { Pattern, PatternSum, ResponsePolytope } from "./responses.ts";
import { minimise } from "./simplex.ts";

/** A quantity known from elsewhere, e.g. an experiment: `{ query: "P(y=1 | do(x=1))", value: 0.016 }`. */
export interface KnownValue {
  readonly query: string | Query;
  readonly value: number;
}

export type BoundsAnswer =
  | {
      readonly kind: "range";
      readonly lower: number;
      readonly upper: number;
      /** Whether some model reaches each end; otherwise the range may be wider than need be. */
      readonly sharp: boolean;
      /** Names of the variables whose responses are open. */
      readonly variables: readonly string[];
      readonly unknowns: number;
      readonly constraints: number;
      readonly programs: number;
    }
  | { readonly kind: "impossible" }
  /** No linear program of affordable size; `reason` says why. */
  | { readonly kind: "unsolved"; readonly variables: readonly string[]; readonly reason: string };

/** The shares of the types of one piece, a share vector per polytope. */
interface Fixed {
  readonly polytopes: readonly ResponsePolytope[];
  readonly shares: readonly Float64Array[];
}

interface WeightedPart {
  readonly weight: number;
  readonly compiled: CompiledPart;
  readonly mass: number;
}

/** Vertex combinations tried before giving up: each costs one elimination and one program. */
const COMBINATION_LIMIT = 4000;

/**
 * Sharp bounds of a weighted sum of counterfactual probabilities or means over all models with the same tables
 * (Balke & Pearl 1997; Tian & Pearl 2000): linear programs over canonical response types, one for each piece of the
 * model whose responses are open. Where several open pieces multiply, all vertices of all but one are tried, which
 * is exact. Exponential in the number of parents' configurations that the query compares.
 */
export function boundsOf(
  model: StructuralModel,
  parts: readonly Part[],
  known: readonly KnownValue[] = [],
): BoundsAnswer {
  const compiled = parts.map((part) => compilePart(model, part));
  const pieces = new Map<string, OpenPiece>();
  for (const { numerator, denominator } of compiled) {
    for (const piece of [...denominator.open, ...numerator.open]) pieces.set(piece.key, piece);
  }
  const variables = [...pieces.values()].flatMap((piece) =>
    piece.variables.map(({ name }) => name),
  );
  if (compiled.some(({ denominator }) => denominator.impossible)) return { kind: "impossible" };
  if (compiled.some(({ denominator }) => denominator.open.length > 0)) {
    const facts = known.map((fact) => knownParts(model, fact));
    return fractional(model, parts, compiled, [...pieces.values()], variables, facts);
  }
  const weighted: WeightedPart[] = [];
  for (const [i, one] of compiled.entries()) {
    const mass = eliminate(one.denominator.factors, one.denominator.cards, []).factor.values[0]!;
    if (!(mass > 0)) return { kind: "impossible" };
    weighted.push({ weight: parts[i]!.weight, compiled: one, mass });
  }
  const facts = known.map((fact) => knownParts(model, fact));
  for (const fact of facts) {
    const fixed = fact.parts.every(({ compiled: { numerator } }) => numerator.open.length === 0);
    // What the tables already fix must not be told otherwise.
    if (fixed && Math.abs(fact.constant("") - fact.value) > 1e-6) throw contradiction(facts);
  }
  let lower = 0;
  let upper = 0;
  let unknowns = 0;
  let constraints = 0;
  let programs = 0;
  for (const group of groupsOf(weighted)) {
    const answer = boundGroup(model, group.parts, [...group.keys], pieces, facts);
    if (typeof answer === "string") return { kind: "unsolved", variables, reason: answer };
    lower += answer.lower;
    upper += answer.upper;
    unknowns = Math.max(unknowns, answer.unknowns);
    constraints = Math.max(constraints, answer.constraints);
    programs += answer.programs;
  }
  const sharp = isSharp(model, pieces.keys());
  return { kind: "range", lower, upper, sharp, variables, unknowns, constraints, programs };
}

const COMPONENT = "component:";

function isSharp(model: StructuralModel, keys: Iterable<string>): boolean {
  return [...keys].every(
    (key) =>
      !key.startsWith(COMPONENT) ||
      isComplete(model.components[Number(key.slice(COMPONENT.length))]!),
  );
}

/** Parts that share an open piece must be bounded together; groups that share none add up. */
function groupsOf(
  parts: readonly WeightedPart[],
): readonly { readonly keys: ReadonlySet<string>; readonly parts: readonly WeightedPart[] }[] {
  let groups: { keys: Set<string>; parts: WeightedPart[] }[] = [];
  for (const part of parts) {
    const keys = new Set(part.compiled.numerator.open.map(({ key }) => key));
    const touching = groups.filter((group) => [...group.keys].some((key) => keys.has(key)));
    groups = groups.filter((group) => !touching.includes(group));
    groups.push({
      keys: new Set([...keys, ...touching.flatMap((group) => [...group.keys])]),
      parts: [...touching.flatMap((group) => group.parts), part],
    });
  }
  return groups;
}

interface GroupBounds {
  readonly lower: number;
  readonly upper: number;
  readonly unknowns: number;
  readonly constraints: number;
  readonly programs: number;
}

function boundGroup(
  model: StructuralModel,
  parts: readonly WeightedPart[],
  keys: readonly string[],
  pieces: ReadonlyMap<string, OpenPiece>,
  facts: readonly KnownParts[],
): GroupBounds | string {
  if (keys.length === 0) {
    let value = 0;
    for (const { weight, compiled, mass } of parts) value += (weight * total(compiled, [])) / mass;
    return { lower: value, upper: value, unknowns: 0, constraints: 0, programs: 0 };
  }
  const polytopes = new Map<string, readonly ResponsePolytope[]>();
  for (const key of keys) {
    // Which slots meet does not depend on the other pieces' shares, so those count as ones here.
    const sums = parts.map((part) => patternsOf(part, key, new Map()));
    polytopes.set(key, polytopesOf(model, pieces.get(key)!, sums, facts));
  }
  const sizeOf = (key: string): number =>
    polytopes.get(key)!.reduce((most, p) => Math.max(most, p.types), 0);
  const target = keys.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
  const combinations = combine(
    keys.filter((key) => key !== target),
    polytopes,
  );
  if (combinations === undefined) {
    return `The responses of ${keys.length} variables multiply, and there are too many extreme cases to try.`;
  }
  let lower = Infinity;
  let upper = -Infinity;
  let programs = 0;
  for (const fixed of combinations) {
    let low = 0;
    let high = 0;
    const sums = parts.map((part) => ({ part, sum: patternsOf(part, target, fixed) }));
    for (const { part, sum } of sums) {
      if (sum.length > 0 || part.compiled.numerator.open.some(({ key }) => key === target))
        continue;
      const constant = (part.weight * total(part.compiled, [...fixed])) / part.mass;
      low += constant;
      high += constant;
    }
    const merged = sums.flatMap(({ sum }) => sum);
    for (const polytope of polytopes.get(target)!) {
      const cost = costOf(polytope, within(polytope, merged));
      const least = minimise(
        cost,
        polytope.rows,
        polytope.right,
        polytope.right.length,
        polytope.types,
      );
      const negative = cost.map((x) => -x);
      const most = minimise(
        negative,
        polytope.rows,
        polytope.right,
        polytope.right.length,
        polytope.types,
      );
      programs += 2;
      if (least.kind !== "optimal" || most.kind !== "optimal") {
        if (facts.length > 0) throw contradiction(facts);
        throw new Error(`A polytope of response types is ${least.kind}.`);
      }
      low += least.value;
      high -= most.value;
    }
    lower = Math.min(lower, low);
    upper = Math.max(upper, high);
  }
  const own = polytopes.get(target)!;
  return {
    lower,
    upper,
    unknowns: own.reduce((sum, p) => sum + p.types, 0),
    constraints: own.reduce((sum, p) => sum + p.right.length, 0),
    programs,
  };
}

const contradiction = (facts: readonly KnownParts[]): Error =>
  badQuery(
    "The known values contradict the tables",
    facts.map(({ value }) => value),
    "experimental values that some model with these tables can have",
    "Check the numbers, and whether experiment and observation are of the same population.",
  );

function polytopesOf(
  model: StructuralModel,
  piece: OpenPiece,
  sums: readonly PatternSum[],
  facts: readonly KnownParts[],
): readonly ResponsePolytope[] {
  const relevant = facts.flatMap((fact) => {
    const sum = fact.parts.flatMap((part) => patternsOf(part, piece.key, new Map()));
    return sum.length === 0 ? [] : [{ sum, value: fact.value - fact.constant(piece.key) }];
  });
  if (piece.key.startsWith("table:")) {
    // Tables of one world already hold every rung-2 value, so a known value adds nothing to them.
    return tablePolytopes(piece.variables[0]!, sums);
  }
  let polytope = componentPolytope(model, Number(piece.key.slice(COMPONENT.length)));
  for (const { sum, value } of relevant) polytope = withKnown(polytope, sum, value);
  return [polytope];
}

const within = (polytope: ResponsePolytope, sum: PatternSum): PatternSum => {
  const own = new Set(polytope.slots.map((slot) => `${slot.variable}@${slot.configuration}`));
  return sum.filter(({ pattern }) =>
    pattern.slots.every((slot) => own.has(`${slot.variable}@${slot.configuration}`)),
  );
};

/** The share of units that answer as the families' configurations and levels say, for known shares of types. */
function pieceFactor(network: DiscreteNetwork, piece: OpenPiece, fixed: Fixed | undefined): Factor {
  return network.familyFactor(piece.copies, (configurations, levels) => {
    const pattern = patternAt(network, piece.copies, configurations, levels);
    if (pattern === undefined) return 0;
    if (fixed === undefined) return 1;
    const at = fixed.polytopes.findIndex(
      (polytope) => within(polytope, [{ pattern, weight: 1 }]).length > 0,
    );
    if (at < 0) return 0; // never reached: its coefficient is zero
    const mask = indicator(fixed.polytopes[at]!, pattern);
    const shares = fixed.shares[at]!;
    let sum = 0;
    for (let type = 0; type < mask.length; type++) if (mask[type] === 1) sum += shares[type]!;
    return sum;
  });
}

/** The slots and levels of several copies; undefined when one slot would need two levels. */
function patternAt(
  network: DiscreteNetwork,
  copies: readonly number[],
  configurations: Int32Array,
  levels: Int32Array,
): Pattern | undefined {
  const slots = new Map<string, { variable: string; configuration: number; level: number }>();
  for (const [i, copy] of copies.entries()) {
    const variable = network.network.variable(copy).name;
    const configuration = configurations[i]!;
    const level = levels[i]!;
    const known = slots.get(`${variable}@${configuration}`);
    if (known !== undefined && known.level !== level) return undefined;
    slots.set(`${variable}@${configuration}`, { variable, configuration, level });
  }
  const list = [...slots.values()];
  return { slots: list, levels: list.map(({ level }) => level) };
}

function factorsOf(
  compiled: CompiledPart,
  without: string | undefined,
  fixed: ReadonlyMap<string, Fixed>,
): readonly Factor[] {
  const { numerator, value } = compiled;
  return [
    ...numerator.factors,
    ...(value === undefined ? [] : [value]),
    ...numerator.open
      .filter(({ key }) => key !== without)
      .map((piece) => pieceFactor(numerator, piece, fixed.get(piece.key))),
  ];
}

function total(compiled: CompiledPart, fixed: Iterable<readonly [string, Fixed]>): number {
  if (compiled.numerator.impossible) return 0;
  const factors = factorsOf(compiled, undefined, new Map(fixed));
  return eliminate(factors, compiled.numerator.cards, []).factor.values[0]!;
}

/** A part as a sum over patterns of one piece, the other pieces' shares given (ones where absent). */
function patternsOf(
  part: WeightedPart,
  key: string,
  fixed: ReadonlyMap<string, Fixed>,
): PatternSum {
  const { numerator } = part.compiled;
  const piece = numerator.open.find((open) => open.key === key);
  if (piece === undefined || numerator.impossible) return [];
  const factors = factorsOf(part.compiled, key, fixed);
  const { factor } = eliminate(factors, numerator.cards, numerator.familyScope(piece.copies));
  const sum: { pattern: Pattern; weight: number }[] = [];
  numerator.forEachFamily(piece.copies, factor, (configurations, levels, coefficient) => {
    if (coefficient === 0) return;
    const pattern = patternAt(numerator, piece.copies, configurations, levels);
    if (pattern !== undefined)
      sum.push({ pattern, weight: (part.weight * coefficient) / part.mass });
  });
  return sum;
}

/** Every combination of vertices of the pieces named; undefined when there are too many. */
function combine(
  keys: readonly string[],
  polytopes: ReadonlyMap<string, readonly ResponsePolytope[]>,
): readonly ReadonlyMap<string, Fixed>[] | undefined {
  let combinations: ReadonlyMap<string, Fixed>[] = [new Map<string, Fixed>()];
  for (const key of keys) {
    const own = polytopes.get(key)!;
    let shares: (readonly Float64Array[])[] = [[]];
    for (const polytope of own) {
      const vertices = verticesOf(polytope);
      if (vertices === undefined || shares.length * vertices.length > COMBINATION_LIMIT)
        return undefined;
      shares = shares.flatMap((chosen) => vertices.map((vertex) => [...chosen, vertex]));
    }
    if (combinations.length * shares.length > COMBINATION_LIMIT) return undefined;
    combinations = combinations.flatMap((chosen) =>
      shares.map((one) => new Map([...chosen, [key, { polytopes: own, shares: one }]])),
    );
  }
  return combinations;
}

interface KnownParts {
  readonly parts: readonly WeightedPart[];
  readonly value: number;
  /** What the parts that do not rest on the piece add up to. */
  readonly constant: (key: string) => number;
}

function knownParts(model: StructuralModel, fact: KnownValue): KnownParts {
  const query = typeof fact.query === "string" ? parseQuery(fact.query) : fact.query;
  const parts = prepareQuery(model, query).parts.map((part): WeightedPart => {
    const compiled = compilePart(model, part);
    const { open } = compiled.numerator;
    // A table's piece is open only to the third rung, which nobody has observed.
    const imagined = open.some(({ key }) => !key.startsWith(COMPONENT));
    if (compiled.denominator.open.length > 0 || open.length > 1 || imagined) {
      throw badQuery(
        "A known value must be something that can be seen or done",
        typeof fact.query === "string" ? fact.query : formatQuery(fact.query),
        "an observed share or the result of one experiment",
      );
    }
    const { denominator } = compiled;
    const mass = eliminate(denominator.factors, denominator.cards, []).factor.values[0]!;
    return { weight: part.weight, compiled, mass };
  });
  const constant = (key: string): number => {
    let sum = 0;
    for (const part of parts) {
      if (part.compiled.numerator.open.some((open) => open.key === key)) continue;
      sum += (part.weight * total(part.compiled, [])) / part.mass;
    }
    return sum;
  };
  return { parts, value: fact.value, constant };
}

/**
 * The evidence itself is open. With one piece and one condition the range is a linear-fractional program, made linear
 * by Charnes & Cooper (1962): shares y = t · q with t = 1 / P(evidence).
 */
function fractional(
  model: StructuralModel,
  parts: readonly Part[],
  compiled: readonly CompiledPart[],
  pieces: readonly OpenPiece[],
  variables: readonly string[],
  facts: readonly KnownParts[],
): BoundsAnswer {
  const [piece] = pieces as [OpenPiece];
  const same = parts.every(
    (part) => JSON.stringify(part.given) === JSON.stringify(parts[0]!.given),
  );
  if (pieces.length > 1 || !same) {
    const reason = "The chance of the evidence itself depends on how units respond.";
    return { kind: "unsolved", variables, reason };
  }
  const top = compiled.flatMap((one, i) =>
    patternsOf({ weight: parts[i]!.weight, compiled: one, mass: 1 }, piece.key, new Map()),
  );
  const evidence: CompiledPart = {
    ...compiled[0]!,
    numerator: compiled[0]!.denominator,
    value: undefined,
  };
  const bottom = patternsOf({ weight: 1, compiled: evidence, mass: 1 }, piece.key, new Map());
  const joined = [joinSlots(piece, [top, bottom])];
  const [polytope] = polytopesOf(model, piece, joined, facts);
  if (polytope === undefined) return { kind: "impossible" };
  const cost = costOf(polytope, top);
  const mass = costOf(polytope, bottom);
  const { types: n } = polytope;
  const m = polytope.right.length;
  const rows = new Float64Array((m + 1) * (n + 1));
  for (let i = 0; i < m; i++) {
    rows.set(polytope.rows.subarray(i * n, (i + 1) * n), i * (n + 1));
    rows[i * (n + 1) + n] = -polytope.right[i]!;
  }
  rows.set(mass, m * (n + 1));
  const right = new Float64Array(m + 1);
  right[m] = 1;
  const least = minimise([...cost, 0], rows, right, m + 1, n + 1);
  const most = minimise([...cost.map((x) => -x), 0], rows, right, m + 1, n + 1);
  if (least.kind === "infeasible") return { kind: "impossible" };
  if (least.kind !== "optimal" || most.kind !== "optimal") {
    return { kind: "unsolved", variables, reason: "The evidence may have probability zero." };
  }
  const size = { unknowns: n + 1, constraints: m + 1, programs: 2 };
  const sharp = isSharp(model, [piece.key]);
  return { kind: "range", lower: least.value, upper: -most.value, sharp, variables, ...size };
}

/** All slots in one pattern of weight zero, so that they end up in one polytope. */
function joinSlots(piece: OpenPiece, sums: readonly PatternSum[]): PatternSum {
  const all = sums.flat();
  const slots = new Map(
    all.flatMap(({ pattern }) =>
      pattern.slots.map((s) => [`${s.variable}@${s.configuration}`, s] as const),
    ),
  );
  const pattern: Pattern = { slots: [...slots.values()], levels: [...slots].map(() => 0) };
  if (piece.copies.length === 0) throw new Error("An open piece has copies.");
  return [...all, { pattern, weight: 0 }];
}
