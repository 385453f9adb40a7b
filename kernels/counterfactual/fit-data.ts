import { columnOf, lengthOf, numbersOf } from "../data/table.ts";
import type { Column, Table } from "../data/table.ts";
import { unfitData } from "./messages.ts";

export interface ReadOptions {
  /** Whole-number columns with at most this many different values are levels; 2 unless said. */
  readonly maxLevels?: number;
  /** Column that says how many units a row stands for, so that a joint distribution can be given as a table. */
  readonly weights?: string;
}

/** A column of the complete rows: level indices, or numbers. */
export type FitColumn =
  | {
      readonly kind: "levels";
      readonly name: string;
      readonly levels: readonly string[];
      readonly values: Float64Array;
    }
  | { readonly kind: "real"; readonly name: string; readonly values: Float64Array };

/** What a fit reads from a table. */
export interface FitData {
  readonly n: number;
  readonly byName: ReadonlyMap<string, FitColumn>;
  /** How many units each row stands for; ones unless a column says. */
  readonly weights: Float64Array;
}

/** The complete rows of the columns named. Throws `UserError` for absent or text columns, or no complete row. */
export function readData(table: Table, names: readonly string[], options: ReadOptions): FitData {
  const columns = names.map((name) => columnOf(table, name));
  const given = options.weights === undefined ? undefined : numbersOf(table, options.weights);
  const rows: number[] = [];
  for (let i = 0; i < table.n; i++) {
    if (given !== undefined && !(given[i]! >= 0)) {
      throw unfitData(`Row ${i + 1} has the weight ${given[i]}`, given[i], "weights of at least 0");
    }
    if (columns.every((column) => column.missing?.[i] !== 1)) rows.push(i);
  }
  const weights = Float64Array.from(rows, (i) => given?.[i] ?? 1);
  if (!weights.some((weight) => weight > 0)) {
    throw unfitData("No row has a value in every variable of the graph", table.n, "complete rows");
  }
  const maxLevels = options.maxLevels ?? 2;
  return {
    n: rows.length,
    byName: new Map(columns.map((column) => [column.name, fitColumn(column, rows, maxLevels)])),
    weights,
  };
}

function fitColumn(column: Column, rows: readonly number[], maxLevels: number): FitColumn {
  const { name } = column;
  if (column.type === "text") {
    throw unfitData(
      `Column "${name}" holds text`,
      lengthOf(column),
      "numbers, categories or yes/no values",
    );
  }
  if (column.type === "category") {
    return {
      kind: "levels",
      name,
      levels: column.levels,
      values: Float64Array.from(rows, (i) => column.codes[i]!),
    };
  }
  const values = Float64Array.from(rows, (i) => column.values[i]!);
  if (column.type === "boolean") return { kind: "levels", name, levels: ["0", "1"], values };
  const distinct = column.type === "integer" ? [...new Set(values)].sort((a, b) => a - b) : [];
  if (column.type === "integer" && distinct.length <= maxLevels) {
    const levels = distinct.map(String);
    return { kind: "levels", name, levels, values: values.map((value) => distinct.indexOf(value)) };
  }
  return { kind: "real", name, values };
}
