import type { Cell } from "../../app/notebook/document.ts";
import type { Splice } from "../../app/notebook/edits.ts";

export interface FindQuery {
  readonly text: string;
  readonly matchCase: boolean;
  /** Only where no letter, digit, `_` or `$` stands beside it. */
  readonly wholeWord: boolean;
  readonly regexp: boolean;
}

/** A place in a cell's text. */
export interface Match {
  readonly cell: string;
  readonly start: number;
  readonly end: number;
}

export type Found =
  | { readonly kind: "nothing-asked" }
  /** The pattern is none, in the engine's words. */
  | { readonly kind: "bad-pattern"; readonly reason: string }
  /** `cut`: there are more, which are not looked for. */
  | { readonly kind: "found"; readonly matches: readonly Match[]; readonly cut: boolean };

/** More places than anybody walks through; the count says that there are more. */
export const MAX_MATCHES = 20_000;

/** Every place where the cells' texts match, in page order. Matches of no length are left out. */
export function findMatches(cells: readonly Cell[], query: FindQuery): Found {
  if (query.text === "") return { kind: "nothing-asked" };
  const pattern = patternOf(query);
  if (typeof pattern === "string") return { kind: "bad-pattern", reason: pattern };
  const matches: Match[] = [];
  for (const cell of cells) {
    for (const found of matchesIn(cell.source, pattern, query.wholeWord)) {
      if (matches.length === MAX_MATCHES) return { kind: "found", matches, cut: true };
      const start = found.index;
      matches.push({ cell: cell.id, start, end: start + found[0].length });
    }
  }
  return { kind: "found", matches, cut: false };
}

/**
 * The edits that put `replacement` in the place of matches: of all, or of the one match given. One edit for each cell,
 * so that a notebook full of matches stays one batch. With a regular expression `$1`, `$<name>`, `$&` and `$$` mean
 * what they mean in JavaScript; else the text is taken as it is.
 */
export function replaceEdits(
  cells: readonly Cell[],
  query: FindQuery,
  replacement: string,
  only?: Match,
): readonly Splice[] {
  const pattern = patternOf(query);
  if (query.text === "" || typeof pattern === "string") return [];
  return cells.flatMap((cell): readonly Splice[] => {
    if (only !== undefined && only.cell !== cell.id) return [];
    const found = matchesIn(cell.source, pattern, query.wholeWord).filter(
      ({ index }) => only === undefined || index === only.start,
    );
    const [first, last] = [found[0], found.at(-1)];
    if (first === undefined || last === undefined) return [];
    const end = last.index + last[0].length;
    let at = first.index;
    let insert = "";
    for (const match of found) {
      insert += cell.source.slice(at, match.index);
      insert += query.regexp ? expand(replacement, match) : replacement;
      at = match.index + match[0].length;
    }
    insert = insert.replace(/\r\n?/g, "\n");
    if (insert === cell.source.slice(first.index, end)) return [];
    return [{ kind: "splice", cell: cell.id, at: first.index, remove: end - first.index, insert }];
  });
}

/** The pattern, or why there is none. */
function patternOf({ text, matchCase, regexp }: FindQuery): RegExp | string {
  const source = regexp ? text : text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
  const flags = matchCase ? "gm" : "gim";
  try {
    return new RegExp(source, `${flags}u`);
  } catch (error) {
    try {
      // What people type by habit (`\-`, `{`) is often allowed only without Unicode mode.
      return new RegExp(regexp ? text : source, flags);
    } catch {
      return error instanceof Error ? error.message.replace(/^.*: /, "") : String(error);
    }
  }
}

function matchesIn(
  source: string,
  pattern: RegExp,
  wholeWord: boolean,
): readonly RegExpExecArray[] {
  return [...source.matchAll(pattern)].filter(
    (match) =>
      match[0] !== "" &&
      (!wholeWord || isWholeWord(source, match.index, match.index + match[0].length)),
  );
}

const WORD = /[\p{L}\p{N}_$]/u;

function isWholeWord(source: string, start: number, end: number): boolean {
  return !WORD.test(before(source, start)) && !WORD.test(after(source, end));
}

/** The whole character before a place, also of two units. */
function before(source: string, at: number): string {
  const one = source.slice(Math.max(0, at - 1), at);
  return /[\udc00-\udfff]/.test(one) ? source.slice(Math.max(0, at - 2), at) : one;
}

function after(source: string, at: number): string {
  const code = source.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}

/** JavaScript's own rules of replacement, for a match that is known already. */
function expand(template: string, match: RegExpExecArray): string {
  return template.replace(
    /\$(?:(\$)|(&)|(\d{1,2})|<([^>]*)>)|\\([nt])/g,
    (whole, dollar, all, digits: string | undefined, name: string | undefined, escape) => {
      if (dollar !== undefined) return "$";
      if (all !== undefined) return match[0];
      if (escape !== undefined) return escape === "n" ? "\n" : "\t";
      if (name !== undefined) {
        return match.groups === undefined ? whole : (match.groups[name] ?? "");
      }
      const two = Number(digits);
      if (two >= 1 && two < match.length) return match[two] ?? "";
      // `$12` with less than twelve groups is `$1` and a 2.
      const one = Number(digits?.[0]);
      if (digits?.length === 2 && one >= 1 && one < match.length) {
        return (match[one] ?? "") + (digits[1] ?? "");
      }
      return whole;
    },
  );
}
