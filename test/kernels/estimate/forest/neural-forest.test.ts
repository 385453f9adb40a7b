import { describe, expect, it } from "vitest";
import { quietWork } from "../../../../app/work.ts";
import {
  fitNeuralForest,
  neuralForestNuisances,
  SOFT_FOREST_DEFAULTS,
} from "../../../../kernels/estimate/forest/index.ts";
import { nieWagerDesign } from "../../../../kernels/estimate/judge/designs.ts";
import { doublyRobustScores } from "../../../../kernels/estimate/judge/index.ts";
import { scoreAgainstTruth } from "../../../../kernels/estimate/judge/truth.ts";
import { createRng } from "../../../../kernels/math/rng.ts";
import { openTensorEngine } from "../../../../kernels/tensor/backend.ts";

describe("neural causal forest", () => {
  it("sees how the effect varies, and its doubly robust average holds the truth", async () => {
    const engine = await openTensorEngine("wasm");
    const before = engine.memory().tensors;
    const data = nieWagerDesign("B", 1200, createRng(3));
    const options = { ...SOFT_FOREST_DEFAULTS, trees: 20, epochs: 25 };
    const grow = (): ReturnType<typeof fitNeuralForest> =>
      fitNeuralForest(engine, data, options, createRng(1), quietWork);
    const forest = await grow();
    // Root-PEHE of the true mean for everyone is 1 in these units.
    expect(scoreAgainstTruth(forest.effects, data.effect).relativePehe).toBeLessThan(0.75);
    const scores = doublyRobustScores(
      data.treatment,
      data.outcome,
      neuralForestNuisances(forest, 0.01),
    );
    const mean = (v: Float64Array): number => v.reduce((s, a) => s + a / v.length, 0);
    const error = Math.sqrt(
      scores.reduce((s, v) => s + (v - mean(scores)) ** 2, 0) / scores.length ** 2,
    );
    expect(Math.abs(mean(scores) - mean(data.effect))).toBeLessThan(3 * error);
    expect((await grow()).effects).toEqual(forest.effects);
    expect(engine.memory().tensors).toBe(before);
  }, 60_000);
});
