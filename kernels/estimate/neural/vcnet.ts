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
import { learnScaling, scaleCovariates, scaleRows } from "./data.ts";
import type { NeuralData, Scaling } from "./data.ts";
import { batchOf, decayOf } from "./fit.ts";
import type { Batch, FitOptions } from "./fit.ts";
import { outcomeLoss } from "./losses.ts";

/** Sizes and penalties of a varying-coefficient network. */
export interface VcnetOptions extends FitOptions {
  /** Units in each layer. */
  readonly width: number;
  /** Intervals of the grid on which the density of the treatment is learnt. */
  readonly bins: number;
  /** Weight of the density's log-likelihood. */
  readonly densityWeight: number;
  readonly decay: number;
}

export const VCNET_DEFAULTS: VcnetOptions = {
  width: 50,
  bins: 10,
  densityWeight: 1,
  decay: 0.03,
  epochs: 200,
  batchSize: 100,
  learningRate: 1e-3,
  optimizer: "adam",
  patience: 30,
  validationShare: 0.2,
};

/** A fitted net for a treatment of many doses. `x: [m, d]` unscaled; everything on the data's own scales. */
export interface VcnetFit {
  readonly training: TrainResult;
  readonly weights: readonly Float32Array[];
  /** E[y | x, t = dose] of every row for every dose: `[m, doses]` row-major. */
  outcomes(x: Float64Array, doses: ArrayLike<number>): Promise<Float64Array>;
  /** Density of the treatment given x at every dose: `[m, doses]` row-major, per unit of treatment. */
  densities(x: Float64Array, doses: ArrayLike<number>): Promise<Float64Array>;
}

/** Range of doses that 0 … 1 stands for in the net; a hundredth of the rows lies outside. */
interface DoseRange {
  readonly low: number;
  readonly span: number;
}

const KNOTS = [1 / 3, 2 / 3];
const BASIS = 3 + KNOTS.length;
const CHUNK = 4096;

/** 1, u, u² and a truncated square for each knot (Nie et al. 2021, section 3.1.2). */
function powers(u: number): number[] {
  return [1, u, u * u, ...KNOTS.map((knot) => Math.max(0, u - knot) ** 2)];
}

/**
 * Coefficients of orthonormal combinations of those powers on [0, 1], `[5][5]`: the same curves, but gradient steps
 * find them, as they do not with the powers themselves (a sine stays a line for hundreds of epochs).
 */
const ORTHONORMAL: readonly (readonly number[])[] = (() => {
  const points = Array.from({ length: 201 }, (_, k) => powers(k / 200));
  const inner = (a: readonly number[], b: readonly number[]): number =>
    points.reduce((sum, p) => sum + (dot(a, p) * dot(b, p)) / points.length, 0);
  const found: number[][] = [];
  for (let k = 0; k < BASIS; k++) {
    let next: number[] = Array.from({ length: BASIS }, (_, j) => (j === k ? 1 : 0));
    for (const before of found) {
      const along = inner(next, before);
      next = next.map((v, j) => v - along * before[j]!);
    }
    const length = Math.sqrt(inner(next, next));
    found.push(next.map((v) => v / length));
  }
  return found;
})();

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, k) => sum + v * b[k]!, 0);
}

/** The basis at every dose, `[n, 5]`. */
function splineBasis(u: Float32Array): Float32Array {
  const out = new Float32Array(u.length * BASIS);
  u.forEach((value, i) => {
    const p = powers(value);
    out.set(
      ORTHONORMAL.map((c) => dot(c, p)),
      i * BASIS,
    );
  });
  return out;
}

/** The net of `buildVcnet`. */
export interface Vcnet {
  represent(x: Tensor2D): Tensor2D;
  /** `r: [b, width]`, `basis: [b, 5]` -> `[b, 1]`, scaled outcome or logit. */
  outcome(r: Tensor2D, basis: Tensor2D): Tensor2D;
  /** Log density of u on [0, 1] at the grid's nodes, `[b, bins + 1]`. */
  logDensity(r: Tensor2D): Tensor2D;
  readonly decay: ReturnType<typeof decayOf>;
}

/**
 * VCNet (Nie, Ye, Liu & Nicolae 2021): the weights of the outcome's layers are splines of the dose, so that the curve of
 * each unit is smooth in it; a density head on the same representation keeps what drives the treatment. The density is
 * piecewise linear on a grid and integrates to one exactly.
 */
export function buildVcnet(
  engine: TensorEngine,
  parameters: Parameters,
  options: Pick<VcnetOptions, "width" | "bins" | "decay">,
  inputs: number,
): Vcnet {
  const { tf } = engine;
  const { width, bins } = options;
  const phi = denseStack(engine, parameters, [inputs, width, width], "elu");
  const hidden = denseLayer(engine, parameters, width, BASIS * width, "linear");
  const last = denseLayer(engine, parameters, width, BASIS, "linear");
  const density = denseLayer(engine, parameters, width, bins + 1, "linear");
  // Trapezoid weights: exp(logits) / Σ weight · exp(logits) integrates to one.
  const trapezoid = Float32Array.from({ length: bins + 1 }, (_, k) =>
    Math.log((k === 0 || k === bins ? 0.5 : 1) / bins),
  );
  const vary = (outputs: Tensor2D, basis: Tensor2D): Tensor2D => {
    const parts = tf.split(outputs, BASIS, 1);
    const shares = tf.split(basis, BASIS, 1);
    return tf.addN(parts.map((part, k) => tf.mul(part, shares[k]!)));
  };
  return {
    represent: (x) => phi.apply(x),
    outcome: (r, basis) => vary(last.apply(tf.elu(vary(hidden.apply(r), basis))), basis),
    logDensity: (r) => {
      const logits = density.apply(r);
      const total = tf.logSumExp(tf.add(logits, tf.tensor2d(trapezoid, [1, bins + 1])), 1, true);
      return tf.sub(logits, total);
    },
    decay: decayOf([...phi.layers, hidden, last], options.decay),
  };
}

/** Weights `[n, bins + 1]` of the two nodes on either side of u, clamped to [0, 1]. */
function nodeWeights(u: Float32Array, bins: number): Float32Array {
  const out = new Float32Array(u.length * (bins + 1));
  u.forEach((value, i) => {
    const at = Math.min(1, Math.max(0, value)) * bins;
    const node = Math.min(bins - 1, Math.floor(at));
    out[i * (bins + 1) + node] = 1 - (at - node);
    out[i * (bins + 1) + node + 1] = at - node;
  });
  return out;
}

/** Outcome loss less the weighted log density of the doses, `u: [b]` on [0, 1]. */
export function vcnetLoss(
  engine: TensorEngine,
  net: Vcnet,
  batch: Batch,
  u: Float32Array,
  options: VcnetOptions,
  kind: NeuralData["outcomeKind"],
): Scalar {
  const { tf } = engine;
  const r = net.represent(batch.x);
  const q = net.outcome(r, tf.tensor2d(splineBasis(u), [u.length, BASIS]));
  const nodes = tf.tensor2d(nodeWeights(u, options.bins), [u.length, options.bins + 1]);
  const density = tf.sum(tf.mul(tf.exp(net.logDensity(r)), nodes), 1);
  const fit = outcomeLoss(engine, batch.y, q, kind);
  return tf.sub(fit, tf.mul(options.densityWeight, tf.mean(tf.log(tf.add(density, 1e-6)))));
}

/**
 * Trains a VCNet on the given rows (all when absent); `data.treatment` holds doses. A share is held out to choose the
 * epoch. All tensors are freed before it returns or throws.
 *
 * @throws UserError `training-diverged`; the signal's reason when stopped.
 */
export async function fitVcnet(
  engine: TensorEngine,
  data: NeuralData,
  options: VcnetOptions,
  rng: Rng,
  work: Work,
  rows: Int32Array = Int32Array.from({ length: data.n }, (_, i) => i),
): Promise<VcnetFit> {
  const order = shuffled(rows.length, rng.fork("split")).map((k) => rows[k]!);
  const held = Math.round(options.validationShare * rows.length);
  const scaling = learnScaling(data, rows);
  const range = doseRange(Float64Array.from(rows, (i) => data.treatment[i]!));
  const training = scaleRows(data, order.slice(held), scaling);
  const validation = scaleRows(data, order.slice(0, held), scaling);
  const unit = (t: Float32Array): Float32Array => t.map((v) => (v - range.low) / range.span);
  const [trainingDose, validationDose] = [unit(training.t), unit(validation.t)];
  const parameters = createParameters(engine, rng.fork("weights"));
  try {
    const net = buildVcnet(engine, parameters, options, data.d);
    const result = await train(
      engine,
      {
        parameters,
        rows: training.n,
        decay: net.decay,
        loss: (batch) =>
          vcnetLoss(
            engine,
            net,
            batchOf(engine, training, batch),
            Float32Array.from(batch, (i) => trainingDose[i]!),
            options,
            data.outcomeKind,
          ),
        ...(held === 0
          ? {}
          : {
              validation: () =>
                vcnetLoss(
                  engine,
                  net,
                  batchOf(engine, validation),
                  validationDose,
                  options,
                  data.outcomeKind,
                ),
            }),
      },
      options,
      rng.fork("batches"),
      work,
    );
    const weights = await parameters.read();
    const fitted = { engine, options, scaling, range, weights, data, rng };
    return {
      training: result,
      weights,
      outcomes: (x, doses) => evaluate(fitted, x, doses, "outcome"),
      densities: (x, doses) => evaluate(fitted, x, doses, "density"),
    };
  } finally {
    parameters.dispose();
  }
}

function doseRange(doses: Float64Array): DoseRange {
  const sorted = doses.toSorted();
  const at = (q: number): number => sorted[Math.round(q * (sorted.length - 1))]!;
  const [low, high] = [at(0.005), at(0.995)];
  return { low, span: high > low ? high - low : 1 };
}

async function evaluate(
  fitted: {
    readonly engine: TensorEngine;
    readonly options: VcnetOptions;
    readonly scaling: Scaling;
    readonly range: DoseRange;
    readonly weights: readonly Float32Array[];
    readonly data: Pick<NeuralData, "d" | "outcomeKind">;
    readonly rng: Rng;
  },
  x: Float64Array,
  doses: ArrayLike<number>,
  what: "outcome" | "density",
): Promise<Float64Array> {
  const { engine, options, scaling, range, data } = fitted;
  const { tf } = engine;
  const { d } = data;
  const n = x.length / d;
  const count = doses.length;
  const out = new Float64Array(n * count);
  const scaled = scaleCovariates(x, d, scaling);
  const u = Float32Array.from(doses, (dose) => (dose - range.low) / range.span);
  const parameters = createParameters(engine, fitted.rng);
  const put = async (from: number, size: number, k: number, values: Tensor): Promise<void> => {
    const found = await values.data();
    values.dispose();
    for (let i = 0; i < size; i++) out[(from + i) * count + k] = found[i]!;
  };
  try {
    const net = buildVcnet(engine, parameters, options, d);
    parameters.write(fitted.weights);
    for (let from = 0; from < n; from += CHUNK) {
      const size = Math.min(CHUNK, n - from);
      const r = tf.tidy(() => {
        const part = tf.tensor2d(scaled.subarray(from * d, (from + size) * d), [size, d]);
        const represented = net.represent(part);
        return what === "density" ? tf.exp<Tensor2D>(net.logDensity(represented)) : represented;
      });
      for (let k = 0; k < count; k++) {
        const one = Float32Array.of(u[k]!);
        const values = tf.tidy(() => {
          if (what === "density") {
            const nodes = tf.tensor2d(nodeWeights(one, options.bins), [1, options.bins + 1]);
            return tf.sum(tf.mul(r, nodes), 1);
          }
          const basis = tf.tile(tf.tensor2d(splineBasis(one), [1, BASIS]), [size, 1]);
          return net.outcome(r, basis);
        });
        await put(from, size, k, values);
      }
      r.dispose();
    }
  } finally {
    parameters.dispose();
  }
  if (what === "density") return out.map((v) => v / range.span);
  return data.outcomeKind === "binary"
    ? out.map(logistic)
    : out.map((q) => scaling.yMean + scaling.yScale * q);
}
