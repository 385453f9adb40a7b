import type { Assumption, Claim, Rung } from "../../app/claim.ts";
import { gatherClaims } from "../../app/runtime/claims.ts";
import type { Quantity } from "./parts.ts";

/** A range with the share of repetitions in which it covers the truth. */
export interface SampledInterval {
  readonly lower: number;
  readonly upper: number;
  readonly level: number;
  readonly standardError: number;
}

/** How the number was made. */
export type Method =
  | {
      readonly name: "variable-elimination";
      /** Width of the elimination order: an upper bound of the treewidth of the joint network of all worlds. */
      readonly width: number;
      readonly nodes: number;
      readonly largest: number;
    }
  | { readonly name: "gaussian-closed-form"; readonly components: number }
  | {
      readonly name: "noise-recovery";
      readonly recovered: readonly string[];
      readonly points: number;
    }
  | { readonly name: "quadrature"; readonly dimensions: number; readonly points: number }
  | {
      readonly name: "sampling";
      readonly draws: number;
      /** Draws that the weights are worth (Kish). Equal to `draws` without evidence. */
      readonly effectiveSampleSize: number;
      readonly seed: number;
      readonly reason: string;
    }
  | {
      readonly name: "linear-program";
      readonly unknowns: number;
      readonly constraints: number;
      readonly programs: number;
    };

/** The distribution of one variable, when the query left its value open. */
export type Distribution =
  | {
      readonly kind: "discrete";
      readonly levels: readonly string[];
      readonly probabilities: Float64Array;
    }
  | { readonly kind: "real"; readonly mean: number; readonly standardDeviation: number };

interface ResultBase {
  /** The query in the field's notation. */
  readonly query: string;
  readonly quantity: Quantity;
  readonly claim: Claim;
}

/** The model fixes the answer. */
export interface IdentifiedResult extends ResultBase {
  readonly kind: "identified";
  readonly value: number;
  readonly interval?: SampledInterval;
  readonly distribution?: Distribution;
  readonly method: Method;
}

/** The model fixes a range; each end is reached by some model with the same tables when `sharp`. */
export interface BoundedResult extends ResultBase {
  readonly kind: "bounded";
  readonly value: { readonly lower: number; readonly upper: number };
  readonly sharp: boolean;
  /** Variables whose mechanism would narrow the range to a point. */
  readonly variables: readonly string[];
  readonly method: Method;
}

/** The model says nothing, or nothing computable, until a mechanism is chosen. */
export interface NeedsMechanismResult extends ResultBase {
  readonly kind: "needs-mechanism";
  /** Variables whose tables leave the answer open. */
  readonly variables: readonly string[];
  /** What to write after them. */
  readonly options: readonly string[];
  readonly reason: string;
  /** The trivial range, when there is one. */
  readonly value?: { readonly lower: number; readonly upper: number };
}

/** The evidence cannot happen in this model, so there is nothing to condition on. */
export interface ImpossibleEvidenceResult extends ResultBase {
  readonly kind: "impossible-evidence";
  readonly reason: string;
}

export type CounterfactualResult =
  IdentifiedResult | BoundedResult | NeedsMechanismResult | ImpossibleEvidenceResult;

/** The number of a result that has one; undefined for ranges and refusals. */
export function pointOf(result: CounterfactualResult): number | undefined {
  return result.kind === "identified" ? result.value : undefined;
}

/** The assumption that nothing unmeasured causes both. */
export const noConfounder = (x: string, y: string): Assumption => ({
  id: `no-confounder:${[x, y].sort().join(",")}`,
  kind: "no-unmeasured-confounder",
  text: `No unmeasured common cause of ${x} and ${y} is missing from the model.`,
  variables: [x, y].sort(),
});

export const mechanismAssumption = (name: string, kind: string, text: string): Assumption => ({
  id: `${kind}:${name}`,
  kind,
  text,
  variables: [name],
});

export const claimOf = (
  rung: Rung,
  query: string,
  status: Claim["status"],
  assumptions: readonly Assumption[],
  derivation: readonly string[],
): Claim => ({ rung, query, status, assumptions, derivation });

/** The claim of an answer made of several: highest rung, weakest status, every assumption of its parts. */
export function jointClaim(query: string, claims: readonly Claim[], step: string): Claim {
  const joint = gatherClaims(claims);
  if (joint === undefined) throw new Error(`"${query}" is made of no answers.`);
  return { ...joint, query, derivation: [step] };
}
