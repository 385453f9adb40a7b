import type { Work } from "../../../app/work.ts";
import type { Rng } from "../../math/rng.ts";
import { openTensorEngine } from "../../tensor/backend.ts";
import type { BackendName, TensorEngine } from "../../tensor/backend.ts";
import { score } from "../aipw.ts";
import type { CurveDiagnostic } from "../diagnostic.ts";
import { influenceError } from "../influence.ts";
import type { Answer, Method, OptionSpec } from "../method.ts";
import { clipInPlace } from "../nuisance.ts";
import type { Nuisances } from "../nuisance.ts";
import { balancingWeights } from "../weighting.ts";
import type { CausalForestData } from "./causal-forest.ts";
import { growSoftForest, SOFT_FOREST_DEFAULTS } from "./soft-forest.ts";
import type { SoftForest, SoftForestOptions } from "./soft-forest.ts";

/** A forest of soft trees for effects, with the two that centre outcome and treatment; out-of-bag, `[n]` each. */
export interface NeuralForest {
  readonly effects: Float64Array;
  readonly outcome: Float64Array;
  /** Not clipped; kept in [0, 1]. */
  readonly propensity: Float64Array;
  readonly forests: readonly SoftForest[];
  /** Effects of new rows `x: [m, d]`. */
  predict(x: Float64Array): Promise<Float64Array>;
}

/**
 * The neural analogue of the causal forest: the same three steps (centre outcome and treatment out of bag, then find where
 * the effect varies by the R-loss, honestly), with soft oblique trees trained end to end in place of greedy ones. Effects
 * are smooth in the covariates, so that it does better where they vary smoothly and worse where they jump. Cost: three
 * soft forests.
 *
 * @throws UserError `training-diverged`; the signal's reason when stopped.
 */
export async function fitNeuralForest(
  engine: TensorEngine,
  data: CausalForestData,
  options: SoftForestOptions,
  rng: Rng,
  work: Work,
): Promise<NeuralForest> {
  const { n, d } = data;
  const { means, scales } = columnScales(data.x, n, d);
  const scaled = (x: Float64Array): Float32Array =>
    Float32Array.from(x, (v, k) => (v - means[k % d]!) / scales[k % d]!);
  const x = scaled(data.x);
  const step = (name: string, from: number, to: number): Work => ({
    ...work,
    progress: (progress) =>
      work.progress({
        ...progress,
        ...(progress.fraction === undefined
          ? {}
          : { fraction: from + (to - from) * progress.fraction }),
        message: `${name}: ${progress.message ?? ""}`,
        ...(progress.series === undefined
          ? {}
          : {
              series: Object.fromEntries(
                Object.entries(progress.series).map(([key, value]) => [`${name} ${key}`, value]),
              ),
            }),
      }),
  });
  const grow = (
    response: Parameters<typeof growSoftForest>[4],
    name: string,
    from: number,
    to: number,
  ): Promise<SoftForest> =>
    growSoftForest(engine, x, n, d, response, options, rng.fork(name), step(name, from, to));
  const outcome = await grow({ y: data.outcome }, "outcome", 0, 0.33);
  const treatment = await grow({ y: data.treatment }, "treatment", 0.33, 0.66);
  const propensity = treatment.outOfBag.map((e) => Math.min(1, Math.max(0, e)));
  const effect = await grow(
    {
      y: data.outcome.map((v, i) => v - outcome.outOfBag[i]!),
      w: data.treatment.map((v, i) => v - propensity[i]!),
    },
    "effect",
    0.66,
    1,
  );
  return {
    effects: effect.outOfBag,
    outcome: outcome.outOfBag,
    propensity,
    forests: [outcome, treatment, effect],
    predict: (x) => effect.predict(scaled(x)),
  };
}

function columnScales(
  x: Float64Array,
  n: number,
  d: number,
): { readonly means: Float64Array; readonly scales: Float64Array } {
  const means = new Float64Array(d);
  const scales = new Float64Array(d);
  for (let k = 0; k < n * d; k++) means[k % d]! += x[k]! / n;
  for (let k = 0; k < n * d; k++) scales[k % d]! += (x[k]! - means[k % d]!) ** 2 / n;
  return { means, scales: scales.map((v) => Math.sqrt(v) || 1) };
}

export type NeuralForestOptions = {
  readonly trees: number;
  readonly depth: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly decay: number;
  readonly ridge: number;
  readonly clip: number;
  readonly backend: string;
};

const whole = (
  value: number,
  minimum: number,
  maximum: number,
  doc: string,
): OptionSpec<number> => ({
  type: "integer",
  default: value,
  minimum,
  maximum,
  doc,
});
const real = (
  value: number,
  minimum: number,
  maximum: number,
  doc: string,
): OptionSpec<number> => ({
  type: "number",
  default: value,
  minimum,
  maximum,
  doc,
});

export const neuralForestMethod: Method<NeuralForestOptions> = {
  name: "neuralForest",
  label: "Neural causal forest",
  summary:
    "The neural analogue of the causal forest: soft oblique trees trained end to end on the R-loss, honest leaves, out-of-bag effects and a doubly robust average. Better than forest where effects vary smoothly.",
  source:
    "Athey, Tibshirani & Wager (2019) with the trees of Jordan & Jacobs (1994) and the loss of Nie & Wager (2021)",
  fits: {
    estimands: ["adjustment"],
    targets: ["ATE", "ATT", "ATC", "overlap"],
    treatments: ["binary"],
  },
  stochastic: true,
  options: {
    trees: whole(SOFT_FOREST_DEFAULTS.trees, 4, 10_000, "Soft trees."),
    depth: whole(SOFT_FOREST_DEFAULTS.depth, 1, 8, "Splits from the root to a leaf."),
    epochs: whole(SOFT_FOREST_DEFAULTS.epochs, 1, 100_000, "Passes over the rows."),
    batchSize: whole(SOFT_FOREST_DEFAULTS.batchSize, 2, 65_536, "Rows in each gradient step."),
    learningRate: real(SOFT_FOREST_DEFAULTS.learningRate, 1e-7, 1, "First step size of Adam."),
    decay: real(SOFT_FOREST_DEFAULTS.decay, 0, 1000, "Penalty on the squared split weights."),
    ridge: real(
      SOFT_FOREST_DEFAULTS.ridge,
      0,
      1e6,
      "Rows' worth of pull of leaf values towards their tree's mean.",
    ),
    clip: real(
      0.01,
      0,
      0.49,
      "Propensities are kept in [clip, 1 − clip]; how many moved is reported.",
    ),
    backend: {
      type: "choice",
      choices: ["auto", "webgpu", "webgl", "wasm", "cpu"],
      default: "auto",
      doc: "What computes: auto takes the fastest present.",
    },
  },
  async run(problem, options, { rng, work }): Promise<Answer> {
    if (problem.kind !== "adjustment") {
      throw new Error(`neuralForest was given a ${problem.kind} problem`);
    }
    const { n, covariates } = problem;
    if (covariates.d === 0) {
      return {
        kind: "not-applicable",
        message: "A forest splits on covariates, and the adjustment set is empty.",
        hint: "Use regression or aipw, or name columns along which the effect may vary.",
      };
    }
    const engine = await openTensorEngine(
      options.backend === "auto" ? undefined : (options.backend as BackendName),
    );
    const data = { ...problem, d: covariates.d, x: covariates.x };
    const forest = await fitNeuralForest(engine, data, options, rng, work);
    const nuisances = neuralForestNuisances(forest, options.clip);
    const { estimate, influence } = score(problem, nuisances);
    const { effects } = forest;
    return {
      kind: "finding",
      estimate,
      standardError: influenceError(influence, problem.clusters),
      errors: "influence function, out-of-bag",
      influence,
      unitEffects: effects,
      propensity: nuisances.propensity,
      weights: balancingWeights(problem.treatment, nuisances.propensity, problem.estimand.target),
      clipped: nuisances.clipped,
      parts: [
        {
          name: "plug-in (mean predicted effect)",
          estimate: effects.reduce((sum, v) => sum + v / n, 0),
        },
      ],
      diagnostics: [losses(forest)],
      warnings:
        problem.sampling === undefined && problem.clusters === undefined
          ? []
          : [
              {
                code: "forest-ignores-design",
                message: "Trees are grown without sampling weights and without regard to clusters.",
              },
            ],
      backend: `${engine.backend} (${engine.adapter})`,
    };
  },
};

/** What the doubly robust score needs: m - e τ and m + (1 - e) τ. The propensity is clipped. */
export function neuralForestNuisances(forest: NeuralForest, clip: number): Nuisances {
  const propensity = Float64Array.from(forest.propensity);
  const { effects, outcome } = forest;
  const clipped = clipInPlace(propensity, clip);
  return {
    outcome0: outcome.map((m, i) => m - propensity[i]! * effects[i]!),
    outcome1: outcome.map((m, i) => m + (1 - propensity[i]!) * effects[i]!),
    propensity,
    clipped,
    folds: new Int32Array(effects.length),
  };
}

function losses(forest: NeuralForest): CurveDiagnostic {
  const names = ["outcome", "treatment", "effect"];
  return {
    kind: "curve",
    title: "Training",
    summary:
      "Loss by epoch of the three forests, in variances of what each is fitted to; leaves are filled afterwards from other rows.",
    xLabel: "epoch",
    yLabel: "loss",
    lines: forest.forests.map(({ training }, k) => ({
      name: names[k]!,
      style: "line",
      points: training.history.map((h) => ({ x: h.epoch, y: h.loss })),
    })),
  };
}
