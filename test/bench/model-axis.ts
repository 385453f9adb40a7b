// What training several nets together on a leading model axis gains over one by one: TARNet's step (25 -> 200³ -> 2 x
// 100², batch 64) in CPU milliseconds a model. Options: --backends wasm,cpu --models 1,5,10.
import type { Scalar, Tensor, Tensor3D, Variable } from "@tensorflow/tfjs-core";
import { createRng } from "../../kernels/math/rng.ts";
import { openTensorEngine } from "../../kernels/tensor/backend.ts";
import type { BackendName, TensorEngine } from "../../kernels/tensor/backend.ts";
import { createOptimizer } from "../../kernels/tensor/optimizer.ts";

const B = 64;
const D = 25;
const BODY = [D, 200, 200, 200] as const;
const HEAD = [200, 100, 100, 1] as const;

type Product = (a: Tensor, b: Tensor, bias?: Tensor, transposeA?: boolean) => Tensor;

/** `elu(x w + b)`, or without the elu, for every model: `[r, n, k], [r, k, m], [r, 1, m]`. */
function denseFor(engine: TensorEngine): (x: Tensor, w: Tensor, b: Tensor, elu: boolean) => Tensor {
  const { tf, simd } = engine;
  const own = simd?.product as Product | undefined;
  const product: Product =
    own ??
    ((a, b, bias, transposeA = false) => {
      const plain = tf.matMul(a, b, transposeA, false);
      return bias === undefined ? plain : tf.add(plain, bias);
    });
  return (x, w, b, elu) => {
    const f = tf.customGrad((...args) => {
      const [x, w, b] = args as unknown as [Tensor, Tensor, Tensor];
      const save = args.at(-1) as unknown as (tensors: Tensor[]) => void;
      const z = product(x, w, b);
      const y = elu ? tf.elu(z) : z;
      save([x, w, y]);
      return {
        value: y,
        gradFunc: (dy: Tensor, saved: Tensor[]) => {
          const [x, w, y] = saved as [Tensor, Tensor, Tensor];
          const dz: Tensor = elu ? tf.engine().runKernel("EluGrad", { dy, y }) : dy;
          const dx =
            own === undefined
              ? tf.matMul(dz, w, false, true)
              : product(dz, tf.transpose(w, [0, 2, 1]));
          return [dx, product(x, dz, undefined, true), tf.sum(dz, 1, true)];
        },
      };
    });
    return f(x, w, b);
  };
}

function stepOf(
  engine: TensorEngine,
  models: number,
): { readonly step: () => void; readonly done: () => void; readonly last: Variable } {
  const { tf } = engine;
  const rng = createRng(1);
  const draw = (shape: readonly number[], scale: number): Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * rng.normal()),
      [...shape],
    );
  const variables: Variable[] = [];
  const layer = (k: number, m: number): readonly [Variable, Variable] => {
    const made = [
      tf.variable(draw([models, k, m], Math.sqrt(2 / (k + m)))),
      tf.variable(tf.zeros([models, 1, m])),
    ] as const;
    variables.push(...made);
    return made;
  };
  const layersOf = (widths: readonly number[]): (readonly [Variable, Variable])[] =>
    widths.slice(1).map((m, i) => layer(widths[i]!, m));
  const [phi, zero, one] = [layersOf(BODY), layersOf(HEAD), layersOf(HEAD)];
  const x = draw([models, B, D], 1);
  const y = draw([models, B, 1], 1);
  const t = tf.tensor(
    Float32Array.from({ length: models * B }, (_, i) => (i % 5 === 0 ? 1 : 0)),
    [models, B, 1],
  );
  const dense = denseFor(engine);
  const apply = (h: Tensor, layers: typeof phi, last: boolean): Tensor =>
    layers.reduce<Tensor>((v, [w, b], k) => dense(v, w, b, !last || k + 1 < layers.length), h);
  const loss = (): Scalar => {
    const r = apply(x, phi, false);
    const q = tf.add(
      tf.mul(t, apply(r, one, true)),
      tf.mul(tf.sub(1, t), apply(r, zero, true)),
    ) as Tensor3D;
    // A sum over models of means over rows: no model's gradient sees another's
    return tf.mul(models, tf.mean(tf.square(tf.sub(y, q))));
  };
  const optimizer = createOptimizer(engine, variables, "adam");
  return {
    last: variables.at(-1)!,
    step: () =>
      tf.tidy(() => {
        const { grads } = tf.variableGrads(loss, variables);
        optimizer.apply(
          variables.map((v) => grads[v.name]),
          1e-4,
        );
      }),
    done: () => {
      optimizer.dispose();
      tf.dispose([...variables, x, y, t]);
    },
  };
}

function argument(name: string, otherwise: string): string[] {
  const at = process.argv.indexOf(`--${name}`);
  return (at < 0 ? otherwise : (process.argv[at + 1] ?? "")).split(",");
}

for (const backend of argument("backends", "wasm,cpu") as BackendName[]) {
  const engine = await openTensorEngine(backend);
  const counts = argument("models", "1,5,10").map(Number);
  const running = counts.map((models) => ({
    models,
    ...stepOf(engine, models),
    times: [] as number[],
  }));
  const slow = backend !== "wasm";
  for (const { step } of running) for (let i = 0; i < (slow ? 1 : 20); i++) step();
  // Rounds take turns, so that a busy machine is as busy for each
  for (let round = 0; round < (slow ? 3 : 9); round++) {
    for (const { models, step, last, times } of running) {
      const each = Math.max(1, Math.round((slow ? 2 : 60) / models));
      const before = process.cpuUsage();
      for (let i = 0; i < each; i++) step();
      await last.data();
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000 / each / models);
    }
  }
  for (const { models, times, done } of running) {
    const sorted = times.toSorted((a, b) => a - b);
    console.log(
      `${backend}, ${models} model${models === 1 ? "" : "s"} together: ${sorted[sorted.length >> 1]!.toFixed(2)} CPU ms a step and model (from ${sorted[0]!.toFixed(2)})`,
    );
    done();
  }
}
