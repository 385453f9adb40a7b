import { UserError } from "../../app/errors.ts";
import { completeCases, isMissing } from "../data/select.ts";
import { type Column, columnOf, type Table } from "../data/table.ts";
import { checkColumns } from "./check-columns.ts";
import type { DiscoveryData, Reading, Variable } from "./data.ts";
import type { Diagnostic } from "./result.ts";

/** Integers with at most so many values may serve as levels of a discrete method. */
const MOST_LEVELS = 32;

/**
 * The columns of a table as a method reads them, checked. Throws `UserError` naming the columns: `discovery-text`,
 * `discovery-categories`, `discovery-many-values`, `discovery-missing`, `discovery-infinite`, `discovery-constant`,
 * `discovery-duplicate`, `discovery-collinear`, `discovery-few-rows`, `discovery-few-columns`, `unknown-column`.
 * O(n d) and O(n d² + d³) for the check on collinear columns.
 */
export function readData(table: Table, reading: Reading): DiscoveryData {
  const except = new Set(reading.except ?? []);
  const chosen = reading.columns?.map((name) => columnOf(table, name)) ?? table.columns;
  const columns = chosen.filter((column) => !except.has(column.name));
  if (columns.length < 2) {
    throw new UserError({
      code: "discovery-few-columns",
      message: `A graph is searched among at least two columns; there ${columns.length === 1 ? "is one" : "are none"}.`,
      value: columns.map((column) => column.name),
      expected: "two columns or more",
    });
  }
  refuseText(columns);
  const complete = treatMissing({ ...table, columns }, reading);
  const as = reading.as === "auto" ? natural(complete.table.columns) : reading.as;
  const read = complete.table.columns.map((column) => readColumn(column, as));
  refuseUnreadable(read, complete.table.columns, as);
  const variables = read.filter((variable) => variable.kind !== "unreadable");
  const data: DiscoveryData = {
    names: variables.map((variable) => variable.name),
    n: complete.table.n,
    d: variables.length,
    variables,
    missing: complete.kept,
    dropped: complete.dropped,
    ...(complete.rows === undefined ? {} : { rows: complete.rows }),
    notes: complete.notes,
  };
  return { ...data, notes: [...data.notes, ...checkColumns(data, reading)] };
}

function refuseText(columns: readonly Column[]): void {
  const texts = columns.filter((column) => column.type === "text").map((column) => column.name);
  if (texts.length === 0) return;
  throw new UserError({
    code: "discovery-text",
    message: `${subject(texts)} free text, which has no place in a graph of causes.`,
    value: texts,
    expected: "columns of numbers, yes/no values or categories",
    hint: "Leave them out with columns: [...], or declare them as categories in the data cell.",
  });
}

interface Complete {
  readonly table: Table;
  readonly kept: boolean;
  readonly dropped: number;
  readonly rows?: Int32Array;
  readonly notes: readonly Diagnostic[];
}

function treatMissing(table: Table, reading: Reading): Complete {
  const counts = table.columns
    .map((column) => {
      let count = 0;
      for (let i = 0; i < table.n; i++) if (isMissing(column, i)) count += 1;
      return { name: column.name, count };
    })
    .filter((entry) => entry.count > 0);
  if (counts.length === 0) return { table, kept: false, dropped: 0, notes: [] };
  const told = counts.map(({ name, count }) => `${name} (${count})`).join(", ");
  const treat = reading.missing ?? "refuse";
  if (treat === "keep") {
    return { table, kept: true, dropped: 0, notes: [note("missing-kept", `Missing: ${told}.`)] };
  }
  if (treat === "refuse" || reading.timeOrdered === true) {
    throw new UserError({
      code: "discovery-missing",
      message: `Values are missing in ${told}.`,
      value: counts,
      expected: "columns without missing values",
      hint:
        reading.timeOrdered === true
          ? "Rows are in time order, so none may be left out: fill the gaps first, or leave the columns out."
          : 'Say missing: "drop" to use complete rows only (right when they are missing completely at random), missing: "testwise" where the method has it, or leave the columns out.',
    });
  }
  const selection = completeCases(table);
  return {
    table: selection.table,
    kept: false,
    dropped: selection.dropped,
    rows: selection.rows,
    notes: [
      note(
        "rows-dropped",
        `${selection.dropped} of ${table.n} rows were left out because values are missing in ${told}.`,
        "The graph holds for the remaining rows; it may mislead unless values are missing completely at random.",
      ),
    ],
  };
}

function natural(columns: readonly Column[]): "numeric" | "discrete" | "mixed" {
  const levels = columns.filter((column) => column.type === "category");
  const binary = columns.filter((column) => column.type === "boolean");
  if (levels.length + binary.length === columns.length) return "discrete";
  return levels.length === 0 ? "numeric" : "mixed";
}

type Unreadable = { readonly kind: "unreadable"; readonly name: string };

function readColumn(column: Column, as: "numeric" | "discrete" | "mixed"): Variable | Unreadable {
  const { name } = column;
  if (column.type === "text") throw new Error("text columns were refused before");
  if (column.type === "category") {
    if (as === "numeric") return { kind: "unreadable", name };
    return { kind: "discrete", name, codes: column.codes, levels: column.levels };
  }
  const asLevels = as === "discrete" || (as === "mixed" && column.type === "boolean");
  if (!asLevels) return { kind: "numeric", name, values: column.values };
  const distinct = new Set<number>();
  for (const value of column.values) {
    if (!Number.isNaN(value)) distinct.add(value);
    if (distinct.size > MOST_LEVELS) return { kind: "unreadable", name };
  }
  const sorted = Float64Array.from(distinct).sort();
  const code = new Map(Array.from(sorted, (value, i) => [value, i]));
  return {
    kind: "discrete",
    name,
    codes: Int32Array.from(column.values, (value) => code.get(value) ?? -1),
    levels: Array.from(sorted, String),
  };
}

function refuseUnreadable(
  variables: readonly (Variable | Unreadable)[],
  columns: readonly Column[],
  as: string,
): void {
  const bad = variables.filter((variable) => variable.kind === "unreadable").map((v) => v.name);
  if (bad.length > 0) {
    throw new UserError(
      as === "numeric"
        ? {
            code: "discovery-categories",
            message: `${subject(bad)} categories, but this method reads numbers.`,
            value: bad,
            expected: "columns of numbers or yes/no values",
            hint: "Leave them out, encode them as numbers where their order means something, or pick a method or test for categories (g2, BDeu) or mixed columns.",
          }
        : {
            code: "discovery-many-values",
            message: `${subject(bad)} more than ${MOST_LEVELS} different numbers, but this method reads levels.`,
            value: bad,
            expected: "categories, yes/no values, or whole numbers with few values",
            hint: "Group them into ranges first, or pick a method for numbers.",
          },
    );
  }
  const infinite = columns
    .filter(
      (column) =>
        column.type !== "category" &&
        column.type !== "text" &&
        column.values.some((value) => value === Infinity || value === -Infinity),
    )
    .map((column) => column.name);
  if (infinite.length === 0) return;
  throw new UserError({
    code: "discovery-infinite",
    message: `${subject(infinite)} infinite values.`,
    value: infinite,
    expected: "finite numbers",
    hint: "Mark them as missing, or mend the computation that made them.",
  });
}

function subject(names: readonly string[]): string {
  const shown = names.slice(0, 12).join(", ");
  const more = names.length > 12 ? ` and ${names.length - 12} more` : "";
  return names.length === 1 ? `Column ${shown} holds` : `Columns ${shown}${more} hold`;
}

function note(code: string, message: string, hint?: string): Diagnostic {
  return { kind: "warning", code, message, ...(hint === undefined ? {} : { hint }) };
}
