import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mime } from "../../app/protocol/mime.ts";
import type { CounterfactualResult } from "../../kernels/counterfactual/result.ts";
import type { Effect } from "../../kernels/estimate/effect.ts";
import type { Identification } from "../../kernels/identify/result.ts";
import { runNotebook, sharedData, shipped } from "./run-notebook.ts";
import { surveyed } from "./surveyed.ts";

const folder = join(import.meta.dirname, "../../notebooks");
const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".dagbok.ts"))
  .map((path) => path.replaceAll("\\", "/").replace(/\.dagbok\.ts$/, ""));

// Run, with their known answers, by survey.test.ts: training nets twice is dear.
const elsewhere = new Set(surveyed.map((name) => `survey/${name}`));

describe("every shipped notebook runs with what ships", () => {
  test.each(paths.filter((path) => !elsewhere.has(path)))("%s", async (path) => {
    const run = await runNotebook(shipped(path));
    expect(run.failures).toEqual([]);
    for (const [cell, state] of run.states) expect([cell, state.kind]).toEqual([cell, "done"]);
    for (const bundles of run.outputs.values()) {
      for (const bundle of bundles) expect(bundle[mime.text]).toBeTypeOf("string");
    }
  });
});

describe("known answers", () => {
  test("ladder/simpson: the crude difference has the other sign than the effect", async () => {
    const run = await runNotebook(shipped("ladder/simpson"));
    // Charig et al. 1986: 273/350 − 289/350, and standardised over the sizes of all 700 stones
    expect(run.value("crude")).toBeCloseTo(273 / 350 - 289 / 350, 12);
    const truth = (357 / 700) * (81 / 87 - 234 / 270) + (343 / 700) * (192 / 263 - 55 / 80);
    const [regression, ipw] = run.value("ate") as readonly Effect[];
    expect(regression?.estimate).toBeCloseTo(truth, 9);
    expect(ipw?.estimate).toBeCloseTo(truth, 6);
    expect((run.value("effect") as Identification).kind).toBe("identified");
    const seen = run.value("seen") as CounterfactualResult;
    const done = run.value("done") as CounterfactualResult;
    expect(seen.kind === "identified" && seen.value).toBeCloseTo(273 / 350, 9);
    expect(done.kind === "identified" && done.value).toBeCloseTo(
      (357 / 700) * (81 / 87) + (343 / 700) * (192 / 263),
      9,
    );
    const saved = run.value("saved") as CounterfactualResult;
    expect(saved.kind).toBe("bounded");
  });

  test("guide/welcome: a slider moves what depends on it and nothing else", async () => {
    const run = await runNotebook(shipped("guide/welcome"));
    const effect = (run.value("ate") as readonly Effect[])[0];
    expect(effect?.estimate).toBeCloseTo(-2, 0);
    await run.set("strength", 0);
    expect(run.runs.get("world")).toBe(1);
    expect(run.runs.get("effect") ?? 0).toBe(0);
    expect(run.runs.get("graph") ?? 0).toBe(0);
    expect(run.value("naive")).toBeCloseTo(-2, 0);
  });

  test.skipIf(!existsSync(join(sharedData, "nhefs/nhefs.csv")))(
    "guide/nhefs on the real file",
    async () => {
      const run = await runNotebook(shipped("guide/nhefs"), {
        "nhefs.csv": join(sharedData, "nhefs/nhefs.csv"),
      });
      expect(run.failures).toEqual([]);
      const byMethod = run.value("byMethod") as Readonly<Record<string, number>>;
      // Hernán & Robins, What If, technical values re-computed in shared/data/nhefs
      expect(byMethod["ipw"]).toBeCloseTo(3.4405, 3);
      expect(byMethod["regression"]).toBeGreaterThan(3.3);
      expect(byMethod["regression"]).toBeLessThan(3.7);
      expect(byMethod["aipw"]).toBeGreaterThan(3.3);
      expect(byMethod["aipw"]).toBeLessThan(3.6);
    },
  );

  test.skipIf(!existsSync(join(sharedData, "ihdp/ihdp_1.csv")))(
    "survey/dragonnet-ihdp on file 1",
    { timeout: 120_000 },
    async () => {
      const run = await runNotebook(shipped("survey/dragonnet-ihdp"), {
        "ihdp_1.csv": join(sharedData, "ihdp/ihdp_1.csv"),
      });
      expect(run.failures).toEqual([]);
      // mean(mu1 - mu0) of file 1 over all 747 children
      expect(run.value("trueAte")).toBeCloseTo(4.0161, 4);
      expect(run.value("ateError")).toBeLessThan(0.3);
      expect(run.value("rootPehe")).toBeLessThan(1.2);
    },
  );
});
