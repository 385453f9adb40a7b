import { createRng } from "../math/rng.ts";
import { createGraph } from "../graph/graph.ts";
import type { Edge } from "../graph/graph.ts";
import { closeEstimand } from "./close.ts";
import type { Derivation, DerivationStep, DoTerm } from "./derivation.ts";
import type { Estimand, Value } from "./estimand.ts";
import { freeSymbols } from "./estimand.ts";
import { evaluateEstimand } from "./evaluate.ts";
import { randomModel, truncatedFactorisation } from "./model.ts";

export type DerivationCheck =
  | {
      readonly kind: "valid";
      /** Whether the formula was also compared by number with the one the steps give (up to 8 variables). */
      readonly compared: boolean;
    }
  | { readonly kind: "invalid"; readonly step: number; readonly reason: string };

const mostCompared = 8;

/**
 * Replays a derivation without trusting the engine: each rule's side condition is tested by moralisation in a graph
 * that this file cuts itself, each algebraic step by comparing sets, and the formula that the steps give is compared
 * by number with the one claimed, on random laws of the graph. O(steps · n²).
 */
export function checkDerivation(derivation: Derivation): DerivationCheck {
  const formulas: Estimand[] = [];
  for (const [i, step] of derivation.steps.entries()) {
    const reason = faultIn(derivation, step, i);
    if (reason !== undefined) return { kind: "invalid", step: i, reason };
    formulas.push(formulaOf(step, formulas));
  }
  const last = derivation.steps.length - 1;
  const final = derivation.steps[last];
  const formula = formulas[last];
  if (final === undefined || formula === undefined || !sameTerm(final.states, derivation.query)) {
    return { kind: "invalid", step: last, reason: "The last step is not the query." };
  }
  if (derivation.graph.nodes.length > mostCompared) return { kind: "valid", compared: false };
  return sameNumbers(derivation, formula)
    ? { kind: "valid", compared: true }
    : {
        kind: "invalid",
        step: last,
        reason: "The formula claimed is not the one that the steps give.",
      };
}

const setOf = (list: readonly string[]): ReadonlySet<string> => new Set(list);
const same = (a: readonly string[], b: readonly string[]): boolean =>
  setOf(a).size === setOf(b).size && a.every((name) => b.includes(name));
const minus = (a: readonly string[], b: readonly string[]): string[] =>
  a.filter((name) => !b.includes(name));

function sameTerm(a: DoTerm, b: DoTerm): boolean {
  return same(a.of, b.of) && same(a.act, b.act) && same(a.given, b.given);
}

function faultIn(derivation: Derivation, step: DerivationStep, index: number): string | undefined {
  const before = (i: number): DoTerm => {
    const found = i < index ? derivation.steps[i] : undefined;
    return found?.states ?? { of: [], act: [], given: ["a step that is not there"] };
  };
  const { of, act, given } = step.states;
  const all = [...of, ...act, ...given];
  if (of.length === 0 || new Set(all).size !== all.length)
    return "A variable plays two parts, or none is asked about.";
  if (all.some((name) => !derivation.graph.nodes.includes(name)))
    return "A variable is not in the graph.";
  switch (step.kind) {
    case "observe":
      return act.length === 0 ? undefined : "An experiment is not an observation.";
    case "rule":
      return ruleFault(derivation, step, before(step.from));
    case "chain": {
      const seen: string[] = [];
      for (const i of step.parts) {
        const part = before(i);
        if (!same(part.act, act) || !same(part.given, [...given, ...seen]))
          return "A part of the chain has other conditions.";
        seen.push(...part.of);
      }
      return same(seen, of) ? undefined : "The chain's parts are not the whole.";
    }
    case "marginal": {
      const from = before(step.from);
      const fits =
        same(from.act, act) && same(from.given, given) && same(from.of, [...of, ...step.over]);
      return fits ? undefined : "The sum is over something else.";
    }
    default: {
      const joint = before(step.joint);
      const rest = before(step.marginal);
      const fits =
        same(joint.act, act) &&
        same(rest.act, act) &&
        same(joint.given, rest.given) &&
        same(rest.of, minus(given, joint.given)) &&
        joint.given.every((name) => given.includes(name)) &&
        same(joint.of, [...of, ...rest.of]);
      return fits ? undefined : "The quotient is not a conditional law.";
    }
  }
}

function ruleFault(
  { graph }: Derivation,
  step: Extract<DerivationStep, { kind: "rule" }>,
  from: DoTerm,
): string | undefined {
  const to = step.states;
  if (!same(from.of, to.of)) return "A rule does not change what is asked.";
  const act = from.act.filter((name) => to.act.includes(name));
  const given = from.given.filter((name) => to.given.includes(name));
  const acts = [...minus(from.act, act), ...minus(to.act, act)];
  const conditions = [...minus(from.given, given), ...minus(to.given, given)];
  const oneWay = (a: readonly string[], b: readonly string[], common: readonly string[]): boolean =>
    minus(a, common).length === 0 || minus(b, common).length === 0;
  let outOf: readonly string[] = [];
  let into: readonly string[] = act;
  let about: readonly string[];
  if (!oneWay(from.act, to.act, act) || !oneWay(from.given, to.given, given))
    return "A rule works in one direction.";
  if (step.rule === 1) {
    if (acts.length > 0) return "Rule 1 changes no intervention.";
    about = conditions;
  } else if (step.rule === 2) {
    const swapped =
      minus(from.act, act).length > 0 ? minus(to.given, given) : minus(from.given, given);
    if (!same(acts, conditions) || !same(acts, swapped))
      return "Rule 2 trades interventions for observations.";
    about = acts;
    outOf = acts;
  } else {
    if (conditions.length > 0) return "Rule 3 changes no observation.";
    about = acts;
    const above = ancestorsOf(cut(graph.edges, act, []), given);
    into = [...act, ...about.filter((name) => !above.has(name))];
  }
  const claimed = step.separation;
  const fits =
    same(claimed.a, to.of) &&
    same(claimed.b, about) &&
    same(claimed.given, [...act, ...given]) &&
    same(step.graph.into, into) &&
    same(step.graph.outOf, outOf) &&
    same(step.about, about);
  if (!fits) return "The separation shown is not the one that the rule asks for.";
  return separatedByMoral(cut(graph.edges, into, outOf), claimed.a, claimed.b, claimed.given)
    ? undefined
    : `{${claimed.a.join(", ")}} and {${claimed.b.join(", ")}} are connected given {${claimed.given.join(", ")}} in the cut graph.`;
}

/** Arrows of the graph in which each remaining bidirected edge is a node of its own. */
function cut(
  edges: readonly Edge[],
  into: readonly string[],
  outOf: readonly string[],
): (readonly [string, string])[] {
  return edges.flatMap((edge, i): (readonly [string, string])[] => {
    if (edge.mark === "->")
      return into.includes(edge.to) || outOf.includes(edge.from) ? [] : [[edge.from, edge.to]];
    if (into.includes(edge.from) || into.includes(edge.to)) return [];
    return [
      [`\u0000${i}`, edge.from],
      [`\u0000${i}`, edge.to],
    ];
  });
}

function ancestorsOf(
  arrows: readonly (readonly [string, string])[],
  names: readonly string[],
): Set<string> {
  const found = new Set(names);
  for (let grown = true; grown;) {
    grown = false;
    for (const [from, to] of arrows) {
      if (found.has(to) && !found.has(from)) {
        found.add(from);
        grown = true;
      }
    }
  }
  return found;
}

/** d-separation by the moral graph of the ancestral set (Lauritzen et al. 1990). */
function separatedByMoral(
  arrows: readonly (readonly [string, string])[],
  a: readonly string[],
  b: readonly string[],
  given: readonly string[],
): boolean {
  const inside = ancestorsOf(arrows, [...a, ...b, ...given]);
  const kept = arrows.filter(([from, to]) => inside.has(from) && inside.has(to));
  const lines = new Map<string, Set<string>>();
  const link = (v: string, w: string): void => {
    (lines.get(v) ?? lines.set(v, new Set()).get(v))?.add(w);
    (lines.get(w) ?? lines.set(w, new Set()).get(w))?.add(v);
  };
  for (const [from, to] of kept) {
    link(from, to);
    for (const [other, child] of kept) if (child === to && other !== from) link(from, other);
  }
  const seen = new Set(a);
  const stack = [...a];
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    if (b.includes(v)) return false;
    for (const w of lines.get(v) ?? []) {
      if (seen.has(w) || given.includes(w)) continue;
      seen.add(w);
      stack.push(w);
    }
  }
  return true;
}

/** What a step makes of the formulas before it. */
function formulaOf(step: DerivationStep, before: readonly Estimand[]): Estimand {
  const at = (i: number): Estimand => before[i] ?? { kind: "constant", value: NaN };
  const terms = (names: readonly string[]): { variable: string; value: Value }[] =>
    names.map((name) => ({ variable: name, value: { kind: "symbol", name } }));
  switch (step.kind) {
    case "observe":
      return {
        kind: "probability",
        of: terms(step.states.of),
        given: terms(step.states.given),
        do: [],
      };
    case "rule":
      return at(step.from);
    case "chain":
      return { kind: "product", factors: step.parts.map(at) };
    case "marginal":
      return {
        kind: "sum",
        over: step.over.map((name) => ({ variable: name, symbol: name })),
        body: at(step.from),
      };
    default:
      return { kind: "quotient", numerator: at(step.joint), denominator: at(step.marginal) };
  }
}

function sameNumbers({ graph, query, estimand }: Derivation, formula: Estimand): boolean {
  const own = new Map<string, Value>(
    [...query.of, ...query.act, ...query.given].map((name) => [name, { kind: "symbol", name }]),
  );
  const closed = closeEstimand(formula, own, (name) => name);
  const model = createGraph({ nodes: graph.nodes, edges: graph.edges });
  for (const seed of [1, 2]) {
    const rng = createRng(seed);
    const joint = truncatedFactorisation(randomModel(model, rng, { latentLevels: 2 }));
    for (let draw = 0; draw < 4; draw++) {
      const values = Object.fromEntries(graph.nodes.map((name) => [name, rng.int(2)]));
      const fixed = valuesIn(estimand);
      const a = evaluateEstimand(closed, joint, { ...values, ...fixed });
      const b = evaluateEstimand(estimand, joint, bySymbol(estimand, { ...values, ...fixed }));
      if (!(Math.abs(a - b) < 1e-9)) return false;
    }
  }
  return true;
}

/** Constants that the claimed formula puts in for variables, by variable. */
function valuesIn(estimand: Estimand): Record<string, number | string> {
  const found: Record<string, number | string> = {};
  const visit = (node: Estimand): void => {
    if (node.kind === "probability") {
      for (const { variable, value } of [...node.of, ...node.given])
        if (value.kind === "constant") found[variable] = value.value;
    } else if (node.kind === "product") node.factors.forEach(visit);
    else if (node.kind === "quotient") [node.numerator, node.denominator].forEach(visit);
    else if (node.kind === "sum" || node.kind === "any") visit(node.body);
  };
  visit(estimand);
  return found;
}

function bySymbol(
  estimand: Estimand,
  values: Readonly<Record<string, number | string>>,
): Record<string, number | string> {
  return Object.fromEntries(
    [...freeSymbols(estimand)].map(([symbol, variable]) => [symbol, values[variable] ?? 0]),
  );
}
