/** Pearl's ladder: 1 association (see), 2 intervention (do), 3 counterfactual (imagine). */
export type Rung = 1 | 2 | 3;

export type ClaimStatus =
  | "identified"
  | "bounded"
  | "not-identified"
  | "not-certified"
  | "zero-by-structure"
  | "needs-mechanism"
  /** No causal claim is made: the number is a statistic of the data. */
  | "association";

/** One thing that must hold for a claim and that the data cannot prove. */
export interface Assumption {
  /** Stable within a notebook, e.g. `no-confounder:x,y` or `positivity:t`. */
  readonly id: string;
  readonly kind: string;
  /** One sentence a user can agree or disagree with. */
  readonly text: string;
  /** Variables it speaks of. */
  readonly variables: readonly string[];
}

/**
 * What a value may be taken to say. Attached by engines, never by hand; a TypeScript cell inherits the
 * union of its inputs' claims and is marked `derivedByCode`.
 */
export interface Claim {
  readonly rung: Rung;
  /** The query in the field's notation, e.g. `P(y | do(x))`. */
  readonly query: string;
  readonly status: ClaimStatus;
  readonly assumptions: readonly Assumption[];
  /** Short account of how it was derived, in the order of the steps. */
  readonly derivation?: readonly string[];
  readonly derivedByCode?: true;
}
