import type { Diagnostic } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import type { Table } from "../data/table.ts";
import type { EstimateResult } from "../estimate/effect.ts";
import { type Argument, blankComments, type Call } from "./language.ts";
import { nearest } from "./nearest.ts";

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What of a cell's text a complaint can be about. */
export interface Places {
  readonly source: string;
  /** What is estimated, as written. */
  readonly about: Span;
  /** The table's name, when it is written. */
  readonly table?: Span;
  readonly calls: readonly Call[];
}

/** A column where the text names it, else the table, else what is estimated. O(length). */
export function placeOfColumn(name: string, places: Places): Span {
  const text = blankComments(places.source);
  const word = new RegExp(
    `(?<![\\p{L}\\p{N}_$])${name.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&")}(?![\\p{L}\\p{N}_$])`,
    "gu",
  );
  // Left of "=" stands the cell's own name.
  const from = places.about.start;
  for (const match of text.matchAll(word)) {
    if (match.index >= from) return { start: match.index, end: match.index + name.length };
  }
  return places.table ?? places.about;
}

/** Findings that underline, in the cell's own text, what answers without a number complain about. */
export function findingsOf(
  results: readonly EstimateResult[],
  places: Places,
): readonly Diagnostic[] {
  const findings: Diagnostic[] = [];
  for (const result of results) {
    const call = places.calls.find((one) => one.name === result.method && one.end > one.start);
    if (result.kind === "bad-data") {
      for (const problem of result.problems) {
        const [column] = problem.columns;
        findings.push({
          code: problem.code,
          severity: "warning",
          message: problem.message,
          hint: problem.hint,
          place: column === undefined ? places.about : placeOfColumn(column, places),
        });
      }
    } else if (result.kind !== "effect") {
      const about = result.kind === "not-applicable" || result.kind === "not-estimable";
      findings.push({
        code: result.kind,
        severity: "warning",
        message: result.message,
        hint: result.hint,
        place:
          about && call !== undefined
            ? { start: call.start, end: call.start + call.name.length }
            : places.about,
      });
    }
  }
  return findings.filter(
    (one, k) => findings.findIndex((other) => other.message === one.message) === k,
  );
}

/** An engine's complaint with the place in the text it is about, and the nearest name where one was misspelt. */
export function located(
  error: unknown,
  call: Call | undefined,
  table: Table,
  places: Places,
): unknown {
  if (!(error instanceof UserError) || error.place?.start !== undefined) return error;
  const value = typeof error.value === "string" ? error.value : undefined;
  const names = table.columns.map((column) => column.name);
  const column = error.code === "unknown-column" || error.code === "bad-term";
  const option =
    call?.options.find((one) => one.name === value) ??
    call?.options.find((one) => textsIn(one.value).includes(String(error.value)));
  const candidates = column
    ? names
    : error.code === "unknown-option"
      ? (error.expected ?? "").replace(/^one of /u, "").split(", ")
      : [];
  const close = value === undefined ? undefined : nearest(value, candidates);
  const hint = close === undefined ? error.hint : `Did you mean ${close}?`;
  return new UserError(
    {
      code: error.code,
      message: error.message,
      value: error.value,
      ...(error.expected === undefined ? {} : { expected: error.expected }),
      ...(hint === undefined ? {} : { hint }),
      place:
        option !== undefined
          ? { start: option.start, end: option.start + option.name.length }
          : value !== undefined && column
            ? placeOfColumn(value, places)
            : call !== undefined && call.end > call.start
              ? { start: call.start, end: call.end }
              : places.about,
    },
    { cause: error },
  );
}

function textsIn(argument: Argument): readonly string[] {
  if (argument.kind === "list") return argument.items.flatMap(textsIn);
  return [argument.kind === "variable" ? argument.name : String(argument.value)];
}
