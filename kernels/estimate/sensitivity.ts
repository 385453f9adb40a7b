import { quietWork, type Work } from "../../app/work.ts";
import type { Table } from "../data/table.ts";
import { classicalCovariance } from "../math/covariance.ts";
import { incompleteBeta, tQuantile } from "../math/distributions.ts";
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
}

export interface Benchmark {
  readonly name: string;
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
  readonly bounds?: { readonly estimate: number; readonly low: number; readonly high: number };
  /** For a yes/no outcome: E-value of the estimated risk ratio. */
  readonly eValue?: number;
  readonly summary: string;
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
  const linear = linearFit(problem);
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
    ...(doubly === undefined || problem.outcomeKind !== "binary" || !(doubly.ratio > 0)
      ? {}
      : { eValue: eValue(doubly.ratio) }),
    summary: `A confounder that explains ${(100 * rv).toFixed(1)} % of the residual variance of both treatment and outcome would bring the estimate to nothing; ${(100 * rvAlpha).toFixed(1)} % would take away its significance.`,
  };
}

interface LinearFit {
  readonly estimate: number;
  readonly standardError: number;
  readonly df: number;
  readonly benchmarks: readonly Benchmark[];
}

function linearFit(problem: AdjustmentProblem): LinearFit {
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
  const benchmarks = covariates.names.slice(0, 20).flatMap((name, j) => {
    if (fit!.inverse[(j + 2) * d + j + 2] === 0) return [];
    const tOutcome = fit!.coefficients[j + 2]! / Math.sqrt(covariance[(j + 2) * d + j + 2]!);
    const at = j + 1;
    const width = covariates.d + 1;
    const tTreatment =
      onCovariates!.coefficients[at]! / Math.sqrt(sigmaT * onCovariates!.inverse[at * width + at]!);
    const rY = partialRSquared(tOutcome, base.df);
    const rT = partialRSquared(tTreatment, dfT);
    // Cinelli & Hazlett (2020), eq. 56–57 with k = 1
    const withTreatment = rT / (1 - rT);
    const rXz = (rT * rT) / ((1 - rT) * (1 - rT));
    if (withTreatment >= 1 || rXz >= 1) return [];
    const eta = (Math.sqrt((rT * rT) / ((1 - rT) * (1 - rT))) + 1) / Math.sqrt(1 - rXz);
    const withOutcome = Math.min(1, (eta * eta * rY) / (1 - rY));
    return [
      {
        name,
        withTreatment,
        withOutcome,
        adjusted: adjustedEstimate(base, withTreatment, withOutcome).estimate,
      },
    ];
  });
  return { ...base, benchmarks };
}

async function bounds(
  problem: AdjustmentProblem,
  options: SensitivityOptions,
  work: Work,
): Promise<{ bounds: NonNullable<Sensitivity["bounds"]>; ratio: number }> {
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
  for (let i = 0; i < n; i++) {
    const t = treatment[i]!;
    const e = fit.propensity[i]!;
    const q = t === 1 ? fit.outcome1[i]! : fit.outcome0[i]!;
    const alpha = t === 1 ? 1 / e : -1 / (1 - e);
    mean1 += (fit.outcome1[i]! + (t === 1 ? alpha * (outcome[i]! - q) : 0)) / n;
    mean0 += (fit.outcome0[i]! - (t === 0 ? alpha * (outcome[i]! - q) : 0)) / n;
    sigma += (outcome[i]! - q) ** 2 / n;
    nu += (alpha * alpha) / n;
  }
  const gainOutcome = options.confounderOutcome ?? 0.03;
  const gainTreatment = options.confounderTreatment ?? 0.03;
  const bias = Math.sqrt(sigma * nu * gainOutcome * (gainTreatment / (1 - gainTreatment)));
  const estimate = mean1 - mean0;
  return {
    bounds: { estimate, low: estimate - bias, high: estimate + bias },
    ratio: mean1 / mean0,
  };
}
