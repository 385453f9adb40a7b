/** Share without counterparts from which on a number carries a warning: below, its interval does not feel it. */
export const WORTH_TELLING = 0.01;

/** Something to look at beside an estimate, as plain data. Every one carries its own text summary. */
export type Diagnostic =
  | OverlapDiagnostic
  | BalanceDiagnostic
  | WeightsDiagnostic
  | ResidualsDiagnostic
  | CurveDiagnostic
  | SeriesDiagnostic
  | FiguresDiagnostic;

interface DiagnosticBase {
  readonly title: string;
  /** What a reader who cannot see the chart should know. */
  readonly summary: string;
}

/** Histogram of the propensity by arm: bin `i` spans `edges[i] … edges[i+1]`. */
export interface OverlapDiagnostic extends DiagnosticBase {
  readonly kind: "overlap";
  readonly edges: readonly number[];
  readonly treated: readonly number[];
  readonly control: readonly number[];
  readonly minimum: number;
  readonly maximum: number;
  /** Share of the target population whose propensity no unit of the other arm reaches. */
  readonly shareWithoutOverlap: number;
}

/** The love plot's numbers. Standardised mean differences divide by the same unweighted standard deviation throughout. */
export interface BalanceDiagnostic extends DiagnosticBase {
  readonly kind: "balance";
  readonly rows: readonly {
    readonly name: string;
    readonly treatedMean: number;
    readonly controlMean: number;
    readonly raw: number;
    /** After weighting or matching; absent when the method uses none. */
    readonly weighted?: number;
    readonly varianceRatio: number;
  }[];
}

export interface WeightsDiagnostic extends DiagnosticBase {
  readonly kind: "weights";
  /** (Σw)²/Σw² by arm. */
  readonly effectiveTreated: number;
  readonly effectiveControl: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  /** Largest share of one arm's weight on one unit. */
  readonly largestShare: number;
  readonly clipped: number;
}

export interface ResidualsDiagnostic extends DiagnosticBase {
  readonly kind: "residuals";
  readonly rSquared: number;
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Points with bands over one axis: event study, training loss, dose response, discontinuity plot. */
export interface CurveDiagnostic extends DiagnosticBase {
  readonly kind: "curve";
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly {
    readonly name: string;
    readonly style: "line" | "points";
    /** One of many in the background, without a name in the legend: a placebo. */
    readonly muted?: true;
    readonly points: readonly {
      readonly x: number;
      readonly y: number;
      readonly low?: number;
      readonly high?: number;
    }[];
  }[];
  /** Vertical reference, e.g. the cutoff or the moment of adoption. */
  readonly mark?: number;
}

/** Named weights or importances: donors of a synthetic control, features of a forest. */
export interface SeriesDiagnostic extends DiagnosticBase {
  readonly kind: "series";
  readonly rows: readonly { readonly name: string; readonly value: number }[];
}

/** Test statistics and other labelled numbers. */
export interface FiguresDiagnostic extends DiagnosticBase {
  readonly kind: "figures";
  readonly rows: readonly {
    readonly name: string;
    readonly value: number;
    /** What the number means or how to read it. */
    readonly note?: string;
  }[];
}
