// Accuracy on the shared IHDP files, one line a method and file, then mean and median: root-PEHE in and out of sample,
// error of the average effect, and for the forest how often its intervals hold the truth.
// Options: --methods "dragonnet;cfr-wass" --files 1,2,3 --seed 0 --ten (files 1-10). Needs ../shared/data/ihdp, but for
// --simulated 6, draws of our own by which defaults are chosen (never by the files).
import { quietWork } from "../../app/work.ts";
import { score } from "../../kernels/estimate/aipw.ts";
import { fitCausalForest, forestNuisances } from "../../kernels/estimate/forest/causal-forest.ts";
import { influenceError } from "../../kernels/estimate/influence.ts";
import { ihdpLikeDesign } from "../../kernels/estimate/judge/designs.ts";
import { CFR_DEFAULTS, cfr } from "../../kernels/estimate/neural/cfr.ts";
import { DRAGONNET_DEFAULTS, dragonnet, tarnet } from "../../kernels/estimate/neural/dragonnet.ts";
import { fitNet } from "../../kernels/estimate/neural/fit.ts";
import type { FitOptions, NetBuilder } from "../../kernels/estimate/neural/fit.ts";
import { SNET_DEFAULTS, snet } from "../../kernels/estimate/neural/snet.ts";
import type { AdjustmentProblem } from "../../kernels/estimate/problem.ts";
import { createRng } from "../../kernels/math/rng.ts";
import { mean, quantile } from "../../kernels/math/summary.ts";
import { openTensorEngine } from "../../kernels/tensor/backend.ts";
import { hasIhdp, readIhdp, scoreEffects, splitIhdp } from "../kernels/estimate/neural/ihdp.ts";
import type { KnownTruth } from "../kernels/estimate/neural/ihdp.ts";

interface Found {
  readonly inside: Float64Array;
  readonly outside: Float64Array;
  /** Said behind the scores. */
  readonly note: string;
  readonly covered?: boolean;
  readonly pointwise?: number;
}

type Run = (inside: KnownTruth, outside: KnownTruth, seed: number) => Promise<Found>;

function net(build: NetBuilder, options: FitOptions): Run {
  return async (inside, outside, seed) => {
    const engine = await openTensorEngine("wasm");
    const fit = await fitNet(engine, inside, build, options, createRng(seed), quietWork);
    const of = async (x: Float64Array): Promise<Float64Array> => {
      const { mu0, mu1 } = await fit.predict(x);
      return mu1.map((m, i) => m - mu0[i]!);
    };
    return {
      inside: await of(inside.x),
      outside: await of(outside.x),
      note: `${fit.training.steps} steps`,
    };
  };
}

const forest: Run = async (inside, outside, seed) => {
  const options = { trees: 2000, minimumLeaf: 5, tried: null };
  const fit = await fitCausalForest(inside, options, createRng(seed), quietWork);
  const { estimate, influence } = score(
    {
      n: inside.n,
      treatment: inside.treatment,
      outcome: inside.outcome,
      estimand: { target: "ATE" },
    } as unknown as AdjustmentProblem,
    forestNuisances(fit, 0.01),
  );
  const error = influenceError(influence, undefined);
  const covered = Math.abs(estimate - mean(inside.effect)) <= 1.96 * error;
  const { value, variance } = fit.effects;
  const within = value.filter(
    (v, i) => Math.abs(v - inside.effect[i]!) <= 1.96 * Math.sqrt(variance![i]!),
  ).length;
  const text = `${estimate.toFixed(2)} ± ${(1.96 * error).toFixed(2)} for ${mean(inside.effect).toFixed(2)}`;
  return {
    inside: value,
    outside: (await fit.predict(outside.x, quietWork)).value,
    note: `AIPW ${text} (${covered ? "held" : "missed"}), pointwise coverage ${(within / value.length).toFixed(2)}`,
    covered,
    pointwise: within / value.length,
  };
};

const METHODS: Readonly<Record<string, Run>> = {
  tarnet: net(tarnet(DRAGONNET_DEFAULTS), DRAGONNET_DEFAULTS),
  dragonnet: net(dragonnet(DRAGONNET_DEFAULTS), DRAGONNET_DEFAULTS),
  "dragonnet, no targeting": net(
    dragonnet({ ...DRAGONNET_DEFAULTS, targeted: 0 }),
    DRAGONNET_DEFAULTS,
  ),
  "cfr-wass": net(cfr(CFR_DEFAULTS), CFR_DEFAULTS),
  "cfr-mmd": net(cfr({ ...CFR_DEFAULTS, discrepancy: "mmd" }), CFR_DEFAULTS),
  "cfr, no penalty": net(cfr({ ...CFR_DEFAULTS, alpha: 0 }), CFR_DEFAULTS),
  ...Object.fromEntries(
    [0, 0.01, 0.1, 1].map((alpha) => [
      `cfr, balanced, ${alpha}`,
      net(cfr({ ...CFR_DEFAULTS, alpha, balanced: true }), CFR_DEFAULTS),
    ]),
  ),
  "tarnet, patience 80": net(tarnet(DRAGONNET_DEFAULTS), { ...DRAGONNET_DEFAULTS, patience: 80 }),
  snet: net(snet(SNET_DEFAULTS), SNET_DEFAULTS),
  forest,
};

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const ten = process.argv.includes("--ten");
const simulated = Number(argument("simulated") ?? 0);
const files =
  simulated > 0
    ? Array.from({ length: simulated }, (_, k) => k + 1)
    : ten
      ? Array.from({ length: 10 }, (_, k) => k + 1)
      : (argument("files") ?? "1,2,3").split(",").map(Number);
const seed = Number(argument("seed") ?? 0);
const methods = argument("methods")?.split(";") ?? Object.keys(METHODS);

function summary(name: string, values: readonly number[]): string {
  return `${name} mean ${mean(values).toFixed(3)} median ${quantile(values, 0.5).toFixed(3)}`;
}

const dataOf = (file: number): KnownTruth =>
  simulated > 0 ? ihdpLikeDesign(createRng(5000 + file)) : readIhdp(file);

const here = hasIhdp || simulated > 0;
if (!here) console.log("The IHDP files are not here.");
for (const name of here ? methods : []) {
  const run = METHODS[name];
  if (run === undefined) throw new Error(`no method is called ${name}`);
  const scores: { in: number; out: number; ate: number; ateOut: number }[] = [];
  const held: boolean[] = [];
  const pointwise: number[] = [];
  const started = performance.now();
  for (const file of files) {
    const { inside, outside } = splitIhdp(dataOf(file), 1000 + file);
    const found = await run(inside, outside, 100 * seed + file);
    const a = scoreEffects(found.inside, inside.effect);
    const b = scoreEffects(found.outside, outside.effect);
    scores.push({ in: a.rootPehe, out: b.rootPehe, ate: a.ateError, ateOut: b.ateError });
    if (found.covered !== undefined) held.push(found.covered);
    if (found.pointwise !== undefined) pointwise.push(found.pointwise);
    console.log(
      `${name} file ${file}: root-PEHE ${a.rootPehe.toFixed(3)} in, ${b.rootPehe.toFixed(3)} out; ATE error ${a.ateError.toFixed(3)} in, ${b.ateError.toFixed(3)} out; ${found.note}`,
    );
  }
  const each = (performance.now() - started) / 1000 / files.length;
  console.log(
    `${name}, ${files.length} files: ${[
      summary(
        "in",
        scores.map((s) => s.in),
      ),
      summary(
        "out",
        scores.map((s) => s.out),
      ),
      summary(
        "ATE error in",
        scores.map((s) => s.ate),
      ),
      ...(held.length === 0
        ? []
        : [
            `ATE interval held ${held.filter(Boolean).length} of ${held.length}`,
            summary("pointwise coverage", pointwise),
          ]),
      `${each.toFixed(1)} s a file`,
    ].join("; ")}`,
  );
}
