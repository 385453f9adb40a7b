import { describe, expect, test } from "vitest";
import type { Block } from "../../../app/protocol/report.ts";
import {
  counterfactual,
  parseModel,
  pointOf,
  sample,
  type StructuralModel,
} from "../../../kernels/counterfactual/index.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { blocksOf, programOf, runCell } from "./cell-runs.ts";

const truth = parseModel(`w ~ normal(0, 1)
t ~ bernoulli(sigmoid(0.8*w))
g {a, b, c} | t ~ table { 0: 0.5 0.3 0.2; 1: 0.2 0.3 0.5 }
y ~ laplace(1 + 2*t - w^2 + (g == "c" ? 1 : 0), 0.5)`);
const g = parseGraph("w -> t, y; t -> g, y; g -> y");
const d = sample(truth, 3000, createRng(3));

async function fit(source: string) {
  const run = await runCell(programOf("model", source), { g, d });
  return { ...run, model: Object.values(run.values)[0] as StructuralModel };
}

const kindOf = (model: StructuralModel, name: string): string | undefined =>
  model.variables.find((v) => v.name === name)?.mechanism.kind;

function qualityRows(blocks: readonly Block[]): readonly (readonly string[])[] {
  const table = blocks.find((b) => b.kind === "table" && b.caption?.startsWith("How the") === true);
  return table?.kind === "table" ? table.rows : [];
}

describe("fit graph to data", () => {
  test("linear by default; says when the noise still depends on a cause, and a richer mechanism mends it", async () => {
    const linear = await fit("m = fit g to d");
    expect(linear.values).toHaveProperty("m");
    expect(kindOf(linear.model, "y")).toBe("additive");
    const before = blocksOf(linear.reports);
    const warned = before
      .filter((b) => b.kind === "notice")
      .map((b) => (b as { title: string }).title);
    expect(warned).toEqual(["The noise of y still depends on w"]);
    expect(linear.claim).toMatchObject({ status: "association", rung: 1 });

    const richer = await fit("m = fit g to d by linear-gaussian, y by additive noise(degree: 2)");
    expect(blocksOf(richer.reports).filter((b) => b.kind === "notice")).toEqual([]);
    const y = richer.model.variables.find((v) => v.name === "y");
    expect(y?.mechanism).toMatchObject({ kind: "additive", noise: "laplace" });
    const row = qualityRows(blocksOf(richer.reports)).find(([name]) => name === "y");
    expect(row?.slice(-2)).toEqual(["as assumed", "no sign against it"]);
    // The unit's counterfactual against the truth it was drawn from.
    const query = "E[y_{t=0, g=c} | w=1.5, t=1, g=c, y=2]";
    const errors = [linear.model, richer.model].map((model) => {
      const found = pointOf(counterfactual(model, query));
      return Math.abs((found ?? NaN) - (pointOf(counterfactual(truth, query)) ?? NaN));
    });
    expect(errors[1]).toBeLessThan(0.2);
  });

  test("each node may choose: tables with a coupling, flows with their losses and progress", async () => {
    const { model, reports, progress, text } = await fit(
      "m = fit g to d by table(coupling: monotone, smoothing: 1), y by flow(epochs: 4, width: 8) seed 2",
    );
    expect(["w", "t", "g", "y"].map((name) => kindOf(model, name))).toEqual([
      "additive",
      "conditional",
      "table",
      "flow",
    ]);
    const table = model.variables.find((v) => v.name === "g")?.mechanism;
    expect(table).toMatchObject({ coupling: "monotone" });
    const blocks = blocksOf(reports);
    const loss = blocks.find((b) => b.kind === "chart");
    expect(loss?.kind === "chart" && loss.summary).toMatch(/^Loss of each learned mechanism/);
    expect(progress.some(({ series }) => series !== undefined)).toBe(true);
    expect(text).toContain("Explained by its causes");
  });

  test("an option's own words are no names of cells", () => {
    const source =
      "m = fit g to d by table(coupling: monotone, smoothing: s), y by additive(noise: laplace)";
    expect(programOf("model", source).inputs).toEqual(["g", "d", "s"]);
  });

  test("Stop ends a training", async () => {
    const stop = new AbortController();
    const program = programOf("model", "m = fit g to d by flow(epochs: 5000)");
    const running = runCell(program, { g, d }, stop.signal);
    setTimeout(() => stop.abort(new Error("stopped")), 300);
    const started = Date.now();
    await expect(running).rejects.toThrow(/stop/);
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test("fit is a variable's name too", () => {
    expect(programOf("model", "fit ~ normal(0, 1)").diagnostics).toEqual([]);
    expect(programOf("model", "fit = 2*u; u ~ normal(0, 1)").diagnostics).toEqual([]);
  });

  test.each([
    ["fit g", "cell-syntax", "g"],
    ["fit g to d by magic", "model-fit-method", "magic"],
    ["fit g to d by flow(seed: 3)", "model-fit-option", "seed"],
    ["fit g to d by table, y by", "model-fit-method", "y by"],
    ["fit g to d\nx ~ normal(0,1)", "model-fit-alone", "x ~"],
    ["fit g to d seed zero", "cell-number", "zero"],
  ])("%s is a mistake with its place", (source, code, seen) => {
    const [one] = programOf("model", source).diagnostics;
    expect(one?.code).toBe(code);
    const { start = 0, end = 0 } = one?.place ?? {};
    const text = source.slice(start, end);
    expect(text.includes(seen) || seen.includes(text)).toBe(true);
  });

  test.each([
    ["fit g to d by linear, g by linear", /has levels/],
    ["fit g to d by linear, y by table", /continuous/],
    ["fit g to d by linear, q by flow", /no variable "q"/],
    ["fit g to g", /not a table/],
    ["fit d to d", /not a graph/],
    ["fit g to d by additive(degree: 0)", /degree/],
    ["fit g to d by additive(noise: cauchy)", /noise/],
  ])("%s is refused when it runs", async (source, message) => {
    await expect(runCell(programOf("model", source), { g, d, cauchy: undefined })).rejects.toThrow(
      message,
    );
  });
});

describe("a model with numbers from other cells", () => {
  test("is not refused for what stands in the holes before they are filled", async () => {
    const program = programOf(
      "model",
      "x ~ bernoulli(0.5)\ny ~ bernoulli(0.7 + ${strength}*x)",
      "m",
    );
    expect(program.diagnostics).toEqual([]);
    const { values } = await runCell(program, { strength: 0.2 });
    const effect = pointOf(counterfactual(values["m"] as StructuralModel, "ATE(x -> y)"));
    expect(effect).toBeCloseTo(0.2, 12);
    await expect(runCell(program, { strength: 0.6 })).rejects.toThrow(/when x=1/);
    expect(programOf("model", "x ~ bernoulli(${p}\n").diagnostics).toHaveLength(1);
  });

  test.each([
    ["x = y\ny = x", "model-cycle", "x"],
    ["y = 2*z", "model-unknown-variable", "z"],
    ["y ~ bernoulli(1.2)", "model-probability-range", "y"],
    ["x ~ bernoulli(0.5)\ny ~ bernoulli(0.7 + 0.5*x)", "model-probability-range", "y"],
    ["x ~ categorical(0.5, 0.6)", "model-probability-sum", "x"],
    ["x ~ normal(0, 1)\nx ~ normal(1, 1)", "model-defined-twice", "x"],
    ["x ~ normal(0, -1)", "model-parameter", "x"],
  ])("bad models are named by place: %s", (source, code, seen) => {
    const [one] = programOf("model", source).diagnostics;
    expect(one?.code).toBe(code);
    const { start = 0, end = 0, line } = one?.place ?? {};
    expect(source.slice(start, end)).toContain(seen);
    expect(line).toBeGreaterThan(0);
  });
});
