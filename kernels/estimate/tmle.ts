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
  /** Where inverse propensities stand in the targeting step. */
  readonly targeting: "auto" | "covariate" | "weights";
};

/** A chance of an arm below which a targeting step along its inverse is carried by few units. */
const RARE = 0.025;

/** Initial predictions stay this far inside the outcome's range before the logit is taken. */
const EDGE = 5e-4;

/**
 * Targeted maximum likelihood (van der Laan & Rubin 2006; Gruber & van der Laan 2010 for bounded continuous outcomes):
 * predictions of the outcome are moved along the clever covariate until the efficient score is solved, then plugged
 * in, so that the estimate respects the outcome's range. Cross-fitted predictions make it CV-TMLE. Doubly robust;
 * errors from the influence function. Targets ATE, ATT, ATC. The clever covariate holds inverse propensities, and a
 * step along it moves most the units that it knows least; the same score is solved by an intercept for each arm fitted
 * with them as weights (Stitelman, De Gruttola & van der Laan 2012). `targeting: "auto"` takes the covariate, as most
 * published figures do, unless somebody's chance of an arm that the target needs lies below 2.5 %: with weak overlap
 * intervals of the covariate covered 87 % (ATE) and 78 % (ATT) of simulated truths, those of the weights 94 and 92 %.
 */
export async function tmle(
  problem: AdjustmentProblem,
  options: TmleOptions,
  context: MethodContext,
): Promise<Finding | Refusal> {
  const whole = options.propensityModel === "linear" ? fitPropensity(problem) : undefined;
  if (whole !== undefined && whole.kind !== "propensity") return whole;
  const nuisances = await fitNuisances(problem, options, context, whole);
  const targeted = fluctuate(problem, nuisances, options);
  const folds = options.folds === 1 ? "not cross-fitted" : `${options.folds}-fold cross-fitted`;
  return {
    kind: "finding",
    ...targeted,
    standardError: influenceError(targeted.influence, problem.clusters),
    errors: `influence function, ${folds}`,
    propensity: nuisances.unclipped ?? nuisances.propensity,
    weights: balancingWeights(problem.treatment, nuisances.propensity, problem.estimand.target),
    clipped: nuisances.clipped,
  };
}

/** One targeting step and its plug-in. O(n · iterations). */
function fluctuate(
  problem: AdjustmentProblem,
  nuisances: Nuisances,
  options: TmleOptions,
): { estimate: number; influence: Float64Array; unitEffects: Float64Array } {
  const { n, treatment, outcome } = problem;
  const weight = problem.sampling ?? new Float64Array(n).fill(1);
  const clever = cleverCovariates(problem, nuisances.propensity);
  const h = treatment.map((t, i) => (t === 1 ? clever.h1[i]! : clever.h0[i]!));
  const move = options.fluctuation === "linear" ? linearMove : logisticMove;
  const weighted =
    options.targeting === "weights" ||
    (options.targeting === "auto" && somebodyRare(problem, nuisances.propensity));
  const along = (value: number): number => (weighted ? 1 : value);
  const [move0, move1] = weighted
    ? ([0, 1] as const).map((arm) => {
        const own = weight.map((w, i) => (treatment[i] === arm ? w * Math.abs(h[i]!) : 0));
        return move(problem, nuisances, new Float64Array(n).fill(1), own);
      })
    : [move(problem, nuisances, h, weight)];
  const q1 = nuisances.outcome1.map((q, i) => (move1 ?? move0!)(q, along(clever.h1[i]!)));
  const q0 = nuisances.outcome0.map((q, i) => move0!(q, along(clever.h0[i]!)));
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

/** Does anybody have next to no chance of an arm whose inverse the target weighs by? */
function somebodyRare(problem: AdjustmentProblem, e: Float64Array): boolean {
  const { target } = problem.estimand;
  return e.some((p) => (target !== "ATT" && p < RARE) || (target !== "ATC" && 1 - p < RARE));
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
    targeting: {
      type: "choice",
      choices: ["auto", "covariate", "weights"],
      default: "auto",
      doc: "Let inverse propensities be the covariate of the targeting step, or its weights; auto takes weights where a chance lies below 2.5 %.",
    },
  },
  run(problem, options, context): Promise<Answer> {
    if (problem.kind !== "adjustment") throw new Error(`tmle was given a ${problem.kind} problem`);
    return tmle(problem, options, context);
  },
};
