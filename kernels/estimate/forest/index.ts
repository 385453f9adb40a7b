export {
  fitCausalForest,
  forestMethod,
  forestNuisances,
  type CausalForest,
  type CausalForestData,
  type CausalForestOptions,
} from "./causal-forest.ts";
