import Papa from "papaparse";
import { UserError } from "../../app/errors.ts";
import type { RawTable } from "./raw.ts";

/**
 * Takes a delimited text apart: first row names, quotes as in RFC 4180, blank lines skipped. Unnamed columns are
 * called `column_1` … by position. Throws `UserError` codes `csv-empty`, `csv-quote`, `csv-ragged-row`. O(size).
 */
export function readDelimited(text: string, name: string, delimiter?: string): RawTable {
  const parsed = Papa.parse<string[]>(text, {
    ...(delimiter === undefined ? {} : { delimiter }),
    delimitersToGuess: [",", ";", "\t", "|"],
    skipEmptyLines: true,
  });
  const quote = parsed.errors.find((e) => e.type === "Quotes");
  if (quote !== undefined) {
    throw new UserError({
      code: "csv-quote",
      message: `A quotation mark in ${name} is never closed, or text follows it.`,
      expected: 'fields in pairs of ", with "" for a mark inside',
      hint: "Look at the first odd quotation mark from this line on.",
      place: { source: name, line: lineOfRow(text, parsed.meta.delimiter, quote.row ?? 0) },
    });
  }
  const [header, ...rows] = parsed.data;
  if (header === undefined || header.every((field) => field.trim() === "")) {
    throw new UserError({
      code: "csv-empty",
      message: `${name} has no header line.`,
      expected: "a first line with the names of the columns",
      hint: "Check that the file is not empty.",
      place: { source: name, line: 1 },
    });
  }
  const ragged = rows.findIndex((row) => row.length !== header.length);
  if (ragged >= 0) {
    const seen = rows[ragged]?.length ?? 0;
    throw new UserError({
      code: "csv-ragged-row",
      message: `A row of ${name} has ${seen} fields, but the header has ${header.length}.`,
      value: seen,
      expected: `${header.length} fields`,
      hint: "A field with the separator in it must stand in quotation marks.",
      place: { source: name, line: lineOfRow(text, parsed.meta.delimiter, ragged + 1) },
    });
  }
  const names = header.map((field, i) => field.trim() || `column_${i + 1}`);
  return {
    n: rows.length,
    columns: names.map((column, j) => ({ name: column, cells: rows.map((row) => row[j] ?? "") })),
    numericText: true,
    locate: (row, column) => ({
      source: `${name}, column ${column}`,
      line: lineOfRow(text, parsed.meta.delimiter, row + 1),
      column: names.indexOf(column) + 1,
    }),
  };
}

/** Line on which a row starts. Quoted fields may span lines, so this reads the text again: only for messages. */
function lineOfRow(text: string, delimiter: string, row: number): number {
  let count = -1;
  let before = 0;
  let start = 0;
  Papa.parse<string[]>(text, {
    delimiter,
    step: (result, parser) => {
      const fields = result.data;
      const blank = fields.length === 1 && fields[0] === "";
      if (!blank) count += 1;
      if (count === row && !blank) {
        start = before;
        parser.abort();
      }
      before = result.meta.cursor;
    },
  });
  return newlinesIn(text.slice(0, start)) + 1;
}

function newlinesIn(text: string): number {
  return text.split(/\r\n|\r|\n/).length - 1;
}
