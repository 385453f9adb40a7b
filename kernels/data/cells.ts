import { type Place, UserError } from "../../app/errors.ts";
import type { Column, ColumnType } from "./table.ts";

/** One value as a file gave it. */
export type Cell = string | number | boolean | null;

/** What the user knows about a column better than we can infer it. */
export interface ColumnDeclaration {
  readonly type?: ColumnType;
  /** Of a category, in their order; the first is the reference. Any other value is an error. */
  readonly levels?: readonly string[];
  /** Texts (or numbers, e.g. `-9`) that stand for "missing" in this column, beside the usual ones. */
  readonly missing?: readonly (string | number)[];
  readonly unit?: string;
}

/** Where a cell came from, for messages; asked only when there is one to write. */
export type Locate = (row: number) => Place;

/** Texts that mean "missing" everywhere. */
export const MISSING_CODES: readonly string[] = [
  "",
  "NA",
  "N/A",
  "#N/A",
  "NaN",
  "nan",
  "null",
  "NULL",
  ".",
];

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-])?inf(?:inity)?$/i;
const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** The number a text spells in decimal notation (or Inf), else undefined. */
export function parseNumber(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text);
  const infinite = INFINITE.exec(text);
  if (infinite === null) return undefined;
  return infinite[1] === "-" ? -Infinity : Infinity;
}

/** True or false from `true`/`false`, `yes`/`no` in any case, else undefined. */
export function parseBoolean(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case "true":
    case "yes":
      return true;
    case "false":
    case "no":
      return false;
    default:
      return undefined;
  }
}

/** Milliseconds since 1970 of an ISO 8601 date or date-time (UTC unless it names an offset), else undefined. */
export function parseDate(text: string): number | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "0", zone] = match;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const check = new Date(midnight);
  // Date.UTC rolls 31 February over into March; a file that says so is wrong, not early.
  if (check.getUTCMonth() + 1 !== Number(month) || check.getUTCDate() !== Number(day))
    return undefined;
  if (Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const time =
    ((Number(hour) * 60 + Number(minute)) * 60 + Number(second) + Number(fraction)) * 1000;
  return midnight + time - offsetOf(zone);
}

function offsetOf(zone: string | undefined): number {
  if (zone === undefined || zone === "Z") return 0;
  const digits = zone.replace(":", "");
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (digits.startsWith("-") ? -minutes : minutes) * 60_000;
}

/**
 * A typed column from raw cells. Without a declaration the type is inferred: 0/1 and true/false are boolean, whole
 * numbers integer, ISO dates date, texts category when levels repeat, else text. A column that is numbers but for a
 * few cells is an error naming the first of them: a typing slip must not turn an age into a category.
 * `numericText`: whether texts may spell numbers (CSV) or are texts (JSON). O(rows).
 * Throws `UserError` codes `not-a-number`, `not-a-boolean`, `not-a-date`, `unknown-level`, `mixed-column`.
 */
export function columnFromCells(
  name: string,
  cells: readonly Cell[],
  declaration: ColumnDeclaration,
  locate: Locate,
  numericText: boolean,
): Column {
  const codes = new Set([...MISSING_CODES, ...(declaration.missing ?? []).map(String)]);
  const cleaned = cells.map((cell) => clean(cell, codes));
  const declared = declaration.type ?? (declaration.levels ? "category" : undefined);
  const type = declared ?? inferType(name, cleaned, locate, numericText);
  const column = new ColumnBuilder(name, cleaned, declaration, locate);
  if (type === "category") return column.category();
  return type === "text" ? column.text() : column.numeric(type);
}

function clean(cell: Cell, codes: ReadonlySet<string>): Cell {
  if (typeof cell === "string") {
    const trimmed = cell.trim();
    return codes.has(trimmed) ? null : trimmed;
  }
  if (typeof cell === "number") return Number.isNaN(cell) || codes.has(String(cell)) ? null : cell;
  return cell;
}

function inferType(
  name: string,
  cells: readonly Cell[],
  locate: Locate,
  numericText: boolean,
): ColumnType {
  let present = 0;
  let numbers = 0;
  let booleans = 0;
  let dates = 0;
  let integer = true;
  let binary = true;
  let odd = -1;
  const levels = new Set<string>();
  for (const [row, cell] of cells.entries()) {
    if (cell === null) continue;
    present += 1;
    const value =
      typeof cell === "number"
        ? cell
        : typeof cell === "string" && numericText
          ? parseNumber(cell)
          : undefined;
    if (value !== undefined) {
      numbers += 1;
      integer &&= Number.isInteger(value);
      binary &&= value === 0 || value === 1;
    } else {
      if (odd < 0) odd = row;
      if (typeof cell === "boolean" || (numericText && parseBoolean(String(cell)) !== undefined)) {
        booleans += 1;
      } else if (parseDate(String(cell)) !== undefined) dates += 1;
    }
    if (levels.size <= 1000) levels.add(String(cell));
  }
  if (present === 0) return "number";
  if (numbers === present) return binary ? "boolean" : integer ? "integer" : "number";
  if (booleans === present) return "boolean";
  if (dates === present) return "date";
  if (numbers >= 10 && numbers >= 0.9 * present) {
    throw new UserError({
      code: "mixed-column",
      message: `Column "${name}" holds numbers, but also ${JSON.stringify(cells[odd])}.`,
      value: cells[odd],
      expected: "a number, or one of the codes for a missing value",
      hint: `Correct it, or declare it: {missing: [${JSON.stringify(cells[odd])}]} for a missing value, {type: "category"} for labels.`,
      place: locate(odd),
    });
  }
  return levels.size <= 20 || levels.size <= Math.min(1000, present / 5) ? "category" : "text";
}

class ColumnBuilder {
  readonly #name: string;
  readonly #cells: readonly Cell[];
  readonly #declaration: ColumnDeclaration;
  readonly #locate: Locate;

  constructor(
    name: string,
    cells: readonly Cell[],
    declaration: ColumnDeclaration,
    locate: Locate,
  ) {
    this.#name = name;
    this.#cells = cells;
    this.#declaration = declaration;
    this.#locate = locate;
  }

  numeric(type: "number" | "integer" | "boolean" | "date"): Column {
    const values = new Float64Array(this.#cells.length);
    for (const [row, cell] of this.#cells.entries()) {
      const value = cell === null ? Number.NaN : numericValue(cell, type);
      if (value === undefined) this.#reject(row, cell, type);
      else values[row] = value;
    }
    return { ...this.#base(), type, values };
  }

  category(): Column {
    const declared = this.#declaration.levels;
    const index = new Map<string, number>((declared ?? []).map((level, i) => [level, i]));
    const codes = new Int32Array(this.#cells.length);
    for (const [row, cell] of this.#cells.entries()) {
      if (cell === null) {
        codes[row] = -1;
        continue;
      }
      const level = String(cell);
      let code = index.get(level);
      if (code === undefined) {
        if (declared !== undefined) this.#rejectLevel(row, level, declared);
        index.set(level, (code = index.size));
      }
      codes[row] = code;
    }
    return { ...this.#base(), type: "category", codes, levels: [...index.keys()] };
  }

  text(): Column {
    return {
      ...this.#base(),
      type: "text",
      texts: this.#cells.map((c) => (c === null ? "" : String(c))),
    };
  }

  #base(): { name: string; unit?: string; missing?: Uint8Array } {
    const { unit } = this.#declaration;
    const any = this.#cells.includes(null);
    return {
      name: this.#name,
      ...(unit === undefined ? {} : { unit }),
      ...(any ? { missing: Uint8Array.from(this.#cells, (cell) => (cell === null ? 1 : 0)) } : {}),
    };
  }

  #reject(row: number, cell: Cell, type: "number" | "integer" | "boolean" | "date"): never {
    const wanted = {
      number: { code: "not-a-number", noun: "a number", example: "a decimal number such as 3.5" },
      integer: {
        code: "not-a-number",
        noun: "a whole number",
        example: "a whole number such as 42",
      },
      boolean: {
        code: "not-a-boolean",
        noun: "a yes/no value",
        example: "0, 1, true, false, yes or no",
      },
      date: { code: "not-a-date", noun: "a date", example: "an ISO date such as 2024-03-31" },
    }[type];
    throw new UserError({
      code: wanted.code,
      message: `${JSON.stringify(cell)} in column "${this.#name}" is not ${wanted.noun}.`,
      value: cell,
      expected: wanted.example,
      hint: "Correct the value, declare it as missing, or declare another type for the column.",
      place: this.#locate(row),
    });
  }

  #rejectLevel(row: number, level: string, declared: readonly string[]): never {
    throw new UserError({
      code: "unknown-level",
      message: `${JSON.stringify(level)} in column "${this.#name}" is not one of its declared levels.`,
      value: level,
      expected: `one of ${declared.slice(0, 20).join(", ")}${declared.length > 20 ? ", …" : ""}`,
      hint: "Add the level to the declaration, or correct the value.",
      place: this.#locate(row),
    });
  }
}

function numericValue(
  cell: string | number | boolean,
  type: "number" | "integer" | "boolean" | "date",
): number | undefined {
  if (type === "boolean") {
    const value = typeof cell === "string" ? (parseBoolean(cell) ?? parseNumber(cell)) : cell;
    return value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : undefined;
  }
  if (type === "date") return typeof cell === "number" ? cell : parseDate(String(cell));
  const value = typeof cell === "string" ? (parseNumber(cell) ?? parseBoolean(cell)) : cell;
  if (value === undefined) return undefined;
  const number = Number(value);
  return type === "integer" && !Number.isInteger(number) ? undefined : number;
}
