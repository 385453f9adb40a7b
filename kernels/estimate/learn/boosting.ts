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
  const half = training.length > 20_000 ? Math.floor(training.length / 2) : training.length;
  const bag = rng.fork("bag");
  let best = Infinity;
  let keep = 0;
  for (let k = 0; k < TREES; k++) {
    for (let i = 0; i < n; i++) {
      const w = sample.weights?.[i] ?? 1;
      const p = binary ? logistic(score[i]!) : score[i]!;
      gradient[i] = w * (y[i]! - p);
      if (curvature !== undefined) curvature[i] = w * (binary ? Math.max(p * (1 - p), 1e-12) : 1);
    }
    const rows = half === training.length ? training.slice() : draw(training, half, bag);
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

/** A random subset in ascending order (so that memory is read forwards), by selection sampling. O(n). */
function draw(rows: Int32Array, count: number, rng: Rng): Int32Array {
  const out = new Int32Array(count);
  let taken = 0;
  for (let i = 0; i < rows.length && taken < count; i++) {
    if (rng.next() * (rows.length - i) < count - taken) out[taken++] = rows[i]!;
  }
  return out;
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
