import type { Table } from "../data/table.ts";
import { shuffled } from "../math/folds.ts";
import { createRng } from "../math/rng.ts";
import type { Rng } from "../math/rng.ts";
import { mean, quantile, variance } from "../math/summary.ts";
import type { Effect } from "./effect.ts";
import { effectIntervals } from "./judge/conformal.ts";
import { judgePolicyTree } from "./judge/policy-tree.ts";
import type { JudgedPolicy } from "./judge/policy-tree.ts";
import { calibrate, judgeRanking } from "./judge/scores.ts";
import type { Calibration, Ranking } from "./judge/scores.ts";
import { prepare } from "./prepare.ts";
import type { AdjustmentProblem } from "./problem.ts";
import { takeProblemRows } from "./resample.ts";

/** What can be said of predicted effects of units without knowing the truth. */
export interface Judgement {
  /** Only where no unit's effect was predicted by a model that saw its outcome. */
  readonly predictions?: { readonly calibration: Calibration; readonly ranking: Ranking };
  readonly policy?: JudgedPolicy & {
    /** Names of the columns that the tree may cut. */
    readonly columns: readonly string[];
    /** Rows it was learnt and valued on. */
    readonly rows: number;
  };
  readonly intervals?: JudgedIntervals;
}

export interface JudgedIntervals {
  readonly level: number;
  readonly n: number;
  /** Median width; infinite when most are unbounded. */
  readonly width: number;
  /** Shares of the units. */
  readonly unbounded: number;
  readonly above: number;
  readonly below: number;
  /** Some sixty units in the order of their predicted effect. */
  readonly shown: readonly {
    readonly predicted: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** Methods asked for effects of units, whose influence is the doubly robust score of each, up to the estimate. */
const UNITS =
  /^(?:[strx]-learner|dr-learner|forest|neuralForest|dragonnet|tarnet|cfr|snet|riesznet)$/u;

/** Those whose predictions are out of fold; a net's are the mean over nets, most of which saw the row. */
const UNSEEN = /^(?:[strx]-learner|dr-learner|forest|neuralForest)$/u;

/** More rows than this are represented by as many at random: policies and intervals then stand still to 1 %. */
const MOST_ROWS = 10_000;

/**
 * Judges predicted effects of units: calibration and ranking, a policy tree of two cuts with its value on rows it has not
 * seen, and conformal intervals for single units (90 %, outcomes that are not two-valued). Undefined for associations, methods that are
 * about the average, weighted rows, targets other than everybody, or nets that were not cross-fitted. At most seconds.
 */
export function judgement(effect: Effect, table: Table): Judgement | undefined {
  const { influence, unitEffects, options, settings, estimand } = effect;
  if (influence === undefined || influence.length !== unitEffects?.length) return undefined;
  if (effect.target !== "ATE" || !UNITS.test(effect.method)) return undefined;
  if (settings.sampling !== undefined || options["folds"] === 1) return undefined;
  if (estimand.kind !== "adjustment") return undefined;
  // Whom to treat is a causal question: an association does not answer it
  if (effect.claim.status === "association") return undefined;
  const problem = problemAgain(effect, table);
  if (problem === undefined || problem.n < 100 || problem.covariates.d === 0) return undefined;
  const scores = influence.map((value) => value + effect.estimate);
  const rng = createRng(effect.seed ?? 1).fork("judgement");
  const policy = policyOf(problem, scores, rng.fork("policy"));
  const intervals = intervalsOf(problem, unitEffects, rng.fork("intervals"));
  return {
    ...(UNSEEN.test(effect.method)
      ? {
          predictions: {
            calibration: calibrate(scores, unitEffects),
            ranking: judgeRanking(scores, unitEffects),
          },
        }
      : {}),
    policy,
    ...(intervals === undefined ? {} : { intervals }),
  };
}

/** The rows that the effect was estimated on, encoded; undefined when they cannot be told. */
function problemAgain(effect: Effect, table: Table): AdjustmentProblem | undefined {
  const { missing } = effect.settings;
  const prepared = prepare(effect.estimand, table, missing === undefined ? {} : { missing });
  if (prepared.kind !== "ready" || prepared.problem.kind !== "adjustment") return undefined;
  const { problem, rows } = prepared;
  if (problem.treatmentKind !== "binary") return undefined;
  if (problem.n === effect.n) return problem;
  if (effect.rows === undefined) return undefined;
  const place = new Map(Array.from({ length: problem.n }, (_, i) => [rows?.[i] ?? i, i]));
  const own = effect.rows.map((row) => place.get(row) ?? -1);
  if (own.includes(-1)) return undefined;
  const kept = takeProblemRows(problem, own);
  return kept.kind === "adjustment" ? kept : undefined;
}

function policyOf(
  problem: AdjustmentProblem,
  scores: Float64Array,
  rng: Rng,
): NonNullable<Judgement["policy"]> {
  const rows = sampled(problem.n, rng);
  const { covariates } =
    rows === undefined ? problem : (takeProblemRows(problem, rows) as AdjustmentProblem);
  const own = rows === undefined ? scores : Float64Array.from(rows, (i) => scores[i]!);
  const n = own.length;
  const minimumLeaf = Math.max(10, Math.ceil(n / 50));
  const judged = (depth: number): JudgedPolicy =>
    judgePolicyTree(covariates, own, { depth, minimumLeaf, cuts: 31 }, rng.fork("folds"));
  const one = judged(1);
  // A search over pairs of very many columns would take minutes, and find chance
  const two = covariates.d > 60 ? one : judged(2);
  const chosen = two !== one && exceeds(two.gains, one.gains) ? two : one;
  return { ...chosen, columns: covariates.names, rows: n };
}

/** Whether the first gains more on the same unseen rows, at 5 % one-sided: a second cut has to pay. */
function exceeds(more: Float64Array, less: Float64Array): boolean {
  const difference = more.map((v, i) => v - less[i]!);
  const n = difference.length;
  return mean(difference) > 1.645 * Math.sqrt(variance(difference) / n);
}

function intervalsOf(
  problem: AdjustmentProblem,
  unitEffects: Float64Array,
  rng: Rng,
): JudgedIntervals | undefined {
  if (problem.outcomeKind !== "continuous") return undefined;
  const rows = sampled(problem.n, rng);
  const own = rows === undefined ? problem : (takeProblemRows(problem, rows) as AdjustmentProblem);
  const { n, treatment, outcome, covariates } = own;
  const treated = treatment.reduce((sum, t) => sum + t, 0);
  if (Math.min(treated, n - treated) < 40) return undefined;
  const predicted =
    rows === undefined ? unitEffects : Float64Array.from(rows, (i) => unitEffects[i]!);
  const level = 0.9;
  const { low, high } = effectIntervals(
    { n, d: covariates.d, x: covariates.x, treatment, outcome },
    { level },
    rng.fork("halves"),
  );
  const share = (is: (i: number) => boolean): number =>
    low.reduce((sum, _, i) => sum + (is(i) ? 1 : 0), 0) / n;
  const order = Int32Array.from(predicted.keys()).sort((a, b) => predicted[a]! - predicted[b]!);
  const count = Math.min(60, n);
  return {
    level,
    n,
    width: quantile(
      high.map((h, i) => Math.min(Number.MAX_VALUE, h - low[i]!)),
      0.5,
    ),
    unbounded: share((i) => !Number.isFinite(high[i]! - low[i]!)),
    above: share((i) => low[i]! > 0),
    below: share((i) => high[i]! < 0),
    shown: Array.from({ length: count }, (_, k) => {
      const i = order[Math.floor(((k + 0.5) * n) / count)]!;
      return { predicted: predicted[i]!, low: low[i]!, high: high[i]! };
    }),
  };
}

function sampled(n: number, rng: Rng): Int32Array | undefined {
  return n <= MOST_ROWS ? undefined : shuffled(n, rng.fork("rows")).slice(0, MOST_ROWS).sort();
}
