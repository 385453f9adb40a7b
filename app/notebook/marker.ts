import { UserError } from "../errors.ts";
import { compareText } from "./document.ts";
import { canonicalJson, type Json } from "./json.ts";

/** The words of a marker line: `// %% A title [kind] key=value key="a value" key={"as":"JSON"}`. */
export interface Marker {
  readonly kind?: string;
  /** Words that are neither the kind nor a pair. */
  readonly words: string;
  readonly pairs: ReadonlyMap<string, MarkerValue>;
}

export interface MarkerValue {
  /** Unquoted if it was quoted, otherwise as it stands. */
  readonly text: string;
  /** Column (from 1) of the value in its line. */
  readonly column: number;
}

/** `key=value` so that `readMarker` gives back the same text: bare where that is safe, quoted otherwise. */
export function writePair(key: string, value: string): string {
  return isBare(value) ? `${key}=${value}` : `${key}=${JSON.stringify(value)}`;
}

export function writePairs(record: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(record)
    .sort(compareText)
    .map((key) => writePair(key, record[key] as string));
}

export function writeJsonPair(key: string, value: Json): string {
  return `${key}=${canonicalJson(value)}`;
}

/** Reads what follows `%%` from `start` on. Never backtracks: time is linear in the line. */
export function readMarker(line: string, start: number): Marker {
  const words: string[] = [];
  const pairs = new Map<string, MarkerValue>();
  let kind: string | undefined;
  let at = start;
  for (;;) {
    at += matchAt(/\s*/y, line, at)?.[0].length ?? 0;
    if (at >= line.length) break;
    const bracket = matchAt(/\[([a-z][a-z0-9-]*)\](?=\s|$)/y, line, at);
    if (bracket !== null && kind === undefined) {
      kind = bracket[1] as string;
      at += bracket[0].length;
      continue;
    }
    const pair = matchAt(/([\p{L}_$@][\p{L}\p{N}_$@/.-]*)=/uy, line, at);
    if (pair === null) {
      const word = matchAt(/\S+/y, line, at)?.[0] ?? "";
      words.push(word);
      at += word.length;
      continue;
    }
    const key = pair[1] as string;
    const from = at + pair[0].length;
    const end = valueEnd(line, from);
    if (pairs.has(key))
      throw badMarker(`The key ${key} is there twice.`, line, at, "one of each key");
    pairs.set(key, { text: readValue(line, from, end), column: from + 1 });
    at = end;
  }
  return { ...(kind === undefined ? {} : { kind }), words: words.join(" "), pairs };
}

function isBare(value: string): boolean {
  if (/^[\p{L}\p{N}_$@/.,:;+*%&?!~^()<>|#-]+$/u.test(value)) return true;
  // Lists and records that other tools write (jupytext's tags) stay as they are.
  if (!/^[[{]/.test(value) || /[\r\n]/.test(value) || valueEnd(value, 0) !== value.length)
    return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false; // not JSON: quoted like any text
  }
}

function readValue(line: string, start: number, end: number): string {
  const raw = line.slice(start, end);
  if (!raw.startsWith('"')) return raw;
  try {
    const value: unknown = JSON.parse(raw);
    if (typeof value === "string") return value;
  } catch {
    // falls through: the message below says what is wrong in the user's terms
  }
  throw badMarker(
    "A quoted value is not closed or has a bad escape.",
    line,
    start,
    "a JSON string",
  );
}

/** Where a value ends: at the closing quote or bracket, else before the next blank. */
function valueEnd(line: string, start: number): number {
  const first = line[start];
  if (first === '"') return stringEnd(line, start);
  if (first !== "[" && first !== "{") {
    return start + (matchAt(/\S*/y, line, start)?.[0].length ?? 0);
  }
  let depth = 0;
  for (let at = start; at < line.length; at++) {
    const c = line[at];
    if (c === '"') at = stringEnd(line, at) - 1;
    else if (c === "[" || c === "{") depth++;
    else if ((c === "]" || c === "}") && --depth === 0) return at + 1;
  }
  return line.length;
}

function stringEnd(line: string, start: number): number {
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === "\\") at++;
    else if (line[at] === '"') return at + 1;
  }
  return line.length;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The line number is not known here; `parseNotebook` adds it. */
function badMarker(message: string, line: string, at: number, expected: string): UserError {
  return new UserError({
    code: "notebook-marker",
    message,
    value: line.slice(at, at + 60),
    expected,
    place: { column: at + 1 },
  });
}
