import { fitLogit, logistic } from "../math/glm.ts";
import { nuisanceOptions } from "./aipw.ts";
import { influenceError } from "./influence.ts";
import type { Answer, Finding, Method, MethodContext, Refusal } from "./method.ts";
import { fitNuisances, type NuisanceOptions, type Nuisances } from "./nuisance.ts";
import type { AdjustmentProblem } from "./problem.ts";
import { fitPropensity } from "./propensity.ts";
import { balancingWeights } from "./weighting.ts";

export type TmleOptions = NuisanceOptions & {
  /** How predictions are moved: on the logit scale of the outcome's range, or by adding. */
  readonly fluctuation: "logistic" | "linear";
};

/** Initial predictions stay this far inside the outcome's range before the logit is taken. */
const EDGE = 5e-4;

/**
 * Targeted maximum likelihood (van der Laan & Rubin 2006; Gruber & van der Laan 2010 for bounded continuous outcomes):
 * predictions of the outcome are moved along the clever covariate until the efficient score is solved, then plugged
 * in, so that the estimate respects the outcome's range. Cross-fitted predictions make it CV-TMLE. Doubly robust;
 * errors from the influence function. Targets ATE, ATT, ATC.
 */
export async function tmle(
  problem: AdjustmentProblem,
  options: TmleOptions,
  context: MethodContext,
): Promise<Finding | Refusal> {
  const whole = options.propensityModel === "linear" ? fitPropensity(problem) : undefined;
  if (whole !== undefined && whole.kind !== "propensity") return whole;
  const nuisances = await fitNuisances(problem, options, context, whole);
  const targeted = fluctuate(problem, nuisances, options.fluctuation);
  const folds = options.folds === 1 ? "not cross-fitted" : `${options.folds}-fold cross-fitted`;
  return {
    kind: "finding",
    ...targeted,
    standardError: influenceError(targeted.influence, problem.clusters),
    errors: `influence function, ${folds}`,
    propensity: nuisances.propensity,
    weights: balancingWeights(problem.treatment, nuisances.propensity, problem.estimand.target),
    clipped: nuisances.clipped,
  };
}

/** One targeting step and its plug-in. O(n · iterations). */
function fluctuate(
  problem: AdjustmentProblem,
  nuisances: Nuisances,
  fluctuation: TmleOptions["fluctuation"],
): { estimate: number; influence: Float64Array; unitEffects: Float64Array } {
  const { n, treatment, outcome } = problem;
  const weight = problem.sampling ?? new Float64Array(n).fill(1);
  const clever = cleverCovariates(problem, nuisances.propensity);
  const h = treatment.map((t, i) => (t === 1 ? clever.h1[i]! : clever.h0[i]!));
  const move = fluctuation === "linear" ? linearMove : logisticMove;
  const moved = move(problem, nuisances, h, weight);
  const q1 = nuisances.outcome1.map((q, i) => moved(q, clever.h1[i]!));
  const q0 = nuisances.outcome0.map((q, i) => moved(q, clever.h0[i]!));
  let total = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    total += clever.population[i]!;
    sum += clever.population[i]! * (q1[i]! - q0[i]!);
  }
  const estimate = sum / total;
  const influence = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const q = treatment[i] === 1 ? q1[i]! : q0[i]!;
    influence[i] =
      weight[i]! * h[i]! * (outcome[i]! - q) +
      (n / total) * clever.population[i]! * (q1[i]! - q0[i]! - estimate);
  }
  return { estimate, influence, unitEffects: q1.map((q, i) => q - q0[i]!) };
}

/** Clever covariates under treatment and control, and whom the plug-in averages over. */
function cleverCovariates(
  problem: AdjustmentProblem,
  e: Float64Array,
): { h1: Float64Array; h0: Float64Array; population: Float64Array } {
  const { n, treatment, sampling } = problem;
  const { target } = problem.estimand;
  let size = 0;
  const population = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const member = target === "ATT" ? treatment[i]! : target === "ATC" ? 1 - treatment[i]! : 1;
    population[i] = member * (sampling?.[i] ?? 1);
    size += population[i]! / n;
  }
  const h1 = e.map((p) => (target === "ATT" ? 1 : target === "ATC" ? (1 - p) / p : 1 / p) / size);
  const h0 = e.map(
    (p) => -(target === "ATT" ? p / (1 - p) : target === "ATC" ? 1 : 1 / (1 - p)) / size,
  );
  return { h1, h0, population };
}

type Move = (q: number, h: number) => number;

function linearMove(
  problem: AdjustmentProblem,
  nuisances: Nuisances,
  h: Float64Array,
  w: Float64Array,
): Move {
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < problem.n; i++) {
    const q = problem.treatment[i] === 1 ? nuisances.outcome1[i]! : nuisances.outcome0[i]!;
    top += w[i]! * h[i]! * (problem.outcome[i]! - q);
    bottom += w[i]! * h[i]! * h[i]!;
  }
  const epsilon = top / bottom;
  return (q, clever) => q + epsilon * clever;
}

function logisticMove(
  problem: AdjustmentProblem,
  nuisances: Nuisances,
  h: Float64Array,
  w: Float64Array,
): Move {
  const { n, outcome, treatment } = problem;
  const low = outcome.reduce((a, b) => Math.min(a, b), Infinity);
  const range = outcome.reduce((a, b) => Math.max(a, b), -Infinity) - low;
  const logit = (q: number): number => {
    const p = Math.min(1 - EDGE, Math.max(EDGE, (q - low) / range));
    return Math.log(p / (1 - p));
  };
  const offset = treatment.map((t, i) =>
    logit(t === 1 ? nuisances.outcome1[i]! : nuisances.outcome0[i]!),
  );
  const y = outcome.map((v) => (v - low) / range);
  const epsilon = fitLogit(h, n, 1, y, { offset, weights: w }).coefficients[0]!;
  return (q, clever) => low + range * logistic(logit(q) + epsilon * clever);
}

export const tmleMethod: Method<TmleOptions> = {
  name: "tmle",
  label: "Targeted maximum likelihood (TMLE)",
  summary:
    "Doubly robust like AIPW, but moves the outcome model instead of adding to it, so estimates stay in range.",
  source: "van der Laan & Rubin (2006); Gruber & van der Laan (2010)",
  fits: { estimands: ["adjustment"], targets: ["ATE", "ATT", "ATC"], treatments: ["binary"] },
  stochastic: true,
  options: {
    ...nuisanceOptions,
    fluctuation: {
      type: "choice",
      choices: ["logistic", "linear"],
      default: "logistic",
      doc: "Move predictions on the logit scale of the outcome's range, or by adding (for unbounded outcomes).",
    },
  },
  run(problem, options, context): Promise<Answer> {
    if (problem.kind !== "adjustment") throw new Error(`tmle was given a ${problem.kind} problem`);
    return tmle(problem, options, context);
  },
};
