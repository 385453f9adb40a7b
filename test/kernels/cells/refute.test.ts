import { expect, test } from "vitest";
import { tableOf } from "../../../kernels/data/table.ts";
import type { Effect } from "../../../kernels/estimate/effect.ts";
import type { Refutation } from "../../../kernels/estimate/index.ts";
import type { Refuted } from "../../../kernels/cells/refute-run.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { toJson } from "../../../app/notebook/json.ts";
import { programOf, runCell } from "./run-cell.ts";

/** A confounder `age`, a hidden one `u`; the effect of `dose` on `pain` is −2. */
const rng = createRng(77);
const n = 400;
const age = Float64Array.from({ length: n }, () => rng.normal());
const u = Float64Array.from({ length: n }, () => rng.normal());
const dose = age.map((v, i) => (rng.next() < 1 / (1 + Math.exp(-0.8 * v - 0.6 * u[i]!)) ? 1 : 0));
const pain = age.map((v, i) => 5 + v + u[i]! - 2 * dose[i]! + rng.normal());
const data = tableOf({ age, u, dose, pain });

async function effectBy(source: string, table = data): Promise<Effect> {
  const { values } = await runCell("estimate", source, { data: table });
  return values["ate"] as Effect;
}
const ate = await effectBy("ate = pain ~ dose | age, u from data by aipw(seed: 3)");

test("names, options and shared repeats are read; the seed of the notebook is asked for only without one", () => {
  const one = programOf(
    "refute",
    "checks = refute ate by placebo, random common cause, subset, dummy outcome, simulated confounder (repeats: 100, seed: 1)\nrobust = sensitivity of ate by e-value, rosenbaum, cinelli-hazlett(benchmark: age, seed: k), omitted variables",
  );
  expect(one.diagnostics.map((d) => d.message)).toEqual([
    'cinelli-hazlett has no option "seed". Expected one of benchmark, multiples, level.',
  ]);
  const two = programOf("refute", "c = refute ate by subset(share: s), placebo (seed: 4)");
  expect([two.inputs, two.outputs]).toEqual([["ate", "s"], ["c"]]);
  expect(programOf("refute", "refute ate").inputs).toEqual(["ate", "notebookSeed"]);
});

test("mistakes have a code, a place and the nearest name", () => {
  const first = (source: string) => programOf("refute", source).diagnostics[0];
  const source = "refute ate by plcebo";
  expect(first(source)).toMatchObject({
    code: "unknown-check",
    hint: "Did you mean placebo?",
    place: { start: source.indexOf("plcebo"), end: source.length },
  });
  expect(first("refute ate by rosenbaum")?.hint).toMatch(/sensitivity of/);
  expect(first("check ate by placebo")?.code).toBe("refute-question");
  expect(first("refute ate by subset(strength: 1)")?.code).toBe("unknown-option");
  expect(first("")?.code).toBe("refute-empty");
});

test("a sound estimate: nothing contradicts it, and the words claim no more", async () => {
  const run = await runCell(
    "refute",
    "checks = refute ate by placebo, random common cause, subset, dummy outcome, simulated confounder (repeats: 25, seed: 2)",
    { ate },
  );
  const [found] = (run.values["checks"] as Refuted).effects;
  expect(found!.refutations.map((one) => [one.test, one.verdict])).toEqual([
    ["placebo-treatment", "holds"],
    ["random-common-cause", "holds"],
    ["subset", "holds"],
    ["dummy-outcome", "holds"],
    ["simulated-confounder", "informative"],
  ]);
  expect(found!.refutations.every((one) => one.draws === 25 && one.seed === 2)).toBe(true);
  const placebo = found!.refutations[0]!;
  expect(placebo.permutationP).toBeCloseTo(1 / 26, 10);
  expect(run.text).toMatch(/passed: no contradiction found/);
  expect(JSON.stringify(run.reports)).toMatch(/passes proves nothing/);
  expect(JSON.stringify(run.reports)).not.toMatch(/validated|confirmed|proved right/);
  const charts = run.blocks.filter((block) => block.kind === "chart");
  expect(charts).toHaveLength(5);
  for (const chart of charts)
    expect(chart.kind === "chart" && chart.summary.length).toBeGreaterThan(60);
  expect(run.progress.at(-1)?.fraction).toBe(1);
  // The same from the same seed; another from another.
  const again = await runCell("refute", "c = refute ate by subset (repeats: 25, seed: 2)", { ate });
  const other = await runCell("refute", "c = refute ate by subset (repeats: 25)", {
    ate,
    notebookSeed: 9,
  });
  const draws = (r: typeof run, name: string): readonly number[] =>
    ((r.values[name] as Refuted).effects[0]!.refutations as Refutation[]).find(
      (one) => one.test === "subset",
    )!.estimates;
  expect(draws(again, "c")).toEqual(draws(run, "checks"));
  expect(draws(other, "c")).not.toEqual(draws(run, "checks"));
});

test("an estimator that finds effects where there are none is contradicted", async () => {
  const { rememberOrigin } = await import("../../../kernels/estimate/origin.ts");
  const { regressionMethod } = await import("../../../kernels/estimate/index.ts");
  const biased = {
    ...regressionMethod,
    name: "biased",
    run: async (...given: Parameters<typeof regressionMethod.run>) => {
      const answer = await regressionMethod.run(...given);
      return answer.kind === "finding" ? { ...answer, estimate: answer.estimate + 3 } : answer;
    },
  };
  const effect = await effectBy("ate = pain ~ dose | age, u from data by regression");
  rememberOrigin(effect, {
    spec: effect.estimand,
    table: data,
    options: { method: biased },
  });
  const run = await runCell("refute", "c = refute ate by placebo (repeats: 20, seed: 1)", {
    ate: effect,
  });
  expect((run.values["c"] as Refuted).effects[0]!.refutations[0]!.verdict).toBe("refuted");
  expect(JSON.stringify(run.reports)).toMatch(/1 check of 1 contradicts the estimate/);
});

test("sensitivity: charts with their text, benchmarks, and honest words on what they are about", async () => {
  const run = await runCell(
    "refute",
    "s = sensitivity of ate by e-value, rosenbaum, cinelli-hazlett(benchmark: age, multiples: [1, 2]), omitted variables(outcome: 0.1, treatment: 0.1)",
    { ate },
  );
  const { sensed } = (run.values["s"] as Refuted).effects[0]!;
  expect(sensed.map((one) => one.analysis)).toEqual([
    "e-value",
    "rosenbaum",
    "cinelli-hazlett",
    "omitted-variables",
  ]);
  expect(sensed.every((one) => !("none" in one))).toBe(true);
  expect(run.blocks.filter((block) => block.kind === "chart")).toHaveLength(4);
  const partial = sensed[2]!;
  if (partial.analysis !== "cinelli-hazlett" || !("sensitivity" in partial)) throw new Error();
  expect(partial.sensitivity.benchmarks.map((b) => [b.name, b.multiple])).toEqual([
    ["age", 1],
    ["age", 2],
  ]);
  expect(partial.sensitivity.benchmarks[1]!.withTreatment).toBeCloseTo(
    2 * partial.sensitivity.benchmarks[0]!.withTreatment,
    12,
  );
  const less = await effectBy("ate = pain ~ dose | age from data by aipw(seed: 3)");
  const dropped = await runCell(
    "refute",
    "sensitivity of ate by cinelli-hazlett(benchmark: [u, age])",
    { ate: less },
  );
  expect(JSON.stringify(dropped.reports)).toMatch(/u is not adjusted for/);
  await expect(
    runCell("refute", "sensitivity of ate by cinelli-hazlett(benchmark: agee)", { ate }),
  ).rejects.toMatchObject({ code: "unknown-benchmark", place: { start: 38 } });
});

test("Rosenbaum's Γ on pairs made by hand, and the E-value of a difference", async () => {
  const { rosenbaumBounds, eValuesOfDifference, prepare, toEstimand } =
    await import("../../../kernels/estimate/index.ts");
  // Without covariates to tell them apart pairs are made in order of the rows: differences 1, 2, …, 10, all positive.
  const t = Float64Array.from({ length: 20 }, (_, i) => (i < 10 ? 1 : 0));
  const y = t.map((v, i) => (v === 1 ? i + 1 : 0));
  const prepared = prepare(
    toEstimand({ treatment: "t", outcome: "y", adjustment: [] }),
    tableOf({ t, y }),
  );
  if (prepared.kind !== "ready" || prepared.problem.kind !== "adjustment") throw new Error();
  const bounds = rosenbaumBounds(prepared.problem);
  if (bounds.kind !== "rosenbaum") throw new Error(bounds.kind);
  expect(bounds).toMatchObject({ pairs: 10, discordant: 10, positive: 10, test: "signed rank" });
  // T = 55, E = 55 Γ/(1+Γ), Var = 385 Γ/(1+Γ)²: z = 55/√385 · Γ^−½, p = .05 at Γ = (55/√385/1.6449)²
  expect(bounds.gamma).toBeCloseTo((55 / Math.sqrt(385) / 1.6448536) ** 2, 4);
  // VanderWeele & Ding: d = 0.5 → RR = exp(.455) = 1.576; E = RR + √(RR(RR − 1))
  const rr = Math.exp(0.455);
  expect(eValuesOfDifference(1, 0.5, 1.5, 2).estimate).toBeCloseTo(
    rr + Math.sqrt(rr * (rr - 1)),
    10,
  );
  expect(eValuesOfDifference(1, -0.5, 2.5, 2).limit).toBe(1);
});

test("a pin keeps the result, says what has changed, and lets go", async () => {
  const source = "checks = refute ate by subset (repeats: 6, seed: 1)";
  const live = await runCell("refute", source, { ate });
  const pin = live.actions[0]!;
  expect(pin.label).toBe("Pin this result");
  if (pin.does.kind !== "keep") throw new Error();
  // As the document keeps it.
  const saved = { pin: JSON.parse(JSON.stringify(toJson(pin.does.value))) as unknown };
  const kept = await runCell("refute", source, { ate }, { saved });
  expect(kept.values).toEqual(live.values);
  expect(JSON.stringify(kept.reports)).toMatch(/Pinned, and still current/);
  expect(kept.progress).toEqual([]);
  const less = await effectBy("ate = pain ~ dose | age from data by aipw(seed: 3)");
  const old = await runCell("refute", source, { ate: less }, { saved });
  expect(old.values).toEqual(live.values);
  expect(old.text).toMatch(/Pinned, and out of date: what is adjusted for: age, u → age/);
  const gone = { ...less, kind: "not-estimable", method: "aipw" };
  expect((await runCell("refute", source, { ate: gone }, { saved })).text).toMatch(
    /no number any more/,
  );
  expect(old.actions[0]?.does).toEqual({ kind: "keep", key: "pin", value: null });
  const released = await runCell("refute", source, { ate: less }, { saved: { pin: null } });
  expect(released.text).not.toMatch(/Pinned/);
});

test("an estimate that is no number has nothing to check; something else is a mistake with a place", async () => {
  const none = await effectBy(
    "ate = pain ~ dose | age from data by aipw",
    tableOf({ age, pain, dose: age.map(() => 1) }),
  );
  expect(none.kind).toBe("bad-data");
  const run = await runCell("refute", "c = refute ate", { ate: none });
  expect(run.text).toBe("There is no number to check.");
  await expect(runCell("refute", "c = refute ate", { ate: 3 })).rejects.toMatchObject({
    code: "not-an-effect",
    place: { start: 11, end: 14 },
  });
  const copy = { ...ate };
  await expect(runCell("refute", "c = refute ate", { ate: copy })).rejects.toMatchObject({
    code: "effect-without-data",
  });
  const named = await runCell("refute", "c = refute ate from data by subset (repeats: 4)", {
    ate: copy,
    data,
  });
  const first = await runCell("refute", "c = refute ate by subset (repeats: 4)", { ate });
  expect(named.values).toEqual(first.values);
});

test("instruments and panels: what means nothing there says so", async () => {
  const z = Float64Array.from({ length: n }, () => (rng.next() < 0.5 ? 1 : 0));
  const x = z.map((v, i) => (rng.next() < 0.2 + 0.5 * v + (u[i]! > 0 ? 0.2 : 0) ? 1 : 0));
  const y = x.map((v, i) => v + u[i]! + rng.normal());
  const { estimate, methodNamed } = await import("../../../kernels/estimate/index.ts");
  const iv = await estimate(
    { kind: "instrument", treatment: "x", outcome: "y", instruments: ["z"] },
    tableOf({ z, x, y }),
    { method: methodNamed("2sls") },
  );
  const run = await runCell(
    "refute",
    "c = refute iv by placebo, dummy outcome (repeats: 5)\nsensitivity of iv by rosenbaum",
    { iv },
  );
  const { refutations } = (run.values["c"] as Refuted).effects[0]!;
  expect(refutations.map((one) => one.verdict)).toEqual(["inapplicable", "holds"]);
  expect(run.text).toMatch(/this one comes from an instrument/);
});

test("Stop ends a long check", async () => {
  const controller = new AbortController();
  const long = runCell(
    "refute",
    "refute ate by placebo (repeats: 2000)",
    { ate },
    { signal: controller.signal },
  );
  setTimeout(() => controller.abort(), 60);
  const began = Date.now();
  await expect(long).rejects.toMatchObject({ name: "AbortError" });
  expect(Date.now() - began).toBeLessThan(2000);
});
