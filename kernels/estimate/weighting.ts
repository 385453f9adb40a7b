import { cholesky, choleskySolve, gram } from "../math/dense.ts";
import { groupedSquares } from "./influence.ts";
import type { Answer, Finding, Method, Refusal } from "./method.ts";
import { multiArmWeighting } from "./multi-arm.ts";
import { clipInPlace } from "./nuisance.ts";
import type { Target } from "./estimand.ts";
import type { AdjustmentProblem } from "./problem.ts";
import { fitPropensity, type Propensity } from "./propensity.ts";

export type WeightingOptions = {
  readonly weights: "hajek" | "horvitz-thompson" | "stabilised";
  readonly clip: number;
  readonly errors: "auto" | "robust" | "stacked";
};

/**
 * Inverse probability weighting with a logit propensity (Hirano, Imbens & Ridder 2003; What If, ch. 12; overlap
 * weights: Li, Morgan & Zaslavsky 2018). Hajek divides by the sum of the weights, Horvitz–Thompson by n; stabilised
 * weights are multiplied with the arm's share, which changes their range and not the Hajek estimate. Errors: `robust`
 * takes the weights as known (sandwich HC0; too wide for the ATE, may be too narrow for others), `stacked` accounts
 * for the estimated propensity (M-estimation, Lunceford & Davidian 2004); `auto` is robust for the ATE, as published
 * analyses do, stacked otherwise. O(nd²).
 */
export function weighting(
  problem: AdjustmentProblem,
  options: WeightingOptions,
): Finding | Refusal {
  const { n, treatment, outcome, sampling } = problem;
  const model = fitPropensity(problem);
  if (model.kind !== "propensity") return model;
  const e = model.fit.fitted.slice();
  const clipped = clipInPlace(e, options.clip);
  const target = problem.estimand.target;
  const weights = balancingWeights(treatment, e, target);
  if (sampling !== undefined) for (let i = 0; i < n; i++) weights[i]! *= sampling[i]!;
  if (options.weights === "stabilised") stabilise(weights, treatment);

  const totals = [0, 0];
  const sums = [0, 0];
  for (let i = 0; i < n; i++) {
    totals[treatment[i]!]! += weights[i]!;
    sums[treatment[i]!]! += weights[i]! * outcome[i]!;
  }
  // Horvitz–Thompson divides by the size of the population the weights stand for, not by their own sum.
  const size = options.weights === "horvitz-thompson" ? populationSize(problem, e) : undefined;
  const divisor = [size ?? totals[0]!, size ?? totals[1]!];
  const means = [sums[0]! / divisor[0]!, sums[1]! / divisor[1]!] as const;
  const estimate = means[1] - means[0];

  const influence = new Float64Array(n);
  const slope = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const t = treatment[i]! as 0 | 1;
    const sign = t === 1 ? 1 : -1;
    const rest = size === undefined ? outcome[i]! - means[t] : outcome[i]!;
    influence[i] = (sign * n * weights[i]! * rest) / divisor[t]!;
    if (size !== undefined) influence[i]! -= estimate;
    slope[i] =
      ((sign * n * rest) / divisor[t]!) * weightSlope(t, e[i]!, target) * (sampling?.[i] ?? 1);
  }
  const stacked = options.errors === "stacked" || (options.errors === "auto" && target !== "ATE");
  if (stacked) addPropensityInfluence(influence, slope, problem, model, e);
  const clusters = problem.clusters === undefined ? "" : ", clustered";
  return {
    kind: "finding",
    estimate,
    standardError: Math.sqrt(groupedSquares(influence, problem.clusters)) / n,
    errors: stacked
      ? `sandwich errors with the propensity estimated${clusters}`
      : `robust errors with the weights as known${target === "ATE" ? " (conservative)" : ""}${clusters}`,
    influence,
    propensity: model.fit.fitted,
    weights,
    clipped,
    parts: problem.treatmentLevels.map((level, k) => ({
      name: `mean outcome under ${problem.estimand.treatment} = ${level}`,
      estimate: means[k as 0 | 1],
    })),
  };
}

/** Weights that turn either arm into the target population, `[n]`. O(n). */
export function balancingWeights(
  treatment: Float64Array,
  e: Float64Array,
  target: Target,
): Float64Array {
  return treatment.map((t, i) => {
    const p = e[i]!;
    switch (target) {
      case "ATT":
        return t === 1 ? 1 : p / (1 - p);
      case "ATC":
        return t === 1 ? (1 - p) / p : 1;
      case "overlap":
        return t === 1 ? 1 - p : p;
      default:
        return t === 1 ? 1 / p : 1 / (1 - p);
    }
  });
}

/** d weight / d linear predictor. */
function weightSlope(t: 0 | 1, e: number, target: Target): number {
  switch (target) {
    case "ATT":
      return t === 1 ? 0 : e / (1 - e);
    case "ATC":
      return t === 1 ? -(1 - e) / e : 0;
    case "overlap":
      return (t === 1 ? -1 : 1) * e * (1 - e);
    default:
      return t === 1 ? -(1 - e) / e : e / (1 - e);
  }
}

function stabilise(weights: Float64Array, treatment: Float64Array): void {
  const share = treatment.reduce((a, t) => a + t, 0) / treatment.length;
  for (let i = 0; i < weights.length; i++) weights[i]! *= treatment[i] === 1 ? share : 1 - share;
}

function populationSize(problem: AdjustmentProblem, e: Float64Array): number {
  const { n, treatment, sampling } = problem;
  const { target } = problem.estimand;
  let size = 0;
  for (let i = 0; i < n; i++) {
    const t = treatment[i]!;
    const counts =
      target === "ATT"
        ? t
        : target === "ATC"
          ? 1 - t
          : target === "overlap"
            ? e[i]! * (1 - e[i]!)
            : 1;
    size += counts * (sampling?.[i] ?? 1);
  }
  return size;
}

/** ψ += E[∂m/∂γ]·I⁻¹x(t − e): what estimating the propensity adds (or, for the ATE, takes away). */
function addPropensityInfluence(
  influence: Float64Array,
  slope: Float64Array,
  problem: AdjustmentProblem,
  model: Propensity,
  e: Float64Array,
): void {
  const { n, treatment, sampling } = problem;
  const { x, d } = model;
  const information = new Float64Array(n);
  const gradient = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    information[i] = (sampling?.[i] ?? 1) * e[i]! * (1 - e[i]!);
    for (let j = 0; j < d; j++) gradient[j]! += (slope[i]! * x[i * d + j]!) / n;
  }
  const { l } = cholesky(gram(x, n, d, information), d, 1e-14);
  const direction = choleskySolve(l, d, gradient);
  for (let i = 0; i < n; i++) {
    let along = 0;
    for (let j = 0; j < d; j++) along += x[i * d + j]! * direction[j]!;
    influence[i]! += n * along * (sampling?.[i] ?? 1) * (treatment[i]! - e[i]!);
  }
}

export const weightingMethod: Method<WeightingOptions> = {
  name: "ipw",
  label: "Inverse probability weighting",
  summary: "Models who gets treated and weights each unit by how unlikely its treatment was.",
  source: "Hirano, Imbens & Ridder (2003); Li, Morgan & Zaslavsky (2018)",
  fits: {
    estimands: ["adjustment"],
    targets: ["ATE", "ATT", "ATC", "overlap"],
    treatments: ["binary", "multivalued"],
  },
  stochastic: false,
  options: {
    weights: {
      type: "choice",
      choices: ["hajek", "horvitz-thompson", "stabilised"],
      default: "hajek",
      doc: "Divide by the sum of the weights (hajek), by the number of units, or use stabilised weights.",
    },
    clip: {
      type: "number",
      default: 0,
      minimum: 0,
      maximum: 0.49,
      doc: "Propensities are kept in [clip, 1 − clip]; how many moved is reported.",
    },
    errors: {
      type: "choice",
      choices: ["auto", "robust", "stacked"],
      default: "auto",
      doc: "Take the weights as known (robust), or account for the estimated propensity (stacked).",
    },
  },
  run(problem, options): Answer {
    if (problem.kind !== "adjustment") throw new Error(`ipw was given a ${problem.kind} problem`);
    return problem.treatmentKind === "multivalued"
      ? multiArmWeighting(problem, options)
      : weighting(problem, options);
  },
};
