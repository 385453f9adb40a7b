import type { Scalar, Tensor2D } from "@tensorflow/tfjs-core";
import { denseLayer, denseStack } from "../../tensor/layers.ts";
import { DRAGONNET_DEFAULTS } from "./dragonnet.ts";
import { decayOf } from "./fit.ts";
import type { Batch, FitOptions, Heads, NetBuilder } from "./fit.ts";
import { factual, outcomeLoss } from "./losses.ts";
import { neuralMethod, widthOptions } from "./method.ts";
import type { NeuralOptions } from "./method.ts";
import type { Method } from "../method.ts";
import { strength } from "./training-options.ts";

export interface RiesznetOptions extends FitOptions {
  readonly width: number;
  readonly headWidth: number;
  readonly decay: number;
  /** Weight of the Riesz loss. */
  readonly rieszWeight: number;
  /** Weight of targeted regularization; 0 switches it off. */
  readonly targeted: number;
}

export const RIESZNET_DEFAULTS: RiesznetOptions = {
  ...DRAGONNET_DEFAULTS,
  rieszWeight: 0.1,
  targeted: 1,
};

/**
 * RieszNet (Chernozhukov, Newey, Quintas-Martínez & Syrgkanis 2022, section 3): outcome heads beside a head for the
 * Riesz representer α of the average effect, which is learnt from E[α(t, x)² - 2 (α(1, x) - α(0, x))] without ever
 * naming or inverting a propensity. Its minimum is α = t/e - (1 - t)/(1 - e). The heads of α are linear in the shared
 * representation, as are their code's. Targeted regularization adds (y - q - ε α)².
 */
export function riesznet(options: RiesznetOptions): NetBuilder {
  return (engine, parameters, { inputs, outcomeKind }) => {
    const { tf } = engine;
    const { width, headWidth } = options;
    const phi = denseStack(engine, parameters, [inputs, width, width, width], "elu");
    const head = (): ReturnType<typeof denseStack> =>
      denseStack(engine, parameters, [width, headWidth, headWidth], "elu");
    const [body0, body1] = [head(), head()];
    const out0 = denseLayer(engine, parameters, headWidth, 1, "linear");
    const out1 = denseLayer(engine, parameters, headWidth, 1, "linear");
    const riesz = denseLayer(engine, parameters, width, 2, "linear");
    const epsilon = parameters.vector(1);
    const decay = decayOf(
      [...phi.layers, ...body0.layers, ...body1.layers, out0, out1, riesz],
      options.decay,
    );
    const heads = (x: Tensor2D): Heads & { readonly riesz: Tensor2D } => {
      const r = phi.apply(x);
      return {
        q0: out0.apply(body0.apply(r)),
        q1: out1.apply(body1.apply(r)),
        riesz: riesz.apply(r),
      };
    };
    const parts = ({ x, y, t }: Batch): { fit: Scalar; riesz: Scalar; targeted: Scalar } => {
      const outputs = heads(x);
      const q = factual(engine, t, outputs.q0, outputs.q1);
      const alpha = byArm(t, outputs.riesz);
      const mean = outcomeKind === "binary" ? tf.sigmoid(q) : q;
      const shifted = tf.add(mean, tf.mul(epsilon, alpha));
      return {
        fit: outcomeLoss(engine, y, q, outcomeKind),
        riesz: rieszLoss(t, outputs.riesz),
        targeted: tf.mean(tf.square(tf.sub(y, shifted))),
      };
    };
    const byArm = (t: Tensor2D, both: Tensor2D): Tensor2D => {
      const [zero, one] = tf.split(both, 2, 1) as [Tensor2D, Tensor2D];
      return factual(engine, t, zero, one);
    };
    const rieszLoss = (t: Tensor2D, both: Tensor2D): Scalar => {
      const [zero, one] = tf.split(both, 2, 1) as [Tensor2D, Tensor2D];
      const own = tf.square(factual(engine, t, zero, one));
      return tf.mean(tf.sub(own, tf.mul(2, tf.sub(one, zero))));
    };
    return {
      heads,
      loss: (batch) => {
        const { fit, riesz, targeted } = parts(batch);
        const terms = [fit, tf.mul<Scalar>(options.rieszWeight, riesz)];
        if (options.targeted > 0) terms.push(tf.mul<Scalar>(options.targeted, targeted));
        return tf.addN(terms);
      },
      // Both nuisances are held to rows that were not seen: either may overfit.
      validationLoss: (batch) => {
        const { fit, riesz } = parts(batch);
        return tf.add(fit, tf.mul(options.rieszWeight, riesz));
      },
      decay,
      ...(options.targeted > 0 ? { epsilon } : {}),
    };
  };
}

export type RiesznetMethodOptions = NeuralOptions & {
  readonly width: number;
  readonly headWidth: number;
  readonly decay: number;
  readonly rieszWeight: number;
  readonly targeted: number;
};

export const riesznetMethod: Method<RiesznetMethodOptions> = neuralMethod({
  name: "riesznet",
  label: "RieszNet",
  summary:
    "Learns the weights that debias the average effect directly, beside the outcomes, instead of inverting a propensity: steadier where propensities come near 0 or 1.",
  source: "Chernozhukov, Newey, Quintas-Martínez & Syrgkanis (2022)",
  targets: ["ATE"],
  defaults: RIESZNET_DEFAULTS,
  options: {
    ...widthOptions(RIESZNET_DEFAULTS.width, RIESZNET_DEFAULTS.headWidth),
    decay: strength(RIESZNET_DEFAULTS.decay, "Penalty on the squared weights of all layers."),
    rieszWeight: strength(RIESZNET_DEFAULTS.rieszWeight, "Weight of the Riesz loss."),
    targeted: strength(
      RIESZNET_DEFAULTS.targeted,
      "Weight of targeted regularization; 0 switches it off.",
    ),
  },
  build: (options) => riesznet({ ...RIESZNET_DEFAULTS, ...options }),
  targeted: (options) => options.targeted > 0,
});
