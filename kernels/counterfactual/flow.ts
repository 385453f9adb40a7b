import { normalCdf, normalPdf, normalQuantile } from "../math/distributions.ts";
import type { FlowMechanism } from "./model.ts";

/** A fully connected layer in double precision: `w: [inputs, outputs]`, `b: [outputs]`. */
export interface FlowLayer {
  readonly w: Float64Array;
  readonly b: Float64Array;
  readonly activation: "tanh" | "linear";
}

/** The weights of a mixture flow; values and parents are standardised before and after. */
export interface FlowWeights {
  readonly hidden: readonly FlowLayer[];
  readonly logits: FlowLayer;
  readonly means: FlowLayer;
  readonly logScales: FlowLayer;
  readonly center: number;
  readonly scale: number;
  /** The network's input from the parents' numbers. */
  readonly encode: (parents: ArrayLike<number>) => Float64Array;
}

/** Standard deviations of components stay between these, in units of the variable's own. */
export const SCALE_RANGE = [-5, 2] as const;

interface Mixture {
  readonly weights: Float64Array;
  readonly means: Float64Array;
  readonly scales: Float64Array;
}

/**
 * A strictly increasing map between one standard normal noise and the variable, given its parents: the noise is the
 * normal quantile of the conditional distribution function, which is a mixture of normals with weights, means and
 * scales from a small network (a conditional flow by mixture distribution functions, as in Ho et al. 2019). Inverse in
 * closed form; forward by safeguarded secant steps to 1e-12. O(network + components · steps).
 */
export function mixtureFlow(weights: FlowWeights, provenance: string): FlowMechanism {
  const { center, scale } = weights;
  return {
    kind: "flow",
    inverse: (value, parents) => noiseAt(mixtureAt(weights, parents), (value - center) / scale),
    forward: (noise, parents) => center + scale * valueAt(mixtureAt(weights, parents), noise),
    provenance,
  };
}

function apply(layer: FlowLayer, x: Float64Array): Float64Array {
  const outputs = layer.b.length;
  const y = layer.b.slice();
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < outputs; j++) y[j]! += x[i]! * layer.w[i * outputs + j]!;
  }
  return layer.activation === "tanh" ? y.map(Math.tanh) : y;
}

function mixtureAt(weights: FlowWeights, parents: ArrayLike<number>): Mixture {
  let h = weights.encode(parents);
  for (const layer of weights.hidden) h = apply(layer, h);
  const logits = apply(weights.logits, h);
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const shares = logits.map((x) => Math.exp(x - highest));
  const total = shares.reduce((a, b) => a + b, 0);
  const [low, high] = SCALE_RANGE;
  return {
    weights: shares.map((share) => share / total),
    means: apply(weights.means, h),
    scales: apply(weights.logScales, h).map((s) => Math.exp(Math.min(high, Math.max(low, s)))),
  };
}

/** The normal quantile of the mixture's distribution function; the nearer tail is summed, so neither loses digits. */
function noiseAt({ weights, means, scales }: Mixture, y: number): number {
  let below = 0;
  let above = 0;
  for (let k = 0; k < weights.length; k++) {
    const u = (y - means[k]!) / scales[k]!;
    below += weights[k]! * normalCdf(u);
    above += weights[k]! * normalCdf(-u);
  }
  const tiny = 1e-300;
  return below < above
    ? normalQuantile(Math.max(tiny, below))
    : -normalQuantile(Math.max(tiny, above));
}

function valueAt(mixture: Mixture, noise: number): number {
  const { weights, means, scales } = mixture;
  // The mixture's quantile lies between the quantiles of its components.
  const quantiles = means.map((m, k) => m + scales[k]! * noise);
  let low = quantiles.reduce((a, b) => Math.min(a, b), Infinity);
  let high = quantiles.reduce((a, b) => Math.max(a, b), -Infinity);
  let y = quantiles.reduce((sum, q, k) => sum + weights[k]! * q, 0);
  for (let step = 0; step < 100; step++) {
    const z = noiseAt(mixture, y);
    const error = z - noise;
    if (Math.abs(error) < 1e-12 || high - low < 1e-14 * (1 + Math.abs(y))) break;
    if (error > 0) high = y;
    else low = y;
    let density = 0;
    for (let k = 0; k < weights.length; k++) {
      density += (weights[k]! / scales[k]!) * normalPdf((y - means[k]!) / scales[k]!);
    }
    const newton = y - (error * normalPdf(z)) / density;
    y = newton > low && newton < high ? newton : (low + high) / 2;
  }
  return y;
}
