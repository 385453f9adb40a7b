import type { Scalar, Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { Work } from "../../../app/work.ts";
import { shuffled } from "../../math/folds.ts";
import { logistic } from "../../math/glm.ts";
import type { Rng } from "../../math/rng.ts";
import type { TensorEngine } from "../../tensor/backend.ts";
import { createParameters, denseLayer, denseStack } from "../../tensor/layers.ts";
import type { Parameters } from "../../tensor/layers.ts";
import { train } from "../../tensor/train.ts";
import type { TrainResult } from "../../tensor/train.ts";
import { learnScaling, scaleCovariates } from "./data.ts";
import type { Scaling } from "./data.ts";
import { decayOf } from "./fit.ts";
import type { FitOptions } from "./fit.ts";
import { partOf } from "./pieces.ts";

/** Sizes and training of both nets of DeepIV. */
export interface DeepIvOptions extends FitOptions {
  readonly width: number;
  /** Normal components of the treatment's density. */
  readonly components: number;
  /** Draws of the treatment for each of the two factors of the outcome's loss. */
  readonly draws: number;
  readonly decay: number;
}

export const DEEP_IV_DEFAULTS: DeepIvOptions = {
  width: 64,
  components: 5,
  draws: 4,
  decay: 1e-4,
  epochs: 100,
  batchSize: 100,
  learningRate: 2e-3,
  finalRate: 0.05,
  optimizer: "adam",
  patience: 20,
  validationShare: 0.2,
};

/** Outcome, treatment, what instruments it and what is adjusted for. Matrices row-major. */
export interface DeepIvData {
  readonly n: number;
  readonly treatment: ArrayLike<number>;
  readonly treatmentKind: "binary" | "continuous";
  readonly outcome: ArrayLike<number>;
  /** `[n, l]`. */
  readonly z: Float64Array;
  readonly l: number;
  /** `[n, d]`; d may be 0. */
  readonly x: Float64Array;
  readonly d: number;
}

export interface DeepIvFit {
  readonly treatmentTraining: TrainResult;
  readonly outcomeTraining: TrainResult;
  readonly weights: readonly Float32Array[];
  /** Structural outcome h(t, x) of every row at `dose`: what y would be on average if t were set; `[m]`. */
  structural(x: Float64Array, dose: number): Promise<Float64Array>;
  /** Correlation of the treatment with its mean given instruments and covariates, on held-out rows, squared. */
  readonly firstStageR2: number;
}

const CHUNK = 4096;

interface Scaled {
  readonly n: number;
  /** `[n, l + d]`: what drives the treatment. */
  readonly drivers: Float32Array;
  readonly x: Float32Array;
  readonly t: Float32Array;
  readonly y: Float32Array;
}

/** First net: the treatment's distribution given instruments and covariates. */
export interface TreatmentNet {
  loss(drivers: Tensor2D, t: Tensor2D): Scalar;
  /** Numbers that describe the distribution of each row; `[b, k]`. */
  describe(drivers: Tensor2D): Tensor2D;
  readonly decay: ReturnType<typeof decayOf>;
}

/** Mixture density net (Bishop 1994) for a continuous treatment, a logit for one of two levels. */
export function buildTreatmentNet(
  engine: TensorEngine,
  parameters: Parameters,
  { width, components, decay }: DeepIvOptions,
  inputs: number,
  binary: boolean,
): TreatmentNet {
  const { tf, ops } = engine;
  const body = denseStack(engine, parameters, [inputs, width, width], "elu");
  const out = denseLayer(engine, parameters, width, binary ? 1 : 3 * components, "linear");
  const describe = (drivers: Tensor2D): Tensor2D => out.apply(body.apply(drivers));
  const penalties = decayOf([...body.layers, out], decay);
  if (binary) {
    return {
      describe,
      decay: penalties,
      loss: (drivers, t) => tf.mean(ops.logLoss(t, describe(drivers))),
    };
  }
  // Different first means, or the components would stay alike
  const start = Float32Array.from({ length: components }, (_, k) =>
    components === 1 ? 0 : -1 + (2 * k) / (components - 1),
  );
  const spread = (outputs: Tensor2D): readonly [Tensor2D, Tensor2D, Tensor2D] => {
    const [logits, means, raw] = tf.split(outputs, 3, 1) as [Tensor2D, Tensor2D, Tensor2D];
    const scale = tf.add<Tensor2D>(tf.softplus(raw), 0.01);
    return [logits, tf.add<Tensor2D>(means, tf.tensor2d(start, [1, components])), scale];
  };
  return {
    decay: penalties,
    describe: (drivers) => tf.concat([...spread(describe(drivers))], 1),
    loss: (drivers, t) => {
      const [logits, means, scale] = spread(describe(drivers));
      const share = tf.sub(logits, tf.logSumExp(logits, 1, true));
      const density = tf.sub(
        tf.mul(-0.5, tf.square(tf.div(tf.sub(t, means), scale))),
        tf.add(tf.log(scale), 0.5 * Math.log(2 * Math.PI)),
      );
      return tf.neg(tf.mean(tf.logSumExp(tf.add(share, density), 1)));
    },
  };
}

/** Second net: the structural outcome of a dose and covariates, `[b, 1 + d] -> [b, 1]`. */
export function buildOutcomeNet(
  engine: TensorEngine,
  parameters: Parameters,
  { width, decay }: DeepIvOptions,
  d: number,
): { h(inputs: Tensor2D): Tensor2D; readonly decay: ReturnType<typeof decayOf> } {
  const { tf } = engine;
  const body = denseStack(engine, parameters, [1 + d, width, width], "elu");
  const out = denseLayer(engine, parameters, width, 1, "linear");
  // A line beside the layers: what is linear need not be learnt by curves.
  const line = denseLayer(engine, parameters, 1 + d, 1, "linear", "zeros");
  return {
    h: (inputs) => tf.add(out.apply(body.apply(inputs)), line.apply(inputs)),
    decay: decayOf([...body.layers, out], decay),
  };
}

/** Rows of the second stage, scaled: `x: [n, d]`, `y: [n]`. */
export type OutcomeRows = Pick<Scaled, "n" | "x" | "y">;

/** Mean of h over doses, `[draws · n]` (all rows once, then all again) -> `[n, 1]`. */
function meanOverDoses(
  { tf }: TensorEngine,
  h: (inputs: Tensor2D) => Tensor2D,
  { n, x }: OutcomeRows,
  d: number,
  doses: Float32Array,
): Tensor2D {
  const repeats = doses.length / n;
  const wide = d === 0 ? [] : [tf.tile(tf.tensor2d(x, [n, d]), [repeats, 1])];
  const column = tf.tensor2d(doses, [doses.length, 1]);
  const values = h(tf.concat([column, ...wide], 1));
  return tf.reshape(tf.mean(tf.reshape(values, [repeats, n]), 0), [n, 1]);
}

/** Mean of the product of both residuals, each with draws of its own (their eq. 10). */
export function drawnLoss(
  engine: TensorEngine,
  h: (inputs: Tensor2D) => Tensor2D,
  rows: OutcomeRows,
  d: number,
  draws: readonly Float32Array[],
): Scalar {
  const { tf } = engine;
  const y = tf.tensor2d(rows.y, [rows.n, 1]);
  const [a, c] = draws.map((doses) => tf.sub(y, meanOverDoses(engine, h, rows, d, doses))) as [
    Tensor,
    Tensor,
  ];
  return tf.mean(tf.mul(a, c));
}

/** Squared error of both levels' outcomes, weighed by the probability of treatment, `[n]`. */
export function weighedLoss(
  engine: TensorEngine,
  h: (inputs: Tensor2D) => Tensor2D,
  rows: OutcomeRows,
  d: number,
  probability: Float32Array,
): Scalar {
  const { tf } = engine;
  const [zero, one] = [0, 1].map((t) =>
    meanOverDoses(engine, h, rows, d, new Float32Array(rows.n).fill(t)),
  ) as [Tensor2D, Tensor2D];
  const p = tf.tensor2d(probability, [rows.n, 1]);
  const mean = tf.add(zero, tf.mul(p, tf.sub(one, zero)));
  return tf.mean(tf.square(tf.sub(tf.tensor2d(rows.y, [rows.n, 1]), mean)));
}

/**
 * DeepIV (Hartford, Lewis, Leyton-Brown & Taddy 2017): a net for the treatment's distribution given instruments and
 * covariates, then a net for the structural outcome h whose mean over that distribution is fitted to the outcome,
 * E[(y - E[h(t, x) | z, x])²] (their eq. 5). Its gradient is unbiased because the two factors get independent draws
 * of t (their eq. 10); a two-level treatment is integrated exactly. Right if the instruments move the outcome through the
 * treatment alone and the error is additive; h is known up to the reach of the instruments, and no further. What
 * the first stage's spread smooths away is not seen: where it is as wide as half of the doses' standard deviation, a
 * parabola comes out as a V, right in the tails and too steep half-way (measured: 3.3 for 2.25, at n = 1500, with the first
 * stage's mean and variance right to 5 %). A cubic beside the layers does not
 * change that; a hundred times the decay takes a third off the error, and nearly doubles that of a sine.
 *
 * @throws UserError `training-diverged`; the signal's reason when stopped.
 */
export async function fitDeepIv(
  engine: TensorEngine,
  data: DeepIvData,
  options: DeepIvOptions,
  rng: Rng,
  work: Work,
): Promise<DeepIvFit> {
  const { n, l, d } = data;
  const { tf } = engine;
  const binary = data.treatmentKind === "binary";
  const all = Int32Array.from({ length: n }, (_, i) => i);
  const scaling = scalingsOf(data, all);
  const scaled = scaleAll(data, scaling, binary);
  const order = shuffled(n, rng.fork("split"));
  const held = Math.max(1, Math.round(options.validationShare * n));
  const training = takeScaled(scaled, order.slice(held), l, d);
  const validation = takeScaled(scaled, order.slice(0, held), l, d);

  const first = createParameters(engine, rng.fork("treatment weights"));
  const second = createParameters(engine, rng.fork("outcome weights"));
  try {
    const treatmentNet = buildTreatmentNet(engine, first, options, l + d, binary);
    const treatmentTraining = await train(
      engine,
      {
        parameters: first,
        rows: training.n,
        decay: treatmentNet.decay,
        loss: (batch) => {
          const b = takeScaled(training, batch, l, d);
          return treatmentNet.loss(
            tf.tensor2d(b.drivers, [b.n, l + d]),
            tf.tensor2d(b.t, [b.n, 1]),
          );
        },
        validation: () =>
          treatmentNet.loss(
            tf.tensor2d(validation.drivers, [held, l + d]),
            tf.tensor2d(validation.t, [held, 1]),
          ),
      },
      { ...options, label: "treatment " },
      rng.fork("treatment batches"),
      partOf(work, 0, 0.4, ""),
    );
    const describe = async (rows: Scaled): Promise<Sampler> =>
      samplerOf(await describeAll(engine, treatmentNet, rows, l + d), rows.n, options, binary);
    const [drawTraining, drawValidation] = [await describe(training), await describe(validation)];
    const outcomeNet = buildOutcomeNet(engine, second, options, d);
    const noise = rng.fork("draws");
    // The same draws every time, so that epochs can be compared.
    const fixed = (which: number): Float32Array =>
      drawValidation.draw(
        Int32Array.from({ length: held }, (_, i) => i),
        32,
        rng.fork(`held-out draws ${which}`),
      );
    const heldDraws = binary ? [] : [fixed(0), fixed(1)];
    const lossOf = (
      rows: Scaled,
      which: Int32Array,
      sampler: Sampler,
      draws: readonly Float32Array[],
    ): Scalar => {
      const part = takeScaled(rows, which, l, d);
      return binary
        ? weighedLoss(
            engine,
            (v) => outcomeNet.h(v),
            part,
            d,
            Float32Array.from(which, (i) => sampler.probability(i)),
          )
        : drawnLoss(engine, (v) => outcomeNet.h(v), part, d, draws);
    };
    const outcomeTraining = await train(
      engine,
      {
        parameters: second,
        rows: training.n,
        decay: outcomeNet.decay,
        loss: (batch) =>
          lossOf(
            training,
            batch,
            drawTraining,
            binary ? [] : [0, 1].map(() => drawTraining.draw(batch, options.draws, noise)),
          ),
        validation: () =>
          lossOf(
            validation,
            Int32Array.from({ length: held }, (_, i) => i),
            drawValidation,
            heldDraws,
          ),
      },
      { ...options, label: "outcome " },
      rng.fork("outcome batches"),
      partOf(work, 0.4, 1, ""),
    );
    const weights = await second.read();
    return {
      treatmentTraining,
      outcomeTraining,
      weights: [...(await first.read()), ...weights],
      firstStageR2: r2(validation.t, drawValidation.means),
      structural: async (x, dose) => {
        const parameters = createParameters(engine, rng);
        try {
          const net = buildOutcomeNet(engine, parameters, options, d);
          parameters.write(weights);
          return await evaluate(engine, (v) => net.h(v), x, d, dose, scaling, binary);
        } finally {
          parameters.dispose();
        }
      },
    };
  } finally {
    first.dispose();
    second.dispose();
  }
}

interface Scalings {
  readonly drivers: Scaling;
  readonly x: Scaling;
  readonly t: { readonly mean: number; readonly scale: number };
}

function scalingsOf(data: DeepIvData, rows: Int32Array): Scalings {
  const { n, l, d } = data;
  const base = { n, treatment: data.treatment, outcomeKind: "continuous" as const };
  const joined = new Float64Array(n * (l + d));
  for (let i = 0; i < n; i++) {
    joined.set(data.z.subarray(i * l, (i + 1) * l), i * (l + d));
    joined.set(data.x.subarray(i * d, (i + 1) * d), i * (l + d) + l);
  }
  const drivers = learnScaling({ ...base, d: l + d, x: joined, outcome: data.treatment }, rows);
  return {
    drivers,
    x: learnScaling({ ...base, d, x: data.x, outcome: data.outcome }, rows),
    t:
      data.treatmentKind === "binary"
        ? { mean: 0, scale: 1 }
        : { mean: drivers.yMean, scale: drivers.yScale },
  };
}

function scaleAll(data: DeepIvData, { drivers, x, t }: Scalings, binary: boolean): Scaled {
  const { n, l, d } = data;
  const joined = new Float64Array(n * (l + d));
  for (let i = 0; i < n; i++) {
    joined.set(data.z.subarray(i * l, (i + 1) * l), i * (l + d));
    joined.set(data.x.subarray(i * d, (i + 1) * d), i * (l + d) + l);
  }
  return {
    n,
    drivers: scaleCovariates(joined, l + d, drivers),
    x: scaleCovariates(data.x, d, x),
    t: Float32Array.from(data.treatment, (v) => (binary ? v : (v - t.mean) / t.scale)),
    y: Float32Array.from(data.outcome, (v) => (v - x.yMean) / x.yScale),
  };
}

function takeScaled(all: Scaled, rows: Int32Array, l: number, d: number): Scaled {
  const drivers = new Float32Array(rows.length * (l + d));
  const x = new Float32Array(rows.length * d);
  rows.forEach((i, k) => {
    drivers.set(all.drivers.subarray(i * (l + d), (i + 1) * (l + d)), k * (l + d));
    x.set(all.x.subarray(i * d, (i + 1) * d), k * d);
  });
  return {
    n: rows.length,
    drivers,
    x,
    t: Float32Array.from(rows, (i) => all.t[i]!),
    y: Float32Array.from(rows, (i) => all.y[i]!),
  };
}

async function describeAll(
  engine: TensorEngine,
  net: TreatmentNet,
  rows: Scaled,
  width: number,
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let from = 0; from < rows.n; from += CHUNK) {
    const to = Math.min(rows.n, from + CHUNK);
    const outputs = engine.tf.tidy(() =>
      net.describe(
        engine.tf.tensor2d(rows.drivers.subarray(from * width, to * width), [to - from, width]),
      ),
    );
    parts.push(Float32Array.from(await outputs.data()));
    outputs.dispose();
  }
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

/** The treatment's distribution of each row, once its net is trained. */
interface Sampler {
  /** `[draws · rows]`: all rows once, then all again. */
  draw(rows: Int32Array, draws: number, rng: Rng): Float32Array;
  probability(row: number): number;
  readonly means: Float64Array;
}

function samplerOf(
  described: Float32Array,
  n: number,
  { components }: DeepIvOptions,
  binary: boolean,
): Sampler {
  if (binary) {
    const means = Float64Array.from(described, logistic);
    return {
      means,
      probability: (row) => means[row]!,
      draw: () => {
        throw new Error("A two-level treatment is integrated, not drawn.");
      },
    };
  }
  const k = components;
  const shares = new Float64Array(n * k);
  const means = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const logits = described.subarray(i * 3 * k, i * 3 * k + k);
    const high = Math.max(...logits);
    let total = 0;
    for (let c = 0; c < k; c++) total += shares[i * k + c] = Math.exp(logits[c]! - high);
    for (let c = 0; c < k; c++) {
      shares[i * k + c]! /= total;
      means[i]! += shares[i * k + c]! * described[i * 3 * k + k + c]!;
    }
  }
  return {
    means,
    probability: () => Number.NaN,
    draw: (rows, draws, rng) => {
      const out = new Float32Array(rows.length * draws);
      for (let at = 0; at < out.length; at++) {
        const i = rows[at % rows.length]!;
        let rest = rng.next();
        let c = 0;
        while (c < k - 1 && rest > shares[i * k + c]!) rest -= shares[i * k + c++]!;
        const base = i * 3 * k + k + c;
        out[at] = described[base]! + described[base + k]! * rng.normal();
      }
      return out;
    },
  };
}

function r2(values: ArrayLike<number>, predicted: ArrayLike<number>): number {
  const n = values.length;
  const mean = (v: ArrayLike<number>): number => Array.from(v).reduce((s, a) => s + a / n, 0);
  const [a, b] = [mean(values), mean(predicted)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    ab += (values[i]! - a) * (predicted[i]! - b);
    aa += (values[i]! - a) ** 2;
    bb += (predicted[i]! - b) ** 2;
  }
  return aa * bb > 0 ? (ab * ab) / (aa * bb) : 0;
}

async function evaluate(
  engine: TensorEngine,
  h: (inputs: Tensor2D) => Tensor2D,
  x: Float64Array,
  d: number,
  dose: number,
  scaling: Scalings,
  binary: boolean,
): Promise<Float64Array> {
  const { tf } = engine;
  const n = d === 0 ? 1 : x.length / d;
  const scaled = scaleCovariates(x, d, scaling.x);
  const at = binary ? dose : (dose - scaling.t.mean) / scaling.t.scale;
  const out = new Float64Array(n);
  for (let from = 0; from < n; from += CHUNK) {
    const size = Math.min(CHUNK, n - from);
    const values = tf.tidy(() =>
      h(
        tf.concat(
          [
            tf.mul<Tensor2D>(tf.ones([size, 1]), at),
            ...(d === 0
              ? []
              : [tf.tensor2d(scaled.subarray(from * d, (from + size) * d), [size, d])]),
          ],
          1,
        ),
      ),
    );
    const found = await values.data();
    values.dispose();
    for (let i = 0; i < size; i++) {
      out[from + i] = scaling.x.yMean + scaling.x.yScale * found[i]!;
    }
  }
  return out;
}
