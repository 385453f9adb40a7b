import type { Method } from "../method.ts";
import { cfrMethod } from "./cfr.ts";
import { dragonnetMethod, tarnetMethod } from "./dragonnet.ts";
import { latentClassMethod } from "./latent-class.ts";
import { snetMethod } from "./snet.ts";

export { CFR_DEFAULTS, cfr, cfrMethod } from "./cfr.ts";
export { crossFitNets, type CrossFit } from "./cross-fit.ts";
export type { NeuralData } from "./data.ts";
export {
  DRAGONNET_DEFAULTS,
  dragonnet,
  dragonnetMethod,
  tarnet,
  tarnetMethod,
} from "./dragonnet.ts";
export { fitNet, type FitOptions, type FittedNet, type NetBuilder } from "./fit.ts";
export { fitLatentClass, latentClassMethod, type LatentClassFit } from "./latent-class.ts";
export { SNET_DEFAULTS, snet, snetMethod } from "./snet.ts";

/** The neural methods, in the order they are offered. None loads tfjs before it runs; latent classes stand
 * beside them as the classical answer to a hidden confounder. */
export const neuralMethods: readonly Method[] = [
  dragonnetMethod,
  tarnetMethod,
  cfrMethod,
  snetMethod,
  latentClassMethod,
] as readonly unknown[] as readonly Method[];
