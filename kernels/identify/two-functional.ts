import { closure } from "../graph/relations.ts";
import { compact, idsOf } from "../graph/compact.ts";
import { createGraph } from "../graph/graph.ts";
import type { Edge, Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import { createRng } from "../math/rng.ts";
import type { Rng } from "../math/rng.ts";
import type { LawsAtHand } from "./counterfactual.ts";
import type { Value } from "./estimand.ts";
import {
  chanceOf,
  functionalFamily,
  functionalModelAt,
  lawOfRows,
  lawRows,
  randomPoint,
  tiedGroups,
} from "./functional.ts";
import type { FunctionalFamily, FunctionalModel } from "./functional.ts";
import type { Event } from "./query.ts";
import type { OneQuery } from "./simple-query.ts";
import type { SearchStopped } from "./search.ts";
import type { NoTwoModels } from "./two-models.ts";
import { walk } from "./walk.ts";

/** Two functional models that no data of the given kind can tell apart, and that answer a counterfactual differently. */
export interface TwoFunctionalModels {
  readonly kind: "two-functional-models";
  /** Over the query's variables and their causes, all 0/1; further variables may behave alike in both. */
  readonly models: readonly [FunctionalModel, FunctionalModel];
  /** What they agree on: the observed law, or the law of every experiment as well. */
  readonly laws: LawsAtHand;
  /** The query's events with their 0/1 values put in. */
  readonly of: readonly Event[];
  readonly given: readonly Event[];
  readonly values: readonly [number, number];
  /** Largest difference between the districts' laws, from which every law at hand is made. */
  readonly gap: number;
}

const mostNodes = 8;
const mostWays = 30_000;
const mostProducts = 200_000;

/**
 * Shows that a counterfactual query is not identified, by two models over 0/1 variables: as `findTwoModels`, with
 * ways of responding in place of conditional laws. Up to 8 relevant variables. `no-two-models` may also mean that with
 * two values a variable the query is determined (the effect of treatment on the treated is, by experiments). Pauses.
 */
export function* twoFunctionalSteps(
  graph: Graph,
  query: OneQuery,
  laws: LawsAtHand,
  rng: Rng = createRng(1),
): Generator<void, TwoFunctionalModels | NoTwoModels | SearchStopped, undefined> {
  const of: readonly Event[] =
    query.kind === "probability"
      ? query.of
      : [{ ...query.of, value: { kind: "constant", value: 1 } }];
  const measured = latentProjection(graph);
  const g = compact(measured);
  const inside = new Set(
    [...closure(g.parents, idsOf(measured, mentioned([...of, ...query.given])))].map(
      (v) => g.names[v] ?? "",
    ),
  );
  if (inside.size > mostNodes) {
    const reason = `More than ${mostNodes} variables bear on the query; two models are looked for up to that number.`;
    return { kind: "search-limit", reason, limit: mostNodes };
  }
  const assignments = assignmentsOf(of, query.given);
  if (assignments === undefined) {
    const reason =
      "The query speaks of more than two values of one variable; two models are looked for among variables with two values.";
    return { kind: "search-limit", reason, limit: 2 };
  }
  const among = measured.edges.filter((edge) => inside.has(edge.from) && inside.has(edge.to));
  const arrows = among.filter((edge) => edge.mark === "->");
  const small = createGraph({
    nodes: measured.nodes.filter((node) => inside.has(node.name)).map((node) => node.name),
    edges: arrows,
  });
  const tied = among.filter((edge) => edge.mark === "<->");
  let cut: SearchStopped | undefined;
  for (let attempt = 0; attempt < 8; attempt++) {
    const kept = attempt % 4 === 3 ? tied : forest(tied, rng);
    const family = functionalFamily(small, kept, responseLimit(small), rng);
    const groups = laws === "experiments" ? tiedGroups(family) : family.districts;
    const rows = lawRows(family, groups, mostProducts);
    if (rows === undefined || rows.length * family.size > 1.5e7) {
      const reason = "More than 200,000 terms make the laws that two models would have to share.";
      cut = { kind: "search-limit", reason, limit: mostProducts };
      continue;
    }
    yield;
    const found = yield* walk({
      size: family.size,
      start: randomPoint(family, rng),
      lawAt: (at) => lawOfRows(family, rows, at),
      targets: targets(family, assignments),
      answerAt: (at, target) => {
        const bottom = chanceOf(family, target.condition, at);
        const top = chanceOf(family, target.both, at);
        const value = top.value / bottom.value;
        const gradient = top.gradient.map(
          (d, i) => (d - value * (bottom.gradient[i] ?? 0)) / bottom.value,
        );
        return { value, gradient };
      },
      margin: 0.004,
    });
    if (found === undefined) continue;
    return {
      kind: "two-functional-models",
      models: [functionalModelAt(family, found.start), functionalModelAt(family, found.end)],
      laws,
      of: found.target.of,
      given: found.target.given,
      values: found.values,
      gap: found.gap,
    };
  }
  return (
    cut ?? {
      kind: "no-two-models",
      reason:
        "With two values a variable no direction was found in which the query changes and the laws at hand do not: the no is for variables of any number of values.",
    }
  );
}

/** Variables of the events, of what is set, and of nested events. */
function mentioned(events: readonly Omit<Event, "value">[]): string[] {
  return events.flatMap((event) => [
    event.variable,
    ...event.do.flatMap(({ variable, to }) => [
      variable,
      ...(to.kind === "counterfactual" ? mentioned([to.event]) : []),
    ]),
  ]);
}

/** So many responses a node that all ways together stay few. */
function responseLimit(graph: Graph): number {
  const g = compact(graph);
  const parents = g.names.map((_, v) => (g.parents.start[v + 1] ?? 0) - (g.parents.start[v] ?? 0));
  let limit = 4;
  for (let more = 6; more <= 16; more += 2) {
    const ways = parents.reduce((total, p) => total * Math.min(more, 2 ** (2 ** p)), 1);
    if (ways <= mostWays) limit = more;
  }
  return limit;
}

/** A random tree that ties each district together. */
function forest(edges: readonly Edge[], rng: Rng): Edge[] {
  const left = [...edges];
  const group = new Map<string, string>();
  const rootOf = (name: string): string => {
    const up = group.get(name) ?? name;
    return up === name ? name : rootOf(up);
  };
  const kept: Edge[] = [];
  while (left.length > 0) {
    const [edge] = left.splice(rng.int(left.length), 1);
    if (edge === undefined) break;
    const [a, b] = [rootOf(edge.from), rootOf(edge.to)];
    if (a === b) continue;
    group.set(a, b);
    kept.push(edge);
  }
  return kept;
}

interface Assigned {
  readonly of: readonly Event[];
  readonly given: readonly Event[];
}

/**
 * The events with 0/1 for every value: constants by their order of mention (0 and 1 for themselves), symbols in every
 * combination in which different symbols of a variable differ. `undefined` for a third value.
 */
function assignmentsOf(of: readonly Event[], given: readonly Event[]): Assigned[] | undefined {
  const symbols = new Map<string, string>();
  const constants = new Map<string, string[]>();
  const note = (variable: string, value: Value): void => {
    if (value.kind === "symbol") symbols.set(value.name, variable);
    else {
      const list = constants.get(variable) ?? constants.set(variable, []).get(variable);
      if (list?.includes(String(value.value)) === false) list.push(String(value.value));
    }
  };
  const visit = (event: Omit<Event, "value">): void => {
    for (const { variable, to } of event.do)
      if (to.kind === "counterfactual") visit(to.event);
      else note(variable, to);
  };
  for (const event of [...of, ...given]) {
    visit(event);
    note(event.variable, event.value);
  }
  for (const [variable, list] of constants) {
    if (list.length > 2) return undefined;
    if (list.every((value) => value === "0" || value === "1")) constants.set(variable, ["0", "1"]);
  }
  const names = [...symbols.keys()];
  const found: Assigned[] = [];
  for (let code = 0; code < 2 ** Math.min(names.length, 5); code++) {
    const chosen = new Map(names.map((name, i) => [name, (code >> i) & 1]));
    const clash = names.some((a, i) =>
      names
        .slice(i + 1)
        .some((b) => symbols.get(a) === symbols.get(b) && chosen.get(a) === chosen.get(b)),
    );
    if (clash) continue;
    const put = (variable: string, value: Value): Value => {
      const level =
        value.kind === "symbol"
          ? (chosen.get(value.name) ?? 0)
          : (constants.get(variable)?.indexOf(String(value.value)) ?? 0);
      return { kind: "constant", value: level };
    };
    const fill = <T extends Omit<Event, "value">>(event: T): T => ({
      ...event,
      do: event.do.map(({ variable, to }) => ({
        variable,
        to:
          to.kind === "counterfactual"
            ? { kind: "counterfactual" as const, event: fill(to.event) }
            : put(variable, to),
      })),
    });
    const whole = (event: Event): Event => ({
      ...fill(event),
      value: put(event.variable, event.value),
    });
    found.push({ of: of.map(whole), given: given.map(whole) });
  }
  return found.length === 0 ? undefined : found;
}

interface Target extends Assigned {
  readonly both: readonly Uint16Array[];
  readonly condition: readonly Uint16Array[];
}

/** For each assignment the ways of responding in which the events hold. */
function* targets(
  family: FunctionalFamily,
  assignments: readonly Assigned[],
): Generator<Target, void, undefined> {
  const counts = family.nodes.map((node) => node.responses.length);
  const total = counts.reduce((product, count) => product * count, 1);
  const id = new Map(family.names.map((name, v) => [name, v]));
  for (const { of, given } of assignments) {
    const both: Uint16Array[] = [];
    const condition: Uint16Array[] = [];
    for (let code = 0; code < total; code++) {
      const way = new Uint16Array(counts.length);
      let rest = code;
      for (const [v, count] of counts.entries()) {
        way[v] = rest % count;
        rest = Math.floor(rest / count);
      }
      const holds = (event: Event): boolean =>
        String(valueIn(family, id, way, event)) ===
        String(event.value.kind === "constant" ? event.value.value : "");
      if (!given.every(holds)) continue;
      condition.push(way);
      if (of.every(holds)) both.push(way);
    }
    yield { of, given, both, condition };
  }
}

/** The value a variable takes in the event's world, when nodes respond in this way. */
function valueIn(
  family: FunctionalFamily,
  id: ReadonlyMap<string, number>,
  way: Uint16Array,
  event: Omit<Event, "value">,
): number {
  const values = new Map<number, number>();
  for (const { variable, to } of event.do) {
    const value =
      to.kind === "counterfactual"
        ? valueIn(family, id, way, to.event)
        : Number(to.kind === "constant" ? to.value : 0);
    values.set(id.get(variable) ?? -1, value);
  }
  const evaluate = (v: number): number => {
    const known = values.get(v);
    if (known !== undefined) return known;
    const node = family.nodes[v];
    const row = (node?.parents ?? []).reduce((at, w) => at * 2 + evaluate(w), 0);
    const value = node?.responses[way[v] ?? 0]?.[row] ?? 0;
    values.set(v, value);
    return value;
  };
  return evaluate(id.get(event.variable) ?? -1);
}
