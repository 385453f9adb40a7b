import { expect, test } from "vitest";
import {
  completeCases,
  selectColumns,
  selectRows,
  takeRows,
} from "../../../kernels/data/select.ts";
import { summariseTable } from "../../../kernels/data/summary.ts";
import { numbersOf, tableOf } from "../../../kernels/data/table.ts";

const table = tableOf({
  age: [20, 30, Number.NaN, 50, Number.POSITIVE_INFINITY],
  smokes: [0, 1, 1, Number.NaN, 0],
  city: ["a", "b", "a", "a", "c"],
});

test("summarises numbers without the missing and infinite ones", () => {
  const [age, smokes, city] = summariseTable(table);
  expect(age).toMatchObject({
    n: 5,
    missing: 1,
    infinite: 1,
    distinct: 3,
    minimum: 20,
    maximum: 50,
  });
  expect(age).toMatchObject({ mean: 100 / 3, quartiles: [25, 30, 40] });
  expect(age !== undefined && "sd" in age && age.sd).toBeCloseTo(15.275252316519467, 12);
  expect(smokes).toMatchObject({ type: "boolean", mean: 0.5, histogram: { counts: [2, 2] } });
  expect(city).toMatchObject({
    distinct: 3,
    levels: [
      { level: "a", count: 3 },
      { level: "b", count: 1 },
      { level: "c", count: 1 },
    ],
  });
});

test("histograms count every finite value once", () => {
  const x = Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 10);
  const [summary] = summariseTable(tableOf({ x }));
  if (summary === undefined || !("histogram" in summary)) throw new Error("no histogram");
  expect(summary.histogram.counts.reduce((a, b) => a + b, 0)).toBe(1000);
  expect(summary.histogram.edges).toHaveLength(summary.histogram.counts.length + 1);
});

test("an empty column and an empty table have summaries too", () => {
  expect(summariseTable(tableOf({ x: [] }))[0]).toMatchObject({ n: 0, histogram: { counts: [] } });
  expect(summariseTable(tableOf({}))).toEqual([]);
});

test("complete cases count what each column cost", () => {
  const chosen = completeCases(table);
  expect([...chosen.rows]).toEqual([0, 1, 4]);
  expect(chosen).toMatchObject({ dropped: 2, missing: { age: 1, smokes: 1 } });
  expect(completeCases(table, ["city"]).table).toBe(table);
});

test("rows and columns are selected, repeated and kept apart from the original", () => {
  const old = selectRows(table, (row) => numbersOf(table, "age")[row]! > 25);
  expect([...numbersOf(old.table, "age")]).toEqual([30, 50, Infinity]);
  expect(old.dropped).toBe(2);
  expect([...numbersOf(takeRows(table, Int32Array.of(1, 1)), "age")]).toEqual([30, 30]);
  expect(selectColumns(table, ["city"]).columns.map((c) => c.name)).toEqual(["city"]);
  expect(() => selectColumns(table, ["town"])).toThrow(/no column "town"/);
});
