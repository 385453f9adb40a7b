// Forests on draws of our own: how often the causal forest's pointwise 95 % intervals hold a unit's effect, by number of
// rows, and the neural forest beside it (root-PEHE, interval of the average). Options: --draws 10 --part coverage|neural.
import { quietWork } from "../../app/work.ts";
import { score } from "../../kernels/estimate/aipw.ts";
import { fitCausalForest, forestNuisances } from "../../kernels/estimate/forest/causal-forest.ts";
import {
  fitNeuralForest,
  neuralForestNuisances,
} from "../../kernels/estimate/forest/neural-forest.ts";
import { SOFT_FOREST_DEFAULTS } from "../../kernels/estimate/forest/soft-forest.ts";
import { influenceError } from "../../kernels/estimate/influence.ts";
import { ihdpLikeDesign, nieWagerDesign } from "../../kernels/estimate/judge/designs.ts";
import type { KnownDesign } from "../../kernels/estimate/judge/designs.ts";
import { scoreAgainstTruth } from "../../kernels/estimate/judge/truth.ts";
import type { Nuisances } from "../../kernels/estimate/nuisance.ts";
import type { AdjustmentProblem } from "../../kernels/estimate/problem.ts";
import { createRng } from "../../kernels/math/rng.ts";
import { mean, quantile } from "../../kernels/math/summary.ts";
import { openTensorEngine } from "../../kernels/tensor/backend.ts";

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const draws = Number(argument("draws") ?? 10);
const part = argument("part");
const TREES = { trees: 2000, minimumLeaf: 5, tried: null } as const;

function averageHeld(data: KnownDesign, nuisances: Nuisances): boolean {
  const { n, treatment, outcome } = data;
  const problem = { n, treatment, outcome, estimand: { target: "ATE" } };
  const { estimate, influence } = score(problem as unknown as AdjustmentProblem, nuisances);
  return Math.abs(estimate - mean(data.effect)) <= 1.96 * influenceError(influence, undefined);
}

if (part !== "neural") {
  const designs: readonly (readonly [string, (seed: number, n: number) => KnownDesign])[] = [
    ["Nie-Wager A", (seed, n) => nieWagerDesign("A", n, createRng(seed))],
    ["Nie-Wager D", (seed, n) => nieWagerDesign("D", n, createRng(seed))],
    ["IHDP-like", (seed, n) => ihdpLikeDesign(createRng(seed), n)],
  ];
  for (const [name, design] of designs) {
    for (const [n, times] of [
      [500, draws],
      [2000, Math.ceil(draws / 2)],
      [8000, Math.ceil(draws / 5)],
    ] as const) {
      const within: number[] = [];
      let held = 0;
      for (let seed = 1; seed <= times; seed++) {
        const data = design(8000 + seed, n);
        const forest = await fitCausalForest(data, TREES, createRng(seed), quietWork);
        const { value, variance } = forest.effects;
        const inside = value.filter(
          (v, i) => Math.abs(v - data.effect[i]!) <= 1.96 * Math.sqrt(variance![i]!),
        );
        within.push(inside.length / n);
        if (averageHeld(data, forestNuisances(forest, 0.01))) held++;
      }
      console.log(
        `${name}, n = ${n}: pointwise ${mean(within).toFixed(2)} (${times} draws), average held ${held} of ${times}`,
      );
    }
  }
}

if (part !== "coverage") {
  const engine = await openTensorEngine("wasm");
  const rows: { soft: number; hard: number; softHeld: boolean; hardHeld: boolean }[] = [];
  for (let seed = 1; seed <= draws; seed++) {
    const data = ihdpLikeDesign(createRng(6000 + seed));
    const hard = await fitCausalForest(data, TREES, createRng(seed), quietWork);
    const soft = await fitNeuralForest(
      engine,
      data,
      SOFT_FOREST_DEFAULTS,
      createRng(seed),
      quietWork,
    );
    rows.push({
      soft: scoreAgainstTruth(soft.effects, data.effect).rootPehe,
      hard: scoreAgainstTruth(hard.effects.value, data.effect).rootPehe,
      softHeld: averageHeld(data, neuralForestNuisances(soft, 0.01)),
      hardHeld: averageHeld(data, forestNuisances(hard, 0.01)),
    });
    const { soft: a, hard: b } = rows.at(-1)!;
    console.log(
      `IHDP-like ${seed}: root-PEHE ${a.toFixed(2)} neural, ${b.toFixed(2)} causal forest`,
    );
  }
  for (const kind of ["soft", "hard"] as const) {
    const errors = rows.map((row) => row[kind]);
    const held = rows.filter((row) => row[`${kind}Held`]).length;
    console.log(
      `${kind === "soft" ? "neural forest" : "causal forest"}: root-PEHE mean ${mean(errors).toFixed(2)}, median ${quantile(errors, 0.5).toFixed(2)}; average held ${held} of ${rows.length}`,
    );
  }
}
