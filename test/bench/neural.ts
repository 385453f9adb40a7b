// Body of `npm run bench:neural`: milliseconds a gradient step and seconds an IHDP file for each net on each backend
// present, and the forest. Options: --backends wasm,cpu --files 1 --quick. Needs ../shared/data/ihdp for the files.
import { quietWork } from "../../app/work.ts";
import { CFR_DEFAULTS, cfr } from "../../kernels/estimate/neural/cfr.ts";
import { DRAGONNET_DEFAULTS, dragonnet, tarnet } from "../../kernels/estimate/neural/dragonnet.ts";
import { batchOf, fitNet } from "../../kernels/estimate/neural/fit.ts";
import type { FitOptions, NetBuilder } from "../../kernels/estimate/neural/fit.ts";
import { SNET_DEFAULTS, snet } from "../../kernels/estimate/neural/snet.ts";
import { fitCausalForest } from "../../kernels/estimate/forest/causal-forest.ts";
import type { CausalForestData } from "../../kernels/estimate/forest/causal-forest.ts";
import { createRng } from "../../kernels/math/rng.ts";
import { BACKENDS, openTensorEngine } from "../../kernels/tensor/backend.ts";
import type { BackendName, TensorEngine } from "../../kernels/tensor/backend.ts";
import { createParameters } from "../../kernels/tensor/layers.ts";
import { createOptimizer } from "../../kernels/tensor/optimizer.ts";
import { hasIhdp, readIhdp, scoreEffects, splitIhdp } from "../kernels/estimate/neural/ihdp.ts";

interface Net {
  readonly name: string;
  readonly build: NetBuilder;
  readonly options: FitOptions;
}

const NETS: readonly Net[] = [
  { name: "tarnet", build: tarnet(DRAGONNET_DEFAULTS), options: DRAGONNET_DEFAULTS },
  { name: "dragonnet", build: dragonnet(DRAGONNET_DEFAULTS), options: DRAGONNET_DEFAULTS },
  { name: "cfr-wass", build: cfr(CFR_DEFAULTS), options: CFR_DEFAULTS },
  {
    name: "cfr-mmd",
    build: cfr({ ...CFR_DEFAULTS, discrepancy: "mmd" }),
    options: CFR_DEFAULTS,
  },
  { name: "snet", build: snet(SNET_DEFAULTS), options: SNET_DEFAULTS },
];

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : (process.argv[at + 1] ?? "");
}

const quick = process.argv.includes("--quick");

/** Median over rounds, after warming up: a step is short against the scheduler's noise. */
async function millisecondsPerStep(engine: TensorEngine, net: Net): Promise<number> {
  const { tf } = engine;
  const rng = createRng(1);
  const b = 64;
  const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => rng.normal());
  const data = {
    n: b,
    d: 25,
    x: draw(b * 25),
    y: draw(b),
    t: Float32Array.from({ length: b }, (_, i) => (i % 5 === 0 ? 1 : 0)),
  };
  const parameters = createParameters(engine, rng);
  const built = net.build(engine, parameters, {
    inputs: 25,
    outcomeKind: "continuous",
    treatedShare: 0.2,
  });
  const variables = [...parameters.variables];
  const optimizer = createOptimizer(engine, variables, "adam", built.decay);
  const step = (): void =>
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => built.loss(batchOf(engine, data)), variables);
      optimizer.apply(
        variables.map((v) => grads[v.name]),
        1e-4,
      );
    });
  const slow = engine.backend === "cpu";
  const [warm, rounds, each] = slow ? [2, 3, 2] : [60, 7, quick ? 10 : 30];
  for (let i = 0; i < warm; i++) step();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    for (let i = 0; i < each; i++) step();
    await variables[0]!.data(); // a GPU is done only when its result is here
    times.push((performance.now() - started) / each);
  }
  optimizer.dispose();
  parameters.dispose();
  return times.toSorted((a, b) => a - b)[rounds >> 1]!;
}

async function secondsPerFile(engine: TensorEngine, net: Net, file: number): Promise<string> {
  const { inside } = splitIhdp(readIhdp(file), 1000 + file);
  const started = performance.now();
  const fit = await fitNet(engine, inside, net.build, net.options, createRng(file), quietWork);
  const seconds = (performance.now() - started) / 1000;
  const { mu0, mu1 } = await fit.predict(inside.x);
  const { rootPehe } = scoreEffects(
    mu1.map((m, i) => m - mu0[i]!),
    inside.effect,
  );
  return `${seconds.toFixed(1)} s (${fit.training.steps} steps, root-PEHE ${rootPehe.toFixed(2)})`;
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
if (hasIhdp) await benchForest("2000 trees on IHDP", splitIhdp(readIhdp(1), 1001).inside, 2000);
if (!quick) await benchForest("200 trees, n = 100,000, p = 20", largeData(100_000, 20), 200);

for (const backend of asked ?? BACKENDS) {
  let engine: TensorEngine;
  try {
    engine = await openTensorEngine(backend);
  } catch (error) {
    console.log(`${backend}: ${error instanceof Error ? error.message : String(error)}`);
    continue;
  }
  console.log(`${backend}: ${engine.adapter}, tfjs ${engine.version}`);
  for (const net of NETS) {
    const parts = [`${(await millisecondsPerStep(engine, net)).toFixed(2)} ms a step`];
    if (hasIhdp && backend !== "cpu" && !quick) {
      for (const file of files)
        parts.push(`file ${file}: ${await secondsPerFile(engine, net, file)}`);
    }
    console.log(`  ${net.name}: ${parts.join("; ")}`);
  }
}
if (!hasIhdp) console.log("The IHDP files are not here: seconds a file were not measured.");
