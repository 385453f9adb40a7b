import { beforeAll, expect, test } from "vitest";
import { parseNotebook } from "../../../app/notebook/format.ts";
import type { Report } from "../../../app/protocol/report.ts";
import { mime } from "../../../app/protocol/mime.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import type { Effect, EstimateResult, NoOverlap } from "../../../kernels/estimate/effect.ts";
import { heterogeneity } from "../../../kernels/estimate/heterogeneity.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { runNotebook } from "../../notebooks/run-notebook.ts";
import { programOf, runCell } from "./run-cell.ts";

/** The effect of `drug` on `days` is −3 + 2·severe for everybody; `severe` confounds, `site` has two levels. */
const rng = createRng(404);
const n = 600;
const severe = Float64Array.from({ length: n }, () => rng.normal());
const site = Array.from({ length: n }, () => (rng.next() < 0.5 ? "north" : "south"));
const drug = severe.map((v) => (rng.next() < 1 / (1 + Math.exp(-v)) ? 1 : 0));
const days = severe.map((v, i) => 10 + 2 * v + drug[i]! * (-3 + 2 * v) + rng.normal());
const data = tableOf({ severe, site, drug, days });
const graph = parseGraph("severe -> drug, days; site -> days; drug -> days");

let effect: unknown;
beforeAll(async () => {
  const { values } = await runCell("identify", "effect = P(days | do(drug)) in graph", { graph });
  effect = values["effect"];
});

const run = (source: string, inputs: Record<string, unknown> = {}) =>
  runCell("estimate", source, { effect, data, ...inputs });

test("methods that fit are offered with a line on each, and picking one edits the text", async () => {
  const source = "ate = effect from data by aipw(folds: 5)  # the main one";
  const { actions } = await run(source);
  const offered = actions.filter((action) => action.pressed !== undefined);
  const names = offered.map((action) => action.label);
  expect(names).toEqual(expect.arrayContaining(["aipw", "tmle", "ipw", "dragonnet", "x-learner"]));
  for (const other of ["2sls", "rdd", "did", "front-door", "mediation", "vcnet", "deepiv"])
    expect(names).not.toContain(other);
  for (const action of offered) expect(action.detail?.length, action.label).toBeGreaterThan(30);
  expect(offered.filter((action) => action.pressed).map((action) => action.label)).toEqual([
    "aipw",
  ]);
  const to = (label: string): string => {
    const does = offered.find((action) => action.label === label)?.does;
    return does?.kind === "rewrite" ? does.to : "";
  };
  expect(to("tmle")).toBe("ate = effect from data by aipw(folds: 5), tmle  # the main one");
  const two = await run(to("tmle"));
  expect(Array.isArray(two.values["ate"])).toBe(true);
  const out = two.actions.find((action) => action.label === "aipw")!;
  expect(out.does).toMatchObject({ to: "ate = effect from data by tmle  # the main one" });
  const implied = await run("ate = effect from data");
  const more = implied.actions.find((action) => action.label === "ipw")!;
  expect(more.does).toMatchObject({ to: "ate = effect from data by aipw, ipw" });
});

test("a method that does not fit says why, and pressing one that does puts it in its place", async () => {
  const source = "ate = effect from data by 2sls, aipw for ATT";
  const result = await run(source);
  const [refused, estimated] = result.values["ate"] as EstimateResult[];
  expect([refused!.kind, estimated!.kind]).toEqual(["not-estimable", "effect"]);
  expect(result.reports[0]?.findings?.[0]?.place).toEqual({
    start: source.indexOf("2sls"),
    end: source.indexOf("2sls") + 4,
  });
  const tmle = result.actions.find((action) => action.label === "tmle")!;
  expect(tmle.does).toMatchObject({ to: "ate = effect from data by aipw, tmle for ATT" });
  // Continuous treatment: only methods for one are offered.
  const dose = tableOf({ severe, drug: severe.map((v) => v + rng.normal()), days });
  const other = await run("ate = effect from data by ipw", { data: dose });
  const names = other.actions.filter((a) => a.pressed !== undefined).map((a) => a.label);
  expect(names).toContain("regression");
  expect(names).not.toContain("aipw");
  const taken = await run("ate = effect from data", { data: dose });
  expect((taken.values["ate"] as Effect).method).toBe(names[0]);
});

test("diagnostics stand open without being asked, each chart with its text", async () => {
  const { reports, blocks } = await run("ate = effect from data by aipw");
  const open = blocks.filter((block) => block.kind === "details" && block.open === true);
  const titles = open.map((block) => (block.kind === "details" ? block.title : ""));
  expect(titles).toEqual(
    expect.arrayContaining(["Propensity by arm", "Balance of the covariates", "Weights"]),
  );
  for (const block of blocks) {
    if (block.kind === "chart") expect(block.summary.length).toBeGreaterThan(40);
  }
  expect(JSON.stringify(reports)).toContain("effective n, treated");
  const plain = await run("ate = effect from data by regression");
  expect(JSON.stringify(plain.reports)).toMatch(/Propensity by arm/);
  expect(JSON.stringify(plain.reports)).toMatch(/Residuals/);
});

/** Treated are far from the others in `severe`. */
const apart = (() => {
  const far = createRng(5);
  const x = Float64Array.from({ length: 500 }, () => far.normal() * 2);
  const t = x.map((v) => (far.next() < 1 / (1 + Math.exp(-3 * v)) ? 1 : 0));
  return tableOf({ severe: x, drug: t, days: x.map((v, i) => v + t[i]! + far.normal()), site: x });
})();

test("no overlap vetoes in words; one press trims, and the result says whose effect it is", async () => {
  const source = "att = effect from data by ipw for ATT";
  const veto = await run(source, { data: apart });
  const answer = veto.values["att"] as NoOverlap;
  expect(answer.kind).toBe("no-overlap");
  expect(answer.message).toMatch(/^No overlap for \d+ % of the treated \(\d+\)/);
  const trim = veto.actions.find((action) => action.label.startsWith("Trim to"))!;
  expect(trim.detail).toMatch(/Changes the question/);
  if (trim.does.kind !== "rewrite") throw new Error();
  expect(trim.does.to).toMatch(/^att = effect from data by ipw for ATT trim \(0\.\d+, 0\.\d+\)$/);
  for (const text of [trim.does.to, "att = effect from data by ipw for ATT trim(0.1)"]) {
    const trimmed = await run(text, { data: apart });
    const effectThere = trimmed.values["att"] as Effect;
    expect(effectThere.kind).toBe("effect");
    expect(effectThere.n).toBeLessThan(500);
    expect(effectThere.claim.query).toMatch(/among units with a propensity in \[0/);
    expect(trimmed.text).toMatch(/among units with a propensity/);
    expect(JSON.stringify(trimmed.reports)).toMatch(/The question was changed/);
    const back = trimmed.actions.find((action) => action.label.startsWith("Ask about everybody"))!;
    expect(back.does).toMatchObject({ to: source });
  }
  const formula = await run("att = effect from data by regression for ATT", { data: apart });
  expect(JSON.stringify(formula.reports)).toMatch(
    /No overlap for [\d.]+ % of the treated .*nobody in the other arm/,
  );
  expect(programOf("estimate", "a = effect trim (0.6)").diagnostics[0]).toMatchObject({
    code: "estimate-trim",
    place: { start: 16, end: 21 },
  });
});

test("heterogeneity: the best linear predictor finds the slope, fifths rise, covariates are ranked", async () => {
  const { values, blocks } = await run(
    'ate = effect from data by x-learner(outcomeModel: "linear")',
  );
  const found = heterogeneity(values["ate"] as Effect, data)!;
  expect(found.covariates[0]?.name).toBe("severe");
  const slope = found.predictor!.find((row) => row.name.startsWith("severe"))!;
  expect(Math.abs(slope.coefficient - 2)).toBeLessThan(4 * slope.standardError);
  expect(slope.standardError).toBeLessThan(0.3);
  expect(found.fifths![4]!.estimate - found.fifths![0]!.estimate).toBeGreaterThan(3);
  const charts = blocks.filter(
    (b) => b.kind === "chart" && /Predicted effect along/.test(b.summary),
  );
  expect(charts.length).toBeGreaterThan(0);
  expect(JSON.stringify(blocks)).toContain("Best linear predictor");
});

test("the notebook's seed is the default, an explicit one wins, and the result records it", async () => {
  const seedOf = async (source: string, notebookSeed?: number): Promise<number | undefined> =>
    ((await run(source, notebookSeed === undefined ? {} : { notebookSeed })).values["a"] as Effect)
      .seed;
  expect(await seedOf("a = effect from data by aipw", 42)).toBe(42);
  expect(await seedOf("a = effect from data by aipw(seed: 7)", 42)).toBe(7);
  expect(await seedOf("a = effect from data by aipw")).toBe(1);
  expect(programOf("estimate", "a = effect by aipw(seed: 7)").inputs).not.toContain("notebookSeed");
  const text = (seed: number) =>
    parseNotebook(`// %% id=aaaa
const x = Float64Array.from({ length: 100 }, (_, i) => Math.sin(i * 7));
const t = x.map((v, i) => (Math.sin(i * 13) + v > 0 ? 1 : 0));
const data = tableOf({ x, t, y: x.map((v, i) => v + t[i] + Math.cos(i * 3)) });

// %% [estimate] id=bbbb
// ate = y ~ t | x from data by aipw(overlap: "warn")

// %% [$notebook]
// seed=${seed}
`);
  const made = await runNotebook(text(11));
  expect(made.failures).toEqual([]);
  expect((made.value("ate") as Effect).seed).toBe(11);
});

test("the code-equivalent call runs in a TypeScript cell and gives the same numbers", async () => {
  const source =
    'ate = effect from data by aipw(seed: 5, folds: 3), ipw(clip: 0.02), x-learner(outcomeModel: "linear"), 2sls for ATE trim (0.05) terms (severe^2)';
  const shown = await run(source);
  const insert = shown.actions.find((action) => action.does.kind === "insert")!;
  if (insert.does.kind !== "insert") throw new Error();
  const notebook = parseNotebook(`// %% id=aaaa
const rng = createRng(9);
const severe = Float64Array.from({ length: 300 }, () => rng.normal());
const drug = severe.map((v) => (rng.next() < 1 / (1 + Math.exp(-v)) ? 1 : 0));
const data = tableOf({ severe, drug, days: severe.map((v, i) => v - 3 * drug[i] + rng.normal()) });

// %% [graph] id=bbbb name=graph
// severe -> drug, days; drug -> days

// %% [identify] id=cccc
// effect = P(days | do(drug)) in graph

// %% [estimate] id=dddd
// ${source.replace(", 2sls", "")}

// %% id=eeee
${insert.does.source}
`);
  // The names of columns and the seed are those of this notebook; its own snippet is what counts.
  const first = await runNotebook(notebook);
  const report = first.outputs.get("dddd")?.[0]?.[mime.report] as Report;
  const code = JSON.stringify(report).match(
    /"kind":"insert","cell":"ts","source":("(?:[^"\\]|\\.)*")/,
  )![1]!;
  const cells = notebook.cells.map((cell) =>
    cell.id === "eeee" ? { ...cell, source: JSON.parse(code) as string } : cell,
  );
  const second = await runNotebook({ ...notebook, cells });
  expect(second.failures).toEqual([]);
  const effects = second.value("ate") as Effect[];
  expect(effects.map((one) => one.kind)).toEqual(["effect", "effect", "effect"]);
  effects.forEach((one, k) => {
    const again = second.value(`ateByCode${k + 1}`) as Effect;
    expect([again.estimate, again.standardError, again.n, again.seed]).toEqual([
      one.estimate,
      one.standardError,
      one.n,
      one.seed,
    ]);
    expect(again.claim.status).toBe("identified");
  });
});
