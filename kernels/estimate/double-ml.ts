import { foldMap } from "../math/folds.ts";
import { nuisanceOptions, solveRatio } from "./aipw.ts";
import { crossFit } from "./cross-fit.ts";
import { influenceError } from "./influence.ts";
import type { LearnerName } from "./learn/learners.ts";
import { median } from "./median.ts";
import type { Answer, Finding, Method, MethodContext, Refusal } from "./method.ts";
import { clipInPlace } from "./nuisance.ts";
import { treatmentFollows } from "./propensity.ts";
import type { AdjustmentProblem, InstrumentProblem } from "./problem.ts";

export type DoubleMlOptions = {
  readonly outcomeModel: LearnerName;
  readonly propensityModel: LearnerName;
  readonly folds: number;
  readonly repeats: number;
};

type Scored = { readonly estimate: number; readonly influence: Float64Array };

/** Runs a score on several random splits and combines them by the median (Chernozhukov et al. 2018, definition 3.3). */
async function overSplits(
  problem: AdjustmentProblem | InstrumentProblem,
  options: DoubleMlOptions,
  context: MethodContext,
  split: (folds: Int32Array, context: MethodContext) => Promise<Scored>,
): Promise<Finding> {
  const runs: Scored[] = [];
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const rng = repeat === 0 ? context.rng : context.rng.fork(`repeat ${repeat}`);
    const strata = problem.treatmentKind === "continuous" ? {} : { strata: problem.treatment };
    const clusters = problem.clusters === undefined ? {} : { clusters: problem.clusters };
    const folds = foldMap(problem.n, options.folds, rng.fork("folds"), { ...strata, ...clusters });
    runs.push(await split(folds, { ...context, rng }));
  }
  const estimate = median(runs.map((r) => r.estimate));
  const standardError = Math.sqrt(
    median(
      runs.map(
        (r) => influenceError(r.influence, problem.clusters) ** 2 + (r.estimate - estimate) ** 2,
      ),
    ),
  );
  return {
    kind: "finding",
    estimate,
    standardError,
    errors: `influence function, ${options.folds}-fold cross-fitted${options.repeats > 1 ? `, median of ${options.repeats} splits` : ""}`,
    influence: runs.at(-1)!.influence,
  };
}

/**
 * Partially linear double machine learning (Robinson 1988; Chernozhukov et al. 2018, sec. 4.1): the outcome's residual
 * on the treatment's, both cross-fitted. With effects that vary it is a variance-weighted average, not the ATE. For
 * binary and continuous treatments.
 */
export async function partiallyLinear(
  problem: AdjustmentProblem,
  options: DoubleMlOptions,
  context: MethodContext,
): Promise<Finding | Refusal> {
  const fixed = treatmentFollows(problem);
  if (fixed !== undefined) return fixed;
  const { n, covariates, outcome, treatment, sampling } = problem;
  const base = {
    x: covariates.x,
    n,
    d: covariates.d,
    ...(sampling === undefined ? {} : { weights: sampling }),
  };
  return overSplits(problem, options, context, async (folds, local) => {
    const l = await crossFit(
      { ...base, y: outcome },
      options.outcomeModel,
      folds,
      options.folds,
      local,
      "outcome",
    );
    const m = await crossFit(
      { ...base, y: treatment },
      options.propensityModel,
      folds,
      options.folds,
      local,
      "treatment",
    );
    const v = treatment.map((t, i) => t - m[i]!);
    const top = v.map((r, i) => (sampling?.[i] ?? 1) * r * (outcome[i]! - l[i]!));
    return solveRatio(
      top,
      v.map((r, i) => (sampling?.[i] ?? 1) * r * r),
    );
  });
}

/**
 * Partially linear instrumental variables (Chernozhukov et al. 2018, sec. 4.2): the residuals of one instrument, the
 * treatment and the outcome on the covariates, cross-fitted, in the ratio of covariances.
 */
export async function partiallyLinearIv(
  problem: InstrumentProblem,
  options: DoubleMlOptions,
  context: MethodContext,
): Promise<Finding | Refusal> {
  const one = singleInstrument(problem);
  if (!(one instanceof Float64Array)) return one;
  const { n, covariates, outcome, treatment } = problem;
  const base = { x: covariates.x, n, d: covariates.d };
  return overSplits(problem, options, context, async (folds, local) => {
    const l = await crossFit(
      { ...base, y: outcome },
      options.outcomeModel,
      folds,
      options.folds,
      local,
      "outcome",
    );
    const m = await crossFit(
      { ...base, y: treatment },
      options.propensityModel,
      folds,
      options.folds,
      local,
      "treatment",
    );
    const r = await crossFit(
      { ...base, y: one },
      options.propensityModel,
      folds,
      options.folds,
      local,
      "instrument",
    );
    const z = one.map((v, i) => v - r[i]!);
    return solveRatio(
      z.map((v, i) => v * (outcome[i]! - l[i]!)),
      z.map((v, i) => v * (treatment[i]! - m[i]!)),
    );
  });
}

/**
 * The effect on compliers with covariates: the doubly robust effect of a binary instrument on the outcome over that on
 * a binary treatment (Tan 2006; Chernozhukov et al. 2018, sec. 5.2). Where nobody with the instrument off is treated,
 * that is used. Assumes a valid instrument given the covariates and no defiers.
 */
export async function complierEffect(
  problem: InstrumentProblem,
  options: DoubleMlOptions,
  context: MethodContext,
): Promise<Finding | Refusal> {
  const z = singleInstrument(problem);
  if (!(z instanceof Float64Array)) return z;
  if (!z.every((v) => v === 0 || v === 1)) {
    return {
      kind: "not-applicable",
      message: "The effect on compliers needs a yes/no instrument.",
      hint: "Use pliv or 2sls, or make a yes/no column.",
    };
  }
  const { n, covariates, outcome, treatment } = problem;
  const base = { x: covariates.x, n, d: covariates.d };
  return overSplits(problem, options, context, async (folds, local) => {
    const arm = (y: Float64Array, on: 0 | 1, name: string): Promise<Float64Array> => {
      const values = y.filter((_, i) => z[i] === on);
      // One-sided non-compliance: a target that never varies needs no model.
      if (values.every((v) => v === values[0]))
        return Promise.resolve(new Float64Array(n).fill(values[0] ?? 0));
      return crossFit(
        { ...base, y },
        name === "outcome" ? options.outcomeModel : options.propensityModel,
        folds,
        options.folds,
        local,
        `${name} ${on}`,
        (i) => z[i] === on,
      );
    };
    const e = await crossFit(
      { ...base, y: z },
      options.propensityModel,
      folds,
      options.folds,
      local,
      "instrument",
    );
    clipInPlace(e, 0.01);
    const [y0, y1] = [await arm(outcome, 0, "outcome"), await arm(outcome, 1, "outcome")];
    const [t0, t1] = [await arm(treatment, 0, "treatment"), await arm(treatment, 1, "treatment")];
    const robust = (y: Float64Array, q0: Float64Array, q1: Float64Array): Float64Array =>
      y.map(
        (v, i) =>
          q1[i]! - q0[i]! + (z[i] === 1 ? (v - q1[i]!) / e[i]! : -(v - q0[i]!) / (1 - e[i]!)),
      );
    return solveRatio(robust(outcome, y0, y1), robust(treatment, t0, t1));
  });
}

function singleInstrument(problem: InstrumentProblem): Float64Array | Refusal {
  if (problem.instruments.d === 1) return problem.instruments.x;
  return {
    kind: "not-applicable",
    message: `This method takes one instrument; ${problem.instruments.d} columns were given.`,
    hint: "Use 2sls, or choose one instrument.",
  };
}

const options: Method<DoubleMlOptions>["options"] = {
  outcomeModel: nuisanceOptions.outcomeModel,
  propensityModel: {
    ...nuisanceOptions.propensityModel,
    doc: "Model of treatment (and instrument); linear is a logit for a yes/no column.",
  },
  folds: { ...nuisanceOptions.folds, minimum: 2, doc: "Folds of cross-fitting." },
  repeats: {
    type: "integer",
    default: 1,
    minimum: 1,
    maximum: 100,
    doc: "Random splits into folds, combined by the median.",
  },
};

export const partiallyLinearMethod: Method<DoubleMlOptions> = {
  name: "plr",
  label: "Double machine learning, partially linear",
  summary:
    "Regresses the outcome's residual on the treatment's; with varying effects a variance-weighted average.",
  source: "Robinson (1988); Chernozhukov et al. (2018)",
  fits: {
    estimands: ["adjustment"],
    targets: ["ATE", "coefficient"],
    treatments: ["binary", "continuous"],
  },
  stochastic: true,
  options,
  async run(problem, chosen, context): Promise<Answer> {
    if (problem.kind !== "adjustment") throw new Error(`plr was given a ${problem.kind} problem`);
    const found = await partiallyLinear(problem, chosen, context);
    if (found.kind !== "finding" || problem.estimand.target !== "ATE") return found;
    const code = "weighted-average";
    const message =
      "The partially linear model averages effects with weights Var(treatment | covariates): equal to the ATE only if the effect does not vary.";
    return {
      ...found,
      warnings: [{ code, message, hint: "Use aipw for the ATE of a yes/no treatment." }],
    };
  },
};

export const partiallyLinearIvMethod: Method<DoubleMlOptions> = {
  name: "pliv",
  label: "Double machine learning, partially linear IV",
  summary:
    "The instrument's residual against the outcome's and the treatment's, with learned covariate adjustment.",
  source: "Chernozhukov et al. (2018), sec. 4.2",
  fits: {
    estimands: ["instrument"],
    targets: ["LATE", "coefficient"],
    treatments: ["binary", "continuous"],
  },
  stochastic: true,
  options,
  run(problem, chosen, context): Promise<Answer> {
    if (problem.kind !== "instrument") throw new Error(`pliv was given a ${problem.kind} problem`);
    return partiallyLinearIv(problem, chosen, context);
  },
};

export const complierMethod: Method<DoubleMlOptions> = {
  name: "iivm",
  label: "Double machine learning, effect on compliers",
  summary:
    "Doubly robust effect of a yes/no instrument on the outcome, over that on a yes/no treatment.",
  source: "Tan (2006); Chernozhukov et al. (2018), sec. 5.2",
  fits: { estimands: ["instrument"], targets: ["LATE"], treatments: ["binary"] },
  stochastic: true,
  options,
  run(problem, chosen, context): Promise<Answer> {
    if (problem.kind !== "instrument") throw new Error(`iivm was given a ${problem.kind} problem`);
    return complierEffect(problem, chosen, context);
  },
};
