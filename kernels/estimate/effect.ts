import type { Claim } from "../../app/claim.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Estimand, Target } from "./estimand.ts";
import type { OptionValue } from "./option-value.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** e.g. 0.95. */
  readonly level: number;
  /** How it was made, e.g. `normal, HC2 errors` or `percentile bootstrap, 999 draws`. */
  readonly method: string;
}

/** Something the reader must know before believing the number. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** One more number of the same fit: a potential-outcome mean, one event time, one contrast of several. */
export interface Part {
  readonly name: string;
  readonly estimate: number;
  readonly standardError?: number;
  readonly interval?: Interval;
}

/** General options as given; what is absent was left at its default. */
export interface EffectSettings {
  readonly level?: number;
  readonly bootstrap?: number;
  readonly trim?: { readonly low: number; readonly high: number };
  readonly overlap?: "veto" | "warn";
  readonly missing?: "refuse" | "drop";
  readonly terms?: readonly string[];
  readonly clusters?: string;
  readonly sampling?: string;
}

/** A number for an estimand, with everything needed to judge and repeat it. Holds no times, so equal runs are equal. */
export interface Effect {
  readonly kind: "effect";
  readonly estimand: Estimand;
  readonly target: Target;
  readonly treatment: string;
  readonly outcome: string;
  /** Levels compared, when they are not 0 and 1; `others` counts levels that are not. */
  readonly levels?: { readonly treated: string; readonly control: string; readonly others: number };
  readonly adjustment: readonly string[];
  readonly estimate: number;
  readonly standardError: number;
  readonly interval: Interval;
  /** Rows used. */
  readonly n: number;
  /** Treated rows among them; absent for treatments with other than two levels. */
  readonly nTreated?: number;
  /** Absent when nothing was drawn. */
  readonly seed?: number;
  /** The method's name, e.g. `aipw`. */
  readonly method: string;
  readonly methodLabel: string;
  /** Every option as used, defaults included: the code-equivalent call. */
  readonly options: Readonly<Record<string, OptionValue>>;
  /** How it was asked for beside the method's own options: trimming, missing values, terms, level, … Plain data. */
  readonly settings: EffectSettings;
  /** What computed it: `float64` for the reference path, else the tensor backend. */
  readonly backend: string;
  readonly warnings: readonly Warning[];
  readonly diagnostics: readonly Diagnostic[];
  readonly parts: readonly Part[];
  /** Effect of each row used, `[n]`, when the method has them. */
  readonly unitEffects?: Float64Array;
  /** Influence of each row on the estimate, `[n]`, centred: se² = Σψ²/n². */
  readonly influence?: Float64Array;
  /** Rows of the table used, `[n]`, when rows were dropped. */
  readonly rows?: Int32Array;
  readonly claim: Claim;
  readonly data: { readonly name?: string; readonly sha256?: string; readonly rows: number };
}

/** One thing wrong with the data for this estimand, and the way out. */
export interface DataProblem {
  readonly code:
    | "missing-values"
    | "infinite-values"
    | "constant-column"
    | "text-column"
    | "not-binary"
    | "too-few-rows"
    | "separation"
    | "same-column-twice"
    | "empty-arm"
    | "wrong-shape";
  readonly columns: readonly string[];
  readonly message: string;
  readonly hint: string;
  readonly rows?: number;
}

interface NoBase {
  readonly estimand: Estimand;
  readonly method: string;
  readonly message: string;
  readonly hint: string;
  readonly claim: Claim;
}

/** The data cannot answer as they stand; every problem found is listed. */
export interface BadData extends NoBase {
  readonly kind: "bad-data";
  readonly problems: readonly DataProblem[];
}

/** Part of the target population has no counterpart in the other arm. */
export interface NoOverlap extends NoBase {
  readonly kind: "no-overlap";
  readonly share: number;
  readonly count: number;
  /** Propensity range in which both arms are present: trimming to it is an explicit change of the estimand. */
  readonly trimTo: { readonly low: number; readonly high: number; readonly n: number };
  /** Range whose average effect has the smallest variance bound (Crump et al. 2009); for the ATE. */
  readonly efficient?: { readonly low: number; readonly high: number; readonly n: number };
  readonly diagnostics: readonly Diagnostic[];
}

/** The method cannot answer this estimand or this kind of treatment; `fitting` names those that can. */
export interface NotApplicable extends NoBase {
  readonly kind: "not-applicable";
  readonly fitting: readonly string[];
}

/** Identified, but the data hold no information on it: no first stage, no pre-period, no donor. */
export interface NotEstimable extends NoBase {
  readonly kind: "not-estimable";
  readonly code: string;
  readonly diagnostics: readonly Diagnostic[];
}

export type NegativeAnswer = BadData | NoOverlap | NotApplicable | NotEstimable;
export type EstimateResult = Effect | NegativeAnswer;
