import type { Claim } from "../../app/claim.ts";
import type { Derivation } from "./derivation.ts";
import type { Estimand } from "./estimand.ts";
import type { Hedge, TraceStep } from "./id.ts";
import type { Query } from "./query.ts";

/** A way to estimate what was identified. `needs` says what must hold beside the graph. */
export type Strategy =
  | {
      readonly kind: "adjustment";
      readonly treatment: readonly string[];
      readonly outcome: readonly string[];
      readonly set: readonly string[];
      /** Nothing can be left out of the set. */
      readonly minimal: boolean;
      /** The O-set: smallest asymptotic variance. */
      readonly optimal: boolean;
    }
  | {
      readonly kind: "front-door";
      readonly treatment: readonly string[];
      readonly outcome: readonly string[];
      readonly mediators: readonly string[];
    }
  | {
      readonly kind: "instrument";
      readonly treatment: string;
      readonly outcome: string;
      readonly instrument: string;
      readonly conditioning: readonly string[];
      readonly needs: "linearity-or-monotonicity";
    }
  /** Put estimated laws into the formula. */
  | { readonly kind: "formula" };

interface Answered {
  readonly query: Query;
  /** The query in the field's notation. */
  readonly queryText: string;
  readonly claim: Claim;
}

export interface Identified extends Answered {
  readonly kind: "identified";
  readonly estimand: Estimand;
  readonly trace: readonly TraceStep[];
  readonly strategies: readonly Strategy[];
  /** The do-calculus proof, for interventional queries on graphs that are not large; `checkDerivation` replays it. */
  readonly derivation?: Derivation;
}

/** The treatment has no directed path to the outcome, or the event contradicts itself: known without data. */
export interface ZeroByStructure extends Answered {
  readonly kind: "zero-by-structure";
  readonly reason: "no-causal-path" | "impossible-event";
  /** What the query equals all the same, e.g. P(y). */
  readonly estimand: Estimand;
  readonly trace: readonly TraceStep[];
  readonly strategies: readonly Strategy[];
}

export interface NotIdentified extends Answered {
  readonly kind: "not-identified";
  readonly reason: string;
  readonly hedge?: Hedge;
  readonly trace: readonly TraceStep[];
  /** Ways that need more than the graph (an instrument and linearity, say). */
  readonly strategies: readonly Strategy[];
}

/** No procedure here is complete for this question: neither yes nor no. */
export interface NotCertified extends Answered {
  readonly kind: "not-certified";
  readonly reason: string;
  readonly trace: readonly TraceStep[];
}

/** The search was given up at a limit. */
export interface SearchLimit extends Answered {
  readonly kind: "search-limit";
  readonly reason: string;
  readonly limit: number;
}

export type Identification =
  Identified | ZeroByStructure | NotIdentified | NotCertified | SearchLimit;
