import type { Method } from "../method.ts";
import { cevaeMethod } from "./cevae-method.ts";
import { cfrMethod } from "./cfr.ts";
import { deepIvMethod } from "./deepiv-method.ts";
import { dragonnetMethod, tarnetMethod } from "./dragonnet.ts";
import { latentClassMethod } from "./latent-class.ts";
import { riesznetMethod } from "./riesznet.ts";
import { snetMethod } from "./snet.ts";
import { vcnetMethod } from "./vcnet-method.ts";

export {
  BACKENDS,
  openTensorEngine,
  type BackendName,
  type TensorEngine,
} from "../../tensor/backend.ts";
export { CEVAE_DEFAULTS, fitCevae, type CevaeFit, type CevaeOptions } from "./cevae.ts";
export { cevaeMethod } from "./cevae-method.ts";
export { CFR_DEFAULTS, cfr, cfrMethod } from "./cfr.ts";
export { crossFitNets, type CrossFit } from "./cross-fit.ts";
export type { NeuralData } from "./data.ts";
export {
  DEEP_IV_DEFAULTS,
  fitDeepIv,
  type DeepIvData,
  type DeepIvFit,
  type DeepIvOptions,
} from "./deepiv.ts";
export { deepIvMethod } from "./deepiv-method.ts";
export { doseCorrections, smoothResidual, type SmoothedResidual } from "./dose-curve.ts";
export {
  DRAGONNET_DEFAULTS,
  dragonnet,
  dragonnetMethod,
  tarnet,
  tarnetMethod,
} from "./dragonnet.ts";
export { fitNet, type FitOptions, type FittedNet, type NetBuilder } from "./fit.ts";
export { fitLatentClass, latentClassMethod, type LatentClassFit } from "./latent-class.ts";
export { RIESZNET_DEFAULTS, riesznet, riesznetMethod } from "./riesznet.ts";
export { SNET_DEFAULTS, snet, snetMethod } from "./snet.ts";
export { fitVcnet, VCNET_DEFAULTS, type VcnetFit, type VcnetOptions } from "./vcnet.ts";
export { vcnetMethod } from "./vcnet-method.ts";

/** The neural methods, in the order they are offered. None loads tfjs before it runs; latent classes stand
 * beside them as the classical answer to a hidden confounder. */
export const neuralMethods: readonly Method[] = [
  dragonnetMethod,
  tarnetMethod,
  cfrMethod,
  snetMethod,
  riesznetMethod,
  cevaeMethod,
  latentClassMethod,
  vcnetMethod,
  deepIvMethod,
] as readonly unknown[] as readonly Method[];
