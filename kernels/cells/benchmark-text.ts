import { UserError } from "../../app/errors.ts";
import {
  type Call,
  type Clause,
  clausesOf,
  mistake,
  parseCalls,
  type Statement,
} from "./language.ts";

const KEYWORDS = ["on", "replications", "seed", "shard"] as const;

/** What a benchmark cell's one statement says, with where it says it. */
export interface BenchmarkText {
  readonly source: string;
  readonly name?: string;
  readonly methods: readonly Call[];
  readonly sets: readonly Call[];
  /** From 1, ascending, none twice. */
  readonly replications: readonly number[];
  readonly seed?: number;
  readonly shard?: { readonly index: number; readonly of: number };
  readonly clauses: {
    readonly methods: Clause;
    readonly on?: Clause;
    readonly replications?: Clause;
  };
  /** Behind the last word of the statement. */
  readonly end: number;
}

/** More would take a long time to even list. */
const MOST_REPLICATIONS = 1000;

/**
 * `board = aipw, forest(trees: 500) on ihdp, nie-wager-a(n: 500) replications 5 seed 1 shard 1/4`. Replications are a
 * number (5 is 1 to 5), ranges and a list (4-6, 9). Throws `UserError` with place.
 */
export function readBenchmark(
  statement: Statement,
  name: string | undefined,
  source: string,
): BenchmarkText {
  const clauses = clausesOf(statement, KEYWORDS);
  const head = clauses[""];
  if (head === undefined || head.text === "") {
    throw mistake(
      "benchmark-methods",
      "It is not said which methods to compare.",
      statement,
      0,
      1,
      {
        expected: "e.g. board = aipw, forest on ihdp-like replications 5",
      },
    );
  }
  if (clauses.on === undefined) {
    throw mistake(
      "benchmark-sets",
      "It is not said on which data to compare them.",
      statement,
      0,
      statement.body.length,
      { expected: "on and names of sets: … on ihdp-like, nie-wager-a" },
    );
  }
  return {
    source,
    ...(name === undefined ? {} : { name }),
    methods: parseCalls(head),
    sets: parseCalls(clauses.on),
    replications: clauses.replications === undefined ? [1, 2, 3] : countsOf(clauses.replications),
    ...(clauses.seed === undefined ? {} : { seed: seedOf(clauses.seed) }),
    ...(clauses.shard === undefined ? {} : { shard: shardOf(clauses.shard) }),
    clauses: {
      methods: head,
      on: clauses.on,
      ...(clauses.replications === undefined ? {} : { replications: clauses.replications }),
    },
    end: statement.start + statement.body.length,
  };
}

function countsOf(clause: Clause): readonly number[] {
  const found = new Set<number>();
  const parts = clause.text.split(",").map((one) => one.trim());
  for (const [k, part] of parts.entries()) {
    const ends = /^(\d+)(?:\s*(?:-|–|to)\s*(\d+))?$/u.exec(part);
    const first = Number(ends?.[1]);
    const last = ends?.[2] === undefined ? first : Number(ends[2]);
    // One number alone says how many; in a list, which.
    const from = parts.length === 1 && k === 0 && ends?.[2] === undefined ? 1 : first;
    if (ends === null || from < 1 || last < from || last - from >= MOST_REPLICATIONS) {
      throw new UserError({
        code: "benchmark-replications",
        message: `"${part}" says no replications.`,
        value: part,
        expected: `how many (5), from and to (4-10), or a list (1, 3, 9-12); at most ${MOST_REPLICATIONS}`,
        place: spanOf(clause),
      });
    }
    for (let r = from; r <= last; r++) found.add(r);
  }
  return [...found].toSorted((a, b) => a - b);
}

function seedOf(clause: Clause): number {
  const seed = Number(clause.text);
  if (/^\d+$/u.test(clause.text) && Number.isSafeInteger(seed) && seed >= 1) return seed;
  throw new UserError({
    code: "benchmark-seed",
    message: `"${clause.text}" is no seed.`,
    value: clause.text,
    expected: "a whole number of at least 1",
    place: spanOf(clause),
  });
}

function shardOf(clause: Clause): { readonly index: number; readonly of: number } {
  const [, index = 0, of = 0] = (/^(\d+)\s*\/\s*(\d+)$/u.exec(clause.text) ?? []).map(Number);
  if (index >= 1 && index <= of) return { index, of };
  throw new UserError({
    code: "benchmark-shard",
    message: `"${clause.text}" is no part of the work.`,
    value: clause.text,
    expected: "which part of how many: shard 2/8",
    place: spanOf(clause),
  });
}

function spanOf({ start, text }: Clause): { readonly start: number; readonly end: number } {
  return { start, end: start + Math.max(1, text.length) };
}

/** A call as it stands in the text, white space evened: what its rows are called in tables. */
export function labelOf(call: Call, source: string): string {
  return source.slice(call.start, call.end).replace(/\s+/gu, " ").trim();
}

/** The text with a clause's items replaced; the last one stays. */
export function withItems(text: BenchmarkText, which: "methods" | "sets", items: string): string {
  const clause = which === "methods" ? text.clauses.methods : text.clauses.on;
  if (clause === undefined) return text.source;
  return splice(text.source, clause.start, clause.start + clause.text.length, items);
}

/** The text with other replications. */
export function withReplications(text: BenchmarkText, count: number): string {
  const clause = text.clauses.replications;
  return clause === undefined
    ? splice(text.source, text.end, text.end, ` replications ${count}`)
    : splice(text.source, clause.start, clause.start + clause.text.length, String(count));
}

function splice(text: string, start: number, end: number, insert: string): string {
  return text.slice(0, start) + insert + text.slice(end);
}
