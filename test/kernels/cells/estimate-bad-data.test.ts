import { beforeAll, expect, test } from "vitest";
import type { Column, Table } from "../../../kernels/data/table.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { runCell } from "./run-cell.ts";

/** What a person gets who brings bad rows or misspells: the column named, a way out, and the place underlined. */
const rng = createRng(5);
const n = 200;
const x = Float64Array.from({ length: n }, () => rng.normal());
const t = x.map((v) => (rng.next() < 1 / (1 + Math.exp(-v)) ? 1 : 0));
const y = x.map((v, i) => v + 2 * t[i]! + rng.normal());
const patched = (values: Float64Array, value: number) =>
  values.map((v, i) => (i === 3 ? value : v));
const texts: Column = { name: "x", type: "text", texts: Array.from(x, String) };

let effect: unknown;
beforeAll(async () => {
  const graph = parseGraph("x -> t, y; t -> y");
  effect = (await runCell("identify", "effect = P(y | do(t)) in graph", { graph })).values[
    "effect"
  ];
});

const effectOf = "a = effect from data by aipw";
const cases: readonly (readonly [
  name: string,
  source: string,
  data: Table,
  message: RegExp,
  underlined: string,
])[] = [
  [
    "missing",
    effectOf,
    tableOf({ x: patched(x, Number.NaN), t, y }),
    /"x".* missing in 1 of 200/,
    "data",
  ],
  [
    "all missing",
    `${effectOf} missing drop`,
    tableOf({ x: x.map(() => Number.NaN), t, y }),
    /Only 0 of 200 rows are complete: x is missing in 200/,
    "data",
  ],
  [
    "infinite",
    effectOf,
    tableOf({ x: patched(x, Infinity), t, y }),
    /"x" holds 1 infinite value/,
    "data",
  ],
  [
    "constant treatment",
    "a = y ~ t | x from data",
    tableOf({ x, t: t.map(() => 1), y }),
    /treatment "t" has one value/,
    "t",
  ],
  [
    "constant outcome",
    "a = y ~ t | x from data",
    tableOf({ x, t, y: y.map(() => 1) }),
    /outcome "y" has one value/,
    "y",
  ],
  [
    "free text",
    effectOf,
    { kind: "table", n, columns: [texts, ...tableOf({ t, y }).columns] },
    /"x".*free text/,
    "data",
  ],
  [
    "more columns than rows",
    "a = y ~ t | g from data",
    tableOf({ g: Array.from(x, (_, i) => `l${i}`), t, y }),
    /200 rows for 199 columns/,
    "g",
  ],
  [
    "separation",
    effectOf,
    tableOf({ x, t: x.map((v) => (v > 0 ? 1 : 0)), y }),
    /"t" can be told without error from x/,
    "data",
  ],
  [
    "outcome is treatment",
    "a = y ~ y | x from data",
    tableOf({ x, t, y }),
    /"y" is used as outcome and as treatment/,
    "y",
  ],
  [
    "adjusting for the treatment",
    "a = y ~ t | t from data",
    tableOf({ x, t, y }),
    /"t" is used as treatment and as adjustment/,
    "t",
  ],
  [
    "labels as outcome",
    "a = y ~ t | x from data",
    tableOf({ x, t, y: Array.from(y, (v) => (v > 1 ? "hi" : v > 0 ? "mid" : "lo")) }),
    /"y" has 3 categories/,
    "y",
  ],
  [
    "quoted names",
    'a = "my y" ~ t | x from data',
    tableOf({ x, t, "my y": patched(y, Number.NaN) }),
    /"my y".*missing in 1/,
    "my y",
  ],
  [
    "names with signs",
    'a = "y(1)" ~ t | "x+" from data',
    tableOf({ "x+": x, t, "y(1)": patched(y, Infinity) }),
    /"y\(1\)" holds 1 infinite/,
    "y(1)",
  ],
  [
    "no such target",
    "a = effect from data by regression for overlap",
    tableOf({ x, t, y }),
    /does not estimate the overlap/,
    "regression",
  ],
];

test.each(cases)("%s: an answer that names it", async (_, source, data, message, underlined) => {
  const { values, reports } = await runCell("estimate", source, { effect, data });
  expect((values["a"] as { kind: string }).kind).not.toBe("effect");
  expect(reports[0]?.summary).toMatch(message);
  const [finding] = reports[0]?.findings ?? [];
  expect(finding?.hint?.length).toBeGreaterThan(10);
  expect(source.slice(finding?.place?.start, finding?.place?.end)).toBe(underlined);
});

test.each([
  ["a = y ~ treat | agee from data", "agee", "unknown-column", "Did you mean age?"],
  ["a = yy ~ treat | age from data", "yy", "unknown-column", "Did you mean y?"],
  ["a = y ~ traet | age from data", "traet", "unknown-column", "Did you mean treat?"],
  ["a = y ~ treat | age from data by aiwp", "aiwp", "unknown-method", "Did you mean aipw?"],
  [
    "a = y ~ treat | age from data by aipw(fold: 5)",
    "fold",
    "unknown-option",
    "Did you mean folds?",
  ],
  ["a = y ~ treat | age from data by aipw(folds: 1.5)", "folds", "bad-option", undefined],
  ["a = y ~ treat | age from data by aipw(level: 3)", "level", "bad-option", undefined],
  ["a = y ~ treat | age from data by aipw(seed: 0)", "seed", "bad-option", undefined],
  [
    'a = y ~ treat | age from data by aipw(clusters: "vilage")',
    "clusters",
    "unknown-column",
    "Did you mean village?",
  ],
  ["a = y ~ treat | age from data terms (aeg^2)", "aeg", "unknown-column", "Did you mean age?"],
  ["a = y ~ treat from nothing", "nothing", "not-a-table", undefined],
  ["a = wrong from data", "wrong", "not-an-identification", undefined],
])("%s: a mistake with its place", async (source, underlined, code, hint) => {
  const data = tableOf({ age: x, treat: t, y, village: t });
  const error = await runCell("estimate", source, { data }).catch((e: unknown) => e);
  expect(error).toMatchObject({ code, ...(hint === undefined ? {} : { hint }) });
  const { place } = error as { place: { start: number; end: number } };
  expect(source.slice(place.start, place.end)).toBe(underlined);
});

test("a formula that compares what nothing can says so; several levels are named", async () => {
  const apart = tableOf({ x, t: x.map((v) => (v > 0 ? 1 : 0)), y });
  const told = await runCell("estimate", "a = effect from data by regression", {
    effect,
    data: apart,
  });
  expect(JSON.stringify(told.reports)).toMatch(
    /by formula alone: nothing in the data checks this number/,
  );
  const levels = tableOf({
    x,
    t: Array.from(t, (v, i) => (i % 3 === 0 ? "c" : v === 1 ? "a" : "b")),
    y,
  });
  const several = await runCell("estimate", "a = effect from data by regression", {
    effect,
    data: levels,
  });
  expect(several.text).toMatch(/of t \(\w rather than \w\) on y/);
  expect(JSON.stringify(several.reports)).toMatch(/has 3 levels; \w is compared with \w/);
});
