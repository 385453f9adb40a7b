import { groupCount, leverages } from "../math/covariance.ts";
import { multiplyVector } from "../math/dense.ts";
import { fitGlm, predictGlm } from "../math/glm.ts";
import { leastSquares } from "../math/least-squares.ts";
import { groupedSquares } from "./influence.ts";
import type { Answer, Finding, Method, Refusal } from "./method.ts";
import { interactionColumns } from "./nuisance.ts";
import type { AdjustmentProblem, Problem } from "./problem.ts";
import { treatmentFollows } from "./propensity.ts";
import { regressionByArm } from "./regression-by-arm.ts";
import { residualDiagnostic } from "./residuals.ts";
import { targetWeights } from "./target.ts";

export type RegressionOptions = {
  readonly model: "auto" | "linear" | "logit" | "poisson";
  readonly interactions: readonly string[];
  readonly byArm: boolean;
  readonly errors: "HC0" | "HC1" | "HC2" | "HC3" | "classical";
};

/**
 * Regression adjustment, the parametric g-formula: fit E[Y | T, X], predict every unit under both treatments, average
 * the difference over the target population (Robins 1986; What If, ch. 13). With no covariates and HC2 it is the
 * difference in means with Neyman's error. Errors: influence of each row through the coefficients (with the chosen HC
 * factor) plus that through the averaging; clustered when clusters are given. Continuous treatments: effect of one unit
 * more. Assumes exchangeability given X and a right model. O(nd²).
 */
export function regression(
  problem: AdjustmentProblem,
  options: RegressionOptions,
): Finding | Refusal {
  const { n, treatment, outcome } = problem;
  const binary = problem.outcomeKind === "binary";
  const family = options.model === "auto" ? (binary ? "logit" : "linear") : options.model;
  if (options.byArm && family === "linear" && problem.treatmentKind === "binary") {
    const quick = regressionByArm(
      problem,
      (residuals, rank, leverage) =>
        scoreFactors(problem, options.errors, true, residuals, rank, () => leverage!),
      problem.clusters === undefined && (options.errors === "HC2" || options.errors === "HC3"),
    );
    if (quick !== undefined) {
      const parts = armParts(problem, quick.means);
      return findingOf(problem, options, quick, quick.residuals, quick.rank, parts, []);
    }
  }
  const layout = layOut(problem, options);
  const x = layout.rows((i) => treatment[i]!);
  const fit =
    family === "linear"
      ? leastSquares(x, n, layout.d, outcome, problem.sampling)
      : fitGlm(
          family,
          x,
          n,
          layout.d,
          outcome,
          problem.sampling === undefined ? {} : { weights: problem.sampling },
        );
  // The treatment's columns come first: if they follow from the covariates, some covariate was dropped.
  const fixed =
    fit.dropped.length > 0 && problem.treatmentKind !== "multivalued"
      ? treatmentFollows(problem)
      : undefined;
  if (fixed !== undefined) return fixed;
  const b = fit.coefficients;
  const inverse = "inverse" in fit ? fit.inverse : fit.covariance;
  const mean = (rows: Float64Array): Float64Array =>
    family === "linear"
      ? multiplyVector(rows, b, n, layout.d)
      : predictGlm(family, b, rows, n, layout.d);
  const slopeAt = (mu: number): number =>
    family === "linear" ? 1 : family === "logit" ? mu * (1 - mu) : mu;
  const residuals = mean(x).map((mu, i) => outcome[i]! - mu);
  const rank = "rank" in fit ? fit.rank : layout.d - fit.dropped.length;
  const score = scoreFactors(problem, options.errors, family === "linear", residuals, rank, () =>
    leverages({
      x,
      n,
      d: layout.d,
      inverse,
      ...(problem.sampling === undefined ? {} : { weights: problem.sampling }),
    }),
  );
  const omega = targetWeights(problem);
  const total = omega.reduce((a, w) => a + w, 0);

  const contrast = (treated: (t: number) => number, control: (t: number) => number): Contrast => {
    const one = layout.rows((i) => treated(treatment[i]!));
    const zero = layout.rows((i) => control(treatment[i]!));
    const mean1 = mean(one);
    const mean0 = mean(zero);
    const gradient = new Float64Array(layout.d);
    const effects = new Float64Array(n);
    let estimate = 0;
    for (let i = 0; i < n; i++) {
      effects[i] = mean1[i]! - mean0[i]!;
      const w = omega[i]! / total;
      estimate += w * effects[i]!;
      if (w === 0) continue;
      const s1 = w * slopeAt(mean1[i]!);
      const s0 = w * slopeAt(mean0[i]!);
      for (let j = 0; j < layout.d; j++) {
        gradient[j]! += s1 * one[i * layout.d + j]! - s0 * zero[i * layout.d + j]!;
      }
    }
    const direction = multiplyVector(inverse, gradient, layout.d, layout.d);
    const along = multiplyVector(x, direction, n, layout.d);
    const influence = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      influence[i] = n * (along[i]! * score[i]! + (omega[i]! / total) * (effects[i]! - estimate));
    }
    return {
      estimate,
      effects,
      influence,
      means: [weightedMean(mean0, omega, total), weightedMean(mean1, omega, total)],
    };
  };

  const kind = problem.treatmentKind;
  const main =
    kind === "continuous"
      ? contrast(
          (t) => t + 1,
          (t) => t,
        )
      : contrast(
          () => 1,
          () => 0,
        );
  const others = laterPairs(problem.treatmentLevels).map(([high, low]) => {
    const other = contrast(
      () => high,
      () => low,
    );
    return {
      name: `${problem.treatmentLevels[high]} against ${problem.treatmentLevels[low]}`,
      estimate: other.estimate,
      standardError: Math.sqrt(groupedSquares(other.influence, problem.clusters)) / n,
    };
  });
  const parts = [...(kind === "continuous" ? [] : armParts(problem, main.means)), ...others];
  return findingOf(problem, options, main, residuals, rank, parts, warningsOf(fit, layout.names));
}

/** Pairs of levels but the first against the control, which is the headline: higher level first. */
function laterPairs(levels: readonly string[]): readonly (readonly [number, number])[] {
  return levels.flatMap((_, low) =>
    levels.flatMap((__, high) =>
      high > low && !(low === 0 && high === 1) ? [[high, low] as const] : [],
    ),
  );
}

function armParts(
  problem: AdjustmentProblem,
  means: readonly [number, number],
): NonNullable<Finding["parts"]> {
  return problem.treatmentLevels.slice(0, 2).map((name, k) => ({
    name: `mean outcome under ${problem.estimand.treatment} = ${name}`,
    estimate: means[k as 0 | 1],
  }));
}

function findingOf(
  problem: AdjustmentProblem,
  options: RegressionOptions,
  main: Contrast,
  residuals: Float64Array,
  rank: number,
  parts: NonNullable<Finding["parts"]>,
  warnings: NonNullable<Finding["warnings"]>,
): Finding {
  const { n, outcome } = problem;
  const clusters = problem.clusters === undefined ? undefined : groupCount(problem.clusters);
  return {
    kind: "finding",
    estimate: main.estimate,
    standardError: Math.sqrt(groupedSquares(main.influence, problem.clusters)) / n,
    errors:
      clusters === undefined
        ? `${options.errors} errors`
        : `errors clustered in ${clusters} groups`,
    degreesOfFreedom: clusters === undefined ? n - rank : clusters - 1,
    influence: main.influence,
    unitEffects: main.effects,
    parts,
    diagnostics: [residualDiagnostic(outcome, residuals)],
    warnings,
  };
}

interface Contrast {
  readonly estimate: number;
  readonly effects: Float64Array;
  readonly influence: Float64Array;
  readonly means: readonly [number, number];
}

function weightedMean(values: Float64Array, omega: Float64Array, total: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += omega[i]! * values[i]!;
  return sum / total;
}

interface Layout {
  readonly d: number;
  readonly names: readonly string[];
  /** `[n, d]` with each unit's treatment set. */
  rows(treatmentOf: (i: number) => number): Float64Array;
}

/** Columns: 1, treatment (or a dummy per level), products with the treatment, covariates. */
function layOut(problem: AdjustmentProblem, options: RegressionOptions): Layout {
  const { covariates, n } = problem;
  const products = options.byArm
    ? Array.from({ length: covariates.d }, (_, j) => j)
    : interactionColumns(problem, options.interactions);
  const arms = problem.treatmentKind === "multivalued" ? problem.treatmentLevels.length - 1 : 1;
  const d = 1 + arms * (1 + products.length) + covariates.d;
  // `out` starts as zeros.
  const write = (out: Float64Array, offset: number, i: number, t: number): void => {
    out[offset] = 1;
    const from = i * covariates.d;
    const dose = problem.treatmentKind === "multivalued" ? 1 : t;
    const arm = problem.treatmentKind === "multivalued" ? t - 1 : 0;
    if (arm >= 0) {
      out[offset + 1 + arm] = dose;
      const at = offset + 1 + arms + arm * products.length;
      for (let k = 0; k < products.length; k++)
        out[at + k] = dose * covariates.x[from + products[k]!]!;
    }
    const at = offset + 1 + arms * (1 + products.length);
    for (let j = 0; j < covariates.d; j++) out[at + j] = covariates.x[from + j]!;
  };
  const levels = problem.treatmentKind === "multivalued" ? problem.treatmentLevels.slice(1) : [""];
  const t = problem.estimand.treatment;
  return {
    d,
    names: [
      "(intercept)",
      ...levels.map((level) => (level === "" ? t : `${t}=${level}`)),
      ...levels.flatMap((level) =>
        products.map((j) => `${level === "" ? t : `${t}=${level}`}*${covariates.names[j]}`),
      ),
      ...covariates.names,
    ],
    rows: (treatmentOf) => {
      const out = new Float64Array(n * d);
      for (let i = 0; i < n; i++) write(out, i * d, i, treatmentOf(i));
      return out;
    },
  };
}

/** Residual of each row as it enters the coefficients, with the factor of the chosen kind of error. */
function scoreFactors(
  problem: AdjustmentProblem,
  errors: RegressionOptions["errors"],
  linear: boolean,
  residuals: Float64Array,
  rank: number,
  leveragesOf: () => Float64Array,
): Float64Array {
  const { n } = problem;
  const w = problem.sampling;
  const plain = w === undefined ? residuals : residuals.map((e, i) => w[i]! * e);
  if (problem.clusters !== undefined) {
    const groups = groupCount(problem.clusters);
    const factor = Math.sqrt(((groups / (groups - 1)) * (n - 1)) / (n - rank));
    return plain.map((s) => s * factor);
  }
  if (errors === "HC0" || !linear) return plain;
  if (errors === "HC1") return plain.map((s) => s * Math.sqrt(n / (n - rank)));
  if (errors === "classical") {
    let rss = 0;
    for (let i = 0; i < n; i++) rss += (w?.[i] ?? 1) * residuals[i]! ** 2;
    const sigma = Math.sqrt(rss / (n - rank));
    return plain.map((_, i) => sigma * Math.sqrt(w?.[i] ?? 1));
  }
  const h = leveragesOf();
  return plain.map((s, i) => {
    const slack = Math.max(1 - h[i]!, 1e-10);
    return errors === "HC2" ? s / Math.sqrt(slack) : s / slack;
  });
}

function warningsOf(
  fit: {
    readonly dropped: readonly number[];
    readonly separation?: { readonly columns: readonly number[] };
  },
  names: readonly string[],
): NonNullable<Finding["warnings"]> {
  const gone = fit.dropped.map((j) => names[j]);
  const split = fit.separation?.columns.map((j) => names[j]);
  return [
    ...(gone.length === 0
      ? []
      : [
          {
            code: "collinear",
            message: `${gone.join(", ")} follow${gone.length === 1 ? "s" : ""} from the other columns and was dropped.`,
            hint: "The estimate is not affected, unless the treatment itself follows from the covariates.",
          },
        ]),
    ...(split === undefined
      ? []
      : [
          {
            code: "separation",
            message: `The outcome is predicted perfectly along ${split.join(", ")}; coefficients are not finite.`,
            hint: "Use the linear model, or leave the column out.",
          },
        ]),
  ];
}

export const regressionMethod: Method<RegressionOptions> = {
  name: "regression",
  label: "Regression adjustment (g-formula)",
  summary:
    "Models the outcome, predicts every unit under both treatments and averages the difference.",
  source: "Robins (1986); Hernán & Robins, What If, ch. 13",
  fits: {
    estimands: ["adjustment"],
    targets: ["ATE", "ATT", "ATC"],
    treatments: ["binary", "multivalued", "continuous"],
  },
  stochastic: false,
  options: {
    model: {
      type: "choice",
      choices: ["auto", "linear", "logit", "poisson"],
      default: "auto",
      doc: "Model of the outcome; auto takes a logit for a yes/no outcome, else least squares.",
    },
    interactions: {
      type: "columns",
      default: [],
      doc: "Covariates along which the effect may differ in the model.",
    },
    byArm: {
      type: "boolean",
      default: false,
      doc: "Multiply the treatment with every covariate, as if each arm had a model of its own.",
    },
    errors: {
      type: "choice",
      choices: ["HC0", "HC1", "HC2", "HC3", "classical"],
      default: "HC2",
      doc: "Kind of standard error; clustered instead when the cell names clusters.",
    },
  },
  run(problem: Problem, options): Answer {
    if (problem.kind !== "adjustment")
      throw new Error(`regression was given a ${problem.kind} problem`);
    return regression(problem, options);
  },
};
