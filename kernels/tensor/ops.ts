import type { Scalar, Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { Tf } from "./library.ts";
import type { SimdKernels } from "./simd.ts";

export type Activation = "linear" | "relu" | "elu" | "tanh" | "sigmoid";

/**
 * The operations that every net uses in place of tfjs's own. They give the same numbers on every backend (the
 * conformance suite compares them), and have first-order gradients everywhere. Second-order gradients fail for
 * exp, tanh, sigmoid and elu: write such penalties analytically.
 */
export interface Ops {
  /**
   * `[n, k] x [k, m] -> [n, m]`. tfjs's wasm backend packs the right operand once per data id and forgets its
   * shape, so that a reshaped tensor silently gives wrong numbers; and the transposed products of autodiff miss
   * its fast path. Here right operands are copied and transposes are made explicit, forward and backward.
   */
  readonly matMul: (a: Tensor2D, b: Tensor2D) => Tensor2D;
  /** `activation(x w + b)`: `[n, k], [k, m], [m] -> [n, m]`, one tape entry instead of three. */
  readonly dense: (x: Tensor2D, w: Tensor2D, b: Tensor1D, activation?: Activation) => Tensor2D;
  /** The same values, through which no gradient flows. */
  readonly stopGradient: <T extends Tensor>(x: T) => T;
  /** log(1 + exp(z)) - t z, elementwise: the log loss of a Bernoulli with logit `z`; finite for every z. */
  readonly logLoss: (labels: Tensor, logits: Tensor) => Tensor;
  /** Rows of `x: [n, d]` in the order of `rows`, with a gradient: a one-hot product, as `gather` has none on wasm. */
  readonly takeRows: (x: Tensor2D, rows: Int32Array) => Tensor2D;
  /** Squared Euclidean distances between rows, `[n, d], [m, d] -> [n, m]`, never negative. */
  readonly squaredDistances: (a: Tensor2D, b: Tensor2D) => Tensor2D;
  /** Rows divided by their length, `[n, d] -> [n, d]`; zero rows stay zero. */
  readonly normalizeRows: (x: Tensor2D) => Tensor2D;
  /** Sum of squares of all elements. */
  readonly sumSquares: (x: Tensor) => Scalar;
}

/** The operations bound to a loaded tfjs; on wasm with kernels of our own where they could be opened. */
export function createOps(tf: Tf, simd?: SimdKernels): Ops {
  const product = simd === undefined ? rawProduct(tf, true) : withSimd(simd);
  const matMul = differentiable(tf, product);

  const dense = (
    x: Tensor2D,
    w: Tensor2D,
    b: Tensor1D,
    activation: Activation = "linear",
  ): Tensor2D =>
    custom(
      tf,
      ([x, w, b], save) => {
        const y = activate(tf, product(x as Tensor2D, w as Tensor2D, b as Tensor1D), activation);
        save([x as Tensor, w as Tensor, y]);
        return {
          value: y,
          gradFunc: (dy, saved) => {
            const [x, w, y] = saved as [Tensor2D, Tensor2D, Tensor2D];
            const dz = activationGradient(tf, dy as Tensor2D, y, activation);
            return [product(dz, tf.transpose(w)), product.transposed(x, dz), tf.sum(dz, 0)];
          },
        };
      },
      [x, w, b],
    ) as Tensor2D;

  const stopGradient = <T extends Tensor>(x: T): T =>
    custom(
      tf,
      ([x]) => ({
        value: tf.clone(x as Tensor),
        gradFunc: (dy) => [tf.zerosLike(dy)],
      }),
      [x],
    ) as T;

  const logLoss = (labels: Tensor, logits: Tensor): Tensor =>
    custom(
      tf,
      ([t, z], save) => {
        save([t as Tensor, z as Tensor]);
        return {
          // max(z, 0) - t z + log(1 + exp(-|z|)) never overflows
          value: tf.add(
            tf.sub(tf.relu(z as Tensor), tf.mul(t as Tensor, z as Tensor)),
            tf.log1p(tf.exp(tf.neg(tf.abs(z as Tensor)))),
          ),
          gradFunc: (dy, saved) => {
            const [t, z] = saved as [Tensor, Tensor];
            return [tf.mul(dy, tf.neg(z)), tf.mul(dy, tf.sub(tf.sigmoid(z), t))];
          },
        };
      },
      [labels, logits],
    );

  const takeRows = (x: Tensor2D, rows: Int32Array): Tensor2D => {
    const pick = tf.oneHot(tf.tensor1d(rows, "int32"), x.shape[0]);
    return matMul(tf.cast(pick, "float32") as Tensor2D, x);
  };

  const sumSquares = (x: Tensor): Scalar => tf.sum(tf.square(x));

  const squaredDistances = (a: Tensor2D, b: Tensor2D): Tensor2D => {
    const inner = matMul(a, tf.transpose(b));
    const lengths = tf.add(
      tf.sum(tf.square(a), 1, true),
      tf.transpose(tf.sum(tf.square(b), 1, true)),
    );
    // Rounding can take a distance of zero below it, and square roots follow.
    return tf.relu(tf.sub(lengths, tf.mul(2, inner)));
  };

  const normalizeRows = (x: Tensor2D): Tensor2D =>
    tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12)));

  return {
    matMul,
    dense,
    stopGradient,
    logLoss,
    takeRows,
    squaredDistances,
    normalizeRows,
    sumSquares,
  };
}

/**
 * `matMul` with its workaround switchable, so that the conformance suite can show that it is needed
 * (`copyRight: false` gives wrong numbers on wasm). Everybody else uses `Ops.matMul`.
 */
export function createMatMul(
  tf: Tf,
  { copyRight }: { readonly copyRight: boolean },
): (a: Tensor2D, b: Tensor2D) => Tensor2D {
  return differentiable(tf, rawProduct(tf, copyRight));
}

/** `a b + bias`, and `a' b` with `a` given as it lies. */
interface Product {
  (a: Tensor2D, b: Tensor2D, bias?: Tensor1D): Tensor2D;
  readonly transposed: (a: Tensor2D, b: Tensor2D) => Tensor2D;
}

function differentiable(tf: Tf, product: Product): (a: Tensor2D, b: Tensor2D) => Tensor2D {
  return (a, b) =>
    custom(
      tf,
      ([a, b], save) => {
        save([a as Tensor, b as Tensor]);
        return {
          value: product(a as Tensor2D, b as Tensor2D),
          gradFunc: (dy, saved) => {
            const [a, b] = saved as [Tensor2D, Tensor2D];
            return [
              product(dy as Tensor2D, tf.transpose(b)),
              product.transposed(a, dy as Tensor2D),
            ];
          },
        };
      },
      [a, b],
    ) as Tensor2D;
}

function rawProduct(tf: Tf, copyRight: boolean): Product {
  // On wasm a clone is a copy with a new data id, on the other backends it costs nothing.
  const product = (a: Tensor2D, b: Tensor2D, bias?: Tensor1D): Tensor2D => {
    const plain: Tensor2D = tf.matMul(a, copyRight ? tf.clone(b) : b);
    return bias === undefined ? plain : tf.add<Tensor2D>(plain, bias);
  };
  return Object.assign(product, {
    transposed: (a: Tensor2D, b: Tensor2D) => product(tf.transpose(a), b),
  });
}

function withSimd(simd: SimdKernels): Product {
  const product = (a: Tensor2D, b: Tensor2D, bias?: Tensor1D): Tensor2D => simd.product(a, b, bias);
  return Object.assign(product, {
    transposed: (a: Tensor2D, b: Tensor2D) => simd.product(a, b, undefined, true),
  });
}

interface Differentiable {
  readonly value: Tensor;
  readonly gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor[];
}

/** `tf.customGrad` with its inputs as an array and the callbacks typed. */
function custom(
  tf: Tf,
  forward: (inputs: readonly Tensor[], save: (tensors: Tensor[]) => void) => Differentiable,
  inputs: readonly Tensor[],
): Tensor {
  const f = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as (tensors: Tensor[]) => void;
    return forward(args.slice(0, -1) as Tensor[], save);
  });
  return f(...inputs);
}

function activate(tf: Tf, z: Tensor, activation: Activation): Tensor {
  return activation === "linear" ? z : tf[activation](z);
}

/** dL/dz from dL/dy and the activation's output `y`. */
function activationGradient(tf: Tf, dy: Tensor2D, y: Tensor2D, activation: Activation): Tensor2D {
  if (activation === "linear") return dy;
  if (activation === "relu") return tf.mul(dy, tf.step(y));
  if (activation === "elu") return tf.engine().runKernel("EluGrad", { dy, y });
  if (activation === "tanh") return tf.mul(dy, tf.sub(1, tf.square(y)));
  return tf.mul(dy, tf.mul(y, tf.sub(1, y)));
}
