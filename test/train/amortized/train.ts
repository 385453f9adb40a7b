// Trains the network of kernels/discover/amortized and writes its weights file:
//   npm run train:amortized -- [--steps 4000] [--seed 1] [--folder PLACE] [--train-only | --export-only]
// Goes on from test/output/amortized/checkpoint.bin when there is one of the same seed and sizes; a run may therefore
// be stopped (Ctrl-C) and started again, also with other --steps, which the rate of learning follows.
// Needs two cores for about half an hour when they are free. The graphs are named by seed and step: on one machine an
// uninterrupted run repeats bit by bit. The weights that ship were begun with --steps 6000 and, from step 2900 on, brought
// to an end with --steps 4000: one command gives weights as good, not the same ones.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { parameterCount, startingParameters } from "../../../kernels/discover/amortized/network.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import type { LaneData } from "./lane.ts";
import { validator } from "./validate.ts";

const { values: given } = parseArgs({
  options: {
    steps: { type: "string", default: "4000" },
    seed: { type: "string", default: "1" },
    folder: { type: "string", default: resolve(import.meta.dirname, "../../output/amortized") },
    "train-only": { type: "boolean", default: false },
    "export-only": { type: "boolean", default: false },
  },
});
const steps = Number(given.steps);
const seed = Number(given.seed);
const BATCH = 8;
/** A fixed number, whatever the cores: sums of floats depend on how they are split. */
const LANES = 2;
const RATE = 1.5e-3;
const path = join(given.folder, "checkpoint.bin");

const start = readCheckpoint(path, seed) ?? {
  seed,
  step: 0,
  values: startingParameters(createRng(seed).fork("start")),
  first: new Float32Array(parameterCount),
  second: new Float32Array(parameterCount),
};
if (!given["export-only"]) await train();
if (!given["train-only"]) {
  const { exportWeights } = await import("./export.ts");
  await exportWeights(readCheckpoint(path, seed) ?? start);
}

async function train(): Promise<void> {
  const shared = new SharedArrayBuffer(4 * parameterCount);
  const values = new Float32Array(shared);
  values.set(start.values);
  const { first, second } = start;
  const lanes = Array.from({ length: LANES }, (_, lane) => {
    const gradients = new SharedArrayBuffer(4 * parameterCount);
    const data: LaneData = {
      seed,
      lane,
      graphs: BATCH / LANES,
      batch: BATCH,
      values: shared,
      gradients,
    };
    const worker = new Worker(new URL("lane.ts", import.meta.url), { workerData: data });
    return { worker, gradients: new Float32Array(gradients) };
  });
  const validate = await validator(48);
  const began = performance.now();
  let recent = 0;
  let counted = 0;
  for (let step = start.step; step < steps; step++) {
    const losses = await Promise.all(
      lanes.map(
        ({ worker }) =>
          new Promise<number>((done, failed) => {
            worker.once("message", done);
            worker.once("error", failed);
            worker.postMessage(step);
          }),
      ),
    );
    lanes.forEach(({ worker }) => worker.removeAllListeners("error"));
    const gradient = new Float32Array(parameterCount);
    for (const lane of lanes)
      for (let i = 0; i < gradient.length; i++) gradient[i]! += lane.gradients[i]!;
    adam(values, gradient, first, second, step);
    recent += losses.reduce((a, b) => a + b);
    counted += 1;
    if ((step + 1) % 100 === 0 || step + 1 === steps) {
      writeCheckpoint(path, {
        seed,
        step: step + 1,
        values: new Float32Array(values),
        first,
        second,
      });
      const told =
        (step + 1) % 500 === 0 || step + 1 === steps ? validate(new Float32Array(values)) : "";
      const minutes = (performance.now() - began) / 60_000;
      console.log(
        `step ${step + 1} of ${steps}, ${minutes.toFixed(1)} min: loss ${(recent / counted).toFixed(4)} ${told}`,
      );
      recent = counted = 0;
    }
  }
  await Promise.all(lanes.map(({ worker }) => worker.terminate()));
}

/** Rises over the first hundred steps, then falls to a fiftieth along a cosine. */
function rateAt(step: number): number {
  const rise = Math.min(1, (step + 1) / 100);
  return RATE * rise * (0.02 + 0.98 * 0.5 * (1 + Math.cos((Math.PI * step) / steps)));
}

/** Adam with the gradient's length held to 1. Kingma & Ba 2015. */
function adam(
  values: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
  step: number,
): void {
  const [b1, b2] = [0.9, 0.99];
  let square = 0;
  for (const g of gradient) square += g * g;
  const clip = Math.min(1, 1 / Math.sqrt(square));
  const rate = (rateAt(step) * Math.sqrt(1 - b2 ** (step + 1))) / (1 - b1 ** (step + 1));
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i]! * clip;
    first[i] = b1 * first[i]! + (1 - b1) * g;
    second[i] = b2 * second[i]! + (1 - b2) * g * g;
    values[i]! -= (rate * first[i]!) / (Math.sqrt(second[i]!) + 1e-8);
  }
}
