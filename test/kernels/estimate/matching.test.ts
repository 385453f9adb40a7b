import { expect, test } from "vitest";
import { type Table, tableOf } from "../../../kernels/data/table.ts";
import type { Diagnostic } from "../../../kernels/estimate/diagnostic.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { effectOf, shared, withData } from "./shared.ts";

const covariates = ["age", "education", "black", "hispanic", "married", "nodegree", "re74", "re75"];
const training = {
  treatment: "treat",
  outcome: "re78",
  target: "ATT",
  adjustment: covariates,
} as const;

/** Treated of the experiment, then the PSID comparison group. */
function psid(): Table {
  const experiment = shared("lalonde/nsw_dw.csv");
  const control = shared("lalonde/psid1_controls.csv");
  const columns: Record<string, number[]> = {};
  const numbers = (table: Table, name: string): Float64Array => {
    const column = table.columns.find((c) => c.name === name);
    if (column === undefined || !("values" in column)) throw new Error(name);
    return column.values;
  };
  const treat = numbers(experiment, "treat");
  for (const name of ["treat", "re78", ...covariates]) {
    const treated = [...numbers(experiment, name)].filter((_, i) => treat[i] === 1);
    columns[name] = [...treated, ...numbers(control, name)];
  }
  return tableOf(columns);
}

function balanceOf(diagnostics: readonly Diagnostic[]): Record<string, string> {
  const balance = diagnostics.find((d) => d.kind === "balance");
  return Object.fromEntries((balance?.rows ?? []).map((r) => [r.name, r.raw.toFixed(3)]));
}

// Values printed in the data's README (MatchIt 4.5.1 and weighting by hand).
withData("LaLonde with PSID controls: raw imbalance, weighting, Mahalanobis matching", async () => {
  const table = psid();
  const ipw = await effectOf(training, table, { method: "ipw" });
  expect(ipw.estimate).toBeCloseTo(1758.85, 2);
  expect(ipw.diagnostics.find((d) => d.kind === "weights")?.effectiveControl).toBeCloseTo(42.63, 2);
  expect(ipw.warnings.map((w) => w.code)).toContain("little-overlap");
  expect(balanceOf(ipw.diagnostics)).toEqual({
    age: "-1.263",
    education: "-0.881",
    black: "1.630",
    hispanic: "0.114",
    married: "-1.729",
    nodegree: "0.886",
    re74: "-3.547",
    re75: "-5.446",
  });
  const nearest = await effectOf(training, table, { method: "matching", distance: "mahalanobis" });
  expect(nearest.estimate).toBeCloseTo(-766.2, 1);
});

/*
 * MatchIt 4.5.1 (Debian 12) run on this file: 1570.750739 with replacement (66 controls), -137.397359 without,
 * -1315.168454 by five subclasses. Of its 185 matches with replacement 83 are not the nearest control: each is the
 * nearest from below. Enumerating all 185 × 2490 distances in R on R's own propensities gives 2125.713017 (69
 * controls) with and -112.827094 without replacement, in either order of the rows, where MatchIt moves to 1188.09 and
 * -210.27 when the treated come first.
 */
withData("LaLonde with PSID controls: the nearest, and the nearest from below", async () => {
  const table = psid();
  const by = async (options: object): Promise<string> =>
    (
      await effectOf(training, table, { method: "matching", overlap: "warn", ...options })
    ).estimate.toFixed(4);
  expect(await by({ search: "from-below" })).toBe("1570.7507");
  expect(await by({ search: "from-below", replacement: false })).toBe("-137.3974");
  expect(await by({})).toBe("2125.7130");
  expect(await by({ replacement: false })).toBe("-112.8271");
  expect(await by({ method: "stratification" })).toBe("-1315.1685");
});

withData("matches do not hang on the order of the rows", async () => {
  const table = psid();
  const reversed = tableOf(
    Object.fromEntries(
      table.columns.map((c) => [c.name, "values" in c ? c.values.toReversed() : []]),
    ),
  );
  for (const distance of ["propensity", "mahalanobis"]) {
    const options = { method: "matching", overlap: "warn", distance } as const;
    const [a, b] = [
      await effectOf(training, table, options),
      await effectOf(training, reversed, options),
    ];
    // equal people may still have different outcomes: ties go to the first row
    expect(Math.abs(a.estimate - b.estimate)).toBeLessThan(distance === "propensity" ? 1e-6 : 100);
  }
});

const rng = createRng(4);
const n = 120;
const x = Float64Array.from({ length: n }, () => rng.normal());
const t = x.map((v) => (rng.next() < 1 / (1 + Math.exp(-v)) ? 1 : 0));
const y = x.map((v, i) => 2 * v + t[i]! + 0.3 * rng.normal());
const toy = { treatment: "t", outcome: "y", adjustment: ["x"], target: "ATT" } as const;

/** By enumeration: nearest control of each treated unit in x, errors of Abadie & Imbens (2006) written out. */
function byHand(neighbours: number): { estimate: number; se: number } {
  const treated = [...t.keys()].filter((i) => t[i] === 1);
  const control = [...t.keys()].filter((i) => t[i] === 0);
  const near = (i: number, pool: number[]): number[] =>
    pool
      .filter((j) => j !== i)
      .toSorted((a, b) => Math.abs(x[a]! - x[i]!) - Math.abs(x[b]! - x[i]!));
  const uses = new Map<number, number>();
  const effects = treated.map((i) => {
    const chosen = near(i, control).slice(0, neighbours);
    for (const j of chosen) uses.set(j, (uses.get(j) ?? 0) + 1);
    return y[i]! - chosen.reduce((sum, j) => sum + y[j]!, 0) / neighbours;
  });
  const estimate = effects.reduce((a, b) => a + b, 0) / effects.length;
  let total = effects.reduce((sum, e) => sum + (e - estimate) ** 2, 0);
  for (const [j, k] of uses) {
    const sigma2 = (y[j]! - y[near(j, control)[0]!]!) ** 2 / 2;
    total += ((k * (k - 1)) / neighbours ** 2) * sigma2;
  }
  return { estimate, se: Math.sqrt(total) / treated.length };
}

test.each([1, 3])("matching with %d neighbours agrees with enumeration", async (neighbours) => {
  const effect = await effectOf(toy, tableOf({ x, t, y }), {
    method: "matching",
    overlap: "warn",
    distance: "mahalanobis",
    neighbours,
  });
  const { estimate, se } = byHand(neighbours);
  expect(effect.estimate).toBeCloseTo(estimate, 10);
  expect(effect.standardError).toBeCloseTo(se, 10);
});

test("without replacement no control serves twice; a caliper drops and says so", async () => {
  const table = tableOf({ x, t, y });
  const once = await effectOf(toy, table, {
    method: "matching",
    overlap: "warn",
    replacement: false,
  });
  const figures = once.diagnostics.find((d) => d.kind === "figures");
  expect(figures?.rows.find((r) => r.name === "most uses of one match")?.value).toBe(1);
  const tight = await effectOf(toy, table, {
    method: "matching",
    overlap: "warn",
    replacement: false,
    caliper: 0.05,
  });
  expect(tight.warnings.map((w) => w.code)).toContain("unmatched");
});

test("bias adjustment removes the distance left in a linear outcome", async () => {
  const exact = x.map((v, i) => 2 * v + t[i]!);
  const effect = await effectOf(toy, tableOf({ x, t, y: exact }), {
    method: "matching",
    overlap: "warn",
    biasAdjust: true,
  });
  expect(effect.estimate).toBeCloseTo(1, 10);
});

test("stratification on one binary covariate is the post-stratified difference", async () => {
  const flag = Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : 0));
  const arm = Float64Array.from({ length: n }, (_, i) => (i % 6 < 3 ? 1 : 0));
  const result = flag.map((f, i) => 3 * f + arm[i]! * (1 + f) + 0.01 * (i % 5));
  const effect = await effectOf(
    { treatment: "t", outcome: "y", adjustment: ["x"] },
    tableOf({ x: flag, t: arm, y: result }),
    {
      method: "regression",
      byArm: true,
    },
  );
  const strata = await effectOf(
    { treatment: "t", outcome: "y", adjustment: ["x"] },
    tableOf({ x: flag, t: arm.map((v, i) => (i === 3 ? 1 - v : v)), y: result }),
    {
      method: "stratification",
      strata: 2,
    },
  );
  expect(Math.abs(strata.estimate - effect.estimate)).toBeLessThan(0.2);
});

test("entropy balancing matches the means exactly and refuses what it cannot reach", async () => {
  const table = tableOf({ x, t, y });
  const effect = await effectOf(toy, table, { method: "entropy-balancing" });
  const balance = effect.diagnostics.find((d) => d.kind === "balance");
  for (const row of balance?.rows ?? []) expect(Math.abs(row.weighted ?? 1)).toBeLessThan(1e-8);
  const boot = await effectOf(toy, table, { method: "entropy-balancing", bootstrap: 200 });
  expect(effect.standardError / boot.standardError).toBeGreaterThan(0.75);
  expect(effect.standardError / boot.standardError).toBeLessThan(1.3);
  const far = tableOf({ x: x.map((v, i) => v + 40 * t[i]!), t, y });
  await expect(effectOf(toy, far, { method: "entropy-balancing" })).rejects.toThrow(
    /not-estimable/,
  );
});
