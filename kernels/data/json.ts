import { UserError } from "../../app/errors.ts";
import type { Cell } from "./cells.ts";
import type { RawTable } from "./raw.ts";

/**
 * Takes a JSON table apart: an array of objects (a key absent from a row is missing there) or an object of equally
 * long arrays. Throws `UserError` codes `json-syntax`, `json-shape`, `json-nested`, `json-ragged`. O(size).
 */
export function readJson(text: string, name: string): RawTable {
  const value = parse(text, name);
  if (Array.isArray(value)) return fromRows(value, name);
  if (typeof value === "object" && value !== null) return fromColumns(value, name);
  throw shapeError(name, value, { source: name });
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const at = /position (\d+)/.exec(message)?.[1];
    const before = at === undefined ? undefined : text.slice(0, Number(at)).split("\n");
    throw new UserError(
      {
        code: "json-syntax",
        message: `${name} is not JSON: ${message}`,
        expected: "an array of objects, or an object of arrays",
        hint: "Numbers need no quotes, NaN is written null, and no comma may follow the last item.",
        place: {
          source: name,
          ...(before === undefined
            ? {}
            : { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }),
        },
      },
      { cause },
    );
  }
}

function fromRows(rows: readonly unknown[], name: string): RawTable {
  const columns = new Map<string, Cell[]>();
  for (const [i, row] of rows.entries()) {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw shapeError(name, row, { source: `${name}, item ${i + 1}` });
    }
    for (const [key, value] of Object.entries(row)) {
      let cells = columns.get(key);
      if (cells === undefined) columns.set(key, (cells = Array<Cell>(rows.length).fill(null)));
      cells[i] = cellOf(value, name, i, key);
    }
  }
  return rawTable(name, rows.length, columns);
}

function fromColumns(object: object, name: string): RawTable {
  const columns = new Map<string, Cell[]>();
  let first: string | undefined;
  let n = 0;
  for (const [key, values] of Object.entries(object)) {
    if (!Array.isArray(values)) throw shapeError(name, values, { source: `${name}, key ${key}` });
    if (first === undefined) {
      first = key;
      n = values.length;
    } else if (values.length !== n) {
      throw new UserError({
        code: "json-ragged",
        message: `Column "${key}" of ${name} has ${values.length} values, but "${first}" has ${n}.`,
        value: values.length,
        expected: `${n} values`,
        hint: "Write null for a missing value.",
        place: { source: name },
      });
    }
    columns.set(
      key,
      values.map((value: unknown, i) => cellOf(value, name, i, key)),
    );
  }
  return rawTable(name, n, columns);
}

function rawTable(name: string, n: number, columns: ReadonlyMap<string, Cell[]>): RawTable {
  return {
    n,
    columns: [...columns].map(([column, cells]) => ({ name: column, cells })),
    numericText: false,
    locate: (row, column) => ({ source: `${name}, item ${row + 1}, key ${column}` }),
  };
}

function cellOf(value: unknown, name: string, row: number, key: string): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return value;
  }
  throw new UserError({
    code: "json-nested",
    message: `"${key}" of item ${row + 1} in ${name} holds ${Array.isArray(value) ? "a list" : "an object"}.`,
    value,
    expected: "a number, text, true, false or null",
    hint: "Flatten nested values into columns of their own.",
    place: { source: `${name}, item ${row + 1}, key ${key}` },
  });
}

function shapeError(name: string, value: unknown, place: { source: string }): UserError {
  return new UserError({
    code: "json-shape",
    message: `${name} does not hold a table.`,
    value,
    expected: "an array of objects (rows), or an object of arrays (columns)",
    hint: "Wrap single rows in [ ], and columns in [ ] each.",
    place,
  });
}
