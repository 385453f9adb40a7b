// The shared IHDP files (see their README): covariates, treatment, outcomes and both noiseless outcomes.
import { existsSync, readFileSync } from "node:fs";
import { createRng } from "../../../../kernels/math/rng.ts";
import { shuffled } from "../../../../kernels/math/folds.ts";
import type { NeuralData } from "../../../../kernels/estimate/neural/data.ts";

const folder = new URL("../../../../../shared/data/ihdp/", import.meta.url);

export const hasIhdp = existsSync(new URL("ihdp_1.csv", folder));

export interface KnownTruth extends NeuralData {
  readonly treatment: Float64Array;
  readonly outcome: Float64Array;
  readonly effect: Float64Array;
}

/** One replication, x14 recoded from {1, 2} to {0, 1}. */
export function readIhdp(file: number): KnownTruth {
  const lines = readFileSync(new URL(`ihdp_${file}.csv`, folder), "utf8")
    .trim()
    .split("\n");
  const head = lines[0]!.split(",");
  const rows = lines.slice(1).map((line) => line.split(",").map(Number));
  const column = (name: string): Float64Array =>
    Float64Array.from(rows, (row) => row[head.indexOf(name)]!);
  const n = rows.length;
  const x = new Float64Array(n * 25);
  for (let j = 0; j < 25; j++) {
    column(`x${j + 1}`).forEach((value, i) => (x[i * 25 + j] = j === 13 ? value - 1 : value));
  }
  const mu0 = column("mu0");
  return {
    n,
    d: 25,
    x,
    treatment: column("treatment"),
    outcome: column("y_factual"),
    outcomeKind: "continuous",
    effect: column("mu1").map((mu1, i) => mu1 - mu0[i]!),
  };
}

/** The given rows. */
export function rowsOf(data: KnownTruth, rows: Int32Array): KnownTruth {
  const { d } = data;
  const x = new Float64Array(rows.length * d);
  rows.forEach((i, k) => x.set(data.x.subarray(i * d, (i + 1) * d), k * d));
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (i) => values[i]!);
  return {
    n: rows.length,
    d,
    x,
    treatment: pick(data.treatment),
    outcome: pick(data.outcome),
    outcomeKind: data.outcomeKind,
    effect: pick(data.effect),
  };
}

/** 90 % to learn from (validation is taken from them) and 10 % to test on, by a seeded shuffle. */
export function splitIhdp(
  data: KnownTruth,
  seed: number,
): { inside: KnownTruth; outside: KnownTruth } {
  const order = shuffled(data.n, createRng(seed));
  const tested = Math.round(data.n / 10);
  return {
    outside: rowsOf(data, order.slice(0, tested)),
    inside: rowsOf(data, order.slice(tested)),
  };
}

/** Root mean squared error of predicted effects, and the absolute error of their mean. */
export function scoreEffects(
  predicted: ArrayLike<number>,
  truth: Float64Array,
): { rootPehe: number; ateError: number } {
  let square = 0;
  let difference = 0;
  truth.forEach((effect, i) => {
    square += (predicted[i]! - effect) ** 2 / truth.length;
    difference += (predicted[i]! - effect) / truth.length;
  });
  return { rootPehe: Math.sqrt(square), ateError: Math.abs(difference) };
}
