import { shuffled } from "../../math/folds.ts";
import { logistic } from "../../math/glm.ts";
import type { Rng } from "../../math/rng.ts";
import type { Fitted, Learner, Sample } from "./learner.ts";
import { addTree, binColumns, growTree, type Tree } from "./tree.ts";

const RATE = 0.1;
const TREES = 100;
const PATIENCE = 8;

/**
 * Gradient boosted trees on binned columns (Friedman 2001; Ke et al. 2017): squared loss, or log loss for a 0/1 target.
 * Up to 100 trees of 31 leaves at rate 0.1, stopped when a tenth of the rows set aside has not improved for 8 trees;
 * above 20 000 rows each tree sees a random half (Friedman 2002). O(n · d · trees).
 */
export const boostingLearner: Learner = { name: "boosting", fit };

function fit(sample: Sample, binary: boolean, rng: Rng): Fitted {
  const { x, n, d, y } = sample;
  if (d === 0 || n < 20) return constant(sample);
  const data = binColumns(x, n, d);
  const order = shuffled(n, rng.fork("validation"));
  const held = n >= 200 ? Math.floor(n / 10) : 0;
  const validation = order.slice(0, held);
  const training = order.slice(held).sort();
  const start = startingValue(sample, binary);
  const score = new Float64Array(n).fill(start);
  const gradient = new Float64Array(n);
  const curvature = binary || sample.weights !== undefined ? new Float64Array(n) : undefined;
  const options = { maxLeaves: 31, minLeaf: 20, ridge: 1e-6 };
  const importance = new Float64Array(d);
  const trees: Tree[] = [];
  const halves = training.length > 20_000;
  const bag = rng.fork("bag");
  let best = Infinity;
  let keep = 0;
  for (let k = 0; k < TREES; k++) {
    slopes(sample, binary, score, gradient, curvature);
    const rows = halves ? draw(training, bag) : training.slice();
    const tree = growTree(data, rows, gradient, curvature, options, rng, importance);
    if (tree.left[0]! < 0) break;
    trees.push(tree);
    addTree(tree, x, n, d, RATE, score);
    if (held === 0) {
      keep = trees.length;
      continue;
    }
    const loss = lossOf(score, y, validation, binary);
    if (loss < best * (1 - 1e-7)) {
      best = loss;
      keep = trees.length;
    } else if (trees.length - keep >= PATIENCE) break;
  }
  const kept = trees.slice(0, keep);
  const total = importance.reduce((a, b) => a + b, 0);
  return {
    predict: (rows, m) => {
      const out = new Float64Array(m).fill(start);
      for (const tree of kept) addTree(tree, rows, m, d, RATE, out);
      return binary ? out.map(logistic) : out;
    },
    importance: importance.map((v) => (total > 0 ? v / total : 0)),
  };
}

/** Derivatives of the loss at the current scores. O(n). */
function slopes(
  sample: Sample,
  binary: boolean,
  score: Float64Array,
  gradient: Float64Array,
  curvature: Float64Array | undefined,
): void {
  const { n, y, weights } = sample;
  for (let i = 0; i < n; i++) {
    const p = binary ? 1 / (1 + Math.exp(-score[i]!)) : score[i]!;
    gradient[i] = y[i]! - p;
    if (curvature !== undefined) curvature[i] = binary ? Math.max(p * (1 - p), 1e-12) : 1;
  }
  if (weights === undefined || curvature === undefined) return;
  for (let i = 0; i < n; i++) {
    gradient[i]! *= weights[i]!;
    curvature[i]! *= weights[i]!;
  }
}

/** Each row with probability one half, in ascending order so that memory is read forwards. O(n). */
function draw(rows: Int32Array, rng: Rng): Int32Array {
  const out = new Int32Array(rows.length);
  let taken = 0;
  let bits = 0;
  for (let i = 0; i < rows.length; i++) {
    // One draw decides for 32 rows.
    if (i % 32 === 0) bits = Math.floor(rng.next() * 2 ** 32) | 0;
    if ((bits & 1) === 1) out[taken++] = rows[i]!;
    bits >>>= 1;
  }
  return out.slice(0, taken);
}

function startingValue(sample: Sample, binary: boolean): number {
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < sample.n; i++) {
    top += (sample.weights?.[i] ?? 1) * sample.y[i]!;
    bottom += sample.weights?.[i] ?? 1;
  }
  const mean = top / bottom;
  if (!binary) return mean;
  const p = Math.min(1 - 1e-6, Math.max(1e-6, mean));
  return Math.log(p / (1 - p));
}

function constant(sample: Sample): Fitted {
  const mean = sample.y.reduce((a, b) => a + b, 0) / Math.max(1, sample.n);
  return { predict: (_, m) => new Float64Array(m).fill(mean) };
}

function lossOf(score: Float64Array, y: Float64Array, rows: Int32Array, binary: boolean): number {
  let sum = 0;
  for (const i of rows) {
    const s = score[i]!;
    sum += binary
      ? Math.log1p(Math.exp(-Math.abs(s))) + Math.max(s, 0) - y[i]! * s
      : (y[i]! - s) ** 2;
  }
  return sum / rows.length;
}
