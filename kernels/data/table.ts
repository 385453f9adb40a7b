import { UserError } from "../../app/errors.ts";

export type ColumnType = "number" | "integer" | "boolean" | "category" | "text" | "date";

interface ColumnBase {
  readonly name: string;
  readonly unit?: string;
  /** 1 where the value is missing; absent when nothing is. */
  readonly missing?: Uint8Array;
}

/** Numbers; missing cells hold NaN as well as their mark. Booleans are 0/1; dates are milliseconds since 1970 UTC. */
export interface NumericColumn extends ColumnBase {
  readonly type: "number" | "integer" | "boolean" | "date";
  readonly values: Float64Array;
}

/** Levels by index; -1 where missing. Order of `levels` is the order of first appearance unless declared. */
export interface CategoryColumn extends ColumnBase {
  readonly type: "category";
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

export interface TextColumn extends ColumnBase {
  readonly type: "text";
  readonly texts: readonly string[];
}

export type Column = NumericColumn | CategoryColumn | TextColumn;

/** A table is columns of equal length; never an array of row objects inside the kernels. */
export interface Table {
  readonly kind: "table";
  readonly n: number;
  readonly columns: readonly Column[];
  /** Where it came from, for provenance: a file's name and SHA-256, or the simulation that drew it. */
  readonly source?: { readonly name: string; readonly sha256?: string };
}

export function isTable(value: unknown): value is Table {
  return (
    typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "table"
  );
}

/** The column of that name. Throws `UserError` naming the columns there are. O(columns). */
export function columnOf(table: Table, name: string): Column {
  const column = table.columns.find((c) => c.name === name);
  if (column !== undefined) return column;
  const names = table.columns.map((c) => c.name);
  throw new UserError({
    code: "unknown-column",
    message: `There is no column "${name}" in ${table.source?.name ?? "the table"}.`,
    value: name,
    expected: `one of ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`,
    hint: "Check the spelling in the data cell's column list.",
  });
}

/** The numbers of a numeric or boolean column, `[n]`; throws `UserError` for text and categories. Not copied. */
export function numbersOf(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  if (column.type === "category" || column.type === "text") {
    throw new UserError({
      code: "column-not-numeric",
      message: `Column "${name}" holds ${column.type === "text" ? "text" : "categories"}, not numbers.`,
      value: column.type,
      expected: "a column of numbers, whole numbers or yes/no values",
      hint: "Declare its type in the data cell, or encode its levels first.",
    });
  }
  return column.values;
}

/** A table from plain arrays, e.g. `tableOf({x: [1, 2], t: Uint8Array.of(0, 1)})`. NaN marks a missing number. */
export function tableOf(
  columns: Readonly<Record<string, ArrayLike<number> | readonly string[]>>,
  source?: Table["source"],
): Table {
  const built = Object.entries(columns).map(([name, values]) => columnFrom(name, values));
  const n = built[0] === undefined ? 0 : lengthOf(built[0]);
  for (const column of built) {
    if (lengthOf(column) !== n) {
      throw new UserError({
        code: "columns-differ-in-length",
        message: `Column "${column.name}" has ${lengthOf(column)} rows, but "${built[0]?.name}" has ${n}.`,
        value: lengthOf(column),
        expected: `${n} rows`,
      });
    }
  }
  return { kind: "table", n, columns: built, ...(source === undefined ? {} : { source }) };
}

function columnFrom(name: string, values: ArrayLike<number> | readonly string[]): Column {
  if (values.length > 0 && typeof values[0] === "string") {
    const levels = new Map<string, number>();
    const codes = Int32Array.from(values as readonly string[], (text) => {
      let code = levels.get(text);
      if (code === undefined) levels.set(text, (code = levels.size));
      return code;
    });
    return { name, type: "category", codes, levels: [...levels.keys()] };
  }
  const numbers = Float64Array.from(values as ArrayLike<number>);
  let integer = true;
  let binary = true;
  let missing: Uint8Array | undefined;
  numbers.forEach((value, i) => {
    if (Number.isNaN(value)) (missing ??= new Uint8Array(numbers.length))[i] = 1;
    else {
      integer &&= Number.isInteger(value);
      binary &&= value === 0 || value === 1;
    }
  });
  const type = binary ? "boolean" : integer ? "integer" : "number";
  return { name, type, values: numbers, ...(missing === undefined ? {} : { missing }) };
}

export function lengthOf(column: Column): number {
  if (column.type === "category") return column.codes.length;
  return column.type === "text" ? column.texts.length : column.values.length;
}
