import type { Block, Report, TableBlock } from "../../app/protocol/report.ts";
import type { Work } from "../../app/work.ts";
import type { Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/index.ts";
import {
  bounds,
  type DiscreteModel,
  formatQuery,
  type FunctionalModel,
  functionalLaw,
  type JointTable,
  type NotIdentified,
  type OtherLaws,
  type Query,
  truncatedFactorisation,
  type TwoFunctionalModels,
  type TwoModels,
  twoModelsFor,
} from "../identify/index.ts";
import { formatNumber, listing } from "./format.ts";

const milliseconds = 20_000;

/** The two models that show a "no", with the bounds that their common law leaves; or why none are shown. */
export async function twoModelsReport(
  graph: Graph,
  result: NotIdentified,
  work: Work,
  laws?: OtherLaws,
): Promise<Report> {
  const shown = await twoModelsFor(graph, result, {
    work,
    milliseconds,
    ...(laws === undefined ? {} : { laws }),
  });
  switch (shown.kind) {
    case "two-models":
      return interventional(graph, shown);
    case "two-functional-models":
      return functional(shown);
    default:
      return {
        summary: `No two models are shown. ${shown.reason}`,
        blocks: [
          {
            kind: "notice",
            tone: "info",
            title:
              shown.kind === "search-limit"
                ? "Two models were not looked for any further"
                : "Two models were not found",
            text: `${shown.reason} The verdict does not rest on them${proofOf(result, laws)}.`,
          },
        ],
      };
  }
}

function proofOf(result: NotIdentified, laws: OtherLaws | undefined): string {
  if (result.hedge !== undefined) return ": the hedge is its proof";
  return laws === undefined
    ? ""
    : ": the procedure finds every formula there is for such laws (Lee, Correa & Bareinboim 2019, 2020)";
}

function interventional(graph: Graph, shown: TwoModels): Report {
  const laws = [
    truncatedFactorisation(shown.models[0]),
    truncatedFactorisation(shown.models[1]),
  ] as const;
  const query = queryOf(shown);
  return {
    summary: summaryOf(formatQuery(query), shown.values, shown.gap),
    blocks: [
      ...(shown.laws === undefined
        ? answers(formatQuery(query), shown.values, boundsAt(graph, query, shown, laws[0]))
        : answers(formatQuery(query), shown.values, undefined, listing(shown.laws))),
      {
        kind: "details",
        title: "The two models: what the data would show, and what makes them",
        blocks: [
          lawTable(laws, shown.gap),
          {
            kind: "table",
            caption: "How each variable comes about",
            columns: [
              { label: "P(… = 1 | causes)" },
              { label: "model A", align: "right" },
              { label: "model B", align: "right" },
            ],
            rows: mechanisms(shown.models),
          },
          ...(shown.away === undefined ? [] : [elsewhere(shown.models, shown.away)]),
        ],
      },
    ],
  };
}

/** What comes about otherwise in the source populations. */
function elsewhere(here: TwoModels["models"], away: TwoModels["models"]): TableBlock {
  const names = Object.keys(here[0].tables).filter(
    (name) =>
      JSON.stringify(here.map((model) => [...(model.tables[name]?.probabilities ?? [])])) !==
      JSON.stringify(away.map((model) => [...(model.tables[name]?.probabilities ?? [])])),
  );
  const only = (model: DiscreteModel): DiscreteModel => ({
    ...model,
    tables: Object.fromEntries(
      Object.entries(model.tables).filter(([name]) => names.includes(name)),
    ),
  });
  return {
    kind: "table",
    caption: "What comes about otherwise in the population studied",
    columns: [
      { label: "P(… = 1 | causes)" },
      { label: "model A", align: "right" },
      { label: "model B", align: "right" },
    ],
    rows: mechanisms([only(away[0]), only(away[1])]),
  };
}

function functional(shown: TwoFunctionalModels): Report {
  const query = formatQuery({ kind: "probability", of: shown.of, given: shown.given });
  const laws = [functionalLaw(shown.models[0]), functionalLaw(shown.models[1])] as const;
  const share =
    shown.laws === "experiments" ? "the observed law and every experiment" : "the observed law";
  return {
    summary: summaryOf(query, shown.values, shown.gap),
    blocks: [
      ...answers(query, shown.values, undefined, share),
      {
        kind: "details",
        title: "The two models: what the data would show, and how units respond",
        blocks: [lawTable(laws, shown.gap), responses(shown.models)],
      },
    ],
  };
}

function summaryOf(query: string, values: readonly [number, number], gap: number): string {
  return `Two models of this graph agree on the data (to ${formatNumber(Math.max(gap, 1e-16), 2)}) and differ in ${query}: ${formatNumber(values[0])} against ${formatNumber(values[1])}.`;
}

function answers(
  query: string,
  values: readonly [number, number],
  range: string | undefined,
  share = "the observed law",
): readonly Block[] {
  return [
    { kind: "heading", text: "Two models that no such data can tell apart" },
    {
      kind: "columns",
      columns: values.map((value, i) => [
        {
          kind: "stat" as const,
          label: `model ${i === 0 ? "A" : "B"}: ${query}`,
          value: formatNumber(value),
        },
      ]),
    },
    {
      kind: "text",
      text: `Both fit this graph and share ${share} to the tenth decimal, so no sample of any size decides between them.${range ?? ""}`,
    },
  ];
}

function queryOf({ outcome, setting, given }: TwoModels): Query {
  const value = (level: number): { kind: "constant"; value: number } => ({
    kind: "constant",
    value: level,
  });
  const act = Object.entries(setting).map(([variable, level]) => ({ variable, to: value(level) }));
  const event = ([variable, level]: [string, number]) => ({
    variable,
    value: value(level),
    do: act,
  });
  return {
    kind: "probability",
    of: Object.entries(outcome).map(event),
    given: Object.entries(given).map(event),
  };
}

/** What the graph leaves open about the query at the two models' common law. */
function boundsAt(
  graph: Graph,
  query: Query,
  shown: TwoModels,
  law: JointTable,
): string | undefined {
  const names = law.variables.map((variable) => variable.name);
  if (Object.keys(shown.given).length > 0 || names.length > 5) return undefined;
  const others = graph.nodes
    .filter((node) => !node.latent && !names.includes(node.name))
    .map((node) => node.name);
  const range = bounds(latentProjection(latentProjection(graph), others), query, law);
  if (range.kind !== "bounds") return undefined;
  const method =
    range.method === "manski"
      ? "Manski’s bounds, which use no graph"
      : "a linear program over all ways of responding";
  return ` With that law, ${formatQuery(query)} may be anything from **${formatNumber(range.lower)}** to **${formatNumber(range.upper)}** (${method}).`;
}

const mostCells = 32;

function lawTable(laws: readonly [JointTable, JointTable], gap: number): TableBlock {
  const [a, b] = laws;
  const names = a.variables.map((variable) => variable.name);
  const cells = a.probabilities.length;
  const rows = Array.from(a.probabilities.slice(0, mostCells), (p, cell) => [
    ...names.map((_, i) => String((cell >> (names.length - 1 - i)) & 1)),
    decimals(p),
    decimals(b.probabilities[cell] ?? Number.NaN),
  ]);
  const more = cells > mostCells ? ` The first ${mostCells} of ${cells} rows.` : "";
  return {
    kind: "table",
    caption: `What the data show in both: the largest difference is ${formatNumber(Math.max(gap, 1e-16), 2)}.${more}`,
    columns: [
      ...names.map((label) => ({ label })),
      { label: "P in A", align: "right" },
      { label: "P in B", align: "right" },
    ],
    rows,
  };
}

const decimals = (p: number): string => p.toFixed(10).replace(/^(-?0\.\d{4})(\d+)$/u, "$1\u202f$2");

const mostRows = 64;

function mechanisms([a, b]: readonly [DiscreteModel, DiscreteModel]): string[][] {
  const rows: string[][] = [];
  for (const [name, table] of Object.entries(a.tables)) {
    const other = b.tables[name];
    const combinations = table.probabilities.length / table.levels;
    for (let row = 0; row < combinations && rows.length < mostRows; row++) {
      const causes = table.parents.map(
        (parent, i) => `${parent}=${(row >> (table.parents.length - 1 - i)) & 1}`,
      );
      rows.push([
        `${name}${causes.length === 0 ? "" : ` | ${causes.join(", ")}`}`,
        formatNumber(table.probabilities[row * 2 + 1] ?? Number.NaN),
        formatNumber(other?.probabilities[row * 2 + 1] ?? Number.NaN),
      ]);
    }
  }
  return rows;
}

function responses([a, b]: readonly [FunctionalModel, FunctionalModel]): TableBlock {
  const rows: string[][] = [];
  for (const [name, mechanism] of Object.entries(a.mechanisms)) {
    const other = b.mechanisms[name];
    const k = mechanism.responses.length;
    for (let at = 0; at < mechanism.probabilities.length && rows.length < mostRows; at++) {
      const [response, row] = [mechanism.responses[at % k] ?? [], Math.floor(at / k)];
      const causes = mechanism.causes.map(
        (cause, i) => `${cause}: ${(row >> (mechanism.causes.length - 1 - i)) & 1}`,
      );
      rows.push([
        name,
        responseText(mechanism.parents, response),
        causes.join(", "),
        formatNumber(mechanism.probabilities[at] ?? Number.NaN),
        formatNumber(other?.probabilities[at] ?? Number.NaN),
      ]);
    }
  }
  return {
    kind: "table",
    caption: "How units respond: shares of units by what the variable does with its causes",
    columns: [
      { label: "variable" },
      { label: "response" },
      { label: "shared unmeasured cause" },
      { label: "in A", align: "right" },
      { label: "in B", align: "right" },
    ],
    rows,
  };
}

/** `always 1`, `as x`, `opposite of x`, else the outputs by the parents' values. */
function responseText(parents: readonly string[], response: readonly number[]): string {
  if (response.every((value) => value === response[0])) return `always ${response[0]}`;
  if (parents.length === 1)
    return response[0] === 0 ? `as ${parents[0]}` : `opposite of ${parents[0]}`;
  const on = response.flatMap((value, row) =>
    value === 1
      ? [parents.map((_, i) => String((row >> (parents.length - 1 - i)) & 1)).join("")]
      : [],
  );
  return `1 at ${parents.join("")} = ${on.join(", ")}`;
}
