// Every operation and gradient that the nets use, as cases that any backend can run: the unit tests compare
// cpu with wasm, a browser page runs the same cases on webgl and webgpu.
import type { Scalar, Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { createRng } from "../../../kernels/math/rng.ts";
import type { TensorEngine } from "../../../kernels/tensor/backend.ts";
import { createParameters } from "../../../kernels/tensor/layers.ts";
import type { Activation } from "../../../kernels/tensor/ops.ts";
import { NET_CASES, weightsOf } from "./net-cases.ts";
import type { NetCase } from "./net-cases.ts";

export interface ConformanceCase {
  readonly name: string;
  /** Tensors whose values are compared; called inside tidy. */
  readonly run: (engine: TensorEngine) => readonly Tensor[];
}

export type CaseValues = Readonly<Record<string, readonly Float32Array[]>>;

function matrix(engine: TensorEngine, n: number, d: number, seed: number): Tensor2D {
  const rng = createRng(seed);
  return engine.tf.tensor2d(
    Float32Array.from({ length: n * d }, () => rng.normal()),
    [n, d],
  );
}

/** Value and gradient of the sum of `f` weighted by fixed numbers, so that no gradient is trivially constant. */
function withGradient(
  name: string,
  f: (engine: TensorEngine, x: Tensor2D) => Tensor,
  shape: readonly [number, number] = [7, 5],
  positive = false,
): ConformanceCase {
  return {
    name,
    run: (engine) => {
      const { tf } = engine;
      const raw = matrix(engine, shape[0], shape[1], 11);
      const x = positive ? (tf.add(tf.abs(raw), 0.1) as Tensor2D) : raw;
      const y = f(engine, x);
      const rng = createRng(12);
      const weights = tf.tensor(
        Float32Array.from({ length: y.size }, () => rng.normal()),
        y.shape,
      );
      const gradient = tf.grad((v: Tensor) => tf.sum(tf.mul(f(engine, v as Tensor2D), weights)));
      return [y, gradient(x)];
    },
  };
}

const unary = [
  "abs",
  "elu",
  "exp",
  "log",
  "log1p",
  "neg",
  "relu",
  "sigmoid",
  "softplus",
  "sqrt",
  "square",
  "tanh",
  "erf",
  "logSumExp",
  "softmax",
] as const;

const ACTIVATIONS: readonly Activation[] = ["linear", "relu", "elu", "tanh", "sigmoid"];

export const CONFORMANCE: readonly ConformanceCase[] = [
  ...unary.map((op) =>
    withGradient(
      op,
      ({ tf }, x) => (tf[op] as (x: Tensor) => Tensor)(x),
      [7, 5],
      ["log", "log1p", "sqrt"].includes(op),
    ),
  ),
  withGradient("sum of columns", ({ tf }, x) => tf.sum(x, 0)),
  withGradient("sum of rows, kept", ({ tf }, x) => tf.sum(x, 1, true)),
  withGradient("mean", ({ tf }, x) => tf.mean(x)),
  withGradient("max of rows", ({ tf }, x) => tf.max(x, 1)),
  withGradient("maximum with a constant", ({ tf }, x) => tf.maximum(x, 0.25)),
  withGradient("minimum with a constant", ({ tf }, x) => tf.minimum(x, 0.25)),
  withGradient("clipByValue", ({ tf }, x) => tf.clipByValue(x, -0.5, 0.5)),
  withGradient("column broadcast", ({ tf }, x) => tf.mul(x, tf.sum(x, 1, true))),
  withGradient("row broadcast", ({ tf }, x) => tf.div(x, tf.add(1, tf.sum(tf.square(x), 0)))),
  withGradient("sub and pow", ({ tf }, x) => tf.pow(tf.sub(x, tf.mean(x)), 3)),
  withGradient("concat and slice", ({ tf }, x) =>
    tf.slice(tf.concat([x, tf.square(x)], 1), [1, 2], [4, 5]),
  ),
  withGradient("split", ({ tf }, x) => {
    const [a, b] = tf.split(x, [2, 3], 1) as [Tensor2D, Tensor2D];
    return tf.concat([tf.exp(b), a], 1);
  }),
  withGradient("reshape and transpose", ({ tf }, x) => tf.transpose(tf.reshape(x, [5, 7]))),
  withGradient("where with an outer mask", ({ tf }, x) => {
    const mask = tf.tensor2d(
      Uint8Array.from({ length: 35 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
      [7, 5],
      "bool",
    );
    return tf.where(mask, tf.square(x), tf.neg(x));
  }),
  // Along the last axis only: along others the gradient of cumsum has the wrong shape (tfjs 4.22).
  withGradient("tile and cumsum", ({ tf }, x) => tf.cumsum(tf.tile(x, [2, 1]), 1)),
  withGradient("stack and unstack", ({ tf }, x) => tf.stack(tf.unstack(x, 1).reverse(), 0)),
  withGradient("stopGradient", ({ tf, ops }, x) => tf.mul(x, ops.stopGradient(tf.exp(x)))),
  withGradient("takeRows", ({ ops }, x) => ops.takeRows(x, Int32Array.of(3, 0, 0, 6))),
  withGradient("normalizeRows", ({ ops }, x) => ops.normalizeRows(x)),
  withGradient("sumSquares", ({ ops }, x) => ops.sumSquares(x)),
  withGradient("squaredDistances", ({ tf, ops }, x) =>
    ops.squaredDistances(tf.slice(x, [0, 0], [3, 5]), tf.slice(x, [3, 0], [4, 5])),
  ),
  withGradient("logLoss", ({ tf, ops }, x) => {
    const labels = tf.tensor2d(
      Float32Array.from({ length: 35 }, (_, i) => i % 2),
      [7, 5],
    );
    return ops.logLoss(labels, tf.mul(x, 30));
  }),
  ...ACTIVATIONS.map((activation) => denseCase(activation)),
  // Sizes on both sides of every tile of the wasm kernel: 12, 8, 4 and 1 columns, 4 and 1 rows
  ...(
    [
      [9, 17, 6],
      [1, 1, 1],
      [4, 3, 12],
      [5, 2, 27],
      [7, 5, 11],
      [8, 40, 4],
    ] as const
  ).map((size) => matMulCase(({ ops }) => ops.matMul, size)),
  reshapeCase(({ ops }) => ops.matMul),
  ...NET_CASES.map((net) => netCase(net)),
  {
    name: "batch indices and one-hot",
    run: (engine) => [
      engine.tf.cast(engine.tf.oneHot(engine.tf.tensor1d([2, 0, 1], "int32"), 3), "float32"),
      engine.tf.gather(matrix(engine, 6, 4, 3), engine.tf.tensor1d([5, 0, 5], "int32")),
    ],
  },
];

/** A net's loss and its gradient in every weight, in the order of the weights. */
export function netCase({ name, build }: NetCase): ConformanceCase {
  return {
    name,
    run: (engine) => {
      const { tf } = engine;
      const parameters = createParameters(engine, createRng(1));
      const loss = build(engine, parameters);
      parameters.write(weightsOf(parameters));
      const { value, grads } = tf.variableGrads(loss, [...parameters.variables]);
      parameters.dispose();
      // A scale that a binary outcome does not have gets no gradient
      return [value, ...parameters.variables.map((v) => grads[v.name] ?? tf.zeros(v.shape))];
    },
  };
}

function denseCase(activation: Activation): ConformanceCase {
  return {
    name: `dense ${activation}`,
    run: (engine) => {
      const { tf, ops } = engine;
      const x = matrix(engine, 6, 5, 1);
      const w = matrix(engine, 5, 3, 2);
      const b = tf.tensor1d([0.1, -0.2, 0.3]);
      const weights = matrix(engine, 6, 3, 4);
      const f = (x: Tensor, w: Tensor, b: Tensor): Scalar =>
        tf.sum(tf.mul(ops.dense(x as Tensor2D, w as Tensor2D, b as Tensor1D, activation), weights));
      return [ops.dense(x, w, b, activation), ...tf.grads(f)([x, w, b])];
    },
  };
}

type MatMul = (a: Tensor2D, b: Tensor2D) => Tensor2D;

function matMulCase(
  pick: (engine: TensorEngine) => MatMul,
  [n, k, m]: readonly [number, number, number],
): ConformanceCase {
  return {
    name: `matMul ${n} x ${k} x ${m}`,
    run: (engine) => {
      const { tf } = engine;
      const matMul = pick(engine);
      const a = matrix(engine, n, k, 1);
      const b = matrix(engine, k, m, 2);
      const f = (a: Tensor, b: Tensor): Scalar =>
        tf.sum(tf.square(matMul(a as Tensor2D, b as Tensor2D)));
      return [matMul(a, b), ...tf.grads(f)([a, b])];
    },
  };
}

/**
 * One tensor's data as right operand under two shapes, forward and through autodiff. tfjs's wasm backend packs
 * right operands by data id alone, so this goes wrong unless `matMul` copies.
 */
export function reshapeCase(pick: (engine: TensorEngine) => MatMul): ConformanceCase {
  return {
    name: "matMul after reshape",
    run: (engine) => {
      const { tf } = engine;
      const matMul = pick(engine);
      const v = tf.tensor1d([1, 2, 3, 4, 5, 6]);
      const left3 = matrix(engine, 4, 3, 5);
      const left2 = matrix(engine, 4, 2, 6);
      const both = (v: Tensor): Scalar =>
        tf.add(
          tf.sum(tf.square(matMul(left3, tf.reshape(v, [3, 2])))),
          tf.sum(tf.square(matMul(left2, tf.reshape(v, [2, 3])))),
        );
      return [
        matMul(left3, tf.reshape(v, [3, 2])),
        matMul(left2, tf.reshape(v, [2, 3])),
        tf.grad(both)(v),
      ];
    },
  };
}

/** The values of all cases on an engine; a case that throws is reported by name. */
export async function runConformance(
  engine: TensorEngine,
  cases: readonly ConformanceCase[] = CONFORMANCE,
): Promise<CaseValues> {
  const results: Record<string, readonly Float32Array[]> = {};
  for (const { name, run } of cases) {
    let tensors: Tensor[];
    try {
      tensors = engine.tf.tidy(() => [...run(engine)]);
    } catch (error) {
      throw new Error(`${name} failed on ${engine.backend}`, { cause: error });
    }
    results[name] = await Promise.all(tensors.map(async (t) => Float32Array.from(await t.data())));
    engine.tf.dispose(tensors);
  }
  return results;
}

/** Largest difference of a case between two backends, in units of 1 + |value|; Infinity for NaN or other sizes. */
export function largestDifference(a: CaseValues, b: CaseValues, name: string): number {
  const left = a[name] ?? [];
  const right = b[name] ?? [];
  if (left.length === 0 || left.length !== right.length) return Infinity;
  let largest = 0;
  left.forEach((values, i) => {
    const others = right[i] as Float32Array;
    if (values.length !== others.length) largest = Infinity;
    values.forEach((value, j) => {
      const difference = Math.abs(value - (others[j] as number)) / (1 + Math.abs(value));
      if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
    });
  });
  return largest;
}
