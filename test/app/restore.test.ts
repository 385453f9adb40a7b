import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type CellSpec, createNotebook, type Notebook } from "../../app/notebook/document.ts";
import { applyEdits } from "../../app/notebook/edits.ts";
import { restoreCellEdits, restoreEdits } from "../../app/notebook/restore.ts";

const hash = (digit: string): string => digit.repeat(64);
const cell = fc.record({
  id: fc.constantFrom("aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff"),
  kind: fc.constantFrom("ts", "graph", "markdown"),
  name: fc.option(fc.constantFrom("one", "two"), { nil: undefined }),
  source: fc.string({ unit: fc.constantFrom("a", "b", "\n", "🙂"), maxLength: 8 }),
  flags: fc.constantFrom({}, { lazy: true }, { pinned: true, disabled: true }),
  inputs: fc.constantFrom({}, { 0: 1 }, { 0: [1, 2], dose: "x" }),
  meta: fc.constantFrom({}, { folded: "true" }, { points: "2" }),
});
const notebook = fc
  .record({
    title: fc.constantFrom("A", "B"),
    cells: fc.uniqueArray(cell, { selector: ({ id }) => id, maxLength: 6 }),
    seed: fc.integer({ min: 1, max: 2 }),
    run: fc.constantFrom("auto" as const, "lazy" as const),
    meta: fc.constantFrom({}, { author: "Å" }, { doubts: '["x"]' }),
    files: fc.uniqueArray(
      fc.record({ name: fc.constantFrom("a.csv", "b.csv"), digit: fc.constantFrom("1", "2") }),
      { selector: ({ name }) => name },
    ),
  })
  .map(({ seed, run, files, cells, ...rest }) =>
    createNotebook({
      id: "restored",
      ...rest,
      cells: cells.map(({ name, ...all }): CellSpec => ({
        ...all,
        ...(name === undefined ? {} : { name }),
      })),
      settings: { seed, run },
      attachments: files.map(({ name, digit }) => ({
        name,
        sha256: hash(digit),
        bytes: 1,
        mime: "text/csv",
      })),
    }),
  );

test("any notebook becomes any other, and undoing gives the first back", () => {
  fc.assert(
    fc.property(notebook, notebook, (now, then) => {
      const { notebook: restored, inverses } = applyEdits(now, restoreEdits(now, then));
      expect(restored).toEqual(then);
      expect(applyEdits(restored, inverses).notebook).toEqual(now);
      expect(restoreEdits(then, then)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("one cell becomes what it was and leaves all others as they are", () => {
  fc.assert(
    fc.property(notebook, notebook, (now, then) => {
      for (const id of ["aaaa", "bbbb", "cccc"]) {
        const edits = restoreCellEdits(now, then, id);
        const after = applyEdits(now, edits).notebook;
        const find = (from: Notebook) => from.cells.find((each) => each.id === id);
        expect(find(after)).toEqual(find(then));
        expect(after.cells.filter((each) => each.id !== id)).toEqual(
          now.cells.filter((each) => each.id !== id),
        );
      }
    }),
    { numRuns: 200 },
  );
});

test("a deleted cell comes back behind the one it stood behind", () => {
  const order = (ids: string): Notebook =>
    createNotebook({
      id: "restored",
      cells: ids.split("").map((id) => ({ id: id.repeat(4), source: id })),
    });
  const names = (of: Notebook): string => of.cells.map(({ id }) => id[0]).join("");
  const back = (now: string, then: string, id: string): string =>
    names(applyEdits(order(now), restoreCellEdits(order(now), order(then), id.repeat(4))).notebook);
  expect(back("adx", "abcd", "c")).toBe("acdx");
  expect(back("dx", "abcd", "a")).toBe("adx");
  // moved to the front since: back behind b; the cells it passed stay where they are
  expect(back("dabc", "abcd", "d")).toBe("abcd");
  expect(back("dabc", "abcd", "b")).toBe("dabc");
});
