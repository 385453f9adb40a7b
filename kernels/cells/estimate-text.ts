import type { Call } from "./language.ts";

/** Where the parts of an estimate cell's statement stand in its text, for edits by a press. */
export interface EstimateText {
  readonly source: string;
  /** Right after the statement, comments left out. */
  readonly end: number;
  /** Empty when no method is named. */
  readonly calls: readonly Pick<Call, "name" | "start" | "end">[];
  /** Keyword and text of the clauses that are there. */
  readonly clauses: Readonly<Record<string, { readonly start: number; readonly end: number }>>;
}

function splice(text: string, start: number, end: number, insert: string): string {
  return text.slice(0, start) + insert + text.slice(end);
}

/** The text with a clause set, at its place or at the end. */
export function withClause(text: EstimateText, key: string, value: string): string {
  const there = text.clauses[key];
  return there === undefined
    ? splice(text.source, text.end, text.end, ` ${key} ${value}`)
    : splice(text.source, there.start, there.end, `${key} ${value}`);
}

export function withoutClause(text: EstimateText, key: string): string {
  const there = text.clauses[key];
  if (there === undefined) return text.source;
  const lead = /\s*$/u.exec(text.source.slice(0, there.start))?.[0].length ?? 0;
  return splice(text.source, there.start - lead, there.end, "");
}

/** The text with one more method beside those named (`implied` when none is). */
export function withMethod(text: EstimateText, name: string, implied: string | undefined): string {
  const last = text.calls.at(-1);
  if (last !== undefined) return splice(text.source, last.end, last.end, `, ${name}`);
  const named = implied === undefined ? name : `${implied}, ${name}`;
  return splice(text.source, text.end, text.end, ` by ${named}`);
}

/** The text without the `index`th method; the last one stays. */
export function withoutMethod(text: EstimateText, index: number): string {
  const call = text.calls[index];
  if (call === undefined || text.calls.length < 2) return text.source;
  const next = text.calls[index + 1];
  const before = text.calls[index - 1];
  return next === undefined
    ? splice(text.source, before!.end, call.end, "")
    : splice(text.source, call.start, next.start, "");
}

/** The text with these methods replaced by another. */
export function insteadOf(text: EstimateText, unfit: readonly string[], name: string): string {
  const kept = text.calls.filter((call) => !unfit.includes(call.name) && call.name !== name);
  const [first] = text.calls;
  const last = text.calls.at(-1);
  if (first === undefined || last === undefined) return withMethod(text, name, undefined);
  const written = kept.map((call) => text.source.slice(call.start, call.end));
  return splice(text.source, first.start, last.end, [...written, name].join(", "));
}
