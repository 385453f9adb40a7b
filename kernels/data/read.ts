import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { UserError } from "../../app/errors.ts";
import { readArrow } from "./arrow.ts";
import { type ColumnDeclaration, columnFromCells } from "./cells.ts";
import { readDelimited } from "./delimited.ts";
import { readJson } from "./json.ts";
import type { RawTable } from "./raw.ts";
import type { Table } from "./table.ts";

export type TableFormat = "csv" | "tsv" | "json" | "arrow";

export interface ReadOptions {
  /** The file's name: its ending tells the format, and messages use it. */
  readonly name?: string;
  /** When the name and the first bytes should not decide. */
  readonly format?: TableFormat;
  /** Field separator of a text table; guessed among comma, semicolon, tab and bar when absent. */
  readonly delimiter?: string;
  /** What is known of columns beforehand. Naming a column that is not there is an error. */
  readonly declare?: Readonly<Record<string, ColumnDeclaration>>;
  /** Texts that stand for "missing" in every column, beside NA, NaN, null, `.` and nothing at all. */
  readonly missing?: readonly (string | number)[];
}

/**
 * A table from the bytes or text of a CSV, TSV, JSON (array of objects, or object of columns) or Arrow IPC file.
 * Types are inferred (see `columnFromCells`) unless declared. Either the whole file is read or a `UserError` names
 * the file, line, column and value that stopped it. O(size).
 */
export function readTable(data: Uint8Array | string, options: ReadOptions = {}): Table {
  const name = options.name ?? "the data";
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  refuseCompressed(bytes, name);
  const raw = readRaw(data, bytes, options, name);
  checkNames(raw, options, name);
  const columns = raw.columns.map(({ name: column, cells, type, levels }) => {
    const declared =
      options.declare !== undefined && Object.hasOwn(options.declare, column)
        ? options.declare[column]
        : undefined;
    const declaration: ColumnDeclaration = {
      ...(type === undefined ? {} : { type }),
      ...(levels === undefined ? {} : { levels }),
      ...declared,
      missing: [...(options.missing ?? []), ...(declared?.missing ?? [])],
    };
    return columnFromCells(
      column,
      cells,
      declaration,
      (row) => raw.locate(row, column),
      raw.numericText,
    );
  });
  return {
    kind: "table",
    n: raw.n,
    columns,
    source: { name, sha256: bytesToHex(sha256(bytes)) },
  };
}

function readRaw(
  data: Uint8Array | string,
  bytes: Uint8Array,
  options: ReadOptions,
  name: string,
): RawTable {
  const format = options.format ?? formatOf(name, bytes);
  if (format === "arrow") return readArrow(bytes, name);
  const text = typeof data === "string" ? data.replace(/^\uFEFF/, "") : decodeText(data, name);
  if (format === "json") return readJson(text, name);
  return readDelimited(text, name, options.delimiter ?? (format === "tsv" ? "\t" : undefined));
}

function formatOf(name: string, bytes: Uint8Array): TableFormat {
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  switch (ending) {
    case "csv":
      return "csv";
    case "tsv":
    case "tab":
      return "tsv";
    case "json":
      return "json";
    case "arrow":
    case "arrows":
    case "feather":
    case "ipc":
      return "arrow";
    default:
      return sniff(bytes);
  }
}

function sniff(bytes: Uint8Array): TableFormat {
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  const streamMark = bytes[0] === 255 && bytes[1] === 255 && bytes[2] === 255 && bytes[3] === 255;
  if (magic === "ARROW1" || streamMark) return "arrow";
  const first = bytes.find((byte) => byte > 32);
  return first === 0x5b || first === 0x7b ? "json" : "csv";
}

function decodeText(bytes: Uint8Array, name: string): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    return new TextDecoder(utf16 ? "utf-16le" : "utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UserError(
      {
        code: "not-utf8",
        message: `${name} is not UTF-8 text.`,
        expected: "a text file in UTF-8",
        hint: "Save it again with the encoding UTF-8, or check that it is a table at all.",
        place: { source: name },
      },
      { cause },
    );
  }
}

function refuseCompressed(bytes: Uint8Array, name: string): void {
  const gzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const zip = bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
  if (!gzip && !zip) return;
  throw new UserError({
    code: "compressed-file",
    message: `${name} is compressed (${gzip ? "gzip" : "zip"}).`,
    expected: "CSV, TSV, JSON or Arrow IPC",
    hint: "Unpack it first; a spreadsheet (.xlsx) can be saved as CSV.",
    place: { source: name },
  });
}

function checkNames(raw: RawTable, options: ReadOptions, file: string): void {
  const names = raw.columns.map((c) => c.name);
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new UserError({
        code: "duplicate-column",
        message: `Two columns of ${file} are called "${name}".`,
        value: name,
        expected: "a name of its own for every column",
        hint: "Rename one of them in the file.",
        place: { source: file, line: 1 },
      });
    }
    seen.add(name);
  }
  for (const name of Object.keys(options.declare ?? {})) {
    if (seen.has(name)) continue;
    throw new UserError({
      code: "unknown-column",
      message: `There is no column "${name}" in ${file} to declare.`,
      value: name,
      expected: `one of ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`,
      hint: "Check the spelling of the declaration.",
      place: { source: file },
    });
  }
}
