import type { Work } from "../../../app/work.ts";
import type { Rng } from "../../math/rng.ts";
import { score } from "../aipw.ts";
import { influenceError } from "../influence.ts";
import type { Answer, Method } from "../method.ts";
import { clipInPlace } from "../nuisance.ts";
import type { Nuisances } from "../nuisance.ts";
import type { AdjustmentProblem } from "../problem.ts";
import { balancingWeights } from "../weighting.ts";
import { binCovariates } from "./bins.ts";
import { binRows, growForest, predictForest } from "./forest.ts";
import type { Forest, ForestOptions, ForestPredictions } from "./forest.ts";

export type CausalForestOptions = {
  readonly trees: number;
  readonly minimumLeaf: number;
  readonly tried: number | null;
  readonly clip: number;
};

/** A causal forest and its out-of-bag predictions of the rows it was grown on, `[n]` each. */
export interface CausalForest {
  readonly effects: ForestPredictions;
  /** Out-of-bag mean of the outcome and (unclipped) probability of treatment given the covariates. */
  readonly outcome: Float64Array;
  readonly propensity: Float64Array;
  /** Effects of new rows `x: [n, d]`, with variances. */
  predict(x: Float64Array, work: Work): Promise<ForestPredictions>;
}

export interface CausalForestData {
  readonly n: number;
  readonly d: number;
  /** `[n, d]` row-major. */
  readonly x: Float64Array;
  /** `[n]`; need not be 0/1. */
  readonly treatment: Float64Array;
  readonly outcome: Float64Array;
}

const BALANCE = 0.05;

/**
 * Honest causal forest (Wager & Athey 2018; Athey, Tibshirani & Wager 2019, section 6.1.1): outcome and treatment are
 * first centred by out-of-bag regression forests of a quarter as many trees (at least 50), then trees split where the
 * effect varies. Effects of training rows come from trees that have not seen them. O(trees · n · tried · log n).
 */
export async function fitCausalForest(
  data: CausalForestData,
  options: Pick<CausalForestOptions, "trees" | "minimumLeaf" | "tried">,
  rng: Rng,
  work: Work,
): Promise<CausalForest> {
  const { n, d } = data;
  const covariates = binCovariates(data.x, n, d);
  const trees = 2 * Math.ceil(options.trees / 2);
  const grow: ForestOptions = {
    trees,
    tried: options.tried ?? Math.min(d, Math.ceil(Math.sqrt(d) + 20)),
    minimumLeaf: options.minimumLeaf,
    balance: BALANCE,
  };
  const small = { ...grow, trees: 2 * Math.ceil(Math.max(50, trees / 4) / 2) };
  const spans = { outcome: [0, 0.15], treatment: [0.15, 0.3], effect: [0.3, 1] } as const;
  const reporter =
    (name: keyof typeof spans) =>
    (share: number): void => {
      const [from, to] = spans[name];
      const message = `${name} forest, ${Math.round(100 * share)} % of the trees`;
      work.progress({ fraction: from + (to - from) * share, message });
    };
  const regress = async (y: Float64Array, name: "outcome" | "treatment"): Promise<Float64Array> => {
    const forest = await growForest(covariates, { y }, small, rng.fork(name), work, reporter(name));
    const { value } = await predictForest(forest, "mean", work);
    const mean = y.reduce((sum, v) => sum + v / n, 0);
    return value.map((v) => (Number.isNaN(v) ? mean : v));
  };
  const outcome = await regress(data.outcome, "outcome");
  const propensity = await regress(data.treatment, "treatment");
  const response = {
    y: data.outcome.map((v, i) => v - outcome[i]!),
    w: data.treatment.map((v, i) => v - propensity[i]!),
  };
  const forest: Forest = await growForest(
    covariates,
    response,
    grow,
    rng.fork("effect"),
    work,
    reporter("effect"),
  );
  return {
    effects: await predictForest(forest, "slope", work, { variance: true }),
    outcome,
    propensity,
    predict: (x, work) =>
      predictForest(forest, "slope", work, { rows: binRows(forest, x), variance: true }),
  };
}

/** What the doubly robust score needs, from a forest: m - e τ and m + (1 - e) τ. The propensity is clipped. */
export function forestNuisances(forest: CausalForest, clip: number): Nuisances {
  const propensity = Float64Array.from(forest.propensity);
  const { value } = forest.effects;
  const clipped = clipInPlace(propensity, clip);
  return {
    outcome0: forest.outcome.map((m, i) => m - propensity[i]! * value[i]!),
    outcome1: forest.outcome.map((m, i) => m + (1 - propensity[i]!) * value[i]!),
    propensity,
    clipped,
    folds: new Int32Array(value.length),
  };
}

async function run(
  problem: AdjustmentProblem,
  options: CausalForestOptions,
  rng: Rng,
  work: Work,
): Promise<Answer> {
  const { n, covariates } = problem;
  if (covariates.d === 0) {
    return {
      kind: "not-applicable",
      message: "A causal forest splits on covariates, and the adjustment set is empty.",
      hint: "Use regression or aipw, or name columns along which the effect may vary.",
    };
  }
  const forest = await fitCausalForest(
    { ...problem, d: covariates.d, x: covariates.x },
    options,
    rng,
    work,
  );
  if (forest.effects.value.some((v) => !Number.isFinite(v))) {
    return {
      kind: "not-estimable",
      code: "too-few-rows",
      message: `${n} rows are too few for trees with both arms on either side of a split.`,
      hint: "Use a smaller minimumLeaf, more trees, or aipw with linear models.",
    };
  }
  const nuisances = forestNuisances(forest, options.clip);
  const { estimate, influence } = score(problem, nuisances);
  const { value, variance } = forest.effects;
  const errors = variance!.map(Math.sqrt).toSorted();
  return {
    kind: "finding",
    estimate,
    standardError: influenceError(influence, problem.clusters),
    errors: "influence function, out-of-bag",
    influence,
    unitEffects: value,
    propensity: nuisances.propensity,
    weights: balancingWeights(problem.treatment, nuisances.propensity, problem.estimand.target),
    clipped: nuisances.clipped,
    parts: [
      {
        name: "plug-in (mean predicted effect)",
        estimate: value.reduce((sum, v) => sum + v / n, 0),
      },
    ],
    diagnostics: [
      {
        kind: "figures",
        title: "Errors of unit effects",
        summary: `Half of the unit effects have a little-bags standard error below ${errors[n >> 1]!.toPrecision(3)}. Intervals of 95 % made from them held far fewer effects when measured: .56 to .84 of them at n = 500, .60 to .87 at 2000, .64 to .89 at 8000 (two simulated designs, the harder one first), .48 on the IHDP files. The interval of the average is sound.`,
        rows: [0.1, 0.5, 0.9].map((q) => ({
          name: `${100 * q} % quantile of the standard error`,
          value: errors[Math.min(n - 1, Math.floor(q * n))]!,
        })),
      },
    ],
    warnings:
      problem.sampling === undefined && problem.clusters === undefined
        ? []
        : [
            {
              code: "forest-ignores-design",
              message: "Trees are grown without sampling weights and without regard to clusters.",
            },
          ],
  };
}

export const forestMethod: Method<CausalForestOptions> = {
  name: "forest",
  label: "Honest causal forest",
  summary:
    "Effects of units by trees that split where the effect varies; a doubly robust average on top. Needs no tuning.",
  source: "Wager & Athey (2018); Athey, Tibshirani & Wager (2019)",
  fits: {
    estimands: ["adjustment"],
    targets: ["ATE", "ATT", "ATC", "overlap"],
    treatments: ["binary"],
  },
  stochastic: true,
  options: {
    trees: {
      type: "integer",
      default: 2000,
      minimum: 4,
      maximum: 100_000,
      doc: "Trees; errors of unit effects need many.",
    },
    minimumLeaf: {
      type: "integer",
      default: 5,
      minimum: 1,
      maximum: 10_000,
      doc: "Fewest rows of each arm on either side of a split.",
    },
    tried: {
      type: "integer",
      default: null,
      minimum: 1,
      maximum: 100_000,
      doc: "Columns tried at each split; by default √d + 20.",
    },
    clip: {
      type: "number",
      default: 0.01,
      minimum: 0,
      maximum: 0.49,
      doc: "Propensities are kept in [clip, 1 − clip]; how many moved is reported.",
    },
  },
  run(problem, options, { rng, work }): Promise<Answer> {
    if (problem.kind !== "adjustment")
      throw new Error(`forest was given a ${problem.kind} problem`);
    return run(problem, options, rng, work);
  },
};
