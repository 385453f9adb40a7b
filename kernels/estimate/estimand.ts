import type { Claim } from "../../app/claim.ts";

/**
 * Over whom the effect is averaged: everybody, the treated, the untreated, those with overlap (weights e(1-e)),
 * each unit given its covariates, compliers, the partially linear coefficient, the parts of a mediated effect,
 * the units at a cutoff.
 */
export type Target =
  | "ATE"
  | "ATT"
  | "ATC"
  | "overlap"
  | "CATE"
  | "LATE"
  | "coefficient"
  | "NDE"
  | "NIE"
  | "TE"
  | "cutoff";

interface EstimandBase {
  readonly treatment: string;
  readonly outcome: string;
  readonly target: Target;
  /** From identification. Without it the result says "association, not an effect". */
  readonly claim?: Claim;
  /** Set when units were trimmed: of whom the effect is. */
  readonly population?: string;
}

/** The effect is what is left of the association given the adjustment set. */
export interface AdjustmentEstimand extends EstimandBase {
  readonly kind: "adjustment";
  readonly adjustment: readonly string[];
  /** Columns along which the effect may vary (CATE); a subset of the adjustment set, or all of it when absent. */
  readonly effectModifiers?: readonly string[];
  /** For a treatment of more than two levels: the levels compared. */
  readonly contrast?: { readonly treated: string | number; readonly control: string | number };
}

export interface InstrumentEstimand extends EstimandBase {
  readonly kind: "instrument";
  readonly instruments: readonly string[];
  readonly adjustment: readonly string[];
}

export interface FrontDoorEstimand extends EstimandBase {
  readonly kind: "front-door";
  readonly mediators: readonly string[];
  readonly adjustment: readonly string[];
}

export interface MediationEstimand extends EstimandBase {
  readonly kind: "mediation";
  readonly mediators: readonly string[];
  readonly adjustment: readonly string[];
}

/** Treatment changes where the running variable passes the cutoff: wholly (sharp) or in probability (fuzzy). */
export interface DiscontinuityEstimand extends EstimandBase {
  readonly kind: "discontinuity";
  readonly running: string;
  readonly cutoff: number;
  readonly adjustment: readonly string[];
}

/** Units seen over time, some treated from a date on. */
export interface PanelEstimand extends EstimandBase {
  readonly kind: "panel";
  readonly unit: string;
  readonly time: string;
  readonly adjustment: readonly string[];
}

export type Estimand =
  | AdjustmentEstimand
  | InstrumentEstimand
  | FrontDoorEstimand
  | MediationEstimand
  | DiscontinuityEstimand
  | PanelEstimand;

export type EstimandKind = Estimand["kind"];

type Loose<E extends EstimandBase, Optional extends keyof E> = Omit<E, Optional> &
  Partial<Pick<E, Optional>>;

/** What callers may write: `kind` defaults to adjustment, `adjustment` to nothing, `target` to the kind's usual one. */
export type EstimandSpec =
  | Loose<AdjustmentEstimand, "kind" | "adjustment" | "target">
  | Loose<InstrumentEstimand, "adjustment" | "target">
  | Loose<FrontDoorEstimand, "adjustment" | "target">
  | Loose<MediationEstimand, "adjustment" | "target">
  | Loose<DiscontinuityEstimand, "adjustment" | "target">
  | Loose<PanelEstimand, "adjustment" | "target">;

const USUAL_TARGET: Readonly<Record<EstimandKind, Target>> = {
  adjustment: "ATE",
  instrument: "LATE",
  "front-door": "ATE",
  mediation: "TE",
  discontinuity: "cutoff",
  panel: "ATT",
};

/** The strict estimand of a forgiving description. Pure; O(1). */
export function toEstimand(spec: EstimandSpec): Estimand {
  const kind = spec.kind ?? "adjustment";
  return {
    ...spec,
    kind,
    adjustment: spec.adjustment ?? [],
    target: spec.target ?? USUAL_TARGET[kind],
  } as Estimand;
}

/**
 * The claim of an estimand, or that of a mere statistic when nothing identified it. After trimming the query is one
 * about the units kept, and no longer about everybody.
 */
export function claimOf(estimand: Estimand): Claim {
  const claim = claimOfEverybody(estimand);
  const { population } = estimand;
  return population === undefined
    ? claim
    : { ...claim, query: `${claim.query} among ${population}` };
}

function claimOfEverybody(estimand: Estimand): Claim {
  if (estimand.claim !== undefined) return estimand.claim;
  const given = estimand.adjustment.length === 0 ? "" : ` | ${estimand.adjustment.join(", ")}`;
  return {
    rung: 1,
    query: `association of ${estimand.outcome} with ${estimand.treatment}${given}`,
    status: "association",
    assumptions: [],
  };
}
