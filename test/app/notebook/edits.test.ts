import * as fc from "fast-check";
import { expect, test } from "vitest";
import { UserError } from "../../../app/errors.ts";
import { createNotebook, type Notebook } from "../../../app/notebook/document.ts";
import {
  applyEdit,
  applyEdits,
  type Edit,
  mergeSplices,
  type Splice,
} from "../../../app/notebook/edits.ts";
import { cpuTime } from "./cpu-time.ts";
import { editFor, editSeed, notebook } from "./arbitraries.ts";

const two = createNotebook({
  cells: [
    { id: "aaaa", source: "const a = 1;" },
    { id: "bbbb", source: "a + 1" },
  ],
});

test("every edit, then its inverse, gives the notebook back", () => {
  fc.assert(
    fc.property(notebook, editSeed, (before, seed) => {
      const { notebook, inverse } = applyEdit(before, editFor(before, seed));
      expect(applyEdit(notebook, inverse).notebook).toEqual(before);
    }),
    { numRuns: 1000 },
  );
});

test("a log of edits replays through JSON to the same notebook and undoes to the first", () => {
  fc.assert(
    fc.property(notebook, fc.array(editSeed, { maxLength: 20 }), (before, seeds) => {
      let now = before;
      const log: Edit[] = [];
      const undo: Edit[] = [];
      for (const seed of seeds) {
        const edit = editFor(now, seed);
        const applied = applyEdit(now, edit);
        log.push(edit);
        undo.unshift(applied.inverse);
        now = applied.notebook;
      }
      const stored = JSON.parse(JSON.stringify(log)) as Edit[];
      const replayed = applyEdits(before, stored);
      expect(replayed.notebook).toEqual(now);
      expect(replayed.inverses).toEqual(undo);
      const undone = JSON.parse(JSON.stringify(replayed.inverses)) as Edit[];
      expect(applyEdits(now, undone).notebook).toEqual(before);
    }),
    { numRuns: 300 },
  );
});

test("an edit leaves the notebook it was given, and all cells but one, untouched", () => {
  const frozen = deepFreeze(structuredClone(two));
  const { notebook } = applyEdit(frozen, splice(0, 5, "let"));
  expect(notebook.cells[0]?.source).toBe("let a = 1;");
  expect(notebook.cells[1]).toBe(frozen.cells[1]);
});

test("two splices merge into one with the same effect, or touch no common text", () => {
  const piece = fc.string({ maxLength: 4 });
  fc.assert(
    fc.property(
      fc.string({ maxLength: 10 }),
      fc.nat(),
      fc.nat(),
      piece,
      fc.nat(),
      fc.nat(),
      piece,
      (text, a, b, insert, c, d, insert2) => {
        const start = createNotebook({ cells: [{ id: "aaaa", source: text }] });
        const [first, middle] = spliced(start, a, b, insert);
        const [second, end] = spliced(middle, c, d, insert2);
        const merged = mergeSplices(first, second);
        if (merged === undefined) {
          const touches =
            second.at <= first.at + first.insert.length && second.at + second.remove >= first.at;
          expect(touches).toBe(false);
        } else {
          expect(applyEdit(start, merged).notebook).toEqual(end);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test("splices of different cells do not merge", () => {
  expect(mergeSplices(splice(0, 0, "x"), { ...splice(1, 0, "y"), cell: "bbbb" })).toBeUndefined();
});

const cell = two.cells[0];
const hash = "0".repeat(64);
const misfits: readonly [string, unknown][] = [
  ["edit-no-cell", { kind: "delete-cell", cell: "zzzz" }],
  ["edit-no-cell", { kind: "splice", cell: "zzzz", at: 0, remove: 0, insert: "" }],
  ["edit-range", splice(13, 0, "x")],
  ["edit-range", splice(-1, 0, "x")],
  ["edit-range", splice(0.5, 0, "x")],
  ["edit-range", splice(Number.NaN, 0, "x")],
  ["edit-range", splice(10, 3, "x")],
  ["edit-text", splice(0, 0, "a\r\nb")],
  ["edit-range", { kind: "insert-cell", at: 3, cell: { ...cell, id: "cccc" } }],
  ["edit-cell-there", { kind: "insert-cell", at: 0, cell }],
  ["edit-range", { kind: "move-cell", cell: "aaaa", to: 2 }],
  ["edit-flag", { kind: "set-flag", cell: "aaaa", flag: "__proto__", value: true }],
  ["edit-value", { kind: "set-flag", cell: "aaaa", flag: "lazy", value: "yes" }],
  ["bad-kind", { kind: "set-kind", cell: "aaaa", value: "A B" }],
  ["bad-name", { kind: "set-name", cell: "aaaa", value: " " }],
  ["bad-key", { kind: "set-meta", cell: "aaaa", key: "__proto__", value: "x" }],
  ["bad-key", { kind: "set-meta", cell: "aaaa", key: "id", value: "x" }],
  ["edit-value", { kind: "set-meta", cell: "aaaa", key: "k", value: 3 }],
  ["not-json", { kind: "set-input", cell: "aaaa", name: "x", value: Number.NaN }],
  ["bad-title", { kind: "set-title", value: "" }],
  ["edit-setting", { kind: "set-setting", name: "toString", value: 1 }],
  ["bad-setting", { kind: "set-setting", name: "seed", value: 0 }],
  ["bad-setting", { kind: "set-setting", name: "run", value: "fast" }],
  ["edit-attachment", { kind: "detach", name: "x.csv" }],
  ["bad-attachment", { kind: "attach", attachment: attached("../x") }],
  ["bad-attachment", { kind: "attach", attachment: { ...attached("x"), sha256: "0" } }],
  ["cell-id-twice", { kind: "replace-cells", cells: [cell, cell] }],
  ["edit-kind", { kind: "explode" }],
];

test.each(misfits)("%s: %j", (code, edit) => {
  const before = structuredClone(two);
  expect(() => applyEdit(two, edit as Edit)).toThrow(
    expect.objectContaining({ name: "UserError", code }) as UserError,
  );
  expect(two).toEqual(before);
});

test("edits of a group apply all or not at all", () => {
  const edits: Edit[] = [
    { kind: "set-title", value: "T" },
    { kind: "delete-cell", cell: "zzzz" },
  ];
  expect(() => applyEdits(two, edits)).toThrow(UserError);
  expect(two.title).toBe("Untitled");
});

test("10,000 keystrokes in a notebook of 1,000 cells take well under a second", () => {
  let now = createNotebook({ cells: Array.from({ length: 1000 }, () => ({ source: "x" })) });
  const id = now.cells[999]?.id ?? "";
  const time = cpuTime(() => {
    for (let i = 0; i < 10_000; i++) {
      now = applyEdit(now, { kind: "splice", cell: id, at: i, remove: 0, insert: "y" }).notebook;
    }
  });
  expect(now.cells[999]?.source.length).toBe(10_001);
  expect(time).toBeLessThan(1000);
});

function splice(at: number, remove: number, insert: string): Splice {
  return { kind: "splice", cell: "aaaa", at, remove, insert };
}

function spliced(before: Notebook, a: number, b: number, insert: string): [Splice, Notebook] {
  const length = before.cells[0]?.source.length ?? 0;
  const at = a % (length + 1);
  const edit = splice(at, b % (length - at + 1), insert);
  return [edit, applyEdit(before, edit).notebook];
}

function attached(name: string): { name: string; sha256: string; bytes: number; mime: string } {
  return { name, sha256: hash, bytes: 1, mime: "text/csv" };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
