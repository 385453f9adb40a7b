import { describe, expect, test } from "vitest";
import type { Discovery } from "../../kernels/discover/result.ts";
import { runNotebook, shipped } from "./run-notebook.ts";

describe("discovery notebooks with networks find what was put in", () => {
  test("the amortized network", async () => {
    const run = await runNotebook(shipped("survey/discovery-amortized"));
    expect(run.failures).toEqual([]);
    expect(run.value("precision")).toBeGreaterThan(0.8);
    const mean = run.value("meanOf") as (method: string) => number;
    expect(mean("amortized")).toBeGreaterThan(0.8);
    expect(mean("amortized")).toBeGreaterThan(Math.max(mean("pc"), mean("ges")) + 0.1);
    expect(run.value("gap")).toBeLessThan(0.04);
    expect(run.value("joined")).toBeGreaterThan(0.5);
    expect(run.value("warned")).toBe(0);
  });

  test("attention over time", async () => {
    const run = await runNotebook(shipped("survey/discovery-attention"));
    expect(run.failures).toEqual([]);
    expect(run.value("missed")).toEqual([]);
    expect((run.value("extra") as string[]).length).toBeLessThanOrEqual(1);
    expect(run.value("linksFound")).toContain("heat -> demand after 3");
    expect(run.value("pcmciFound")).not.toContain("heat -> demand after 3");
    expect((run.value("found") as Discovery).kind).toBe("time-series");
    expect(run.value("falseLinks")).toBeLessThanOrEqual(2);
    expect(run.value("ownFound")).toBe(15);
  });
});
