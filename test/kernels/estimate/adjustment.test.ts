import { describe, expect, test } from "vitest";
import { tableOf } from "../../../kernels/data/table.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { logistic } from "../../../kernels/math/glm.ts";
import { effectOf, shared, withData } from "./shared.ts";

const L = [
  "sex",
  "race",
  "age",
  "education",
  "smokeintensity",
  "smokeyrs",
  "exercise",
  "active",
  "wt71",
];
const smoking = { treatment: "qsmk", outcome: "wt82_71", adjustment: L };
const form = {
  missing: "drop",
  terms: [
    "age^2",
    "smokeintensity^2",
    "smokeyrs^2",
    "wt71^2",
    "factor(education)",
    "factor(exercise)",
    "factor(active)",
  ],
} as const;

// What If (Hernán & Robins), ch. 12–15, and the values printed in the data's README.
describe("NHEFS", () => {
  withData("naive difference, least squares and the g-formula", async () => {
    const nhefs = shared("nhefs/nhefs.csv");
    const naive = await effectOf({ ...smoking, adjustment: [] }, nhefs, {
      missing: "drop",
      method: "regression",
    });
    expect(naive.estimate).toBeCloseTo(2.5406, 4);
    expect(naive).toMatchObject({ n: 1566, nTreated: 403, data: { rows: 1629 } });
    const ols = await effectOf(smoking, nhefs, {
      ...form,
      method: "regression",
      errors: "classical",
    });
    expect(ols.estimate).toBeCloseTo(3.4626, 4);
    expect(ols.standardError).toBeCloseTo(0.4385, 4);
    const g = await effectOf(smoking, nhefs, {
      ...form,
      method: "regression",
      interactions: ["smokeintensity"],
    });
    expect(g.estimate).toBeCloseTo(3.5174, 4);
    expect(g.parts[1]?.estimate).toBeCloseTo(5.2736, 4);
    // The source prints 1.7561; 5.2736 − 3.5174 is 1.7562.
    expect(g.parts[0]?.estimate).toBeCloseTo(1.7561, 3);
  });

  withData("inverse probability weighting", async () => {
    const ipw = await effectOf(smoking, shared("nhefs/nhefs.csv"), { ...form, method: "ipw" });
    expect(ipw.estimate).toBeCloseTo(3.4405, 4);
    expect(ipw.standardError).toBeCloseTo(0.5255, 4);
    expect(ipw.interval.low).toBeCloseTo(2.4106, 4);
    expect(ipw.interval.high).toBeCloseTo(4.4705, 4);
    expect(ipw.diagnostics.find((d) => d.kind === "overlap")).toMatchObject({
      minimum: expect.closeTo(0.051, 4) as number,
      maximum: expect.closeTo(0.7769, 4) as number,
    });
    const weights = ipw.diagnostics.find((d) => d.kind === "weights");
    expect(weights?.minimum).toBeCloseTo(1.054, 3);
    expect(weights?.maximum).toBeCloseTo(16.7, 2);
    expect(weights?.mean).toBeCloseTo(1.9963, 4);
    const stable = await effectOf(smoking, shared("nhefs/nhefs.csv"), {
      ...form,
      method: "ipw",
      weights: "stabilised",
    });
    expect(stable.estimate).toBeCloseTo(ipw.estimate, 10);
    const ranges = stable.diagnostics.find((d) => d.kind === "weights");
    expect([ranges?.minimum, ranges?.maximum, ranges?.mean].map((v) => v?.toFixed(3))).toEqual([
      "0.331",
      "4.298",
      "0.999",
    ]);
  });

  withData("doubly robust, with the same models and without cross-fitting", async () => {
    const options = {
      ...form,
      method: "aipw",
      folds: 1,
      byArm: false,
      interactions: ["smokeintensity"],
    };
    const aipw = await effectOf(smoking, shared("nhefs/nhefs.csv"), options);
    expect(aipw.estimate).toBeCloseTo(3.4573, 4);
    expect(aipw.standardError).toBeCloseTo(0.4888, 4);
    for (const fluctuation of ["logistic", "linear"]) {
      const tmle = await effectOf(smoking, shared("nhefs/nhefs.csv"), {
        ...options,
        method: "tmle",
        fluctuation,
      });
      expect(tmle.estimate).toBeCloseTo(3.4567, 4);
    }
  });
});

describe("LaLonde", () => {
  withData("the experiment, by each kind of error", async () => {
    const nsw = shared("lalonde/nsw_dw.csv");
    for (const [errors, se] of [
      ["classical", 632.853],
      ["HC1", 670.824],
      ["HC2", 670.997],
    ] as const) {
      const effect = await effectOf({ treatment: "treat", outcome: "re78" }, nsw, {
        method: "regression",
        errors,
      });
      expect(effect.estimate).toBeCloseTo(1794.342, 3);
      expect(effect.standardError).toBeCloseTo(se, 3);
    }
    const adjusted = await effectOf(
      {
        treatment: "treat",
        outcome: "re78",
        adjustment: [
          "age",
          "education",
          "black",
          "hispanic",
          "married",
          "nodegree",
          "re74",
          "re75",
        ],
      },
      nsw,
      { method: "regression", errors: "classical", terms: ["age^2"] },
    );
    expect(adjusted.estimate).toBeCloseTo(1675.862, 3);
    expect(adjusted.standardError).toBeCloseTo(639.344, 3);
  });
});

/** Confounded by x, effect 1 + x₁ (ATE 1; larger among the treated), known in every draw. */
export function confounded(
  n: number,
  seed: number,
): { table: ReturnType<typeof tableOf>; att: number; ate: number } {
  const rng = createRng(seed);
  const x1 = new Float64Array(n);
  const x2 = new Float64Array(n);
  const t = new Float64Array(n);
  const y = new Float64Array(n);
  let att = 0;
  let treated = 0;
  let ate = 0;
  for (let i = 0; i < n; i++) {
    x1[i] = rng.normal();
    x2[i] = rng.normal();
    t[i] = rng.next() < logistic(0.8 * x1[i]! - 0.5 * x2[i]!) ? 1 : 0;
    const effect = 1 + x1[i]!;
    y[i] = 2 * x1[i]! - x2[i]! + effect * t[i]! + rng.normal();
    ate += effect / n;
    if (t[i] === 1) {
      att += effect;
      treated += 1;
    }
  }
  return { table: tableOf({ x1, x2, t, y }), att: att / treated, ate };
}

test.each(["regression", "ipw", "aipw"])(
  "%s recovers ATE, ATT and ATC of a known process",
  async (method) => {
    const { table, att, ate } = confounded(4000, 3);
    const spec = { treatment: "t", outcome: "y", adjustment: ["x1", "x2"] } as const;
    const options = { method, ...(method === "regression" ? { byArm: true } : {}) };
    const effects = await Promise.all(
      (["ATE", "ATT", "ATC"] as const).map((target) =>
        effectOf({ ...spec, target }, table, options),
      ),
    );
    const share = effects[0]!.nTreated! / 4000;
    const truth = [ate, att, (ate - share * att) / (1 - share)];
    effects.forEach((effect, k) => {
      expect(Math.abs(effect.estimate - truth[k]!)).toBeLessThan(3.5 * effect.standardError);
      expect(effect.standardError).toBeLessThan(0.15);
    });
  },
);

test("overlap weights and the overlap score agree and differ from the ATE when effects vary", async () => {
  const { table } = confounded(4000, 4);
  const spec = {
    treatment: "t",
    outcome: "y",
    adjustment: ["x1", "x2"],
    target: "overlap",
  } as const;
  const [ipw, dr] = [
    await effectOf(spec, table, { method: "ipw" }),
    await effectOf(spec, table, { method: "aipw" }),
  ];
  expect(Math.abs(ipw.estimate - dr.estimate)).toBeLessThan(3 * ipw.standardError);
  // Exact balance of the means is the mark of overlap weights from a logit (Li et al., theorem 3).
  const balance = ipw.diagnostics.find((d) => d.kind === "balance");
  for (const row of balance?.rows ?? []) expect(Math.abs(row.weighted ?? 1)).toBeLessThan(1e-8);
});

test("Horvitz–Thompson equals its formula, Hajek is unmoved by shifting the outcome", async () => {
  const { table } = confounded(500, 5);
  const spec = { treatment: "t", outcome: "y", adjustment: ["x1"] };
  const ht = await effectOf(spec, table, { method: "ipw", weights: "horvitz-thompson" });
  const hajek = await effectOf(spec, table, { method: "ipw" });
  const y = table.columns.find((c) => c.name === "y")!;
  if (y.type !== "number") throw new Error("y is a number");
  const shifted = {
    ...table,
    columns: table.columns.map((c) =>
      c === y ? { ...y, values: y.values.map((v) => v + 100) } : c,
    ),
  };
  expect((await effectOf(spec, shifted, { method: "ipw" })).estimate).toBeCloseTo(
    hajek.estimate,
    8,
  );
  expect(ht.estimate).not.toBeCloseTo(hajek.estimate, 4);
});

test("a logit g-formula gives the risk difference of a saturated table exactly", async () => {
  // strata of size 100 and 60: risks .2→.5 and .4→.6; ATE = (100·.3 + 60·.2)/160
  const t: number[] = [];
  const x: number[] = [];
  const y: number[] = [];
  const add = (count: number, events: number, tx: number, xx: number): void => {
    for (let i = 0; i < count; i++) {
      t.push(tx);
      x.push(xx);
      y.push(i < events ? 1 : 0);
    }
  };
  add(60, 12, 0, 0);
  add(40, 20, 1, 0);
  add(20, 8, 0, 1);
  add(40, 24, 1, 1);
  const table = tableOf({ t, x, y });
  const effect = await effectOf({ treatment: "t", outcome: "y", adjustment: ["x"] }, table, {
    method: "regression",
    byArm: true,
  });
  expect(effect.estimate).toBeCloseTo((100 * 0.3 + 60 * 0.2) / 160, 10);
  // stratified error: Σ (N_s/N)² (p1q1/n1 + p0q0/n0) plus the variance of the effect over strata
  const within =
    (100 / 160) ** 2 * ((0.5 * 0.5) / 40 + (0.2 * 0.8) / 60) +
    (60 / 160) ** 2 * ((0.6 * 0.4) / 40 + (0.4 * 0.6) / 20);
  const between = ((100 / 160) * (60 / 160) * 0.1 ** 2) / 160;
  expect(effect.standardError).toBeCloseTo(Math.sqrt(within + between), 10);
});

test("multivalued and continuous treatments: contrasts and slopes", async () => {
  const rng = createRng(8);
  const n = 3000;
  const x = Float64Array.from({ length: n }, () => rng.normal());
  const arm = Array.from({ length: n }, () => ["none", "low", "high"][rng.int(3)]!);
  const shift = { none: 0, low: 1, high: 3 } as Record<string, number>;
  const y = x.map((v, i) => v + shift[arm[i]!]! + rng.normal());
  const dose = x.map((v) => v + rng.normal());
  const z = dose.map((v, i) => 0.7 * v + x[i]! + rng.normal());
  const table = tableOf({ x, arm, y, dose, z });
  const options = { method: "regression" };
  const contrast = { treated: "high", control: "none" };
  const levels = await effectOf(
    { treatment: "arm", outcome: "y", adjustment: ["x"], contrast },
    table,
    options,
  );
  expect(levels.estimate).toBeCloseTo(3, 0);
  expect(levels.parts.find((p) => p.name === "low against none")?.estimate).toBeCloseTo(1, 0);
  const slope = await effectOf(
    { treatment: "dose", outcome: "z", adjustment: ["x"] },
    table,
    options,
  );
  expect(Math.abs(slope.estimate - 0.7)).toBeLessThan(4 * slope.standardError);
});

test("equal seeds give equal effects, other seeds other folds; nothing drawn, no seed", async () => {
  const { table } = confounded(400, 6);
  const spec = { treatment: "t", outcome: "y", adjustment: ["x1", "x2"] };
  const [a, b, c] = await Promise.all(
    [7, 7, 8].map((seed) => effectOf(spec, table, { method: "aipw", seed })),
  );
  expect(a).toEqual(b);
  expect(a!.seed).toBe(7);
  expect(a!.estimate).not.toBe(c!.estimate);
  expect((await effectOf(spec, table, { method: "ipw" })).seed).toBeUndefined();
});

test("the bootstrap agrees with the sandwich", async () => {
  const { table } = confounded(600, 9);
  const spec = { treatment: "t", outcome: "y", adjustment: ["x1", "x2"] };
  const plain = await effectOf(spec, table, { method: "ipw", errors: "stacked" });
  const boot = await effectOf(spec, table, { method: "ipw", bootstrap: 300 });
  expect(boot.interval.method).toContain("bootstrap, 300 draws");
  expect(boot.standardError / plain.standardError).toBeGreaterThan(0.85);
  expect(boot.standardError / plain.standardError).toBeLessThan(1.2);
});

test("without identification the claim is an association; with it the claim is carried", async () => {
  const { table } = confounded(200, 10);
  const spec = { treatment: "t", outcome: "y", adjustment: ["x1"] };
  expect((await effectOf(spec, table, { method: "ipw" })).claim).toMatchObject({
    rung: 1,
    status: "association",
  });
  const claim = { rung: 2, query: "P(y | do(t))", status: "identified", assumptions: [] } as const;
  expect((await effectOf({ ...spec, claim }, table, { method: "ipw" })).claim).toEqual(claim);
});

test.each(["covariate", "weights"] as const)(
  "targeting by %s solves the efficient score, whatever the scale and the target",
  async (targeting) => {
    const rng = createRng(12);
    const x = Float64Array.from({ length: 400 }, () => rng.normal());
    const t = x.map((v) => (rng.next() < 1 / (1 + Math.exp(-2.5 * v)) ? 1 : 0));
    const y = x.map((v, i) => 40 + 5 * v + v * v + t[i]! + rng.normal());
    for (const target of ["ATE", "ATT", "ATC"] as const) {
      for (const fluctuation of ["logistic", "linear"] as const) {
        const effect = await effectOf(
          { treatment: "t", outcome: "y", adjustment: ["x"], target },
          tableOf({ x, t, y }),
          { method: "tmle", targeting, fluctuation, overlap: "warn" },
        );
        const mean = effect.influence!.reduce((a, b) => a + b, 0) / 400;
        expect(Math.abs(mean)).toBeLessThan(1e-6 * effect.standardError);
      }
    }
  },
);
