import type { Rng } from "../../math/rng.ts";
import type { Table } from "../../data/table.ts";

/** Rows of which each unit's effect is known, and the question they are a test of. */
export interface KnownProblem {
  readonly table: Table;
  readonly treatment: string;
  readonly outcome: string;
  readonly adjustment: readonly string[];
  /** Whose average effect the set can judge: where the truth for all is extrapolation, the treated's. */
  readonly target: "ATE" | "ATT";
  /** Effect of each row, `[n]`. */
  readonly effect: Float64Array;
  /** Which rows the target is about, `[n]`: 1 or 0. */
  readonly among: Uint8Array;
}

/** Bytes of a file by name, when it is attached or in the catalogue. */
export type FileSource = (name: string) => Promise<Uint8Array | undefined>;

/** A set of problems with known truth, by replication. */
export interface KnownSet {
  /** As written in a cell: `on ihdp`. */
  readonly name: string;
  readonly label: string;
  /** What it is, what it is for and what to beware of, in a sentence or two. */
  readonly about: string;
  /** Paper. */
  readonly source: string;
  /** What `n` may be: rows drawn (generators), or a part of the rows (files). Undefined: cannot be said. */
  readonly rows?: { readonly default: number | null; readonly minimum: number };
  /** How many replications there are; absent for generators, which have as many as one likes. */
  readonly replications?: number;
  /** The effects are differences of realised outcomes, whose noise no method can predict. */
  readonly realised?: true;
  /** Whether a high outcome is to be wished for; what a policy is judged by. */
  readonly better: "high" | "low";
  /** Names of the files a replication needs; none for generators. */
  readonly files: (replication: number) => readonly string[];
  /** For its catalogue entry, when it has one. */
  readonly catalogue?: string;
  /** The replication, from 1. Undefined when a file is missing. Draws come from `rng` alone. */
  readonly load: (
    replication: number,
    options: { readonly n: number | null },
    rng: Rng,
    file: FileSource,
  ) => Promise<KnownProblem | undefined>;
}
