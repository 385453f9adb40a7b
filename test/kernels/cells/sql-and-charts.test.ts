import { expect, test } from "vitest";
import { KernelHarness } from "../kernel-support.ts";

const data = { id: "data", kind: "data", source: "people = table:\nage,sex\n31,f\n47,m\n25,f" };

test("a query is a cell among others: tables, values and results travel by name", async () => {
  const kernel = new KernelHarness();
  await kernel.open([
    { id: "ask1", kind: "sql", source: "old = select * from people where age > ${limit}" },
    { id: "code", source: "const limit = 30;" },
    {
      id: "ask2",
      kind: "sql",
      source: "select sex, count(*) as n from old group by sex order by n desc, sex",
    },
    { id: "more", source: "old.n" },
    data,
  ]);
  expect(kernel.shown.get("more")).toEqual(["2"]);
  expect(kernel.shown.get("ask2")?.[0]).toContain("Table: 2 rows × 2 columns (sex, n)");
});

test("what cannot be asked is told in the cell", async () => {
  const kernel = new KernelHarness();
  await kernel.open([
    data,
    { id: "bad1", kind: "sql", source: "select nope from people" },
    { id: "bad2", kind: "sql", source: 'select * from "nothing.csv"' },
    { id: "bad3", kind: "sql", source: "select * from limit1" },
    { id: "bad4", kind: "sql", source: "select * from people where ${fun}" },
    { id: "func", source: "const fun = () => 1; const limit1 = 3;" },
    { id: "bad5", kind: "sql", source: "" },
  ]);
  const failure = (cell: string): string => JSON.stringify(kernel.states.get(cell));
  expect(failure("bad1")).toContain("no such column: nope");
  expect(failure("bad2")).toContain("nothing.csv");
  expect(failure("bad3")).toContain("limit1 is no table");
  expect(failure("bad4")).toContain("cannot stand in a query");
  expect(failure("bad5")).toContain("no query yet");
});

test("a chart draws tables and values of other cells", async () => {
  const kernel = new KernelHarness();
  await kernel.open([
    data,
    { id: "size", source: "const size = 80;" },
    {
      id: "draw",
      kind: "vega-lite",
      name: "plot",
      source: JSON.stringify({
        data: { name: "people" },
        layer: [
          { mark: { type: "point", size: "${size}" } },
          { data: { values: [] }, mark: "rule" },
        ],
        encoding: { x: { field: "age", type: "quantitative" } },
      }),
    },
    { id: "read", source: "[plot.datasets.people[1].age, plot.layer[0].mark.size]" },
    { id: "bad1", kind: "vega-lite", source: '{"mark": }' },
    { id: "bad2", kind: "vega-lite", source: '{"mark": "bar", "data": {"name": "size"}}' },
    { id: "bad3", kind: "vega-lite", source: "[]" },
  ]);
  expect(kernel.shown.get("read")).toEqual(["[47, 80]"]);
  expect(kernel.shown.get("draw")).toEqual(["Vega-Lite chart"]);
  expect(JSON.stringify(kernel.states.get("bad1"))).toContain("This is no JSON");
  expect(JSON.stringify(kernel.states.get("bad2"))).toContain("size cannot be drawn");
  expect(JSON.stringify(kernel.states.get("bad3"))).toContain("A chart is a JSON object");
});
