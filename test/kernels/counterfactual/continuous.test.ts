import { describe, expect, it } from "vitest";
import {
  counterfactual,
  intervene,
  parseModel,
  pointOf,
  sample,
} from "../../../kernels/counterfactual/index.ts";
import type {
  CounterfactualResult,
  StructuralModel,
} from "../../../kernels/counterfactual/index.ts";
import { describeQuery } from "../../../kernels/counterfactual/context.ts";
import { parseQuery } from "../../../kernels/counterfactual/parse-query.ts";
import { prepareQuery } from "../../../kernels/counterfactual/parts.ts";
import { gridFor } from "../../../kernels/counterfactual/quadrature.ts";
import { answerBySimulation } from "../../../kernels/counterfactual/simulation.ts";
import { numbersOf } from "../../../kernels/data/table.ts";
import { normalCdf } from "../../../kernels/math/distributions.ts";
import { createRng } from "../../../kernels/math/rng.ts";

const value = (model: StructuralModel, query: string): number =>
  pointOf(counterfactual(model, query)) ?? Number.NaN;

/** The same query by quadrature, noise recovery or draws, whichever applies: a second path to the number. */
function simulated(model: StructuralModel, text: string): CounterfactualResult {
  const query = parseQuery(text);
  const prepared = prepareQuery(model, query);
  return answerBySimulation(
    model,
    prepared,
    describeQuery(model, query, prepared),
    { rng: createRng(3) },
    "test",
  );
}

const methodOf = (result: CounterfactualResult): string =>
  result.kind === "identified" ? result.method.name : result.kind;

describe("linear-Gaussian models", () => {
  const model = parseModel(`z ~ normal(1, 2)
x = 0.5*z + u_x; u_x ~ normal(0, 1)
m = 2*x - z + u_m; u_m ~ normal(0, 0.5)
y = x + 3*m + 0.2*z + u_y; u_y ~ normal(0, 1)
corr(u_x, u_m) = 0.6`);

  it("conditions by the textbook regression of jointly normal variables", () => {
    // x = 0.5 z + u_x with z ~ N(1, 4): cov(x, z) = 2, var(x) = 2, mean 0.5.
    expect(value(model, "E[z | x=1.5]")).toBeCloseTo(1 + (2 / 2) * (1.5 - 0.5), 12);
    expect(value(model, "P(x > 2)")).toBeCloseTo(1 - normalCdf((2 - 0.5) / Math.SQRT2), 12);
    expect(value(model, "P(x <= 2)")).toBeCloseTo(normalCdf(1.5 / Math.SQRT2), 12);
  });

  it("separates seeing from doing, and keeps correlated noise when it recovers it", () => {
    expect(value(model, "E[m | do(x=1)] - E[m | do(x=0)]")).toBeCloseTo(2, 12);
    // Observing x=3 given z=0 shifts u_m by 0.6 · 0.5 · u_x.
    expect(value(model, "E[m | x=3, z=0]")).toBeCloseTo(6 + 0.6 * 0.5 * 3, 12);
    expect(value(model, "E[m_{x=0} | x=3, z=0]")).toBeCloseTo(0.6 * 0.5 * 3, 12);
  });

  it("decomposes the effect into direct and indirect", () => {
    expect(value(model, "NDE(x -> y)")).toBeCloseTo(1, 12);
    expect(value(model, "NIE(x -> y)")).toBeCloseTo(6, 12);
    expect(value(model, "CDE(x -> y, m=5)")).toBeCloseTo(1, 12);
    expect(value(model, "PSE(x -> m -> y)")).toBeCloseTo(6, 12);
    expect(value(model, "E[y_{x = x + 1} - y]")).toBeCloseTo(7, 12);
  });

  it.each([
    "E[y_{x=0} | x=1, m=2, y=9]",
    "E[y_{x=0} | x=1, y=9, z=0.3]",
    "E[y | do(x=1)]",
    "E[m_{x=0} | x=3]",
    "ETT(x=2 vs 1 -> y)",
  ])("agrees with recovery, quadrature and draws on %s", (query) => {
    const exact = value(model, query);
    if (query === "ETT(x=2 vs 1 -> y)") {
      const result = simulated(model, "E[y_{x=2} - y_{x=1} | x=2]");
      expect(Math.abs(pointOf(result)! - exact)).toBeLessThan(1e-6);
      return;
    }
    const result = simulated(model, query);
    if (methodOf(result) === "sampling" && result.kind === "identified") {
      expect(result.interval!.lower - 0.02).toBeLessThan(exact);
      expect(result.interval!.upper + 0.02).toBeGreaterThan(exact);
    } else expect(pointOf(result)).toBeCloseTo(exact, 8);
  });

  it("mixes over discrete causes", () => {
    const mixed = parseModel(`t ~ bernoulli(0.4); g {a, b, c} ~ categorical(0.2, 0.5, 0.3)
y ~ normal(t*(g == "a" ? 1 : 3) + 2*t, t == 1 ? 1 : 2)`);
    expect(value(mixed, "ATE(t -> y)")).toBeCloseTo(2 + 0.2 * 1 + 0.8 * 3, 12);
    // P(t=1 | y) by Bayes' rule over the densities.
    const phi = (x: number, mean: number, sd: number): number =>
      Math.exp(-0.5 * ((x - mean) / sd) ** 2) / sd;
    const on = 0.4 * (0.2 * phi(2, 3, 1) + 0.8 * phi(2, 5, 1));
    const off = 0.6 * phi(2, 0, 2);
    expect(value(mixed, "P(t=1 | y=2)")).toBeCloseTo(on / (on + off), 12);
    expect(value(mixed, "P(y > 1 | t=0)")).toBeCloseTo(normalCdf(-0.5), 12);
  });

  it("lets evidence that must hold outweigh evidence that only may", () => {
    const model = parseModel("s ~ bernoulli(0.5); e ~ normal(0, 1); y = s*e");
    expect(value(model, "P(s=0 | y=0)")).toBe(1);
    expect(counterfactual(parseModel("x ~ normal(0,1); y = 2*x"), "E[x | x=1, y=3]").kind).toBe(
      "impossible-evidence",
    );
  });

  it("asks for a range where a point has no probability", () => {
    expect(() => counterfactual(model, "P(y=2 | do(x=1))")).toThrow(/continuous/);
  });
});

describe("nonlinear models", () => {
  const triangle = parseModel(`x1 ~ normal(0, 1)
x2 = 2*x1^2 + u2; u2 ~ normal(0, 1)
x3 = 20/(1 + exp(-x2^2 + x1)) + u3; u3 ~ normal(0, 1)`);

  /** Simpson's rule: an independent integration of 20/(1+exp(-(2a²+u)²+a)) over normal u (and a). */
  const inner = (a: number): number =>
    simpson((u) => 20 / (1 + Math.exp(-((2 * a * a + u) ** 2) + a)));
  const simpson = (f: (u: number) => number, n = 2000, reach = 9): number => {
    let sum = 0;
    for (let i = 0; i <= n; i++) {
      const u = -reach + (2 * reach * i) / n;
      const weight = i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2;
      sum += (weight * f(u) * Math.exp(-0.5 * u * u)) / Math.sqrt(2 * Math.PI);
    }
    return (sum * 2 * reach) / n / 3;
  };

  it("integrates means to 1e-9 (triangle; reference means of 2 million draws)", () => {
    const expected = {
      "": 15.906,
      "do(x1=1)": 16.379,
      "do(x1=-1)": 19.072,
      "do(x2=0)": 10,
      "do(x2=2)": 19.437,
    };
    for (const [doing, drawn] of Object.entries(expected)) {
      const result = counterfactual(triangle, `E[x3${doing === "" ? "" : ` | ${doing}`}]`);
      expect(methodOf(result)).toBe("quadrature");
      // Two million draws of spread about 7 leave a standard error of 0.005.
      expect(Math.abs(pointOf(result)! - drawn)).toBeLessThan(0.01);
    }
    expect(value(triangle, "E[x3 | do(x1=1)]")).toBeCloseTo(inner(1), 9);
    expect(value(triangle, "E[x3 | do(x1=-1)]")).toBeCloseTo(inner(-1), 9);
    expect(value(triangle, "E[x3 | do(x2=0)]")).toBeCloseTo(10, 9);
    expect(value(triangle, "E[x3]")).toBeCloseTo(simpson(inner, 600), 9);
  });

  it("recovers the noise of one unit and replays it", () => {
    const seen = "x1=1, x2=3, x3=20.493293";
    const u3 = 20.493293 - 20 / (1 + Math.exp(-9 + 1));
    const result = counterfactual(triangle, `E[x3_{x1=0} | ${seen}]`);
    expect(result).toMatchObject({
      method: { name: "noise-recovery", recovered: ["x1", "u2", "u3"] },
    });
    expect(pointOf(result)).toBeCloseTo(20 / (1 + Math.exp(-1)) + u3, 9);
    expect(pointOf(result)).toBeCloseTo(15.121172, 6);
    expect(value(triangle, `E[x2_{x1=0} | ${seen}]`)).toBeCloseTo(1, 12);
  });

  it("draws where a jump stops quadrature, and its interval holds the truth", () => {
    const result = counterfactual(triangle, "P(x3 > 15 | do(x1=1))", { draws: 20_000 });
    if (result.kind !== "identified") throw new Error(result.kind);
    expect(result.method).toMatchObject({ name: "sampling", draws: 20_000, seed: 1 });
    const truth = simpson((u) => normalCdf(20 / (1 + Math.exp(-((2 + u) ** 2) + 1)) - 15));
    expect(result.interval!.lower).toBeLessThan(truth);
    expect(result.interval!.upper).toBeGreaterThan(truth);
    const again = counterfactual(triangle, "P(x3 > 15 | do(x1=1))", { draws: 20_000 });
    expect(pointOf(again)).toBe(result.value);
  });

  it("covers the truth in about 95 of 100 weighted runs with evidence", () => {
    // The same law written so that the closed form cannot see it.
    const hidden = parseModel(
      "a ~ normal(0,1); b ~ normal(0,1); c ~ normal(0,1); d ~ normal(0,1); y ~ normal(exp(log(1)) * (a+b+c+d) + 0*abs(a), 1)",
    );
    let covered = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const result = counterfactual(hidden, "E[a | y=2]", { draws: 2000, rng: createRng(seed) });
      if (result.kind !== "identified" || result.interval === undefined)
        throw new Error("not sampled");
      if (result.interval.lower < 0.4 && result.interval.upper > 0.4) covered++;
      expect((result.method as { effectiveSampleSize: number }).effectiveSampleSize).toBeLessThan(
        2000,
      );
    }
    expect(covered).toBeGreaterThanOrEqual(51);
  });

  it("integrates each family of noise", () => {
    const moment = (family: Parameters<typeof gridFor>[0], f: (x: number) => number): number =>
      gridFor(family, 2).reduce((sum, { x, weight }) => sum + weight * f(x), 0);
    for (const family of ["normal", "uniform", "exponential", "logistic", "laplace"] as const) {
      expect(moment(family, () => 1)).toBeCloseTo(1, 9);
    }
    expect(moment("normal", (x) => x ** 4)).toBeCloseTo(3, 9);
    expect(moment("uniform", (x) => x ** 3)).toBeCloseTo(0.25, 9);
    expect(moment("exponential", (x) => x ** 2)).toBeCloseTo(2, 8);
    expect(moment("logistic", (x) => x ** 2)).toBeCloseTo(Math.PI ** 2 / 3, 9);
    expect(moment("laplace", (x) => x ** 2)).toBeCloseTo(2, 8);
  });

  it("reproduces Simpson's reversal of a nonlinear model: negative correlation, positive effect", () => {
    const model = parseModel(
      "z ~ normal(0,1); x = -2*z + 0.5*u_x; u_x ~ normal(0,1); y = tanh(x) + 3*z + u_y; u_y ~ normal(0,1)",
    );
    const table = sample(model, 4000, createRng(2));
    const [x, y] = ["x", "y"].map((name) => numbersOf(table, name)) as [Float64Array, Float64Array];
    const product = x.reduce((sum, v, i) => sum + v * y[i]!, 0);
    expect(product).toBeLessThan(0);
    expect(value(model, "E[y | do(x=1)] - E[y | do(x=0)]")).toBeCloseTo(Math.tanh(1), 9);
  });
});

describe("intervene", () => {
  const model = parseModel(
    `z ~ bernoulli(0.3); x ~ bernoulli(0.2 + 0.5*z); y ~ normal(2*x + z, 1)`,
  );

  it.each([
    ["do(x=1)", [{ variable: "x", to: { kind: "value", value: 1 } }]],
    ["do(x = z)", parseQuery("P(y | do(x=z))")],
    ["do(x = 1 - x)", parseQuery("P(y | do(x = 1 - x))")],
    ["do(x ~ bernoulli(0.1 + 0.6*z))", parseQuery("P(y | do(x ~ bernoulli(0.1 + 0.6*z)))")],
  ] as const)("makes the model that %s asks about", (doing, from) => {
    const assignments = "doing" in from ? from.doing : from;
    const changed = intervene(model, assignments as never);
    expect(value(changed, "E[y]")).toBeCloseTo(value(model, `E[y | ${doing}]`), 12);
    const drawn = numbersOf(sample(changed, 20_000, createRng(9)), "y");
    expect(
      Math.abs(drawn.reduce((a, b) => a + b, 0) / 20_000 - value(changed, "E[y]")),
    ).toBeLessThan(0.04);
  });

  it("refuses policies that look at what follows", () => {
    expect(() => intervene(model, { x: "y" })).toThrow(/follows from it/);
    expect(() => intervene(model, { q: 1 })).toThrow(/no variable/);
    expect(() => intervene(model, { x: 3 })).toThrow(/no level/);
  });
});

describe("sample", () => {
  const model = parseModel(`latent u ~ normal(0, 1)
x ~ bernoulli(sigmoid(u)); k {lo, mid, hi} ~ categorical(0.2, 0.3, 0.5)
a ~ normal(x, 1); b ~ normal(2*u, 2); corr(a, b) = 0.7
r | x ~ response { 0 1: 0.75; 1 0: 0.25 }`);

  it("repeats for a seed, and leaves latents out unless asked", () => {
    const [one, two] = [sample(model, 50, createRng(4)), sample(model, 50, createRng(4))];
    expect(one).toEqual(two);
    expect(one.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
      "x:boolean",
      "k:category",
      "a:number",
      "b:number",
      "r:boolean",
    ]);
    expect(sample(model, 5, createRng(4), {}, { latent: true }).columns).toHaveLength(6);
    expect(sample(model, 0, createRng(4)).n).toBe(0);
  });

  it("draws the shares and correlations it is told", () => {
    const n = 40_000;
    const table = sample(model, n, createRng(12), {}, { latent: true });
    const column = (name: string): Float64Array => numbersOf(table, name);
    const k = table.columns.find((c) => c.name === "k")!;
    if (k.type !== "category") throw new Error("k has levels");
    const shares = [0, 1, 2].map(
      (level) => k.codes.reduce((sum, code) => sum + Number(code === level), 0) / n,
    );
    [0.2, 0.3, 0.5].forEach((p, i) => expect(Math.abs(shares[i]! - p)).toBeLessThan(0.01));
    const noiseA = column("a").map((v, i) => v - column("x")[i]!);
    const noiseB = column("b").map((v, i) => (v - 2 * column("u")[i]!) / 2);
    const correlation = noiseA.reduce((sum, v, i) => sum + v * noiseB[i]!, 0) / n;
    expect(Math.abs(correlation - 0.7)).toBeLessThan(0.02);
  });

  it("keeps each unit's noise under an intervention", () => {
    const before = sample(model, 200, createRng(4));
    const after = sample(model, 200, createRng(4), { x: 1 });
    expect(numbersOf(after, "b")).toEqual(numbersOf(before, "b"));
    const changed = numbersOf(after, "a").map((v, i) => v - numbersOf(before, "a")[i]!);
    const expected = numbersOf(before, "x").map((x) => 1 - x);
    changed.forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 12));
  });

  it("names the row size it cannot draw and the probability that left its range", () => {
    expect(() => sample(model, -1, createRng(1))).toThrow(/cannot be drawn/);
    expect(() => sample(parseModel("u ~ normal(0,1); x ~ bernoulli(u)"), 50, createRng(1))).toThrow(
      /probability of "x"/,
    );
  });
});
