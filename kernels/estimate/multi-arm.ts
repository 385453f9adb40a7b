import { breathe } from "../../app/work.ts";
import { foldMap } from "../math/folds.ts";
import { fitMultinomial } from "../math/multinomial.ts";
import type { FiguresDiagnostic } from "./diagnostic.ts";
import { influenceError } from "./influence.ts";
import { takeRows } from "./learn/learner.ts";
import { learnerNamed } from "./learn/learners.ts";
import { withOnes } from "./learn/linear.ts";
import type { Finding, MethodContext, Refusal } from "./method.ts";
import { type NuisanceOptions, rowsWhere } from "./nuisance.ts";
import type { AdjustmentProblem } from "./problem.ts";

/** E[Y(k)] of the target population for one level, and each row's influence on it, `[n]`. */
interface LevelMean {
  readonly estimate: number;
  readonly influence: Float64Array;
}

/**
 * Doubly robust means of every level of a treatment with several, and all pairwise contrasts (Robins, Rotnitzky &
 * Zhao 1994 level by level; Cattaneo 2010). The generalised propensity is a multinomial logit, or one learner for each
 * level scaled to sum 1; outcome models are made in each arm; both are cross-fitted. The headline compares the second
 * level with the first. ATT and ATC are the means over those at the second and at the first level.
 */
export async function multiArmAipw(
  problem: AdjustmentProblem,
  options: NuisanceOptions,
  context: MethodContext,
): Promise<Finding | Refusal> {
  const refused = refusalOf(problem);
  if (refused !== undefined) return refused;
  const { n, covariates, outcome, treatment } = problem;
  const levels = problem.treatmentLevels.length;
  const folds = foldMap(n, options.folds, context.rng.fork("folds"), {
    strata: treatment,
    ...(problem.clusters === undefined ? {} : { clusters: problem.clusters }),
  });
  const chance = new Float64Array(n * levels);
  const mean = Array.from({ length: levels }, () => new Float64Array(n));
  const all = { ...samplingOf(problem), x: covariates.x, n, d: covariates.d, y: outcome };
  const learner = learnerNamed(covariates.d === 0 ? "linear" : options.outcomeModel);
  for (let fold = 0; fold < options.folds; fold++) {
    const test = rowsWhere(n, (i) => folds[i] === fold);
    const train = options.folds === 1 ? test : rowsWhere(n, (i) => folds[i] !== fold);
    const rng = context.rng.fork(`fold ${fold}`);
    const testX = takeRows(all, test).x;
    for (let k = 0; k < levels; k++) {
      const own = train.filter((i) => treatment[i] === k);
      if (own.length < 2) return emptyLevel(problem, k);
      const fit = learner.fit(
        takeRows(all, own),
        problem.outcomeKind === "binary",
        rng.fork(`outcome ${k}`),
      );
      const values = fit.predict(testX, test.length);
      test.forEach((i, r) => (mean[k]![i] = values[r]!));
    }
    const rows = chances(problem, options.propensityModel, train, test, rng);
    test.forEach((i, r) => chance.set(rows.subarray(r * levels, (r + 1) * levels), i * levels));
    context.work.progress({ fraction: (fold + 1) / options.folds, message: `Fold ${fold + 1}` });
    await breathe(context.work);
  }
  const clipped = clipRows(chance, levels, options.clip);
  const { member, tilt } = population(problem, chance, levels);
  const means = mean.map((q, k): LevelMean => {
    let above = 0;
    let below = 0;
    const top = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const s = problem.sampling?.[i] ?? 1;
      const inverse = treatment[i] === k ? tilt[i]! / chance[i * levels + k]! : 0;
      top[i] = s * (member[i]! * q[i]! + inverse * (outcome[i]! - q[i]!));
      above += top[i]!;
      below += s * member[i]!;
    }
    const estimate = above / below;
    const influence = top.map(
      (v, i) => (n / below) * (v - (problem.sampling?.[i] ?? 1) * member[i]! * estimate),
    );
    return { estimate, influence };
  });
  const how = options.folds === 1 ? "not cross-fitted" : `${options.folds}-fold cross-fitted`;
  return findingOf(problem, means, chance, tilt, `influence function, ${how}`, clipped);
}

/**
 * Inverse probability weighting of every level of a treatment with several (Imbens 2000), each arm's weights scaled to
 * sum 1, with a multinomial logit. Errors take the weights as known: too wide for the ATE, either way for others; other
 * kinds of weights and errors are for two levels, and a warning says so. O(n · levels² · d²).
 */
export function multiArmWeighting(
  problem: AdjustmentProblem,
  options: {
    readonly clip: number;
    readonly weights?: string;
    readonly errors?: string;
  },
): Finding | Refusal {
  const refused = refusalOf(problem);
  if (refused !== undefined) return refused;
  const { n, outcome, treatment } = problem;
  const levels = problem.treatmentLevels.length;
  const everyone = Int32Array.from({ length: n }, (_, i) => i);
  const chance = chances(problem, "linear", everyone, everyone);
  const clipped = clipRows(chance, levels, options.clip);
  const { tilt } = population(problem, chance, levels);
  const means = problem.treatmentLevels.map((_, k): LevelMean => {
    const weights = new Float64Array(n);
    let total = 0;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      if (treatment[i] !== k) continue;
      weights[i] = ((problem.sampling?.[i] ?? 1) * tilt[i]!) / chance[i * levels + k]!;
      total += weights[i]!;
      sum += weights[i]! * outcome[i]!;
    }
    const estimate = sum / total;
    return {
      estimate,
      influence: weights.map((w, i) => (n * w * (outcome[i]! - estimate)) / total),
    };
  });
  // Knowing the weights would cost, not save: estimating them takes noise away (Hirano, Imbens & Ridder 2003).
  const everybody = problem.estimand.target === "ATE";
  const how = `robust errors with the weights as known${everybody ? " (conservative)" : ""}`;
  const found = findingOf(problem, means, chance, tilt, how, clipped);
  return { ...found, warnings: [...(found.warnings ?? []), ...unused(options)] };
}

/** What was asked for that several levels do not have. */
function unused(options: {
  readonly weights?: string;
  readonly errors?: string;
}): NonNullable<Finding["warnings"]> {
  const asked = [
    ...(options.weights === "horvitz-thompson" ? ["horvitz-thompson weights"] : []),
    ...(options.errors === "stacked" ? ["stacked errors"] : []),
  ];
  if (asked.length === 0) return [];
  return [
    {
      code: "option-not-used",
      message: `With several levels there are no ${asked.join(" and no ")} here; weights are scaled to sum 1 and errors take them as known.`,
      hint: "Use aipw, whose errors account for both models, or compare two levels only.",
    },
  ];
}

/** Chance of each level for the test rows, `[test, levels]`. */
function chances(
  problem: AdjustmentProblem,
  model: NuisanceOptions["propensityModel"],
  train: Int32Array,
  test: Int32Array,
  rng?: MethodContext["rng"],
): Float64Array {
  const { n, covariates, treatment } = problem;
  const levels = problem.treatmentLevels.length;
  const out = new Float64Array(test.length * levels);
  if (model === "linear" || covariates.d === 0 || rng === undefined) {
    const x = withOnes(covariates.x, n, covariates.d);
    const weights = new Float64Array(n);
    for (const i of train) weights[i] = problem.sampling?.[i] ?? 1;
    const { fitted } = fitMultinomial(x, n, covariates.d + 1, treatment, levels, weights);
    test.forEach((i, r) => out.set(fitted.subarray(i * levels, (i + 1) * levels), r * levels));
    return out;
  }
  const all = { ...samplingOf(problem), x: covariates.x, n, d: covariates.d };
  for (let k = 0; k < levels; k++) {
    const sample = { ...all, y: treatment.map((t) => (t === k ? 1 : 0)) };
    const fit = learnerNamed(model).fit(takeRows(sample, train), true, rng.fork(`level ${k}`));
    const values = fit.predict(takeRows(sample, test).x, test.length);
    for (let r = 0; r < test.length; r++) out[r * levels + k] = values[r]!;
  }
  for (let r = 0; r < test.length; r++) {
    let sum = 0;
    for (let k = 0; k < levels; k++) sum += out[r * levels + k]!;
    for (let k = 0; k < levels; k++) out[r * levels + k]! /= sum;
  }
  return out;
}

function samplingOf(problem: AdjustmentProblem): { readonly weights?: Float64Array } {
  return problem.sampling === undefined ? {} : { weights: problem.sampling };
}

function clipRows(chance: Float64Array, levels: number, clip: number): number {
  let moved = 0;
  for (let i = 0; i < chance.length; i += levels) {
    let low = false;
    for (let k = 0; k < levels; k++) {
      if (chance[i + k]! >= clip) continue;
      chance[i + k] = clip;
      low = true;
    }
    if (low) moved += 1;
  }
  return moved;
}

/** Who is averaged over (1 or 0 each), and the share of them expected at each row's covariates. */
function population(
  problem: AdjustmentProblem,
  chance: Float64Array,
  levels: number,
): { readonly member: Float64Array; readonly tilt: Float64Array } {
  const level = { ATT: 1, ATC: 0 }[problem.estimand.target as "ATT" | "ATC"] as number | undefined;
  const { n, treatment } = problem;
  if (level === undefined) {
    const ones = new Float64Array(n).fill(1);
    return { member: ones, tilt: ones };
  }
  return {
    member: treatment.map((t) => (t === level ? 1 : 0)),
    tilt: Float64Array.from({ length: n }, (_, i) => chance[i * levels + level]!),
  };
}

function findingOf(
  problem: AdjustmentProblem,
  means: readonly LevelMean[],
  chance: Float64Array,
  tilt: Float64Array,
  errors: string,
  clipped: number,
): Finding {
  const names = problem.treatmentLevels;
  const contrast = (high: number, low: number): LevelMean => ({
    estimate: means[high]!.estimate - means[low]!.estimate,
    influence: means[high]!.influence.map((v, i) => v - means[low]!.influence[i]!),
  });
  const part = (name: string, m: LevelMean): NonNullable<Finding["parts"]>[number] => ({
    name,
    estimate: m.estimate,
    standardError: influenceError(m.influence, problem.clusters),
  });
  const main = contrast(1, 0);
  const pairs = names.flatMap((_, low) =>
    names.flatMap((__, high) => (high > low ? [[high, low] as const] : [])),
  );
  return {
    kind: "finding",
    estimate: main.estimate,
    standardError: influenceError(main.influence, problem.clusters),
    errors,
    influence: main.influence,
    clipped,
    parts: [
      ...names.map((name, k) =>
        part(`mean outcome under ${problem.estimand.treatment} = ${name}`, means[k]!),
      ),
      ...pairs.map(([high, low]) =>
        part(`${names[high]} against ${names[low]}`, contrast(high, low)),
      ),
    ],
    diagnostics: [support(problem, chance, tilt)],
    warnings: supportWarnings(problem, chance),
  };
}

/** For each level: rows, smallest chance of it, effective sample size, worst imbalance before and after weighting. */
function support(
  problem: AdjustmentProblem,
  chance: Float64Array,
  tilt: Float64Array,
): FiguresDiagnostic {
  const { n, treatment, covariates } = problem;
  const levels = problem.treatmentLevels.length;
  const rows = problem.treatmentLevels.flatMap((name, k) => {
    let least = 1;
    const [w, one] = [new Float64Array(n), new Float64Array(n)];
    for (let i = 0; i < n; i++) {
      least = Math.min(least, chance[i * levels + k]!);
      if (treatment[i] !== k) continue;
      one[i] = 1;
      w[i] = tilt[i]! / chance[i * levels + k]!;
    }
    let sum = 0;
    let square = 0;
    for (const v of w) {
      sum += v;
      square += v * v;
    }
    return [
      { name: `${name}: smallest chance`, value: least },
      { name: `${name}: effective sample size`, value: sum ** 2 / square },
      {
        name: `${name}: largest imbalance`,
        value: imbalance(covariates.x, n, covariates.d, one, tilt),
        note: `standard deviations from the target population; ${imbalance(covariates.x, n, covariates.d, w, tilt).toPrecision(2)} after weighting`,
      },
    ];
  });
  return {
    kind: "figures",
    title: "Support of each level",
    summary: `The ${levels} levels have ${problem.treatmentLevels.map((name, k) => `${name} ${treatment.reduce((c, t) => c + (t === k ? 1 : 0), 0)}`).join(", ")} rows.`,
    rows,
  };
}

function imbalance(
  x: Float64Array,
  n: number,
  d: number,
  weights: Float64Array,
  everyone: Float64Array,
): number {
  let worst = 0;
  for (let j = 0; j < d; j++) {
    const moment = (w: Float64Array, power: (v: number) => number): number => {
      let sum = 0;
      let total = 0;
      for (let i = 0; i < n; i++) {
        sum += w[i]! * power(x[i * d + j]!);
        total += w[i]!;
      }
      return sum / total;
    };
    const centre = moment(everyone, (v) => v);
    const spread = Math.sqrt(moment(everyone, (v) => (v - centre) ** 2));
    const rest = Math.abs(moment(weights, (v) => v) - centre);
    if (spread > 0) worst = Math.max(worst, rest / spread);
  }
  return worst;
}

function supportWarnings(
  problem: AdjustmentProblem,
  chance: Float64Array,
): NonNullable<Finding["warnings"]> {
  const levels = problem.treatmentLevels.length;
  return problem.treatmentLevels.flatMap((name, k) => {
    let rare = 0;
    for (let i = 0; i < problem.n; i++) if (chance[i * levels + k]! < 0.02) rare += 1;
    const share = rare / problem.n;
    return share < 0.05
      ? []
      : [
          {
            code: "little-overlap",
            message: `${(100 * share).toFixed(0)} % of the units had a chance below 2 % of "${name}".`,
            hint: "Its mean rests on few units: compare other levels, or keep the units that could have had every level.",
          },
        ];
  });
}

function refusalOf(problem: AdjustmentProblem): Refusal | undefined {
  if (problem.estimand.target === "overlap") {
    return {
      kind: "not-applicable",
      message: "With several levels there is no one overlap population.",
      hint: "Ask for the ATE, or compare two levels only.",
    };
  }
  const few = problem.treatmentLevels.findIndex(
    (_, k) => problem.treatment.reduce((c, t) => c + (t === k ? 1 : 0), 0) < 5,
  );
  return few < 0 ? undefined : emptyLevel(problem, few);
}

function emptyLevel(problem: AdjustmentProblem, level: number): Refusal {
  const name = problem.treatmentLevels[level]!;
  return {
    kind: "not-estimable",
    code: "rare-level",
    message: `Level "${name}" of "${problem.estimand.treatment}" has too few rows to say anything about.`,
    hint: "Merge it with another level, or leave its rows out.",
  };
}
