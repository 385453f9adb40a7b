import { UserError } from "../../../app/errors.ts";
import { foldMap, shuffled } from "../../math/folds.ts";
import type { Rng } from "../../math/rng.ts";

/** What a net for a two-level treatment learns from. */
export interface NeuralData {
  readonly n: number;
  readonly d: number;
  /** `[n, d]` row-major. */
  readonly x: Float64Array;
  /** `[n]`, 0/1. */
  readonly treatment: ArrayLike<number>;
  /** `[n]`; 0/1 when `outcomeKind` is binary. */
  readonly outcome: ArrayLike<number>;
  readonly outcomeKind: "continuous" | "binary";
}

/** Shift and scale of covariates and outcome, learnt from training rows alone. */
export interface Scaling {
  /** `[d]`. Columns of two values are left as they are, constant ones are only shifted. */
  readonly xMean: Float64Array;
  readonly xScale: Float64Array;
  /** 0 and 1 for a binary outcome. */
  readonly yMean: number;
  readonly yScale: number;
}

/** Data as a net sees them: scaled, float32. */
export interface ScaledData {
  readonly n: number;
  readonly d: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly t: Float32Array;
}

/** Mean and standard deviation of the given rows. O(rows · d). */
export function learnScaling(data: NeuralData, rows: ArrayLike<number>): Scaling {
  const { d, x } = data;
  const xMean = new Float64Array(d);
  const xScale = new Float64Array(d).fill(1);
  for (let j = 0; j < d; j++) {
    const values = Float64Array.from(rows, (i) => x[i * d + j]!);
    const { mean, sd } = moments(values);
    const first = values[0];
    const other = values.find((v) => v !== first);
    const twoValued = other !== undefined && values.every((v) => v === first || v === other);
    if (twoValued && Math.abs(first!) <= 1 && Math.abs(other) <= 1) continue;
    xMean[j] = mean;
    if (sd > 1e-12 * Math.max(1, Math.abs(mean))) xScale[j] = sd;
  }
  if (data.outcomeKind === "binary") return { xMean, xScale, yMean: 0, yScale: 1 };
  const { mean, sd } = moments(Float64Array.from(rows, (i) => data.outcome[i]!));
  return { xMean, xScale, yMean: mean, yScale: sd > 0 ? sd : 1 };
}

function moments(values: Float64Array): { mean: number; sd: number } {
  let mean = 0;
  for (const v of values) mean += v / values.length;
  let square = 0;
  for (const v of values) square += (v - mean) ** 2 / values.length;
  return { mean, sd: Math.sqrt(square) };
}

/** `x: [n, d]` scaled, float32. */
export function scaleCovariates(x: Float64Array, d: number, scaling: Scaling): Float32Array {
  return Float32Array.from(x, (v, k) => (v - scaling.xMean[k % d]!) / scaling.xScale[k % d]!);
}

/** The given rows, scaled. */
export function scaleRows(data: NeuralData, rows: Int32Array, scaling: Scaling): ScaledData {
  const { d } = data;
  const x = new Float32Array(rows.length * d);
  const y = new Float32Array(rows.length);
  const t = new Float32Array(rows.length);
  rows.forEach((i, k) => {
    for (let j = 0; j < d; j++) {
      x[k * d + j] = (data.x[i * d + j]! - scaling.xMean[j]!) / scaling.xScale[j]!;
    }
    y[k] = (data.outcome[i]! - scaling.yMean) / scaling.yScale;
    t[k] = data.treatment[i]!;
  });
  return { n: rows.length, d, x, y, t };
}

/**
 * Training and validation rows: `share` of each arm at random goes to validation.
 *
 * @throws UserError `too-few-in-arm` when an arm has fewer than four rows.
 */
export function splitRows(
  treatment: ArrayLike<number>,
  rows: Int32Array,
  share: number,
  rng: Rng,
): { readonly training: Int32Array; readonly validation: Int32Array } {
  const training: number[] = [];
  const validation: number[] = [];
  for (const arm of [0, 1]) {
    const members = rows.filter((i) => treatment[i] === arm);
    if (members.length < 4) {
      throw new UserError({
        code: "too-few-in-arm",
        message: `Only ${members.length} training rows have treatment ${arm}.`,
        value: members.length,
        expected: "at least 4 rows in each arm",
        hint: "Use fewer folds, or a method without a validation split such as aipw with regression.",
      });
    }
    const order = shuffled(members.length, rng);
    const held = share === 0 ? 0 : Math.max(1, Math.round(share * members.length));
    order.forEach((k, place) => (place < held ? validation : training).push(members[k]!));
  }
  return { training: Int32Array.from(training), validation: Int32Array.from(validation) };
}

/** Rows outside and inside each of `folds` folds, drawn within arms. */
export function foldRows(
  treatment: ArrayLike<number>,
  folds: number,
  rng: Rng,
): { readonly outside: Int32Array; readonly inside: Int32Array }[] {
  const n = treatment.length;
  const fold = foldMap(n, folds, rng, { strata: treatment });
  const all = Int32Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: folds }, (_, k) => ({
    outside: all.filter((i) => fold[i] !== k),
    inside: all.filter((i) => fold[i] === k),
  }));
}

/** The given rows of the data. O(rows · d). */
export function takeData(data: NeuralData, rows: Int32Array): NeuralData {
  const { d } = data;
  const x = new Float64Array(rows.length * d);
  rows.forEach((i, k) => x.set(data.x.subarray(i * d, (i + 1) * d), k * d));
  return {
    ...data,
    n: rows.length,
    x,
    treatment: Float64Array.from(rows, (i) => data.treatment[i]!),
    outcome: Float64Array.from(rows, (i) => data.outcome[i]!),
  };
}
