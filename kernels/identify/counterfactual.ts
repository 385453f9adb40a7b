import { compact, idsOf, near } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { substituteFree } from "./close.ts";
import { freeSymbols, one, quotient } from "./estimand.ts";
import type { Estimand, Term, Value } from "./estimand.ts";
import { lawEstimand, marginal, ratio } from "./factors.ts";
import type { Factor } from "./factors.ts";
import { identifyDistrict } from "./id.ts";
import type { TraceStep } from "./id.ts";
import type { Event } from "./query.ts";
import {
  ancestralCopies,
  attach,
  buildWorlds,
  copyDistricts,
  isCopy,
  parentValue,
  relevantCopies,
  sameValue,
} from "./worlds.ts";
import type { Copy, Demand } from "./worlds.ts";

/** The laws an answer may use: the observed joint law, or every experiment on the same variables. */
export type LawsAtHand = "observations" | "experiments";

export type CounterfactualResult =
  /** `values` gives the raw formula's copy symbols that the query fixes. */
  | {
      readonly kind: "formula";
      readonly estimand: Estimand;
      readonly values: ReadonlyMap<string, Value>;
      readonly trace: readonly TraceStep[];
    }
  | { readonly kind: "impossible"; readonly text: string }
  | { readonly kind: "unclear"; readonly text: string }
  | { readonly kind: "no"; readonly text: string; readonly trace: readonly TraceStep[] };

/**
 * P(of | given) for events in several worlds, nested counterfactuals included. The answer of ID* and IDC* (Shpitser &
 * Pearl 2007) by way of counterfactual factors (Correa, Lee & Bareinboim 2021, theorems 2, 3 and algorithm 1): copies
 * of variables that no world can tell apart are merged, the rest falls into districts, and each district must be
 * of one mind about every value and be identified as a whole. Complete for either set of laws.
 */
export function identifyCounterfactual(
  graph: Graph,
  of: readonly Event[],
  given: readonly Event[],
  laws: LawsAtHand,
): CounterfactualResult {
  const worlds = buildWorlds(graph, of, given);
  if (worlds.kind !== "worlds") return worlds;
  const whole = attach(worlds.copies, [...worlds.of, ...worlds.given]);
  if (whole.kind !== "attached") return whole;
  const known = attach(worlds.copies, worlds.given);
  if (known.kind !== "attached") return known;
  const trace: TraceStep[] = [];
  const algorithm = given.length === 0 ? "ID*" : "IDC*";
  const record = (line: number, text: string, nodes: readonly string[]): void => {
    trace.push({ algorithm, line, text, nodes });
  };
  const variables = known.copies.map((copy) => copy.variable);
  record(
    4,
    `Where worlds cannot be told apart they are one: ${variables.length} variables are left.`,
    variables,
  );
  const now = (demand: Demand): Copy => known.now.get(demand.copy) ?? demand.copy;
  const held = [...new Set(worlds.given.map(now))];
  const asked = worlds.of.map((demand) => ({ copy: now(demand), value: demand.value }));
  const free = asked.filter(({ copy }) => !held.includes(copy));
  if (free.length === 0) return certain(held);
  const bearing = relevantCopies(
    graph,
    free.map(({ copy }) => copy),
    held,
  );
  const inOrder = known.copies.filter((copy) => bearing.has(copy));
  const conditions = held.filter((copy) => bearing.has(copy));
  const values = demanded([...held.map((copy) => ({ copy, value: copy.value })), ...free]);
  const wanted = new Set([
    ...free.map(({ copy }) => copy.symbol),
    ...conditions.map((copy) => copy.symbol),
  ]);
  const summed = (copies: readonly Copy[], keep: ReadonlySet<string>): string[] =>
    copies.map((copy) => copy.symbol).filter((symbol) => !keep.has(symbol));
  const open = factorise(graph, inOrder, laws, record);
  if (open.kind === "factors") {
    const joint = marginal({ summed: [], factors: open.factors }, summed(inOrder, wanted));
    const rest = marginal(
      joint,
      free.map(({ copy }) => copy.symbol),
    );
    const estimand = conditions.length === 0 ? lawEstimand(joint) : ratio(joint, rest);
    return { kind: "formula", estimand, values, trace };
  }
  // The demanded values themselves may make worlds one that are two in general.
  const tight = attach(inOrder, free);
  if (tight.kind !== "attached")
    throw new Error("The whole query was found to be free of contradiction.");
  const top = factorise(graph, tight.copies, laws, record);
  if (top.kind === "no") return { ...top, trace };
  // A merged copy may stand for a demanded one under another symbol: its own value says so.
  const fixed = tight.copies.filter((copy) => copy.value !== undefined);
  const all = new Map([...values, ...demanded(fixed.map((copy) => ({ copy, value: copy.value })))]);
  const pinned = new Set(fixed.map((copy) => copy.symbol));
  const joint = marginal({ summed: [], factors: top.factors }, summed(tight.copies, pinned));
  const numerator = lawEstimand(joint);
  if (conditions.length === 0) return { kind: "formula", estimand: numerator, values: all, trace };
  const causes = ancestralCopies(conditions, new Set(held));
  const below = inOrder.filter((copy) => causes.has(copy));
  const bottom = factorise(graph, below, laws, record);
  if (bottom.kind === "no") return { ...bottom, trace };
  const keep = new Set(conditions.map((copy) => copy.symbol));
  const denominator = lawEstimand(
    marginal({ summed: [], factors: bottom.factors }, summed(below, keep)),
  );
  return { kind: "formula", estimand: quotient(numerator, denominator), values: all, trace };
}

/** Every event asked about is among the conditions. */
function certain(held: readonly Copy[]): CounterfactualResult {
  return {
    kind: "formula",
    estimand: one,
    values: demanded(held.map((copy) => ({ copy, value: copy.value }))),
    trace: [],
  };
}

type Factorised =
  | { readonly kind: "factors"; readonly factors: readonly Factor[] }
  | { readonly kind: "no"; readonly text: string };

/** One identified factor a district, or why there is none. */
function factorise(
  graph: Graph,
  copies: readonly Copy[],
  laws: LawsAtHand,
  record: (line: number, text: string, nodes: readonly string[]) => void,
): Factorised {
  const factors: Factor[] = [];
  for (const district of copyDistricts(graph, copies)) {
    const names = [...new Set(district.map((copy) => copy.variable))];
    const values = valuesIn(district);
    if (values === undefined) {
      record(
        8,
        "The worlds disagree inside one district: no experiment shows both at once.",
        names,
      );
      const text = `The query needs {${names.join(", ")}} in two worlds at once, and what is unmeasured ties these worlds together.`;
      return { kind: "no", text };
    }
    const factor =
      laws === "experiments" ? experiment(graph, district) : observed(graph, district, record);
    if (factor === undefined) {
      const text = `The experiment on {${names.join(", ")}} that the query needs cannot be computed from the observed law.`;
      return { kind: "no", text };
    }
    record(6, "A district, identified as a whole.", names);
    const estimand = substituteFree(factor, values);
    const heads = district.map((copy) => copy.symbol);
    factors.push({ heads, names: new Set(freeSymbols(estimand).keys()), estimand });
  }
  return { kind: "factors", factors };
}

/** Raw symbols with a demanded value; they stay symbols until the end, so that they can be summed. */
function demanded(
  list: readonly { readonly copy: Copy; readonly value: Value | undefined }[],
): Map<string, Value> {
  return new Map(
    list.flatMap(({ copy, value }) => (value === undefined ? [] : [[copy.symbol, value] as const])),
  );
}

/**
 * The value of each variable a district speaks of (members and their parents), or `undefined` when two copies of a
 * member differ or a variable would have to take two values (an inconsistent counterfactual factor).
 */
function valuesIn(district: readonly Copy[]): Map<string, Value> | undefined {
  const symbols = new Map<string, Value>();
  const worth = new Map<string, Value>();
  const put = (variable: string, symbol: Value, value: Value): boolean => {
    const before = worth.get(variable);
    if (before !== undefined) return sameValue(before, value);
    symbols.set(variable, symbol);
    worth.set(variable, value);
    return true;
  };
  const seen = new Set<string>();
  for (const copy of district) {
    if (seen.has(copy.variable)) return undefined;
    seen.add(copy.variable);
    const own: Value = { kind: "symbol", name: copy.symbol };
    if (!put(copy.variable, own, copy.value ?? own)) return undefined;
  }
  for (const copy of district) {
    for (const [name, parent] of copy.parents) {
      const symbol: Value = isCopy(parent) ? { kind: "symbol", name: parent.symbol } : parent;
      if (!put(name, symbol, parentValue(parent))) return undefined;
    }
  }
  return symbols;
}

function observed(
  graph: Graph,
  district: readonly Copy[],
  record: (line: number, text: string, nodes: readonly string[]) => void,
): Estimand | undefined {
  const g = compact(graph);
  const all = new Set(Array.from({ length: g.n }, (_, v) => v));
  const part = idsOf(
    graph,
    district.map((copy) => copy.variable),
  );
  const result = identifyDistrict(g, all, part, (line, text, ids) => {
    if (line === 5)
      record(
        8,
        text,
        [...ids].map((v) => g.names[v] ?? ""),
      );
  });
  return result.kind === "law" ? lawEstimand(result.law) : undefined;
}

/** P(district | do(parents)), as an experiment gives it. */
function experiment(graph: Graph, district: readonly Copy[]): Estimand {
  const g = compact(graph);
  const members = idsOf(
    graph,
    district.map((copy) => copy.variable),
  );
  const outside = new Set(
    members.flatMap((v) => [...near(g.parents, v)]).filter((v) => !members.includes(v)),
  );
  const term = (v: number): Term => ({
    variable: g.names[v] ?? "",
    value: { kind: "symbol", name: g.names[v] ?? "" },
  });
  return { kind: "probability", of: members.map(term), given: [], do: [...outside].map(term) };
}
