import { columnOf, type Table } from "../data/table.ts";
import { robustCovariance } from "../math/covariance.ts";
import { twoSidedP } from "../math/distributions.ts";
import { leastSquares } from "../math/least-squares.ts";
import { variance } from "../math/summary.ts";
import type { Effect } from "./effect.ts";
import { judgement } from "./judgement.ts";
import type { Judgement } from "./judgement.ts";

/** Mean unit effect where one covariate lies in an interval or has a level. */
export interface CovariateView {
  readonly name: string;
  readonly labels: boolean;
  readonly groups: readonly {
    readonly label: string;
    /** Mean of the covariate in the group; the place of a level among the levels. */
    readonly at: number;
    readonly mean: number;
    readonly low: number;
    readonly high: number;
    readonly n: number;
  }[];
  /** Share of the unit effects' variance between the groups. */
  readonly share: number;
}

/** A coefficient of the best linear predictor of the effect, per standard deviation of a number or for a level. */
export interface PredictorRow {
  readonly name: string;
  readonly coefficient: number;
  readonly standardError: number;
  readonly p: number;
}

export interface Heterogeneity {
  readonly minimum: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly maximum: number;
  /** Share of units with a predicted effect of the sign of the average. */
  readonly sameSign: number;
  /** By share of variance, most first. */
  readonly covariates: readonly CovariateView[];
  /** Absent when the method has no doubly robust score of each unit, or there are too few rows. */
  readonly predictor?: readonly PredictorRow[];
  /** Mean score within fifths of the predicted effect (GATES), likewise. */
  readonly fifths?: readonly {
    readonly estimate: number;
    readonly standardError: number;
    readonly predicted: number;
  }[];
  /** Absent for methods that are about the average. */
  readonly judgement?: Judgement;
}

/**
 * How predicted unit effects vary: their distribution, their means along each covariate, and, where the method's influence
 * is the doubly robust score of an average over everybody, the best linear predictor of the effect from the covariates
 * (Semenova & Chernozhukov 2021; HC1 errors) and the averages within fifths of the predicted effect (Chernozhukov,
 * Demirer, Duflo & Fernández-Val). Undefined when the method predicts no unit effects. O(n · covariates²).
 */
export function heterogeneity(effect: Effect, table: Table): Heterogeneity | undefined {
  const { unitEffects } = effect;
  if (unitEffects === undefined || unitEffects.length === 0) return undefined;
  const n = unitEffects.length;
  const rowAt = (i: number): number => effect.rows?.[i] ?? i;
  const sorted = Float64Array.from(unitEffects).sort();
  const at = (q: number): number => sorted[Math.min(n - 1, Math.floor(q * n))]!;
  const sign = Math.sign(effect.estimate);
  const names = effect.adjustment.filter((name) => table.columns.some((c) => c.name === name));
  const covariates = names
    .map((name) => viewOf(name, table, unitEffects, rowAt))
    .filter((view) => view.groups.length > 1)
    .sort((a, b) => b.share - a.share);
  const scores = scoresOf(effect);
  const predictor = scores === undefined ? undefined : predict(names, table, scores, rowAt);
  const fifths = scores === undefined || n < 100 ? undefined : groupMeans(unitEffects, scores);
  const judged = judgement(effect, table);
  return {
    minimum: sorted[0]!,
    lowerQuartile: at(0.25),
    median: at(0.5),
    upperQuartile: at(0.75),
    maximum: sorted[n - 1]!,
    sameSign: unitEffects.reduce((k, v) => k + (Math.sign(v) === sign ? 1 : 0), 0) / n,
    covariates,
    ...(predictor === undefined ? {} : { predictor }),
    ...(fifths === undefined ? {} : { fifths }),
    ...(judged === undefined ? {} : { judgement: judged }),
  };
}

/** Methods whose influence is the cross-fitted score of each unit, up to the estimate. */
const SCORED = /^(?:aipw|[strx]-learner|dr-learner|causal-forest|forest)$/u;

function scoresOf(effect: Effect): Float64Array | undefined {
  const { influence, unitEffects, options } = effect;
  if (influence === undefined || influence.length !== unitEffects?.length) return undefined;
  if (effect.target !== "ATE" || !SCORED.test(effect.method)) return undefined;
  if (effect.settings.sampling !== undefined || options["folds"] === 1) return undefined;
  return influence.map((value) => value + effect.estimate);
}

function viewOf(
  name: string,
  table: Table,
  effects: Float64Array,
  rowAt: (i: number) => number,
): CovariateView {
  const column = columnOf(table, name);
  const n = effects.length;
  const empty = { name, labels: true, groups: [], share: 0 };
  if (column.type === "text") return empty;
  const valueAt = (i: number): number =>
    column.type === "category" ? column.codes[rowAt(i)]! : column.values[rowAt(i)]!;
  const values = Float64Array.from({ length: n }, (_, i) => valueAt(i));
  const distinct = new Set(values);
  const labels = column.type === "category" || distinct.size <= 6;
  const members: number[][] = [];
  if (labels) {
    for (const level of [...distinct].sort((a, b) => a - b))
      members.push(Array.from(values.keys()).filter((i) => values[i] === level));
  } else {
    const order = Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
    const bins = Math.min(10, Math.floor(n / 10));
    for (let g = 0; g < bins; g++)
      members.push([
        ...order.subarray(Math.floor((g * n) / bins), Math.floor(((g + 1) * n) / bins)),
      ]);
  }
  const total = effects.reduce((a, b) => a + b, 0) / n;
  let between = 0;
  const groups = members
    .filter((rows) => rows.length > 0)
    .map((rows, k) => {
      const own = Float64Array.from(rows, (i) => effects[i]!).sort();
      const mean = own.reduce((a, b) => a + b, 0) / own.length;
      between += own.length * (mean - total) ** 2;
      const place = rows.reduce((a, i) => a + values[i]!, 0) / rows.length;
      const label =
        column.type === "category"
          ? (column.levels[values[rows[0]!]!] ?? "")
          : labels
            ? String(values[rows[0]!]!)
            : place.toPrecision(3);
      return {
        label,
        at: labels ? k : place,
        mean,
        low: own[Math.floor(0.1 * own.length)]!,
        high: own[Math.min(own.length - 1, Math.floor(0.9 * own.length))]!,
        n: own.length,
      };
    });
  const whole = variance(effects, 0) * n;
  return { name, labels, groups, share: whole === 0 ? 0 : between / whole };
}

function predict(
  names: readonly string[],
  table: Table,
  scores: Float64Array,
  rowAt: (i: number) => number,
): readonly PredictorRow[] | undefined {
  const n = scores.length;
  const columns: { name: string; values: Float64Array }[] = [];
  for (const name of names) {
    const column = columnOf(table, name);
    if (column.type === "text") continue;
    if (column.type === "category") {
      column.levels.slice(1).forEach((level, k) => {
        const values = Float64Array.from({ length: n }, (_, i) =>
          column.codes[rowAt(i)] === k + 1 ? 1 : 0,
        );
        columns.push({ name: `${name} = ${level}`, values });
      });
      continue;
    }
    const raw = Float64Array.from({ length: n }, (_, i) => column.values[rowAt(i)]!);
    const sd = Math.sqrt(variance(raw));
    if (!(sd > 0)) continue;
    const binary = raw.every((v) => v === 0 || v === 1);
    columns.push({
      name: binary ? name : `${name}, per sd`,
      values: binary ? raw : raw.map((v) => v / sd),
    });
  }
  const d = columns.length + 1;
  if (columns.length === 0 || n < 10 * d) return undefined;
  const x = new Float64Array(n * d);
  for (let i = 0; i < n; i++) x[i * d] = 1;
  columns.forEach(({ values }, j) => {
    const centre = values.reduce((a, b) => a + b, 0) / n;
    for (let i = 0; i < n; i++) x[i * d + j + 1] = values[i]! - centre;
  });
  const fit = leastSquares(x, n, d, scores);
  const residuals = scores.map((y, i) => {
    let sum = y;
    for (let j = 0; j < d; j++) sum -= x[i * d + j]! * fit.coefficients[j]!;
    return sum;
  });
  const covariance = robustCovariance(
    { x, n, d, residuals, inverse: fit.inverse, rank: fit.rank },
    "HC1",
  );
  return ["average effect", ...columns.map(({ name }) => name)].flatMap((name, j) => {
    const standardError = Math.sqrt(covariance[j * d + j]!);
    if (!(standardError > 0)) return [];
    const coefficient = fit.coefficients[j]!;
    return [{ name, coefficient, standardError, p: twoSidedP(coefficient / standardError) }];
  });
}

function groupMeans(
  effects: Float64Array,
  scores: Float64Array,
): NonNullable<Heterogeneity["fifths"]> {
  const order = Int32Array.from(effects.keys()).sort((a, b) => effects[a]! - effects[b]!);
  return [0, 1, 2, 3, 4].map((g) => {
    const rows = order.subarray(
      Math.floor((g * order.length) / 5),
      Math.floor(((g + 1) * order.length) / 5),
    );
    const own = Float64Array.from(rows, (i) => scores[i]!);
    return {
      estimate: own.reduce((a, b) => a + b, 0) / own.length,
      standardError: Math.sqrt(variance(own) / own.length),
      predicted: rows.reduce((a, i) => a + effects[i]!, 0) / rows.length,
    };
  });
}
