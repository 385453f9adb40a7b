// @vitest-environment jsdom
import { expect, test } from "vitest";
import { linksOf } from "../../renderer/notebook/dependencies.tsx";

test("every direct dependency once, cells that stand alone left out, in page order", () => {
  const upstream: Readonly<Record<string, readonly string[]>> = {
    sum: ["data", "data", "rate"],
    rate: ["data"],
    // a cell that is gone is no dependency
    note: ["gone"],
  };
  expect(linksOf(["sum", "note", "data", "rate"], (cell) => upstream[cell] ?? [])).toEqual({
    cells: ["sum", "data", "rate"],
    links: [
      { from: "data", to: "sum" },
      { from: "rate", to: "sum" },
      { from: "data", to: "rate" },
    ],
  });
  expect(linksOf(["a", "b"], () => [])).toEqual({ cells: [], links: [] });
});
