import type { Diagnostic } from "./result.ts";

/** A column as numbers; missing cells (only when they are kept) hold NaN. */
export interface NumericVariable {
  readonly kind: "numeric";
  readonly name: string;
  readonly values: Float64Array;
}

/** A column as levels 0 … levels - 1; missing cells (only when they are kept) hold -1. */
export interface DiscreteVariable {
  readonly kind: "discrete";
  readonly name: string;
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

export type Variable = NumericVariable | DiscreteVariable;

/** What a method reads: checked columns of equal length. */
export interface DiscoveryData {
  readonly names: readonly string[];
  readonly n: number;
  readonly d: number;
  readonly variables: readonly Variable[];
  /** Whether any cell is missing (only when missing cells are kept). */
  readonly missing: boolean;
  /** Rows left out because a cell was missing. */
  readonly dropped: number;
  /** Rows of the table that were kept, when some were left out. */
  readonly rows?: Int32Array;
  /** What the reading itself has to say: rows dropped, integers taken as levels, fewer rows than columns. */
  readonly notes: readonly Diagnostic[];
}

/** How columns are to be read. */
export interface Reading {
  /**
   * `numeric`: every column as numbers (yes/no as 0 and 1), categories refused. `discrete`: every column as levels,
   * numbers with many values refused. `mixed`: categories and yes/no as levels, the rest as numbers. `auto`:
   * `discrete` when every column is a category or yes/no, `numeric` when none is a category, else `mixed`.
   */
  readonly as: "numeric" | "discrete" | "mixed" | "auto";
  /** Columns searched, by name; all when absent. */
  readonly columns?: readonly string[];
  /** Columns read but not searched (an environment or an intervention label), left out of `columns` by default. */
  readonly except?: readonly string[];
  /** `refuse` (default) asks, `drop` uses complete rows, `keep` leaves NaN and -1 for tests that can do with them. */
  readonly missing?: "refuse" | "drop" | "keep";
  /** Refuse a table with no more rows than columns; else that is a note. */
  readonly moreRowsThanColumns?: boolean;
  /** Allow columns that are exact linear combinations of others (for tests on small sets, kernels, trees). */
  readonly allowCollinear?: boolean;
  /** Rows are in time order: nothing is dropped silently, so `drop` is refused when something is missing. */
  readonly timeOrdered?: boolean;
}

/** The numbers of a numeric variable; a broken invariant when the method did not ask for numbers. */
export function valuesOf(data: DiscoveryData, v: number): Float64Array {
  const variable = data.variables[v];
  if (variable?.kind !== "numeric") throw new Error(`Column ${v} was not read as numbers.`);
  return variable.values;
}

/** The levels of a discrete variable; a broken invariant when the method did not ask for levels. */
export function discreteOf(data: DiscoveryData, v: number): DiscreteVariable {
  const variable = data.variables[v];
  if (variable?.kind !== "discrete") throw new Error(`Column ${v} was not read as levels.`);
  return variable;
}

/** Numeric columns centred and scaled to variance 1 (divisor n), column by column: `[d][n]`. O(n d). */
export function standardise(data: DiscoveryData): Float64Array[] {
  return data.variables.map((_, v) => {
    const values = valuesOf(data, v);
    let mean = 0;
    for (const value of values) mean += value / data.n;
    let square = 0;
    for (const value of values) square += (value - mean) ** 2 / data.n;
    const scale = 1 / Math.sqrt(square);
    return values.map((value) => (value - mean) * scale);
  });
}

/** The numbers as one row-major matrix `[n, d]`, not scaled. O(n d). */
export function rowMajor(data: DiscoveryData): Float64Array {
  const { n, d } = data;
  const out = new Float64Array(n * d);
  for (let v = 0; v < d; v++) {
    const values = valuesOf(data, v);
    for (let i = 0; i < n; i++) out[i * d + v] = values[i] ?? 0;
  }
  return out;
}
