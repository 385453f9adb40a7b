import { closure } from "../graph/relations.ts";
import { near } from "../graph/compact.ts";
import type { Compact } from "../graph/compact.ts";
import { connected } from "../graph/separation.ts";
import { freeSymbols, sizeOf } from "./estimand.ts";
import { conditional, lawEstimand, marginal, ratio } from "./factors.ts";
import type { Factor, Law } from "./factors.ts";

/** One line of ID or IDC as it was taken; `line` numbers are those of Shpitser & Pearl 2006. */
export interface TraceStep {
  readonly algorithm: "ID" | "IDC" | "ID*" | "IDC*" | "gID" | "sID" | "RC";
  readonly line: number;
  readonly text: string;
  readonly nodes: readonly string[];
}

/**
 * Two sets of nodes that prove non-identifiability: both are districts whose members all lead to `roots` inside
 * the set, the smaller lies in the larger, only the larger meets the treatments, and the roots lead to the
 * outcome when the treatments are held (Shpitser & Pearl 2006, definition 6 and theorem 4).
 */
export interface Hedge {
  readonly larger: readonly string[];
  readonly smaller: readonly string[];
  /** The query it was found for: P(outcome | do(treatment)). */
  readonly treatment: readonly string[];
  readonly outcome: readonly string[];
}

export type IdResult =
  { readonly kind: "law"; readonly law: Law } | { readonly kind: "hedge"; readonly hedge: Hedge };

/** A law at hand: of which population, under which interventions, and whose mechanisms differ from the target's. */
export interface Source {
  readonly law?: string;
  readonly act: readonly number[];
  readonly shifted: ReadonlySet<number>;
}

const observation: Source = { act: [], shifted: new Set() };

type Record = (step: TraceStep) => void;

/**
 * The law of `outcome` under do(`treatment`) as factors of the observed joint law, or a hedge. `g` has measured
 * nodes only (`latentProjection`). ID of Shpitser & Pearl 2006 in the district form of Tian & Pearl 2002 and Huang
 * & Valtorta 2006: the seven lines are taken without building subgraphs. Complete. O(districts · (n + m)) for the
 * verdict; the formula can be longer.
 */
export function identifyLaw(
  g: Compact,
  outcome: readonly number[],
  treatment: readonly number[],
  record: Record = () => {},
  sources?: readonly Source[],
): IdResult {
  const names = (ids: Iterable<number>): string[] =>
    [...ids].sort(byRank(g)).map((v) => g.names[v] ?? "");
  const held = new Set(treatment);
  const ancestral = closure(g.parents, outcome);
  const step = (line: number, text: string, nodes: Iterable<number>): void =>
    record({ algorithm: "ID", line, text, nodes: names(nodes) });
  if (ancestral.size < g.n) {
    step(2, "Only causes of the outcome matter; all other variables are summed out.", ancestral);
  }
  const active = treatment.filter((v) => ancestral.has(v));
  if (active.length === 0 && sources === undefined) {
    step(1, "Nothing that is set causes the outcome: the observed law is the answer.", outcome);
    return { kind: "law", law: { summed: [], factors: [plainFactor(names(outcome))] } };
  }
  const kept = closure(g.parents, outcome, (v) => !held.has(v));
  if (kept.size + active.length < ancestral.size) {
    const free = [...ancestral].filter((v) => !kept.has(v) && !held.has(v));
    step(3, "These matter only through what is set: they may be set as well.", free);
  }
  const parts = districtsIn(g, kept);
  if (parts.length > 1) {
    step(4, `The law falls into ${parts.length} districts, each its own factor.`, kept);
  }
  const factors: Factor[] = [];
  for (const part of parts) {
    const result = fromSources(g, ancestral, part, step, sources);
    if (result.kind === "hedge") {
      const hedge = {
        larger: names(result.larger),
        smaller: names(part),
        treatment: names(treatment),
        outcome: names(outcome),
      };
      return { kind: "hedge", hedge };
    }
    factors.push(...asFactors(result.law, names(part)));
  }
  const out = names([...kept].filter((v) => !outcome.includes(v)));
  return { kind: "law", law: marginal({ summed: [], factors }, out) };
}

/**
 * Q[part] from the first law that gives it: one whose interventions and shifts leave part alone (gID, Lee, Correa &
 * Bareinboim 2019; for several populations Lee, Correa & Bareinboim 2020). Complete.
 */
function fromSources(
  g: Compact,
  ancestral: ReadonlySet<number>,
  part: readonly number[],
  step: (line: number, text: string, nodes: Iterable<number>) => void,
  sources: readonly Source[] | undefined,
): DistrictResult {
  if (sources === undefined) return identifyDistrict(g, ancestral, part, step);
  let failed: DistrictResult = { kind: "hedge", larger: new Set(part) };
  for (const source of sources) {
    if (part.some((v) => source.shifted.has(v) || source.act.includes(v))) continue;
    const inside = closure(g.parents, part, (v) => !source.act.includes(v));
    const result = identifyDistrict(g, inside, part, step, source);
    if (result.kind === "law") return result;
    failed = result;
  }
  return failed;
}

/** Factors that may stand beside others: a law with a sum of its own becomes one factor. */
export function asFactors(law: Law, heads: readonly string[]): readonly Factor[] {
  if (law.summed.length === 0) return law.factors;
  const estimand = lawEstimand(law);
  return [{ heads, names: new Set(freeSymbols(estimand).keys()), estimand }];
}

function plainFactor(names: readonly string[]): Factor {
  const terms = names.map((name) => ({ variable: name, value: { kind: "symbol", name } as const }));
  return {
    heads: names,
    names: new Set(names),
    estimand: { kind: "probability", of: terms, given: [], do: [] },
  };
}

/** Districts of the subgraph on `inside`, in topological order of their first members. */
export function districtsIn(g: Compact, inside: ReadonlySet<number>): number[][] {
  const done = new Set<number>();
  const found: number[][] = [];
  for (const v of [...inside].sort(byRank(g))) {
    if (done.has(v)) continue;
    const district = closure(g.spouses, [v], (w) => inside.has(w));
    for (const w of district) done.add(w);
    found.push([...district].sort(byRank(g)));
  }
  return found;
}

const byRank =
  (g: Compact) =>
  (v: number, w: number): number =>
    (g.rank[v] ?? 0) - (g.rank[w] ?? 0);

export type DistrictResult =
  | { readonly kind: "law"; readonly law: Law }
  | { readonly kind: "hedge"; readonly larger: ReadonlySet<number> };

/** Q[part] from the observed law over the ancestral set: lines 2, 5, 6 and 7 in turn until part is all that is left. */
export function identifyDistrict(
  g: Compact,
  ancestral: ReadonlySet<number>,
  part: readonly number[],
  step: (line: number, text: string, nodes: Iterable<number>) => void,
  source: Source = observation,
): DistrictResult {
  const [seed] = part;
  if (seed === undefined) throw new Error("A district has at least one node.");
  const whole = closure(g.spouses, [seed], (v) => ancestral.has(v));
  const law: Law = {
    summed: [],
    factors: [...whole].sort(byRank(g)).map((v) => givenPillow(g, ancestral, v, source)),
  };
  if (whole.size === part.length) {
    step(6, "A whole district: the product of its members given what precedes them.", part);
    return { kind: "law", law };
  }
  step(7, "Part of a larger district, which is looked at on its own.", whole);
  return narrow(g, whole, law, part, step);
}

/** Q[part] from Q[whole] (`law`), where part is a district of its own subgraph. Tian & Pearl 2002, Identify. */
export function narrow(
  g: Compact,
  start: ReadonlySet<number>,
  startLaw: Law,
  part: readonly number[],
  step: (line: number, text: string, nodes: Iterable<number>) => void,
): DistrictResult {
  let whole = start;
  let law = startLaw;
  const [seed] = part;
  if (seed === undefined) throw new Error("A district has at least one node.");
  for (;;) {
    const ancestors = closure(g.parents, part, (v) => whole.has(v));
    if (ancestors.size < whole.size) {
      const out = [...whole].filter((v) => !ancestors.has(v));
      step(2, "Summed out, as they do not cause the rest of the district.", out);
      law = marginal(
        law,
        out.map((v) => g.names[v] ?? ""),
      );
      whole = ancestors;
    }
    if (whole.size === part.length) {
      step(6, "The district that was asked for.", part);
      return { kind: "law", law };
    }
    const district = closure(g.spouses, [seed], (v) => whole.has(v));
    if (district.size === whole.size) {
      step(5, "The district cannot be taken apart any further: a hedge.", whole);
      return { kind: "hedge", larger: whole };
    }
    step(7, "The district falls apart; the part around what is asked for is kept.", district);
    law = split(g, whole, district, law);
    whole = district;
  }
}

/** P(v | its Markov pillow in the ancestral set up to v). Richardson 2003, ordered local Markov property. */
export function givenPillow(
  g: Compact,
  ancestral: ReadonlySet<number>,
  v: number,
  source: Source = observation,
): Factor {
  const last = g.rank[v] ?? 0;
  const district = closure(g.spouses, [v], (w) => ancestral.has(w) && (g.rank[w] ?? 0) <= last);
  const pillow = new Set(district);
  for (const w of district) for (const parent of near(g.parents, w)) pillow.add(parent);
  pillow.delete(v);
  for (const w of source.act) pillow.delete(w);
  const name = (w: number): string => g.names[w] ?? "";
  return conditional(
    name(v),
    [...pillow].sort(byRank(g)).map(name),
    source.act.map(name),
    source.law,
  );
}

/** Q[district] = Π Q[up to the end of a run] / Q[before the run], over runs of its members in a topological order. */
function split(
  g: Compact,
  whole: ReadonlySet<number>,
  district: ReadonlySet<number>,
  law: Law,
): Law {
  const base = [...whole].sort(byRank(g));
  const tries = [base, orderFor(g, whole, district)].map((order) =>
    splitAlong(g, order, district, law),
  );
  const cost = (candidate: Law): number =>
    candidate.factors.reduce((total, factor) => total + Math.min(sizeOf(factor.estimand), 1e6), 0);
  const [first, second] = tries;
  if (first === undefined || second === undefined) throw new Error("Two orders were tried.");
  return cost(second) < cost(first) ? second : first;
}

export function splitAlong(
  g: Compact,
  order: readonly number[],
  district: ReadonlySet<number>,
  law: Law,
): Law {
  const name = (v: number): string => g.names[v] ?? "";
  const factors: Factor[] = [];
  for (let i = 0; i < order.length; i++) {
    const start = i;
    while (i < order.length && district.has(order[i] ?? -1)) i++;
    if (i === start) continue;
    const heads = order.slice(start, i).map(name);
    const top = marginal(law, order.slice(i).map(name));
    const bottom = marginal(law, order.slice(start).map(name));
    const shared =
      law.summed.length === 0
        ? law.factors.filter((f) => heads.some((h) => f.heads.includes(h)))
        : [];
    const clean = top.summed.length === 0 && bottom.summed.length === 0;
    if (clean && shared.length === heads.length) factors.push(...shared);
    else {
      const estimand = ratio(top, bottom);
      factors.push({ heads, names: new Set(freeSymbols(estimand).keys()), estimand });
    }
  }
  return { summed: [], factors };
}

/** A topological order of the subgraph that takes members of the district as early as it can. */
function orderFor(g: Compact, whole: ReadonlySet<number>, district: ReadonlySet<number>): number[] {
  const left = new Set([...whole].sort(byRank(g)));
  const order: number[] = [];
  const ready = (v: number): boolean => !near(g.parents, v).some((parent) => left.has(parent));
  while (left.size > 0) {
    const all = [...left].filter(ready);
    const next = all.find((v) => district.has(v)) ?? all[0];
    if (next === undefined) throw new Error("A subgraph of an acyclic graph has a source.");
    order.push(next);
    left.delete(next);
  }
  return order;
}

/**
 * Moves conditions to interventions where rule 2 allows it, one after the other (IDC, Shpitser & Pearl 2006b):
 * what is left is P(y, z | do(x)) / P(z | do(x)). O(|given|² (n + m)).
 */
export function moveConditions(
  g: Compact,
  outcome: readonly number[],
  treatment: readonly number[],
  given: readonly number[],
  record: Record = () => {},
): { readonly treatment: number[]; readonly given: number[] } {
  const acts = [...treatment];
  let rest = [...given];
  for (;;) {
    const into = new Uint8Array(g.n);
    for (const v of acts) into[v] = 1;
    const movable = rest.find((z) => {
      const outOf = new Uint8Array(g.n);
      outOf[z] = 1;
      const others = [...acts, ...rest.filter((v) => v !== z)];
      return !connected(g, [z], outcome, others, { into, outOf });
    });
    if (movable === undefined) return { treatment: acts, given: rest };
    const name = g.names[movable] ?? "";
    record({
      algorithm: "IDC",
      line: 1,
      text: `Observing ${name} is as good as setting it (rule 2).`,
      nodes: [name],
    });
    acts.push(movable);
    rest = rest.filter((v) => v !== movable);
  }
}
