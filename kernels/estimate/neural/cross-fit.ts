import type { Work } from "../../../app/work.ts";
import { foldMap } from "../../math/folds.ts";
import type { Rng } from "../../math/rng.ts";
import type { TensorEngine } from "../../tensor/backend.ts";
import { clipInPlace, rowsWhere } from "../nuisance.ts";
import type { Nuisances } from "../nuisance.ts";
import type { NeuralData } from "./data.ts";
import { fitNet } from "./fit.ts";
import type { FitOptions, FittedNet, NetBuilder, Predictions } from "./fit.ts";

/** Nets trained on all folds but one, each predicting the fold it has not seen. */
export interface CrossFit {
  /** Out-of-fold predictions with clipped propensities: what a doubly robust score needs. */
  readonly nuisances: Nuisances;
  /** Out-of-fold effects with each net's targeted shift: mu1 - mu0 + ε (1/g + 1/(1-g)), or + ε (α1 - α0); `[n]`. */
  readonly targeted: Float64Array;
  /** Mean over all nets of the predicted effect, `[n]`: steadier than one net, but it has seen each unit's outcome. */
  readonly ensemble: Float64Array;
  readonly nets: readonly FittedNet[];
  /** Out-of-fold Riesz representer at the treatment received, `[n]`, where the net learns one. */
  readonly riesz?: Float64Array;
}

/**
 * Cross-fitting (Chernozhukov et al. 2018) of a net: folds are drawn within arms, or by whole clusters. With one
 * fold the net predicts its own training rows. Cost: `folds` trainings.
 */
export async function crossFitNets(
  engine: TensorEngine,
  data: NeuralData,
  build: NetBuilder,
  options: FitOptions & { readonly folds: number; readonly clip: number },
  rng: Rng,
  work: Work,
  clusters?: Int32Array,
): Promise<CrossFit> {
  const { n, d } = data;
  const { folds: count, clip, ...fitting } = options;
  const folds = foldMap(n, count, rng.fork("folds"), {
    strata: data.treatment,
    ...(clusters === undefined ? {} : { clusters }),
  });
  const out0 = new Float64Array(n);
  const out1 = new Float64Array(n);
  const propensity = new Float64Array(n);
  const shift = new Float64Array(n);
  const ensemble = new Float64Array(n);
  const riesz = new Float64Array(n);
  let withRiesz = false;
  const nets: FittedNet[] = [];
  for (let fold = 0; fold < count; fold++) {
    const outside = rowsWhere(n, (i) => count === 1 || folds[i] !== fold);
    const net = await fitNet(
      engine,
      data,
      build,
      {
        ...fitting,
        ...(count === 1 ? {} : { label: `fold ${fold + 1} ` }),
        span: [fold / count, (fold + 1) / count],
      },
      rng.fork(`net ${fold}`),
      work,
      outside,
    );
    nets.push(net);
    const predicted: Predictions = await net.predict(data.x.subarray(0, n * d));
    for (let i = 0; i < n; i++) {
      ensemble[i]! += (predicted.mu1[i]! - predicted.mu0[i]!) / count;
      if (folds[i] !== fold) continue;
      out0[i] = predicted.mu0[i]!;
      out1[i] = predicted.mu1[i]!;
      propensity[i] = predicted.propensity[i]!;
      if (predicted.riesz === undefined) {
        const g = squash(propensity[i]!);
        shift[i] = net.epsilon * (1 / g + 1 / (1 - g));
      } else {
        const [zero, one] = predicted.riesz;
        withRiesz = true;
        riesz[i] = data.treatment[i] === 1 ? one[i]! : zero[i]!;
        shift[i] = net.epsilon * (one[i]! - zero[i]!);
      }
    }
  }
  const targeted = out1.map((mu1, i) => mu1 - out0[i]! + shift[i]!);
  const clipped = clipInPlace(propensity, clip);
  return {
    nuisances: { outcome0: out0, outcome1: out1, propensity, clipped, folds },
    targeted,
    ensemble,
    nets,
    ...(withRiesz ? { riesz } : {}),
  };
}

/** As in training: the shift belongs to the propensity that ε was fitted with. */
export function squash(g: number): number {
  return (g + 0.01) / 1.02;
}
