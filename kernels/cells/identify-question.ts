import type { Assumption, Claim } from "../../app/claim.ts";
import type { LawClauses } from "./identify-laws.ts";

/** One line of an identify cell. */
export type Question = {
  readonly name?: string;
  readonly graph: string;
  readonly start: number;
} & (
  | { readonly kind: "query"; readonly text: string; readonly laws?: LawClauses }
  | {
      readonly kind: "separation";
      readonly a: readonly string[];
      readonly b: readonly string[];
      readonly given: readonly string[];
    }
  /** What the law of a table leaves open about a query. */
  | { readonly kind: "bounds"; readonly text: string; readonly table: string }
  /** Independences the graph implies, held against a table when one is named. */
  | { readonly kind: "implications"; readonly table?: string }
);

export interface Answer {
  readonly value: unknown;
  readonly claim?: Claim;
  /** Looks for the reasons, which may take long, and shows each when it is found. */
  readonly reasons?: () => Promise<void>;
  /** What becomes of it without an assumption, by the assumption's id; filled while the reasons are looked for. */
  readonly bearing?: ReadonlyMap<string, NonNullable<Assumption["bears"]>>;
}
