import type { Place } from "../errors.ts";
import type { Diagnostic, Severity } from "./program.ts";

/** The part `start` … `end` of a cell's text, with its line and column. */
export function placeIn(source: string, start: number, end: number, cell: string): Place {
  const before = source.lastIndexOf("\n", start - 1);
  let line = 1;
  for (let at = source.indexOf("\n"); at >= 0 && at < start; at = source.indexOf("\n", at + 1)) {
    line++;
  }
  return { source: cell, line, column: start - before, start, end };
}

export interface Finding {
  readonly code: string;
  readonly severity?: Severity;
  readonly message: string;
  readonly hint?: string;
  readonly start: number;
  readonly end: number;
}

export function toDiagnostic(finding: Finding, source: string, cell: string): Diagnostic {
  const { code, severity = "error", message, hint, start, end } = finding;
  return {
    code,
    severity,
    message,
    ...(hint === undefined ? {} : { hint }),
    place: placeIn(source, start, end, cell),
  };
}

/** The first offset from `at` on that is neither white space nor in a comment. */
export function skipTrivia(text: string, at: number): number {
  for (;;) {
    const start = at;
    while (at < text.length && /\s/.test(text[at] as string)) at++;
    if (text.startsWith("//", at)) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    } else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      at = end < 0 ? text.length : end + 2;
    }
    if (at === start) return at;
  }
}
