import { breathe } from "../../app/work.ts";
import { leastSquares } from "../math/least-squares.ts";
import { nuisanceOptions, score } from "./aipw.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { influenceError } from "./influence.ts";
import { type Sample, takeRows } from "./learn/learner.ts";
import { learnerNamed, type LearnerName } from "./learn/learners.ts";
import type { Answer, Finding, Method, MethodContext, Refusal } from "./method.ts";
import { fitNuisances, type NuisanceOptions, type Nuisances, rowsWhere } from "./nuisance.ts";
import type { AdjustmentProblem } from "./problem.ts";
import { treatmentFollows } from "./propensity.ts";

export type MetaOptions = NuisanceOptions & {
  /** Model of the effect given the modifiers (X-, R- and DR-learner). */
  readonly effectModel: LearnerName;
};

type Kind = "s" | "t" | "x" | "r" | "dr";

/**
 * Effects of each unit given its modifiers, cross-fitted: S- and T-learner (one outcome model, or one per arm), X-learner
 * (Künzel et al. 2019), R-learner (Nie & Wager 2021) and DR-learner (Kennedy 2023). The average reported with them and
 * its error are those of the doubly robust score, which hold whatever the learner; unit effects have no valid intervals.
 * Calibration regresses the score on the predicted effects (Chernozhukov, Demirer, Duflo & Fernández-Val 2018): slope 1
 * is right, 0 means that nothing was learned. Cost: two or three rounds of cross-fitting.
 */
export async function metaLearner(
  kind: Kind,
  problem: AdjustmentProblem,
  options: MetaOptions,
  context: MethodContext,
): Promise<Finding | Refusal> {
  const fixed = treatmentFollows(problem);
  if (fixed !== undefined) return fixed;
  const nuisances = await fitNuisances(
    problem,
    { ...options, byArm: kind === "s" ? false : options.byArm },
    context,
  );
  const unitEffects =
    kind === "s" || kind === "t"
      ? nuisances.outcome1.map((q, i) => q - nuisances.outcome0[i]!)
      : await secondStage(kind, problem, nuisances, options, context);
  const average = score(problem, nuisances);
  const pseudo = doublyRobust(problem, nuisances);
  return {
    kind: "finding",
    estimate: average.estimate,
    standardError: influenceError(average.influence, problem.clusters),
    errors: `doubly robust score, ${options.folds}-fold cross-fitted`,
    ...(problem.estimand.target === "CATE" ? { target: "ATE" as const } : {}),
    influence: average.influence,
    unitEffects,
    propensity: nuisances.unclipped ?? nuisances.propensity,
    clipped: nuisances.clipped,
    diagnostics: [calibration(unitEffects, pseudo), quantileGroups(unitEffects, pseudo)],
  };
}

function doublyRobust(problem: AdjustmentProblem, q: Nuisances): Float64Array {
  return problem.outcome.map((y, i) => {
    const t = problem.treatment[i]!;
    const e = q.propensity[i]!;
    const rest = t === 1 ? (y - q.outcome1[i]!) / e : -(y - q.outcome0[i]!) / (1 - e);
    return q.outcome1[i]! - q.outcome0[i]! + rest;
  });
}

async function secondStage(
  kind: "x" | "r" | "dr",
  problem: AdjustmentProblem,
  q: Nuisances,
  options: MetaOptions,
  context: MethodContext,
): Promise<Float64Array> {
  const { n, treatment, outcome, modifiers } = problem;
  const learner = learnerNamed(modifiers.d === 0 ? "linear" : options.effectModel);
  const out = new Float64Array(n);
  const base = { x: modifiers.x, n, d: modifiers.d };
  for (let fold = 0; fold < options.folds; fold++) {
    const test = rowsWhere(n, (i) => q.folds[i] === fold);
    const train = options.folds === 1 ? test : rowsWhere(n, (i) => q.folds[i] !== fold);
    const rng = context.rng.fork(`effect ${kind} ${fold}`);
    const predict = (sample: Sample, rows: Int32Array): Float64Array =>
      learner
        .fit(takeRows(sample, rows), false, rng)
        .predict(takeRows(sample, test).x, test.length);
    if (kind === "x") {
      // Imputed effects of each arm, mixed so that each is used where its outcome model is the better known.
      const imputed = outcome.map((y, i) =>
        treatment[i] === 1 ? y - q.outcome0[i]! : q.outcome1[i]! - y,
      );
      const [control, treated] = [0, 1].map((arm) =>
        predict(
          { ...base, y: imputed },
          train.filter((i) => treatment[i] === arm),
        ),
      );
      for (let k = 0; k < test.length; k++) {
        const e = q.propensity[test[k]!]!;
        out[test[k]!] = e * control![k]! + (1 - e) * treated![k]!;
      }
    } else {
      const target = kind === "dr" ? doublyRobust(problem, q) : residualRatio(problem, q);
      const weights =
        kind === "dr" ? {} : { weights: treatment.map((t, i) => (t - q.propensity[i]!) ** 2) };
      const values = predict({ ...base, y: target, ...weights }, train);
      for (let k = 0; k < test.length; k++) out[test[k]!] = values[k]!;
    }
    await breathe(context.work);
  }
  return out;
}

/** (Y − m)/(T − e), to be weighted with (T − e)². */
function residualRatio(problem: AdjustmentProblem, q: Nuisances): Float64Array {
  return problem.outcome.map((y, i) => {
    const e = q.propensity[i]!;
    const m = e * q.outcome1[i]! + (1 - e) * q.outcome0[i]!;
    return (y - m) / (problem.treatment[i]! - e);
  });
}

function calibration(effects: Float64Array, pseudo: Float64Array): Diagnostic {
  const n = effects.length;
  const centre = effects.reduce((a, b) => a + b, 0) / n;
  const x = new Float64Array(n * 2);
  for (let i = 0; i < n; i++) x.set([1, effects[i]! - centre], 2 * i);
  const fit = leastSquares(x, n, 2, pseudo);
  const slope = fit.coefficients[1]!;
  const se = Math.sqrt((fit.rss / (n - 2)) * fit.inverse[3]!);
  return {
    kind: "figures",
    title: "Calibration of unit effects",
    summary:
      fit.rank < 2
        ? "The predicted effects are all the same."
        : `One unit more of predicted effect goes with ${slope.toFixed(2)} (± ${(1.96 * se).toFixed(2)}) more of effect; 1 is right.`,
    rows: [
      { name: "mean effect", value: fit.coefficients[0]! },
      { name: "calibration slope", value: slope, note: "1: calibrated, 0: nothing learned" },
      { name: "calibration slope, standard error", value: se },
    ],
  };
}

/** Average effect within fifths of the predicted effect (GATES). */
function quantileGroups(effects: Float64Array, pseudo: Float64Array): Diagnostic {
  const order = Int32Array.from(effects, (_, i) => i).sort((a, b) => effects[a]! - effects[b]!);
  const points = [0, 1, 2, 3, 4].map((g) => {
    const rows = order.subarray(
      Math.floor((g * order.length) / 5),
      Math.floor(((g + 1) * order.length) / 5),
    );
    const mean = rows.reduce((s, i) => s + pseudo[i]!, 0) / rows.length;
    const square =
      rows.reduce((s, i) => s + (pseudo[i]! - mean) ** 2, 0) / (rows.length * (rows.length - 1));
    const half = 1.96 * Math.sqrt(square);
    return { x: g + 1, y: mean, low: mean - half, high: mean + half };
  });
  return {
    kind: "curve",
    title: "Effect by fifth of predicted effect",
    summary: `From the lowest to the highest fifth the average effect goes from ${points[0]!.y.toPrecision(3)} to ${points[4]!.y.toPrecision(3)}.`,
    xLabel: "fifth of predicted effect",
    yLabel: "average effect",
    lines: [{ name: "average effect", style: "points", points }],
  };
}

const LABELS: Readonly<Record<Kind, readonly [label: string, source: string]>> = {
  s: ["S-learner", "Künzel et al. (2019)"],
  t: ["T-learner", "Künzel et al. (2019)"],
  x: ["X-learner", "Künzel et al. (2019)"],
  r: ["R-learner", "Nie & Wager (2021)"],
  dr: ["DR-learner", "Kennedy (2023)"],
};

/** S-, T-, X-, R- and DR-learner as methods of their own. */
export const metaLearnerMethods: readonly Method<MetaOptions>[] = (
  ["s", "t", "x", "r", "dr"] as const
).map((kind) => ({
  name: `${kind}-learner`,
  label: LABELS[kind][0],
  summary:
    "Predicts the effect of each unit from its covariates; the average beside it is doubly robust.",
  source: LABELS[kind][1],
  fits: {
    estimands: ["adjustment"],
    targets: ["CATE", "ATE", "ATT", "ATC"],
    treatments: ["binary"],
  },
  stochastic: true,
  options: {
    ...nuisanceOptions,
    outcomeModel: { ...nuisanceOptions.outcomeModel, default: "boosting" },
    propensityModel: { ...nuisanceOptions.propensityModel, default: "linear" },
    effectModel: {
      ...nuisanceOptions.outcomeModel,
      default: "lasso",
      doc: "Model of the effect given the modifiers (X-, R- and DR-learner).",
    },
  },
  run(problem, options, context): Promise<Answer> {
    if (problem.kind !== "adjustment")
      throw new Error(`${kind}-learner was given a ${problem.kind} problem`);
    return metaLearner(kind, problem, options, context);
  },
}));
