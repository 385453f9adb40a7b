import type { Tensor2D } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { quietWork } from "../../../../app/work.ts";
import { tableOf } from "../../../../kernels/data/table.ts";
import { estimate } from "../../../../kernels/estimate/index.ts";
import type { Method } from "../../../../kernels/estimate/index.ts";
import { fitNet } from "../../../../kernels/estimate/neural/fit.ts";
import {
  RIESZNET_DEFAULTS,
  riesznet,
  riesznetMethod,
} from "../../../../kernels/estimate/neural/riesznet.ts";
import { createRng } from "../../../../kernels/math/rng.ts";
import { openTensorEngine } from "../../../../kernels/tensor/backend.ts";
import type { TensorEngine } from "../../../../kernels/tensor/backend.ts";
import { createParameters } from "../../../../kernels/tensor/layers.ts";

let engine: TensorEngine;
beforeAll(async () => {
  engine = await openTensorEngine("wasm");
});

const SMALL = { width: 16, headWidth: 16, decay: 0, epochs: 40, learningRate: 5e-3 };

describe("RieszNet", () => {
  it("finds the representer t/e - (1 - t)/(1 - e) without being told of a propensity", async () => {
    // One two-valued covariate: the representer is known in closed form from the frequencies.
    const n = 2000;
    const rng = createRng(4);
    const x = Float64Array.from({ length: n }, () => Number(rng.next() < 0.5));
    const treatment = x.map((v) => Number(rng.next() < 0.25 + 0.5 * v));
    const outcome = treatment.map((t, i) => t + x[i]! + rng.normal());
    const data = { n, d: 1, x, treatment, outcome, outcomeKind: "continuous" as const };
    const options = { ...RIESZNET_DEFAULTS, ...SMALL, rieszWeight: 1 };
    const fit = await fitNet(engine, data, riesznet(options), options, createRng(1), quietWork);
    const { riesz } = await fit.predict(Float64Array.of(0, 1));
    for (const v of [0, 1]) {
      const rows = x.reduce((list: number[], value, i) => (value === v ? [...list, i] : list), []);
      const e = rows.reduce((s, i) => s + treatment[i]! / rows.length, 0);
      expect(riesz![1][v]! / (1 / e)).toBeGreaterThan(0.85);
      expect(riesz![1][v]! / (1 / e)).toBeLessThan(1.15);
      expect(riesz![0][v]! / (-1 / (1 - e))).toBeGreaterThan(0.85);
      expect(riesz![0][v]! / (-1 / (1 - e))).toBeLessThan(1.15);
    }
  }, 60_000);

  it("has the loss written out in float64", () => {
    const rng = createRng(9);
    const parameters = createParameters(engine, rng);
    const options = { ...RIESZNET_DEFAULTS, ...SMALL, rieszWeight: 0.7, targeted: 0 };
    const shape = { inputs: 2, outcomeKind: "continuous" as const, treatedShare: 0.5 };
    const net = riesznet(options)(engine, parameters, shape);
    const n = 6;
    const values = (length: number): Float32Array =>
      Float32Array.from({ length }, () => rng.normal());
    const [x, y, t] = [values(2 * n), values(n), Float32Array.of(1, 0, 0, 1, 1, 0)];
    engine.tf.tidy(() => {
      const matrix = (v: Float32Array, d: number): Tensor2D =>
        engine.tf.tensor2d(v, [v.length / d, d]);
      const { q0, q1, riesz } = net.heads(matrix(x, 2));
      const [a, b, alpha] = [q0, q1, riesz!].map((head) => head.dataSync());
      let expected = 0;
      for (let i = 0; i < n; i++) {
        const q = t[i] === 1 ? b![i]! : a![i]!;
        const [zero, one] = [alpha![2 * i]!, alpha![2 * i + 1]!];
        const own = t[i] === 1 ? one : zero;
        expected += ((y[i]! - q) ** 2 + 0.7 * (own ** 2 - 2 * (one - zero))) / n;
      }
      const batch = { x: matrix(x, 2), y: matrix(y, 1), t: matrix(t, 1) };
      expect(net.loss(batch).dataSync()[0]).toBeCloseTo(expected, 4);
    });
    parameters.dispose();
  });

  it("is a method whose interval holds the effect, and says what a propensity would have given", async () => {
    const n = 500;
    const rng = createRng(12);
    const draw = (): Float64Array => Float64Array.from({ length: n }, () => rng.normal());
    const [x0, x1] = [draw(), draw()];
    const t = x0.map((v) => Number(rng.next() < 1 / (1 + Math.exp(-v))));
    const y = t.map((v, i) => v * (1 + x1[i]!) + x0[i]! + rng.normal());
    const result = await estimate(
      { treatment: "t", outcome: "y", adjustment: ["x0", "x1"] },
      tableOf({ x0, x1, t, y }),
      { method: riesznetMethod as unknown as Method, folds: 2, ...SMALL, decay: 0.003 },
    );
    if (result.kind !== "effect") throw new Error(result.message);
    const truth = x1.reduce((s, v) => s + (1 + v) / n, 0);
    expect(result.interval.low).toBeLessThan(truth);
    expect(result.interval.high).toBeGreaterThan(truth);
    expect(result.standardError).toBeLessThan(0.2);
    expect(result.parts.map((p) => p.name)).toEqual([
      "plug-in (mean predicted effect)",
      "targeted regularization",
      "with a logistic propensity in place of the Riesz head",
    ]);
  }, 60_000);
});
