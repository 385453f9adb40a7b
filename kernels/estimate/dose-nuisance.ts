import { breathe } from "../../app/work.ts";
import { foldMap } from "../math/folds.ts";
import { type Sample, takeRows } from "./learn/learner.ts";
import { learnerNamed, type LearnerName } from "./learn/learners.ts";
import type { MethodContext } from "./method.ts";
import { rowsWhere } from "./nuisance.ts";
import type { AdjustmentProblem } from "./problem.ts";

/** What the doubly robust dose response is made of. */
export interface DoseNuisances {
  /** The pseudo-outcome, `[n]`. */
  readonly pseudo: Float64Array;
  /** Doses at which the outcome model was averaged, rising. */
  readonly grid: Float64Array;
  /** Outcome model for row i, and its average, at a place between grid points. */
  readonly predicted: (i: number, place: Place) => number;
  readonly average: (place: Place) => number;
  /** Rows whose weight was cut, and the largest weight before. */
  readonly extreme: number;
  readonly largest: number;
}

/** Between grid points `at` and `at + 1`, a `share` of the way. */
export interface Place {
  readonly at: number;
  readonly share: number;
}

/** Where a dose lies on the grid. O(1) for an even grid. */
export function interpolate(grid: Float64Array, dose: number): Place {
  const last = grid.length - 1;
  const raw = ((dose - grid[0]!) / (grid[last]! - grid[0]!)) * last;
  const at = Math.min(last - 1, Math.max(0, Math.floor(raw)));
  return { at, share: Math.min(1, Math.max(0, raw - at)) };
}

const POINTS = 60;
const LARGEST_WEIGHT = 20;

/**
 * Cross-fitted outcome model μ(x, a) on a grid of doses, and the density of the dose given x: its mean and spread by a
 * learner, the shape of the standardised rest by a kernel (as Kennedy et al. 2017, sec. 4). The pseudo-outcome is
 * (y − μ(x, a))·E[π(a | X)]/π(a | x) + E[μ(X, a)]. Weights beyond 20 are cut. The linear outcome model has the dose's
 * square and its products with covariates. O(folds · fits + n · grid).
 */
export async function doseNuisances(
  problem: AdjustmentProblem,
  options: {
    readonly outcomeModel: LearnerName;
    readonly treatmentModel: LearnerName;
    readonly folds: number;
  },
  context: MethodContext,
  reach: readonly number[],
): Promise<DoseNuisances> {
  const { n, treatment, outcome, covariates, sampling } = problem;
  const weights = sampling === undefined ? {} : { weights: sampling };
  const sorted = treatment.slice().sort();
  const [low, high] = [Math.min(sorted[0]!, ...reach), Math.max(sorted[n - 1]!, ...reach)];
  const grid = Float64Array.from(
    { length: POINTS },
    (_, k) => low + ((high - low) * k) / (POINTS - 1),
  );
  const folds = foldMap(
    n,
    options.folds,
    context.rng.fork("folds"),
    problem.clusters === undefined ? {} : { clusters: problem.clusters },
  );
  const surface = new Float32Array(n * POINTS);
  const fitted = new Float64Array(n);
  const mean = new Float64Array(n);
  const spread = new Float64Array(n);
  const bent = options.outcomeModel === "linear" || options.outcomeModel === "lasso";
  const alone: Sample = { x: covariates.x, n, d: covariates.d, y: treatment, ...weights };
  for (let fold = 0; fold < options.folds; fold++) {
    const test = rowsWhere(n, (i) => folds[i] === fold);
    const train = rowsWhere(n, (i) => folds[i] !== fold);
    const rng = context.rng.fork(`fold ${fold}`);
    const joint = withDose(problem, train, (i) => treatment[i]!, bent);
    const own = Float64Array.from(train, (i) => outcome[i]!);
    const model = learnerNamed(options.outcomeModel).fit(
      { ...joint, y: own, ...takeWeights(sampling, train) },
      problem.outcomeKind === "binary",
      rng.fork("outcome"),
    );
    const put = (values: Float64Array, write: (i: number, v: number) => void): void =>
      test.forEach((i, r) => write(i, values[r]!));
    put(
      model.predict(withDose(problem, test, (i) => treatment[i]!, bent).x, test.length),
      (i, v) => (fitted[i] = v),
    );
    for (let k = 0; k < POINTS; k++) {
      const set = withDose(problem, test, () => grid[k]!, bent);
      put(model.predict(set.x, test.length), (i, v) => (surface[i * POINTS + k] = v));
    }
    const learner = learnerNamed(covariates.d === 0 ? "linear" : options.treatmentModel);
    const first = learner.fit(takeRows(alone, train), false, rng.fork("dose"));
    put(first.predict(takeRows(alone, test).x, test.length), (i, v) => (mean[i] = v));
    const trainX = takeRows(alone, train);
    const around = first.predict(trainX.x, train.length);
    const squares = Float64Array.from(train, (i, r) => (treatment[i]! - around[r]!) ** 2);
    const overall = squares.reduce((s, v) => s + v, 0) / train.length;
    const second = learner.fit({ ...trainX, y: squares }, false, rng.fork("spread"));
    put(second.predict(takeRows(alone, test).x, test.length), (i, v) => {
      spread[i] = Math.sqrt(Math.max(v, 0.05 * overall));
    });
    context.work.progress({ fraction: (fold + 1) / options.folds, message: `Fold ${fold + 1}` });
    await breathe(context.work);
  }
  const rest = treatment.map((t, i) => (t - mean[i]!) / spread[i]!);
  const density = densityOf(rest);
  const average = new Float64Array(POINTS);
  const marginal = new Float64Array(POINTS);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const w = sampling?.[i] ?? 1;
    total += w;
    for (let k = 0; k < POINTS; k++) {
      average[k]! += w * surface[i * POINTS + k]!;
      marginal[k]! += (w * density((grid[k]! - mean[i]!) / spread[i]!)) / spread[i]!;
    }
  }
  for (let k = 0; k < POINTS; k++) {
    average[k]! /= total;
    marginal[k]! /= total;
  }
  const between = (values: Float64Array, { at, share }: Place): number =>
    (1 - share) * values[at]! + share * values[at + 1]!;
  let extreme = 0;
  let largest = 0;
  const pseudo = Float64Array.from({ length: n }, (_, i) => {
    const place = interpolate(grid, treatment[i]!);
    const own = density(rest[i]!) / spread[i]!;
    const weight = between(marginal, place) / own;
    largest = Math.max(largest, weight);
    if (weight > LARGEST_WEIGHT) extreme += 1;
    return Math.min(weight, LARGEST_WEIGHT) * (outcome[i]! - fitted[i]!) + between(average, place);
  });
  return {
    pseudo,
    grid,
    extreme,
    largest,
    average: (place) => between(average, place),
    predicted: (i, { at, share }) =>
      (1 - share) * surface[i * POINTS + at]! + share * surface[i * POINTS + at + 1]!,
  };
}

/** Dose (its square and its products with covariates for models that cannot bend), then covariates. */
function withDose(
  problem: AdjustmentProblem,
  rows: Int32Array,
  doseOf: (i: number) => number,
  bent: boolean,
): Sample {
  const { d, x } = problem.covariates;
  const width = bent ? 2 + 2 * d : 1 + d;
  const out = new Float64Array(rows.length * width);
  for (let r = 0; r < rows.length; r++) {
    const i = rows[r]!;
    const a = doseOf(i);
    let at = r * width;
    out[at++] = a;
    if (bent) out[at++] = a * a;
    for (let j = 0; j < d; j++) out[at++] = x[i * d + j]!;
    if (bent) for (let j = 0; j < d; j++) out[at++] = a * x[i * d + j]!;
  }
  return { x: out, n: rows.length, d: width, y: new Float64Array(0) };
}

function takeWeights(
  sampling: Float64Array | undefined,
  rows: Int32Array,
): { readonly weights?: Float64Array } {
  return sampling === undefined ? {} : { weights: Float64Array.from(rows, (i) => sampling[i]!) };
}

/** Gaussian kernel density of standardised rests, tabulated; Silverman's bandwidth. */
function densityOf(rest: Float64Array): (z: number) => number {
  const n = rest.length;
  const h = 1.06 * n ** -0.2;
  const [low, step, size] = [-6, 0.05, 241];
  const counts = new Float64Array(size);
  for (const z of rest) counts[Math.min(size - 1, Math.max(0, Math.round((z - low) / step)))]! += 1;
  const table = new Float64Array(size);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) {
      if (counts[b] === 0) continue;
      const u = ((a - b) * step) / h;
      table[a]! += (counts[b]! * Math.exp(-0.5 * u * u)) / (n * h * Math.sqrt(2 * Math.PI));
    }
  }
  return (z) => {
    const raw = Math.min(size - 1.001, Math.max(0, (z - low) / step));
    const at = Math.floor(raw);
    return Math.max(1e-6, table[at]! + (raw - at) * (table[at + 1]! - table[at]!));
  };
}
