import type { Claim } from "../../app/claim.ts";
import type { Graph } from "../graph/graph.ts";
import type { OptionValue } from "./options.ts";

/**
 * What the edges of a result stand for.
 * `dag`: one directed graph, every direction claimed. `cpdag`: the Markov equivalence class of a DAG, `--` is
 * undecided. `mpdag`: that class cut down by knowledge or interventions. `mag`: latent common causes as `<->`.
 * `pag`: the class of a MAG, `o` is undecided. `time-series`: nodes `x[t]`, `x[t-1]`, … and a `lagged` list.
 */
export type DiscoveryKind = "dag" | "cpdag" | "mpdag" | "mag" | "pag" | "time-series";

/** How well a graph fits, beside the graph that says nothing. Higher is better for every score here. */
export interface GraphScore {
  /** E.g. `BIC, penalty 2`. */
  readonly name: string;
  readonly value: number;
  /** The same score of the graph without edges. */
  readonly empty: number;
}

/** What is known of one pair of nodes, from resamples or from a posterior; the four add up to at most 1. */
export interface EdgeProbability {
  readonly from: string;
  readonly to: string;
  /** Share of `from -> to` (for a PAG: tail at `from`, arrowhead at `to`). */
  readonly forward: number;
  /** Share of `to -> from`. */
  readonly backward: number;
  /** Share of an edge of undecided direction. */
  readonly undecided: number;
  /** Share of `from <-> to`. */
  readonly bidirected: number;
}

/** A coefficient on an arrow, in the units of the columns given (methods that standardise say so in a fact). */
export interface EdgeWeight {
  readonly from: string;
  readonly to: string;
  readonly weight: number;
}

/** A link of a time series: `from` at `t - lag` and `to` at `t`. */
export interface LaggedEdge {
  readonly from: string;
  readonly to: string;
  readonly lag: number;
  readonly mark: "->" | "<->" | "--" | "o->" | "o-o";
  readonly strength?: number;
  readonly p?: number;
}

/** What else a person should see before believing the graph. */
export type Diagnostic =
  | {
      readonly kind: "warning";
      /** Stable, kebab-case. */
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
    }
  | { readonly kind: "fact"; readonly label: string; readonly value: string }
  /** Whether sorting the columns by variance, or by R² on the others, gives the order away; 0.5 is chance. */
  | { readonly kind: "sortability"; readonly variance: number; readonly rSquared: number }
  /** A course over iterations, e.g. the loss. */
  | {
      readonly kind: "curve";
      readonly name: string;
      readonly points: readonly (readonly [x: number, y: number])[];
    }
  | {
      readonly kind: "table";
      readonly title: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

/** What a method found, before `discover` adds provenance, claim and what it says about every result. */
export interface Finding {
  readonly kind: DiscoveryKind;
  readonly graph: Graph;
  readonly score?: GraphScore;
  readonly edgeProbability?: readonly EdgeProbability[];
  readonly weights?: readonly EdgeWeight[];
  /** Causes before effects, when the method finds an order. */
  readonly order?: readonly string[];
  readonly lagged?: readonly LaggedEdge[];
  readonly diagnostics?: readonly Diagnostic[];
}

/** A discovered graph and how far it may be believed. */
export interface Discovery extends Finding {
  readonly method: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly provenance: DiscoveryProvenance;
  readonly claim: Claim;
}

export interface DiscoveryProvenance {
  readonly method: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Rows used, and rows left out for missing values. */
  readonly n: number;
  readonly dropped: number;
  readonly columns: readonly string[];
  readonly seed: number;
  /** Resamples behind `edgeProbability`; 0 when it is not from a bootstrap. */
  readonly bootstrap: number;
  readonly milliseconds: number;
  readonly source?: { readonly name: string; readonly sha256?: string };
}
