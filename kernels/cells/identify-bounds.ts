import { UserError } from "../../app/errors.ts";
import { type Claim, unitAssumptions } from "../../app/claim.ts";
import type { Report } from "../../app/protocol/report.ts";
import { type Column, columnOf, type Table } from "../data/table.ts";
import { ancestors, type Graph, latentProjection } from "../graph/index.ts";
import {
  asInterventional,
  type Bounds,
  bounds,
  formatQuery,
  identify,
  type JointTable,
  jointTable,
  type Level,
  parseQuery,
  type Query,
} from "../identify/index.ts";
import { count, formatInterval, formatNumber } from "./format.ts";

const mostLevels = 12;
const mostCells = 200_000;

/** The range that a table's frequencies leave for a query, as a value and its report. */
export function boundsFromTable(
  graph: Graph,
  text: string,
  table: Table,
  tableName: string,
): { readonly value: Bounds; readonly report: Report } {
  const measured = latentProjection(graph);
  const query = parseQuery(
    text,
    graph.nodes.map((node) => node.name),
  );
  const { claim } = identify(graph, query, { strategies: false, derivation: false });
  const names = ancestors(measured, variablesOf(query));
  const hidden = measured.nodes.filter((node) => !names.includes(node.name));
  const part = latentProjection(
    measured,
    hidden.map((node) => node.name),
  );
  const { joint, n } = frequencies(table, names);
  const value = bounds(part, query, joint);
  const named = value.kind === "bounds" || value.kind === "point" ? treatmentsOf(query) : [];
  const bounded: Claim = {
    ...claim,
    assumptions: [
      ...claim.assumptions.filter(
        ({ kind }) => kind !== "consistency" && kind !== "no-interference",
      ),
      ...unitAssumptions(named),
    ],
    status:
      value.kind === "bounds" ? "bounded" : value.kind === "point" ? "identified" : "not-certified",
  };
  return { value, report: reportOf(value, formatQuery(query), tableName, n, bounded) };
}

function variablesOf(query: Query): string[] {
  if (query.kind === "difference") return [...variablesOf(query.left), ...variablesOf(query.right)];
  const simple = asInterventional(query);
  if (simple === undefined) return [];
  return [...simple.outcome, ...simple.treatment];
}

function treatmentsOf(query: Query): string[] {
  if (query.kind === "difference")
    return [...treatmentsOf(query.left), ...treatmentsOf(query.right)];
  return [...(asInterventional(query)?.treatment ?? [])];
}

function reportOf(
  value: Bounds,
  query: string,
  tableName: string,
  n: number,
  claim: Claim,
): Report {
  const footer = {
    kind: "facts" as const,
    footer: true as const,
    facts: [{ label: "rows of", value: `${tableName}: ${formatNumber(n)}` }],
  };
  switch (value.kind) {
    case "point":
      return {
        summary: `${query} = ${formatNumber(value.value)} at the frequencies of ${tableName}.`,
        claim,
        blocks: [{ kind: "stat", label: query, value: formatNumber(value.value) }, footer],
      };
    case "bounds": {
      const method =
        value.method === "manski"
          ? `Manski’s bounds, which use no graph: a narrower range may follow from it. ${value.limited ?? ""}`.trim()
          : `A linear program over ${count(value.columns ?? 0, "combination")} of ways to respond.`;
      return {
        summary: `${query} lies in ${formatInterval(value.lower, value.upper)} at the frequencies of ${tableName}. ${method}`,
        claim,
        blocks: [
          {
            kind: "stat",
            label: query,
            value: formatInterval(value.lower, value.upper),
            note: "at the table’s frequencies; sampling error comes on top",
          },
          { kind: "text", text: method },
          footer,
        ],
      };
    }
    case "contradiction":
      return {
        summary: `${value.text} Violation: ${formatNumber(value.violation, 2)}.`,
        claim,
        blocks: [
          {
            kind: "notice",
            tone: "warning",
            title: "These frequencies contradict the graph",
            text: `${value.text} They would have to change by ${formatNumber(value.violation, 2)} in all.`,
          },
          footer,
        ],
      };
    case "not-certified":
      return {
        summary: value.reason,
        claim,
        blocks: [{ kind: "notice", tone: "answer", title: "No bounds", text: value.reason }],
      };
  }
}

function frequencies(
  table: Table,
  names: readonly string[],
): { readonly joint: JointTable; readonly n: number } {
  const columns = names.map((name) => columnOf(table, name));
  const rows: number[] = [];
  for (let i = 0; i < table.n; i++)
    if (columns.every((column) => column.missing?.[i] !== 1)) rows.push(i);
  if (rows.length === 0) {
    throw new UserError({
      code: "no-complete-rows",
      message: `No row of the table has all of ${names.join(", ")}.`,
      expected: "rows without missing values in these columns",
    });
  }
  const levels = columns.map((column) => levelsOf(column, rows));
  const cells = levels.reduce((total, list) => total * list.length, 1);
  if (cells > mostCells) {
    throw new UserError({
      code: "too-many-cells",
      message: `The joint law of ${names.join(", ")} has ${cells} cells.`,
      value: cells,
      expected: `at most ${mostCells}`,
      hint: "Leave variables out of the graph or group their values.",
    });
  }
  const data = new Float64Array(cells);
  const index = levels.map((list) => new Map(list.map((level, i) => [level, i])));
  for (const i of rows) {
    let cell = 0;
    for (const [k, column] of columns.entries()) {
      cell = cell * (levels[k]?.length ?? 1) + (index[k]?.get(levelAt(column, i)) ?? 0);
    }
    data[cell] = (data[cell] ?? 0) + 1 / rows.length;
  }
  const variables = names.map((name, k) => ({ name, levels: levels[k] ?? [] }));
  return { joint: jointTable(variables, data), n: rows.length };
}

function levelAt(column: Column, i: number): Level {
  if (column.type === "category") return column.levels[column.codes[i] ?? -1] ?? "";
  if (column.type === "text") return column.texts[i] ?? "";
  return column.values[i] ?? Number.NaN;
}

function levelsOf(column: Column, rows: readonly number[]): readonly Level[] {
  const found = new Set(rows.map((i) => levelAt(column, i)));
  if (found.size > mostLevels) {
    throw new UserError({
      code: "not-discrete",
      message: `${column.name} has ${found.size} values.`,
      value: column.name,
      expected: `at most ${mostLevels} values: bounds are for discrete variables`,
      hint: "Group its values in a data cell first.",
    });
  }
  const list = [...found];
  return list.every((level) => typeof level === "number") ? list.sort((a, b) => a - b) : list;
}
