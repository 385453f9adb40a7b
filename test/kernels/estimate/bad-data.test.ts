import { expect, test } from "vitest";
import { readTable } from "../../../kernels/data/read.ts";
import { type Table, tableOf } from "../../../kernels/data/table.ts";
import {
  estimate,
  type EstimateOptions,
  methods,
  optionsOf,
  problemOf,
  regression,
  regressionMethod,
} from "../../../kernels/estimate/index.ts";
import type { EstimandSpec, EstimateResult } from "../../../kernels/estimate/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";

const rng = createRng(2);
const n = 200;
const x = Float64Array.from({ length: n }, () => rng.normal());
const t = Float64Array.from({ length: n }, () => (rng.next() < 0.5 ? 1 : 0));
const y = x.map((v, i) => v + t[i]! + rng.normal());
const spec = { treatment: "t", outcome: "y", adjustment: ["x"] };
const adjusting = methods.filter(
  (m) => m.fits.estimands.includes("adjustment") && m.fits.treatments.includes("binary"),
);

async function answer(
  columns: Record<string, ArrayLike<number> | readonly string[]>,
  more: EstimateOptions = {},
): Promise<EstimateResult> {
  return estimate(spec, tableOf({ x, t, y, ...columns }), more);
}

function patched(values: Float64Array, at: number, value: number): Float64Array {
  return values.map((v, i) => (i === at ? value : v));
}

test("all problems of the data are listed at once, by column, each with a way out", async () => {
  const result = await answer({ x: patched(x, 3, Number.NaN), y: patched(y, 5, Infinity) });
  expect(result).toMatchObject({
    kind: "bad-data",
    problems: [
      { code: "infinite-values", columns: ["y"], rows: 1 },
      { code: "missing-values", columns: ["x"], rows: 1 },
    ],
  });
  if (result.kind === "bad-data")
    for (const problem of result.problems) expect(problem.hint).toBeTruthy();
  expect(await answer({ x: patched(x, 3, Number.NaN) }, { missing: "drop" })).toMatchObject({
    kind: "effect",
    n: n - 1,
    warnings: [{ code: "rows-dropped" }],
  });
});

test("a column outside the estimand may hold anything", async () => {
  expect((await answer({ other: x.map(() => Number.NaN) })).kind).toBe("effect");
});

test.each(adjusting.map((m) => m.name))(
  "%s: constant treatment, constant outcome, text, too few rows",
  async (method) => {
    const code = async (columns: Parameters<typeof answer>[0]): Promise<unknown> => {
      const result = await answer(columns, { method });
      return result.kind === "bad-data"
        ? result.problems.map((p) => [p.code, ...p.columns])
        : result.kind;
    };
    expect(await code({ t: t.map(() => 1) })).toEqual([["constant-column", "t"]]);
    expect(await code({ y: y.map(() => 3) })).toEqual([["constant-column", "y"]]);
    const text = readTable(
      `t,y,x\n${Array.from({ length: 60 }, (_, i) => `${i % 2},${i},name${i}`).join("\n")}`,
    );
    expect(await estimate(spec, text, { method })).toMatchObject({
      kind: "bad-data",
      problems: [{ code: "text-column", columns: ["x"] }],
    });
    const wide: Record<string, Float64Array> = {};
    for (let j = 0; j < 12; j++) wide[`z${j}`] = x.slice(0, 10).map(() => rng.normal());
    const few = tableOf({ ...wide, t: t.slice(0, 10), y: y.slice(0, 10) });
    expect(
      await estimate({ ...spec, adjustment: Object.keys(wide) }, few, { method }),
    ).toMatchObject({
      kind: "bad-data",
      problems: [{ code: "too-few-rows", columns: Object.keys(wide) }],
    });
  },
);

test.each(adjusting.map((m) => m.name))(
  "%s: a covariate that tells the treatment is named",
  async (method) => {
    const result = await answer({ x: t.map((v) => 2 * v - 1) }, { method });
    expect(result).toMatchObject({
      kind: "bad-data",
      problems: [{ code: "separation", columns: ["x"] }],
    });
  },
);

test("separation by a threshold is named by weighting and AIPW", async () => {
  for (const method of ["ipw", "aipw"]) {
    expect(await answer({ t: x.map((v) => (v > 0 ? 1 : 0)) }, { method })).toMatchObject({
      kind: "bad-data",
      problems: [{ code: "separation", columns: ["x"] }],
    });
  }
});

test("no overlap vetoes, offers a trim, and the trimmed population is named", async () => {
  const far = x.map((v, i) => v + 3.2 * t[i]!);
  const result = await answer({ x: far }, { method: "ipw" });
  if (result.kind !== "no-overlap") throw new Error(result.kind);
  expect(result.share).toBeGreaterThan(0.25);
  const { low, high } = result.trimTo;
  const trimmed = await answer({ x: far }, { method: "ipw", trim: { low, high } });
  expect(trimmed).toMatchObject({
    kind: "effect",
    n: result.trimTo.n,
    estimand: { population: /propensity/ },
  });
  expect(await answer({ x: far }, { method: "ipw", overlap: "warn" })).toMatchObject({
    kind: "effect",
    warnings: [{ code: "little-overlap" }],
  });
});

test("collinear and one-hot covariates change nothing", async () => {
  const city = Array.from({ length: n }, (_, i) => ["a", "b", "c", "never"][i % 3]!);
  const inA = Float64Array.from(city, (c) => (c === "a" ? 1 : 0));
  for (const method of ["regression", "ipw", "aipw"]) {
    const plain = await estimate(
      { ...spec, adjustment: ["x", "city"] },
      tableOf({ x, t, y, city }),
      { method },
    );
    const twice = tableOf({ x, x2: x.map((v) => 3 * v - 1), inA, t, y, city });
    const more = await estimate({ ...spec, adjustment: ["x", "city", "x2", "inA"] }, twice, {
      method,
    });
    if (plain.kind !== "effect" || more.kind !== "effect") throw new Error("no effect");
    expect(more.estimate).toBeCloseTo(plain.estimate, 8);
    expect(more.standardError).toBeCloseTo(plain.standardError, 8);
  }
});

test("mistakes in the call are UserErrors with the names there are", async () => {
  const table: Table = tableOf({ x, t, y });
  const call = (s: EstimandSpec, options: EstimateOptions = {}): Promise<EstimateResult> =>
    estimate(s, table, options);
  await expect(call({ ...spec, adjustment: ["z"] })).rejects.toMatchObject({
    code: "unknown-column",
  });
  await expect(call(spec, { method: "magic" })).rejects.toMatchObject({ code: "unknown-method" });
  await expect(call(spec, { method: "ipw", folds: 3 })).rejects.toMatchObject({
    code: "unknown-option",
  });
  await expect(call(spec, { method: "ipw", clip: 2 })).rejects.toMatchObject({
    code: "bad-option",
  });
  await expect(call(spec, { seed: 0 })).rejects.toMatchObject({ code: "bad-option" });
  await expect(call(spec, { terms: ["x^^2"] })).rejects.toMatchObject({ code: "unknown-column" });
  await expect(call(spec, { terms: ["log(x)"] })).rejects.toMatchObject({ code: "bad-term" });
  expect(await call({ ...spec, adjustment: ["t"] })).toMatchObject({
    kind: "bad-data",
    problems: [{ code: "same-column-twice", columns: ["t"] }],
  });
  expect(await call({ ...spec, target: "LATE" }, { method: "ipw" })).toMatchObject({
    kind: "not-applicable",
  });
});

test("every method documents itself: options have defaults that pass their own checks", () => {
  expect(new Set(methods.map((m) => m.name)).size).toBe(methods.length);
  for (const method of methods) {
    expect(method.summary.endsWith(".")).toBe(true);
    expect(method.source).toBeTruthy();
    for (const spec of Object.values(method.options)) {
      expect(spec.doc.length).toBeGreaterThan(10);
      if (spec.type === "choice") expect(spec.choices).toContain(spec.default);
    }
  }
});

test("methods can be called by their own names with typed columns", async () => {
  const columns = { outcome: y, treatment: t, covariates: { x } };
  const direct = regression(problemOf(columns), optionsOf(regressionMethod, { errors: "HC1" }));
  const through = await answer({}, { method: "regression", errors: "HC1" });
  if (direct.kind !== "finding" || through.kind !== "effect") throw new Error("no estimate");
  expect(direct.estimate).toBe(through.estimate);
  expect(direct.standardError).toBe(through.standardError);
  expect(() => problemOf({ ...columns, treatment: t.map(() => 0) })).toThrow(/one value/);
});

test("every method that fits answers by default, and its effect says what it did", async () => {
  for (const method of adjusting) {
    const target = method.fits.targets[0]!;
    const result = await estimate({ ...spec, target }, tableOf({ x, t, y }), {
      method: method.name,
    });
    if (result.kind !== "effect") throw new Error(`${method.name}: ${result.message}`);
    expect(Math.abs(result.estimate - 1)).toBeLessThan(0.6);
    expect(result.interval.low).toBeLessThan(result.estimate);
    expect(result.interval.method).toBeTruthy();
    expect(Object.keys(result.options)).toEqual(Object.keys(method.options));
    for (const diagnostic of result.diagnostics)
      expect(diagnostic.summary).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test("a stopped estimate throws what the signal says", async () => {
  const controller = new AbortController();
  controller.abort();
  const work = { signal: controller.signal, progress: () => {} };
  await expect(estimate(spec, tableOf({ x, t, y }), { method: "aipw" }, work)).rejects.toThrow(
    /abort/i,
  );
});
