import { breathe } from "../../app/work.ts";
import { foldMap } from "../math/folds.ts";
import { type Learner, type Sample, takeRows } from "./learn/learner.ts";
import { learnerNamed, type LearnerName } from "./learn/learners.ts";
import { foldProducts, linearOutcomes, linearPropensity } from "./linear-nuisance.ts";
import type { MethodContext } from "./method.ts";
import type { AdjustmentProblem } from "./problem.ts";
import type { Propensity } from "./propensity.ts";

export interface NuisanceOptions {
  readonly outcomeModel: LearnerName;
  readonly propensityModel: LearnerName;
  /** A model of the outcome in each arm, instead of one with the treatment as a column. */
  readonly byArm: boolean;
  /** Covariates multiplied with the treatment in a joint outcome model. */
  readonly interactions: readonly string[];
  /** 1 fits and predicts on the same rows. */
  readonly folds: number;
  /** Propensities are kept in [clip, 1 − clip]. */
  readonly clip: number;
}

/** What each unit would be expected to do under either treatment, and how likely it was to be treated; `[n]` each. */
export interface Nuisances {
  readonly outcome0: Float64Array;
  readonly outcome1: Float64Array;
  /** Clipped. */
  readonly propensity: Float64Array;
  /** As predicted: overlap is judged by these, because clipping makes units look alike that are not. */
  readonly unclipped?: Float64Array;
  readonly clipped: number;
  readonly folds: Int32Array;
}

/**
 * Cross-fitted outcome and propensity predictions of a binary treatment: rows of a fold are predicted by models that
 * have not seen them (Chernozhukov et al. 2018). One fold map, stratified by treatment, serves both. Linear models of
 * well-conditioned columns are fitted to all folds at once; `whole`, the logit of treatment on all rows, saves time
 * when it is known. Cost: `folds` fits of each model.
 */
export async function fitNuisances(
  problem: AdjustmentProblem,
  options: NuisanceOptions,
  context: MethodContext,
  whole?: Propensity,
): Promise<Nuisances> {
  const { n } = problem;
  const folds = foldMap(n, options.folds, context.rng.fork("folds"), {
    strata: problem.treatment,
    ...(problem.clusters === undefined ? {} : { clusters: problem.clusters }),
  });
  const result: Record<"outcome0" | "outcome1" | "propensity", Float64Array> = {
    outcome0: new Float64Array(n),
    outcome1: new Float64Array(n),
    propensity: new Float64Array(n),
  };
  const quick = quickly(problem, options, folds, whole);
  await breathe(context.work);
  if (quick.outcome !== undefined) Object.assign(result, quick.outcome);
  if (quick.propensity !== undefined) result.propensity = quick.propensity;
  const done = { outcome: quick.outcome !== undefined, propensity: quick.propensity !== undefined };
  for (let fold = 0; fold < options.folds && !(done.outcome && done.propensity); fold++) {
    const test = rowsWhere(n, (i) => folds[i] === fold);
    const train = options.folds === 1 ? test : rowsWhere(n, (i) => folds[i] !== fold);
    fitFold(problem, options, context, fold, train, test, result, done);
    context.work.progress({
      fraction: (fold + 1) / options.folds,
      message: `Fold ${fold + 1} of ${options.folds}`,
    });
    await breathe(context.work);
  }
  const unclipped = result.propensity.slice();
  const clipped = clipInPlace(result.propensity, options.clip);
  return { ...result, unclipped, clipped, folds };
}

/** What needs no fit for each fold. */
function quickly(
  problem: AdjustmentProblem,
  options: NuisanceOptions,
  folds: Int32Array,
  whole: Propensity | undefined,
): {
  readonly outcome?: Pick<Nuisances, "outcome0" | "outcome1">;
  readonly propensity?: Float64Array;
} {
  if (problem.covariates.d === 0) return {};
  const least =
    options.outcomeModel === "linear" && options.byArm && problem.outcomeKind === "continuous";
  const logit = options.propensityModel === "linear" && whole !== undefined;
  if (!least && !logit) return {};
  const products = foldProducts(problem, folds, options.folds);
  const outcome = least ? linearOutcomes(problem, products) : undefined;
  const propensity = logit ? linearPropensity(problem, whole.fit, products) : undefined;
  return {
    ...(outcome === undefined ? {} : { outcome }),
    ...(propensity === undefined ? {} : { propensity }),
  };
}

function fitFold(
  problem: AdjustmentProblem,
  options: NuisanceOptions,
  context: MethodContext,
  fold: number,
  train: Int32Array,
  test: Int32Array,
  out: { outcome0: Float64Array; outcome1: Float64Array; propensity: Float64Array },
  done: { readonly outcome: boolean; readonly propensity: boolean },
): void {
  const rng = context.rng.fork(`fold ${fold}`);
  const outcomeLearner = learnerNamed(options.outcomeModel);
  const { x, d } = problem.covariates;
  const weights = problem.sampling === undefined ? {} : { weights: problem.sampling };
  const all: Sample = { x, n: problem.n, d, y: problem.outcome, ...weights };
  const binary = problem.outcomeKind === "binary";
  const scatter = (target: Float64Array, values: Float64Array): void => {
    for (let i = 0; i < test.length; i++) target[test[i]!] = values[i]!;
  };
  if (done.outcome) {
    // known already
  } else if (options.byArm) {
    const testX = takeRows(all, test).x;
    for (const arm of [0, 1] as const) {
      const rows = train.filter((i) => problem.treatment[i] === arm);
      const fit = outcomeLearner.fit(takeRows(all, rows), binary, rng.fork(`outcome ${arm}`));
      scatter(arm === 0 ? out.outcome0 : out.outcome1, fit.predict(testX, test.length));
    }
  } else {
    const joint = withTreatment(problem, all, options.interactions, problem.treatment);
    const fit = outcomeLearner.fit(takeRows(joint, train), binary, rng.fork("outcome"));
    for (const arm of [0, 1] as const) {
      const set = withTreatment(problem, all, options.interactions, arm);
      scatter(
        arm === 0 ? out.outcome0 : out.outcome1,
        fit.predict(takeRows(set, test).x, test.length),
      );
    }
  }
  if (done.propensity) return;
  const assignment: Sample = { ...all, y: problem.treatment };
  const fit = propensityLearner(options, d).fit(
    takeRows(assignment, train),
    true,
    rng.fork("propensity"),
  );
  scatter(out.propensity, fit.predict(takeRows(assignment, test).x, test.length));
}

function propensityLearner(options: NuisanceOptions, d: number): Learner {
  return learnerNamed(d === 0 ? "linear" : options.propensityModel);
}

/** The covariates with the treatment (as given or set to one value) and its products put in front. */
export function withTreatment(
  problem: AdjustmentProblem,
  sample: Sample,
  interactions: readonly string[],
  treatment: Float64Array | number,
): Sample {
  const products = interactionColumns(problem, interactions);
  const { n, d } = sample;
  const width = d + 1 + products.length;
  const x = new Float64Array(n * width);
  for (let i = 0; i < n; i++) {
    const t = typeof treatment === "number" ? treatment : treatment[i]!;
    const at = i * width;
    x[at] = t;
    for (let k = 0; k < products.length; k++) x[at + 1 + k] = t * sample.x[i * d + products[k]!]!;
    for (let j = 0; j < d; j++) x[at + 1 + products.length + j] = sample.x[i * d + j]!;
  }
  return { ...sample, x, d: width };
}

/** Indices of the design columns made from the named columns (or named so themselves). */
export function interactionColumns(problem: AdjustmentProblem, names: readonly string[]): number[] {
  const { covariates } = problem;
  return names.flatMap((name) => {
    const exact = covariates.names.indexOf(name);
    if (exact >= 0) return [exact];
    const found = covariates.sources.flatMap((s, j) =>
      s.length === 1 && s[0] === name ? [j] : [],
    );
    return found;
  });
}

/** Indices 0 … n−1 for which `keep` holds. O(n). */
export function rowsWhere(n: number, keep: (i: number) => boolean): Int32Array {
  const rows = new Int32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) if (keep(i)) rows[count++] = i;
  return rows.slice(0, count);
}

/** Moves values into [clip, 1 − clip]; how many moved. O(n). */
export function clipInPlace(values: Float64Array, clip: number): number {
  let moved = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < clip) values[i] = clip;
    else if (value > 1 - clip) values[i] = 1 - clip;
    else continue;
    moved += 1;
  }
  return moved;
}
