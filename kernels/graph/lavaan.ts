import { createDraft, describe, finish, join, touch } from "./draft.ts";
import type { Draft } from "./draft.ts";
import type { Graph } from "./graph.ts";
import { readName, skipBlanks, syntaxError } from "./scanner.ts";
import type { Scanner } from "./scanner.ts";

/**
 * Reads lavaan's model syntax (Rosseel 2012) as a path diagram: `y ~ x + z` (arrows into y), `x ~~ y`
 * (bidirected; `x ~~ x` is a variance and only names x), `f =~ a + b` (f unmeasured, arrows out of f). Fixed
 * coefficients and labels (`0.5*x`, `b*x`) and intercepts (`y ~ 1`) are read over, as are lines with `:=`, `==`,
 * `<` or `>`. `#` and `!` begin comments. Throws `UserError` with line and column.
 */
export function parseLavaan(text: string): Graph {
  const draft = createDraft(text);
  const scan: Scanner = {
    text: text.replace(/!.*$/gm, (comment) => " ".repeat(comment.length)),
    at: 0,
  };
  for (;;) {
    skipBlanks(scan, true);
    if (scan.text[scan.at] === ";") {
      scan.at++;
      continue;
    }
    if (scan.at >= text.length) return finish(draft);
    const line = /[^\n;]*/y;
    line.lastIndex = scan.at;
    const content = (line.exec(scan.text)?.[0] ?? "").replace(/"(?:[^"\\]|\\.)*"/g, '""');
    if (/:=|==|[<>]/.test(content)) {
      scan.at = line.lastIndex;
      continue;
    }
    readFormula(scan, draft);
  }
}

function readFormula(scan: Scanner, draft: Draft): void {
  const start = scan.at;
  const left = readSum(scan);
  const operator = /=~|~~|~/y;
  operator.lastIndex = scan.at;
  const match = operator.exec(scan.text);
  if (match === null) throw unexpected(scan, "~, ~~ or =~");
  scan.at = operator.lastIndex;
  skipBlanks(scan, true);
  const right = readSum(scan);
  skipBlanks(scan, false);
  if (scan.at < scan.text.length && !/[\n;]/.test(scan.text[scan.at] ?? "")) {
    throw unexpected(scan, "+ or the end of the line");
  }
  for (const { name: a, plain } of left) {
    if (plain && a === "1")
      throw syntaxError(scan.text, start, scan.at, "A number stands on the left.", "a variable");
    touch(draft, a);
    if (match[0] === "=~") describe(draft, a, { latent: true });
    for (const { name: b, plain: bare } of right) {
      if (bare && (b === "1" || b === "0")) continue; // an intercept
      touch(draft, b);
      if (match[0] === "~") join(draft, b, "->", a, start, scan.at);
      else if (match[0] === "=~") join(draft, a, "->", b, start, scan.at);
      else if (a !== b) join(draft, a, "<->", b, start, scan.at);
    }
  }
}

const coefficient =
  /(?:[-+]?[0-9.]+(?:e[-+]?\d+)?|[\p{L}_.][\p{L}\p{N}_.]*(?:\([^()\n]*\))?)\s*\*\s*/uy;

interface Variable {
  readonly name: string;
  /** Written without quotes, so that 1 means the intercept. */
  readonly plain: boolean;
}

function readSum(scan: Scanner): Variable[] {
  const names: Variable[] = [];
  for (;;) {
    coefficient.lastIndex = scan.at;
    if (coefficient.test(scan.text)) scan.at = coefficient.lastIndex;
    const read = readName(scan);
    if (read === undefined)
      throw unexpected(scan, 'a variable (in "quotes" if it has blanks or signs)');
    names.push({ name: read.name, plain: scan.text[read.start] !== '"' });
    skipBlanks(scan, false);
    if (scan.text[scan.at] !== "+") return names;
    scan.at++;
    skipBlanks(scan, true);
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
  );
}
