import { UserError } from "../../app/errors.ts";
import type { Value } from "./estimand.ts";

/** What an intervention sets a variable to: a value, or the value another counterfactual takes (nested). */
export interface Setting {
  readonly variable: string;
  readonly to: Value | { readonly kind: "counterfactual"; readonly event: Omit<Event, "value"> };
}

/** A variable, in the world where `do` holds (none: the factual world), taking a value. */
export interface Event {
  readonly variable: string;
  readonly value: Value;
  readonly do: readonly Setting[];
}

export type Query =
  /** P(of | do(do), given): `do` of the query as a whole is part of every event's own `do`. */
  | {
      readonly kind: "probability";
      readonly of: readonly Event[];
      readonly given: readonly Event[];
    }
  | {
      readonly kind: "expectation";
      readonly of: Omit<Event, "value">;
      readonly given: readonly Event[];
    }
  | { readonly kind: "difference"; readonly left: Query; readonly right: Query };

/**
 * Reads a query in the field's notation: `P(y | do(x), z)`, `P(y_{x=0} | x=1, y=1)`, nested
 * `P(y_{x=1, m_{x=0}})`, `E[y | do(x=1)] - E[y | do(x=0)]`. Names are node names (exactly, else without regard
 * to case when only one fits), in quotes if they have blanks or signs; a value is a number, a word after `=`, a
 * `"text"`, or left open: `y` stands for any value y, `x'` for a second one. Throws `UserError` `query-syntax` or
 * `unknown-node` with place. O(length).
 */
export function parseQuery(text: string, names: readonly string[]): Query {
  const read = createReader(text, names);
  let query = readPart(read);
  for (;;) {
    skip(read);
    if (read.at >= text.length) return query;
    if (!take(read, "-") && !take(read, "−"))
      throw syntax(read, "a minus sign or the end of the query");
    query = { kind: "difference", left: query, right: readPart(read) };
  }
}

interface Reader {
  readonly text: string;
  at: number;
  readonly resolve: (name: string, start: number) => string;
}

function createReader(text: string, names: readonly string[]): Reader {
  const exact = new Set(names);
  const resolve = (name: string, start: number): string => {
    if (exact.has(name)) return name;
    const near = names.filter((other) => other.toLowerCase() === name.toLowerCase());
    if (near.length === 1 && near[0] !== undefined) return near[0];
    throw new UserError({
      code: "unknown-node",
      message: `The query speaks of "${name}", which is not in the graph.`,
      value: name,
      expected: `one of ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`,
      hint: "Check the spelling, or add the variable to the graph.",
      place: placeOf(text, start, start + name.length),
    });
  };
  return { text, at: 0, resolve };
}

function placeOf(
  text: string,
  start: number,
  end: number,
): { line: number; column: number; start: number; end: number } {
  const lines = text.slice(0, start).split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, start, end };
}

function syntax(read: Reader, expected: string): UserError {
  const found = read.at >= read.text.length ? "The query ends" : `"${read.text[read.at]}" stands`;
  return new UserError({
    code: "query-syntax",
    message: `${found} where something else was expected.`,
    value: read.text,
    expected,
    hint: "For example P(y | do(x), z), or E[y | do(x=1)] - E[y | do(x=0)].",
    place: placeOf(read.text, read.at, Math.min(read.at + 1, read.text.length)),
  });
}

function skip(read: Reader): void {
  while (/\s/.test(read.text[read.at] ?? "")) read.at++;
}

function take(read: Reader, token: string): boolean {
  skip(read);
  if (!read.text.startsWith(token, read.at)) return false;
  read.at += token.length;
  return true;
}

function expect(read: Reader, token: string): void {
  if (!take(read, token)) throw syntax(read, token);
}

function readPart(read: Reader): Query {
  skip(read);
  const head = /(?:P|E)\s*[([]/iy;
  head.lastIndex = read.at;
  const match = head.exec(read.text);
  if (match === null) throw syntax(read, "P( or E[");
  read.at = head.lastIndex;
  const close = match[0].endsWith("[") ? "]" : ")";
  const of = readEvents(read);
  const shared: Setting[] = [...of.settings];
  const given: Event[] = [];
  if (take(read, "|")) {
    const rest = readEvents(read);
    shared.push(...rest.settings);
    given.push(...rest.events);
  }
  expect(read, close);
  if (of.events.length === 0) throw syntax(read, "a variable before the bar");
  if (/^e/i.test(match[0])) {
    const [only] = of.events;
    if (only === undefined || of.events.length > 1 || only.value.kind === "constant") {
      throw syntax(read, "one variable without a value inside E[ ]");
    }
    const { variable, do: own } = only;
    return {
      kind: "expectation",
      of: { variable, do: [...shared, ...own] },
      given: given.map(add),
    };
  }
  return { kind: "probability", of: of.events.map(add), given: given.map(add) };
  function add(event: Event): Event {
    return { ...event, do: [...shared, ...event.do] };
  }
}

function readEvents(read: Reader): { events: Event[]; settings: Setting[] } {
  const events: Event[] = [];
  const settings: Setting[] = [];
  skip(read);
  if (/[|)\]]/.test(read.text[read.at] ?? "")) return { events, settings };
  do {
    skip(read);
    const act = /do\s*\(/iy;
    act.lastIndex = read.at;
    if (act.test(read.text)) {
      read.at = act.lastIndex;
      settings.push(...readSettings(read));
      expect(read, ")");
    } else events.push(readEvent(read));
  } while (take(read, ",") || take(read, ";"));
  return { events, settings };
}

function readSettings(read: Reader): Setting[] {
  const settings: Setting[] = [];
  do {
    const { variable, value, do: own } = readEvent(read);
    if (own.length === 0) settings.push({ variable, to: value });
    else if (value.kind === "symbol") {
      settings.push({ variable, to: { kind: "counterfactual", event: { variable, do: own } } });
    } else throw syntax(read, "a counterfactual without a value, such as m_{x=0}");
  } while (take(read, ","));
  return settings;
}

function readEvent(read: Reader): Event {
  const start = (skip(read), read.at);
  const word = readWord(read);
  if (word === undefined) throw syntax(read, 'a variable (in "quotes" if it has blanks or signs)');
  // `y_x` with a bare subscript is read as a name first: a node may be called so.
  const primes = word.quoted ? "" : (/['’′]+$/.exec(word.text)?.[0] ?? "");
  let name = primes === "" ? word.text : word.text.slice(0, -primes.length);
  const own: Setting[] = [];
  let variable: string;
  const subscript = /^(.+)_([^_]+)$/.exec(name);
  if (name.endsWith("_") && read.text[read.at] === "{") name = name.slice(0, -1);
  try {
    variable = read.resolve(name, start);
  } catch (error) {
    if (word.quoted || subscript === null || !(error instanceof UserError)) throw error;
    const under = subscript[2] ?? "";
    variable = read.resolve(subscript[1] ?? "", start);
    const set = read.resolve(under, start + name.length - under.length);
    own.push({ variable: set, to: { kind: "symbol", name: under + primes } });
    return finishEvent(read, variable, own, subscript[1] ?? "");
  }
  if (read.text[read.at] === "{" || /^_\s*\{/.test(read.text.slice(read.at, read.at + 8))) {
    read.at = read.text.indexOf("{", read.at) + 1;
    own.push(...readSettings(read));
    expect(read, "}");
  }
  return finishEvent(read, variable, own, name + primes.replace(/[’′]/g, "'"));
}

function finishEvent(
  read: Reader,
  variable: string,
  own: readonly Setting[],
  symbol: string,
): Event {
  if (!take(read, "=")) return { variable, value: { kind: "symbol", name: symbol }, do: own };
  skip(read);
  const value = readWord(read);
  if (value === undefined) throw syntax(read, "a value after =");
  const number = Number(value.text);
  if (!value.quoted && value.text.trim() !== "" && Number.isFinite(number)) {
    return { variable, value: { kind: "constant", value: number }, do: own };
  }
  const symbolic =
    !value.quoted && value.text.replace(/['’′]+$/, "").toLowerCase() === variable.toLowerCase();
  if (symbolic)
    return { variable, value: { kind: "symbol", name: value.text.replace(/[’′]/g, "'") }, do: own };
  return { variable, value: { kind: "constant", value: value.text }, do: own };
}

const bare = /-?[\p{L}\p{N}_.]+['’′]*/uy;

function readWord(read: Reader): { text: string; quoted: boolean } | undefined {
  if (read.text[read.at] === '"') {
    const quoted = /"((?:[^"\\]|\\.)*)"/y;
    quoted.lastIndex = read.at;
    const match = quoted.exec(read.text);
    if (match === null) throw syntax(read, 'a closing "');
    read.at = quoted.lastIndex;
    return { text: (match[1] ?? "").replace(/\\(.)/g, "$1"), quoted: true };
  }
  bare.lastIndex = read.at;
  const match = bare.exec(read.text);
  if (match === null) return undefined;
  read.at = bare.lastIndex;
  return { text: match[0], quoted: false };
}

/** The query as text that reads back as itself. */
export function formatQuery(query: Query): string {
  if (query.kind === "difference")
    return `${formatQuery(query.left)} - ${formatQuery(query.right)}`;
  const events = query.kind === "probability" ? query.of : [query.of];
  const all = [...events, ...query.given];
  const shared = commonSettings(all);
  const strip = (event: Omit<Event, "value"> & { value?: Value }): string =>
    formatEvent({ ...event, do: event.do.slice(shared.length) });
  const held = [
    ...(shared.length === 0 ? [] : [`do(${shared.map(formatSetting).join(", ")})`]),
    ...query.given.map(strip),
  ];
  const body = `${events.map(strip).join(", ")}${held.length === 0 ? "" : ` | ${held.join(", ")}`}`;
  return query.kind === "probability" ? `P(${body})` : `E[${body}]`;
}

/** Settings every event of the query starts with: the query's own `do`. */
function commonSettings(events: readonly Omit<Event, "value">[]): readonly Setting[] {
  const [first, ...others] = events.map((event) => event.do);
  if (first === undefined) return [];
  const key = (setting: Setting | undefined): string => JSON.stringify(setting);
  let length = 0;
  while (length < first.length && others.every((list) => key(list[length]) === key(first[length])))
    length++;
  return first.slice(0, length);
}

const nameText = (name: string): string =>
  /^[\p{L}\p{N}.][\p{L}\p{N}_.]*$/u.test(name) && !/^do$/i.test(name)
    ? name
    : `"${name.replace(/[\\"]/g, (char) => `\\${char}`)}"`;

function formatEvent(event: Omit<Event, "value"> & { value?: Value }): string {
  const under = event.do.length === 0 ? "" : `_{${event.do.map(formatSetting).join(", ")}}`;
  const { value } = event;
  const own = value?.kind === "symbol" ? value.name : undefined;
  const isOwn =
    own !== undefined && own.replace(/'+$/, "").toLowerCase() === event.variable.toLowerCase();
  const name = nameText(event.variable);
  if (value === undefined) return `${name}${under}`;
  if (value.kind === "symbol")
    return isOwn && own === event.variable.toLowerCase() && /^[\p{L}][\p{L}\p{N}]*$/u.test(own)
      ? `${own}${under}`
      : own === event.variable
        ? `${name}${under}`
        : `${name}${under}=${own}`;
  return `${name}${under}=${typeof value.value === "number" ? value.value : nameText(value.value)}`;
}

function formatSetting(setting: Setting): string {
  if (setting.to.kind === "counterfactual") return formatEvent(setting.to.event);
  return formatEvent({ variable: setting.variable, value: setting.to, do: [] });
}
