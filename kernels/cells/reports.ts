import type { Report } from "../../app/protocol/report.ts";
import type { Attribution } from "../counterfactual/attribution.ts";
import type { FairnessReport } from "../counterfactual/fairness.ts";
import type { StructuralModel } from "../counterfactual/model.ts";
import type { CounterfactualResult } from "../counterfactual/result.ts";
import type { MechanismSpread } from "../counterfactual/spread.ts";
import type { EstimateResult } from "../estimate/effect.ts";
import type { Graph } from "../graph/graph.ts";
import type { Identification } from "../identify/result.ts";
import type { BenchmarkResult } from "../estimate/benchmark/run.ts";
import { standingsOf } from "../estimate/benchmark/summary.ts";
import { attributionReport } from "./attribution-report.ts";
import { benchmarkReport } from "./benchmark-report.ts";
import { counterfactualReport } from "./counterfactual-report.ts";
import { estimateReport } from "./estimate-report.ts";
import { fairnessReport } from "./fairness-report.ts";
import { graphReport } from "./graph-cell.ts";
import { identifyReport } from "./identify-report.ts";
import { modelReport } from "./model-report.ts";
import { spreadReport } from "./spread-report.ts";

const effects = new Set(["effect", "bad-data", "no-overlap", "not-applicable", "not-estimable"]);

/**
 * How an engine's value is told when a TypeScript cell shows it: the same reports as the causal cells'. Undefined
 * for any other value.
 */
export function reportOf(value: unknown): Report | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, claim } = value as { kind?: unknown; claim?: unknown };
  if (kind === "graph") return graphReport(value as Graph);
  if (kind === "model") return modelReport(value as StructuralModel);
  if (kind === "benchmark") return boardReport(value as BenchmarkResult);
  if (claim === undefined || typeof kind !== "string") return undefined;
  if (kind === "mechanism-spread") return spreadReport(value as MechanismSpread);
  if (kind === "fairness") return fairnessReport(value as FairnessReport);
  if (kind === "attribution") return attributionReport(value as Attribution);
  if (effects.has(kind)) return estimateReport([value as EstimateResult]);
  if ("queryText" in value) return identifyReport(value as Identification, undefined);
  if ("quantity" in value) return counterfactualReport([value as CounterfactualResult]);
  return undefined;
}

function boardReport(result: BenchmarkResult): Report {
  return benchmarkReport(result, standingsOf(result.rows), { finished: true });
}
