import { existsSync, readFileSync } from "node:fs";
import { test } from "vitest";
import { gunzipSync } from "node:zlib";
import { type ReadOptions, readTable } from "../../../kernels/data/read.ts";
import type { Table } from "../../../kernels/data/table.ts";
import { estimate, type EstimateOptions } from "../../../kernels/estimate/index.ts";
import type { Effect } from "../../../kernels/estimate/effect.ts";
import type { EstimandSpec } from "../../../kernels/estimate/estimand.ts";

const FOLDER = new URL("../../../../shared/data/", import.meta.url);

/** A table of the shared catalogue, e.g. `nhefs/nhefs.csv`. */
export function shared(path: string, options: ReadOptions = {}): Table {
  const bytes = readFileSync(new URL(path, FOLDER));
  return readTable(path.endsWith(".gz") ? gunzipSync(bytes) : bytes, {
    name: path.replace(/\.gz$/, ""),
    ...options,
  });
}

/** Tests on real data run where the catalogue is; elsewhere they are listed as skipped. */
export function withData(name: string, body: () => Promise<void>): void {
  test.skipIf(!existsSync(FOLDER))(name, body);
}

/** The effect, or a failure that shows the negative answer. */
export async function effectOf(
  spec: EstimandSpec,
  table: Table,
  options: EstimateOptions,
): Promise<Effect> {
  const result = await estimate(spec, table, options);
  if (result.kind !== "effect") throw new Error(`${result.kind}: ${result.message}`);
  return result;
}
