import { UserError, type Place } from "../../app/errors.ts";

/** One statement of a causal cell: `name = body` or just `body`, with where it stands in the cell's text. */
export interface Statement {
  readonly name?: string;
  readonly body: string;
  /** Offset of `body` in the cell's text; comments inside are blanked, so offsets inside it hold too. */
  readonly start: number;
}

const NAME = /^[\p{L}_$][\p{L}\p{N}_$]*/u;

/** Names of methods and checks: `2sls`, `x-learner`. */
const CALL_NAME = /^(?=[\p{N}-]*[\p{L}_$])[\p{L}\p{N}_$]+(?:-[\p{L}\p{N}_$]+)*/u;
/** The same with single blanks between words: `random common cause`. */
const SPACED_NAME = /^(?=[\p{N}-]*[\p{L}_$])[\p{L}\p{N}_$]+(?:[- ][\p{L}\p{N}_$]+)*/u;

/**
 * The statements of a cell. One a line; a line that is indented, or inside an open bracket or quote, belongs to
 * the one before. `#` and `//` start comments. O(length).
 */
export function statementsOf(source: string): readonly Statement[] {
  const text = blankComments(source);
  const statements: Statement[] = [];
  let start = 0;
  let depth = 0;
  let quote = "";
  const finish = (end: number): void => {
    const statement = statementFrom(text, start, end);
    if (statement !== undefined) statements.push(statement);
    start = end + 1;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? "";
    if (quote !== "") {
      if (c === quote || c === "\n") quote = "";
    } else if (opensQuote(text, i)) quote = c;
    else if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth = Math.max(0, depth - 1);
    if (c === "\n" && depth === 0 && !/^[ \t]+\S/u.test(text.slice(i + 1, i + 200))) finish(i);
  }
  finish(text.length);
  return statements;
}

/** A quote that opens a text; an apostrophe behind a name is its prime, as in `x'`. */
function opensQuote(text: string, i: number): boolean {
  return text[i] === '"' || (text[i] === "'" && !/[\p{L}\p{N}_}'"]/u.test(text[i - 1] ?? ""));
}

/** Comments become blanks of the same length, outside quotes. */
export function blankComments(source: string): string {
  let out = "";
  let quote = "";
  for (let i = 0; i < source.length; i++) {
    const c = source[i] ?? "";
    if (quote === "" && (c === "#" || (c === "/" && source[i + 1] === "/"))) {
      while (i < source.length && source[i] !== "\n") {
        out += " ";
        i++;
      }
      if (i < source.length) out += "\n";
      continue;
    }
    if (quote !== "") {
      if (c === quote || c === "\n") quote = "";
    } else if (opensQuote(source, i)) quote = c;
    out += c;
  }
  return out;
}

function statementFrom(text: string, from: number, to: number): Statement | undefined {
  const raw = text.slice(from, to);
  const lead = raw.length - raw.trimStart().length;
  const body = raw.trim();
  if (body === "") return undefined;
  const name = NAME.exec(body)?.[0];
  if (name !== undefined) {
    const after = body.slice(name.length);
    const equals = /^\s*=(?![=>])\s*/u.exec(after);
    if (equals !== null) {
      const skip = name.length + equals[0].length;
      return { name, body: body.slice(skip), start: from + lead + skip };
    }
  }
  return { body, start: from + lead };
}

/** A piece of a statement after one of its keywords, e.g. what follows `from`. */
export interface Clause {
  readonly text: string;
  readonly start: number;
}

/**
 * Splits `head KEY text KEY text …` at keywords that stand as whole words outside brackets and quotes. Returns the
 * head under `""`. A keyword that comes twice is an error. `before` says what must follow a keyword for it to be one
 * (`missing` is also a word of conditions). O(length · keywords).
 */
export function clausesOf<K extends string>(
  statement: Statement,
  keywords: readonly K[],
  before: { readonly [P in K]?: RegExp } = {},
): { readonly [P in K | ""]?: Clause } {
  const { body } = statement;
  const found: { key: K | ""; from: number; textFrom: number }[] = [
    { key: "", from: 0, textFrom: 0 },
  ];
  let depth = 0;
  let quote = "";
  for (let i = 0; i < body.length; i++) {
    const c = body[i] ?? "";
    if (quote !== "") {
      if (c === quote) quote = "";
      continue;
    }
    if (opensQuote(body, i)) quote = c;
    else if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    else if (depth === 0 && (i === 0 || /\s/u.test(body[i - 1] ?? ""))) {
      const key = keywords.find((word) => {
        if (!body.startsWith(word, i)) return false;
        const after = body.slice(i + word.length);
        // What must be followed by a bracket may have it at once: `trim(0.1)`.
        const whole = before[word] === undefined ? /^(?:\s|$)/u : /^(?:\s|$|\()/u;
        return whole.test(after) && (before[word]?.test(after) ?? true);
      });
      if (key !== undefined) {
        if (found.some((f) => f.key === key)) {
          throw mistake(
            "clause-twice",
            `"${key}" stands twice in one statement.`,
            statement,
            i,
            i + key.length,
          );
        }
        found.push({ key, from: i, textFrom: i + key.length });
        i += key.length - 1;
      }
    }
  }
  const clauses: { [P in K | ""]?: Clause } = {};
  found.forEach(({ key, textFrom }, k) => {
    const raw = body.slice(textFrom, found[k + 1]?.from ?? body.length);
    const text = raw.trim();
    const lead = raw.length - raw.trimStart().length;
    clauses[key] = { text, start: statement.start + textFrom + lead };
  });
  return clauses;
}

/** A value written in a call: a literal, or the name of another cell's variable. */
export type Argument =
  | { readonly kind: "literal"; readonly value: number | string | boolean | null }
  | { readonly kind: "variable"; readonly name: string; readonly start: number }
  | { readonly kind: "list"; readonly items: readonly Argument[] };

/** `method(option: value, …)`; the brackets may be left out. */
export interface Call {
  readonly name: string;
  readonly start: number;
  /** Where it ends, brackets included. */
  readonly end: number;
  readonly options: readonly {
    readonly name: string;
    readonly value: Argument;
    readonly start: number;
  }[];
}

/**
 * Reads `aipw, dragonnet(epochs: 300, seed: 7)`; with `spaced`, names may be several words. Throws `UserError` with
 * place. O(length).
 */
export function parseCalls(clause: Clause, spaced = false): readonly Call[] {
  const reader = new Reader(clause);
  const calls: Call[] = [];
  do {
    reader.space();
    const start = reader.place;
    const name = reader.name("the name of a method", spaced ? SPACED_NAME : CALL_NAME);
    let end = start + name.length;
    const options: Call["options"][number][] = [];
    if (reader.take("(")) {
      while (!reader.take(")")) {
        const optionStart = reader.place;
        const option = reader.name("an option's name, as in epochs: 300");
        reader.expect(":", `a ":" and a value after ${option}`);
        options.push({ name: option, value: reader.argument(), start: optionStart });
        if (!reader.take(",") && !reader.sees(")")) reader.fail('"," or ")"');
      }
      end = reader.at;
    }
    calls.push({ name, start, end, options });
  } while (reader.take(","));
  reader.end('"," and another method, or the end');
  return calls;
}

/** Names of other cells' variables that a call uses. */
export function variablesOf(calls: readonly Call[]): readonly string[] {
  const names: string[] = [];
  const visit = (argument: Argument): void => {
    if (argument.kind === "variable") names.push(argument.name);
    else if (argument.kind === "list") argument.items.forEach(visit);
  };
  for (const call of calls) for (const option of call.options) visit(option.value);
  return names;
}

/** The plain value of an argument, variables looked up. */
export function evaluateArgument(
  argument: Argument,
  inputs: Readonly<Record<string, unknown>>,
): unknown {
  switch (argument.kind) {
    case "literal":
      return argument.value;
    case "variable":
      return inputs[argument.name];
    case "list":
      return argument.items.map((item) => evaluateArgument(item, inputs));
  }
}

class Reader {
  #at = 0;
  readonly #clause: Clause;

  constructor(clause: Clause) {
    this.#clause = clause;
  }

  /** Right after what was read last. */
  get at(): number {
    return this.#clause.start + this.#at;
  }

  get place(): number {
    this.space();
    return this.#clause.start + this.#at;
  }

  space(): void {
    while (/\s/u.test(this.#clause.text[this.#at] ?? "")) this.#at++;
  }

  sees(symbol: string): boolean {
    this.space();
    return this.#clause.text.startsWith(symbol, this.#at);
  }

  take(symbol: string): boolean {
    if (!this.sees(symbol)) return false;
    this.#at += symbol.length;
    return true;
  }

  expect(symbol: string, expected: string): void {
    if (!this.take(symbol)) this.fail(expected);
  }

  name(expected: string, pattern = NAME): string {
    this.space();
    const name = pattern.exec(this.#clause.text.slice(this.#at))?.[0];
    if (name === undefined) return this.fail(expected);
    this.#at += name.length;
    return name;
  }

  argument(): Argument {
    this.space();
    const rest = this.#clause.text.slice(this.#at);
    const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iu.exec(rest)?.[0];
    if (number !== undefined) {
      this.#at += number.length;
      return { kind: "literal", value: Number(number) };
    }
    const quoted = /^"([^"\n]*)"|^'([^'\n]*)'/u.exec(rest);
    if (quoted !== null) {
      this.#at += quoted[0].length;
      return { kind: "literal", value: quoted[1] ?? quoted[2] ?? "" };
    }
    if (this.take("[")) {
      const items: Argument[] = [];
      while (!this.take("]")) {
        items.push(this.argument());
        if (!this.take(",") && !this.sees("]")) this.fail('"," or "]"');
      }
      return { kind: "list", items };
    }
    const start = this.place;
    const name = this.name(
      "a number, a text in quotes, true, false, null, a list, or a variable's name",
    );
    if (name === "true" || name === "false") return { kind: "literal", value: name === "true" };
    if (name === "null") return { kind: "literal", value: null };
    return { kind: "variable", name, start };
  }

  end(expected: string): void {
    this.space();
    if (this.#at < this.#clause.text.length) this.fail(expected);
  }

  fail(expected: string): never {
    const seen = this.#clause.text.slice(this.#at, this.#at + 20);
    const start = this.#clause.start + this.#at;
    throw new UserError({
      code: "cell-syntax",
      message: seen === "" ? "The text ends too early." : `"${seen}" cannot stand here.`,
      value: seen,
      expected,
      place: { start, end: start + Math.max(1, seen.length) },
    });
  }
}

/** A single variable name, e.g. what follows `from`. */
export function parseName(clause: Clause, expected: string): string {
  const reader = new Reader(clause);
  const name = reader.name(expected);
  reader.end(expected);
  return name;
}

/** Parts of a clause at commas outside brackets and quotes. */
export function splitAtCommas(clause: Clause): readonly Clause[] {
  const parts: Clause[] = [];
  let depth = 0;
  let quote = "";
  let from = 0;
  const finish = (to: number): void => {
    const raw = clause.text.slice(from, to);
    const lead = raw.length - raw.trimStart().length;
    parts.push({ text: raw.trim(), start: clause.start + from + lead });
    from = to + 1;
  };
  for (let i = 0; i < clause.text.length; i++) {
    const c = clause.text[i] ?? "";
    if (quote !== "") {
      if (c === quote) quote = "";
    } else if (opensQuote(clause.text, i)) quote = c;
    else if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    else if (c === "," && depth === 0) finish(i);
  }
  finish(clause.text.length);
  return parts;
}

/** The whole number a clause holds, at least 1; `fallback` where there is no clause. */
export function wholeNumber(clause: Clause | undefined, what: string, fallback: number): number {
  if (clause === undefined) return fallback;
  const number = Number(clause.text.replaceAll("_", ""));
  if (clause.text !== "" && Number.isInteger(number) && number >= 1 && number <= 1e8) return number;
  throw new UserError({
    code: "cell-number",
    message: `"${clause.text}" cannot stand for ${what}.`,
    value: clause.text,
    expected: "a whole number of at least 1",
    place: { start: clause.start, end: clause.start + Math.max(1, clause.text.length) },
  });
}

/** A mistake at offsets of a statement's body. */
export function mistake(
  code: string,
  message: string,
  statement: Statement,
  from: number,
  to: number,
  more: { readonly expected?: string; readonly hint?: string } = {},
): UserError {
  return new UserError({
    code,
    message,
    value: statement.body.slice(from, to),
    ...more,
    place: { start: statement.start + from, end: statement.start + Math.max(to, from + 1) },
  });
}

/** Line and column of an offset, for places that only carry offsets. */
export function withLines(place: Place | undefined, source: string): Place {
  if (place?.start === undefined || place.line !== undefined) return place ?? {};
  const before = source.slice(0, place.start);
  const line = before.split("\n").length;
  return { ...place, line, column: place.start - (before.lastIndexOf("\n") + 1) + 1 };
}
