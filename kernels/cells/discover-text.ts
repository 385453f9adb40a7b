import { UserError } from "../../app/errors.ts";
import type { Knowledge } from "../discover/index.ts";
import {
  type Call,
  type Clause,
  clausesOf,
  mistake,
  parseCalls,
  parseName,
  splitAtCommas,
  type Statement,
} from "./language.ts";

const KEYWORDS = [
  "from",
  "columns",
  "tiers",
  "require",
  "forbid",
  "missing",
  "bootstrap",
  "seed",
] as const;

/** What a discover cell's one statement says, with where it says it. */
export interface DiscoverText {
  readonly source: string;
  readonly name?: string;
  readonly methods: readonly Call[];
  readonly table: string;
  readonly columns?: readonly string[];
  readonly knowledge?: Knowledge;
  readonly missing?: "refuse" | "drop" | "testwise";
  readonly bootstrap: number;
  readonly seed?: number;
  readonly clauses: { readonly methods: Clause; readonly bootstrap?: Clause };
  /** Behind the last word of the statement. */
  readonly end: number;
}

/**
 * `found = boss, pc(alpha: 0.01) from data columns (a, b) tiers (age | smoking, tar | cancer) require (a -> b)
 * forbid (b -> c) missing drop bootstrap 100 seed 3`. Throws `UserError` with place.
 */
export function readDiscover(
  statement: Statement,
  name: string | undefined,
  source: string,
): DiscoverText {
  const clauses = clausesOf(statement, KEYWORDS);
  const head = clauses[""];
  if (head === undefined || head.text === "") {
    throw mistake("discover-method", "It is not said how to search.", statement, 0, 1, {
      expected: "one or more methods: found = boss from data",
    });
  }
  const { from, columns, tiers, require: required, forbid, missing, bootstrap, seed } = clauses;
  const knowledge: Knowledge = {
    ...(tiers === undefined ? {} : { tiers: tiersOf(tiers) }),
    ...(required === undefined ? {} : { required: arrowsOf(required) }),
    ...(forbid === undefined ? {} : { forbidden: arrowsOf(forbid) }),
  };
  return {
    source,
    ...(name === undefined ? {} : { name }),
    methods: parseCalls(head),
    table: from === undefined ? "data" : parseName(from, "a table's name"),
    ...(columns === undefined ? {} : { columns: namesIn(inBrackets(columns)) }),
    ...(Object.keys(knowledge).length === 0 ? {} : { knowledge }),
    ...(missing === undefined ? {} : { missing: missingOf(missing) }),
    bootstrap: bootstrap === undefined ? 0 : wholeOf(bootstrap, 0, 100_000),
    ...(seed === undefined ? {} : { seed: wholeOf(seed, 1, Number.MAX_SAFE_INTEGER) }),
    clauses: { methods: head, ...(bootstrap === undefined ? {} : { bootstrap }) },
    end: statement.start + statement.body.length,
  };
}

/** The text inside the brackets of a clause; brackets may be left out. */
function inBrackets(clause: Clause): Clause {
  const match = /^\(([\s\S]*)\)$/u.exec(clause.text);
  return match === null ? clause : { text: match[1] ?? "", start: clause.start + 1 };
}

function namesIn(clause: Clause): readonly string[] {
  return splitAtCommas(clause).map((part) => nameOf(part));
}

function nameOf(part: Clause): string {
  const name = /^\s*(?:"([^"]+)"|([\p{L}_$][\p{L}\p{N}_$.]*))\s*$/u.exec(part.text);
  if (name !== null) return name[1] ?? name[2] ?? "";
  throw badPart(part, "discover-name", "is no column's name", "a name, in quotes if it has blanks");
}

/** `age, sex | smoking | cancer`: earlier to later. */
function tiersOf(clause: Clause): readonly (readonly string[])[] {
  const inner = inBrackets(clause);
  let at = inner.start;
  return inner.text.split("|").map((text) => {
    const part = { text, start: at };
    at += text.length + 1;
    return namesIn(part);
  });
}

/** `a -> b, c <- d`. */
function arrowsOf(clause: Clause): readonly (readonly [string, string])[] {
  return splitAtCommas(inBrackets(clause)).map((part) => {
    const match = /^([\s\S]+?)\s*(->|<-|→|←)\s*([\s\S]+)$/u.exec(part.text.trim());
    if (match === null) {
      throw badPart(part, "discover-arrow", "is no arrow", "a -> b: a is a direct cause of b");
    }
    const a = nameOf({ text: match[1] ?? "", start: part.start });
    const b = nameOf({ text: match[3] ?? "", start: part.start });
    return match[2] === "->" || match[2] === "→" ? [a, b] : [b, a];
  });
}

function missingOf(clause: Clause): NonNullable<DiscoverText["missing"]> {
  const { text } = clause;
  if (text === "refuse" || text === "drop" || text === "testwise") return text;
  throw badPart(clause, "discover-missing", "is no way to go on", "refuse, drop or testwise");
}

function wholeOf(clause: Clause, from: number, to: number): number {
  const value = Number(clause.text);
  if (/^\d+$/u.test(clause.text) && value >= from && value <= to) return value;
  throw badPart(clause, "discover-number", "does not fit here", `a whole number from ${from}`);
}

function badPart(part: Clause, code: string, what: string, expected: string): UserError {
  const text = part.text.trim();
  return new UserError({
    code,
    message: `"${text}" ${what}.`,
    value: text,
    expected,
    place: { start: part.start, end: part.start + Math.max(1, part.text.length) },
  });
}

/** The text with one more method. */
export function withMethod(text: DiscoverText, call: string): string {
  const { start, text: methods } = text.clauses.methods;
  const at = start + methods.length;
  return `${text.source.slice(0, at)}, ${call}${text.source.slice(at)}`;
}

/** The text with so many resamples. */
export function withBootstrap(text: DiscoverText, times: number): string {
  const clause = text.clauses.bootstrap;
  const [from, to] =
    clause === undefined ? [text.end, text.end] : [clause.start, clause.start + clause.text.length];
  const words = clause === undefined ? ` bootstrap ${times}` : String(times);
  return text.source.slice(0, from) + words + text.source.slice(to);
}
