import { influenceError } from "./influence.ts";
import { LEARNER_NAMES, type LearnerName } from "./learn/learners.ts";
import { median } from "./median.ts";
import { multiArmAipw } from "./multi-arm.ts";
import type { Answer, Finding, Method, MethodContext, Refusal } from "./method.ts";
import { fitNuisances, type Nuisances, type NuisanceOptions } from "./nuisance.ts";
import type { AdjustmentProblem } from "./problem.ts";
import { fitPropensity } from "./propensity.ts";
import { balancingWeights } from "./weighting.ts";

export type AipwOptions = NuisanceOptions & {
  /** Random splits whose estimates are combined by the median. */
  readonly repeats: number;
};

/**
 * Augmented inverse probability weighting, the doubly robust score of Robins, Rotnitzky & Zhao (1994), cross-fitted
 * as in Chernozhukov et al. (2018, interactive model). Right if either the outcome models or the propensity are.
 * Errors from the influence function; several splits are combined by the median with their spread added (ibid.,
 * definition 3.3). Targets ATE, ATT, ATC and overlap (the residual-on-residual score).
 */
export async function aipw(
  problem: AdjustmentProblem,
  options: AipwOptions,
  context: MethodContext,
): Promise<Finding | Refusal> {
  const whole = options.propensityModel === "linear" ? fitPropensity(problem) : undefined;
  if (whole !== undefined && whole.kind !== "propensity") return whole;
  const runs: Scored[] = [];
  let last: Nuisances | undefined;
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const rng = repeat === 0 ? context.rng : context.rng.fork(`repeat ${repeat}`);
    last = await fitNuisances(problem, options, { ...context, rng }, whole);
    runs.push(score(problem, last));
  }
  const nuisances = last!;
  const estimate = median(runs.map((r) => r.estimate));
  const errors = runs.map((r) => influenceError(r.influence, problem.clusters));
  const standardError = Math.sqrt(
    median(errors.map((se, k) => se ** 2 + (runs[k]!.estimate - estimate) ** 2)),
  );
  const { influence } = runs.at(-1)!;
  const folds = options.folds === 1 ? "not cross-fitted" : `${options.folds}-fold cross-fitted`;
  return {
    kind: "finding",
    estimate,
    standardError,
    errors: `influence function, ${folds}${options.repeats > 1 ? `, median of ${options.repeats} splits` : ""}`,
    influence,
    unitEffects: nuisances.outcome1.map((q1, i) => q1 - nuisances.outcome0[i]!),
    propensity: nuisances.unclipped ?? nuisances.propensity,
    weights: balancingWeights(problem.treatment, nuisances.propensity, problem.estimand.target),
    clipped: nuisances.clipped,
    ...(problem.estimand.target === "ATE" ? { parts: armMeans(problem, nuisances) } : {}),
    warnings: overfitWarning(options),
  };
}

interface Scored {
  readonly estimate: number;
  readonly influence: Float64Array;
}

/** Estimate and influence from predictions: the doubly robust score of each target. O(n). */
export function score(problem: AdjustmentProblem, nuisances: Nuisances): Scored {
  const { n, treatment, outcome, sampling } = problem;
  const { outcome0, outcome1, propensity } = nuisances;
  const { target } = problem.estimand;
  const top = new Float64Array(n);
  const bottom = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const t = treatment[i]!;
    const e = propensity[i]!;
    const y = outcome[i]!;
    const q0 = outcome0[i]!;
    const q1 = outcome1[i]!;
    const s = sampling?.[i] ?? 1;
    if (target === "ATT") {
      top[i] = s * (t - ((1 - t) * e) / (1 - e)) * (y - q0);
      bottom[i] = s * t;
    } else if (target === "ATC") {
      top[i] = s * ((t * (1 - e)) / e - (1 - t)) * (y - q1);
      bottom[i] = s * (1 - t);
    } else if (target === "overlap") {
      top[i] = s * (t - e) * (y - e * q1 - (1 - e) * q0);
      bottom[i] = s * (t - e) ** 2;
    } else {
      top[i] = s * (q1 - q0 + (t * (y - q1)) / e - ((1 - t) * (y - q0)) / (1 - e));
      bottom[i] = s;
    }
  }
  return solveRatio(top, bottom);
}

/** Root of Σ(top − θ·bottom) and the influence of each row on it. O(n). */
export function solveRatio(top: Float64Array, bottom: Float64Array): Scored {
  let above = 0;
  let below = 0;
  for (let i = 0; i < top.length; i++) {
    above += top[i]!;
    below += bottom[i]!;
  }
  const estimate = above / below;
  const scale = top.length / below;
  return { estimate, influence: top.map((value, i) => scale * (value - estimate * bottom[i]!)) };
}

function armMeans(problem: AdjustmentProblem, nuisances: Nuisances): NonNullable<Finding["parts"]> {
  const { n, treatment, outcome } = problem;
  return problem.treatmentLevels.map((level, arm) => {
    const q = arm === 1 ? nuisances.outcome1 : nuisances.outcome0;
    const top = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const e = nuisances.propensity[i]!;
      const inverse = treatment[i] === arm ? 1 / (arm === 1 ? e : 1 - e) : 0;
      top[i] = q[i]! + inverse * (outcome[i]! - q[i]!);
    }
    const mean = solveRatio(top, problem.sampling ?? new Float64Array(n).fill(1));
    return {
      name: `mean outcome under ${problem.estimand.treatment} = ${level}`,
      estimate: mean.estimate,
      standardError: influenceError(mean.influence, problem.clusters),
    };
  });
}

function overfitWarning(options: NuisanceOptions): NonNullable<Finding["warnings"]> {
  const flexible = options.outcomeModel !== "linear" || options.propensityModel !== "linear";
  if (options.folds > 1 || !flexible) return [];
  return [
    {
      code: "no-cross-fitting",
      message:
        "Flexible models were fitted and evaluated on the same rows; the interval is too narrow.",
      hint: "Set folds to 5.",
    },
  ];
}

const learner = (doc: string): Method<AipwOptions>["options"]["outcomeModel"] => ({
  type: "choice",
  choices: LEARNER_NAMES,
  default: "linear" satisfies LearnerName,
  doc,
});

/** Options that every cross-fitted method shares. */
export const nuisanceOptions: Method<NuisanceOptions>["options"] = {
  outcomeModel: learner("Model of the outcome; linear is a logit for a yes/no outcome."),
  propensityModel: learner("Model of treatment; linear is a logit."),
  byArm: {
    type: "boolean",
    default: true,
    doc: "A model of the outcome in each arm, instead of one with the treatment as a column.",
  },
  interactions: {
    type: "columns",
    default: [],
    doc: "Covariates multiplied with the treatment when byArm is off.",
  },
  folds: {
    type: "integer",
    default: 5,
    minimum: 1,
    maximum: 50,
    doc: "Folds of cross-fitting; 1 fits and predicts on the same rows (right only for small parametric models).",
  },
  clip: {
    type: "number",
    default: 0.01,
    minimum: 0,
    maximum: 0.49,
    doc: "Propensities are kept in [clip, 1 − clip]; how many moved is reported.",
  },
};

export const aipwMethod: Method<AipwOptions> = {
  name: "aipw",
  label: "Augmented IPW (doubly robust)",
  summary: "Combines outcome models with weighting; right if either is. The default choice.",
  source: "Robins, Rotnitzky & Zhao (1994); Chernozhukov et al. (2018)",
  fits: {
    estimands: ["adjustment"],
    targets: ["ATE", "ATT", "ATC", "overlap"],
    treatments: ["binary", "multivalued"],
  },
  stochastic: true,
  options: {
    ...nuisanceOptions,
    repeats: {
      type: "integer",
      default: 1,
      minimum: 1,
      maximum: 100,
      doc: "Random splits into folds, combined by the median.",
    },
  },
  run(problem, options, context): Promise<Answer> {
    if (problem.kind !== "adjustment") throw new Error(`aipw was given a ${problem.kind} problem`);
    return problem.treatmentKind === "multivalued"
      ? multiArmAipw(problem, options, context)
      : aipw(problem, options, context);
  },
};
