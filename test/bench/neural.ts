// Body of `npm run bench:neural`: milliseconds a gradient step and seconds an IHDP file for each net on each backend
// present, and the forest. VCNet and DeepIV, which are for other questions, fit simulated rows of the same number.
// Options: --backends wasm,cpu --nets tarnet,cevae --files 1 --quick. Needs ../shared/data/ihdp for the files. Beside the
// time on the clock stands that of the CPU, which a busy machine moves less.
import type { Scalar, Variable } from "@tensorflow/tfjs-core";
import { quietWork } from "../../app/work.ts";
import { fitCausalForest } from "../../kernels/estimate/forest/causal-forest.ts";
import type { CausalForestData } from "../../kernels/estimate/forest/causal-forest.ts";
import { fitNeuralForest } from "../../kernels/estimate/forest/neural-forest.ts";
import {
  buildTrees,
  SOFT_FOREST_DEFAULTS,
  softLoss,
} from "../../kernels/estimate/forest/soft-forest.ts";
import { buildCevae, CEVAE_DEFAULTS, fitCevae } from "../../kernels/estimate/neural/cevae.ts";
import { CFR_DEFAULTS, cfr } from "../../kernels/estimate/neural/cfr.ts";
import {
  buildOutcomeNet,
  DEEP_IV_DEFAULTS,
  drawnLoss,
  fitDeepIv,
} from "../../kernels/estimate/neural/deepiv.ts";
import { DRAGONNET_DEFAULTS, dragonnet, tarnet } from "../../kernels/estimate/neural/dragonnet.ts";
import { batchOf, fitNet } from "../../kernels/estimate/neural/fit.ts";
import type { FitOptions, NetBuilder } from "../../kernels/estimate/neural/fit.ts";
import { RIESZNET_DEFAULTS, riesznet } from "../../kernels/estimate/neural/riesznet.ts";
import { SNET_DEFAULTS, snet } from "../../kernels/estimate/neural/snet.ts";
import {
  buildVcnet,
  fitVcnet,
  VCNET_DEFAULTS,
  vcnetLoss,
} from "../../kernels/estimate/neural/vcnet.ts";
import { createRng } from "../../kernels/math/rng.ts";
import { BACKENDS, openTensorEngine } from "../../kernels/tensor/backend.ts";
import type { BackendName, TensorEngine } from "../../kernels/tensor/backend.ts";
import { createParameters } from "../../kernels/tensor/layers.ts";
import type { Parameters } from "../../kernels/tensor/layers.ts";
import { createOptimizer } from "../../kernels/tensor/optimizer.ts";
import { hasIhdp, readIhdp, scoreEffects, splitIhdp } from "../kernels/estimate/neural/ihdp.ts";

interface Net {
  readonly name: string;
  /** Loss of one batch of 64 rows, once more at each call. */
  readonly prepare: (engine: TensorEngine, parameters: Parameters) => Prepared;
  /** Fits a file, and says how many steps and what came out. */
  readonly fit: (engine: TensorEngine, file: number) => Promise<string>;
}

interface Prepared {
  loss(): Scalar;
  readonly decay?: ReadonlyMap<Variable, number>;
}

const B = 64;
const D = 25;
const numbers = createRng(1);
const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => numbers.normal());
const fixed = {
  n: B,
  d: D,
  x: draw(B * D),
  y: draw(B),
  t: Float32Array.from({ length: B }, (_, i) => (i % 5 === 0 ? 1 : 0)),
};
const shape = { inputs: D, outcomeKind: "continuous", treatedShare: 0.2 } as const;

function twoOutcomes(name: string, build: NetBuilder, options: FitOptions): Net {
  return {
    name,
    prepare: (engine, parameters) => {
      const net = build(engine, parameters, shape);
      return {
        loss: () => net.loss(batchOf(engine, fixed)),
        ...(net.decay === undefined ? {} : { decay: net.decay }),
      };
    },
    fit: async (engine, file) => {
      const { inside } = splitIhdp(readIhdp(file), 1000 + file);
      const fit = await fitNet(engine, inside, build, options, createRng(file), quietWork);
      const { mu0, mu1 } = await fit.predict(inside.x);
      return told(
        fit.training.steps,
        mu1.map((m, i) => m - mu0[i]!),
        inside.effect,
      );
    },
  };
}

function told(steps: number, predicted: Float64Array, effect: Float64Array): string {
  return `${steps} steps, root-PEHE ${scoreEffects(predicted, effect).rootPehe.toFixed(2)}`;
}

const NETS: readonly Net[] = [
  twoOutcomes("tarnet", tarnet(DRAGONNET_DEFAULTS), DRAGONNET_DEFAULTS),
  twoOutcomes("dragonnet", dragonnet(DRAGONNET_DEFAULTS), DRAGONNET_DEFAULTS),
  twoOutcomes("cfr-wass", cfr(CFR_DEFAULTS), CFR_DEFAULTS),
  twoOutcomes("cfr-mmd", cfr({ ...CFR_DEFAULTS, discrepancy: "mmd" }), CFR_DEFAULTS),
  twoOutcomes("snet", snet(SNET_DEFAULTS), SNET_DEFAULTS),
  twoOutcomes("riesznet", riesznet(RIESZNET_DEFAULTS), RIESZNET_DEFAULTS),
  {
    name: "cevae",
    prepare: (engine, parameters) => {
      const net = buildCevae(engine, parameters, CEVAE_DEFAULTS, {
        d: D,
        binary: new Uint8Array(D),
        outcomeKind: "continuous",
      });
      const noise = draw(B * CEVAE_DEFAULTS.latent);
      return {
        loss: () =>
          net.loss(batchOf(engine, fixed), engine.tf.tensor2d(noise, [B, CEVAE_DEFAULTS.latent])),
      };
    },
    fit: async (engine, file) => {
      const { inside } = splitIhdp(readIhdp(file), 1000 + file);
      const fit = await fitCevae(engine, inside, CEVAE_DEFAULTS, createRng(file), quietWork);
      return told(fit.training.steps, fit.unitEffects, inside.effect);
    },
  },
  {
    name: "neural forest",
    prepare: (engine, parameters) => {
      const trees = buildTrees(engine, parameters, SOFT_FOREST_DEFAULTS, D);
      const mask = Float32Array.from({ length: B * SOFT_FOREST_DEFAULTS.trees }, (_, k) =>
        k % 4 === 0 ? 1 : 0,
      );
      return {
        decay: trees.decay,
        loss: () =>
          softLoss(engine, trees, {
            x: engine.tf.tensor2d(fixed.x, [B, D]),
            y: engine.tf.tensor2d(fixed.y, [B, 1]),
            mask: engine.tf.tensor2d(mask, [B, SOFT_FOREST_DEFAULTS.trees]),
          }),
      };
    },
    fit: async (engine, file) => {
      const { inside } = splitIhdp(readIhdp(file), 1000 + file);
      const rng = createRng(file);
      const fit = await fitNeuralForest(engine, inside, SOFT_FOREST_DEFAULTS, rng, quietWork);
      const steps = fit.forests.reduce((sum, forest) => sum + forest.training.steps, 0);
      return told(steps, fit.effects, inside.effect);
    },
  },
  {
    name: "vcnet",
    prepare: (engine, parameters) => {
      const net = buildVcnet(engine, parameters, VCNET_DEFAULTS, D);
      const doses = Float32Array.from({ length: B }, (_, i) => i / B);
      return {
        decay: net.decay,
        loss: () =>
          vcnetLoss(engine, net, batchOf(engine, fixed), doses, VCNET_DEFAULTS, "continuous"),
      };
    },
    fit: async (engine) => {
      const data = { ...largeData(672, D), outcomeKind: "continuous" as const };
      const treatment = data.outcome.map((_, i) => data.x[i * D + 2]! + numbers.normal());
      const outcome = data.outcome.map((y, i) => y + Math.sin(treatment[i]!));
      const given = { ...data, treatment, outcome };
      const fit = await fitVcnet(engine, given, VCNET_DEFAULTS, createRng(1), quietWork);
      return `${fit.training.steps} steps, simulated doses`;
    },
  },
  {
    name: "deepiv (outcome)",
    prepare: (engine, parameters) => {
      const net = buildOutcomeNet(engine, parameters, DEEP_IV_DEFAULTS, D);
      const draws = [0, 1].map(() => draw(B * DEEP_IV_DEFAULTS.draws));
      return {
        decay: net.decay,
        loss: () => drawnLoss(engine, (v) => net.h(v), fixed, D, draws),
      };
    },
    fit: async (engine) => {
      const { n, d, x, outcome } = largeData(672, D);
      const z = Float64Array.from({ length: n }, () => numbers.normal());
      const treatment = z.map((v) => v + numbers.normal());
      const data = { n, d, x, z, l: 1, treatment, treatmentKind: "continuous", outcome } as const;
      const fit = await fitDeepIv(engine, data, DEEP_IV_DEFAULTS, createRng(1), quietWork);
      return `${fit.treatmentTraining.steps + fit.outcomeTraining.steps} steps of both nets, simulated instrument`;
    },
  },
];

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : (process.argv[at + 1] ?? "");
}

const quick = process.argv.includes("--quick");

interface Time {
  readonly wall: number;
  readonly cpu: number;
}

/** Median over rounds, after warming up: a step is short against the scheduler's noise. */
async function millisecondsPerStep(engine: TensorEngine, net: Net): Promise<Time> {
  const { tf } = engine;
  const parameters = createParameters(engine, createRng(1));
  const built = net.prepare(engine, parameters);
  const variables = [...parameters.variables];
  const optimizer = createOptimizer(engine, variables, "adam", built.decay);
  const step = (): void =>
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => built.loss(), variables);
      optimizer.apply(
        variables.map((v) => grads[v.name]),
        1e-4,
      );
    });
  const slow = engine.backend === "cpu";
  const [warm, rounds, each] = slow ? [2, 3, 2] : [60, 7, quick ? 10 : 30];
  for (let i = 0; i < warm; i++) step();
  const times: Time[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    const before = process.cpuUsage();
    for (let i = 0; i < each; i++) step();
    await variables[0]!.data(); // a GPU is done only when its result is here
    const { user, system } = process.cpuUsage(before);
    times.push({
      wall: (performance.now() - started) / each,
      cpu: (user + system) / 1000 / each,
    });
  }
  optimizer.dispose();
  parameters.dispose();
  const middle = (of: (time: Time) => number): number =>
    times.map(of).toSorted((a, b) => a - b)[rounds >> 1]!;
  return { wall: middle((t) => t.wall), cpu: middle((t) => t.cpu) };
}

async function secondsPerFile(engine: TensorEngine, net: Net, file: number): Promise<string> {
  const started = performance.now();
  const before = process.cpuUsage();
  const text = await net.fit(engine, file);
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - started) / 1000;
  return `${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} of CPU (${text})`;
}

function largeData(n: number, d: number): CausalForestData {
  const rng = createRng(1);
  const x = Float64Array.from({ length: n * d }, () => rng.normal());
  const treatment = Float64Array.from({ length: n }, (_, i) =>
    rng.next() < 1 / (1 + Math.exp(-0.8 * x[i * d]!)) ? 1 : 0,
  );
  const outcome = treatment.map(
    (t, i) => x[i * d]! + t * (1 + Math.max(0, x[i * d + 1]!)) + rng.normal(),
  );
  return { n, d, x, treatment, outcome };
}

async function benchForest(name: string, data: CausalForestData, trees: number): Promise<void> {
  const before = process.cpuUsage();
  const started = performance.now();
  await fitCausalForest(data, { trees, minimumLeaf: 5, tried: null }, createRng(2), quietWork);
  const { user, system } = process.cpuUsage(before);
  const wall = (performance.now() - started) / 1000;
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(
    `forest ${name}: ${wall.toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of CPU), peak memory ${peak.toFixed(0)} MB`,
  );
}

const asked = argument("backends")?.split(",") as BackendName[] | undefined;
const files = (argument("files") ?? "1").split(",").map(Number);

// The forest first: its peak memory would else be tfjs's.
const forests = !process.argv.includes("--nets");
if (hasIhdp && forests)
  await benchForest("2000 trees on IHDP", splitIhdp(readIhdp(1), 1001).inside, 2000);
if (!quick && forests)
  await benchForest("200 trees, n = 100,000, p = 20", largeData(100_000, 20), 200);

for (const backend of asked ?? BACKENDS) {
  let engine: TensorEngine;
  try {
    engine = await openTensorEngine(backend);
  } catch (error) {
    console.log(`${backend}: ${error instanceof Error ? error.message : String(error)}`);
    continue;
  }
  console.log(`${backend}: ${engine.adapter}, tfjs ${engine.version}`);
  const wanted = argument("nets")?.split(",");
  for (const net of NETS.filter(({ name }) => wanted?.includes(name) ?? true)) {
    const { wall, cpu } = await millisecondsPerStep(engine, net);
    const parts = [`${wall.toFixed(2)} ms a step, ${cpu.toFixed(2)} of CPU`];
    if (hasIhdp && backend !== "cpu" && !quick) {
      for (const file of files)
        parts.push(`file ${file}: ${await secondsPerFile(engine, net, file)}`);
    }
    console.log(`  ${net.name}: ${parts.join("; ")}`);
  }
}
if (!hasIhdp) console.log("The IHDP files are not here: seconds a file were not measured.");
