import { expect, test } from "vitest";
import { coverageBlocks } from "../../../kernels/cells/estimate-coverage.ts";
import { toldApart } from "../../../kernels/cells/told-apart.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import type { Effect } from "../../../kernels/estimate/effect.ts";
import { estimate, type EstimateOptions } from "../../../kernels/estimate/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";

const rng = createRng(8);
const x = Float64Array.from({ length: 200 }, () => rng.normal());
const t = x.map(() => (rng.next() < 0.5 ? 1 : 0));
const y = x.map((v, i) => v + t[i]! + rng.normal());
const table = tableOf({ x, t, y });

async function made(options: EstimateOptions): Promise<Effect> {
  const spec = { treatment: "t", outcome: "y", adjustment: ["x"] };
  const effect = await estimate(spec, table, options);
  if (effect.kind !== "effect") throw new Error(effect.message);
  return effect;
}

const titleOf = (effects: readonly Effect[]): string | undefined => {
  const [block] = coverageBlocks(effects);
  return block?.kind === "details" ? block.title : undefined;
};

test("the title says how often such intervals held the truth, and where too rarely", async () => {
  expect(titleOf([await made({ method: "aipw" })])).toMatch(/^In simulations .* truth in 9[45]/u);
  const trees = { method: "aipw", outcomeModel: "boosting", propensityModel: "boosting" };
  expect(titleOf([await made(trees)])).toMatch(/only \d\d(\.\d)? % of draws: 5 covariates, bent/u);
  const several = titleOf([await made({ method: "aipw" }), await made(trees)]);
  expect(several).toMatch(/only .* where that was hardest \(Augmented IPW.*\): .* at best in/u);
  expect(coverageBlocks([await made({ method: "aipw", folds: 5, level: 0.9 })])).toEqual([]);
});

test("estimates by one method are told apart by what was asked for differently", async () => {
  const labels = toldApart([
    await made({ method: "aipw" }),
    await made({ method: "aipw", folds: 2, clip: 0.05 }),
    await made({ method: "regression" }),
    await made({ method: "aipw" }),
  ]).map((one) => (one.kind === "effect" ? one.methodLabel : one.kind));
  expect(labels).toEqual([
    "Augmented IPW (doubly robust)",
    "aipw, folds: 2, clip: 0.05",
    "Regression adjustment (g-formula)",
    "Augmented IPW (doubly robust)",
  ]);
});
