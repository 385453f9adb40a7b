import { beforeAll, describe, expect, it } from "vitest";
import { quietWork } from "../../../../app/work.ts";
import { tableOf } from "../../../../kernels/data/table.ts";
import { estimate } from "../../../../kernels/estimate/index.ts";
import type { Method } from "../../../../kernels/estimate/index.ts";
import { DEEP_IV_DEFAULTS, fitDeepIv } from "../../../../kernels/estimate/neural/deepiv.ts";
import { deepIvMethod } from "../../../../kernels/estimate/neural/deepiv-method.ts";
import { createRng } from "../../../../kernels/math/rng.ts";
import { openTensorEngine } from "../../../../kernels/tensor/backend.ts";
import type { TensorEngine } from "../../../../kernels/tensor/backend.ts";

let engine: TensorEngine;
beforeAll(async () => {
  engine = await openTensorEngine("wasm");
});

/** t moved by z and by a hidden u that also moves y; `shape` is the structural outcome. */
function hidden(
  n: number,
  seed: number,
  shape: (t: number) => number,
): Record<"x" | "z" | "t" | "y", Float64Array> {
  const rng = createRng(seed);
  const draw = (): Float64Array => Float64Array.from({ length: n }, () => rng.normal());
  const [x, z, u] = [draw(), draw(), draw()];
  const t = z.map((v, i) => v + 0.5 * x[i]! + 0.7 * u[i]!);
  const y = t.map((v, i) => shape(v) + x[i]! + 1.5 * u[i]! + 0.5 * rng.normal());
  return { x, z, t, y };
}

const SPEC = {
  kind: "instrument" as const,
  treatment: "t",
  outcome: "y",
  adjustment: ["x"],
  instruments: ["z"],
};

describe("DeepIV", () => {
  it("agrees with two-stage least squares where both stages are linear, and least squares does not", async () => {
    const table = tableOf(hidden(1000, 3, (t) => 1.5 * t));
    const linear = await estimate(SPEC, table, { method: "2sls" });
    const deep = await estimate(SPEC, table, {
      method: deepIvMethod as unknown as Method,
      epochs: 20,
      pieces: 2,
    });
    if (linear.kind !== "effect" || deep.kind !== "effect") throw new Error("no effect");
    expect(Math.abs(deep.estimate - linear.estimate)).toBeLessThan(0.2);
    expect(Math.abs(deep.estimate - 1.5)).toBeLessThan(0.2);
    const biased = await estimate({ treatment: "t", outcome: "y", adjustment: ["x"] }, table, {
      method: "regression",
    });
    if (biased.kind !== "effect") throw new Error(biased.message);
    expect(biased.estimate).toBeGreaterThan(1.95);
    expect(deep.target).toBe("ATE");
    expect(deep.parts[0]!.estimate).toBeCloseTo(linear.estimate, 10);
    expect(deep.warnings.map((w) => w.code)).toContain("additive-error");
    expect(deep.diagnostics.map((d) => d.title)).toContain("Structural outcome by dose");
  }, 60_000);

  it("finds a curve of which a line sees nothing, if not its exact shape", async () => {
    const n = 1500;
    const { x, z, t, y } = hidden(n, 5, (dose) => dose ** 2);
    const before = engine.memory().tensors;
    const data = {
      n,
      treatment: t,
      treatmentKind: "continuous",
      outcome: y,
      z,
      l: 1,
      x,
      d: 1,
    } as const;
    const options = { ...DEEP_IV_DEFAULTS, epochs: 25, learningRate: 3e-3 };
    const fit = await fitDeepIv(engine, data, options, createRng(1), quietWork);
    const at = async (dose: number): Promise<number> =>
      (await fit.structural(x, dose)).reduce((s, v) => s + v / n, 0);
    const middle = await at(0);
    for (const dose of [-1.5, 1.5]) {
      // 2.25 in truth. Only the curve smoothed by the first stage is seen, so that it is known roughly.
      const rise = (await at(dose)) - middle;
      expect(rise).toBeGreaterThan(1.1);
      expect(rise).toBeLessThan(4);
    }
    expect(fit.firstStageR2).toBeGreaterThan(0.6);
    expect(engine.memory().tensors).toBe(before);
  }, 60_000);

  it("integrates a two-level treatment exactly", async () => {
    const n = 1000;
    const rng = createRng(8);
    const draw = (): Float64Array => Float64Array.from({ length: n }, () => rng.normal());
    const [x, u] = [draw(), draw()];
    const z = x.map(() => Number(rng.next() < 0.5));
    const t = z.map((v, i) => Number(2 * v - 1 + 0.5 * x[i]! + u[i]! > 0));
    const y = t.map((v, i) => 1.5 * v + x[i]! + u[i]! + 0.5 * rng.normal());
    const options = { method: deepIvMethod as unknown as Method, epochs: 15, pieces: 2 };
    const result = await estimate(SPEC, tableOf({ x, z, t, y }), options);
    if (result.kind !== "effect") throw new Error(result.message);
    expect(Math.abs(result.estimate - 1.5)).toBeLessThan(0.35);
    expect(await estimate(SPEC, tableOf({ x, z, t, y }), options)).toEqual(result);
  }, 60_000);

  it("says so when the instruments do not move the treatment", async () => {
    const { x, z, t, y } = hidden(400, 4, (t) => t);
    const idle = z.map((_, i) => z[(i * 37 + 11) % 400]!);
    const far = x.map((_, i) => x[(i * 53 + 7) % 400]!);
    const result = await estimate(SPEC, tableOf({ x: far, z: idle, t, y }), {
      method: deepIvMethod as unknown as Method,
      epochs: 5,
      pieces: 2,
    });
    if (result.kind !== "effect") return;
    expect(result.warnings.map((w) => w.code)).toContain("weak-instruments");
  });
});
