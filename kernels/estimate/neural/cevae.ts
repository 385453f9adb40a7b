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
import type { NeuralData, ScaledData, Scaling } from "./data.ts";
import { batchOf } from "./fit.ts";
import type { Batch, FitOptions } from "./fit.ts";
import { binaryColumns } from "./latent-class.ts";

/** Sizes and training of a causal-effect variational autoencoder. */
export interface CevaeOptions extends FitOptions {
  /** Dimensions of the hidden confounder. */
  readonly latent: number;
  /** Units in each of the two layers of every net. */
  readonly width: number;
  /** Draws of the hidden confounder for each row when effects are worked out. */
  readonly samples: number;
}

export const CEVAE_DEFAULTS: CevaeOptions = {
  latent: 2,
  width: 64,
  samples: 50,
  epochs: 60,
  batchSize: 200,
  learningRate: 2e-3,
  finalRate: 0.05,
  clipNorm: 10,
  optimizer: "adam",
  patience: 60,
  validationShare: 0.1,
};

/** What a fitted CEVAE says. */
export interface CevaeFit {
  /** Mean over rows of E[y | 1, z] - E[y | 0, z], z drawn from q(z | x, t, y): the average effect. */
  readonly effect: number;
  /** The same over the prior of z; far from `effect` when the encoder does not fill the prior. */
  readonly priorEffect: number;
  /** E[y | 1, z] - E[y | 0, z] of each row given all that was observed of it, `[n]`. */
  readonly unitEffects: Float64Array;
  readonly training: TrainResult;
  readonly weights: readonly Float32Array[];
  /** Mean evidence lower bound of the held-out rows, in nats; of the training rows when none is held out. */
  readonly bound: number;
  /** Effects of units of which only `x: [m, d]` is known: t and y are drawn from q(t | x) and q(y | x, t). */
  predict(x: Float64Array): Promise<Float64Array>;
}

/** Rows in one forward pass of a prediction. */
const CHUNK = 4096;
/** Standard deviations of proxies and outcome, in units of the column's own, are kept above this. */
const LEAST_SCALE = 0.05;

/** The net of `buildCevae`. */
export interface Cevae {
  /** Negative evidence lower bound with the log-likelihood of the auxiliary nets, mean over the batch. */
  loss(batch: Batch, noise: Tensor2D): Scalar;
  /** Negative bound alone. */
  negativeBound(batch: Batch, noise: Tensor2D): Scalar;
  /** z from q(z | x, t, y), `[b, latent]`. */
  infer(batch: Batch, noise: Tensor2D): Tensor2D;
  /** E[y | 0, z] and E[y | 1, z] (logits when binary), `[b, 2]`. */
  outcomes(z: Tensor2D): Tensor2D;
  /** Logit of q(t = 1 | x), and location of q(y | x, t) for both arms (logits when binary), `[b, 3]`. */
  auxiliary(x: Tensor2D): Tensor2D;
  /** Standard deviations of q(y | x, t), `[2]`; on the scaled outcome. */
  readonly auxiliaryScale: Tensor;
}

/**
 * Causal effect variational autoencoder (Louizos, Shalit, Mooij, Sontag, Zemel & Welling 2017, equations 2-8): a hidden
 * confounder z ~ N(0, I) drives the proxies x, the treatment and the outcome; p(x | z) is Gaussian for continuous and
 * Bernoulli for two-valued columns, p(t | z) Bernoulli, p(y | t, z) Gaussian or Bernoulli with a head for each arm;
 * q(z | x, t, y) is Gaussian with a head for each arm. Right only if the proxies, t and y are independent given z and
 * the likelihoods fit; in general z is not identified (Rissanen & Marttinen 2021).
 */
export function buildCevae(
  engine: TensorEngine,
  parameters: Parameters,
  options: Pick<CevaeOptions, "latent" | "width">,
  shape: {
    readonly d: number;
    readonly binary: Uint8Array;
    readonly outcomeKind: "continuous" | "binary";
  },
): Cevae {
  const { tf, ops } = engine;
  const { latent, width } = options;
  const { d, binary, outcomeKind } = shape;
  const gaussianY = outcomeKind === "continuous";
  const encoder = denseStack(engine, parameters, [d + 2, width, width], "elu");
  const posterior = denseLayer(engine, parameters, width, 4 * latent, "linear");
  const proxyBody = denseStack(engine, parameters, [latent, width, width], "elu");
  const proxies = denseLayer(engine, parameters, width, 2 * d, "linear");
  const causeBody = denseStack(engine, parameters, [latent, width, width], "elu");
  const causes = denseLayer(engine, parameters, width, 3, "linear");
  const guessBody = denseStack(engine, parameters, [d, width, width], "elu");
  const guesses = denseLayer(engine, parameters, width, 3, "linear");
  // softplus(0.5413) = 1
  const scaleY = parameters.vector(2, 0.5413);
  const auxiliaryY = parameters.vector(2, 0.5413);

  const columns = (j: (k: number) => boolean): Tensor2D =>
    tf.tensor2d(
      Float32Array.from({ length: d }, (_, k) => (j(k) ? 1 : 0)),
      [1, d],
    );
  const positive = (v: Tensor): Tensor => tf.add(tf.softplus(v), LEAST_SCALE);

  /** log N(v; mean, scale), elementwise. */
  const logNormal = (v: Tensor, mean: Tensor, scale: Tensor): Tensor =>
    tf.sub(
      tf.mul(-0.5, tf.square(tf.div(tf.sub(v, mean), scale))),
      tf.add(tf.log(scale), 0.5 * Math.log(2 * Math.PI)),
    );
  const byArm = (t: Tensor2D, arms: Tensor2D): Tensor2D => {
    const [zero, one] = tf.split(arms, 2, 1) as [Tensor2D, Tensor2D];
    return tf.add(zero, tf.mul(t, tf.sub(one, zero)));
  };
  const logOutcome = (y: Tensor2D, t: Tensor2D, arms: Tensor2D, scales: Tensor): Tensor2D => {
    const location = byArm(t, arms);
    if (!gaussianY) return tf.neg(ops.logLoss(y, location)) as Tensor2D;
    const both = tf.mul(tf.reshape(positive(scales), [1, 2]), tf.onesLike(arms)) as Tensor2D;
    return logNormal(y, location, byArm(t, both)) as Tensor2D;
  };
  const encode = ({ x, t, y }: Batch): { mean: Tensor2D; scale: Tensor2D } => {
    const outputs = posterior.apply(encoder.apply(tf.concat([x, t, y], 1)));
    const own = byArm(t, outputs);
    const [mean, raw] = tf.split(own, 2, 1) as [Tensor2D, Tensor2D];
    return { mean, scale: tf.add(tf.softplus(raw), 1e-3) };
  };
  const logProxies = (x: Tensor2D, z: Tensor2D): Tensor => {
    const [location, raw] = tf.split(proxies.apply(proxyBody.apply(z)), 2, 1) as [
      Tensor2D,
      Tensor2D,
    ];
    const parts: Tensor[] = [];
    if (binary.some((b) => b === 0)) {
      parts.push(
        tf.mul(
          logNormal(x, location, positive(raw)),
          columns((k) => binary[k] === 0),
        ),
      );
    }
    if (binary.some((b) => b === 1)) {
      parts.push(
        tf.mul(
          tf.neg(ops.logLoss(x, location)),
          columns((k) => binary[k] === 1),
        ),
      );
    }
    return tf.sum(parts.length === 2 ? tf.add(parts[0]!, parts[1]!) : parts[0]!, 1, true);
  };
  const negativeBound = (batch: Batch, noise: Tensor2D): Scalar => {
    const { x, t, y } = batch;
    const { mean, scale } = encode(batch);
    const z = tf.add(mean, tf.mul(scale, noise)) as Tensor2D;
    const [logit, arms] = tf.split(causes.apply(causeBody.apply(z)), [1, 2], 1) as [
      Tensor2D,
      Tensor2D,
    ];
    // KL(N(mean, scale²) | N(0, 1)) in closed form
    const divergence = tf.mul(
      0.5,
      tf.sum(
        tf.sub(tf.add(tf.square(mean), tf.square(scale)), tf.add(tf.mul(2, tf.log(scale)), 1)),
        1,
        true,
      ),
    );
    const likelihood = tf.addN([
      logProxies(x, z) as Tensor2D,
      tf.neg(ops.logLoss(t, logit)) as Tensor2D,
      logOutcome(y, t, arms, scaleY),
    ]);
    return tf.mean(tf.sub(divergence, likelihood));
  };
  const auxiliary = (x: Tensor2D): Tensor2D => guesses.apply(guessBody.apply(x));
  return {
    negativeBound,
    loss: (batch, noise) => {
      const [logit, arms] = tf.split(auxiliary(batch.x), [1, 2], 1) as [Tensor2D, Tensor2D];
      const guess = tf.add(
        tf.neg(ops.logLoss(batch.t, logit)),
        logOutcome(batch.y, batch.t, arms, auxiliaryY),
      );
      return tf.sub(negativeBound(batch, noise), tf.mean(guess));
    },
    infer: (batch, noise) => {
      const { mean, scale } = encode(batch);
      return tf.add(mean, tf.mul(scale, noise));
    },
    outcomes: (z) => tf.slice(causes.apply(causeBody.apply(z)), [0, 1], [-1, 2]),
    auxiliary,
    get auxiliaryScale() {
      return positive(auxiliaryY);
    },
  };
}

/**
 * Trains a CEVAE on all rows (a share is held out to choose the epoch) and works out its effects with observed
 * treatment and outcome in the encoder. All tensors are freed before it returns or throws.
 *
 * @throws UserError `training-diverged`; the signal's reason when stopped.
 */
export async function fitCevae(
  engine: TensorEngine,
  data: NeuralData,
  options: CevaeOptions,
  rng: Rng,
  work: Work,
): Promise<CevaeFit> {
  const { n, d } = data;
  const { latent } = options;
  const all = Int32Array.from({ length: n }, (_, i) => i);
  const order = shuffled(n, rng.fork("split"));
  const held = Math.round(options.validationShare * n);
  const scaling = learnScaling(data, all);
  const training = scaleRows(data, order.slice(held), scaling);
  const validation = scaleRows(data, order.slice(0, held), scaling);
  const shape = { d, binary: binaryColumns(data), outcomeKind: data.outcomeKind };
  const noise = rng.fork("noise");
  const heldNoise = draws(rng.fork("held-out noise"), held * latent);
  const { tf } = engine;
  const parameters = createParameters(engine, rng.fork("weights"));
  try {
    const net = buildCevae(engine, parameters, options, shape);
    const result = await train(
      engine,
      {
        parameters,
        rows: training.n,
        loss: (batch) =>
          net.loss(
            batchOf(engine, training, batch),
            tf.tensor2d(draws(noise, batch.length * latent), [batch.length, latent]),
          ),
        ...(held === 0
          ? {}
          : {
              validation: () =>
                net.negativeBound(
                  batchOf(engine, validation),
                  tf.tensor2d(heldNoise, [held, latent]),
                ),
            }),
      },
      options,
      rng.fork("batches"),
      work,
    );
    const kept = result.history[result.bestEpoch - 1];
    const weights = await parameters.read();
    const fitted: Fitted = { engine, net, data: shape, scaling, latent, samples: options.samples };
    const observed = scaleRows(data, all, scaling);
    const unitEffects = await effectsOf(fitted, observed, rng.fork("posterior"));
    const mean = (v: Float64Array): number => v.reduce((sum, e) => sum + e / v.length, 0);
    return {
      effect: mean(unitEffects),
      priorEffect: mean(await priorEffects(fitted, 20_000, rng.fork("prior"))),
      unitEffects,
      training: result,
      weights,
      bound: -(kept?.validation ?? kept?.loss ?? Number.NaN),
      predict: async (x) => {
        const again = createParameters(engine, rng);
        try {
          const net = buildCevae(engine, again, options, shape);
          again.write(weights);
          return await guessedEffects({ ...fitted, net }, x, rng.fork("prediction"));
        } finally {
          again.dispose();
        }
      },
    };
  } finally {
    parameters.dispose();
  }
}

interface Fitted {
  readonly engine: TensorEngine;
  readonly net: Cevae;
  readonly data: { readonly d: number; readonly outcomeKind: "continuous" | "binary" };
  readonly scaling: Scaling;
  readonly latent: number;
  readonly samples: number;
}

function draws(rng: Rng, length: number): Float32Array {
  return Float32Array.from({ length }, () => rng.normal());
}

/** Effect of z for both arms on the outcome's own scale, from the two heads. */
function gains(values: ArrayLike<number>, { data, scaling }: Fitted): Float64Array {
  return Float64Array.from({ length: values.length / 2 }, (_, i) => {
    const [q0, q1] = [values[2 * i]!, values[2 * i + 1]!];
    return data.outcomeKind === "binary" ? logistic(q1) - logistic(q0) : scaling.yScale * (q1 - q0);
  });
}

/** Mean over draws of z given x, t and y of each row; `[n]`. */
async function effectsOf(fitted: Fitted, rows: ScaledData, rng: Rng): Promise<Float64Array> {
  const { engine, net, latent, samples } = fitted;
  const { tf } = engine;
  const effects = new Float64Array(rows.n);
  for (let from = 0; from < rows.n; from += CHUNK) {
    const chunk = Int32Array.from({ length: Math.min(CHUNK, rows.n - from) }, (_, i) => from + i);
    for (let sample = 0; sample < samples; sample++) {
      const outcomes = tf.tidy(() => {
        const noise = tf.tensor2d(draws(rng, chunk.length * latent), [chunk.length, latent]);
        return net.outcomes(net.infer(batchOf(engine, rows, chunk), noise));
      });
      const values = await outcomes.data();
      outcomes.dispose();
      gains(values, fitted).forEach((gain, i) => (effects[from + i]! += gain / samples));
    }
  }
  return effects;
}

async function priorEffects(fitted: Fitted, count: number, rng: Rng): Promise<Float64Array> {
  const { engine, net, latent } = fitted;
  const outcomes = engine.tf.tidy(() =>
    net.outcomes(engine.tf.tensor2d(draws(rng, count * latent), [count, latent])),
  );
  const values = await outcomes.data();
  outcomes.dispose();
  return gains(values, fitted);
}

/** Effects where only covariates are known: t ~ q(t | x), y ~ q(y | x, t), then z as before. */
async function guessedEffects(fitted: Fitted, x: Float64Array, rng: Rng): Promise<Float64Array> {
  const { engine, net, data, scaling, samples } = fitted;
  const { tf } = engine;
  const { d } = data;
  const n = x.length / d;
  const scaled = scaleCovariates(x, d, scaling);
  const [outputs, scales] = tf.tidy(() => [
    net.auxiliary(tf.tensor2d(scaled, [n, d])),
    net.auxiliaryScale,
  ]) as [Tensor2D, Tensor];
  const guesses = await outputs.data();
  const spread = await scales.data();
  tf.dispose([outputs, scales]);
  const effects = new Float64Array(n);
  for (let sample = 0; sample < samples; sample++) {
    const t = new Float32Array(n);
    const y = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      t[i] = rng.next() < logistic(guesses[3 * i]!) ? 1 : 0;
      const location = guesses[3 * i + 1 + t[i]!]!;
      y[i] =
        data.outcomeKind === "binary"
          ? Number(rng.next() < logistic(location))
          : location + spread[t[i]!]! * rng.normal();
    }
    const drawn = await effectsOf({ ...fitted, samples: 1 }, { n, d, x: scaled, y, t }, rng);
    drawn.forEach((effect, i) => (effects[i]! += effect / samples));
  }
  return effects;
}
