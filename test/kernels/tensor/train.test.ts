import { beforeAll, describe, expect, it } from "vitest";
import type { Scalar } from "@tensorflow/tfjs-core";
import { UserError } from "../../../app/errors.ts";
import { quietWork } from "../../../app/work.ts";
import type { Progress } from "../../../app/work.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { openTensorEngine } from "../../../kernels/tensor/backend.ts";
import type { TensorEngine } from "../../../kernels/tensor/backend.ts";
import { createParameters, denseLayer, denseStack } from "../../../kernels/tensor/layers.ts";
import { createOptimizer } from "../../../kernels/tensor/optimizer.ts";
import { shuffledRows, train } from "../../../kernels/tensor/train.ts";
import type { TrainOptions, TrainResult } from "../../../kernels/tensor/train.ts";

let engine: TensorEngine;
beforeAll(async () => {
  engine = await openTensorEngine("wasm");
});

const OPTIONS: TrainOptions = {
  epochs: 60,
  batchSize: 20,
  learningRate: 0.05,
  optimizer: "adam",
  patience: 10,
};

/** y = 2 x0 - x1 + 1 + noise by a linear layer; weights and the training's account. */
async function fitLine(
  seed: number,
  options: Partial<TrainOptions> = {},
  work = quietWork,
): Promise<{ weights: number[]; result: TrainResult }> {
  const { tf } = engine;
  const data = createRng(99);
  const x = Float32Array.from({ length: 400 }, () => data.normal());
  const y = Float32Array.from(
    { length: 200 },
    (_, i) => 2 * (x[2 * i] as number) - (x[2 * i + 1] as number) + 1 + 0.1 * data.normal(),
  );
  const rng = createRng(seed);
  const parameters = createParameters(engine, rng);
  const layer = denseLayer(engine, parameters, 2, 1, "linear");
  const lossOn = (rows: ArrayLike<number>): Scalar => {
    const picked = Array.from(rows);
    const bx = tf.tensor2d(
      picked.flatMap((i) => [x[2 * i] as number, x[2 * i + 1] as number]),
      [picked.length, 2],
    );
    const by = tf.tensor2d(
      picked.map((i) => y[i] as number),
      [picked.length, 1],
    );
    return tf.mean(tf.square(tf.sub(layer.apply(bx), by)));
  };
  try {
    const result = await train(
      engine,
      {
        parameters,
        rows: 160,
        loss: lossOn,
        validation: () => lossOn(Array.from({ length: 40 }, (_, i) => 160 + i)),
      },
      { ...OPTIONS, ...options },
      rng,
      work,
    );
    const values = await parameters.read();
    return { weights: values.flatMap((v) => [...v]), result };
  } finally {
    parameters.dispose();
  }
}

describe("the training loop", () => {
  it.each(["adam", "momentum"] as const)("recovers a line by %s", async (optimizer) => {
    const learningRate = optimizer === "adam" ? 0.05 : 0.01;
    const { weights } = await fitLine(1, { optimizer, learningRate });
    [2, -1, 1].forEach((value, i) => expect(weights[i]).toBeCloseTo(value, 1));
  });

  it("gives the same numbers for the same seed, others for another", async () => {
    const [a, b, c] = [await fitLine(5), await fitLine(5), await fitLine(6)];
    expect(b).toEqual(a);
    expect(c.weights).not.toEqual(a.weights);
  });

  it("keeps the weights of the best epoch, not the last", async () => {
    const { result } = await fitLine(1, { patience: 5, learningRate: 0.3 });
    const best = Math.min(...result.history.map((h) => h.validation as number));
    expect(result.history[result.bestEpoch - 1]?.validation).toBe(best);
    const short = await fitLine(1, { epochs: result.bestEpoch, learningRate: 0.3 });
    const long = await fitLine(1, { patience: 5, learningRate: 0.3 });
    expect(long.weights).toEqual(short.weights);
    expect(long.result.epochs).toBeGreaterThan(long.result.bestEpoch);
  });

  it("leaves no tensors behind, also when stopped or diverged", async () => {
    const before = engine.memory().tensors;
    await fitLine(1, { epochs: 3 });
    const stop = new AbortController();
    stop.abort(new Error("stopped by the test"));
    const work = { signal: stop.signal, progress: (): void => {} };
    await expect(fitLine(1, { epochs: 3 }, work)).rejects.toThrow("stopped by the test");
    await expect(
      fitLine(1, { optimizer: "sgd", learningRate: 1e6, epochs: 40 }),
    ).rejects.toMatchObject({ code: "training-diverged" });
    await expect(fitLine(1, { optimizer: "sgd", learningRate: 1e6 })).rejects.toBeInstanceOf(
      UserError,
    );
    expect(engine.memory().tensors).toBe(before);
  });

  it("hears Stop while it trains, within a fraction of a second", async () => {
    const stop = new AbortController();
    const work = { signal: stop.signal, progress: (): void => {} };
    const started = performance.now();
    setTimeout(() => stop.abort(new Error("enough")), 100);
    await expect(fitLine(1, { epochs: 1e6, patience: Infinity }, work)).rejects.toThrow("enough");
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it("reports every epoch's losses once, in order", async () => {
    const seen: Progress[] = [];
    const { result } = await fitLine(
      1,
      { epochs: 30, label: "fold 2 ", span: [0.5, 1] },
      { signal: new AbortController().signal, progress: (p) => seen.push(p) },
    );
    const points = seen.flatMap((p) => p.series?.["fold 2 validation loss"] ?? []);
    expect(points.map(([x]) => x)).toEqual(result.history.map((h) => h.epoch));
    expect(seen.every((p) => (p.fraction ?? 0) >= 0.5)).toBe(true);
    expect(seen.at(-1)?.fraction).toBe(1);
  });

  it("clips gradients", async () => {
    const clipped = await fitLine(1, {
      optimizer: "sgd",
      learningRate: 1,
      epochs: 1,
      batchSize: 160,
      clipNorm: 1e-3,
    });
    const free = await fitLine(1, { epochs: 0 });
    const moved = clipped.weights.map((w, i) => w - (free.weights[i] as number));
    expect(Math.hypot(...moved)).toBeCloseTo(1e-3, 5);
  });
});

describe("adam", () => {
  it.each(["wasm", "cpu"] as const)(
    "follows its paper in float64, with decay, on %s",
    async (name) => {
      const engine = await openTensorEngine(name);
      const { tf } = engine;
      const start = [0.5, -1, 2, 0.1, 3, -0.2, 0.7];
      const gradients = [
        [0.1, -0.2, 0.3, 1, -5, 0, 0.01],
        [0.2, 0.1, -0.3, 2, 4, 0, 0.02],
        [-0.1, 0.4, 0.3, -1, 4, 1, 0.03],
      ];
      const expected = [...start];
      const m = start.map(() => 0);
      const v = start.map(() => 0);
      gradients.forEach((gradient, step) => {
        gradient.forEach((g0, i) => {
          const g = g0 + 2 * 0.05 * expected[i]!;
          m[i] = 0.9 * m[i]! + 0.1 * g;
          v[i] = 0.999 * v[i]! + 0.001 * g * g;
          const mHat = m[i] / (1 - 0.9 ** (step + 1));
          const vHat = v[i] / (1 - 0.999 ** (step + 1));
          expected[i]! -= (0.01 * mHat) / (Math.sqrt(vHat) + 1e-8);
        });
      });
      const variable = tf.variable(tf.tensor1d(start));
      const optimizer = createOptimizer(engine, [variable], "adam", new Map([[variable, 0.05]]));
      for (const g of gradients) tf.tidy(() => optimizer.apply([tf.tensor1d(g)], 0.01));
      const found = await variable.data();
      expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));
      optimizer.dispose();
      variable.dispose();
      await openTensorEngine("wasm");
    },
  );
});

describe("shuffled rows", () => {
  it("are a permutation, different by seed", () => {
    const order = shuffledRows(50, undefined, createRng(1));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect([...shuffledRows(50, undefined, createRng(2))]).not.toEqual([...order]);
  });

  it("spread strata evenly over batches", () => {
    const arms = Float64Array.from({ length: 100 }, (_, i) => (i < 20 ? 1 : 0));
    const order = shuffledRows(100, arms, createRng(1));
    for (let from = 0; from < 100; from += 20) {
      const treated = [...order.subarray(from, from + 20)].filter((i) => arms[i] === 1).length;
      expect(treated).toBeGreaterThanOrEqual(2);
      expect(treated).toBeLessThanOrEqual(6);
    }
  });
});

describe("parameters", () => {
  it("survive being read and written", async () => {
    const { tf } = engine;
    const before = engine.memory().tensors;
    const a = createParameters(engine, createRng(1));
    const b = createParameters(engine, createRng(2));
    const netA = denseStack(engine, a, [3, 4, 1], "tanh");
    const netB = denseStack(engine, b, [3, 4, 1], "tanh");
    b.write(await a.read());
    const difference = tf.tidy(() => {
      const x = tf.tensor2d([1, 2, 3, -1, 0, 1], [2, 3]);
      return tf.max(tf.abs(tf.sub(netA.apply(x), netB.apply(x)))).dataSync()[0];
    });
    expect(difference).toBe(0);
    expect(() => b.write([])).toThrow();
    a.dispose();
    b.dispose();
    expect(engine.memory().tensors).toBe(before);
  });
});
