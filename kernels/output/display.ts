import { type InputDescription, isInputDescription } from "../../app/cell/program.ts";
import { toErrorRecord, UserError } from "../../app/errors.ts";
import { mime, type MimeBundle, type TablePage } from "../../app/protocol/mime.ts";
import type { Report } from "../../app/protocol/report.ts";
import { fromArquero, isArquero } from "../data/arquero.ts";
import { lengthOf, type Column, type Table } from "../data/table.ts";
import { inspect, plainText } from "./inspect.ts";

/** A value that says itself how it is shown, e.g. what `md` and `html` return. */
export interface Displayable {
  readonly kind: "displayable";
  readonly bundle: MimeBundle;
}

export function displayable(bundle: MimeBundle): Displayable {
  return { kind: "displayable", bundle };
}

/** A result with a designed view. Engines return plain values; `kernels/cells` knows how each is told. */
export type ReportOf = (value: unknown) => Report | undefined;

/** Rows a table shows before more are asked for. */
export const FIRST_ROWS = 100;

const MAX_TEXT = 200_000;

/** How a value is shown, as data. Never throws for any value a cell can make. */
export function toBundle(value: unknown, reportOf: ReportOf): MimeBundle {
  try {
    return bundleOf(value, reportOf);
  } catch (error) {
    return { [mime.text]: "This value cannot be shown.", [mime.error]: toErrorRecord(error) };
  }
}

function bundleOf(value: unknown, reportOf: ReportOf): MimeBundle {
  if (isKind(value, "displayable")) return (value as Displayable).bundle;
  if (isInputDescription(value)) {
    return { [mime.text]: `input ${value.label ?? value.widget}: use view(…) to get its value` };
  }
  if (value instanceof Error) {
    return { [mime.text]: `${value.name}: ${value.message}`, [mime.error]: toErrorRecord(value) };
  }
  if (isKind(value, "table")) return tableBundle(value as Table);
  if (isArquero(value)) return tableBundle(fromArquero(value));
  const report = reportOf(value);
  if (report !== undefined) return { [mime.text]: report.summary, [mime.report]: report };
  if (isVegaApi(value)) return bundleOf(value.toSpec(), reportOf);
  if (isVegaLite(value)) {
    return { [mime.text]: `Vega-Lite chart${chartTitle(value)}`, [mime.vegaLite]: value };
  }
  if (typeof value === "string" && value.length > 200) {
    return { [mime.text]: value.slice(0, MAX_TEXT) };
  }
  return { [mime.text]: plainText(value), [mime.value]: inspect(value) };
}

/** A control as a bundle, with the value it starts from. */
export function inputBundle(key: string, input: InputDescription, value: unknown): MimeBundle {
  const label = input.label ?? input.widget;
  return { [mime.text]: `${label}: ${plainText(value)}`, [mime.input]: { key, input, value } };
}

/** Report as a bundle, for cells that show one beside their value. */
export function reportBundle(report: Report): MimeBundle {
  return { [mime.text]: report.summary, [mime.report]: report };
}

function tableBundle(table: Table): MimeBundle {
  return {
    [mime.text]: `Table: ${table.n} rows × ${table.columns.length} columns (${table.columns
      .slice(0, 12)
      .map((c) => c.name)
      .join(", ")}${table.columns.length > 12 ? ", …" : ""})`,
    [mime.table]: tablePage(table, 0, FIRST_ROWS),
  };
}

/** Rows `offset` … `offset + count` of a table as text. */
export function tablePage(table: Table, offset: number, count: number): TablePage {
  const from = Math.max(0, Math.min(Math.floor(offset), table.n));
  const to = Math.min(table.n, from + Math.max(0, Math.min(Math.floor(count), 1000)));
  const rows: (string | null)[][] = [];
  for (let i = from; i < to; i++) rows.push(table.columns.map((column) => cellText(column, i)));
  return {
    columns: table.columns.map(({ name, type }) => ({ name, type })),
    rows,
    offset: from,
    n: table.n,
  };
}

function cellText(column: Column, i: number): string | null {
  if (i >= lengthOf(column) || column.missing?.[i] === 1) return null;
  switch (column.type) {
    case "category": {
      const code = column.codes[i] ?? -1;
      return code < 0 ? null : (column.levels[code] ?? null);
    }
    case "text":
      return column.texts[i] ?? null;
    case "date": {
      const time = column.values[i] ?? Number.NaN;
      return Number.isNaN(time) ? null : new Date(time).toISOString().replace("T00:00:00.000Z", "");
    }
    case "boolean":
    case "integer":
    case "number": {
      const value = column.values[i] ?? Number.NaN;
      return Number.isNaN(value) ? null : numberText(value);
    }
  }
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)));
}

function isKind(value: unknown, kind: string): boolean {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === kind;
}

function isVegaLite(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const schema = (value as { $schema?: unknown }).$schema;
  return typeof schema === "string" && schema.includes("vega-lite");
}

/** A chart of the package vega-lite-api. */
function isVegaApi(value: unknown): value is { toSpec(): unknown } {
  const { toSpec, toObject } = (value ?? {}) as { toSpec?: unknown; toObject?: unknown };
  return typeof toSpec === "function" && typeof toObject === "function";
}

function chartTitle(spec: Readonly<Record<string, unknown>>): string {
  return typeof spec["title"] === "string" ? `: ${spec["title"]}` : "";
}

/** A chart for the page: a Vega-Lite specification, checked to carry its data inline. */
export function checkSpec(spec: unknown): Readonly<Record<string, unknown>> {
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) {
    throw new UserError({
      code: "chart-not-a-specification",
      message: "A chart is a Vega-Lite specification: an object with `mark` and `encoding`.",
      value: spec,
      expected: "an object",
    });
  }
  return { $schema: "https://vega.github.io/schema/vega-lite/v6.json", ...spec };
}
