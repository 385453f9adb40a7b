import type { Scalar, Tensor, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import type { Work } from "../../../app/work.ts";
import { shuffled } from "../../math/folds.ts";
import { cholesky, choleskySolve } from "../../math/dense.ts";
import type { Rng } from "../../math/rng.ts";
import type { TensorEngine } from "../../tensor/backend.ts";
import { createParameters } from "../../tensor/layers.ts";
import type { Parameters } from "../../tensor/layers.ts";
import { train } from "../../tensor/train.ts";
import type { TrainResult } from "../../tensor/train.ts";

/** Sizes and training of a forest of soft oblique trees. */
export interface SoftForestOptions {
  readonly trees: number;
  /** Splits from the root to a leaf: 2^depth leaves. */
  readonly depth: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Penalty on the squared split weights. */
  readonly decay: number;
  /** Ridge of the honest leaf values towards their tree's mean, in rows. */
  readonly ridge: number;
}

export const SOFT_FOREST_DEFAULTS: SoftForestOptions = {
  trees: 50,
  depth: 3,
  epochs: 60,
  batchSize: 64,
  learningRate: 0.03,
  decay: 1e-3,
  ridge: 1,
};

/** What trees are fitted to: y itself when `w` is absent, else the slope τ(x) in y ≈ τ(x) w. `[n]` each. */
export interface SoftResponse {
  readonly y: Float64Array;
  readonly w?: Float64Array;
}

/** Predictions by trees that have not seen a row, `[n]`, and of new rows by all trees. */
export interface SoftForest {
  readonly outOfBag: Float64Array;
  readonly training: TrainResult;
  readonly weights: readonly Float32Array[];
  /** `x: [m, d]`, scaled as in training. */
  predict(x: Float32Array): Promise<Float64Array>;
}

/** The trees of `buildTrees`. */
export interface Trees {
  /** Weights of every leaf of every tree for every row, leaf-major: `[b, leaves · trees]`; each tree's sum to one. */
  leaves(x: Tensor2D): Tensor2D;
  /** `[b, trees]`. */
  values(leaves: Tensor2D): Tensor2D;
  readonly decay: ReadonlyMap<Variable, number>;
}

/**
 * A soft oblique tree sends a row left with probability sigmoid(w x + b) at every split and answers with the mean of its
 * leaves over all ways (Jordan & Jacobs 1994; Kontschieder et al. 2015). All splits of all trees of one level are one
 * product.
 */
export function buildTrees(
  engine: TensorEngine,
  parameters: Parameters,
  { trees, depth, decay }: SoftForestOptions,
  inputs: number,
): Trees {
  const { tf, ops } = engine;
  const levels = Array.from({ length: depth }, (_, level) => ({
    w: parameters.matrix(inputs, trees * 2 ** level, { normal: 1 / Math.sqrt(inputs) }),
    b: parameters.vector(trees * 2 ** level),
  }));
  const leafValues = parameters.matrix(1, trees * 2 ** depth, "zeros");
  return {
    leaves: (x) =>
      levels.reduce<Tensor2D>(
        (reach, { w, b }) => {
          const right = ops.dense(x, w, b, "sigmoid");
          const down = tf.mul<Tensor2D>(reach, right);
          return tf.concat([tf.sub<Tensor2D>(reach, down), down], 1);
        },
        tf.ones([x.shape[0], trees]),
      ),
    values: (leaves) => {
      const parts = tf.split(tf.mul<Tensor2D>(leaves, leafValues), 2 ** depth, 1);
      return tf.addN(parts as Tensor2D[]);
    },
    decay: new Map(levels.map(({ w }) => [w as Variable, decay])),
  };
}

/** Four times the mean of `mask · (y - f w)²`, `mask: [b, trees]`: each tree learns from its own quarter of the rows. */
export function softLoss(
  { tf }: TensorEngine,
  net: Trees,
  batch: {
    readonly x: Tensor2D;
    readonly y: Tensor2D;
    readonly mask: Tensor2D;
    readonly w?: Tensor2D;
  },
): Scalar {
  const found = net.values(net.leaves(batch.x));
  const error = tf.sub(batch.y, batch.w === undefined ? found : tf.mul(found, batch.w));
  return tf.mul(4, tf.mean(tf.mul(batch.mask, tf.square(error))));
}

/**
 * An honest forest of soft oblique trees, all trained at once by gradient steps on the squared error (y - f(x))², or
 * with `w` on the R-loss (y - τ(x) w)² of Nie & Wager (2021, eq. 4). As in a causal forest each tree draws half of the
 * rows, finds its splits on half of these and then its leaf values, by ridge regression, on the other half (honesty);
 * rows are predicted by trees that drew neither. O(epochs · n · trees · 2^depth · d).
 *
 * @throws UserError `training-diverged`; the signal's reason when stopped.
 */
export async function growSoftForest(
  engine: TensorEngine,
  x: Float32Array,
  n: number,
  d: number,
  response: SoftResponse,
  options: SoftForestOptions,
  rng: Rng,
  work: Work,
): Promise<SoftForest> {
  const { tf } = engine;
  const { trees } = options;
  const { splits, fills } = halves(n, trees, rng.fork("rows"));
  const scale = deviation(response.y) || 1;
  const parameters = createParameters(engine, rng.fork("weights"));
  try {
    const net = buildTrees(engine, parameters, options, d);
    const batchLoss = (batch: Int32Array): Scalar => {
      const b = batch.length;
      const rows = new Float32Array(b * d);
      const mask = new Float32Array(b * trees);
      const y = new Float32Array(b);
      const w = new Float32Array(b).fill(1);
      batch.forEach((i, k) => {
        rows.set(x.subarray(i * d, (i + 1) * d), k * d);
        for (let tree = 0; tree < trees; tree++) mask[k * trees + tree] = splits[tree * n + i]!;
        y[k] = response.y[i]! / scale;
        if (response.w !== undefined) w[k] = response.w[i]!;
      });
      return softLoss(engine, net, {
        x: tf.tensor2d(rows, [b, d]),
        y: tf.tensor2d(y, [b, 1]),
        mask: tf.tensor2d(mask, [b, trees]),
        ...(response.w === undefined ? {} : { w: tf.tensor2d(w, [b, 1]) }),
      });
    };
    const training = await train(
      engine,
      { parameters, rows: n, loss: batchLoss, decay: net.decay },
      {
        epochs: options.epochs,
        batchSize: options.batchSize,
        learningRate: options.learningRate,
        finalRate: 0.05,
        optimizer: "adam",
        patience: Infinity,
      },
      rng.fork("batches"),
      work,
    );
    const weights = await parameters.read();
    const reach = await leavesOf(engine, net, x, n, d, options);
    const honest = fillLeaves(reach, n, response, fills, options);
    const outOfBag = answer(
      reach,
      n,
      honest,
      options,
      (tree, i) => splits[tree * n + i] === 0 && fills[tree * n + i] === 0,
    );
    return {
      outOfBag,
      training,
      weights,
      predict: async (x) => {
        const again = createParameters(engine, rng);
        try {
          const net = buildTrees(engine, again, options, d);
          again.write(weights);
          const m = x.length / d;
          const reach = await leavesOf(engine, net, x, m, d, options);
          return answer(reach, m, honest, options, () => true);
        } finally {
          again.dispose();
        }
      },
    };
  } finally {
    parameters.dispose();
  }
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((s, v) => s + v / values.length, 0);
  return Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2 / values.length, 0));
}

/** For each tree, 1 for the quarter of the rows that chooses splits, and for the quarter that fills leaves; `[trees, n]`. */
function halves(n: number, trees: number, rng: Rng): { splits: Uint8Array; fills: Uint8Array } {
  const splits = new Uint8Array(trees * n);
  const fills = new Uint8Array(trees * n);
  const quarter = n >> 2;
  for (let tree = 0; tree < trees; tree++) {
    const order = shuffled(n, rng);
    for (let k = 0; k < 2 * quarter; k++) {
      (k < quarter ? splits : fills)[tree * n + order[k]!] = 1;
    }
  }
  return { splits, fills };
}

const CHUNK = 2048;

async function leavesOf(
  engine: TensorEngine,
  net: Trees,
  x: Float32Array,
  n: number,
  d: number,
  { trees, depth }: SoftForestOptions,
): Promise<Float32Array> {
  const width = trees * 2 ** depth;
  const out = new Float32Array(n * width);
  for (let from = 0; from < n; from += CHUNK) {
    const size = Math.min(CHUNK, n - from);
    const leaves: Tensor = engine.tf.tidy(() =>
      net.leaves(engine.tf.tensor2d(x.subarray(from * d, (from + size) * d), [size, d])),
    );
    out.set(await leaves.data(), from * width);
    leaves.dispose();
  }
  return out;
}

/** Leaf values by ridge regression on the rows that chose no split, towards the tree's own mean; `[trees, leaves]`. */
function fillLeaves(
  reach: Float32Array,
  n: number,
  { y, w }: SoftResponse,
  fills: Uint8Array,
  { trees, depth, ridge }: SoftForestOptions,
): Float64Array {
  const leaves = 2 ** depth;
  const width = trees * leaves;
  const out = new Float64Array(width);
  for (let tree = 0; tree < trees; tree++) {
    let top = 0;
    let bottom = 0;
    for (let i = 0; i < n; i++) {
      if (fills[tree * n + i] === 0) continue;
      const wi = w?.[i] ?? 1;
      top += wi * y[i]!;
      bottom += wi * wi;
    }
    const center = bottom > 0 ? top / bottom : 0;
    const rows = fills.subarray(tree * n, (tree + 1) * n).reduce((s, v) => s + v, 0);
    const penalty = ridge * (bottom / Math.max(1, rows));
    const matrix = new Float64Array(leaves * leaves);
    const target = new Float64Array(leaves);
    for (let i = 0; i < n; i++) {
      if (fills[tree * n + i] === 0) continue;
      const wi = w?.[i] ?? 1;
      const residual = y[i]! - center * wi;
      for (let a = 0; a < leaves; a++) {
        const pa = wi * reach[i * width + a * trees + tree]!;
        target[a]! += pa * residual;
        for (let b = 0; b <= a; b++) {
          matrix[a * leaves + b]! += pa * wi * reach[i * width + b * trees + tree]!;
        }
      }
    }
    for (let a = 0; a < leaves; a++) {
      matrix[a * leaves + a]! += penalty / leaves + 1e-12;
      for (let b = 0; b < a; b++) matrix[b * leaves + a] = matrix[a * leaves + b]!;
    }
    const values = choleskySolve(cholesky(matrix, leaves).l, leaves, target);
    values.forEach((v, a) => (out[tree * leaves + a] = center + v));
  }
  return out;
}

/** Mean over the trees allowed for a row; over all trees where none is. */
function answer(
  reach: Float32Array,
  n: number,
  honest: Float64Array,
  { trees, depth }: SoftForestOptions,
  allowed: (tree: number, row: number) => boolean,
): Float64Array {
  const leaves = 2 ** depth;
  const width = trees * leaves;
  return Float64Array.from({ length: n }, (_, i) => {
    let [sum, count, all] = [0, 0, 0];
    for (let tree = 0; tree < trees; tree++) {
      let value = 0;
      for (let a = 0; a < leaves; a++) {
        value += reach[i * width + a * trees + tree]! * honest[tree * leaves + a]!;
      }
      all += value;
      if (!allowed(tree, i)) continue;
      sum += value;
      count++;
    }
    return count > 0 ? sum / count : all / trees;
  });
}
