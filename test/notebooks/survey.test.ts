import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseNotebook, formatNotebook } from "../../app/notebook/format.ts";
import { mime } from "../../app/protocol/mime.ts";
import type { BenchmarkResult, Standing } from "../../kernels/estimate/benchmark/index.ts";
import type { Effect, EstimateResult } from "../../kernels/estimate/effect.ts";
import { createService } from "../renderer/editor/fixture.ts";
import { type NotebookRun, runNotebook, shipped } from "./run-notebook.ts";
import { surveyed } from "./surveyed.ts";

/**
 * The notebooks of the survey on simulated truth: what each one says is found is asserted here, with room for another
 * processor's last digits, and nothing that they call noise.
 */
async function run(name: string): Promise<NotebookRun> {
  const ran = await runNotebook(shipped(`survey/${name}`));
  expect(ran.failures).toEqual([]);
  for (const [cell, state] of ran.states) expect([cell, state.kind]).toEqual([cell, "done"]);
  for (const bundles of ran.outputs.values())
    for (const bundle of bundles) expect(bundle[mime.text]).toBeTypeOf("string");
  return ran;
}

function effect(ran: NotebookRun, name: string, k?: number): Effect {
  const value = ran.value(name) as EstimateResult | readonly EstimateResult[];
  const one =
    k === undefined ? (value as EstimateResult) : (value as readonly EstimateResult[])[k]!;
  if (one.kind !== "effect") throw new Error(`${name} is ${one.kind}: ${one.message}`);
  return one;
}

function standing(ran: NotebookRun, set: string, method: string): Standing {
  const { standings } = ran.value("board") as BenchmarkResult & {
    readonly standings: readonly Standing[];
  };
  const found = standings.find((one) => one.set.startsWith(set) && one.method.startsWith(method));
  if (found === undefined) throw new Error(`${method} on ${set} is not on the board`);
  return found;
}
const pehe = (ran: NotebookRun, set: string, method: string): number =>
  standing(ran, set, method).rootPehe!.mean;
const ateError = (ran: NotebookRun, set: string, method: string): number =>
  standing(ran, set, method).ateError!.mean;

describe("every one of them", () => {
  test.each(surveyed)("%s is saved as it was opened", (name) => {
    const path = join(import.meta.dirname, `../../notebooks/survey/${name}.dagbok.ts`);
    const text = readFileSync(path, "utf8");
    expect(formatNotebook(parseNotebook(text))).toBe(text);
  });

  test("no type error is underlined", { timeout: 60_000 }, () => {
    for (const name of surveyed) {
      const service = createService();
      const cells = shipped(`survey/${name}`).cells.map(({ id, kind, source, name: own }) => ({
        id,
        kind,
        source,
        ...(own === undefined ? {} : { name: own }),
      }));
      service.setCells(cells);
      const found = cells.flatMap(({ id }) =>
        service.diagnostics(id).map(({ message }) => message),
      );
      expect([name, found]).toEqual([name, []]);
    }
  });
});

describe("what each one finds", { timeout: 120_000 }, () => {
  test("tarnet: nearer to single effects than separate trees, not to the average", async () => {
    const ran = await run("tarnet");
    expect(ran.value("shared")).toBeLessThan(0.85);
    expect(ran.value("apart")).toBeLessThan(0.8);
    expect(pehe(ran, "ihdp-like", "tarnet")).toBeLessThan(pehe(ran, "ihdp-like", "regression"));
    expect(ateError(ran, "ihdp-like", "tarnet")).toBeGreaterThan(
      2 * ateError(ran, "ihdp-like", "regression"),
    );
  });

  test("cfr: some balance helps on these draws, too much hurts", async () => {
    const ran = await run("cfr");
    expect(ran.value("moderate")).toBeLessThan(0.95);
    expect(ran.value("overdone")).toBeGreaterThan(1.03);
  });

  test("snet: as near as TARNet to single effects here, nearer to the average, and slower", async () => {
    const ran = await run("snet");
    expect(ran.value("share")).toBeGreaterThan(0.85);
    expect(ran.value("share")).toBeLessThan(1.15);
    expect(ateError(ran, "ihdp-like", "snet")).toBeLessThan(
      ateError(ran, "ihdp-like", "tarnet") / 2,
    );
  });

  test("cevae: adjusting for proxies removes little, the latent models nearly all", async () => {
    const ran = await run("cevae");
    const truth = ran.value("truth") as number;
    expect(truth).toBeCloseTo(0.72624, 4);
    expect(ran.value("crude")).toBeGreaterThan(truth + 0.09);
    expect(effect(ran, "adjusted", 0).estimate).toBeGreaterThan(truth + 0.08);
    expect(Math.abs(effect(ran, "latent", 0).estimate - truth)).toBeLessThan(0.02);
    expect(Math.abs(effect(ran, "latent", 1).estimate - truth)).toBeLessThan(0.04);
    expect((ran.value("effect") as { kind: string }).kind).toBe("not-identified");
  });

  test("riesznet: a nearer average than linear doubly robust estimation where models are wrong", async () => {
    const ran = await run("riesznet");
    expect(ateError(ran, "kang-schafer", "riesznet")).toBeLessThan(
      0.6 * ateError(ran, "kang-schafer", "aipw"),
    );
    expect(standing(ran, "ihdp-like", "riesznet").covered).toBe(2);
    expect(standing(ran, "kang-schafer", "aipw").length!.median).toBeGreaterThan(
      1.5 * standing(ran, "kang-schafer", "riesznet").length!.median,
    );
    expect(effect(ran, "one").parts.length).toBeGreaterThan(1);
  });

  test("dose-response: the curve is found although raw means are tilted; a line sees little", async () => {
    const ran = await run("dose-response");
    const slope = ran.value("slope") as number;
    expect(slope).toBeCloseTo(-3 * (Math.sin(1.5) - Math.sin(0.5)), 9);
    expect(Math.abs(effect(ran, "curved").estimate - slope)).toBeLessThan(0.4);
    expect(Math.abs(effect(ran, "linear").estimate - slope)).toBeGreaterThan(0.8);
    expect(ran.value("worst")).toBeLessThan(0.9);
    const raw = ran.value("raw") as readonly { readonly dose: number; readonly stay: number }[];
    // Too low at small doses, too high at large ones
    const truthAt = (dose: number): number => 10 - 3 * Math.sin(dose);
    expect(raw[0]!.stay).toBeLessThan(truthAt(raw[0]!.dose) - 1);
    expect(raw.at(-1)!.stay).toBeGreaterThan(truthAt(raw.at(-1)!.dose) + 1);
  });

  test("deepiv: nothing to add to a line, a bowl where a line is flat", async () => {
    const ran = await run("deepiv");
    expect(effect(ran, "biased").estimate).toBeGreaterThan(2);
    const { interval } = effect(ran, "straight");
    expect(interval.low).toBeLessThan(1.5 + 0.02);
    expect(interval.high).toBeGreaterThan(1.5);
    expect(Math.abs(effect(ran, "deep").estimate - 1.5)).toBeLessThan(0.35);
    expect(Math.abs(effect(ran, "flat").estimate)).toBeLessThan(0.6);
    for (const rise of ran.value("rises") as readonly number[]) expect(rise).toBeGreaterThan(1);
  });

  test("causal-forest: intervals of single units hold less often than they say; set C defeats the average", async () => {
    const ran = await run("causal-forest");
    expect(ran.value("pointwise")).toBeLessThan(0.93);
    expect(ran.value("pointwise")).toBeGreaterThan(0.6);
    expect(ran.value("shrinkage")).toBeLessThan(0.95);
    expect(pehe(ran, "nie-wager-a", "forest")).toBeLessThan(pehe(ran, "nie-wager-a", "regression"));
    expect(standing(ran, "nie-wager-a", "forest").covered).toBe(3);
    expect(standing(ran, "nie-wager-c", "forest").covered).toBe(0);
    expect(standing(ran, "nie-wager-c", "regression").covered).toBe(3);
  });

  test("neural-forest: as near as the forest at this size, with intervals that hold", async () => {
    const ran = await run("neural-forest");
    for (const gain of ran.value("gains") as readonly number[]) {
      expect(gain).toBeGreaterThan(0.85);
      expect(gain).toBeLessThan(1.1);
    }
    expect([ran.value("held"), ran.value("of")]).toEqual([4, 4]);
  });

  test("judging-cate: the judges know truth, half of it and noise apart", async () => {
    const ran = await run("judging-cate");
    interface Judged {
      readonly name: string;
      readonly slope: { readonly estimate: number; readonly standardError: number };
      readonly autoc: { readonly estimate: number; readonly standardError: number };
      readonly qini: { readonly estimate: number; readonly standardError: number };
      readonly policy: { readonly estimate: number };
      readonly pValue: number;
      readonly error: number;
    }
    const judged = ran.value("judged") as readonly Judged[];
    const of = (name: string): Judged => judged.find((one) => one.name === name)!;
    const within = ({ estimate, standardError }: Judged["slope"], value: number): boolean =>
      Math.abs(estimate - value) < 2.6 * standardError;
    expect(within(of("truth").slope, 1)).toBe(true);
    expect(within(of("half the spread").slope, 2)).toBe(true);
    expect(of("half the spread").slope.estimate).toBeCloseTo(2 * of("truth").slope.estimate, 6);
    expect(of("half the spread").autoc).toEqual(of("truth").autoc);
    expect(within(of("noise").slope, 0)).toBe(true);
    expect(within(of("noise").autoc, 0)).toBe(true);
    expect(within(of("noise").qini, 0)).toBe(true);
    expect(of("truth").error).toBe(0);
    expect(of("forest").pValue).toBeLessThan(0.001);
    expect(of("forest").autoc.estimate).toBeGreaterThan(of("noise").autoc.estimate);
    expect(of("truth").policy.estimate).toBeGreaterThan(of("noise").policy.estimate);
  });
});
