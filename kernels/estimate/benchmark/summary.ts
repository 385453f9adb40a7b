import type { BenchmarkRow, Score } from "../../../app/benchmark.ts";

/** Of one number over replications. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  /** Standard error of the mean; NaN for one replication. */
  readonly standardError: number;
  readonly lowest: number;
  readonly highest: number;
}

/** One method on one set, over replications. */
export interface Standing {
  readonly set: string;
  readonly method: string;
  /** Replications scored, and those that failed. */
  readonly scored: number;
  readonly failed: number;
  readonly rootPehe?: Spread;
  readonly relativePehe?: Spread;
  readonly ateError: Spread | undefined;
  readonly regret?: Spread;
  readonly length: Spread | undefined;
  /** Replications whose interval holds the truth, of the `length.count` that have one. */
  readonly covered: number;
  readonly seconds: Spread;
}

/** Mean and median with their spread. Not a number for none. O(n log n). */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  const middle = count >> 1;
  const median =
    count === 0
      ? Number.NaN
      : count % 2 === 1
        ? sorted[middle]!
        : (sorted[middle - 1]! + sorted[middle]!) / 2;
  const mean = values.reduce((sum, v) => sum + v, 0) / count;
  const square = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return {
    count,
    mean,
    median,
    standardError: count < 2 ? Number.NaN : Math.sqrt(square / (count - 1) / count),
    lowest: sorted[0] ?? Number.NaN,
    highest: sorted.at(-1) ?? Number.NaN,
  };
}

/**
 * Each method on each set over its replications, best median first: by root-PEHE among those that give unit effects,
 * then by the error of the average among those that do not; those that never gave a number last. O(rows).
 */
export function standingsOf(rows: readonly BenchmarkRow[]): readonly Standing[] {
  const groups = new Map<string, BenchmarkRow[]>();
  for (const row of rows) {
    const key = `${row.set}\n${row.method}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const sets = [...new Set(rows.map(({ set }) => set))];
  const standings = [...groups.values()].map((group) => standingOf(group));
  return sets.flatMap((set) =>
    standings.filter((one) => one.set === set).toSorted((a, b) => compare(rankOf(a), rankOf(b))),
  );
}

function standingOf(rows: readonly BenchmarkRow[]): Standing {
  const [first] = rows;
  const scores = rows.flatMap(({ result }) => (result.kind === "scored" ? [result] : []));
  const over = (pick: (score: Score) => number | undefined): Spread | undefined => {
    const values = scores.flatMap((score) => pick(score) ?? []);
    return values.length === 0 ? undefined : spreadOf(values);
  };
  const optional = <K extends "rootPehe" | "relativePehe" | "regret">(
    name: K,
  ): { readonly [P in K]?: Spread } => {
    const spread = over((score) => score[name]);
    return (spread === undefined ? {} : { [name]: spread }) as { readonly [P in K]?: Spread };
  };
  return {
    set: first?.set ?? "",
    method: first?.method ?? "",
    scored: scores.length,
    failed: rows.length - scores.length,
    ...optional("rootPehe"),
    ...optional("relativePehe"),
    ...optional("regret"),
    ateError: over((score) => Math.abs(score.estimate - score.truth)),
    length: over(({ low, high }) => (low === undefined ? undefined : high! - low)),
    covered: scores.filter(({ low = Infinity, high = 0, truth }) => low <= truth && truth <= high)
      .length,
    seconds: spreadOf(rows.map(({ seconds }) => seconds)),
  };
}

function rankOf(standing: Standing): readonly number[] {
  if (standing.rootPehe !== undefined) return [0, standing.rootPehe.median];
  if (standing.ateError !== undefined) return [1, standing.ateError.median];
  return [2, 0];
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a[0]! - b[0]! || a[1]! - b[1]!;
}
