import { breathe, type HandTask, share, type Work } from "../../../app/work.ts";
import { normalCdf, normalPdf } from "../../math/distributions.ts";
import { createRng, type Rng } from "../../math/rng.ts";
import { binOf } from "./bins.ts";
import type { BinnedCovariates } from "./bins.ts";
import { createScratch, growTree, LEAF, leafOf } from "./tree.ts";
import type { Response, Tree, TreeOptions } from "./tree.ts";

export interface ForestOptions extends TreeOptions {
  /** Even: trees come in pairs that share a half-sample. */
  readonly trees: number;
}

/** Trees in pairs (little bags), each with the rows its pair did not see marked. */
export interface Forest {
  readonly covariates: BinnedCovariates;
  readonly trees: readonly Tree[];
  /** For each pair, 1 for rows of its half-sample; `[n]`. */
  readonly seen: readonly Uint8Array[];
}

/** `[n]` each; NaN where no tree can tell. */
export interface ForestPredictions {
  readonly value: Float64Array;
  /** Little-bags variance of the value; absent unless asked for. */
  readonly variance?: Float64Array;
}

/**
 * Grows a forest: each pair of trees draws half of the rows without replacement, and each tree halves these again into
 * rows that choose splits and rows that fill leaves (Athey, Tibshirani & Wager 2019). Cost: `trees` times n/4 rows ·
 * columns tried · depth. Yields to the event loop.
 */
export async function growForest(
  covariates: BinnedCovariates,
  response: Response,
  options: ForestOptions,
  rng: Rng,
  work: Work,
  report: (share: number) => void = () => {},
): Promise<Forest> {
  const pairs = Array.from({ length: Math.ceil(options.trees / 2) }, (_, pair) => pair);
  const grown = await share(
    forestPairs,
    { covariates, response, options, seed: rng.seed },
    pairs,
    work,
    (finished) => report(finished / pairs.length),
  );
  return {
    covariates,
    trees: grown.flatMap((pair) => pair.trees),
    seen: grown.map((pair) => pair.seen),
  };
}

interface Plot {
  readonly covariates: BinnedCovariates;
  readonly response: Response;
  readonly options: ForestOptions;
  readonly seed: number;
}

interface Pair {
  readonly trees: readonly Tree[];
  readonly seen: Uint8Array;
}

/** Trees in pairs, each pair by its number and a stream of its own. */
export const forestPairs: HandTask<Plot, number, Pair> = {
  name: "forest-pairs",
  prepare: ({ covariates, response, options, seed }) => {
    const { n, d } = covariates;
    const scratch = createScratch(n, d);
    const order = new Int32Array(n);
    const half = n >> 1;
    const middle = half >> 1;
    const rng = createRng(seed);
    return (pair) => {
      const draw = rng.fork(`pair ${pair}`);
      order.forEach((_, i) => (order[i] = i));
      shuffleFirst(order, half, n, draw);
      const seen = new Uint8Array(n);
      for (let k = 0; k < half; k++) seen[order[k]!] = 1;
      const trees = [0, 1].map(() => {
        shuffleFirst(order, half, half, draw);
        const splitters = order.slice(0, middle);
        const fillers = order.slice(middle, half);
        return growTree(covariates, response, splitters, fillers, options, scratch, draw);
      });
      return { trees, seen };
    };
  },
};

/** Puts a random choice of `count` of the first `of` entries, in random order, in front. */
function shuffleFirst(order: Int32Array, count: number, of: number, rng: Rng): void {
  for (let k = 0; k < count; k++) {
    const other = k + rng.int(of - k);
    const held = order[k]!;
    order[k] = order[other]!;
    order[other] = held;
  }
}

/** Upper triangle of the outer product of a leaf's four means. */
const MOMENTS = (LEAF * (LEAF + 1)) / 2;

/**
 * Predictions of the training rows by the trees that have not seen them (`outOfBag`), or of new rows binned by
 * `binRows` by all trees: the slope Cov(w, y) / Var(w) of the leaf means averaged over trees, or their mean of y. The
 * variance is that of averages of pairs less what two trees of a pair differ by (Sexton & Laake 2009; Athey et al. 2019,
 * section 4.1), kept positive as the mean of its normal posterior above 0. O(rows · trees · depth).
 */
export async function predictForest(
  forest: Forest,
  kind: "slope" | "mean",
  work: Work,
  options: {
    readonly rows?: BinnedCovariates;
    readonly variance?: boolean;
  } = {},
): Promise<ForestPredictions> {
  const outOfBag = options.rows === undefined;
  const rows = options.rows ?? forest.covariates;
  const { n } = rows;
  const wide = options.variance === true;
  const sums = new Float64Array(n * LEAF);
  const trees = new Int32Array(n);
  const between = new Float64Array(wide ? n * MOMENTS : 0);
  const within = new Float64Array(wide ? n * MOMENTS : 0);
  const pairs = new Int32Array(n);
  const mean = new Float64Array(LEAF);
  let turn = performance.now();
  for (let pair = 0; pair < forest.seen.length; pair++) {
    const seen = forest.seen[pair]!;
    const first = forest.trees[2 * pair]!;
    const second = forest.trees[2 * pair + 1]!;
    for (let i = 0; i < n; i++) {
      if (outOfBag && seen[i] === 1) continue;
      const a = leafOf(first, rows, i) * LEAF;
      const b = leafOf(second, rows, i) * LEAF;
      const hasA = !Number.isNaN(first.values[a]!);
      const hasB = !Number.isNaN(second.values[b]!);
      for (let c = 0; c < LEAF; c++) {
        if (hasA) sums[i * LEAF + c]! += first.values[a + c]!;
        if (hasB) sums[i * LEAF + c]! += second.values[b + c]!;
        mean[c] = (first.values[a + c]! + second.values[b + c]!) / 2;
      }
      trees[i]! += Number(hasA) + Number(hasB);
      if (!wide || !hasA || !hasB) continue;
      pairs[i]! += 1;
      let at = i * MOMENTS;
      for (let c = 0; c < LEAF; c++) {
        for (let e = 0; e <= c; e++) {
          between[at]! += mean[c]! * mean[e]!;
          within[at]! +=
            (first.values[a + c]! * first.values[a + e]! +
              second.values[b + c]! * second.values[b + e]!) /
            2;
          at++;
        }
      }
    }
    if (performance.now() - turn > 30) {
      await breathe(work);
      turn = performance.now();
    }
  }
  const value = new Float64Array(n);
  const variance = new Float64Array(wide ? n : 0);
  for (let i = 0; i < n; i++) {
    const count = trees[i]!;
    const [y, w, wy, ww] = [0, 1, 2, 3].map((c) => sums[i * LEAF + c]! / count) as [
      number,
      number,
      number,
      number,
    ];
    const spread = ww - w * w;
    value[i] = kind === "mean" ? y : (wy - w * y) / spread;
    if (!wide) continue;
    // ψ is linear in a tree's leaf means, zero at their average: ψ = [wy - τ ww - c w] - w̄ [y - τ w - c], c = ȳ - τ w̄
    const tau = value[i]!;
    const c = y - tau * w;
    const direction = [-w, tau * w - c, 1, -tau];
    const constant = w * c;
    variance[i] = littleBags(between, within, i, pairs[i]!, direction, constant) / spread ** 2;
  }
  return wide ? { value, variance } : { value };
}

function littleBags(
  between: Float64Array,
  within: Float64Array,
  i: number,
  pairs: number,
  direction: readonly number[],
  constant: number,
): number {
  if (pairs < 2) return NaN;
  // ψ = direction · means + constant has mean 0 over trees, so that its mean square is direction' M direction - constant²
  const quadratic = (moments: Float64Array): number => {
    let total = 0;
    let at = i * MOMENTS;
    for (let c = 0; c < LEAF; c++) {
      for (let e = 0; e <= c; e++) {
        total += (c === e ? 1 : 2) * direction[c]! * direction[e]! * (moments[at++]! / pairs);
      }
    }
    return total - constant ** 2;
  };
  const ofPairs = quadratic(between);
  const noise = quadratic(within) - ofPairs;
  const estimate = ofPairs - noise;
  const error = Math.max(ofPairs, noise, 1e-300) * Math.sqrt(2 / pairs);
  const ratio = estimate / error;
  // Below -30 both are 0 to machine precision; the truncated mean tends to error²/|estimate|
  if (ratio < -30) return -error / ratio;
  return estimate + (error * normalPdf(ratio)) / normalCdf(ratio);
}

/** New rows `x: [n, d]` in the bins of a forest. O(n d log bins). */
export function binRows(forest: Forest, x: Float64Array): BinnedCovariates {
  const { d, edges } = forest.covariates;
  const n = x.length / d;
  const bins = new Uint8Array(n * d);
  for (let j = 0; j < d; j++) {
    for (let i = 0; i < n; i++) bins[j * n + i] = binOf(edges[j]!, x[i * d + j]!);
  }
  return { n, d, bins, edges };
}
