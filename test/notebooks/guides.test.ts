import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Effect, EstimateResult } from "../../kernels/estimate/effect.ts";
import { type NotebookRun, runNotebook, sharedData, shipped } from "./run-notebook.ts";

const real = (path: string): string => join(sharedData, path);
const withFile = (path: string): typeof test => test.skipIf(!existsSync(real(path))) as typeof test;

function effect(run: NotebookRun, name: string): Effect {
  const value = run.value(name) as EstimateResult;
  if (value.kind !== "effect") throw new Error(`${name} is ${value.kind}: ${value.message}`);
  return value;
}

const holds = ({ interval }: Effect, truth: number): boolean =>
  interval.low <= truth && truth <= interval.high;

describe("the guides on simulated data find what was put in", () => {
  test("adjustment", async () => {
    const run = await runNotebook(shipped("guide/nhefs"));
    expect(run.failures).toEqual([]);
    expect(holds(effect(run, "plain"), 3.5)).toBe(false);
    const known = run.value("known") as readonly Effect[];
    expect(known.map((one) => [one.method, holds(one, 3.5)])).toEqual(
      ["regression", "ipw", "aipw", "tmle"].map((method) => [method, true]),
    );
    const weighted = known.find((one) => one.method === "ipw")!;
    const balance = weighted.diagnostics.find((one) => one.kind === "balance");
    expect(Math.max(...balance!.rows.map((row) => Math.abs(row.raw)))).toBeGreaterThan(0.1);
    expect(Math.max(...balance!.rows.map((row) => Math.abs(row.weighted!)))).toBeLessThan(0.1);
    expect((run.value("nobody") as EstimateResult).kind).toBe("no-overlap");
    expect(holds(effect(run, "narrowed"), 3.5)).toBe(true);
    expect(run.value("byMethod")).toHaveProperty("tmle");
  });

  test("instruments", async () => {
    const run = await runNotebook(shipped("guide/instruments"));
    expect(run.failures).toEqual([]);
    expect(holds(effect(run, "naive"), 0.1)).toBe(false);
    expect(holds(effect(run, "iv"), 0.1)).toBe(true);
    expect(effect(run, "weak").warnings.map((w) => w.code)).toContain("weak-instruments");
    for (const late of run.value("late") as readonly Effect[]) expect(holds(late, 2)).toBe(true);
    expect(holds(effect(run, "one"), 0.1)).toBe(true);
    expect(effect(run, "one").claim.status).toBe("identified");
    expect(effect(run, "ols").claim.status).toBe("association");
  });

  test("discontinuity", async () => {
    const run = await runNotebook(shipped("guide/discontinuity"));
    expect(run.failures).toEqual([]);
    for (const name of ["sharp", "adjusted", "fuzzy"])
      expect([name, holds(effect(run, name), 0.5)]).toEqual([name, true]);
    expect(effect(run, "adjusted").standardError).toBeLessThan(effect(run, "sharp").standardError);
    expect(holds(effect(run, "placebo"), 0)).toBe(true);
    expect(effect(run, "cheated").warnings.map((w) => w.code)).toContain("density-jump");
    expect(effect(run, "sharp").warnings).toEqual([]);
    expect(holds(effect(run, "house"), 20)).toBe(true);
  });

  test("difference-in-differences", async () => {
    const run = await runNotebook(shipped("guide/difference-in-differences"));
    expect(run.failures).toEqual([]);
    expect(holds(effect(run, "study"), 3)).toBe(true);
    expect(effect(run, "twfe").warnings.map((w) => w.code)).toContain("staggered-twfe");
    expect(holds(effect(run, "plain"), 1)).toBe(false);
    expect(effect(run, "plain").warnings.map((w) => w.code)).toContain("pre-trends");
    expect(holds(effect(run, "adjusted"), 1)).toBe(true);
    expect(holds(effect(run, "wages"), -0.05)).toBe(true);
  });

  test("synthetic control", async () => {
    const run = await runNotebook(shipped("guide/synthetic-control"));
    expect(run.failures).toEqual([]);
    for (const name of ["control", "doubled"])
      expect(Math.abs(effect(run, name).estimate + 4)).toBeLessThan(0.5);
    expect(Math.abs(effect(run, "california").estimate + 20)).toBeLessThan(4);
  });
});

// Values printed in the READMEs of the shared data.
describe("the guides on the real files give the published figures", () => {
  withFile("card/card.csv")("instruments: Card", async () => {
    const run = await runNotebook(shipped("guide/instruments"), {
      "card.csv": real("card/card.csv"),
    });
    expect(effect(run, "ols").estimate).toBeCloseTo(0.074693, 6);
    expect(effect(run, "one").estimate).toBeCloseTo(0.131504, 6);
    expect(effect(run, "one").standardError).toBeCloseTo(0.054964, 5);
    expect((run.value("two") as readonly Effect[])[0]?.estimate).toBeCloseTo(0.157059, 6);
  });

  withFile("lmb-elections/close_elections_lmb.csv")("discontinuity: elections", async () => {
    const run = await runNotebook(shipped("guide/discontinuity"), {
      "close_elections_lmb.csv": real("lmb-elections/close_elections_lmb.csv"),
    });
    const house = effect(run, "house");
    expect(house.estimate).toBeCloseTo(18.65999, 4);
    expect(house.interval.low).toBeCloseTo(14.44556, 4);
    expect(house.interval.high).toBeCloseTo(22.42696, 4);
  });

  withFile("mpdta/mpdta.csv")("difference-in-differences: minimum wages", async () => {
    const run = await runNotebook(shipped("guide/difference-in-differences"), {
      "mpdta.csv": real("mpdta/mpdta.csv"),
    });
    expect(effect(run, "wages").estimate).toBeCloseTo(-0.0772, 4);
  });

  withFile("prop99/california_prop99.csv")("synthetic control: Proposition 99", async () => {
    const run = await runNotebook(shipped("guide/synthetic-control"), {
      "california_prop99.csv": real("prop99/california_prop99.csv"),
    });
    const [twfe, control, doubled] = run.value("three") as readonly Effect[];
    expect(twfe?.estimate).toBeCloseTo(-27.3491, 4);
    expect(control?.estimate).toBeCloseTo(-19.587, 3);
    expect(doubled?.estimate).toBeCloseTo(-15.6038, 3);
  });
});
