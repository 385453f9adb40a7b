import type { BenchmarkRow } from "../estimate/benchmark/run.ts";

/** Under this name the document keeps a benchmark cell's rows. */
export const RESULTS_KEY = "results";

/** A document carries no more: the oldest go first. */
const MOST_ROWS = 5000;

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
