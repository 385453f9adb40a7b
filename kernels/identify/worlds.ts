import { closure } from "../graph/relations.ts";
import { compact, idsOf, near } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { copySymbol } from "./factors.ts";
import type { Value } from "./estimand.ts";
import type { Event, Setting } from "./query.ts";

/**
 * A variable in the worlds where its parents take the same values: worlds that cannot tell a variable's copies
 * apart share one copy (make-cg of Shpitser & Pearl 2007, lemmas 24 and 25).
 */
export interface Copy {
  readonly variable: string;
  /** Stands for the copy's value in raw formulas. */
  readonly symbol: string;
  /** What each parent is: another copy, or the value an intervention sets. */
  readonly parents: ReadonlyMap<string, Copy | Value>;
  /** The value that was demanded of it, if any. */
  readonly value: Value | undefined;
}

export interface Worlds {
  readonly kind: "worlds";
  /** In topological order. */
  readonly copies: readonly Copy[];
  /** The copies the query's events are about; the same copy may stand for several events. */
  readonly of: readonly Demand[];
  readonly given: readonly Demand[];
}

export interface Demand {
  readonly copy: Copy;
  readonly value: Value;
}

/** The events contradict each other, or it depends on what their open values are whether they do. */
export interface Clash {
  readonly kind: "impossible" | "unclear";
  readonly text: string;
}

export const isCopy = (thing: Copy | Value): thing is Copy => "symbol" in thing;

interface World {
  readonly key: string;
  readonly settings: ReadonlyMap<string, Setting["to"]>;
}

/**
 * The copies that the events of a counterfactual query are about, with no event's value demanded yet. `graph` has
 * measured nodes only. Worlds × nodes at worst.
 */
export function buildWorlds(
  graph: Graph,
  of: readonly Event[],
  given: readonly Event[],
): Worlds | Clash {
  const g = compact(graph);
  const needed = new Map<string, { variable: string; world: World }>();
  const key = (variable: string, world: World): string => JSON.stringify([variable, world.key]);
  const need = (variable: string, world: World): void => {
    const id = key(variable, world);
    if (needed.has(id)) return;
    needed.set(id, { variable, world });
    for (const v of idsOf(graph, variable)) {
      for (const parent of near(g.parents, v)) {
        const name = g.names[parent] ?? "";
        const to = world.settings.get(name);
        if (to === undefined) need(name, world);
        else if (to.kind === "counterfactual") need(to.event.variable, worldOf(to.event.do));
      }
    }
  };
  const settled = new Set<Event>();
  for (const event of [...of, ...given]) {
    const set = event.do.find((setting) => setting.variable === event.variable);
    if (set === undefined) need(event.variable, worldOf(event.do));
    else if (set.to.kind === "counterfactual" || !sameValue(set.to, event.value)) {
      return set.to.kind === "constant" && event.value.kind === "constant"
        ? {
            kind: "impossible",
            text: `${event.variable} is set to one value and asked to take another.`,
          }
        : { kind: "unclear", text: `${event.variable} is set and asked about in the same world.` };
    } else settled.add(event);
  }
  const rankOf = (variable: string): number => g.rank[g.id.get(variable) ?? 0] ?? 0;
  const merger = createMerger();
  const found = new Map<string, Copy>();
  for (const { variable, world } of [...needed.values()].sort(
    (a, b) => rankOf(a.variable) - rankOf(b.variable),
  )) {
    const parents = new Map<string, Copy | Value>();
    for (const v of idsOf(graph, variable)) {
      for (const parent of near(g.parents, v)) {
        const name = g.names[parent] ?? "";
        const to = world.settings.get(name);
        const source =
          to?.kind === "counterfactual"
            ? key(to.event.variable, worldOf(to.event.do))
            : key(name, world);
        const value = to !== undefined && to.kind !== "counterfactual" ? to : found.get(source);
        if (value === undefined)
          throw new Error(`The copy of ${name} was not made before its effects.`);
        parents.set(name, value);
      }
    }
    found.set(key(variable, world), merger.add(variable, parents, undefined));
  }
  const demands = (events: readonly Event[]): Demand[] =>
    events.flatMap((event) => {
      const copy = found.get(key(event.variable, worldOf(event.do)));
      return settled.has(event) || copy === undefined ? [] : [{ copy, value: event.value }];
    });
  return { kind: "worlds", copies: merger.copies, of: demands(of), given: demands(given) };
}

interface Merger {
  readonly copies: Copy[];
  readonly add: (
    variable: string,
    parents: ReadonlyMap<string, Copy | Value>,
    symbol: string | undefined,
    value?: Value,
  ) => Copy;
}

/** Makes copies, giving back the one there is where the parents' values are the same. */
function createMerger(): Merger {
  const copies: Copy[] = [];
  const known = new Map<string, number>();
  return {
    copies,
    add: (variable, parents, symbol, value) => {
      const signature = JSON.stringify([
        variable,
        [...parents].map(([name, parent]) => [name, valueKey(parent)]),
      ]);
      const at = known.get(signature);
      const before = at === undefined ? undefined : copies[at];
      if (before !== undefined) return before;
      const copy: Copy = {
        variable,
        symbol: symbol ?? copySymbol(variable, copies.length),
        parents,
        value,
      };
      known.set(signature, copies.length);
      copies.push(copy);
      return copy;
    },
  };
}

export interface Attached {
  readonly kind: "attached";
  readonly copies: readonly Copy[];
  /** What became of each copy that was handed in. */
  readonly now: ReadonlyMap<Copy, Copy>;
}

/**
 * The copies once values are demanded of some: copies whose parents now surely take the same values become one, and
 * so on down. `copies` in topological order; parents outside the list stay as they are.
 */
export function attach(copies: readonly Copy[], demands: readonly Demand[]): Attached | Clash {
  const now = new Map<Copy, Copy>();
  const merger = createMerger();
  const groups = new Map<Copy, Value>();
  for (const copy of copies) {
    const parents = new Map(
      [...copy.parents].map(([name, parent]) => [
        name,
        isCopy(parent) ? (now.get(parent) ?? parent) : parent,
      ]),
    );
    const wanted = [
      ...(copy.value === undefined ? [] : [copy.value]),
      ...demands.filter((demand) => demand.copy === copy).map((demand) => demand.value),
    ];
    const clash = wanted
      .slice(1)
      .find((value) => wanted[0] !== undefined && !sameValue(wanted[0], value));
    if (clash !== undefined && wanted[0] !== undefined)
      return clashOf(copy.variable, wanted[0], clash);
    const made = merger.add(copy.variable, parents, copy.symbol, wanted[0]);
    const [first] = wanted;
    if (made.symbol !== copy.symbol && first !== undefined) {
      // Merged into an earlier copy: both demands have to agree, and either of them binds it.
      const before = made.value ?? groups.get(made);
      if (before === undefined) return reattach(copies, demands, copy, made, first);
      if (!sameValue(before, first)) return clashOf(copy.variable, before, first);
    }
    now.set(copy, made);
  }
  return { kind: "attached", copies: merger.copies, now };
}

/** A later copy's demand falls on an earlier one it merges with: start again with the demand made there too. */
function reattach(
  copies: readonly Copy[],
  demands: readonly Demand[],
  copy: Copy,
  made: Copy,
  value: Value,
): Attached | Clash {
  const earlier = copies.find((candidate) => candidate.symbol === made.symbol);
  if (earlier === undefined || earlier === copy)
    throw new Error("A copy can only merge with another.");
  return attach(copies, [...demands, { copy: earlier, value }]);
}

function clashOf(variable: string, a: Value, b: Value): Clash {
  return a.kind === b.kind
    ? {
        kind: "impossible",
        text: `The query gives ${variable} two values in what is one and the same world for it.`,
      }
    : {
        kind: "unclear",
        text: `The query gives ${variable} a fixed value and an open one at once.`,
      };
}

function worldOf(settings: readonly Setting[]): World {
  const map = new Map(settings.map((setting) => [setting.variable, setting.to]));
  const sorted = [...map].map((entry) => JSON.stringify(entry)).sort((a, b) => (a < b ? -1 : 1));
  return { key: sorted.join(";"), settings: map };
}

/** Copies with the same demanded value count as one value: that is what lets their effects be merged. */
function valueKey(parent: Copy | Value): unknown {
  const value = isCopy(parent) ? parent.value : parent;
  if (value === undefined) return isCopy(parent) ? parent.symbol : "";
  return value.kind === "constant" ? ["=", value.value] : ["~", value.name];
}

/** One value for certain: the same constant or the same symbol. */
export function sameValue(a: Value, b: Value): boolean {
  if (a.kind === "constant" || b.kind === "constant") {
    return (
      a.kind === b.kind &&
      a.kind === "constant" &&
      b.kind === "constant" &&
      String(a.value) === String(b.value)
    );
  }
  return a.name === b.name;
}

/** What a copy's parent is worth in formulas: a fixed value, or the symbol of a copy whose value is open. */
export function parentValue(parent: Copy | Value): Value {
  if (!isCopy(parent)) return parent;
  return parent.value ?? { kind: "symbol", name: parent.symbol };
}

/** The ancestral set of a copy; parents in `known` have a known value and are not followed. */
export function ancestralCopies(start: readonly Copy[], known: ReadonlySet<Copy>): Set<Copy> {
  const group = new Set(start);
  for (const copy of group) {
    for (const parent of copy.parents.values())
      if (isCopy(parent) && !known.has(parent)) group.add(parent);
  }
  return group;
}

/**
 * Copies that bear on `of` once `given` is known: ancestral sets that stop at known copies, joined where they share
 * a variable or an unmeasured cause (ancestral components, Correa, Lee & Bareinboim 2021, definition 7).
 */
export function relevantCopies(
  graph: Graph,
  of: readonly Copy[],
  given: readonly Copy[],
): Set<Copy> {
  const g = compact(graph);
  const known = new Set(given);
  const groups = [...of, ...given].map((start) => ancestralCopies([start], known));
  const variables = (group: ReadonlySet<Copy>): Set<number> =>
    new Set([...group].flatMap((copy) => idsOf(graph, copy.variable)));
  const touches = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean =>
    [...a].some((v) => b.has(v) || [...near(g.spouses, v)].some((w) => b.has(w)));
  const kept = new Set(groups.slice(0, of.length).flatMap((group) => [...group]));
  for (let grown = true; grown;) {
    grown = false;
    const have = variables(kept);
    for (const group of groups) {
      if ([...group].every((copy) => kept.has(copy)) || !touches(variables(group), have)) continue;
      for (const copy of group) kept.add(copy);
      grown = true;
    }
  }
  return kept;
}

/** Districts of the subgraph on the copies' variables, each with the copies in it; causes first. */
export function copyDistricts(graph: Graph, copies: readonly Copy[]): Copy[][] {
  const g = compact(graph);
  const inside = new Set(copies.flatMap((copy) => idsOf(graph, copy.variable)));
  const left = new Set(inside);
  const found: Copy[][] = [];
  for (const v of inside) {
    if (!left.has(v)) continue;
    const district = closure(g.spouses, [v], (w) => inside.has(w));
    for (const w of district) left.delete(w);
    found.push(copies.filter((copy) => district.has(g.id.get(copy.variable) ?? -1)));
  }
  return found;
}
