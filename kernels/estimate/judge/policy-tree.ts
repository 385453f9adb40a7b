import { UserError } from "../../../app/errors.ts";
import { foldMap } from "../../math/folds.ts";
import type { Rng } from "../../math/rng.ts";
import type { Judged } from "./scores.ts";

/** A rule that says by a few cuts of covariates whom to treat. */
export type PolicyTree = PolicyLeaf | PolicySplit;

export interface PolicyLeaf {
  readonly kind: "leaf";
  readonly treat: boolean;
  /** Rows of the leaf among those it was learnt on. */
  readonly n: number;
}

export interface PolicySplit {
  readonly kind: "split";
  readonly column: number;
  /** Rows with a value of at most this go to `low`. */
  readonly at: number;
  readonly low: PolicyTree;
  readonly high: PolicyTree;
}

export interface PolicyData {
  readonly n: number;
  readonly d: number;
  /** `[n, d]` row-major. */
  readonly x: Float64Array;
}

export interface PolicyOptions {
  /** Cuts on the way to a leaf: 0 treats all or nobody. */
  readonly depth: number;
  /** Fewest rows of a leaf. */
  readonly minimumLeaf: number;
  /** What treating a unit costs, in units of the outcome. */
  readonly cost: number;
  /** Most cuts tried of a column: every one between two values where there are no more, else quantiles. */
  readonly cuts: number;
}

export const POLICY_DEFAULTS: PolicyOptions = { depth: 2, minimumLeaf: 10, cost: 0, cuts: 128 };

/**
 * The tree that gains most on doubly robust scores (Athey & Wager 2021, section 2; Zhou, Athey & Wager 2023, section 4):
 * the sum of `score - cost` over those it treats is largest among all trees of that depth over the candidate cuts. Exact
 * for depths up to 2. Below, greedy: each cut is the first of the best tree of two cuts. Of equal trees the smaller
 * one. A tree learnt on scores looks better on them than it is: `judgePolicyTree` says how good it is.
 * O(depth · (n d² + d² cuts²)).
 *
 * @param scores `[n]`, `doublyRobustScores` or any unbiased ones.
 * @throws UserError `bad-policy` for a depth, leaf size or number of cuts that is no count, or values that are not finite.
 */
export function learnPolicyTree(
  data: PolicyData,
  scores: Float64Array,
  options: Partial<PolicyOptions> = {},
): PolicyTree {
  const settings = { ...POLICY_DEFAULTS, ...options };
  check(data, scores, settings);
  const binned = binColumns(data, settings.cuts);
  const gains = scores.map((s) => s - settings.cost);
  const rows = Int32Array.from({ length: data.n }, (_, i) => i);
  return grow(binned, gains, rows, settings.depth, settings.minimumLeaf);
}

/** Whom the tree treats: 1 or 0 for each row of `x: [n, d]`. O(n · depth). */
export function applyPolicyTree(tree: PolicyTree, { n, d, x }: PolicyData): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => {
    let node = tree;
    while (node.kind === "split") node = x[i * d + node.column]! <= node.at ? node.low : node.high;
    return node.treat ? 1 : 0;
  });
}

export interface JudgedPolicy {
  /** Learnt on all rows. */
  readonly tree: PolicyTree;
  /** Share of the rows that it treats. */
  readonly treated: number;
  /** Mean gain over treating nobody of trees learnt as this one, each on rows it has not seen. */
  readonly value: Judged;
  /** Mean gain of treating everybody over treating nobody. */
  readonly everybody: Judged;
  /** Mean gain of those trees over whichever of everybody and nobody looked better where they were learnt. */
  readonly overUniform: Judged;
  /** `[n]`: what each row adds to `value`, under a tree that has not seen it. */
  readonly gains: Float64Array;
}

/**
 * A policy tree and what it is worth: each fold's rows are scored under a tree learnt on the others (Athey & Wager 2021,
 * section 5), so that its value is not flattered by having been chosen. The value is of such trees, learnt on
 * (folds - 1)/folds of the rows. Errors by the scores' spread. O(folds · cost of learning).
 */
export function judgePolicyTree(
  data: PolicyData,
  scores: Float64Array,
  options: Partial<PolicyOptions>,
  rng: Rng,
  folds = 5,
): JudgedPolicy {
  const { n, d } = data;
  const cost = options.cost ?? POLICY_DEFAULTS.cost;
  const tree = learnPolicyTree(data, scores, options);
  const fold = foldMap(n, folds, rng, {});
  const gains = new Float64Array(n);
  const over = new Float64Array(n);
  const all = Int32Array.from({ length: n }, (_, i) => i);
  for (let k = 0; k < folds; k++) {
    const outside = all.filter((i) => fold[i] !== k);
    const inside = all.filter((i) => fold[i] === k);
    const own = outside.reduce((sum, i) => sum + scores[i]! - cost, 0);
    const part = (rows: Int32Array): PolicyData => {
      const x = new Float64Array(rows.length * d);
      rows.forEach((i, r) => x.set(data.x.subarray(i * d, (i + 1) * d), r * d));
      return { n: rows.length, d, x };
    };
    const learnt = learnPolicyTree(
      part(outside),
      Float64Array.from(outside, (i) => scores[i]!),
      options,
    );
    applyPolicyTree(learnt, part(inside)).forEach((treat, r) => {
      const i = inside[r]!;
      const gain = scores[i]! - cost;
      gains[i] = treat * gain;
      over[i] = treat * gain - (own > 0 ? gain : 0);
    });
  }
  return {
    tree,
    treated: applyPolicyTree(tree, data).reduce((sum, t) => sum + t, 0) / n,
    value: meanOf(gains),
    everybody: meanOf(scores.map((s) => s - cost)),
    overUniform: meanOf(over),
    gains,
  };
}

function meanOf(values: Float64Array): Judged {
  const n = values.length;
  const estimate = values.reduce((sum, v) => sum + v / n, 0);
  const square = values.reduce((sum, v) => sum + (v - estimate) ** 2, 0);
  return { estimate, standardError: Math.sqrt(square) / n };
}

function check({ n, d, x }: PolicyData, scores: Float64Array, options: PolicyOptions): void {
  const refuse = (message: string, value: unknown, expected: string): never => {
    throw new UserError({
      code: "bad-policy",
      message,
      value,
      expected,
      hint: "A tree of depth 2 over a few columns is the usual start.",
    });
  };
  const { depth, minimumLeaf, cuts, cost } = options;
  if (!Number.isInteger(depth) || depth < 0 || depth > 10) {
    refuse(`A policy tree cannot be ${depth} cuts deep.`, depth, "a whole number from 0 to 10");
  }
  if (!Number.isInteger(minimumLeaf) || minimumLeaf < 1) {
    refuse(`A leaf cannot hold ${minimumLeaf} rows.`, minimumLeaf, "a whole number of at least 1");
  }
  if (!Number.isInteger(cuts) || cuts < 1 || cuts > 65_535) {
    refuse(`${cuts} cuts of a column cannot be tried.`, cuts, "a whole number from 1 to 65535");
  }
  if (n < 1 || scores.length !== n || x.length !== n * d) {
    refuse(
      `${scores.length} scores for ${n} rows.`,
      scores.length,
      "one score a row, at least one",
    );
  }
  if (![...scores, cost].every(Number.isFinite) || !x.every(Number.isFinite)) {
    refuse("A score, a cost or a covariate is not finite.", undefined, "finite numbers");
  }
}

interface Binned {
  readonly d: number;
  /** Ascending cuts of each column; a value's bin is the number of cuts below it. */
  readonly cuts: readonly Float64Array[];
  /** `[d][n]`. */
  readonly bins: readonly Uint16Array[];
}

function binColumns({ n, d, x }: PolicyData, most: number): Binned {
  const cuts: Float64Array[] = [];
  const bins: Uint16Array[] = [];
  for (let j = 0; j < d; j++) {
    const column = Float64Array.from({ length: n }, (_, i) => x[i * d + j]!);
    const sorted = Float64Array.from(column).sort();
    const levels = sorted.filter((v, i) => i === 0 || v !== sorted[i - 1]);
    const chosen =
      levels.length - 1 <= most
        ? Array.from({ length: levels.length - 1 }, (_, k) => between(levels[k]!, levels[k + 1]!))
        : Array.from({ length: most }, (_, k) => {
            const place = Math.floor(((k + 1) * n) / (most + 1));
            return sorted[Math.min(n - 1, place)]!;
          }).filter((v) => v < sorted[n - 1]!);
    const own = Float64Array.from(new Set(chosen));
    cuts.push(own);
    bins.push(Uint16Array.from(column, (v) => below(own, v)));
  }
  return { d, cuts, bins };
}

/** Halfway, but never rounded up to the upper value, which belongs on the other side. */
function between(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle < high ? middle : low;
}

function below(cuts: Float64Array, value: number): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cuts[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function grow(
  binned: Binned,
  gains: Float64Array,
  rows: Int32Array,
  depth: number,
  minimum: number,
): PolicyTree {
  let total = 0;
  let size = 0;
  for (const i of rows) {
    total += gains[i]!;
    size += Math.abs(gains[i]!);
  }
  const leaf: PolicyLeaf = { kind: "leaf", treat: total > 0, n: rows.length };
  if (depth === 0 || rows.length < 2 * minimum) return leaf;
  const cut =
    depth === 1 ? bestOfOne(binned, gains, rows, minimum) : bestOfTwo(binned, gains, rows, minimum);
  // A cut that gains nothing beyond rounding is no cut
  if (cut === undefined || cut.gain <= Math.max(0, total) + 1e-12 * size) return leaf;
  const own = binned.bins[cut.column]!;
  const side = (low: boolean): PolicyTree =>
    grow(
      binned,
      gains,
      rows.filter((i) => own[i]! <= cut.bin === low),
      depth - 1,
      minimum,
    );
  const low = side(true);
  const high = side(false);
  if (low.kind === "leaf" && high.kind === "leaf" && low.treat === high.treat) return leaf;
  return { kind: "split", column: cut.column, at: binned.cuts[cut.column]![cut.bin]!, low, high };
}

interface Cut {
  readonly column: number;
  readonly bin: number;
  readonly gain: number;
}

/** Sums and counts of the rows in each bin of each column, one after another. */
interface Histogram {
  readonly sums: Float64Array;
  readonly counts: Int32Array;
  total: number;
  n: number;
}

/** Where the bins of each column start in a histogram; one more than columns. */
function startsOf({ cuts }: Binned): Int32Array {
  const starts = new Int32Array(cuts.length + 1);
  cuts.forEach((own, j) => (starts[j + 1] = starts[j]! + own.length + 1));
  return starts;
}

function emptyHistogram(size: number): Histogram {
  return { sums: new Float64Array(size), counts: new Int32Array(size), total: 0, n: 0 };
}

function put(
  h: Histogram,
  { bins, d }: Binned,
  starts: Int32Array,
  i: number,
  gain: number,
  sign: 1 | -1,
): void {
  for (let j = 0; j < d; j++) {
    const place = starts[j]! + bins[j]![i]!;
    h.sums[place]! += sign * gain;
    h.counts[place]! += sign;
  }
  h.total += sign * gain;
  h.n += sign;
}

/** The best single cut by a scan of the histogram; its gain may be that of no cut. */
function scan(h: Histogram, starts: Int32Array, minimum: number): Cut {
  let best: Cut = { column: -1, bin: -1, gain: Math.max(0, h.total) };
  for (let j = 0; j + 1 < starts.length; j++) {
    let sum = 0;
    let count = 0;
    for (let place = starts[j]!; place < starts[j + 1]! - 1; place++) {
      sum += h.sums[place]!;
      count += h.counts[place]!;
      if (count < minimum) continue;
      if (h.n - count < minimum) break;
      const gain = Math.max(0, sum) + Math.max(0, h.total - sum);
      if (gain > best.gain) best = { column: j, bin: place - starts[j]!, gain };
    }
  }
  return best;
}

function bestOfOne(
  binned: Binned,
  gains: Float64Array,
  rows: Int32Array,
  minimum: number,
): Cut | undefined {
  const starts = startsOf(binned);
  const h = emptyHistogram(starts.at(-1)!);
  for (const i of rows) put(h, binned, starts, i, gains[i]!, 1);
  const cut = scan(h, starts, minimum);
  return cut.column < 0 ? undefined : cut;
}

/** The first cut of the best tree of two: at each cut the best single cut of both sides, kept up to date row by row. */
function bestOfTwo(
  binned: Binned,
  gains: Float64Array,
  rows: Int32Array,
  minimum: number,
): Cut | undefined {
  const starts = startsOf(binned);
  const size = starts.at(-1)!;
  let best: Cut | undefined;
  for (let j = 0; j < binned.d; j++) {
    const own = binned.bins[j]!;
    const order = rows.toSorted((a, b) => own[a]! - own[b]!);
    const low = emptyHistogram(size);
    const high = emptyHistogram(size);
    for (const i of rows) put(high, binned, starts, i, gains[i]!, 1);
    let next = 0;
    while (next < order.length) {
      const bin = own[order[next]!]!;
      for (; next < order.length && own[order[next]!] === bin; next++) {
        const i = order[next]!;
        put(low, binned, starts, i, gains[i]!, 1);
        put(high, binned, starts, i, gains[i]!, -1);
      }
      if (low.n < minimum || high.n < minimum) continue;
      const gain = scan(low, starts, minimum).gain + scan(high, starts, minimum).gain;
      if (best === undefined || gain > best.gain) best = { column: j, bin, gain };
    }
  }
  return best;
}
