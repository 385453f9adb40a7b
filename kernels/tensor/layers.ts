import type { Rank, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import type { Rng } from "../math/rng.ts";
import type { TensorEngine } from "./backend.ts";
import type { Activation } from "./ops.ts";

/** How first weights are drawn: Glorot-uniform, or normal with the given standard deviation. */
export type Initializer = "glorot" | { readonly normal: number } | "zeros";

/** The trainable tensors of one net, in the order they were made. Its owner calls `dispose`. */
export interface Parameters {
  readonly variables: readonly Variable[];
  matrix(rows: number, columns: number, init: Initializer): Variable<Rank.R2>;
  vector(length: number, value?: number): Variable<Rank.R1>;
  /** All values, copied to the host: a checkpoint. */
  read(): Promise<Float32Array[]>;
  /** Puts a checkpoint back. Throws `Error` when shapes do not agree. */
  write(values: readonly Float32Array[]): void;
  dispose(): void;
}

/** A fully connected layer `activation(x w + b)`. */
export interface DenseLayer {
  readonly w: Variable<Rank.R2>;
  readonly b: Variable<Rank.R1>;
  apply(x: Tensor2D): Tensor2D;
}

/**
 * An empty set of parameters. First weights come from `rng` in the order of the calls, drawn here and not by
 * tfjs, so that every backend starts from the same numbers.
 */
export function createParameters(engine: TensorEngine, rng: Rng): Parameters {
  const { tf } = engine;
  const variables: Variable[] = [];
  const track = <R extends Rank>(variable: Variable<R>): Variable<R> => {
    variables.push(variable);
    return variable;
  };
  return {
    variables,
    matrix: (rows, columns, init) => {
      const values = drawWeights(rows, columns, init, rng);
      return track(tf.tidy(() => tf.variable(tf.tensor2d(values, [rows, columns]))));
    },
    vector: (length, value = 0) =>
      track(tf.tidy(() => tf.variable(tf.tensor1d(new Float32Array(length).fill(value))))),
    read: async () => Promise.all(variables.map(async (v) => Float32Array.from(await v.data()))),
    write: (values) => {
      if (values.length !== variables.length) {
        throw new Error(`${values.length} tensors for a net of ${variables.length}.`);
      }
      variables.forEach((variable, i) => {
        tf.tidy(() => variable.assign(tf.tensor(values[i] as Float32Array, variable.shape)));
      });
    },
    dispose: () => {
      for (const variable of variables) variable.dispose();
    },
  };
}

/** `[rows x columns]` first weights, row-major. Glorot: uniform on ±sqrt(6 / (rows + columns)). */
function drawWeights(rows: number, columns: number, init: Initializer, rng: Rng): Float32Array {
  const values = new Float32Array(rows * columns);
  if (init === "zeros") return values;
  const limit = Math.sqrt(6 / (rows + columns));
  for (let i = 0; i < values.length; i++) {
    values[i] = init === "glorot" ? limit * (2 * rng.next() - 1) : init.normal * rng.normal();
  }
  return values;
}

/** A layer `inputs -> outputs` in `parameters`; bias starts at zero. */
export function denseLayer(
  engine: TensorEngine,
  parameters: Parameters,
  inputs: number,
  outputs: number,
  activation: Activation,
  init: Initializer = "glorot",
): DenseLayer {
  const w = parameters.matrix(inputs, outputs, init);
  const b = parameters.vector(outputs);
  return { w, b, apply: (x) => engine.ops.dense(x, w, b, activation) };
}

/** Layers one after another: `widths[0] -> ... -> widths.at(-1)`, all with the same activation. */
export function denseStack(
  engine: TensorEngine,
  parameters: Parameters,
  widths: readonly number[],
  activation: Activation,
  init: Initializer = "glorot",
): { readonly layers: readonly DenseLayer[]; apply(x: Tensor2D): Tensor2D } {
  const layers = widths
    .slice(1)
    .map((outputs, i) =>
      denseLayer(engine, parameters, widths[i] as number, outputs, activation, init),
    );
  return { layers, apply: (x) => layers.reduce((h, layer) => layer.apply(h), x) };
}
