import { expect, test } from "vitest";
import { createNotebook } from "../../../app/notebook/document.ts";
import { cellDigests } from "../../../app/notebook/digests.ts";

const upstream = (cell: string): readonly string[] =>
  ({ bbbb: ["aaaa"], cccc: ["bbbb"], dddd: [] })[cell] ?? [];
const notebook = (source: string, value = 1) =>
  createNotebook({
    id: "note",
    cells: [
      { id: "aaaa", source, inputs: { n: value } },
      { id: "bbbb", source: "b" },
      { id: "cccc", source: "c" },
      { id: "dddd", source: "d" },
    ],
  });
const changed = async (a: ReturnType<typeof notebook>, b: ReturnType<typeof notebook>) => {
  const [before, after] = [await cellDigests(a, upstream), await cellDigests(b, upstream)];
  return [...before.keys()].filter((id) => before.get(id) !== after.get(id));
};

test("an edit changes the digests of exactly what rests on it", async () => {
  expect(await changed(notebook("x"), notebook("x"))).toEqual([]);
  expect(await changed(notebook("x"), notebook("y"))).toEqual(["aaaa", "bbbb", "cccc"]);
});

test("a control that was moved changes what rests on its cell, not the cell that shows it", async () => {
  expect(await changed(notebook("x", 1), notebook("x", 2))).toEqual(["bbbb", "cccc"]);
});

test("cycles end", async () => {
  const circular = (cell: string): readonly string[] => (cell === "aaaa" ? ["bbbb"] : ["aaaa"]);
  expect((await cellDigests(notebook("x"), circular)).size).toBe(4);
});
