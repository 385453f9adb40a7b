/** Types only: what the names of causal cells hold, as TypeScript cells see it. */
import type {
  Effect,
  EstimateResult,
  NegativeAnswer as NegativeEstimate,
} from "../../estimate/effect.ts";
import type { BenchmarkResult } from "../../estimate/benchmark/run.ts";
import type { Standing } from "../../estimate/benchmark/summary.ts";
import type { Identification } from "../../identify/result.ts";
import type { CounterfactualResult } from "../../counterfactual/result.ts";

/**
 * Any of the answers, where a field that only some have may be read of all without asking first: `ate.estimate` is a
 * number. Code that asks `ate.kind === "effect"` is told apart as usual; code that does not meets an `undefined` when
 * there is no number, as it would without types.
 */
export type AnyOf<One, All = One> = One extends unknown
  ? One & Absent<Exclude<KeysOf<All>, keyof One>>
  : never;

type KeysOf<One> = One extends unknown ? keyof One : never;
type Absent<K extends PropertyKey> = { readonly [P in K]: never };

/** The answer of an estimate cell: an effect, or the reason why there is none (`kind` tells which). */
export type Estimated = AnyOf<EstimateResult>;

/** The answer of an identify cell (`kind` tells which). */
export type Identified = AnyOf<Identification>;

/** The answer of a counterfactual cell (`kind` tells which). */
export type Imagined = AnyOf<CounterfactualResult>;

/** The answer of a benchmark cell: every run, and how the methods stand. */
export type Board = BenchmarkResult & { readonly standings: readonly Standing[] };

export type { Effect, NegativeEstimate };
export type { Identification } from "../../identify/result.ts";
export type { Graph } from "../../graph/graph.ts";
export type { Attribution } from "../../counterfactual/attribution.ts";
export type { FairnessReport } from "../../counterfactual/fairness.ts";
export type { MechanismSpread } from "../../counterfactual/spread.ts";
export type { StructuralModel } from "../../counterfactual/model.ts";
export type { Table } from "../../data/table.ts";
export type { Separation } from "../identify-report.ts";
