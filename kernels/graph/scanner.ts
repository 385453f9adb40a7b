import { UserError } from "../../app/errors.ts";
import type { Place } from "../../app/errors.ts";

/** A position in a text that moves forward; the readers are small functions over it. */
export interface Scanner {
  readonly text: string;
  at: number;
}

/** Line and column (from 1) of an offset, with the offsets themselves. */
export function placeAt(text: string, start: number, end = start): Place {
  const before = text.slice(0, start);
  const lines = before.split("\n");
  return {
    line: lines.length,
    column: (lines[lines.length - 1]?.length ?? 0) + 1,
    start,
    end,
  };
}

export function syntaxError(
  text: string,
  start: number,
  end: number,
  message: string,
  expected: string,
  hint?: string,
): UserError {
  return new UserError({
    code: "graph-syntax",
    message,
    value: text.slice(start, Math.max(end, start + 1)),
    expected,
    ...(hint === undefined ? {} : { hint }),
    place: placeAt(text, start, end),
  });
}

/** Runs a reader and gives errors about the graph as a whole (a cycle, say) the place of the text's start. */
export function withPlace<T>(text: string, place: (error: UserError) => Place, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError) || error.place !== undefined) throw error;
    throw new UserError(
      {
        code: error.code,
        message: error.message,
        value: error.value,
        ...(error.expected === undefined ? {} : { expected: error.expected }),
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        place: place(error) ?? placeAt(text, 0),
      },
      { cause: error },
    );
  }
}

const bare = /[\p{L}\p{N}_.'’′]+/uy;

/** A bare or quoted name at the position, or `undefined`. Quotes are `"`; `\"` and `\\` are escapes. */
export function readName(scan: Scanner): { name: string; start: number; end: number } | undefined {
  const start = scan.at;
  if (scan.text[start] === '"') {
    let name = "";
    for (let i = start + 1; i < scan.text.length; i++) {
      const char = scan.text[i] ?? "";
      if (char === "\\" && i + 1 < scan.text.length) name += scan.text[++i] ?? "";
      else if (char === '"') {
        scan.at = i + 1;
        if (name.trim() === "") {
          throw syntaxError(scan.text, start, i + 1, "This name is empty.", "a name in the quotes");
        }
        return { name, start, end: i + 1 };
      } else name += char;
    }
    throw syntaxError(scan.text, start, start + 1, "This quote is not closed.", 'a closing "');
  }
  bare.lastIndex = start;
  const match = bare.exec(scan.text);
  if (match === null) return undefined;
  scan.at = bare.lastIndex;
  return { name: match[0], start, end: scan.at };
}

const plain = /^[\p{L}\p{N}_.'’′]+$/u;

/** A name as it must be written to be read back as one name. */
export function quoteName(name: string, reserved?: (name: string) => boolean): string {
  if (plain.test(name) && reserved?.(name) !== true) return name;
  return `"${name.replace(/[\\"]/g, (char) => `\\${char}`)}"`;
}

/** Moves over blanks, and over line ends where they do not end a statement. */
export function skipBlanks(scan: Scanner, lines: boolean): void {
  const blank = lines ? /\s/ : /[^\S\n]/;
  while (scan.at < scan.text.length) {
    const char = scan.text[scan.at] ?? "";
    if (blank.test(char)) scan.at++;
    else if (char === "#" || scan.text.startsWith("//", scan.at)) {
      const end = scan.text.indexOf("\n", scan.at);
      scan.at = end < 0 ? scan.text.length : end;
    } else if (lines && scan.text.startsWith("/*", scan.at)) {
      const end = scan.text.indexOf("*/", scan.at + 2);
      if (end < 0) {
        throw syntaxError(scan.text, scan.at, scan.at + 2, "This comment is not closed.", "*/");
      }
      scan.at = end + 2;
    } else return;
  }
}
