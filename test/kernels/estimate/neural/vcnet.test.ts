import { beforeAll, describe, expect, it } from "vitest";
import { quietWork } from "../../../../app/work.ts";
import { tableOf } from "../../../../kernels/data/table.ts";
import { estimate } from "../../../../kernels/estimate/index.ts";
import type { Method } from "../../../../kernels/estimate/index.ts";
import { doseCorrections, smoothResidual } from "../../../../kernels/estimate/neural/dose-curve.ts";
import { fitVcnet, VCNET_DEFAULTS } from "../../../../kernels/estimate/neural/vcnet.ts";
import { vcnetMethod } from "../../../../kernels/estimate/neural/vcnet-method.ts";
import { createRng } from "../../../../kernels/math/rng.ts";
import { openTensorEngine } from "../../../../kernels/tensor/backend.ts";
import type { TensorEngine } from "../../../../kernels/tensor/backend.ts";

let engine: TensorEngine;
beforeAll(async () => {
  engine = await openTensorEngine("wasm");
});

const curve = (t: number): number => Math.sin(1.5 * t) + 0.3 * t;

/** Dose driven by x0, which also moves the outcome; the effect of the dose varies with x1. */
function confounded(n: number, seed: number): Record<"x0" | "x1" | "t" | "y", Float64Array> {
  const rng = createRng(seed);
  const draw = (): Float64Array => Float64Array.from({ length: n }, () => rng.normal());
  const [x0, x1] = [draw(), draw()];
  const t = x0.map((v) => 0.7 * v + rng.normal());
  const y = t.map((v, i) => curve(v) + x0[i]! + 0.5 * x1[i]! * v + rng.normal());
  return { x0, x1, t, y };
}

const normal = (v: number, sd = 1): number =>
  Math.exp(-0.5 * (v / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI));

describe("corrections by dose", () => {
  it("mend a wrong outcome model when the density is right", () => {
    const n = 4000;
    const { x0, t, y } = confounded(n, 3);
    // The model knows of neither the dose nor the confounder.
    const { values, capped } = doseCorrections(
      y,
      {
        own: new Float64Array(n),
        density: t.map((v, i) => normal(v - 0.7 * x0[i]!)),
        meanDensity: t.map((v) => normal(v, Math.hypot(0.7, 1))),
      },
      50,
    );
    expect(capped).toBeLessThan(5);
    const smooth = smoothResidual(t, values);
    const naive = smoothResidual(t, y);
    const error = (found: typeof smooth): number =>
      Math.max(...[-1, -0.5, 0, 0.5, 1].map((at) => Math.abs(found.at(at).mean - curve(at))));
    expect(error(smooth)).toBeLessThan(0.25);
    expect(error(naive)).toBeGreaterThan(0.35);
  });

  it("leave a right outcome model alone: their mean is nothing at every dose", () => {
    const n = 2000;
    const { x0, x1, t, y } = confounded(n, 4);
    const { values } = doseCorrections(
      y,
      {
        own: t.map((v, i) => curve(v) + x0[i]! + 0.5 * x1[i]! * v),
        density: new Float64Array(n).fill(1),
        meanDensity: new Float64Array(n).fill(1),
      },
      20,
    );
    const smooth = smoothResidual(t, values);
    for (const at of [-1, 0, 1]) {
      const { mean, weights } = smooth.at(at);
      const error = Math.sqrt(weights.reduce((s, w, i) => s + (w * smooth.residuals[i]!) ** 2, 0));
      expect(Math.abs(mean)).toBeLessThan(3.5 * error);
    }
  });

  it("are smoothed by the local line that normal equations give, and reproduce a line exactly", () => {
    const rng = createRng(2);
    const t = Float64Array.from({ length: 80 }, () => rng.normal());
    const y = t.map((v) => v ** 2 + rng.normal());
    const smooth = smoothResidual(t, y);
    const at = 0.3;
    let [s0, s1, s2, r0, r1] = [0, 0, 0, 0, 0];
    t.forEach((v, i) => {
      const u = (v - at) / smooth.bandwidth;
      const k = Math.max(0, 0.75 * (1 - u * u));
      s0 += k;
      s1 += k * u;
      s2 += k * u * u;
      r0 += k * y[i]!;
      r1 += k * u * y[i]!;
    });
    expect(smooth.at(at).mean).toBeCloseTo((s2 * r0 - s1 * r1) / (s0 * s2 - s1 * s1), 8);
    const line = smoothResidual(
      t,
      t.map((v) => 3 - 2 * v),
    );
    expect(line.at(0.7).mean).toBeCloseTo(1.6, 8);
    expect(Math.max(...line.residuals.map(Math.abs))).toBeLessThan(1e-8);
  });
});

describe("VCNet", () => {
  it("finds curve and density; the density integrates to one", async () => {
    const n = 1200;
    const { x0, x1, t, y } = confounded(n, 1);
    const x = new Float64Array(2 * n).map((_, k) => (k % 2 === 0 ? x0 : x1)[k >> 1]!);
    const before = engine.memory().tensors;
    const fit = await fitVcnet(
      engine,
      { n, d: 2, x, treatment: t, outcome: y, outcomeKind: "continuous" },
      { ...VCNET_DEFAULTS, epochs: 60 },
      createRng(2),
      quietWork,
    );
    const sorted = t.toSorted();
    const [low, high] = [
      sorted[Math.round(0.005 * (n - 1))]!,
      sorted[Math.round(0.995 * (n - 1))]!,
    ];
    const grid = Float64Array.from({ length: 2001 }, (_, k) => low + ((high - low) * k) / 2000);
    const density = await fit.densities(Float64Array.of(0, 0, 1.5, 0), grid);
    for (const row of [0, 1]) {
      let area = 0;
      let mean = 0;
      for (let k = 0; k < 2000; k++) {
        const p = (density[row * 2001 + k]! + density[row * 2001 + k + 1]!) / 2;
        area += (p * (high - low)) / 2000;
        mean += (p * grid[k]! * (high - low)) / 2000;
      }
      expect(area).toBeCloseTo(1, 3);
      expect(Math.abs(mean - (row === 0 ? 0 : 1.05))).toBeLessThan(0.35);
    }
    const doses = [-1.2, -0.6, 0, 0.6, 1.2];
    const mu = await fit.outcomes(x, doses);
    doses.forEach((dose, k) => {
      let mean = 0;
      for (let i = 0; i < n; i++) mean += mu[i * doses.length + k]! / n;
      expect(Math.abs(mean - curve(dose))).toBeLessThan(0.3);
    });
    expect(engine.memory().tensors).toBe(before);
  }, 60_000);

  it("is a method with a dose-response curve, for a continuous treatment only", async () => {
    const data = confounded(600, 5);
    const spec = { treatment: "t", outcome: "y", adjustment: ["x0", "x1"] };
    const method = vcnetMethod as unknown as Method;
    const options = { method, folds: 2, epochs: 30, doses: 11 };
    const result = await estimate(spec, tableOf(data), options);
    if (result.kind !== "effect") throw new Error(result.message);
    const chart = result.diagnostics.find((d) => d.title === "Dose-response curve");
    if (chart?.kind !== "curve") throw new Error("no curve");
    expect(chart.lines[0]!.points.length).toBe(11);
    expect(chart.lines[0]!.points.every((p) => p.low! < p.y && p.y < p.high!)).toBe(true);
    const sorted = data.t.toSorted();
    const [from, to] = [sorted[Math.round(0.25 * 599)]!, sorted[Math.round(0.75 * 599)]!];
    const truth = (curve(to) - curve(from)) / (to - from);
    // A regression without the confounder would be about .65 too steep.
    expect(Math.abs(result.estimate - truth)).toBeLessThan(0.35);
    expect(await estimate(spec, tableOf(data), options)).toEqual(result);
    const binary = { ...data, t: data.t.map((v) => Number(v > 0)) };
    expect((await estimate(spec, tableOf(binary), options)).kind).toBe("not-applicable");
    const same = await estimate(spec, tableOf(data), { ...options, from: 1, to: 1 });
    expect(same.kind).toBe("not-estimable");
  }, 60_000);
});
