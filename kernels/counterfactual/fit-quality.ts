import type { Table } from "../data/table.ts";
import { normalCdf } from "../math/distributions.ts";
import { createRng } from "../math/rng.ts";
import { readData } from "./fit-data.ts";
import type { FitColumn, ReadOptions } from "./fit-data.ts";
import type { NoiseFamily, StructuralModel, Variable } from "./model.ts";
import { unitMechanism } from "./unit.ts";
import { unreachable } from "./unreachable.ts";

/** How one mechanism meets the data it is held against. */
export interface MechanismQuality {
  readonly variable: string;
  readonly n: number;
  /** Mean log likelihood of a row, and that of the variable's own distribution without its causes. */
  readonly logLikelihood: number;
  readonly withoutCauses: number;
  /** Continuous: 1 - exp(2·(without - with)), which is R² for a linear mean with normal noise. Discrete: McFadden's. */
  readonly explained: number;
  /** Continuous variables: the noise recovered from every row. */
  readonly noise?: NoiseQuality;
}

export interface NoiseQuality {
  /** Largest gap between the distribution of the noise and the one assumed (Kolmogorov and Smirnov). */
  readonly distance: number;
  /** What the gap would exceed in one of twenty samples of this size, were the noise as assumed. */
  readonly usual: number;
  /** Largest correlation of the noise, or its size, with a cause or its square; 0 without continuous or 0/1 causes. */
  readonly dependence: number;
  readonly on?: string;
  /** What the largest of so many correlations would exceed in one of twenty samples, were the noise independent. */
  readonly usualDependence: number;
}

const ROW_LIMIT = 20_000;

/**
 * Fit quality of each observed variable with a mechanism of its own: log likelihood with and without its causes, and
 * whether the noise recovered has the law assumed and is independent of the causes. That independence is what
 * counterfactuals rest on: noise that still depends on a cause cannot be carried into another world (Hoyer et al.
 * 2009, section 3). Uses the first 20 000 complete rows. O(rows · causes) per variable.
 */
export function fitQuality(
  model: StructuralModel,
  table: Table,
  options: ReadOptions = {},
): readonly MechanismQuality[] {
  const columns = new Set(table.columns.map(({ name }) => name));
  const shown = model.variables.filter(
    ({ name, role, mechanism, parents }) =>
      role === "observed" &&
      mechanism.kind !== "confounded" &&
      mechanism.kind !== "function" &&
      [name, ...parents].every((one) => columns.has(one)),
  );
  const needed = [...new Set(shown.flatMap(({ name, parents }) => [name, ...parents]))];
  if (needed.length === 0) return [];
  const data = readData(table, needed, options);
  return shown.map((variable) => {
    const numbers = [variable.name, ...variable.parents].map((name) =>
      numbersFor(model, name, data.byName.get(name)!),
    );
    return qualityOf(model, variable, numbers, data.weights.subarray(0, ROW_LIMIT));
  });
}

/** The column as the numbers the model calculates with. */
function numbersFor(model: StructuralModel, name: string, column: FitColumn): Float64Array {
  const domain = model.variables.find((v) => v.name === name)!.domain;
  const values = column.values.subarray(0, ROW_LIMIT);
  if (column.kind === "real") return values;
  if (domain.kind === "real") return values.map((level) => Number(column.levels[level]));
  return values.map((level) => domain.values[domain.levels.indexOf(column.levels[level]!)] ?? NaN);
}

function qualityOf(
  model: StructuralModel,
  variable: Variable,
  [own, ...causes]: readonly Float64Array[],
  weights: Float64Array,
): MechanismQuality {
  const values = own!;
  const n = values.length;
  const unit = unitMechanism(model, variable);
  const rng = createRng(1);
  const scratch = new Float64Array(Math.max(1, unit.size));
  const given = new Float64Array(causes.length);
  const noise = new Float64Array(n);
  let sum = 0;
  let total = 0;
  for (let i = 0; i < n; i++) {
    causes.forEach((cause, j) => (given[j] = cause[i]!));
    const log = unit.abduct(values[i]!, given, rng, scratch);
    // What the model calls impossible would make the mean -∞ and hide all else; it counts as very unlikely.
    sum += weights[i]! * Math.max(log, -50);
    total += weights[i]!;
    noise[i] = scratch[0]!;
  }
  const logLikelihood = sum / total;
  const continuous = variable.domain.kind === "real";
  const withoutCauses = continuous
    ? normalLikelihood(values, weights, total)
    : -entropy(values, weights, total);
  const explained = continuous
    ? 1 - Math.exp(2 * (withoutCauses - logLikelihood))
    : withoutCauses === 0
      ? 0
      : 1 - logLikelihood / withoutCauses;
  return {
    variable: variable.name,
    n,
    logLikelihood,
    withoutCauses,
    explained,
    ...(continuous ? { noise: noiseQuality(variable, noise, causes) } : {}),
  };
}

function normalLikelihood(values: Float64Array, weights: Float64Array, total: number): number {
  const mean = values.reduce((sum, value, i) => sum + weights[i]! * value, 0) / total;
  const squares = values.reduce((sum, value, i) => sum + weights[i]! * (value - mean) ** 2, 0);
  return -0.5 * (1 + Math.log((2 * Math.PI * squares) / total));
}

function entropy(values: Float64Array, weights: Float64Array, total: number): number {
  const shares = new Map<number, number>();
  values.forEach((v, i) => shares.set(v, (shares.get(v) ?? 0) + weights[i]! / total));
  return [...shares.values()].reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
}

function noiseQuality(
  variable: Variable,
  noise: Float64Array,
  causes: readonly Float64Array[],
): NoiseQuality {
  const n = noise.length;
  const { mechanism } = variable;
  const family = mechanism.kind === "additive" ? mechanism.noise : "normal";
  const sorted = noise.toSorted();
  let distance = 0;
  sorted.forEach((value, i) => {
    const p = cumulative(family, value);
    distance = Math.max(distance, Math.abs(p - i / n), Math.abs((i + 1) / n - p));
  });
  let dependence = 0;
  let on: string | undefined;
  const sizes = noise.map(Math.abs);
  let looks = 0;
  causes.forEach((cause, j) => {
    const squares = cause.map((value) => value * value);
    for (const a of [noise, sizes]) {
      for (const b of [cause, squares]) {
        looks += 1;
        const r = Math.abs(correlation(a, b));
        if (r > dependence) {
          dependence = r;
          on = variable.parents[j];
        }
      }
    }
  });
  return {
    distance,
    usual: 1.36 / Math.sqrt(n),
    dependence,
    ...(on === undefined ? {} : { on }),
    // Two-sided normal quantile at 0.05 shared among the looks (Bonferroni), by its usual expansion.
    usualDependence: looks === 0 ? 0 : Math.sqrt(2 * Math.log(looks / 0.05)) / Math.sqrt(n),
  };
}

function correlation(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  const [ma, mb] = [a, b].map((x) => x.reduce((s, v) => s + v, 0) / n) as [number, number];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < n; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** Distribution function of the standard noise of a family. */
function cumulative(family: NoiseFamily, x: number): number {
  switch (family) {
    case "normal":
      return normalCdf(x);
    case "uniform":
      return Math.min(1, Math.max(0, x));
    case "logistic":
      return 1 / (1 + Math.exp(-x));
    case "laplace":
      return x < 0 ? 0.5 * Math.exp(x) : 1 - 0.5 * Math.exp(-x);
    case "exponential":
      return x <= 0 ? 0 : -Math.expm1(-x);
    default:
      return unreachable(family);
  }
}
