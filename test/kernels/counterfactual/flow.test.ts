import { beforeAll, describe, expect, it } from "vitest";
import {
  counterfactual,
  fitFlowModel,
  fitModel,
  parseModel,
  pointOf,
  sample,
} from "../../../kernels/counterfactual/index.ts";
import type { StructuralModel } from "../../../kernels/counterfactual/index.ts";
import { mixtureFlow } from "../../../kernels/counterfactual/flow.ts";
import { numbersOf } from "../../../kernels/data/table.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { normalCdf } from "../../../kernels/math/distributions.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { openTensorEngine } from "../../../kernels/tensor/backend.ts";
import type { TensorEngine } from "../../../kernels/tensor/backend.ts";

const long = process.env["DAGBOK_LONG"] === "1";

describe("mixtureFlow", () => {
  const layer = (b: number[]) => ({
    w: new Float64Array(b.length),
    b: Float64Array.from(b),
    activation: "linear" as const,
  });
  const flow = mixtureFlow(
    {
      hidden: [],
      logits: layer([Math.log(0.3), Math.log(0.7)]),
      means: layer([-1, 2]),
      logScales: layer([Math.log(0.5), 0]),
      center: 10,
      scale: 2,
      encode: () => Float64Array.of(1),
    },
    "by hand",
  );

  it("sends a value to the normal quantile of its mixture distribution function", () => {
    const y = 10 + 2 * 0.4;
    const cdf = 0.3 * normalCdf((0.4 + 1) / 0.5) + 0.7 * normalCdf(0.4 - 2);
    expect(normalCdf(flow.inverse(y, []))).toBeCloseTo(cdf, 12);
  });

  it("is its own inverse, far into both tails, and increases", () => {
    let last = -Infinity;
    for (let z = -8; z <= 8; z += 0.25) {
      const y = flow.forward(z, []);
      expect(y).toBeGreaterThan(last);
      expect(flow.inverse(y, [])).toBeCloseTo(z, 9);
      last = y;
    }
  });
});

describe("fitFlowModel", () => {
  let engine: TensorEngine;
  beforeAll(async () => {
    engine = await openTensorEngine("wasm");
  });

  const triangle = parseModel(`x1 ~ normal(0, 1)
x2 = 2*x1^2 + u2; u2 ~ normal(0, 1)
x3 = 20/(1 + exp(-x2^2 + x1)) + u3; u3 ~ normal(0, 1)`);
  const graph = parseGraph("x1 -> x2; x1 -> x3; x2 -> x3");

  /** Root mean squared error of unit counterfactuals under do(x1 = 0.5), against the known truth. */
  function error(fitted: StructuralModel, outcome: string, units: number): number {
    const test = sample(triangle, units, createRng(77));
    const [x1, x2, x3] = ["x1", "x2", "x3"].map((name) => numbersOf(test, name)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    let squares = 0;
    for (let i = 0; i < units; i++) {
      const query = `E[${outcome}_{x1=0.5} | x1=${x1[i]}, x2=${x2[i]}, x3=${x3[i]}]`;
      const [found, truth] = [fitted, triangle].map((m) => pointOf(counterfactual(m, query))!);
      squares += (found! - truth!) ** 2;
    }
    return Math.sqrt(squares / units);
  }

  it("learns unit counterfactuals of a nonlinear model that least squares misses", async () => {
    const table = sample(triangle, long ? 5000 : 1500, createRng(5));
    const before = engine.memory().tensors;
    const options = { backend: "wasm" as const, epochs: long ? 100 : 40 };
    const flow = await fitFlowModel(graph, table, createRng(1), options);
    expect(engine.memory().tensors).toBe(before);
    const powers = fitModel(graph, table, { degree: 2 });
    expect(error(flow, "x2", 60)).toBeLessThan(long ? 0.2 : 0.5);
    expect(error(flow, "x3", 60)).toBeLessThan((long ? 0.3 : 0.6) * error(powers, "x3", 60));
    const result = counterfactual(flow, "E[x3_{x1=0} | x1=1, x2=3, x3=20.5]");
    expect(result).toMatchObject({
      kind: "identified",
      method: { name: "noise-recovery" },
      claim: { rung: 3 },
    });
    expect(result.claim.assumptions.map(({ id }) => id)).toContain("mechanism-flow:x3");
  }, 60_000);

  it("learns mixed data: a treatment's effect on a skewed outcome", async () => {
    const truth = parseModel(
      't ~ bernoulli(0.4); g {a, b} ~ categorical(0.5, 0.5); e ~ exponential(1); y = (1 + t)*e + (g == "b" ? 2 : 0)',
    );
    const table = sample(truth, 1200, createRng(8));
    const model = await fitFlowModel(parseGraph("t -> y; g -> y; e"), table, createRng(2), {
      backend: "wasm",
      epochs: 25,
    });
    const effect = pointOf(counterfactual(model, "ATE(t -> y)"))!;
    expect(Math.abs(effect - 1)).toBeLessThan(0.2);
    expect(
      model.variables.map(({ name, mechanism }) => `${name} ${mechanism.kind}`).sort(),
    ).toEqual(["e flow", "g table", "t table", "y flow"]);
  }, 60_000);
});
