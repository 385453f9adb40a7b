import type { Work } from "../../app/work.ts";
import type { Rng } from "../math/rng.ts";
import type { DiscoveryData, Reading } from "./data.ts";
import type { Constraints } from "./knowledge.ts";
import type { OptionSpecs, OptionValue } from "./options.ts";
import type { DiscoveryKind, Finding } from "./result.ts";

/**
 * How a family of methods is added:
 *
 * 1. Write it in a folder of its own (`functional/`, `relaxation/`, …): pure functions over typed arrays and a
 *    `Method` beside each that says in words and options what the function does. A method throws `UserError` for what
 *    the user must mend, calls `breathe(context.work)` every few milliseconds of a long loop, draws only from
 *    `context.rng`, and holds `context.knowledge` (or says in `takes` which parts it cannot hold: `discover` then
 *    refuses knowledge it would have ignored).
 * 2. List its methods in `<folder>/methods.ts` as `export const functionalMethods: readonly Method[]`.
 * 3. Add that list to `methods.ts` here (one import, one line), and the functions users may call by their own name
 *    to `index.ts`.
 *
 * `discover` reads and checks the columns as `takes` says, resolves options and knowledge, runs `run`, and adds to
 * the finding: sortability and reading notes among the diagnostics, bootstrap frequencies, provenance and the claim.
 * So a method reports only what is its own.
 */
export interface Method<O = Record<string, OptionValue>> {
  /** As written in a cell: `by pc(alpha: 0.01)`. */
  readonly name: string;
  readonly label: string;
  readonly family: Family;
  /** What it does and when to prefer it, in one or two sentences. */
  readonly summary: string;
  /** Each a sentence a user can agree or disagree with: they become the assumptions of the claim. */
  readonly assumes: readonly string[];
  /** Paper and algorithm. */
  readonly source: string;
  readonly takes: Takes;
  readonly gives: DiscoveryKind;
  /** True when the result depends on the seed under the default options. */
  readonly stochastic: boolean;
  readonly options: OptionSpecs<O>;
  /** How columns are read under these options, when that depends on them (e.g. on the test chosen). */
  reading?(options: O): Partial<Reading>;
  // Method shorthand on purpose: a list of methods with different options must type-check.
  run(data: DiscoveryData, options: O, context: MethodContext): Finding | Promise<Finding>;
}

export type Family =
  | "constraint"
  | "score"
  | "hybrid"
  | "functional"
  | "relaxation"
  | "attention"
  | "time-series"
  | "interventional";

/** What a method can be given. */
export interface Takes {
  readonly columns: Reading["as"];
  /** True when the method can do with missing cells itself (`missing: "testwise"`). */
  readonly missing?: boolean;
  /** True when it regresses on all columns at once. */
  readonly moreRowsThanColumns?: boolean;
  readonly allowCollinear?: boolean;
  /** True when rows are in time order. */
  readonly timeOrdered?: boolean;
  /** Parts of the knowledge it holds. */
  readonly knowledge: readonly ("tiers" | "required" | "forbidden")[];
  /** Most columns it can search in reasonable time and memory; more are refused with a hint. */
  readonly mostColumns?: number;
}

export interface MethodContext {
  /** A fork of the seed under the method's name: draws do not depend on what ran before. */
  readonly rng: Rng;
  readonly work: Work;
  readonly knowledge: Constraints;
  /** The labels of a column that `reading.except` kept out of the search, for the rows of the data. */
  readonly extra: (name: string) => readonly string[];
}
