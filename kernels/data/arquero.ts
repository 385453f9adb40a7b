import { type Column, lengthOf, type Table, tableOf } from "./table.ts";

/** What is used of a table of the package arquero, whatever its version. */
export interface ArqueroTable {
  numRows(): number;
  columnNames(): readonly string[];
  array(name: string): ArrayLike<unknown>;
}

export function isArquero(value: unknown): value is ArqueroTable {
  if (typeof value !== "object" || value === null) return false;
  const { numRows, columnNames, array } = value as Partial<ArqueroTable>;
  return [numRows, columnNames, array].every((each) => typeof each === "function");
}

/**
 * An arquero table as one of ours, in its own order with its filter applied. A column whose values are all numbers,
 * booleans or missing is numeric, one of dates holds dates, any other holds its values as text. O(rows × columns).
 */
export function fromArquero(table: ArqueroTable): Table {
  const columns = table.columnNames().map((name) => columnFrom(name, table.array(name)));
  const n = columns[0] === undefined ? 0 : lengthOf(columns[0]);
  return { kind: "table", n, columns };
}

function columnFrom(name: string, raw: ArrayLike<unknown>): Column {
  const values = Array.from(raw);
  const missing = Uint8Array.from(values, (value) =>
    value === null || value === undefined || Number.isNaN(value) ? 1 : 0,
  );
  const gaps = missing.includes(1) ? { missing } : {};
  const all = (test: (value: unknown) => boolean): boolean =>
    values.every((value, i) => missing[i] === 1 || test(value)) && missing.includes(0);
  const numbers = (): Float64Array =>
    Float64Array.from(values, (value, i) => (missing[i] === 1 ? Number.NaN : Number(value)));
  if (all((value) => value instanceof Date)) {
    return { name, type: "date", values: numbers(), ...gaps };
  }
  if (all((value) => typeof value === "boolean")) {
    return { name, type: "boolean", values: numbers(), ...gaps };
  }
  if (all((value) => typeof value === "number")) {
    const [column] = tableOf({ [name]: numbers() }).columns;
    if (column !== undefined) return { ...column, ...gaps };
  }
  return {
    name,
    type: "text",
    texts: values.map((value, i) => (missing[i] === 1 ? "" : textOf(value))),
    ...gaps,
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
