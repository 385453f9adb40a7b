import { describe, expect, test } from "vitest";
import { tableOf } from "../../../kernels/data/table.ts";
import { learnerNamed, LEARNERS } from "../../../kernels/estimate/learn/learners.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { logistic } from "../../../kernels/math/glm.ts";
import { leastSquares } from "../../../kernels/math/least-squares.ts";
import { effectOf, shared, withData } from "./shared.ts";

const covariates = ["age", "inc", "educ", "fsize", "marr", "twoearn", "db", "pira", "hown"];
const saving = { treatment: "e401", outcome: "net_tfa", adjustment: covariates };

// Bands of the reference text: k401 PLR 8.2k–9.7k, ATE 7.0k–9.7k, LATE 10.7k–12k over learners and splits.
withData("401(k): boosted trees within the published bands", async () => {
  const table = shared("k401/sipp1991.csv");
  const trees = { outcomeModel: "boosting", propensityModel: "boosting" };
  const plr = await effectOf(saving, table, { method: "plr", repeats: 3, ...trees });
  expect(plr.estimate).toBeGreaterThan(8200);
  expect(plr.estimate).toBeLessThan(9700);
  expect(plr.standardError).toBeGreaterThan(1050);
  expect(plr.standardError).toBeLessThan(1500);
  const ate = await effectOf(saving, table, { method: "aipw", ...trees });
  expect(ate.estimate).toBeGreaterThan(7000);
  expect(ate.estimate).toBeLessThan(9700);
  const late = await effectOf(
    {
      kind: "instrument",
      treatment: "p401",
      outcome: "net_tfa",
      instruments: ["e401"],
      adjustment: covariates,
    },
    table,
    { method: "iivm", ...trees },
  );
  expect(late.estimate).toBeGreaterThan(10_700);
  expect(late.estimate).toBeLessThan(12_000);
});

const rng = createRng(41);
const n = 1500;
const x = Float64Array.from({ length: n * 4 }, () => rng.normal());
const at = (i: number, j: number): number => x[i * 4 + j]!;

describe("learners", () => {
  test.each(LEARNERS.map((l) => l.name))(
    "%s beats the mean on new rows, for numbers and for probabilities",
    (name) => {
      const learner = learnerNamed(name as "linear");
      for (const binary of [false, true]) {
        const signal = (i: number): number => 1.5 * at(i, 0) - at(i, 1) + (binary ? 0 : 0.5);
        const y = Float64Array.from({ length: n }, (_, i) =>
          binary ? (rng.next() < logistic(signal(i)) ? 1 : 0) : signal(i) + 0.5 * rng.normal(),
        );
        const half = n / 2;
        const fit = learner.fit(
          { x: x.subarray(0, half * 4), n: half, d: 4, y: y.subarray(0, half) },
          binary,
          createRng(1),
        );
        const predicted = fit.predict(x.subarray(half * 4), half);
        let loss = 0;
        let base = 0;
        const mean = y.subarray(0, half).reduce((a, b) => a + b, 0) / half;
        for (let i = 0; i < half; i++) {
          loss += (y[half + i]! - predicted[i]!) ** 2;
          base += (y[half + i]! - mean) ** 2;
        }
        expect(loss / base).toBeLessThan(binary ? 0.8 : 0.35);
        if (binary) for (const p of predicted) expect(p >= 0 && p <= 1).toBe(true);
      }
    },
  );

  test("trees find a step and an interaction that a line cannot", () => {
    const y = Float64Array.from({ length: n }, (_, i) => (at(i, 0) > 0 === at(i, 1) > 0 ? 1 : -1));
    const error = (name: "linear" | "boosting" | "forest"): number => {
      const fit = learnerNamed(name).fit({ x, n, d: 4, y }, false, createRng(2));
      return fit.predict(x, n).reduce((s, p, i) => s + (p - y[i]!) ** 2 / n, 0);
    };
    expect(error("linear")).toBeGreaterThan(0.9);
    expect(error("boosting")).toBeLessThan(0.25);
    expect(error("forest")).toBeLessThan(0.5);
  });

  test("lasso finds the few columns that matter and nearly least squares when all do", () => {
    const wide = 40;
    const z = Float64Array.from({ length: 400 * wide }, () => rng.normal());
    const y = Float64Array.from(
      { length: 400 },
      (_, i) => 3 * z[i * wide]! - 2 * z[i * wide + 1]! + rng.normal(),
    );
    const fit = learnerNamed("lasso").fit({ x: z, n: 400, d: wide, y }, false, createRng(3));
    const probe = (j: number): number => {
      const row = new Float64Array(2 * wide);
      row[j] = 1;
      const [on, off] = fit.predict(row, 2);
      return on! - off!;
    };
    expect(probe(0)).toBeCloseTo(3, 0);
    expect(probe(1)).toBeCloseTo(-2, 0);
    const noise = Array.from({ length: 38 }, (_, k) => Math.abs(probe(k + 2)));
    expect(noise.filter((v) => v > 0.15)).toHaveLength(0);
  });
});

function varying(
  size: number,
  seed: number,
): { table: ReturnType<typeof tableOf>; effect: Float64Array } {
  const draw = createRng(seed);
  const x1 = Float64Array.from({ length: size }, () => draw.normal());
  const x2 = Float64Array.from({ length: size }, () => draw.normal());
  const effect = x1.map((v) => 1 + v);
  const t = x1.map((v, i) => (draw.next() < logistic(0.5 * v - 0.5 * x2[i]!) ? 1 : 0));
  const y = t.map((v, i) => x2[i]! + Math.abs(x1[i]!) + effect[i]! * v + draw.normal());
  return { table: tableOf({ x1, x2, t, y }), effect };
}

test.each(["s-learner", "t-learner", "x-learner", "r-learner", "dr-learner"])(
  "%s follows an effect that varies",
  async (method) => {
    const { table, effect } = varying(2500, 7);
    const spec = {
      treatment: "t",
      outcome: "y",
      adjustment: ["x1", "x2"],
      target: "CATE",
    } as const;
    const found = await effectOf(spec, table, { method });
    const pehe = Math.sqrt(
      found.unitEffects!.reduce((s, v, i) => s + (v - effect[i]!) ** 2 / effect.length, 0),
    );
    // Predicting the average for everybody has an error of 1.
    expect(pehe).toBeLessThan(0.6);
    expect(Math.abs(found.estimate - 1)).toBeLessThan(0.25);
    const slope = found.diagnostics
      .find((d) => d.kind === "figures")
      ?.rows.find((r) => r.name === "calibration slope")?.value;
    expect(slope).toBeGreaterThan(0.6);
    expect(slope).toBeLessThan(1.6);
  },
);

test("partially linear with linear models is the coefficient of least squares, up to cross-fitting", async () => {
  const { table } = varying(3000, 8);
  const plr = await effectOf(
    { treatment: "t", outcome: "y", adjustment: ["x1", "x2"], target: "coefficient" },
    table,
    { method: "plr" },
  );
  const column = (name: string): Float64Array => {
    const c = table.columns.find((k) => k.name === name)!;
    if (!("values" in c)) throw new Error(name);
    return c.values;
  };
  const design = new Float64Array(3000 * 4);
  for (let i = 0; i < 3000; i++)
    design.set([1, column("t")[i]!, column("x1")[i]!, column("x2")[i]!], i * 4);
  const ols = leastSquares(design, 3000, 4, column("y")).coefficients[1]!;
  expect(Math.abs(plr.estimate - ols)).toBeLessThan(0.5 * plr.standardError);
});

test("mediation and the front door recover known paths", async () => {
  const draw = createRng(9);
  const size = 6000;
  const c = Float64Array.from({ length: size }, () => draw.normal());
  const t = c.map((v) => (draw.next() < logistic(0.5 * v) ? 1 : 0));
  const m = t.map((v, i) => 0.8 * v + 0.5 * c[i]! + draw.normal());
  const y = t.map((v, i) => 0.5 * v + 1.5 * m[i]! + c[i]! + draw.normal());
  const spec = {
    kind: "mediation",
    treatment: "t",
    outcome: "y",
    mediators: ["m"],
    adjustment: ["c"],
  } as const;
  const effect = await effectOf(spec, tableOf({ c, t, m, y }), {});
  const part = (name: string): { estimate: number; standardError?: number } =>
    effect.parts.find((p) => p.name === name)!;
  // NIE = 0.8 · 1.5, NDE = 0.5
  expect(Math.abs(part("NIE").estimate - 1.2)).toBeLessThan(3.5 * part("NIE").standardError!);
  expect(Math.abs(part("NDE").estimate - 0.5)).toBeLessThan(3.5 * part("NDE").standardError!);
  expect(part("NDE").estimate + part("NIE").estimate).toBeCloseTo(part("TE").estimate, 10);

  const u = Float64Array.from({ length: size }, () => draw.normal());
  const smoke = u.map((v) => (draw.next() < logistic(v) ? 1 : 0));
  const tar = smoke.map((v) => (draw.next() < 0.2 + 0.6 * v ? 1 : 0));
  const harm = tar.map((v, i) => 2 * v + 1.5 * u[i]! + draw.normal());
  const table = tableOf({ smoke, tar, harm });
  const door = await effectOf(
    { kind: "front-door", treatment: "smoke", outcome: "harm", mediators: ["tar"] },
    table,
    { draws: 60 },
  );
  expect(Math.abs(door.estimate - 1.2)).toBeLessThan(3.5 * door.standardError);
  // By Pearl's formula on the frequencies: Σ_m [P(m|1) − P(m|0)] Σ_t P(t) E[y | t, m]
  const mean = (values: Float64Array, keep: (i: number) => boolean): number => {
    const own = values.filter((_, i) => keep(i));
    return own.reduce((a, b) => a + b, 0) / own.length;
  };
  const share = mean(smoke, () => true);
  let formula = 0;
  for (const level of [0, 1]) {
    const is = tar.map((v) => (v === level ? 1 : 0));
    const shift = mean(is, (i) => smoke[i] === 1) - mean(is, (i) => smoke[i] === 0);
    const inner = [0, 1].map((arm) => mean(harm, (i) => smoke[i] === arm && tar[i] === level));
    formula += shift * ((1 - share) * inner[0]! + share * inner[1]!);
  }
  expect(door.estimate).toBeCloseTo(formula, 10);
});
