import { columnOf } from "../data/table.ts";
import type { Column, Table } from "../data/table.ts";
import { invertSymmetric } from "../math/dense.ts";
import { chiSquaredUpper, twoSidedP } from "../math/distributions.ts";
import type { Graph } from "./graph.ts";
import { testableImplications } from "./implications.ts";

/** One independence that the graph implies, held against data. */
export type ImplicationTest =
  | {
      readonly kind: "tested";
      readonly a: string;
      readonly b: string;
      readonly given: readonly string[];
      /** `partial-correlation`: linear and normal. `g-squared`: categories, no assumption on their law. */
      readonly method: "partial-correlation" | "g-squared";
      /** The partial correlation, or G² per row. */
      readonly estimate: number;
      readonly p: number;
      /** p after Holm's correction for all tests made here. */
      readonly adjusted: number;
      readonly n: number;
    }
  | {
      readonly kind: "not-testable";
      readonly a: string;
      readonly b: string;
      readonly given: readonly string[];
      readonly reason: string;
    };

/**
 * Tests one independence a pair (given its smallest separating set) against a table: G² when all variables involved
 * have at most `mostLevels` values, partial correlation when all are numeric. Rows with missing values in the
 * variables involved are left out. Small p speaks against the graph; large p does not prove it. O(pairs · n).
 * Throws `UserError` `unknown-column`.
 */
export function checkImplications(
  graph: Graph,
  table: Table,
  {
    mostLevels = 6,
    maxPairs = 1000,
  }: { readonly mostLevels?: number; readonly maxPairs?: number } = {},
): readonly ImplicationTest[] {
  const results: ImplicationTest[] = [];
  for (const { a, b, sets } of testableImplications(graph)) {
    if (results.length >= maxPairs) break;
    const given = sets.reduce((best, set) => (set.length < best.length ? set : best));
    results.push(testOne(table, a, b, given, mostLevels));
  }
  return holm(results);
}

function testOne(
  table: Table,
  a: string,
  b: string,
  given: readonly string[],
  mostLevels: number,
): ImplicationTest {
  const columns = [a, b, ...given].map((name) => columnOf(table, name));
  const rows = completeRows(columns, table.n);
  const refuse = (reason: string): ImplicationTest => ({
    kind: "not-testable",
    a,
    b,
    given,
    reason,
  });
  if (rows.length < 8 + given.length) return refuse(`Only ${rows.length} complete rows.`);
  const codes = columns.map((column) => codesOf(column, rows, mostLevels));
  if (codes.every((code) => code !== undefined)) return gSquared(codes, a, b, given, rows.length);
  const numbers = columns.map((column) =>
    column.type === "category" || column.type === "text"
      ? undefined
      : rows.map((i) => column.values[i] ?? NaN),
  );
  if (!numbers.every((list) => list !== undefined))
    return refuse("Numbers and categories of many values together are not tested.");
  const r = partialCorrelation(numbers);
  if (r === undefined)
    return refuse("A variable does not vary, or follows exactly from the others.");
  const freedom = rows.length - given.length - 3;
  const z = Math.atanh(Math.max(-1 + 1e-15, Math.min(1 - 1e-15, r))) * Math.sqrt(freedom);
  return {
    kind: "tested",
    a,
    b,
    given,
    method: "partial-correlation",
    estimate: r,
    p: twoSidedP(z),
    adjusted: NaN,
    n: rows.length,
  };
}

function completeRows(columns: readonly Column[], n: number): number[] {
  const rows: number[] = [];
  for (let i = 0; i < n; i++)
    if (columns.every((column) => column.missing?.[i] !== 1)) rows.push(i);
  return rows;
}

interface Codes {
  readonly codes: Int32Array;
  readonly levels: number;
}

/** Level numbers of a column with few values, `undefined` otherwise. */
function codesOf(column: Column, rows: readonly number[], mostLevels: number): Codes | undefined {
  const levels = new Map<number | string, number>();
  const codes = Int32Array.from(rows, (i) => {
    const value =
      column.type === "category"
        ? (column.codes[i] ?? -1)
        : column.type === "text"
          ? (column.texts[i] ?? "")
          : (column.values[i] ?? NaN);
    let code = levels.get(value);
    if (code === undefined) levels.set(value, (code = levels.size));
    return code;
  });
  return levels.size > mostLevels ? undefined : { codes, levels: levels.size };
}

/** G² over the strata that the conditions make; empty margins take their degrees of freedom with them. */
function gSquared(
  [x, y, ...held]: readonly Codes[],
  a: string,
  b: string,
  given: readonly string[],
  n: number,
): ImplicationTest {
  if (x === undefined || y === undefined) throw new Error("Two variables are tested.");
  const strata = new Map<string, Float64Array>();
  for (let i = 0; i < n; i++) {
    const key = held.map((column) => column.codes[i]).join(",");
    const cells = strata.get(key) ?? new Float64Array(x.levels * y.levels);
    const at = (x.codes[i] ?? 0) * y.levels + (y.codes[i] ?? 0);
    cells[at] = (cells[at] ?? 0) + 1;
    strata.set(key, cells);
  }
  let statistic = 0;
  let freedom = 0;
  for (const cells of strata.values()) {
    const rowSum = new Float64Array(x.levels);
    const columnSum = new Float64Array(y.levels);
    let total = 0;
    cells.forEach((count, at) => {
      const row = Math.floor(at / y.levels);
      rowSum[row] = (rowSum[row] ?? 0) + count;
      columnSum[at % y.levels] = (columnSum[at % y.levels] ?? 0) + count;
      total += count;
    });
    cells.forEach((count, at) => {
      const expected =
        ((rowSum[Math.floor(at / y.levels)] ?? 0) * (columnSum[at % y.levels] ?? 0)) / total;
      if (count > 0) statistic += 2 * count * Math.log(count / expected);
    });
    const used = (sums: Float64Array): number => sums.reduce((k, sum) => (sum > 0 ? k + 1 : k), 0);
    freedom += (used(rowSum) - 1) * (used(columnSum) - 1);
  }
  if (freedom === 0)
    return {
      kind: "not-testable",
      a,
      b,
      given,
      reason: "A variable does not vary where the conditions are held.",
    };
  const p = chiSquaredUpper(Math.max(0, statistic), freedom);
  return {
    kind: "tested",
    a,
    b,
    given,
    method: "g-squared",
    estimate: statistic / n,
    p,
    adjusted: NaN,
    n,
  };
}

/** Correlation of the first two given the rest, from the inverse of the correlation matrix. */
function partialCorrelation(columns: readonly (readonly number[])[]): number | undefined {
  const d = columns.length;
  const n = columns[0]?.length ?? 0;
  const standard = columns.map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const centred = values.map((value) => value - mean);
    const size = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0));
    return centred.map((value) => value / size);
  });
  const matrix = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      matrix[i * d + j] = (standard[i] ?? []).reduce(
        (sum, value, k) => sum + value * (standard[j]?.[k] ?? 0),
        0,
      );
    }
  }
  if (matrix.some((value) => !Number.isFinite(value))) return undefined;
  const { inverse, dropped } = invertSymmetric(matrix, d, 1e-10);
  if (dropped.length > 0) return undefined;
  const r = -(inverse[1] ?? NaN) / Math.sqrt((inverse[0] ?? NaN) * (inverse[d + 1] ?? NaN));
  return Number.isFinite(r) ? r : undefined;
}

function holm(results: readonly ImplicationTest[]): ImplicationTest[] {
  const tested = results.filter((result) => result.kind === "tested").sort((a, b) => a.p - b.p);
  const adjusted = new Map<ImplicationTest, number>();
  let worst = 0;
  tested.forEach((result, i) => {
    worst = Math.max(worst, Math.min(1, result.p * (tested.length - i)));
    adjusted.set(result, worst);
  });
  return results.map((result) =>
    result.kind === "tested" ? { ...result, adjusted: adjusted.get(result) ?? 1 } : result,
  );
}
