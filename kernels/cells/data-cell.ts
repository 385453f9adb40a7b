import type { CellProgram } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import type { ColumnDeclaration } from "../data/cells.ts";
import { isMissing, selectColumns, selectRows, takeRows } from "../data/select.ts";
import { type Column, type ColumnType, columnOf, numbersOf, type Table } from "../data/table.ts";
import { reportBundle, displayable } from "../output/display.ts";
import { dataReport } from "./data-report.ts";
import { type CellKind, type KernelHost, outputName, parsing } from "./kind.ts";
import {
  type Clause,
  clausesOf,
  evaluateArgument,
  parseCalls,
  parseName,
  type Statement,
  statementsOf,
} from "./language.ts";

const KEYWORDS = ["else", "where", "types", "missing", "keep", "drop", "repeat"] as const;
type Clauses = ReturnType<typeof clausesOf<(typeof KEYWORDS)[number]>>;

/**
 * `data = "file.csv"` reads an attachment; `data = table` with comma-separated lines below is typed in. Clauses:
 * `else other` (a table to fall back on when the file is not here), `types qsmk(boolean)`, `missing (-9)`,
 * `where age > 30 and wt82 is not missing`, `keep (a, b)`, `drop (a)`, `repeat n` (rows counted by a column).
 */
export const dataCell: CellKind = {
  kind: "data",
  parse: (cell, host) =>
    parsing(cell.source, () => {
      const { head, body } = splitInline(cell.source);
      const [statement, second] = statementsOf(head);
      if (statement === undefined) {
        throw new UserError({
          code: "data-empty",
          message: "A data cell names a file or holds a table.",
          expected: 'e.g. data = "survey.csv", or data = table: with comma-separated lines below',
          place: { start: 0, end: 1 },
        });
      }
      if (second !== undefined) {
        throw new UserError({
          code: "data-one-table",
          message: "A data cell makes one table.",
          value: second.body.slice(0, 40),
          expected: "one statement; indent its continuation lines",
          hint: "Put the second table in a data cell of its own.",
          place: { start: second.start, end: second.start + second.body.length },
        });
      }
      return dataProgram(statement, body, statement.name ?? outputName(cell, "data"), host);
    }),
};

interface Source {
  readonly kind: "file" | "inline" | "variable";
  readonly name: string;
}

function dataProgram(
  statement: Statement,
  inline: string | undefined,
  name: string,
  host: KernelHost,
): CellProgram {
  const clauses = clausesOf(statement, KEYWORDS, { missing: /^\s*\(/u });
  const source = sourceOf(clauses[""], inline);
  const fallback =
    clauses.else === undefined ? undefined : parseName(clauses.else, "a table's name");
  const steps = stepsOf(clauses);
  const inputs = [
    ...(source.kind === "variable" ? [source.name] : []),
    ...(fallback === undefined ? [] : [fallback]),
  ];
  return {
    inputs,
    outputs: [name],
    diagnostics: [],
    run: async (values, context) => {
      const { table, note } = await load(source, inline, steps, host, fallback, values);
      const { table: shaped, dropped } = shape(table, steps);
      const report = dataReport(shaped, dropped, note);
      context.display(displayable(reportBundle(report)));
      return {
        values: { [name]: shaped },
        claim: { rung: 1, query: `the rows of ${name}`, status: "association", assumptions: [] },
      };
    },
  };
}

/** `table …:` on the first line makes everything below it the table's text. */
function splitInline(source: string): { head: string; body?: string } {
  const match = /^[^\n]*?(?:=\s*)?\btable\b[^\n]*?:[ \t]*(?:\n|$)/u.exec(source);
  if (match === null || /["']/u.test(match[0])) return { head: source };
  return { head: match[0].replace(/:[ \t]*\n?$/u, ""), body: source.slice(match[0].length) };
}

function sourceOf(clause: Clause | undefined, inline: string | undefined): Source {
  const text = clause?.text ?? "";
  const quoted = /^(?:"([^"]+)"|'([^']+)')$/u.exec(text);
  if (quoted !== null) return { kind: "file", name: quoted[1] ?? quoted[2] ?? "" };
  if (text === "table") {
    if (inline !== undefined) return { kind: "inline", name: "the cell" };
    throw new UserError({
      code: "data-table-without-rows",
      message: 'After "table" comes a colon, and the rows on the lines below.',
      value: text,
      expected: "table:",
      place: { start: clause?.start ?? 0, end: (clause?.start ?? 0) + text.length },
    });
  }
  if (clause !== undefined && /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(text)) {
    return { kind: "variable", name: text };
  }
  throw new UserError({
    code: "data-source",
    message:
      text === "" ? "It is not said where the data come from." : `"${text}" is no source of data.`,
    value: text,
    expected: 'a file name in quotes, "table:" with rows below, or another table\'s name',
    place: { start: clause?.start ?? 0, end: (clause?.start ?? 0) + Math.max(1, text.length) },
  });
}

interface Steps {
  readonly declare: Readonly<Record<string, ColumnDeclaration>>;
  readonly missing: readonly (string | number)[];
  readonly where: readonly Condition[];
  readonly keep?: readonly string[];
  readonly drop: readonly string[];
  readonly repeat?: string;
}

const TYPES: readonly ColumnType[] = ["number", "integer", "boolean", "category", "text", "date"];

function stepsOf(clauses: Clauses): Steps {
  return {
    declare: clauses.types === undefined ? {} : declarationsOf(clauses.types),
    missing: clauses.missing === undefined ? [] : missingOf(clauses.missing),
    where: clauses.where === undefined ? [] : conditionsOf(clauses.where),
    ...(clauses.keep === undefined ? {} : { keep: namesOf(clauses.keep) }),
    drop: clauses.drop === undefined ? [] : namesOf(clauses.drop),
    ...(clauses.repeat === undefined ? {} : { repeat: columnName(clauses.repeat) }),
  };
}

/** `qsmk(type: "boolean"), race(levels: ["white", "black"], unit: "…")`. */
function declarationsOf(clause: Clause): Record<string, ColumnDeclaration> {
  const declared: Record<string, ColumnDeclaration> = {};
  for (const call of parseCalls(clause)) {
    const options = Object.fromEntries(
      call.options.map(({ name, value, start }) => {
        const literal = evaluateArgument(value, {});
        if (name === "type" && !TYPES.includes(literal as ColumnType)) {
          throw new UserError({
            code: "data-column-type",
            message: `There is no column type ${JSON.stringify(literal)}.`,
            value: literal,
            expected: TYPES.map((type) => `"${type}"`).join(", "),
            place: { start, end: start + name.length },
          });
        }
        return [name, literal];
      }),
    );
    declared[call.name] = options;
  }
  return declared;
}

function missingOf(clause: Clause): readonly (string | number)[] {
  const [call] = parseCalls({ text: `m(v: [${unbracket(clause.text)}])`, start: clause.start - 6 });
  const value = call?.options[0]?.value;
  return value === undefined ? [] : (evaluateArgument(value, {}) as (string | number)[]);
}

function namesOf(clause: Clause): readonly string[] {
  return unbracket(clause.text)
    .split(",")
    .map((name) => unquote(name.trim()))
    .filter((name) => name !== "");
}

function columnName(clause: Clause): string {
  return unquote(clause.text);
}

function unbracket(text: string): string {
  return text.startsWith("(") && text.endsWith(")") ? text.slice(1, -1) : text;
}

function unquote(text: string): string {
  return /^"[^"]*"$|^'[^']*'$/u.test(text) ? text.slice(1, -1) : text;
}

interface Condition {
  readonly column: string;
  readonly operator: "=" | "!=" | "<" | "<=" | ">" | ">=" | "is missing" | "is not missing";
  readonly value?: string;
}

function conditionsOf(clause: Clause): readonly Condition[] {
  let at = 0;
  return clause.text.split(/\s+and\s+/u).map((part) => {
    const start = clause.start + clause.text.indexOf(part, at);
    at = start - clause.start + part.length;
    const missing = /^(.+?)\s+is\s+(not\s+)?missing$/u.exec(part.trim());
    if (missing !== null) {
      return {
        column: unquote(missing[1] ?? ""),
        operator: missing[2] === undefined ? "is missing" : "is not missing",
      };
    }
    const compared = /^(.+?)\s*(<=|>=|!=|==|=|<|>)\s*(.+)$/u.exec(part.trim());
    if (compared === null) {
      throw new UserError({
        code: "data-condition",
        message: `"${part.trim()}" is no condition on a column.`,
        value: part.trim(),
        expected: 'e.g. age > 30, sex = "female", or weight is not missing; joined by and',
        place: { start, end: start + part.length },
      });
    }
    const operator = compared[2] === "==" ? "=" : compared[2];
    return {
      column: unquote(compared[1] ?? ""),
      operator: operator as Condition["operator"],
      value: unquote(compared[3] ?? ""),
    };
  });
}

async function load(
  source: Source,
  inline: string | undefined,
  steps: Steps,
  host: KernelHost,
  fallback: string | undefined,
  values: Readonly<Record<string, unknown>>,
): Promise<{ table: Table; note?: string }> {
  if (source.kind === "variable") return { table: asTable(values[source.name], source.name) };
  const { readTable } = await import("../data/read.ts");
  const options = { declare: steps.declare, missing: steps.missing };
  if (source.kind === "inline") {
    const text = (inline ?? "").replace(/[ \t]*,[ \t]*/gu, ",").replace(/^[ \t]+/gmu, "");
    return { table: readTable(text, { ...options, name: "the cell's table", format: "csv" }) };
  }
  const bytes = await host.attachment(source.name);
  if (bytes !== undefined) return { table: readTable(bytes, { ...options, name: source.name }) };
  if (fallback !== undefined) {
    return {
      table: asTable(values[fallback], fallback),
      note: `${source.name} is not attached; these rows come from ${fallback}.`,
    };
  }
  const names = host.attachmentNames();
  throw new UserError({
    code: "no-such-attachment",
    message: `No file "${source.name}" is attached to this notebook.`,
    value: source.name,
    expected:
      names.length === 0 ? "an attached file; there is none yet" : `one of ${names.join(", ")}`,
    hint: "Drop the file onto the notebook, or add a known data set with: dagbok data add NAME.",
  });
}

function asTable(value: unknown, name: string): Table {
  if (typeof value === "object" && value !== null && (value as Table).kind === "table") {
    return value as Table;
  }
  throw new UserError({
    code: "not-a-table",
    message: `${name} is not a table.`,
    value,
    expected: "a table from a data or simulate cell, or from tableOf(…)",
  });
}

function shape(table: Table, steps: Steps): { table: Table; dropped: number } {
  let shaped = table;
  let dropped = 0;
  for (const condition of steps.where) {
    const keep = predicate(columnOf(shaped, condition.column), condition);
    const selection = selectRows(shaped, keep);
    shaped = selection.table;
    dropped += selection.dropped;
  }
  if (steps.repeat !== undefined) shaped = repeatRows(shaped, steps.repeat);
  if (steps.keep !== undefined) shaped = selectColumns(shaped, steps.keep);
  if (steps.drop.length > 0) {
    for (const name of steps.drop) columnOf(shaped, name);
    shaped = { ...shaped, columns: shaped.columns.filter((c) => !steps.drop.includes(c.name)) };
  }
  return { table: shaped, dropped };
}

function predicate(column: Column, condition: Condition): (row: number) => boolean {
  if (condition.operator === "is missing") return (row) => isMissing(column, row);
  if (condition.operator === "is not missing") return (row) => !isMissing(column, row);
  const wanted = condition.value ?? "";
  if (column.type === "category" || column.type === "text") {
    const textAt = (row: number): string =>
      column.type === "text"
        ? (column.texts[row] ?? "")
        : (column.levels[column.codes[row] ?? -1] ?? "");
    if (condition.operator === "=")
      return (row) => !isMissing(column, row) && textAt(row) === wanted;
    if (condition.operator === "!=")
      return (row) => !isMissing(column, row) && textAt(row) !== wanted;
    throw new UserError({
      code: "data-condition-on-text",
      message: `Column "${column.name}" holds ${column.type === "text" ? "text" : "categories"}: it has no order.`,
      value: condition.operator,
      expected: "= or !=",
    });
  }
  const value = numericValue(wanted, column);
  const compare: Record<string, (x: number) => boolean> = {
    "=": (x) => x === value,
    "!=": (x) => x !== value,
    "<": (x) => x < value,
    "<=": (x) => x <= value,
    ">": (x) => x > value,
    ">=": (x) => x >= value,
  };
  const test = compare[condition.operator] ?? (() => false);
  return (row) => !isMissing(column, row) && test(column.values[row] ?? Number.NaN);
}

function numericValue(text: string, column: Column): number {
  if (column.type === "boolean" && (text === "true" || text === "false"))
    return text === "true" ? 1 : 0;
  const value = column.type === "date" ? Date.parse(text) : Number(text);
  if (!Number.isNaN(value) && text !== "") return value;
  throw new UserError({
    code: "data-condition-value",
    message: `Column "${column.name}" cannot be compared with "${text}".`,
    value: text,
    expected: column.type === "date" ? "a date such as 1986-03-01" : "a number",
  });
}

/** Each row as often as the column says: a table of counts as the rows it counts. */
function repeatRows(table: Table, name: string): Table {
  const counts = numbersOf(table, name);
  const rows: number[] = [];
  counts.forEach((times, row) => {
    if (!Number.isInteger(times) || times < 0 || rows.length + times > 5e6) {
      throw new UserError({
        code: "data-repeat-count",
        message: `Row ${row + 1} of "${name}" cannot say how often it is repeated.`,
        value: times,
        expected: "whole numbers of at least 0, and at most five million rows in all",
      });
    }
    for (let i = 0; i < times; i++) rows.push(row);
  });
  const repeated = takeRows(table, Int32Array.from(rows));
  return { ...repeated, columns: repeated.columns.filter((column) => column.name !== name) };
}
