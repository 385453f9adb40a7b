import type { Design } from "../data/design.ts";
import type {
  AdjustmentEstimand,
  DiscontinuityEstimand,
  FrontDoorEstimand,
  InstrumentEstimand,
  MediationEstimand,
  PanelEstimand,
} from "./estimand.ts";

interface ProblemBase {
  readonly n: number;
  /** `[n]`, finite. A two-level outcome is 0/1. */
  readonly outcome: Float64Array;
  readonly outcomeKind: "binary" | "continuous";
  /** `[n]`: 0/1 when binary, level index when multivalued, the value itself when continuous. */
  readonly treatment: Float64Array;
  readonly treatmentKind: TreatmentKind;
  /** Names of the levels, `[control, treated]` when binary; empty when continuous. */
  readonly treatmentLevels: readonly string[];
  /** The adjustment set, encoded; no constant column. */
  readonly covariates: Design;
  /** Group of each row for clustered errors, 0-based. */
  readonly clusters?: Int32Array;
  /** Sampling weights of the rows. */
  readonly sampling?: Float64Array;
}

export type TreatmentKind = "binary" | "multivalued" | "continuous";

export interface AdjustmentProblem extends ProblemBase {
  readonly kind: "adjustment";
  readonly estimand: AdjustmentEstimand;
  /** Columns of `covariates` along which effects may vary. */
  readonly modifiers: Design;
}

export interface InstrumentProblem extends ProblemBase {
  readonly kind: "instrument";
  readonly estimand: InstrumentEstimand;
  readonly instruments: Design;
}

export interface MediationProblem extends ProblemBase {
  readonly kind: "front-door" | "mediation";
  readonly estimand: FrontDoorEstimand | MediationEstimand;
  readonly mediators: Design;
}

export interface DiscontinuityProblem extends ProblemBase {
  readonly kind: "discontinuity";
  readonly estimand: DiscontinuityEstimand;
  /** Running variable minus cutoff, `[n]`. */
  readonly running: Float64Array;
}

export interface PanelProblem extends ProblemBase {
  readonly kind: "panel";
  readonly estimand: PanelEstimand;
  /** Index of each row's unit and period, 0-based; periods in order of time. */
  readonly units: Int32Array;
  readonly periods: Int32Array;
  readonly unitNames: readonly string[];
  readonly periodValues: Float64Array;
}

/** The validated data of an estimand: what a method is given. Nothing is missing or infinite in it. */
export type Problem =
  AdjustmentProblem | InstrumentProblem | MediationProblem | DiscontinuityProblem | PanelProblem;
