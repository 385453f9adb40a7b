import { type Expression, type Options, parse, parseExpressionAt, type Program } from "acorn";
import { type Finding, skipTrivia } from "./place.ts";
import { stripTypes } from "./strip.ts";

/** A cell's text as JavaScript with every character at its old place, and its tree. */
export type Parsed =
  | { readonly kind: "program"; readonly code: string; readonly tree: Program }
  /** The whole cell is one expression, without a semicolon: its value is shown. */
  | { readonly kind: "expression"; readonly code: string; readonly tree: Expression }
  | { readonly kind: "invalid"; readonly findings: readonly Finding[] };

export const PARSE_OPTIONS: Options = {
  ecmaVersion: "latest",
  sourceType: "module",
  allowAwaitOutsideFunction: true,
};

export function parseCell(source: string): Parsed {
  const expression = parseAmbiguous(source);
  if (expression !== undefined) return expression;
  const { code, findings } = stripTypes(source);
  if (findings.length > 0) return { kind: "invalid", findings };
  let tree: Program;
  try {
    tree = parse(code, PARSE_OPTIONS);
  } catch (error) {
    return { kind: "invalid", findings: [syntaxFinding(error, source, code)] };
  }
  const only = tree.body.length === 1 ? tree.body[0] : undefined;
  // Asked of the source: stripping `x as T` puts a semicolon of its own into the code.
  if (only?.type !== "ExpressionStatement" || source[only.end - 1] === ";") {
    return { kind: "program", code, tree };
  }
  const end = code[only.end - 1] === ";" ? only.end - 1 : only.end;
  return {
    kind: "expression",
    code: `${code.slice(0, end)}${" ".repeat(only.end - end)}${code.slice(only.end)}`,
    tree: only.expression,
  };
}

const AMBIGUOUS = /\{|(?:async\s+)?function\s*\*?\s*\(|class\s*(?:\{|extends\b)/y;

/** `{a: 1}` alone is a value and not a block, as in every notebook; likewise functions without a name. */
function parseAmbiguous(source: string): Parsed | undefined {
  AMBIGUOUS.lastIndex = skipTrivia(source, 0);
  if (!AMBIGUOUS.test(source)) return undefined;
  // The brackets make the type stripper read a value too; what it moves stays between them.
  const { code: bracketed, findings } = stripTypes(`(${source}\n)`);
  const code = bracketed.slice(1, -2);
  if (findings.length > 0) return undefined;
  try {
    const tree = parseExpressionAt(code, 0, PARSE_OPTIONS);
    return skipTrivia(code, tree.end) < code.length
      ? undefined
      : { kind: "expression", code, tree };
  } catch {
    return undefined; // a block or a declaration after all: read again as a program, which reports errors
  }
}

/** An error of the parser's, or its stack's end, in the user's terms. Any other error is ours and goes on. */
export function syntaxFinding(error: unknown, source: string, code: string): Finding {
  if (error instanceof RangeError) {
    // The parsers go down with the text; so deep is only what no one has written by hand.
    return {
      code: "too-deep",
      message: "The code is nested too deeply to be read.",
      hint: "Split it up, or put long data into an attachment.",
      start: 0,
      end: Math.min(source.length, 80),
    };
  }
  const { pos, message } = error as { pos?: unknown; message: string };
  if (!(error instanceof SyntaxError) || typeof pos !== "number") throw error;
  if (pos >= code.trimEnd().length) {
    return {
      code: "syntax",
      message: "The cell ends too early.",
      hint: "A bracket, quote or value is missing.",
      start: pos,
      end: source.length,
    };
  }
  const token = /[\p{ID_Continue}$]+|[^]/uy;
  token.lastIndex = pos;
  const text = token.exec(source)?.[0] ?? "";
  const plain = message.replace(/ \(\d+:\d+\)$/, "");
  const place = { start: pos, end: pos + text.length };
  if (text === "@") {
    return {
      code: "ts-decorator",
      message: "Cells cannot use decorators.",
      hint: "Call the function instead: const Made = decorate(class { … });",
      ...place,
    };
  }
  if (/\baccessor\s+$/.test(source.slice(0, pos))) {
    return {
      code: "ts-accessor",
      message: "Cells cannot use `accessor` fields.",
      hint: "Write a get and a set method.",
      ...place,
    };
  }
  return {
    code: "syntax",
    message: /^Unexpected (?:token|character)/.test(plain)
      ? `Unexpected ${JSON.stringify(text)}.`
      : `${plain}.`,
    ...place,
  };
}
