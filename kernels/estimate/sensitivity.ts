import { UserError } from "../../app/errors.ts";
import { quietWork, type Work } from "../../app/work.ts";
import type { Table } from "../data/table.ts";
import { classicalCovariance } from "../math/covariance.ts";
import { incompleteBeta, normalQuantile, tQuantile } from "../math/distributions.ts";
import { leastSquaresMany, residualsOf } from "../math/least-squares.ts";
import { createRng } from "../math/rng.ts";
import type { DataProblem } from "./effect.ts";
import { type EstimandSpec, toEstimand } from "./estimand.ts";
import { withOnes } from "./learn/linear.ts";
import type { LearnerName } from "./learn/learners.ts";
import { fitNuisances } from "./nuisance.ts";
import { prepare, type PrepareOptions } from "./prepare.ts";
import type { AdjustmentProblem } from "./problem.ts";

/**
 * E-value of a risk ratio (VanderWeele & Ding 2017): how strongly, on the risk-ratio scale, a hidden cause would have to
 * go with both treatment and outcome to explain the ratio away. Ratios below 1 are inverted. Throws for ratios that are
 * not positive.
 */
export function eValue(riskRatio: number): number {
  if (!(riskRatio > 0)) throw new RangeError(`A risk ratio is positive, not ${riskRatio}.`);
  const rr = riskRatio < 1 ? 1 / riskRatio : riskRatio;
  return rr + Math.sqrt(rr * (rr - 1));
}

/**
 * Largest one-sided p-value of the sign test on matched pairs when a hidden cause changes the odds of treatment within
 * pairs by at most `gamma` (Rosenbaum 2002, sec. 4.3.2): `positive` of `discordant` pairs favour an effect. O(1).
 */
export function rosenbaumSignTest(positive: number, discordant: number, gamma: number): number {
  if (!(gamma >= 1)) throw new RangeError(`Γ is at least 1, not ${gamma}.`);
  if (positive <= 0) return 1;
  return incompleteBeta(positive, discordant - positive + 1, gamma / (1 + gamma));
}

/** Share of a regression's residual variance that goes with one coefficient, from its t statistic. */
export function partialRSquared(t: number, df: number): number {
  return (t * t) / (t * t + df);
}

/**
 * Robustness value (Cinelli & Hazlett 2020, eq. 19): the share of residual variance of both treatment and outcome that
 * a hidden confounder must explain to reduce the estimate by `q` (1: to nothing), or with `alpha` to where it is no
 * longer significant at that level.
 */
export function robustnessValue(t: number, df: number, q = 1, alpha?: number): number {
  const f = (q * Math.abs(t)) / Math.sqrt(df);
  const critical =
    alpha === undefined ? 0 : Math.abs(tQuantile(alpha / 2, df - 1)) / Math.sqrt(df - 1);
  const net = f - critical;
  if (net <= 0) return 0;
  const symmetric = (Math.sqrt(net ** 4 + 4 * net ** 2) - net ** 2) / 2;
  if (alpha === undefined) return symmetric;
  // A confounder confined to the outcome (first term) may already suffice when the critical value is large.
  const extreme = (f * f - critical * critical) / (1 + f * f);
  return net > 0 && f > 1 / critical ? extreme : symmetric;
}

/**
 * What the estimate (and its t) would be with a confounder of the given partial R² with treatment and outcome, acting
 * against the sign of the estimate (Cinelli & Hazlett 2020, eq. 15–16).
 */
export function adjustedEstimate(
  fit: { readonly estimate: number; readonly standardError: number; readonly df: number },
  withTreatment: number,
  withOutcome: number,
): { estimate: number; standardError: number; t: number } {
  const { estimate, standardError, df } = fit;
  const bias = standardError * Math.sqrt((withOutcome * withTreatment * df) / (1 - withTreatment));
  const adjusted = Math.sign(estimate) * (Math.abs(estimate) - bias);
  const se =
    standardError * Math.sqrt((1 - withOutcome) / (1 - withTreatment)) * Math.sqrt(df / (df - 1));
  return { estimate: adjusted, standardError: se, t: adjusted / se };
}

export interface SensitivityOptions extends PrepareOptions {
  readonly seed?: number;
  /** Models behind the bounds of Chernozhukov et al.; linear by default. */
  readonly outcomeModel?: LearnerName;
  readonly propensityModel?: LearnerName;
  /** Share of the outcome's residual variance, and of the gain in treatment's precision, the confounder may have. */
  readonly confounderOutcome?: number;
  readonly confounderTreatment?: number;
  readonly level?: number;
  /** Covariates to compare a confounder with; the first twenty columns of the adjustment set when absent. */
  readonly benchmarks?: readonly string[];
  /** Multiples of a benchmark's strength; 1 when absent. */
  readonly multiples?: readonly number[];
}

/** The E-value of an estimate and of the end of its interval nearest to no effect. */
export interface EValues {
  /** `difference`: a difference in means turned into a ratio by exp(0.91 d), d in standard deviations of the outcome. */
  readonly scale: "risk ratio" | "difference";
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly estimate: number;
  /** 1 when the interval already holds no effect. */
  readonly limit: number;
}

/**
 * E-values of a ratio and its interval (VanderWeele & Ding 2017): the limit's is that of the end nearest to 1. Throws
 * for ends that are not positive. O(1).
 */
export function eValues(
  scale: EValues["scale"],
  ratio: number,
  low: number,
  high: number,
): EValues {
  const limit = low <= 1 && high >= 1 ? 1 : eValue(ratio > 1 ? low : high);
  return { scale, ratio, low, high, estimate: eValue(ratio), limit };
}

/**
 * E-values of a difference in means by its standardised size (VanderWeele & Ding 2017, table 2): the ratio is
 * exp(0.91 d), d the estimate over the outcome's standard deviation, with the interval's ends turned likewise. O(1).
 */
export function eValuesOfDifference(
  estimate: number,
  low: number,
  high: number,
  sd: number,
): EValues {
  const ratio = (difference: number): number => Math.exp((0.91 * difference) / sd);
  return eValues("difference", ratio(estimate), ratio(low), ratio(high));
}

export interface Benchmark {
  readonly name: string;
  /** How many times as strong as the covariate. */
  readonly multiple: number;
  /** Partial R² of a confounder as strong as this covariate, with treatment and with outcome. */
  readonly withTreatment: number;
  readonly withOutcome: number;
  readonly adjusted: number;
}

/** How strong hidden confounding would have to be; from the linear regression and, for two arms, the doubly robust score. */
export interface Sensitivity {
  readonly kind: "sensitivity";
  readonly estimate: number;
  readonly standardError: number;
  readonly df: number;
  readonly partialRSquared: number;
  readonly robustnessValue: number;
  readonly robustnessValueAlpha: number;
  readonly benchmarks: readonly Benchmark[];
  /** Adjusted estimates on a grid: `values[i][j]` at treatment share `grid[i]` and outcome share `grid[j]`. */
  readonly contour: {
    readonly grid: readonly number[];
    readonly values: readonly (readonly number[])[];
  };
  /** Bounds without linearity (Chernozhukov, Cinelli, Newey, Sharma & Syrgkanis 2022, theorem 2). */
  readonly bounds?: Bounds;
  /** For a yes/no outcome: E-value of the estimated risk ratio. */
  readonly eValue?: number;
  readonly eValues?: EValues;
  readonly level: number;
  readonly summary: string;
}

export interface Bounds {
  readonly estimate: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
  /** Bias is at most `scale` · √(outcome share · treatment share / (1 − treatment share)). */
  readonly scale: number;
  /** Equal shares at which the bounds reach nothing. */
  readonly robustness: number;
}

/** Largest bias of a confounder with these shares of the outcome's and the treatment's residual variance. O(1). */
export function biasBound(scale: number, withOutcome: number, withTreatment: number): number {
  return scale * Math.sqrt((withOutcome * withTreatment) / (1 - withTreatment));
}

/**
 * Sensitivity of an adjusted effect to a confounder left out. The linear part is exact algebra of least squares; one
 * benchmark per covariate column of the first twenty. The bounds use cross-fitted nuisances. O(nd²).
 */
export async function sensitivity(
  spec: EstimandSpec,
  table: Table,
  options: SensitivityOptions = {},
  work: Work = quietWork,
): Promise<Sensitivity | { readonly kind: "bad-data"; readonly problems: readonly DataProblem[] }> {
  const prepared = prepare(toEstimand(spec), table, options);
  if (prepared.kind === "bad-data") return prepared;
  const { problem } = prepared;
  if (problem.kind !== "adjustment") throw new Error("sensitivity analyses adjusted effects");
  const linear = linearFit(problem, options);
  const t = linear.estimate / linear.standardError;
  const alpha = 1 - (options.level ?? 0.95);
  const rv = robustnessValue(t, linear.df);
  const rvAlpha = robustnessValue(t, linear.df, 1, alpha);
  const reach = Math.min(0.9, Math.max(0.1, 2 * rv));
  const grid = Array.from({ length: 21 }, (_, k) => (reach * k) / 20);
  // With many dummies per row the propensity is noise, and bounds built on it mean nothing.
  const roomy = problem.covariates.d <= problem.n / 20;
  const doubly =
    problem.treatmentKind === "binary" && roomy ? await bounds(problem, options, work) : undefined;
  return {
    kind: "sensitivity",
    estimate: linear.estimate,
    standardError: linear.standardError,
    df: linear.df,
    partialRSquared: partialRSquared(t, linear.df),
    robustnessValue: rv,
    robustnessValueAlpha: rvAlpha,
    benchmarks: linear.benchmarks,
    contour: {
      grid,
      values: grid.map((a) => grid.map((b) => adjustedEstimate(linear, a, b).estimate)),
    },
    ...(doubly === undefined ? {} : { bounds: doubly.bounds }),
    ...(doubly?.eValues === undefined
      ? {}
      : { eValue: doubly.eValues.estimate, eValues: doubly.eValues }),
    level: options.level ?? 0.95,
    summary: `A confounder that explains ${(100 * rv).toFixed(1)} % of the residual variance of both treatment and outcome would bring the estimate to nothing; ${(100 * rvAlpha).toFixed(1)} % would take away its significance.`,
  };
}

interface LinearFit {
  readonly estimate: number;
  readonly standardError: number;
  readonly df: number;
  readonly benchmarks: readonly Benchmark[];
}

function linearFit(problem: AdjustmentProblem, options: SensitivityOptions): LinearFit {
  const { n, treatment, outcome, covariates } = problem;
  const d = covariates.d + 2;
  const x = new Float64Array(n * d);
  for (let i = 0; i < n; i++) {
    x[i * d] = 1;
    x[i * d + 1] = treatment[i]!;
    x.set(covariates.x.subarray(i * covariates.d, (i + 1) * covariates.d), i * d + 2);
  }
  const [fit] = leastSquaresMany(x, n, d, [outcome]);
  const residuals = residualsOf(x, n, d, outcome, fit!.coefficients);
  const covariance = classicalCovariance({
    x,
    n,
    d,
    residuals,
    inverse: fit!.inverse,
    rank: fit!.rank,
  });
  const base = {
    estimate: fit!.coefficients[1]!,
    standardError: Math.sqrt(covariance[d + 1]!),
    df: n - fit!.rank,
  };
  const [onCovariates] = leastSquaresMany(
    withOnes(covariates.x, n, covariates.d),
    n,
    covariates.d + 1,
    [treatment],
  );
  const dfT = n - onCovariates!.rank;
  const sigmaT = onCovariates!.rss / dfT;
  const chosen = benchmarkColumns(problem, options.benchmarks);
  const benchmarks = chosen.flatMap((j) => {
    if (fit!.inverse[(j + 2) * d + j + 2] === 0) return [];
    const tOutcome = fit!.coefficients[j + 2]! / Math.sqrt(covariance[(j + 2) * d + j + 2]!);
    const at = j + 1;
    const width = covariates.d + 1;
    const tTreatment =
      onCovariates!.coefficients[at]! / Math.sqrt(sigmaT * onCovariates!.inverse[at * width + at]!);
    const rY = partialRSquared(tOutcome, base.df);
    const rT = partialRSquared(tTreatment, dfT);
    return (options.multiples ?? [1]).flatMap((k) => {
      // Cinelli & Hazlett (2020), eq. 56–57
      const withTreatment = (k * rT) / (1 - rT);
      const rXz = (k * rT * rT) / ((1 - k * rT) * (1 - rT));
      if (!(withTreatment < 1 && rXz < 1 && k * rT < 1)) return [];
      const eta = (Math.sqrt(k) + Math.sqrt(rXz)) / Math.sqrt(1 - rXz);
      const withOutcome = Math.min(1, (eta * eta * rY) / (1 - rY));
      const adjusted = adjustedEstimate(base, withTreatment, withOutcome).estimate;
      return [{ name: covariates.names[j]!, multiple: k, withTreatment, withOutcome, adjusted }];
    });
  });
  return { ...base, benchmarks };
}

/** Columns of the design made from the named covariates. Throws `UserError` for a name that is not among them. */
function benchmarkColumns(
  problem: AdjustmentProblem,
  names: readonly string[] | undefined,
): readonly number[] {
  const { covariates } = problem;
  const all = Array.from({ length: covariates.d }, (_, j) => j);
  if (names === undefined) return all.slice(0, 20);
  for (const name of names) {
    if (covariates.names.includes(name) || covariates.sources.some((s) => s.includes(name)))
      continue;
    const known = [...new Set(covariates.sources.flat())];
    throw new UserError({
      code: "unknown-benchmark",
      message: `"${name}" is not in the adjustment set, so no confounder can be compared with it.`,
      value: name,
      expected:
        known.length === 0 ? "an adjustment set with a covariate" : `one of ${known.join(", ")}`,
      hint: "Name a covariate that is adjusted for.",
    });
  }
  return all.filter((j) =>
    names.some((name) => covariates.names[j] === name || covariates.sources[j]!.includes(name)),
  );
}

async function bounds(
  problem: AdjustmentProblem,
  options: SensitivityOptions,
  work: Work,
): Promise<{ bounds: Bounds; eValues?: EValues }> {
  const nuisance = {
    outcomeModel: options.outcomeModel ?? "linear",
    propensityModel: options.propensityModel ?? "linear",
    byArm: true,
    interactions: [],
    folds: 5,
    clip: 0.01,
  } as const;
  const context = { rng: createRng(options.seed ?? 1), work, level: options.level ?? 0.95 };
  const fit = await fitNuisances(problem, nuisance, context);
  const { n, treatment, outcome } = problem;
  let mean1 = 0;
  let mean0 = 0;
  let sigma = 0;
  let nu = 0;
  const score1 = new Float64Array(n);
  const score0 = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const t = treatment[i]!;
    const e = fit.propensity[i]!;
    const q = t === 1 ? fit.outcome1[i]! : fit.outcome0[i]!;
    const alpha = t === 1 ? 1 / e : -1 / (1 - e);
    score1[i] = fit.outcome1[i]! + (t === 1 ? alpha * (outcome[i]! - q) : 0);
    score0[i] = fit.outcome0[i]! - (t === 0 ? alpha * (outcome[i]! - q) : 0);
    mean1 += score1[i]! / n;
    mean0 += score0[i]! / n;
    sigma += (outcome[i]! - q) ** 2 / n;
    nu += (alpha * alpha) / n;
  }
  const gainOutcome = options.confounderOutcome ?? 0.03;
  const gainTreatment = options.confounderTreatment ?? 0.03;
  const scale = Math.sqrt(sigma * nu);
  const bias = biasBound(scale, gainOutcome, gainTreatment);
  const estimate = mean1 - mean0;
  const squares = (of: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += of(i) ** 2;
    return Math.sqrt(sum) / n;
  };
  const standardError = squares((i) => score1[i]! - score0[i]! - estimate);
  // r with scale · r / √(1 − r) = |estimate|
  const f = scale === 0 ? Infinity : (estimate / scale) ** 2;
  const robustness = Number.isFinite(f) ? (Math.sqrt(f * f + 4 * f) - f) / 2 : 1;
  const found: Bounds = {
    estimate,
    standardError,
    low: estimate - bias,
    high: estimate + bias,
    scale,
    robustness,
  };
  if (problem.outcomeKind !== "binary" || !(mean1 > 0 && mean0 > 0)) return { bounds: found };
  const ratio = Math.log(mean1 / mean0);
  const ratioError = squares((i) => (score1[i]! - mean1) / mean1 - (score0[i]! - mean0) / mean0);
  const half = normalQuantile(1 - (1 - context.level) / 2) * ratioError;
  return {
    bounds: found,
    eValues: eValues("risk ratio", Math.exp(ratio), Math.exp(ratio - half), Math.exp(ratio + half)),
  };
}
