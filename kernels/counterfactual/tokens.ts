import { unexpectedText } from "./messages.ts";
import type { Span } from "./messages.ts";

export interface Token extends Span {
  readonly kind: "name" | "number" | "text" | "symbol" | "break" | "end";
  readonly text: string;
}

/** A token's place without its text. */
export const spanOf = ({ line, column, start, end }: Token): Span => ({ line, column, start, end });

const pattern =
  /(?<space>[ \t\r]+|#[^\n]*|\/\/[^\n]*)|(?<newline>\n)|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<text>"[^"\n]*"|'[^'\n]*')|(?<symbol><->|->|==|!=|<=|>=|&&|\|\||[-+*/^(){}[\],;:|~=<>?!≤≥≠'])/uy;

const spelledOtherwise: Readonly<Record<string, string>> = {
  "≤": "<=",
  "≥": ">=",
  "≠": "!=",
  "&&": "and",
  "||": "or",
};

/**
 * The words of a model or query. `y_{` is read as the name `y` and the symbol `_{`, the field's subscript.
 * Line ends become `break` tokens except inside round and square brackets. Throws `UserError` by line and column.
 */
export function tokenize(text: string, source: "model" | "query"): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let depth = 0;
  let at = 0;
  const push = (kind: Token["kind"], value: string, start: number, end: number): void => {
    tokens.push({ kind, text: value, line, column: start - lineStart + 1, start, end });
  };
  while (at < text.length) {
    pattern.lastIndex = at;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) {
      const span = { line, column: at - lineStart + 1, start: at, end: at + 1 };
      const seen = String.fromCodePoint(text.codePointAt(at)!);
      throw unexpectedText(source, span, seen, "a name, a number or an operator");
    }
    const end = pattern.lastIndex;
    if (groups["newline"] !== undefined) {
      if (depth === 0) push("break", "\n", at, end);
      line++;
      lineStart = end;
    } else if (groups["number"] !== undefined) push("number", groups["number"], at, end);
    else if (groups["text"] !== undefined) push("text", groups["text"].slice(1, -1), at, end);
    else if (groups["name"] !== undefined) {
      const name = groups["name"];
      if (name.length > 1 && name.endsWith("_") && text[end] === "{") {
        push("name", name.slice(0, -1), at, end - 1);
        push("symbol", "_{", end - 1, end + 1);
        at = end + 1;
        continue;
      }
      push("name", name, at, end);
    } else if (groups["symbol"] !== undefined) {
      const symbol = groups["symbol"];
      if (symbol === "(" || symbol === "[") depth++;
      if (symbol === ")" || symbol === "]") depth = Math.max(0, depth - 1);
      const other = spelledOtherwise[symbol] ?? symbol;
      push(/^[a-z]/.test(other) ? "name" : symbol === ";" ? "break" : "symbol", other, at, end);
    }
    at = end;
  }
  push("end", "", text.length, text.length);
  return tokens;
}

/** A reader over tokens with one-token lookahead; every complaint carries its place. */
export class TokenReader {
  private position = 0;
  readonly tokens: readonly Token[];
  readonly source: "model" | "query";

  constructor(tokens: readonly Token[], source: "model" | "query") {
    this.tokens = tokens;
    this.source = source;
  }

  peek(offset = 0): Token {
    return this.tokens[Math.min(this.position + offset, this.tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.peek();
    if (this.position < this.tokens.length - 1) this.position++;
    return token;
  }

  /** Takes the next token when it is this symbol or word. */
  accept(text: string): Token | undefined {
    const token = this.peek();
    if (token.text !== text || (token.kind !== "symbol" && token.kind !== "name")) return undefined;
    return this.next();
  }

  expect(text: string, hint?: string): Token {
    return this.accept(text) ?? this.fail(`"${text}"`, hint);
  }

  expectName(what: string): Token {
    return this.peek().kind === "name" ? this.next() : this.fail(what);
  }

  skipBreaks(): void {
    while (this.peek().kind === "break") this.next();
  }

  fail(expected: string, hint?: string): never {
    const token = this.peek();
    const seen = token.kind === "break" ? "end of line" : token.text;
    throw unexpectedText(this.source, token, seen, expected, hint);
  }
}
