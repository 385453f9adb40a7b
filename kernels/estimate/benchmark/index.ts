export type { BenchmarkRow, Failure, Score } from "../../../app/benchmark.ts";
export type { FileSource, KnownProblem, KnownSet } from "./known-set.ts";
export { problemOfDesign } from "./generated-sets.ts";
export { knownSet, knownSets } from "./sets.ts";
export {
  BENCHMARK_VERSION,
  type BenchmarkMemory,
  type BenchmarkMethod,
  type BenchmarkResult,
  type BenchmarkSet,
  type BenchmarkSpec,
  runBenchmark,
  spoken,
} from "./run.ts";
export { scoreEffect } from "./score.ts";
export { type Spread, spreadOf, type Standing, standingsOf } from "./summary.ts";
