import { applyAttribute, createDraft, finish, join, touch } from "./draft.ts";
import type { Draft } from "./draft.ts";
import type { Graph } from "./graph.ts";
import { readName, skipBlanks, syntaxError } from "./scanner.ts";
import type { Scanner } from "./scanner.ts";

/**
 * Reads our own short form: statements ended by `;` or a line end; a statement is a chain of names or lists of
 * names joined by arrows (`->`, `<-`, `<->`, `--`, `o->`, `<-o`, `o-o`, `o--`, `--o`), or names followed by
 * attributes: `U -> a, b; U [latent]; x [treatment, pos="0,1"]`. `#` and `//` begin comments. Throws `UserError`
 * with line and column.
 */
export function parseShortForm(text: string): Graph {
  const draft = createDraft(text);
  const scan: Scanner = { text, at: 0 };
  for (;;) {
    skipSeparators(scan);
    if (scan.at >= text.length) return finish(draft);
    readStatement(scan, draft);
    skipBlanks(scan, false);
    if (scan.at < text.length && !/[;\n]/.test(text[scan.at] ?? "")) {
      throw unexpected(scan, "an arrow, a comma, an attribute list or the end of the statement");
    }
  }
}

/** Where the statements of a text in the short form stand. Throws as `parseShortForm` does. */
export function shortFormSpans(text: string): readonly { start: number; end: number }[] {
  const draft = createDraft(text);
  const scan: Scanner = { text, at: 0 };
  const spans: { start: number; end: number }[] = [];
  for (;;) {
    skipSeparators(scan);
    const start = scan.at;
    if (start >= text.length) return spans;
    readStatement(scan, draft);
    spans.push({ start, end: start + text.slice(start, scan.at).trimEnd().length });
    skipBlanks(scan, false);
  }
}

function skipSeparators(scan: Scanner): void {
  for (;;) {
    skipBlanks(scan, true);
    if (scan.text[scan.at] !== ";") return;
    scan.at++;
  }
}

function readStatement(scan: Scanner, draft: Draft): void {
  const start = scan.at;
  let left = readGroup(scan, draft);
  for (;;) {
    skipBlanks(scan, false);
    const arrow = readArrow(scan);
    if (arrow === undefined) break;
    skipBlanks(scan, true);
    const right = readGroup(scan, draft);
    for (const a of left) for (const b of right) join(draft, a, arrow, b, start, scan.at);
    left = right;
  }
  skipBlanks(scan, false);
  if (scan.text[scan.at] === "[") readAttributes(scan, draft, left);
}

function readGroup(scan: Scanner, draft: Draft): string[] {
  const names: string[] = [];
  for (;;) {
    const read = readName(scan);
    if (read === undefined)
      throw unexpected(scan, 'a name (in "quotes" if it has blanks or signs)');
    touch(draft, read.name);
    names.push(read.name);
    skipBlanks(scan, false);
    if (scan.text[scan.at] !== ",") return names;
    scan.at++;
    skipBlanks(scan, true);
  }
}

const arrows =
  /<->|<-o(?=\s+["\p{L}\p{N}_])|<--|<-|-->|->|--o(?=\s)|--|o->|o-o(?=[\s"])|o--|↔|→|←|—|–/uy;
const spelled: Readonly<Record<string, string>> = {
  "↔": "<->",
  "→": "->",
  "←": "<-",
  "—": "--",
  "–": "--",
  "-->": "->",
  "<--": "<-",
};

function readArrow(scan: Scanner): string | undefined {
  arrows.lastIndex = scan.at;
  const match = arrows.exec(scan.text);
  if (match === null) return undefined;
  scan.at = arrows.lastIndex;
  return spelled[match[0]] ?? match[0];
}

function readAttributes(scan: Scanner, draft: Draft, names: readonly string[]): void {
  const open = scan.at++;
  for (;;) {
    skipBlanks(scan, true);
    if (scan.text[scan.at] === "]") {
      scan.at++;
      return;
    }
    const key = readName(scan);
    if (key === undefined) {
      if (scan.at >= scan.text.length) {
        throw syntaxError(scan.text, open, open + 1, "This bracket is not closed.", "]");
      }
      throw unexpected(
        scan,
        "an attribute such as latent, treatment, outcome, adjusted or selected",
      );
    }
    skipBlanks(scan, true);
    let value: string | undefined;
    if (scan.text[scan.at] === "=") {
      scan.at++;
      skipBlanks(scan, true);
      value = readName(scan)?.name;
      if (value === undefined) throw unexpected(scan, "a value after =");
    }
    for (const name of names) {
      if (!applyAttribute(draft, name, key.name, value)) {
        throw syntaxError(
          scan.text,
          key.start,
          scan.at,
          `The attribute "${key.name}" is not known${value === undefined ? "" : ` with value "${value}"`}.`,
          'latent, treatment, outcome, adjusted, selected or pos="x,y"',
        );
      }
    }
    skipBlanks(scan, true);
    if (scan.text[scan.at] === ",") scan.at++;
  }
}

function unexpected(scan: Scanner, expected: string): Error {
  const { text, at } = scan;
  const found =
    at >= text.length
      ? "The text ends"
      : `"${String.fromCodePoint(text.codePointAt(at) ?? 63)}" stands`;
  return syntaxError(
    text,
    at,
    Math.min(at + 1, text.length),
    `${found} where something else was expected.`,
    expected,
    "For example: smoking -> tar -> cancer; U -> smoking, cancer; U [latent]",
  );
}
