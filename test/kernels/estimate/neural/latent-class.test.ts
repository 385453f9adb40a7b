import { describe, expect, it } from "vitest";
import { quietWork } from "../../../../app/work.ts";
import { tableOf } from "../../../../kernels/data/table.ts";
import { estimate } from "../../../../kernels/estimate/index.ts";
import type { Method } from "../../../../kernels/estimate/index.ts";
import {
  binaryColumns,
  fitLatentClass,
  latentClassMethod,
} from "../../../../kernels/estimate/neural/latent-class.ts";
import type { NeuralData } from "../../../../kernels/estimate/neural/data.ts";
import { createRng } from "../../../../kernels/math/rng.ts";

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/**
 * The process of Louizos et al. (2017, section 4.1) as the pyro and causalml examples write it, five proxies:
 * z ~ B(1/2), x_j ~ N(z, (3 + 2z)²), t ~ B(1/4 + z/2), y ~ B(sigmoid(3 (z + 2 (2t - 2)))). Its effect is .7262.
 */
function hiddenConfounder(
  n: number,
  seed: number,
  proxies = 5,
): NeuralData & { outcome: Float64Array; treatment: Float64Array } {
  const rng = createRng(seed);
  const z = Float64Array.from({ length: n }, () => (rng.next() < 0.5 ? 1 : 0));
  const x = Float64Array.from({ length: n * proxies }, (_, k) => {
    const c = z[Math.floor(k / proxies)]!;
    return c + (3 + 2 * c) * rng.normal();
  });
  const treatment = z.map((c) => (rng.next() < 0.25 + c / 2 ? 1 : 0));
  const outcome = treatment.map((t, i) =>
    rng.next() < sigmoid(3 * (z[i]! + 2 * (2 * t - 2))) ? 1 : 0,
  );
  return { n, d: proxies, x, treatment, outcome, outcomeKind: "binary" };
}

const TRUTH = (sigmoid(0) + sigmoid(3) - sigmoid(-12) - sigmoid(-9)) / 2;

describe("latent classes", () => {
  it("remove the confounding of a hidden class that its proxies show", async () => {
    const data = hiddenConfounder(20_000, 1);
    const mean = (t: number): number => {
      const chosen = data.outcome.filter((_, i) => data.treatment[i] === t);
      return chosen.reduce((s, v) => s + v, 0) / chosen.length;
    };
    expect(mean(1) - mean(0)).toBeGreaterThan(0.82);
    const fit = await fitLatentClass(data, createRng(1), quietWork, { starts: 2 });
    expect(Math.abs(fit.effect - TRUTH)).toBeLessThan(0.02);
    expect(Math.abs(fit.effect - TRUTH)).toBeLessThan(2.5 * fit.standardError);
    expect(fit.standardError).toBeLessThan(0.02);
  });

  it("have errors that agree with the spread over fresh data", async () => {
    const effects: number[] = [];
    let variance = 0;
    const draws = 20;
    for (let draw = 0; draw < draws; draw++) {
      const data = hiddenConfounder(3000, 50 + draw);
      const fit = await fitLatentClass(data, createRng(1), quietWork, {
        starts: 2,
        iterations: 200,
      });
      effects.push(fit.effect);
      variance += fit.standardError ** 2 / draws;
    }
    const mean = effects.reduce((s, v) => s + v / draws, 0);
    const spread = effects.reduce((s, v) => s + (v - mean) ** 2, 0) / (draws - 1);
    expect(Math.abs(mean - TRUTH)).toBeLessThan(0.02);
    // A variance of 20 draws is itself known to a factor of about 2 either way
    expect(variance / spread).toBeGreaterThan(0.4);
    expect(variance / spread).toBeLessThan(2.5);
  });

  it("take binary proxies and a continuous outcome, and do not care what the classes are called", async () => {
    const rng = createRng(4);
    const n = 4000;
    const z = Float64Array.from({ length: n }, () => (rng.next() < 0.4 ? 1 : 0));
    const x = Float64Array.from({ length: 4 * n }, (_, k) =>
      rng.next() < 0.2 + 0.6 * z[k >> 2]! ? 1 : 0,
    );
    const treatment = z.map((c) => (rng.next() < 0.2 + 0.5 * c ? 1 : 0));
    const outcome = treatment.map((t, i) => 2 * z[i]! + t * (1 + z[i]!) + rng.normal());
    const data: NeuralData = { n, d: 4, x, treatment, outcome, outcomeKind: "continuous" };
    expect([...binaryColumns(data)]).toEqual([1, 1, 1, 1]);
    const fit = await fitLatentClass(data, createRng(1), quietWork);
    expect(Math.abs(fit.effect - 1.4)).toBeLessThan(3 * fit.standardError);
    expect(fit.standardError).toBeLessThan(0.1);
    const [low, high] = [fit.treatment[0], fit.treatment[1]].sort((a, b) => a - b);
    expect(low).toBeCloseTo(0.2, 1);
    expect(high).toBeCloseTo(0.7, 1);
  });

  it("warn when there are fewer than three proxies, and always say what they assume", async () => {
    const { x, treatment, outcome } = hiddenConfounder(500, 3, 2);
    const column = (j: number): Float64Array => treatment.map((_, i) => x[2 * i + j]!);
    const result = await estimate(
      { treatment: "t", outcome: "y", adjustment: ["a", "b"] },
      tableOf({ a: column(0), b: column(1), t: treatment, y: outcome }),
      { method: latentClassMethod as unknown as Method },
    );
    if (result.kind !== "effect") throw new Error(result.message);
    const codes = result.warnings.map((w) => w.code);
    expect(codes).toContain("too-few-proxies");
    expect(codes).toContain("latent-model");
  });
});
