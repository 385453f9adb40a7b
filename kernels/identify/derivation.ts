import { closure } from "../graph/relations.ts";
import { compact, idsOf, near } from "../graph/compact.ts";
import type { Compact } from "../graph/compact.ts";
import type { Edge, Graph } from "../graph/graph.ts";
import type { Estimand } from "./estimand.ts";
import { districtsIn, moveConditions } from "./id.ts";
import type { Interventional } from "./interventional.ts";

/** P(of | do(act), given), each variable at its own value. */
export interface DoTerm {
  readonly of: readonly string[];
  readonly act: readonly string[];
  readonly given: readonly string[];
}

/**
 * One step: `states` equals an expression made from the steps it uses. `observe` takes a law from the data; `rule` is
 * one of Pearl's three; the others are probability calculus.
 */
export type DerivationStep =
  | { readonly kind: "observe"; readonly states: DoTerm }
  | {
      readonly kind: "rule";
      readonly rule: 1 | 2 | 3;
      readonly states: DoTerm;
      readonly from: number;
      /** What is added to, moved in or taken from the condition. */
      readonly about: readonly string[];
      /** The separation that licenses it, in the graph without arrowheads into `into` and arrows out of `outOf`. */
      readonly separation: {
        readonly a: readonly string[];
        readonly b: readonly string[];
        readonly given: readonly string[];
      };
      readonly graph: { readonly into: readonly string[]; readonly outOf: readonly string[] };
    }
  /** P(a, b | …) = P(a | …) P(b | …, a): the parts in order. */
  | { readonly kind: "chain"; readonly states: DoTerm; readonly parts: readonly number[] }
  | {
      readonly kind: "marginal";
      readonly states: DoTerm;
      readonly from: number;
      readonly over: readonly string[];
    }
  /** P(a | …, b) = P(a, b | …) / P(b | …). */
  | {
      readonly kind: "condition";
      readonly states: DoTerm;
      readonly joint: number;
      readonly marginal: number;
    };

/** A proof that the query equals the estimand, as plain data; `checkDerivation` replays it. */
export interface Derivation {
  readonly kind: "derivation";
  /** The graph over the measured nodes in which it holds. */
  readonly graph: { readonly nodes: readonly string[]; readonly edges: readonly Edge[] };
  readonly query: DoTerm;
  readonly steps: readonly DerivationStep[];
  /** The formula the proof is for, with node names as symbols or values put in. */
  readonly estimand: Estimand;
}

/**
 * The do-calculus derivation behind ID and IDC: every line becomes uses of the three rules (as in the proofs of
 * Shpitser & Pearl 2006; rules of Pearl 1995). `undefined` when the query is not identified. Steps grow with
 * nodes × district sizes. `graph` has measured nodes only.
 */
export function derive(
  graph: Graph,
  query: Interventional,
  estimand: Estimand,
): Derivation | undefined {
  const g = compact(graph);
  const builder = createBuilder(g);
  const outcome = idsOf(graph, query.outcome);
  const treatment = idsOf(graph, query.treatment);
  const given = idsOf(graph, query.given);
  const done = prove(g, builder, outcome, treatment, given);
  if (done === undefined) return undefined;
  return {
    kind: "derivation",
    graph: { nodes: g.names, edges: graph.edges },
    query: { of: query.outcome, act: query.treatment, given: query.given },
    steps: builder.steps,
    estimand,
  };
}

interface Sets {
  readonly of: readonly number[];
  readonly act: readonly number[];
  readonly given: readonly number[];
}

interface Builder {
  readonly steps: DerivationStep[];
  readonly observe: (of: readonly number[], given: readonly number[]) => number;
  /** Rewrites step `from` to `to` by one rule, if they differ. */
  readonly rule: (rule: 1 | 2 | 3, from: number, to: Sets) => number;
  readonly chain: (parts: readonly number[], states: Sets) => number;
  readonly marginal: (from: number, over: readonly number[]) => number;
  readonly condition: (joint: number, marginal: number, states: Sets) => number;
}

function createBuilder(g: Compact): Builder {
  const steps: DerivationStep[] = [];
  const sets: Sets[] = [];
  const names = (ids: Iterable<number>): string[] =>
    [...ids].sort((a, b) => a - b).map((v) => g.names[v] ?? "");
  const term = ({ of, act, given }: Sets): DoTerm => ({
    of: names(of),
    act: names(act),
    given: names(given),
  });
  const add = (step: DerivationStep, states: Sets): number => {
    sets.push(states);
    return steps.push(step) - 1;
  };
  const setsAt = (index: number): Sets => {
    const found = sets[index];
    if (found === undefined) throw new Error(`There is no step ${index}.`);
    return found;
  };
  const minus = (a: readonly number[], b: readonly number[]): number[] =>
    a.filter((v) => !b.includes(v));
  return {
    steps,
    observe: (of, given) => {
      const states = { of, act: [], given };
      return add({ kind: "observe", states: term(states) }, states);
    },
    rule: (rule, from, to) => {
      const before = setsAt(from);
      const acts = [...minus(before.act, to.act), ...minus(to.act, before.act)];
      const conditions = [...minus(before.given, to.given), ...minus(to.given, before.given)];
      const about = rule === 1 ? conditions : acts;
      if (about.length === 0) return from;
      const act = before.act.filter((v) => to.act.includes(v));
      const held = before.given.filter((v) => to.given.includes(v));
      // Under rule 3, causes of what is held keep their arrowheads.
      const reach = ancestorsCut(g, held, act);
      const into = rule === 3 ? [...act, ...about.filter((v) => !reach.has(v))] : act;
      const outOf = rule === 2 ? about : [];
      const step: DerivationStep = {
        kind: "rule",
        rule,
        states: term(to),
        from,
        about: names(about),
        separation: { a: names(to.of), b: names(about), given: names([...act, ...held]) },
        graph: { into: names(into), outOf: names(outOf) },
      };
      return add(step, to);
    },
    chain: (parts, states) => {
      const [only] = parts;
      if (parts.length === 1 && only !== undefined) return only;
      return add({ kind: "chain", states: term(states), parts }, states);
    },
    marginal: (from, over) => {
      if (over.length === 0) return from;
      const before = setsAt(from);
      const states = { ...before, of: minus(before.of, over) };
      return add({ kind: "marginal", states: term(states), from, over: names(over) }, states);
    },
    condition: (joint, marginal, states) =>
      add({ kind: "condition", states: term(states), joint, marginal }, states),
  };
}

/** Ancestors of `held` in the graph without arrowheads into `act`. */
function ancestorsCut(g: Compact, held: readonly number[], act: readonly number[]): Set<number> {
  const found = new Set(held);
  const stack = [...found];
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    if (act.includes(v)) continue;
    for (const w of near(g.parents, v)) {
      if (!found.has(w)) {
        found.add(w);
        stack.push(w);
      }
    }
  }
  return found;
}

function prove(
  g: Compact,
  builder: Builder,
  outcome: readonly number[],
  treatment: readonly number[],
  given: readonly number[],
): number | undefined {
  const moved = moveConditions(g, outcome, treatment, given);
  const wanted = [...outcome, ...moved.given];
  let joint = proveJoint(g, builder, wanted, moved.treatment);
  if (joint === undefined) return undefined;
  if (moved.given.length > 0) {
    const rest = builder.marginal(joint, outcome);
    joint = builder.condition(joint, rest, {
      of: outcome,
      act: moved.treatment,
      given: moved.given,
    });
  }
  // Conditions that were moved under do() go back, one at a time in reverse.
  let act = moved.treatment;
  let held = moved.given;
  for (const z of moved.treatment.slice(treatment.length).reverse()) {
    act = act.filter((v) => v !== z);
    held = [...held, z];
    joint = builder.rule(2, joint, { of: outcome, act, given: held });
  }
  return joint;
}

function proveJoint(
  g: Compact,
  builder: Builder,
  wanted: readonly number[],
  treatment: readonly number[],
): number | undefined {
  const byRank = (v: number, w: number): number => (g.rank[v] ?? 0) - (g.rank[w] ?? 0);
  const ancestral = closure(g.parents, wanted);
  const kept = [...closure(g.parents, wanted, (v) => !treatment.includes(v))].sort(byRank);
  if (!treatment.some((v) => ancestral.has(v))) {
    return builder.rule(3, builder.observe(wanted, []), { of: wanted, act: treatment, given: [] });
  }
  const conditionals = new Map<number, number>();
  for (const part of districtsIn(g, new Set(kept))) {
    const proved = proveDistrict(g, builder, ancestral, part);
    if (proved === undefined) return undefined;
    for (const [v, step] of proved) conditionals.set(v, step);
    for (const [i, v] of part.entries()) {
      const before = part.slice(0, i);
      const earlier = kept.slice(0, kept.indexOf(v));
      const known = conditionals.get(v);
      if (known === undefined)
        throw new Error("Each member of a district has its conditional law.");
      // from P(v | do(all others), before) to P(v | do(treatment), earlier): rule 3 backwards, then rule 2
      const others = earlier.filter((w) => !part.includes(w));
      const step3 = builder.rule(3, known, {
        of: [v],
        act: union(treatment, others),
        given: before,
      });
      conditionals.set(v, builder.rule(2, step3, { of: [v], act: treatment, given: earlier }));
    }
  }
  const parts = kept.map((v) => conditionals.get(v) ?? -1);
  const joint = builder.chain(parts, { of: kept, act: treatment, given: [] });
  return builder.marginal(
    joint,
    kept.filter((v) => !wanted.includes(v)),
  );
}

const union = (a: readonly number[], b: readonly number[]): number[] => [...new Set([...a, ...b])];

/**
 * P(v | do(all outside part), earlier members of part) for every member, from the observed law: the lines 2, 6 and 7
 * of ID as proofs. `undefined` at a hedge.
 */
function proveDistrict(
  g: Compact,
  builder: Builder,
  ancestral: ReadonlySet<number>,
  part: readonly number[],
): ReadonlyMap<number, number> | undefined {
  const byRank = (v: number, w: number): number => (g.rank[v] ?? 0) - (g.rank[w] ?? 0);
  const all = Array.from({ length: g.n }, (_, v) => v);
  const without = (set: readonly number[]): number[] => all.filter((v) => !set.includes(v));
  const seed = part.slice(0, 1);
  let whole = [...closure(g.spouses, seed, (v) => ancestral.has(v))].sort(byRank);
  let conditionals = new Map<number, number>();
  const order = [...ancestral].sort(byRank);
  for (const [i, v] of whole.entries()) {
    const earlier = order.slice(0, order.indexOf(v));
    const before = whole.slice(0, i);
    const others = earlier.filter((w) => !whole.includes(w));
    const pillow = pillowOf(g, earlier, v);
    const seen = builder.observe([v], pillow);
    const full = builder.rule(1, seen, { of: [v], act: [], given: earlier });
    const set = builder.rule(2, full, { of: [v], act: others, given: before });
    conditionals.set(v, builder.rule(3, set, { of: [v], act: without(whole), given: before }));
  }
  for (;;) {
    const parts = whole.map((v) => conditionals.get(v) ?? -1);
    if (whole.length === part.length) return conditionals;
    let joint = builder.chain(parts, { of: whole, act: without(whole), given: [] });
    const inside = new Set(whole);
    const ancestors = [...closure(g.parents, part, (v) => inside.has(v))].sort(byRank);
    if (ancestors.length < whole.length) {
      joint = builder.marginal(
        joint,
        whole.filter((v) => !ancestors.includes(v)),
      );
      joint = builder.rule(3, joint, { of: ancestors, act: without(ancestors), given: [] });
      whole = ancestors;
    }
    const now = new Set(whole);
    const district = [...closure(g.spouses, seed, (v) => now.has(v))].sort(byRank);
    if (district.length === whole.length && whole.length > part.length) return undefined;
    conditionals = new Map();
    for (const v of district) {
      const at = whole.indexOf(v);
      const earlier = whole.slice(0, at);
      const upTo = builder.marginal(joint, whole.slice(at + 1));
      const act = without(whole);
      const own =
        earlier.length === 0
          ? upTo
          : builder.condition(upTo, builder.marginal(joint, whole.slice(at)), {
              of: [v],
              act,
              given: earlier,
            });
      const before = earlier.filter((w) => district.includes(w));
      const others = earlier.filter((w) => !district.includes(w));
      const set = builder.rule(2, own, { of: [v], act: union(act, others), given: before });
      conditionals.set(v, builder.rule(3, set, { of: [v], act: without(district), given: before }));
    }
    whole = district;
  }
}

function pillowOf(g: Compact, earlier: readonly number[], v: number): number[] {
  const open = new Set([...earlier, v]);
  const district = closure(g.spouses, [v], (w) => open.has(w));
  const pillow = new Set(district);
  for (const w of district) for (const parent of near(g.parents, w)) pillow.add(parent);
  pillow.delete(v);
  return [...pillow];
}
