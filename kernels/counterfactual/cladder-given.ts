import {
  createGraph,
  districts,
  latentProjection,
  parents as parentsOf,
  topologicalNames,
} from "../graph/index.ts";
import type { Graph } from "../graph/index.ts";
import { buildModel } from "./build-model.ts";
import type { VariableSpec } from "./build-model.ts";
import type { KnownValue } from "./bounds.ts";
import type { CladderQuestion } from "./cladder-format.ts";
import { cladderQuery, readParameter, tableRows } from "./cladder-format.ts";
import { bounds } from "./counterfactual.ts";
import { discreteDomain } from "./model.ts";
import type { ConfoundedComponent, StructuralModel } from "./model.ts";

/** What a question's own numbers say, together with the graph. */
export type GivenAnswer =
  | { readonly kind: "value"; readonly value: number; readonly method: string }
  | {
      readonly kind: "bounded";
      readonly lower: number;
      readonly upper: number;
      readonly reason: string;
    }
  | { readonly kind: "insufficient"; readonly reason: string }
  | { readonly kind: "structure"; readonly answer: "yes" | "no"; readonly reason: string };

/** P(V=1 | parents) by the values of the parents, as a lookup. */
interface GivenTable {
  readonly variable: string;
  readonly parents: readonly string[];
  readonly at: (levels: ReadonlyMap<string, number>) => number;
}

/** Shares that are not given are guessed twice, rising and falling with the parents' levels; see `answerFromGiven`. */
const GUESSES: readonly Guess[] = [(mean) => 0.35 + 0.2 * mean, (mean) => 0.8 - 0.25 * mean];

type Guess = (meanOfLevels: number) => number;

/**
 * Answers from the graph and the numbers of the question alone: the graph is projected on the variables that the
 * numbers mention, a model of exactly those numbers is built, and the engine answers or bounds. Shares the numbers
 * leave out are guessed twice; when the two answers differ, the numbers do not suffice.
 */
export function answerFromGiven(
  question: CladderQuestion,
  graph: Graph,
  hidden: ReadonlySet<string>,
): GivenAnswer {
  if (question.type === "det-counterfactual") {
    const reason = "The rules are told in words; the numbers are the evidence only.";
    return { kind: "insufficient", reason };
  }
  const given = question.given as Readonly<Record<string, unknown>>;
  const query = cladderQuery(question)!;
  if (Object.keys(given).some((key) => key.includes("=")))
    return answerFromJoint(question, given, query);
  const tables = averageOut(
    Object.entries(given).map(([key, value]) => readGiven(key, value)),
    hidden,
  );
  if (question.graph === "IV" && question.type === "ate") return boundInstrument(tables, query);
  const names = [...new Set(tables.flatMap(({ variable, parents }) => [variable, ...parents]))];
  const others = graph.nodes.map(({ name }) => name).filter((name) => !names.includes(name));
  const projected = latentProjection(graph, others);
  const asked = simplify(question, graph, query);
  const seen = statistical(question) ? completeOrder(tables) : projected;
  const results = GUESSES.map((guess) => bounds(modelOf(seen, tables, guess), asked));
  const [one, two] = results;
  if (one?.kind === "identified" && two?.kind === "identified") {
    if (Math.abs(one.value - two.value) < 1e-9) {
      return { kind: "value", value: one.value, method: one.method.name };
    }
    return mixtureBounds(question, seen, tables, asked);
  }
  if (one?.kind === "bounded" && two?.kind === "bounded") {
    const same =
      Math.abs(one.value.lower - two.value.lower) + Math.abs(one.value.upper - two.value.upper);
    const reason =
      "The projected graph leaves the joint responses open; sharp bounds by linear program.";
    if (same < 1e-9) return { kind: "bounded", ...one.value, reason };
  }
  return { kind: "insufficient", reason: "The numbers leave the answer open." };
}

/** Rung 1 needs no graph beyond the order in which the numbers condition. */
const statistical = ({ type }: CladderQuestion): boolean =>
  type === "marginal" || type === "exp_away";

/** Any joint distribution factorises along a complete order: what is conditioned on comes first. */
function completeOrder(tables: readonly GivenTable[]): Graph {
  const names = [...new Set(tables.flatMap(({ variable, parents }) => [...parents, variable]))];
  const rank = (name: string): number =>
    tables.find((t) => t.variable === name)?.parents.length ?? 0.5;
  const order = names.toSorted((a, b) => rank(a) - rank(b));
  return createGraph({
    nodes: order,
    edges: order.flatMap((to, i) => order.slice(0, i).map((from) => [from, to] as const)),
  });
}

/** Without a direct edge the whole effect is indirect, and mediators that no number mentions need not be named. */
function simplify(question: CladderQuestion, graph: Graph, query: string): string {
  const { treatment: x, outcome: y } = question;
  const direct = parentsOf(graph, y).includes(x);
  return question.type === "nie" && !direct ? `ATE(${x} -> ${y})` : query;
}

function readGiven(key: string, value: unknown): GivenTable {
  const { variable, parents } = readParameter(key);
  const rows = new Map(
    tableRows(parents.length, value).map((row) => [row.when.join(), row.probabilities[0]!]),
  );
  return {
    variable,
    parents,
    at: (levels) => rows.get(parents.map((p) => levels.get(p)!).join())!,
  };
}

/** Replaces p(V | …, U), p(U) by p(V | …) for an unobserved root U that no other number mentions. */
function averageOut(
  tables: readonly GivenTable[],
  hidden: ReadonlySet<string>,
): readonly GivenTable[] {
  let left = tables;
  for (const u of hidden) {
    const own = left.find(({ variable, parents }) => variable === u && parents.length === 0);
    const readers = left.filter(({ parents }) => parents.includes(u));
    if (own === undefined || readers.length !== 1) continue;
    const [reader] = readers as [GivenTable];
    const share = own.at(new Map());
    const averaged: GivenTable = {
      variable: reader.variable,
      parents: reader.parents.filter((p) => p !== u),
      at: (levels) =>
        share * reader.at(new Map([...levels, [u, 1]])) +
        (1 - share) * reader.at(new Map([...levels, [u, 0]])),
    };
    left = left.flatMap((table) => (table === own ? [] : table === reader ? [averaged] : [table]));
  }
  return left;
}

/** The model that the numbers make of a graph over the variables they mention. */
function modelOf(graph: Graph, tables: readonly GivenTable[], guess: Guess): StructuralModel {
  const order = topologicalNames(graph);
  const tableOf = (name: string): GivenTable =>
    tables.find(({ variable }) => variable === name) ?? guessed(name);
  const guessed = (name: string): GivenTable => ({
    variable: name,
    parents: parentsOf(graph, name),
    at: (levels) => {
      const own = parentsOf(graph, name).map((p) => levels.get(p) ?? 0);
      const share = own.reduce((a, b) => a + b, 0) / Math.max(1, own.length);
      return guess(share);
    },
  });
  const components: ConfoundedComponent[] = [];
  const variables: VariableSpec[] = [];
  for (const district of districts(graph)) {
    const members = order.filter((name) => district.includes(name));
    if (members.length === 1) {
      const [name] = members as [string];
      const parents = parentsOf(graph, name);
      const table = tableOf(name);
      const rows = configurations(parents).map((levels) => ({
        when: parents.map((p) => levels.get(p)!),
        probabilities: [table.at(levels)],
      }));
      variables.push({ name, mechanism: { kind: "table", parents, rows } });
      continue;
    }
    const component = components.length;
    const outside = order.filter(
      (name) => !members.includes(name) && members.some((m) => parentsOf(graph, m).includes(name)),
    );
    const all = [...outside, ...members];
    const probabilities = Float64Array.from(configurations(all), (levels) =>
      members.reduce((product, name) => {
        const p = tableOf(name).at(levels);
        return product * (levels.get(name) === 1 ? p : 1 - p);
      }, 1),
    );
    components.push({ variables: members, parents: outside, probabilities });
    for (const name of members) {
      const mechanism = { kind: "confounded", component } as const;
      const domain = discreteDomain(2);
      variables.push({
        name,
        mechanism: { kind: "ready", parents: parentsOf(graph, name), mechanism, domain },
      });
    }
  }
  return buildModel({ variables, components });
}

function configurations(names: readonly string[]): readonly ReadonlyMap<string, number>[] {
  return Array.from(
    { length: 2 ** names.length },
    (_, index) =>
      new Map(names.map((name, i) => [name, Math.floor(index / 2 ** (names.length - 1 - i)) % 2])),
  );
}

/** P(X=1), P(Y=1, X=0), P(Y=1, X=1): the whole joint of two variables. */
function answerFromJoint(
  question: CladderQuestion,
  given: Readonly<Record<string, unknown>>,
  query: string,
): GivenAnswer {
  const { treatment: x, outcome: y } = question;
  const [px, y0, y1] = [`P(${x}=1)`, `P(${y}=1, ${x}=0)`, `P(${y}=1, ${x}=1)`].map(
    (key) => given[key],
  );
  if (typeof px !== "number" || typeof y0 !== "number" || typeof y1 !== "number") {
    return { kind: "insufficient", reason: "The numbers are about the structure only." };
  }
  const model = buildModel({
    variables: [
      {
        name: x,
        mechanism: { kind: "table", parents: [], rows: [{ when: [], probabilities: [px] }] },
      },
      {
        name: y,
        mechanism: { kind: "table", parents: [x], rows: tableRows(1, [y0 / (1 - px), y1 / px]) },
      },
    ],
  });
  const result = bounds(model, query);
  return result.kind === "identified"
    ? { kind: "value", value: result.value, method: result.method.name }
    : { kind: "insufficient", reason: "The joint leaves the answer open." };
}

/** Margins of treatment and outcome by instrument bound the effect (Balke & Pearl 1997, with margins only). */
function boundInstrument(tables: readonly GivenTable[], query: string): GivenAnswer {
  const instrument = tables[0]!.parents[0]!;
  const model = buildModel({
    variables: [
      {
        name: instrument,
        mechanism: { kind: "table", parents: [], rows: [{ when: [], probabilities: [0.5] }] },
      },
      ...["X", "Y"].map((name): VariableSpec => ({
        name,
        mechanism: {
          kind: "ready",
          parents: name === "X" ? [instrument] : ["X"],
          mechanism: { kind: "confounded", component: 0 },
          domain: discreteDomain(2),
        },
      })),
    ],
    components: [{ variables: ["X", "Y"], parents: [instrument] }],
  });
  const known = tables.flatMap((table): readonly KnownValue[] =>
    [0, 1].map((z) => ({
      query: `P(${table.variable}=1 | ${instrument}=${z})`,
      value: table.at(new Map([[instrument, z]])),
    })),
  );
  const result = bounds(model, query, known);
  const reason =
    "An instrument bounds the effect; the ratio of Wald is the effect only in additive models.";
  if (result.kind === "bounded") return { kind: "bounded", ...result.value, reason };
  return { kind: "insufficient", reason };
}

/**
 * When one share is missing the answer is a mean over it, so it lies between the answers for 0 and 1 and all between.
 * Taken over a grid of shares close to the ends; the value is monotone in one share of a ratio of bilinear forms.
 */
function mixtureBounds(
  question: CladderQuestion,
  graph: Graph,
  tables: readonly GivenTable[],
  query: string,
): GivenAnswer {
  const reason = `The numbers leave out a share that ${question.type} is averaged over.`;
  const missing = topologicalNames(graph).filter(
    (name) => !tables.some(({ variable }) => variable === name),
  );
  let lower = Infinity;
  let upper = -Infinity;
  for (const corner of corners(graph, missing)) {
    const filled = [...tables, ...missing.map((name) => corner(name))];
    const result = bounds(
      modelOf(graph, filled, () => 0.5),
      query,
    );
    if (result.kind !== "identified") continue;
    lower = Math.min(lower, result.value);
    upper = Math.max(upper, result.value);
  }
  return lower <= upper
    ? { kind: "bounded", lower, upper, reason }
    : { kind: "insufficient", reason };
}

/** Missing tables at their extremes: every row nearly 0 or nearly 1. */
function corners(
  graph: Graph,
  missing: readonly string[],
): readonly ((name: string) => GivenTable)[] {
  const rows = missing.flatMap((name) =>
    configurations(parentsOf(graph, name)).map((levels) => ({ name, levels })),
  );
  return Array.from({ length: 2 ** rows.length }, (_, index) => (name: string): GivenTable => {
    const parents = parentsOf(graph, name);
    const values = new Map<string, number>();
    rows.forEach((row, i) => {
      if (row.name !== name) return;
      const high = Math.floor(index / 2 ** i) % 2 === 1;
      values.set(parents.map((p) => row.levels.get(p)).join(), high ? 1 - 1e-12 : 1e-12);
    });
    return {
      variable: name,
      parents,
      at: (levels) => values.get(parents.map((p) => levels.get(p)).join())!,
    };
  });
}
