export {
  fitCausalForest,
  forestMethod,
  forestNuisances,
  type CausalForest,
  type CausalForestData,
  type CausalForestOptions,
} from "./causal-forest.ts";
export {
  fitNeuralForest,
  neuralForestMethod,
  neuralForestNuisances,
  type NeuralForest,
  type NeuralForestOptions,
} from "./neural-forest.ts";
export { growSoftForest, SOFT_FOREST_DEFAULTS, type SoftForestOptions } from "./soft-forest.ts";
