/**
 * Results of benchmarks as the document keeps them and the command line writes them. What makes them is in
 * `kernels/estimate/benchmark`.
 */

/** One method on one replication of one set of known truth. Plain data; a failure is a row like any other. */
export interface BenchmarkRow {
  /** Digest of everything its numbers depend on. */
  readonly key: string;
  /** As written in the cell: `nie-wager-a(n: 500)`, `forest(trees: 500)`. */
  readonly set: string;
  readonly replication: number;
  readonly method: string;
  readonly seconds: number;
  readonly result: Score | Failure;
}

/** How near one estimate came. Numbers have eight digits, so that a kept row and a fresh one are the same. */
export interface Score {
  readonly kind: "scored";
  /** Rows the estimate is of. */
  readonly n: number;
  /** Mean of the true effects of the target's rows. */
  readonly truth: number;
  readonly estimate: number;
  /** Both or neither: a method without an interval has none. */
  readonly low?: number;
  readonly high?: number;
  /** Of the target's rows; absent for methods that give no unit effects. */
  readonly rootPehe?: number;
  /** Root-PEHE over the standard deviation of the true effects; absent where these do not vary. */
  readonly relativePehe?: number;
  /** Mean effect lost by treating those predicted to gain instead of those who do (policy risk above the least). */
  readonly regret?: number;
}

export interface Failure {
  readonly kind: "failed";
  /** `no-overlap`, `not-applicable`, …, the code of a user's error, or `error`. */
  readonly code: string;
  readonly message: string;
}

/** Under this name the document keeps a benchmark cell's rows. */
export const RESULTS_KEY = "results";

/** A document carries no more: the oldest go first. */
const MOST_ROWS = 20_000;

/** Rows as they are kept: a table without names, since there may be thousands. */
export interface KeptRows {
  readonly version: 1;
  readonly rows: readonly (readonly unknown[])[];
}

/** Rows for the document, the newest last. O(rows). */
export function packRows(rows: readonly BenchmarkRow[]): KeptRows {
  return {
    version: 1,
    rows: rows
      .slice(-MOST_ROWS)
      .map(({ key, set, replication, method, seconds, result }) => [
        key,
        set,
        replication,
        method,
        seconds,
        ...(result.kind === "failed"
          ? [result.code, result.message]
          : [
              null,
              result.n,
              result.truth,
              result.estimate,
              result.low ?? null,
              result.high ?? null,
              result.rootPehe ?? null,
              result.relativePehe ?? null,
              result.regret ?? null,
            ]),
      ]),
  };
}

/** What the document keeps, row by row: what this version cannot read is left out. Never throws. O(rows). */
export function unpackRows(value: unknown): readonly BenchmarkRow[] {
  const { version, rows } = (value ?? {}) as { version?: unknown; rows?: unknown };
  if (version !== 1 || !Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown) => {
    const read = Array.isArray(row) ? unpackRow(row) : undefined;
    return read === undefined ? [] : [read];
  });
}

function unpackRow(row: readonly unknown[]): BenchmarkRow | undefined {
  const [key, set, replication, method, seconds, code, ...rest] = row;
  if (typeof key !== "string" || typeof set !== "string" || typeof method !== "string")
    return undefined;
  if (!isNumber(replication) || !isNumber(seconds)) return undefined;
  const head = { key, set, replication, method, seconds };
  if (typeof code === "string") {
    const [message] = rest;
    return typeof message === "string"
      ? { ...head, result: { kind: "failed", code, message } }
      : undefined;
  }
  const [n, truth, estimate, low, high, rootPehe, relativePehe, regret] = rest;
  if (code !== null || !isNumber(n) || !isNumber(truth) || !isNumber(estimate)) return undefined;
  return {
    ...head,
    result: {
      kind: "scored",
      n,
      truth,
      estimate,
      ...(isNumber(low) && isNumber(high) ? { low, high } : {}),
      ...(isNumber(rootPehe) ? { rootPehe } : {}),
      ...(isNumber(relativePehe) ? { relativePehe } : {}),
      ...(isNumber(regret) ? { regret } : {}),
    },
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
