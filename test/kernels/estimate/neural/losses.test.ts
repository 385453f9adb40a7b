import { beforeAll, describe, expect, it } from "vitest";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { createRng } from "../../../../kernels/math/rng.ts";
import { openTensorEngine } from "../../../../kernels/tensor/backend.ts";
import type { TensorEngine } from "../../../../kernels/tensor/backend.ts";
import {
  factual,
  outcomeLoss,
  targetedRegularization,
} from "../../../../kernels/estimate/neural/losses.ts";

// float64 references, written from the papers, and differentiated numerically

const N = 12;
const rng = createRng(7);
const y = Array.from({ length: N }, () => rng.normal());
const t = Array.from({ length: N }, (_, i) => (i % 3 === 0 ? 1 : 0));
const q = Array.from({ length: N }, () => rng.normal());
const logit = Array.from({ length: N }, () => 2 * rng.normal());

/** Mean of (y - (q + ε (t/g - (1-t)/(1-g))))², g squashed to (g + .01)/1.02. */
function targeted64(q: readonly number[], logit: readonly number[], epsilon: number): number {
  let sum = 0;
  for (let i = 0; i < N; i++) {
    const g = (1 / (1 + Math.exp(-logit[i]!)) + 0.01) / 1.02;
    const h = t[i] === 1 ? 1 / g : -1 / (1 - g);
    sum += (y[i]! - q[i]! - epsilon * h) ** 2;
  }
  return sum / N;
}

function numericGradient(f: (v: number[]) => number, at: readonly number[]): number[] {
  return at.map((_, i) => {
    const moved = (h: number): number => f(at.map((v, j) => (i === j ? v + h : v)));
    return (moved(1e-5) - moved(-1e-5)) / 2e-5;
  });
}

let engine: TensorEngine;
beforeAll(async () => {
  engine = await openTensorEngine("wasm");
});
const column = (values: readonly number[]): Tensor2D =>
  engine.tf.tensor2d([...values], [values.length, 1]);

describe("targeted regularization", () => {
  it("has the value and gradients of the float64 reference in q, logit and ε", () => {
    const { tf } = engine;
    tf.tidy(() => {
      const f = (q: Tensor, logit: Tensor, epsilon: Tensor): Tensor =>
        targetedRegularization(
          engine,
          column(y),
          column(t),
          q as Tensor2D,
          logit as Tensor2D,
          epsilon,
        );
      const at = [column(q), column(logit), tf.tensor1d([0.3])];
      expect(f(at[0]!, at[1]!, at[2]!).dataSync()[0]).toBeCloseTo(targeted64(q, logit, 0.3), 4);
      const [dq, dlogit, depsilon] = tf
        .grads(f)(at)
        .map((g) => [...g.dataSync()]);
      const references = [
        [dq, numericGradient((v) => targeted64(v, logit, 0.3), q)],
        [dlogit, numericGradient((v) => targeted64(q, v, 0.3), logit)],
        [depsilon, numericGradient(([e]) => targeted64(q, logit, e!), [0.3])],
      ] as const;
      for (const [found, expected] of references) {
        expected.forEach((value, i) =>
          expect(Math.abs(found![i]! - value)).toBeLessThan(2e-3 * (1 + Math.abs(value))),
        );
      }
    });
  });

  it("is the plain squared error when ε is 0", () => {
    engine.tf.tidy(() => {
      const zero = engine.tf.tensor1d([0]);
      const plain = outcomeLoss(engine, column(y), column(q), "continuous").dataSync()[0]!;
      const targeted = targetedRegularization(
        engine,
        column(y),
        column(t),
        column(q),
        column(logit),
        zero,
      );
      expect(targeted.dataSync()[0]).toBeCloseTo(plain, 6);
    });
  });
});

describe("outcome loss", () => {
  it("of a binary outcome is the log loss of the logit", () => {
    const labels = t;
    const exact =
      labels.reduce<number>((sum, label, i) => {
        const p = 1 / (1 + Math.exp(-q[i]!));
        return sum - (label === 1 ? Math.log(p) : Math.log(1 - p));
      }, 0) / N;
    engine.tf.tidy(() => {
      expect(outcomeLoss(engine, column(labels), column(q), "binary").dataSync()[0]).toBeCloseTo(
        exact,
        5,
      );
    });
  });

  it("takes the head of the treatment received", () => {
    engine.tf.tidy(() => {
      const chosen = factual(engine, column([0, 1]), column([1, 2]), column([10, 20]));
      expect([...chosen.dataSync()]).toEqual([1, 20]);
    });
  });
});
