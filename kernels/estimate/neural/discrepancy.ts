import type { Scalar, Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { TensorEngine } from "../../tensor/backend.ts";

// Distances between the treated and control rows of a representation r: [b, w], t: [b, 1]. A batch is kept whole:
// rows of the other arm get weight 0, so that shapes, and with them the work, do not depend on the draw. Weights are
// constants (t is data).

/** Weights that average over one arm: t/n1 and (1-t)/n0, `[b, 1]`; zero throughout for an empty arm. */
function armWeights({ tf }: TensorEngine, t: Tensor2D): { one: Tensor2D; zero: Tensor2D } {
  const other = tf.sub(1, t) as Tensor2D;
  return {
    one: tf.div(t, tf.maximum(tf.sum(t), 1)),
    zero: tf.div(other, tf.maximum(tf.sum(other), 1)),
  };
}

/**
 * Squared distance of the arms' means (linear-kernel MMD, the form cfrnet calls `mmd2_lin`): 0 for identical arms.
 */
export function linearMmd(engine: TensorEngine, r: Tensor2D, t: Tensor2D): Scalar {
  const { tf, ops } = engine;
  const { one, zero } = armWeights(engine, t);
  const difference = ops.matMul(tf.transpose(tf.sub(one, zero)), r);
  return ops.sumSquares(difference);
}

/**
 * Squared maximum mean discrepancy (Gretton et al. 2012, eq. 5, V-statistic) with the kernel exp(-|a-b|²/σ²):
 * sum of w_i w_j k(r_i, r_j) with w = t/n1 - (1-t)/n0. At least 0, and 0 for identical arms.
 */
export function rbfMmd(engine: TensorEngine, r: Tensor2D, t: Tensor2D, sigma: number): Scalar {
  const { tf, ops } = engine;
  const { one, zero } = armWeights(engine, t);
  const w = tf.sub(one, zero) as Tensor2D;
  const kernel = tf.exp(tf.div(ops.squaredDistances(r, r), -(sigma ** 2)));
  return tf.sum(tf.mul(kernel, ops.matMul(w, tf.transpose(w))));
}

/**
 * Entropic Wasserstein distance between the arms by Sinkhorn's iterations (Cuturi 2013, algorithm 1; as Shalit et al.
 * 2017 use it): cost |a - b|, kernel exp(-λ cost) with λ = 10 / mean cost and no gradient through λ and through the
 * scaling vectors, so that the gradient is the transport plan's (the envelope theorem makes it exact at convergence).
 * Rows of an arm carry equal mass. O(b² (w + iterations)).
 */
export function sinkhorn(
  engine: TensorEngine,
  r: Tensor2D,
  t: Tensor2D,
  iterations: number,
): Scalar {
  const { tf, ops } = engine;
  const cost = tf.sqrt(tf.add(ops.squaredDistances(r, r), 1e-8)) as Tensor2D;
  const plan = tf.tidy(() => transportPlan(engine, ops.stopGradient(cost), t, iterations));
  return tf.sum(tf.mul(ops.stopGradient(plan), cost));
}

/** `[b, b]`: mass moved from treated row i to control row j; zero elsewhere. */
function transportPlan(
  engine: TensorEngine,
  cost: Tensor2D,
  t: Tensor2D,
  iterations: number,
): Tensor2D {
  const { tf, ops } = engine;
  const { one, zero } = armWeights(engine, t);
  const across = ops.matMul(one, tf.transpose(zero));
  const mean = tf.sum(tf.mul(cost, across));
  const lambda = tf.div(10, tf.maximum(mean, 1e-6));
  const pair = ops.matMul(t, tf.transpose(tf.sub(1, t)));
  const kernel = tf.mul(tf.add(tf.exp(tf.neg(tf.mul(lambda, cost))), 1e-6), pair) as Tensor2D;
  const transposed = tf.transpose(kernel);
  let u: Tensor = one;
  let v: Tensor = zero;
  // 0/0 belongs to rows of the other arm and to empty arms
  const divide = (mass: Tensor2D, by: Tensor): Tensor => tf.div(mass, tf.maximum(by, 1e-30));
  for (let k = 0; k < iterations; k++) {
    v = divide(zero, ops.matMul(transposed, u as Tensor2D));
    u = divide(one, ops.matMul(kernel, v as Tensor2D));
  }
  return tf.mul(tf.mul(u, kernel), tf.transpose(v)) as Tensor2D;
}
