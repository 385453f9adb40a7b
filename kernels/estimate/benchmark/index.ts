export type { FileSource, KnownProblem, KnownSet } from "./known-set.ts";
export { problemOfDesign } from "./generated-sets.ts";
export { knownSet, knownSets } from "./sets.ts";
export {
  BENCHMARK_VERSION,
  type BenchmarkMemory,
  type BenchmarkMethod,
  type BenchmarkResult,
  type BenchmarkRow,
  type BenchmarkSet,
  type BenchmarkSpec,
  type Failure,
  runBenchmark,
  spoken,
} from "./run.ts";
export { scoreEffect, type Score } from "./score.ts";
export { type Spread, spreadOf, type Standing, standingsOf } from "./summary.ts";
