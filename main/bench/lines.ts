import { existsSync } from "node:fs";
import { appendFile, readFile, truncate } from "node:fs/promises";
import path from "node:path";
import type { BenchmarkRow } from "../../app/benchmark.ts";
import { UserError } from "../../app/errors.ts";

/** A row with the seed that its draws follow from: one line of a results file. */
export type BenchmarkLine = BenchmarkRow & { readonly seed: number };

/**
 * The rows of a results file, in order. A last line that was cut off in writing is left out; any other line that is no
 * row is a mistake, told with its number.
 */
export async function readLines(file: string): Promise<readonly BenchmarkLine[]> {
  const text = await readFile(file, "utf8");
  const lines = text.split("\n");
  return lines.flatMap((line, k) => {
    if (line.trim() === "") return [];
    const row = readLine(line);
    if (row !== undefined) return [row];
    if (k === lines.length - 1) return [];
    throw new UserError({
      code: "bench-line",
      message: `Line ${k + 1} of ${path.basename(file)} is no result of a benchmark.`,
      value: line.slice(0, 80),
      expected: "lines as dagbok bench --out writes them",
    });
  });
}

function readLine(line: string): BenchmarkLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { key, set, replication, method, seconds, seed, result } = (value ??
    {}) as Partial<BenchmarkLine>;
  const kind: unknown = (result as { kind?: unknown } | undefined)?.kind;
  const isRow =
    typeof key === "string" &&
    typeof set === "string" &&
    typeof method === "string" &&
    typeof replication === "number" &&
    typeof seconds === "number" &&
    typeof seed === "number" &&
    (kind === "scored" || kind === "failed");
  return isRow ? (value as BenchmarkLine) : undefined;
}

/** Adds rows to a results file, making it if need be. A last line that was cut off in writing makes room for them. */
export async function appendLines(file: string, rows: readonly BenchmarkLine[]): Promise<void> {
  if (rows.length === 0) return;
  if (existsSync(file)) {
    const before = await readFile(file, "utf8");
    const last = before.slice(before.lastIndexOf("\n") + 1);
    if (last !== "" && readLine(last) !== undefined) await appendFile(file, "\n");
    else if (last !== "") await truncate(file, Buffer.byteLength(before) - Buffer.byteLength(last));
  }
  await appendFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

/**
 * The rows of several files, each once, those of the first that has one. Two results for the same key that differ in
 * more than the time taken come from different machines' arithmetic or a changed engine: they are counted.
 */
export function mergeLines(files: readonly (readonly BenchmarkLine[])[]): {
  readonly lines: readonly BenchmarkLine[];
  readonly different: number;
} {
  const found = new Map<string, BenchmarkLine>();
  let different = 0;
  for (const line of files.flat()) {
    const before = found.get(line.key);
    if (before === undefined) found.set(line.key, line);
    else if (JSON.stringify(before.result) !== JSON.stringify(line.result)) different++;
  }
  return { lines: [...found.values()], different };
}
