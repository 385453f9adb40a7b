import { beforeAll, describe, expect, it } from "vitest";
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { openTensorEngine } from "../../../kernels/tensor/backend.ts";
import type { TensorEngine } from "../../../kernels/tensor/backend.ts";
import type { Activation } from "../../../kernels/tensor/ops.ts";
import { createRng } from "../../../kernels/math/rng.ts";

// Independent oracle: the same functions in float64, differentiated numerically.

const ACT: Readonly<Record<Activation, (z: number) => number>> = {
  linear: (z) => z,
  relu: (z) => Math.max(0, z),
  elu: (z) => (z >= 0 ? z : Math.expm1(z)),
  tanh: Math.tanh,
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
};

function dense64(v: readonly number[], activation: Activation): number {
  // x [3, 2], w [2, 2], b [2] in one vector; weighted sum of the outputs
  let total = 0;
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 2; k++) {
      let z = v[10 + k] as number;
      for (let j = 0; j < 2; j++) z += (v[2 * i + j] as number) * (v[6 + 2 * j + k] as number);
      total += (i + 1) * (k - 0.4) * ACT[activation](z);
    }
  }
  return total;
}

function numericGradient(f: (v: number[]) => number, at: readonly number[]): number[] {
  return at.map((_, i) => {
    const step = (h: number): number => f(at.map((v, j) => (i === j ? v + h : v)));
    return (step(1e-5) - step(-1e-5)) / 2e-5;
  });
}

let engine: TensorEngine;
beforeAll(async () => {
  engine = await openTensorEngine("wasm");
});

describe("gradients of the safe operations", () => {
  it.each(["linear", "relu", "elu", "tanh", "sigmoid"] as const)(
    "dense %s matches float64 differences",
    async (activation) => {
      const rng = createRng(3);
      const v = Array.from({ length: 12 }, () => rng.normal());
      const { tf, ops } = engine;
      const gradients = tf.tidy(() => {
        const weights = tf.tensor2d([-0.4, 0.6, -0.8, 1.2, -1.2, 1.8], [3, 2]);
        const f = (x: Tensor, w: Tensor, b: Tensor): Tensor =>
          tf.sum(
            tf.mul(ops.dense(x as Tensor2D, w as Tensor2D, b as Tensor1D, activation), weights),
          );
        const [dx, dw, db] = tf.grads(f)([
          tf.tensor2d(v.slice(0, 6), [3, 2]),
          tf.tensor2d(v.slice(6, 10), [2, 2]),
          tf.tensor1d(v.slice(10)),
        ]) as [Tensor, Tensor, Tensor];
        return tf.concat([tf.reshape(dx, [6]), tf.reshape(dw, [4]), db]);
      });
      const found = await gradients.data();
      gradients.dispose();
      const expected = numericGradient((u) => dense64(u, activation), v);
      expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 4));
    },
  );

  it("logLoss is finite and exact at extreme logits", async () => {
    const { tf, ops } = engine;
    const logits = [-100, -1, 0, 1, 100];
    const loss = tf.tidy(() => ops.logLoss(tf.tensor1d([1, 0, 1, 0, 1]), tf.tensor1d(logits)));
    const values = [...(await loss.data())];
    loss.dispose();
    const exact = [100, Math.log1p(Math.exp(-1)), Math.LN2, 1 + Math.log1p(Math.exp(-1)), 0];
    exact.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 5));
  });

  it("stopGradient lets no gradient through", async () => {
    const { tf, ops } = engine;
    const g = tf.tidy(() =>
      tf.grad((x: Tensor) => tf.sum(tf.mul(x, ops.stopGradient(tf.square(x)))))(tf.tensor1d([3])),
    );
    // d(x · const 9)/dx = 9, and not 27
    expect([...(await g.data())]).toEqual([9]);
    g.dispose();
  });

  it("leaves no tensors behind", () => {
    const { tf, ops } = engine;
    const before = engine.memory().tensors;
    tf.tidy(() => {
      const x = tf.ones([4, 3]) as Tensor2D;
      tf.grad((v: Tensor) => tf.sum(ops.squaredDistances(v as Tensor2D, x)))(x);
    });
    expect(engine.memory().tensors).toBe(before);
  });
});
