import { type Column as ArrowColumn, tableFromIPC, Type } from "@uwdata/flechette";
import { UserError } from "../../app/errors.ts";
import type { Cell } from "./cells.ts";
import type { RawTable } from "./raw.ts";
import type { ColumnType } from "./table.ts";

/**
 * Takes an Arrow IPC file or stream apart. Numbers, booleans, dates, timestamps, texts and dictionaries are read;
 * lists and structs are refused by name. Throws `UserError` codes `arrow-malformed`, `arrow-type`. O(size).
 */
export function readArrow(bytes: Uint8Array, name: string): RawTable {
  const decoded = decode(bytes, name);
  const columns = decoded.names.map((column, i) => {
    const child = decoded.getChildAt(i);
    const type = typeOf(child.type.typeId);
    if (type === undefined) throw typeError(name, column);
    return { name: column, cells: cellsOf(child, column, name), ...type };
  });
  return {
    n: decoded.numRows,
    columns,
    numericText: false,
    locate: (row, column) => ({ source: `${name}, row ${row + 1}, column ${column}` }),
  };
}

function decode(bytes: Uint8Array, name: string): ReturnType<typeof tableFromIPC> {
  try {
    const table = tableFromIPC(bytes);
    // A damaged length would otherwise only show as an endless loop over rows that are not there.
    const lengths = table.names.map((_, i) => table.getChildAt(i).length);
    if (lengths.some((length) => length !== table.numRows))
      throw new Error("column lengths differ");
    if (table.numRows > bytes.length * 8 + 1) throw new Error("more rows than bytes");
    return table;
  } catch (cause) {
    throw new UserError(
      {
        code: "arrow-malformed",
        message: `${name} is not a readable Arrow file: ${cause instanceof Error ? cause.message : String(cause)}.`,
        expected: "an Arrow IPC file or stream without compression",
        hint: "Write it again as Arrow IPC, or as CSV.",
        place: { source: name },
      },
      { cause },
    );
  }
}

/** Texts and dictionaries have no type of ours yet: repetition decides between category and text. */
function typeOf(typeId: number): { type?: ColumnType } | undefined {
  switch (typeId) {
    case Type.Date:
    case Type.Timestamp:
      return { type: "date" };
    case Type.Dictionary:
      return { type: "category" };
    case Type.Int:
    case Type.Float:
    case Type.Decimal:
    case Type.Bool:
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
    case Type.Null:
      return {};
    default:
      return undefined;
  }
}

function cellsOf(column: ArrowColumn<unknown>, name: string, file: string): Cell[] {
  const cells: Cell[] = [];
  try {
    for (let i = 0; i < column.length; i++) cells.push(toCell(column.at(i)));
  } catch (cause) {
    throw new UserError(
      {
        code: "arrow-malformed",
        message: `Column "${name}" of ${file} cannot be read at row ${cells.length + 1}.`,
        expected: "plain numbers, texts, dates or booleans",
        hint: "Write the file again, or as CSV.",
        place: { source: file },
      },
      { cause },
    );
  }
  return cells;
}

function toCell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return value.getTime();
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  throw new Error(`a ${typeof value} is not a cell`);
}

function typeError(file: string, column: string): UserError {
  return new UserError({
    code: "arrow-type",
    message: `Column "${column}" of ${file} holds lists, structs or another nested Arrow type.`,
    value: column,
    expected: "numbers, booleans, dates, timestamps, texts or dictionaries",
    hint: "Leave the column out, or flatten it before writing the file.",
    place: { source: file },
  });
}
