import { describe, expect, it } from "vitest";
import {
  counterfactual,
  fitModel,
  observe,
  parseModel,
  pointOf,
  sample,
} from "../../../kernels/counterfactual/index.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";

describe("fitModel", () => {
  it("takes shares from counts, and the plug-in back-door formula follows", () => {
    const table = tableOf({
      z: [0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
      x: [0, 0, 1, 1, 0, 1, 1, 1, 1, 0],
      y: [0, 1, 1, 1, 0, 1, 0, 1, 1, 0],
    });
    const model = fitModel(parseGraph("z -> x; z -> y; x -> y"), table);
    // Σ_z P(z) [P(y|x=1,z) - P(y|x=0,z)] = 0.4 (1 - 0.5) + 0.6 (3/4 - 0)
    const result = counterfactual(model, "ATE(x -> y)");
    expect(pointOf(result)).toBeCloseTo(0.4 * 0.5 + 0.6 * 0.75, 12);
    expect(model.origin).toEqual({ kind: "fitted", n: 10 });
    expect(pointOf(observe(model, "y", { x: 1 }))).toBeCloseTo(5 / 6, 12);
  });

  it("recovers a mixed model from its own draws", () => {
    const truth = parseModel(`g {a, b, c} ~ categorical(0.3, 0.3, 0.4)
w ~ normal(g == "b" ? 2 : 0, 1); t ~ bernoulli(sigmoid(0.8*w - 0.5)); y ~ normal(1 + 2*t - w + (g == "c" ? 1 : 0), 0.7)`);
    const table = sample(truth, 8000, createRng(21));
    const graph = parseGraph("g -> w; g -> y; w -> t; w -> y; t -> y");
    const model = fitModel(graph, table);
    for (const query of ["ATE(t -> y)", "E[w | g=b]", "E[y | do(w=1)]"]) {
      const [fitted, expected] = [model, truth].map((m) => pointOf(counterfactual(m, query))!);
      expect(Math.abs(fitted! - expected!)).toBeLessThan(0.08);
    }
  });

  it("fits powers of continuous causes when asked", () => {
    const truth = parseModel("x ~ normal(0,1); y ~ normal(x^2 - x, 0.5)");
    const table = sample(truth, 4000, createRng(2));
    const graph = parseGraph("x -> y");
    const bent = pointOf(counterfactual(fitModel(graph, table, { degree: 2 }), "E[y | do(x=2)]"))!;
    const straight = pointOf(counterfactual(fitModel(graph, table), "E[y | do(x=2)]"))!;
    expect(Math.abs(bent - 2)).toBeLessThan(0.1);
    expect(Math.abs(straight - 2)).toBeGreaterThan(1);
  });

  it("leaves rows with missing values out, and smooths when asked", () => {
    const table = tableOf({ x: [0, 0, 1, 1, Number.NaN], y: [0, 0, 1, 1, 1] });
    const graph = parseGraph("x -> y");
    expect(pointOf(counterfactual(fitModel(graph, table), "P(y | x=1)"))).toBe(1);
    expect(
      pointOf(counterfactual(fitModel(graph, table, { smoothing: 1 }), "P(y | x=1)")),
    ).toBeCloseTo(0.75, 12);
  });

  it("applies a chosen coupling, which data cannot tell", () => {
    const table = tableOf({ x: [0, 0, 0, 0, 1, 1, 1, 1], y: [0, 0, 0, 1, 0, 1, 1, 1] });
    const graph = parseGraph("x -> y");
    expect(counterfactual(fitModel(graph, table), "PNS(x -> y)").kind).toBe("bounded");
    const monotone = fitModel(graph, table, { coupling: { "*": "monotone" } });
    expect(pointOf(counterfactual(monotone, "PNS(x -> y)"))).toBeCloseTo(0.5, 12);
  });

  it.each([
    ["x -> y; y -> q", tableOf({ x: [0, 1], y: [0, 1] }), /no column "q"/],
    ["x -- y", tableOf({ x: [0, 1], y: [0, 1] }), /direction|arrows only/],
    ["x <-> y", tableOf({ x: [0.5, 1.5], y: [0, 1] }), /continuous/],
    ["x -> y", tableOf({ x: [0, 1, 2.5], y: [0, 2, 5] }), /no variation/],
    ["x -> y", tableOf({ x: [Number.NaN, 1], y: [0, Number.NaN] }), /No row/],
  ])("refuses %s with what it was given", (graph, table, message) => {
    expect(() => fitModel(parseGraph(graph), table)).toThrow(message);
  });
});
