import { histogram, mean, quantileSorted, variance } from "../math/summary.ts";
import type { CategoryColumn, Column, NumericColumn, Table, TextColumn } from "./table.ts";

interface SummaryBase {
  readonly name: string;
  readonly unit?: string;
  readonly n: number;
  readonly missing: number;
  readonly distinct: number;
}

export interface NumericSummary extends SummaryBase {
  readonly type: "number" | "integer" | "boolean" | "date";
  /** Values that are not finite; left out of everything below. */
  readonly infinite: number;
  readonly mean: number;
  readonly sd: number;
  readonly minimum: number;
  readonly quartiles: readonly [q25: number, median: number, q75: number];
  readonly maximum: number;
  /** Bin `i` spans `edges[i] … edges[i+1]`. Whole numbers of few values get one bin each. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
}

export interface LevelSummary extends SummaryBase {
  readonly type: "category" | "text";
  /** Category: every level in its order. Text: the most frequent values. */
  readonly levels: readonly { readonly level: string; readonly count: number }[];
}

export type ColumnSummary = NumericSummary | LevelSummary;

/** What each column holds, as plain data for a table's header. Missing cells are counted and left out. O(n log n) a column. */
export function summariseTable(table: Table): readonly ColumnSummary[] {
  return table.columns.map(summariseColumn);
}

/** What one column holds. O(n log n). */
export function summariseColumn(column: Column): ColumnSummary {
  switch (column.type) {
    case "category":
      return summariseCategory(column);
    case "text":
      return summariseText(column);
    default:
      return summariseNumbers(column);
  }
}

function summariseNumbers(column: NumericColumn): NumericSummary {
  const present = column.values.filter(
    (value, i) => !(column.missing?.[i] ?? 0) && !Number.isNaN(value),
  );
  const sorted = present.filter((value) => Number.isFinite(value)).sort();
  const distinct = countDistinct(sorted);
  const low = sorted[0] ?? Number.NaN;
  const high = sorted.at(-1) ?? Number.NaN;
  return {
    ...base(column, column.values.length, column.values.length - present.length, distinct),
    type: column.type,
    infinite: present.length - sorted.length,
    mean: mean(sorted),
    sd: Math.sqrt(variance(sorted)),
    minimum: low,
    quartiles: [
      quantileSorted(sorted, 0.25),
      quantileSorted(sorted, 0.5),
      quantileSorted(sorted, 0.75),
    ],
    maximum: high,
    histogram: binsFor(column.type, sorted, low, high, distinct),
  };
}

function binsFor(
  type: NumericColumn["type"],
  sorted: Float64Array,
  low: number,
  high: number,
  distinct: number,
): { edges: number[]; counts: number[] } {
  if (sorted.length === 0) return { edges: [], counts: [] };
  if ((type === "integer" || type === "boolean") && high - low < 30) {
    return histogram(sorted, high - low + 1, low - 0.5, high + 0.5);
  }
  if (distinct === 1) return histogram(sorted, 1, low - 0.5, high + 0.5);
  // Sturges' count is steady under outliers, unlike rules that divide the range by a spread.
  const bins = Math.min(40, Math.max(5, Math.ceil(Math.log2(sorted.length)) + 1));
  return histogram(sorted, bins, low, high);
}

function countDistinct(sorted: Float64Array): number {
  let distinct = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct += 1;
  return distinct;
}

function summariseCategory(column: CategoryColumn): LevelSummary {
  const counts = column.levels.map(() => 0);
  let missing = 0;
  for (const code of column.codes) {
    if (code < 0) missing += 1;
    else counts[code]! += 1;
  }
  const distinct = counts.filter((count) => count > 0).length;
  return {
    ...base(column, column.codes.length, missing, distinct),
    type: "category",
    levels: column.levels.map((level, i) => ({ level, count: counts[i]! })),
  };
}

function summariseText(column: TextColumn): LevelSummary {
  const counts = new Map<string, number>();
  let missing = 0;
  for (const [i, text] of column.texts.entries()) {
    if (column.missing?.[i] === 1) missing += 1;
    else counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const top = [...counts].toSorted((a, b) => b[1] - a[1]).slice(0, 20);
  return {
    ...base(column, column.texts.length, missing, counts.size),
    type: "text",
    levels: top.map(([level, count]) => ({ level, count })),
  };
}

function base(column: Column, n: number, missing: number, distinct: number): SummaryBase {
  return {
    name: column.name,
    ...(column.unit === undefined ? {} : { unit: column.unit }),
    n,
    missing,
    distinct,
  };
}
