import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { TensorEngine } from "./backend.ts";

export type OptimizerName = "adam" | "sgd" | "momentum";

/** Changes variables by their gradients. Its owner calls `dispose`. */
export interface Optimizer {
  /**
   * One step. `gradients` in the order of the variables, undefined or null where the loss does not depend on one.
   * Call inside tidy.
   */
  apply(
    gradients: readonly (Tensor | null | undefined)[],
    learningRate: number,
    clipNorm?: number,
  ): void;
  dispose(): void;
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1; beta 0.9 and 0.999, epsilon 1e-8), plain gradient descent, or Nesterov
 * momentum 0.9 (Sutskever et al. 2013, eq. 3-4). `decay` adds the gradient of `weight · |variable|²`, which costs
 * nothing here and several tape entries in a loss.
 */
export function createOptimizer(
  engine: TensorEngine,
  variables: readonly Variable[],
  name: OptimizerName,
  decay: ReadonlyMap<Variable, number> = new Map(),
): Optimizer {
  const { tf, simd } = engine;
  const zeros = (): Variable[] =>
    name === "sgd" ? [] : variables.map((v) => tf.tidy(() => tf.variable(tf.zerosLike(v), false)));
  const first = zeros();
  const second = name === "adam" ? zeros() : [];
  let t = 0;

  const update = (i: number, gradient: Tensor, rate: number): void => {
    const variable = variables[i] as Variable;
    if (name === "sgd") {
      variable.assign(tf.sub(variable, tf.mul(gradient, rate)));
      return;
    }
    const m = first[i] as Variable;
    if (name === "momentum") {
      m.assign(tf.sub(tf.mul(m, 0.9), tf.mul(gradient, rate)));
      variable.assign(tf.sub(tf.add(variable, tf.mul(m, 0.9)), tf.mul(gradient, rate)));
      return;
    }
    const v = second[i] as Variable;
    m.assign(tf.add(tf.mul(m, 0.9), tf.mul(gradient, 0.1)));
    v.assign(tf.add(tf.mul(v, 0.999), tf.mul(tf.square(gradient), 0.001)));
    const size = adamSize(rate, t);
    variable.assign(tf.sub(variable, tf.div(tf.mul(m, size), tf.add(tf.sqrt(v), 1e-8))));
  };

  return {
    apply: (gradients, learningRate, clipNorm) => {
      t++;
      let scale: Tensor | undefined;
      if (clipNorm !== undefined) {
        const squares = gradients.flatMap((g) => (g ? [tf.sum(tf.square(g))] : []));
        scale = tf.minimum(1, tf.div(clipNorm, tf.sqrt(tf.add(tf.addN(squares), 1e-12))));
      }
      gradients.forEach((g, i) => {
        if (!g) return;
        const variable = variables[i]!;
        const penalty = 2 * (decay.get(variable) ?? 0);
        const clipped = scale === undefined ? g : tf.mul(g, scale);
        if (simd !== undefined && name === "adam") {
          simd.adam(
            variable,
            clipped,
            first[i]!,
            second[i]!,
            adamSize(learningRate, t),
            1,
            penalty,
          );
        } else {
          const whole = penalty === 0 ? clipped : tf.add(clipped, tf.mul(variable, penalty));
          update(i, whole, learningRate);
        }
      });
    },
    dispose: () => tf.dispose([...first, ...second]),
  };
}

/** The two bias corrections as one step size (Kingma & Ba, end of section 2). */
function adamSize(rate: number, t: number): number {
  return (rate * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t);
}
