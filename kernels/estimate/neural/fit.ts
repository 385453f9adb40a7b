import type { Scalar, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import type { Work } from "../../../app/work.ts";
import { logistic } from "../../math/glm.ts";
import type { Rng } from "../../math/rng.ts";
import type { TensorEngine } from "../../tensor/backend.ts";
import { createParameters } from "../../tensor/layers.ts";
import type { DenseLayer, Parameters } from "../../tensor/layers.ts";
import type { OptimizerName } from "../../tensor/optimizer.ts";
import { train } from "../../tensor/train.ts";
import type { TrainResult } from "../../tensor/train.ts";
import { learnScaling, scaleCovariates, scaleRows, splitRows } from "./data.ts";
import { fitRidgeLogit, predictLogit } from "./ridge-logit.ts";
import type { NeuralData, ScaledData, Scaling } from "./data.ts";

/** A mini-batch on the device, scaled: `x: [b, d]`, `y, t: [b, 1]`. */
export interface Batch {
  readonly x: Tensor2D;
  readonly y: Tensor2D;
  readonly t: Tensor2D;
}

/** Outputs of a net, `[b, 1]` each, on the scale it was trained on (logits for a binary outcome). */
export interface Heads {
  readonly q0: Tensor2D;
  readonly q1: Tensor2D;
  /** Logit of the propensity; a net without it gets a logit of the covariates beside it. */
  readonly logit?: Tensor2D;
  /** Riesz representer of the average effect at t = 0 and 1, `[b, 2]`, where the net learns one. */
  readonly riesz?: Tensor2D;
}

/** A two-outcome network: built anew for each training, its tensors are owned by `parameters`. */
export interface TwoOutcomeNet {
  heads(x: Tensor2D): Heads;
  /** Mean training loss of a batch. */
  loss(batch: Batch): Scalar;
  /** Loss by which the best epoch is chosen; the training loss when absent. */
  validationLoss?(batch: Batch): Scalar;
  /** Weights of `|variable|²` penalties. */
  readonly decay?: ReadonlyMap<Variable, number>;
  /** ε of targeted regularization on the scaled outcome, where the net has one. */
  readonly epsilon?: { dataSync(): ArrayLike<number>; data(): Promise<ArrayLike<number>> };
}

/** The same penalty on the weight matrices of several layers. */
export function decayOf(
  layers: readonly DenseLayer[],
  weight: number,
): ReadonlyMap<Variable, number> {
  return new Map(layers.map((layer) => [layer.w, weight]));
}

/** What a net is built for. */
export interface NetShape {
  readonly inputs: number;
  readonly outcomeKind: "continuous" | "binary";
  /** Share of treated among the training rows. */
  readonly treatedShare: number;
}

export type NetBuilder = (
  engine: TensorEngine,
  parameters: Parameters,
  shape: NetShape,
) => TwoOutcomeNet;

export interface FitOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly optimizer: OptimizerName;
  readonly patience: number;
  readonly clipNorm?: number;
  readonly finalRate?: number;
  /** Share of each arm held out for early stopping. */
  readonly validationShare: number;
  readonly label?: string;
  readonly span?: readonly [number, number];
}

/** Predictions on the outcome's own scale, `[n]` each. */
export interface Predictions {
  readonly mu0: Float64Array;
  readonly mu1: Float64Array;
  /** Unclipped. */
  readonly propensity: Float64Array;
  /** Riesz representer at t = 0 and 1, where the net learns one. */
  readonly riesz?: readonly [Float64Array, Float64Array];
}

/** A trained net as plain data and a function: holds no tensors. */
export interface FittedNet {
  readonly training: TrainResult;
  readonly scaling: Scaling;
  /** ε on the outcome's own scale (0 for a net without targeted regularization). */
  readonly epsilon: number;
  /** Checkpoint: the values of all weights. */
  readonly weights: readonly Float32Array[];
  /** `x: [n, d]` row-major, unscaled. O(n · weights). */
  predict(x: Float64Array): Promise<Predictions>;
}

/** Rows per forward pass: bounds memory whatever n. */
const CHUNK = 4096;

/**
 * Trains one net on `rows` of the data (all when absent): scales by those rows, holds out a stratified share for
 * early stopping, keeps the best weights, and gives them back as plain numbers. All tensors are freed before it
 * returns or throws.
 *
 * @throws UserError `too-few-in-arm`, `training-diverged`; the signal's reason when stopped.
 */
export async function fitNet(
  engine: TensorEngine,
  data: NeuralData,
  build: NetBuilder,
  options: FitOptions,
  rng: Rng,
  work: Work,
  rows: Int32Array = Int32Array.from({ length: data.n }, (_, i) => i),
): Promise<FittedNet> {
  const split = splitRows(data.treatment, rows, options.validationShare, rng.fork("split"));
  // Scaling sees every row that is not held out from the whole fit: validation rows only choose the epoch.
  const scaling = learnScaling(data, rows);
  const training = scaleRows(data, split.training, scaling);
  const validation = scaleRows(data, split.validation, scaling);
  const shape: NetShape = {
    inputs: data.d,
    outcomeKind: data.outcomeKind,
    treatedShare: training.t.reduce((sum, t) => sum + t, 0) / training.n,
  };
  const parameters = createParameters(engine, rng.fork("weights"));
  try {
    const net = build(engine, parameters, shape);
    const result = await train(
      engine,
      {
        parameters,
        rows: training.n,
        strata: training.t,
        ...(net.decay === undefined ? {} : { decay: net.decay }),
        loss: (batch) => net.loss(batchOf(engine, training, batch)),
        ...(validation.n === 0
          ? {}
          : {
              validation: () => {
                const all = batchOf(engine, validation);
                return net.validationLoss?.(all) ?? net.loss(all);
              },
            }),
      },
      options,
      rng.fork("batches"),
      work,
    );
    const epsilon = net.epsilon === undefined ? 0 : (await net.epsilon.data())[0]!;
    const weights = await parameters.read();
    const fitted: Fitted = {
      build,
      shape,
      weights,
      scaling,
      logit: fitRidgeLogit(scaleRows(data, rows, scaling)),
    };
    return {
      training: result,
      scaling,
      epsilon: epsilon * scaling.yScale,
      weights,
      predict: (x) => predict(engine, fitted, x, rng),
    };
  } finally {
    parameters.dispose();
  }
}

/** The given rows of scaled data as tensors; all rows when none are named. Call inside tidy. */
export function batchOf({ tf }: TensorEngine, data: ScaledData, rows?: Int32Array): Batch {
  const { d } = data;
  if (rows === undefined) {
    return {
      x: tf.tensor2d(data.x, [data.n, d]),
      y: tf.tensor2d(data.y, [data.n, 1]),
      t: tf.tensor2d(data.t, [data.n, 1]),
    };
  }
  const b = rows.length;
  const x = new Float32Array(b * d);
  const y = new Float32Array(b);
  const t = new Float32Array(b);
  for (let k = 0; k < b; k++) {
    const i = rows[k]!;
    x.set(data.x.subarray(i * d, (i + 1) * d), k * d);
    y[k] = data.y[i]!;
    t[k] = data.t[i]!;
  }
  return { x: tf.tensor2d(x, [b, d]), y: tf.tensor2d(y, [b, 1]), t: tf.tensor2d(t, [b, 1]) };
}

interface Fitted {
  readonly build: NetBuilder;
  readonly shape: NetShape;
  readonly weights: readonly Float32Array[];
  readonly scaling: Scaling;
  /** Coefficients of the propensity beside the net. */
  readonly logit: Float64Array;
}

async function predict(
  engine: TensorEngine,
  { build, shape, weights, scaling, logit: coefficients }: Fitted,
  x: Float64Array,
  rng: Rng,
): Promise<Predictions> {
  const { tf } = engine;
  const d = shape.inputs;
  const n = x.length / d;
  const scaled = scaleCovariates(x, d, scaling);
  const out: Predictions = {
    mu0: new Float64Array(n),
    mu1: new Float64Array(n),
    propensity: predictLogit(scaled, n, d, coefficients).map(logistic),
  };
  const [riesz0, riesz1] = [new Float64Array(n), new Float64Array(n)];
  let withRiesz = false;
  const outcome =
    shape.outcomeKind === "binary"
      ? logistic
      : (q: number): number => scaling.yMean + scaling.yScale * q;
  const parameters = createParameters(engine, rng);
  try {
    const net = build(engine, parameters, shape);
    parameters.write(weights);
    for (let from = 0; from < n; from += CHUNK) {
      const size = Math.min(CHUNK, n - from);
      const heads = tf.tidy(() => {
        const { q0, q1, logit, riesz } = net.heads(
          tf.tensor2d(scaled.subarray(from * d, (from + size) * d), [size, d]),
        );
        return tf.concat(
          [q0, q1, logit, riesz].filter((head) => head !== undefined),
          1,
        );
      });
      const values = await heads.data();
      const width = heads.shape[1];
      withRiesz = width === 4;
      heads.dispose();
      for (let i = 0; i < size; i++) {
        out.mu0[from + i] = outcome(values[width * i]!);
        out.mu1[from + i] = outcome(values[width * i + 1]!);
        if (width === 3) out.propensity[from + i] = logistic(values[3 * i + 2]!);
        if (width === 4) {
          riesz0[from + i] = values[4 * i + 2]!;
          riesz1[from + i] = values[4 * i + 3]!;
        }
      }
    }
  } finally {
    parameters.dispose();
  }
  return withRiesz ? { ...out, riesz: [riesz0, riesz1] } : out;
}
