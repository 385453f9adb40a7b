import { UserError } from "../../../app/errors.ts";
import { shuffled } from "../../math/folds.ts";
import type { Rng } from "../../math/rng.ts";
import { boostingLearner } from "../learn/boosting.ts";
import type { Fitted, Learner } from "../learn/learner.ts";
import { linearLearner } from "../learn/linear.ts";

export interface ConformalData {
  readonly n: number;
  readonly d: number;
  /** `[n, d]` row-major. */
  readonly x: Float64Array;
  /** `[n]`, 0/1. */
  readonly treatment: Float64Array;
  /** `[n]`, of many values: intervals for a two-valued outcome say nothing. */
  readonly outcome: Float64Array;
}

export interface ConformalOptions {
  /** Share of the units whose own effect the intervals should hold. */
  readonly level: number;
  /** Learns the outcome's mean and the size of its errors; the coverage does not rest on it. */
  readonly learner: Learner;
  /** Learns the propensity, on which the coverage rests. */
  readonly propensity: Learner;
}

export const CONFORMAL_DEFAULTS: ConformalOptions = {
  level: 0.9,
  learner: boostingLearner,
  propensity: linearLearner,
};

/** Intervals of units' own effects, `[n]`; a bound is infinite where too few of the other arm are like the unit. */
export interface UnitIntervals {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * An interval for the effect on each unit of a study, Y(1) - Y(0), by weighted split conformal inference of its missing
 * outcome (Lei & Candès 2021, section 3 and theorem 1): of one half of the rows outcome models and the propensity are
 * learnt; in the other, errors of units of one arm, weighted by the odds that turn that arm's covariates into the other's,
 * bound the missing outcomes of the other; then the halves change places. The score is the error over its predicted size.
 * Over the units of either arm the intervals hold the effect with probability `level` in finite samples if the propensity
 * is right, given no unmeasured confounding; nearly so where it is learnt well. It is an average: no promise is made for
 * any single unit. O(cost of six fits + n log n).
 *
 * @throws UserError `too-few-in-arm` for an arm with fewer than 20 units, `bad-level`.
 */
export function effectIntervals(
  data: ConformalData,
  options: Partial<ConformalOptions>,
  rng: Rng,
): UnitIntervals {
  const settings = { ...CONFORMAL_DEFAULTS, ...options };
  check(data, settings.level);
  const low = new Float64Array(data.n);
  const high = new Float64Array(data.n);
  const [a, b] = halves(data.treatment, allRows(data.n), rng);
  for (const [learning, judging] of [
    [a, b],
    [b, a],
  ] as const) {
    const found = ofHalf(data, learning, judging, settings, rng);
    judging.forEach((i, k) => {
      low[i] = found.low[k]!;
      high[i] = found.high[k]!;
    });
  }
  return { low, high };
}

/** Intervals of the effects on new units, from covariates alone. */
export interface EffectPredictor {
  /** For rows `x: [n, d]`. O(prediction). */
  predict(x: Float64Array, n: number): UnitIntervals;
}

/**
 * Intervals for the effect on units whose outcomes are not seen yet, by the nested method (Lei & Candès 2021, algorithm 2,
 * exact version): half of the rows get intervals as in `effectIntervals` at level 1 - (1 - level)/2; models of both ends
 * are learnt of a half of those and widened by conformal inference on the rest at the same level, so that together they
 * fail at most 1 - level. Wider than needed by construction, and without end where more than (1 - level)/2 of the first
 * intervals are: it takes some thousand rows. Same assumptions. O(cost of five fits + n log n).
 *
 * @throws UserError `too-few-in-arm` for an arm with fewer than 80 units, `bad-level`.
 */
export function nestedIntervals(
  data: ConformalData,
  options: Partial<ConformalOptions>,
  rng: Rng,
): EffectPredictor {
  const settings = { ...CONFORMAL_DEFAULTS, ...options };
  check(data, settings.level, 80);
  const level = 1 - (1 - settings.level) / 2;
  const [learning, judging] = halves(data.treatment, allRows(data.n), rng);
  const ends = ofHalf(data, learning, judging, { ...settings, level }, rng);
  const [first, second] = halves(data.treatment, allRows(judging.length), rng, judging);
  const finite = (values: Float64Array): Float64Array => {
    // An unbounded interval teaches a model as the widest bounded one, and still counts as infinite below
    const bounded = values.filter(Number.isFinite);
    const [least, most] = [
      bounded.reduce((m, v) => Math.min(m, v), 0),
      bounded.reduce((m, v) => Math.max(m, v), 0),
    ];
    return values.map((v) => Math.min(most, Math.max(least, v)));
  };
  const x = rowsOf(data, judging);
  const half = { n: judging.length, d: data.d, x };
  const learn = (values: Float64Array, name: string): Fitted =>
    settings.learner.fit(
      {
        n: first.length,
        d: data.d,
        x: rowsOf(half, first),
        y: Float64Array.from(first, (k) => values[k]!),
      },
      false,
      rng.fork(name),
    );
  const lower = learn(finite(ends.low), "lower");
  const upper = learn(finite(ends.high), "upper");
  const rest = rowsOf(half, second);
  const [l, u] = [lower.predict(rest, second.length), upper.predict(rest, second.length)];
  const misses = Float64Array.from(second, (k, r) =>
    Math.max(l[r]! - ends.low[k]!, ends.high[k]! - u[r]!),
  ).sort();
  const rank = Math.ceil(level * (second.length + 1));
  const widen = rank > second.length ? Infinity : misses[rank - 1]!;
  return {
    predict: (x, n) => ({
      low: lower.predict(x, n).map((v) => v - widen),
      high: upper.predict(x, n).map((v) => v + widen),
    }),
  };
}

/**
 * The smallest score at which the weights of the scores so far reach `level` of all, the test point's own at infinity
 * included (Tibshirani, Barber, Candès & Ramdas 2019, lemma 1). Infinity when they never do. O(log n).
 *
 * @param scores ascending, with running sums `cumulative` of their weights.
 */
export function weightedQuantile(
  scores: Float64Array,
  cumulative: Float64Array,
  own: number,
  level: number,
): number {
  const n = scores.length;
  const total = n === 0 ? 0 : cumulative[n - 1]!;
  // The sum's last digits must not push an exact share over the edge
  const needed = level * (total + own) * (1 - 1e-12);
  let [low, high] = [0, n];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle]! < needed) low = middle + 1;
    else high = middle;
  }
  return low === n ? Infinity : scores[low]!;
}

function ofHalf(
  data: ConformalData,
  learning: Int32Array,
  judging: Int32Array,
  { level, learner, propensity }: ConformalOptions,
  rng: Rng,
): UnitIntervals {
  const { d, treatment, outcome } = data;
  const sample = (rows: Int32Array, y: Float64Array) => ({
    n: rows.length,
    d,
    x: rowsOf(data, rows),
    y: Float64Array.from(rows, (i) => y[i]!),
  });
  const e = propensity
    .fit(sample(learning, treatment), true, rng.fork("propensity"))
    .predict(rowsOf(data, judging), judging.length)
    .map((p) => Math.min(0.99, Math.max(0.01, p)));
  const low = new Float64Array(judging.length);
  const high = new Float64Array(judging.length);
  for (const arm of [0, 1]) {
    const own = learning.filter((i) => treatment[i] === arm);
    const x = sample(own, outcome);
    const model = learner.fit(x, false, rng.fork(`mean ${arm}`));
    const fitted = model.predict(x.x, own.length);
    const errors = x.y.map((y, k) => Math.abs(y - fitted[k]!));
    const size = learner.fit({ ...x, y: errors }, false, rng.fork(`size ${arm}`));
    const floor = 0.2 * errors.reduce((sum, v) => sum + v / errors.length, 0) + 1e-12;
    const rows = rowsOf(data, judging);
    const at = model.predict(rows, judging.length);
    const sizes = size.predict(rows, judging.length).map((v) => Math.max(v, floor));
    // Odds that make the covariates of this arm those of the other
    const weight = (k: number): number => (arm === 1 ? (1 - e[k]!) / e[k]! : e[k]! / (1 - e[k]!));
    const seen = Array.from(judging.keys()).filter((k) => treatment[judging[k]!] === arm);
    const scored = seen
      .map((k) => [Math.abs(outcome[judging[k]!]! - at[k]!) / sizes[k]!, weight(k)] as const)
      .sort((p, q) => p[0] - q[0]);
    const scores = Float64Array.from(scored, ([s]) => s);
    let sum = 0;
    const cumulative = Float64Array.from(scored, ([, w]) => (sum += w));
    judging.forEach((i, k) => {
      if (treatment[i] === arm) return;
      const reach = weightedQuantile(scores, cumulative, weight(k), level) * sizes[k]!;
      const [missingLow, missingHigh] = [at[k]! - reach, at[k]! + reach];
      low[k] = arm === 1 ? missingLow - outcome[i]! : outcome[i]! - missingHigh;
      high[k] = arm === 1 ? missingHigh - outcome[i]! : outcome[i]! - missingLow;
    });
  }
  return { low, high };
}

function allRows(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i);
}

/** Two halves of the rows at random, each with half of either arm; `of` says whose treatment row k has. */
function halves(
  treatment: Float64Array,
  rows: Int32Array,
  rng: Rng,
  of?: Int32Array,
): readonly [Int32Array, Int32Array] {
  const parts: [number[], number[]] = [[], []];
  for (const arm of [0, 1]) {
    const members = rows.filter((k) => treatment[of === undefined ? k : of[k]!] === arm);
    shuffled(members.length, rng).forEach((k, place) => parts[place % 2]!.push(members[k]!));
  }
  return [Int32Array.from(parts[0]).sort(), Int32Array.from(parts[1]).sort()];
}

function rowsOf({ d, x }: Pick<ConformalData, "d" | "x">, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length * d);
  rows.forEach((i, k) => out.set(x.subarray(i * d, (i + 1) * d), k * d));
  return out;
}

function check({ treatment }: ConformalData, level: number, fewest = 20): void {
  if (!(level > 0 && level < 1)) {
    throw new UserError({
      code: "bad-level",
      message: `Intervals cannot hold ${level} of the effects.`,
      value: level,
      expected: "a share between 0 and 1",
      hint: "0.9 is usual.",
    });
  }
  for (const arm of [0, 1]) {
    const size = treatment.reduce((sum, t) => sum + (t === arm ? 1 : 0), 0);
    if (size >= fewest) continue;
    throw new UserError({
      code: "too-few-in-arm",
      message: `Only ${size} units have treatment ${arm}.`,
      value: size,
      expected: `at least ${fewest} units in each arm`,
      hint: "Intervals for single units need units to learn from and units to calibrate on.",
    });
  }
}
