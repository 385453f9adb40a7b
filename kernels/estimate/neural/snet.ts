import type { Scalar, Tensor2D } from "@tensorflow/tfjs-core";
import { denseLayer, denseStack } from "../../tensor/layers.ts";
import type { Method } from "../method.ts";
import { DRAGONNET_DEFAULTS } from "./dragonnet.ts";
import { decayOf } from "./fit.ts";
import type { Batch, FitOptions, Heads, NetBuilder } from "./fit.ts";
import { factual, outcomeLoss } from "./losses.ts";
import { neuralMethod } from "./method.ts";
import type { NeuralOptions } from "./method.ts";

export interface SnetOptions extends FitOptions {
  /** Width of the part shared by both outcomes, and of the part shared by outcomes and treatment. */
  readonly width: number;
  /** Width of each part of its own: of outcome 0, of outcome 1, of treatment. */
  readonly ownWidth: number;
  readonly headWidth: number;
  readonly decay: number;
  /** Weight of the penalty that keeps the parts on different covariates. */
  readonly orthogonal: number;
  readonly propensityWeight: number;
}

export const SNET_DEFAULTS: SnetOptions = {
  ...DRAGONNET_DEFAULTS,
  width: 100,
  ownWidth: 50,
  patience: 80,
  headWidth: 100,
  orthogonal: 0.01,
  propensityWeight: 0.1,
};

/**
 * SNet (Curth & van der Schaar 2021, section 4): five representations of the covariates, one for each of outcome 0,
 * outcome 1 and treatment alone, one shared by both outcomes and one by all three; heads read those that are theirs.
 * The orthogonal penalty is the sum over pairs of parts of Σ_j a_j b_j, a_j the mean absolute first-layer weight of
 * covariate j in a part, so that each covariate enters by few parts.
 */
export function snet(options: SnetOptions): NetBuilder {
  return (engine, parameters, { inputs, outcomeKind }) => {
    const { tf, ops } = engine;
    const { width, ownWidth, headWidth } = options;
    const part = (w: number): ReturnType<typeof denseStack> =>
      denseStack(engine, parameters, [inputs, w, w], "elu");
    const own0 = part(ownWidth);
    const own1 = part(ownWidth);
    const ownT = part(ownWidth);
    const outcomes = part(width);
    const all = part(width);
    const parts = [own0, own1, ownT, outcomes, all];
    const joined = ownWidth + 2 * width;
    const body0 = denseStack(engine, parameters, [joined, headWidth, headWidth], "elu");
    const body1 = denseStack(engine, parameters, [joined, headWidth, headWidth], "elu");
    const out0 = denseLayer(engine, parameters, headWidth, 1, "linear");
    const out1 = denseLayer(engine, parameters, headWidth, 1, "linear");
    const propensity = denseLayer(engine, parameters, ownWidth + width, 1, "linear");

    const heads = (x: Tensor2D): Heads & { readonly logit: Tensor2D } => {
      const shared = [outcomes.apply(x), all.apply(x)] as const;
      return {
        q0: out0.apply(body0.apply(tf.concat([own0.apply(x), ...shared], 1))),
        q1: out1.apply(body1.apply(tf.concat([own1.apply(x), ...shared], 1))),
        logit: propensity.apply(tf.concat([ownT.apply(x), shared[1]], 1)),
      };
    };
    const overlap = (): Scalar => {
      const use = parts.map(({ layers }) => tf.mean(tf.abs(layers[0]!.w), 1));
      // Σ over pairs a·b = (|Σ a|² - Σ |a|²) / 2
      const total = ops.sumSquares(tf.addN(use));
      return tf.div(tf.sub(total, tf.addN(use.map((a) => ops.sumSquares(a)))), 2);
    };
    const fit = ({ y, t }: Batch, { q0, q1 }: Heads): Scalar =>
      outcomeLoss(engine, y, factual(engine, t, q0, q1), outcomeKind);
    return {
      heads,
      loss: (batch) => {
        const outputs = heads(batch.x);
        return tf.addN([
          fit(batch, outputs),
          tf.mul(options.propensityWeight, tf.mean(ops.logLoss(batch.t, outputs.logit))),
          tf.mul(options.orthogonal, overlap()),
        ]);
      },
      validationLoss: (batch) => fit(batch, heads(batch.x)),
      decay: decayOf(
        [...parts.flatMap((p) => p.layers), ...body0.layers, ...body1.layers, out0, out1],
        options.decay,
      ),
    };
  };
}

export type SnetMethodOptions = NeuralOptions & {
  readonly width: number;
  readonly ownWidth: number;
  readonly decay: number;
  readonly orthogonal: number;
};

export const snetMethod: Method<SnetMethodOptions> = neuralMethod({
  name: "snet",
  label: "SNet",
  summary:
    "Learns which covariates serve the outcomes, the treatment, or both; often the most accurate net for effects of units.",
  source: "Curth & van der Schaar (2021)",
  defaults: SNET_DEFAULTS,
  options: {
    width: {
      type: "integer",
      default: SNET_DEFAULTS.width,
      minimum: 1,
      maximum: 4096,
      doc: "Units of each shared representation.",
    },
    ownWidth: {
      type: "integer",
      default: SNET_DEFAULTS.ownWidth,
      minimum: 1,
      maximum: 4096,
      doc: "Units of each representation that serves one outcome or the treatment alone.",
    },
    decay: {
      type: "number",
      default: SNET_DEFAULTS.decay,
      minimum: 0,
      maximum: 1000,
      doc: "Penalty on the squared weights.",
    },
    orthogonal: {
      type: "number",
      default: SNET_DEFAULTS.orthogonal,
      minimum: 0,
      maximum: 1000,
      doc: "Penalty that keeps the representations on different covariates.",
    },
  },
  build: (options) => snet({ ...SNET_DEFAULTS, ...options }),
});
