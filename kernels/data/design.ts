/** Covariates as numbers, `x: [n, d]` row-major: categories one-hot with their first level dropped. */
export interface Design {
  readonly n: number;
  readonly d: number;
  readonly x: Float64Array;
  /** Name of each of the `d` columns, e.g. `age`, `education=college`, `age^2`. */
  readonly names: readonly string[];
  /** For each of the `d` columns, the table columns it was made from. */
  readonly sources: readonly (readonly string[])[];
}
