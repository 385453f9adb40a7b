import type { Scalar, Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { TensorEngine } from "../../tensor/backend.ts";

// All losses are means over the batch, so that learning rates and penalties do not depend on its size (the
// released Dragonnet code sums). Shapes: y, t, q, logit are [b, 1].

/** Mean squared error of a continuous outcome, mean log loss of a binary one (`q` is then a logit). */
export function outcomeLoss(
  { tf, ops }: TensorEngine,
  y: Tensor2D,
  q: Tensor2D,
  kind: "continuous" | "binary",
): Scalar {
  return kind === "binary" ? tf.mean(ops.logLoss(y, q)) : tf.mean(tf.square(tf.sub(y, q)));
}

/** The outcome of the head that belongs to the treatment received: `t q1 + (1 - t) q0`. */
export function factual({ tf }: TensorEngine, t: Tensor2D, q0: Tensor2D, q1: Tensor2D): Tensor2D {
  return tf.add(tf.mul(t, q1), tf.mul(tf.sub(1, t), q0));
}

/** Propensity from its logit, kept off 0 and 1 as Dragonnet's code does: (g + .01) / 1.02. */
export function squashedPropensity({ tf }: TensorEngine, logit: Tensor2D): Tensor2D {
  return tf.div(tf.add(tf.sigmoid(logit), 0.01), 1.02);
}

/**
 * Targeted regularization (Shi, Blei & Veitch 2019, eq. 3.2): mean of (y - (q + ε h))² with
 * h = t/g - (1 - t)/(1 - g). Its stationary point in ε solves the efficient estimating equation in sample.
 */
export function targetedRegularization(
  engine: TensorEngine,
  y: Tensor2D,
  t: Tensor2D,
  q: Tensor2D,
  logit: Tensor2D,
  epsilon: Tensor,
): Scalar {
  const { tf } = engine;
  const g = squashedPropensity(engine, logit);
  const h = tf.sub(tf.div(t, g), tf.div(tf.sub(1, t), tf.sub(1, g)));
  return tf.mean(tf.square(tf.sub(y, tf.add(q, tf.mul(epsilon, h)))));
}

/** Outcome loss in which both arms weigh the same whatever their sizes: w = t/2u + (1-t)/2(1-u) (Shalit et al. 2017). */
export function weightedOutcomeLoss(
  { tf, ops }: TensorEngine,
  y: Tensor2D,
  q: Tensor2D,
  t: Tensor2D,
  treatedShare: number,
  kind: "continuous" | "binary",
): Scalar {
  const weight = tf.add(
    tf.mul(t, 1 / (2 * treatedShare)),
    tf.mul(tf.sub(1, t), 1 / (2 * (1 - treatedShare))),
  );
  const each = kind === "binary" ? ops.logLoss(y, q) : tf.square(tf.sub(y, q));
  return tf.mean(tf.mul(weight, each));
}
