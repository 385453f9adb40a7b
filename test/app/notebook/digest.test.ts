import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  type CellDependencies,
  cellDigest,
  digestOf,
  digestOfJson,
  notebookDigests,
} from "../../../app/notebook/digest.ts";
import { createNotebook, type Notebook } from "../../../app/notebook/document.ts";
import { applyEdit, type Edit } from "../../../app/notebook/edits.ts";
import { cpuTime } from "./cpu-time.ts";

test("digests are SHA-256 in hex, as Node's", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string({ unit: "grapheme" }), (bytes, text) => {
      expect(digestOf(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
      expect(digestOf(text)).toBe(createHash("sha256").update(text, "utf8").digest("hex"));
    }),
  );
  expect(digestOf("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

test("the order of keys does not matter, their values do", () => {
  const digest = digestOfJson({ a: 1, b: { c: 2, d: 3 } });
  expect(digestOfJson({ b: { d: 3, c: 2 }, a: 1 })).toBe(digest);
  expect(digestOfJson({ a: 1, b: { c: 3, d: 2 } })).not.toBe(digest);
});

const notebook = createNotebook({
  cells: [
    { id: "aaaa", source: "const a = 1;" },
    { id: "bbbb", source: "const b = a + 1;" },
    { id: "cccc", kind: "data", name: "survey", source: "survey.csv" },
    { id: "dddd", source: "b + survey.n" },
  ],
  attachments: [{ name: "survey.csv", sha256: "0".repeat(64), bytes: 1, mime: "text/csv" }],
});
const dependencies = new Map<string, CellDependencies>([
  ["bbbb", { cells: ["aaaa"] }],
  ["cccc", { cells: [], attachments: ["survey.csv"] }],
  ["dddd", { cells: ["bbbb", "cccc"] }],
]);

test.each<[Edit, readonly string[]]>([
  [{ kind: "splice", cell: "aaaa", at: 10, remove: 1, insert: "2" }, ["aaaa", "bbbb", "dddd"]],
  [{ kind: "splice", cell: "dddd", at: 0, remove: 0, insert: "1+" }, ["dddd"]],
  [{ kind: "set-input", cell: "bbbb", name: "x", value: 1 }, ["bbbb", "dddd"]],
  [{ kind: "set-kind", cell: "bbbb", value: "graph" }, ["bbbb", "dddd"]],
  [{ kind: "set-name", cell: "cccc" }, ["cccc", "dddd"]],
  [{ kind: "set-flag", cell: "aaaa", flag: "codeHidden", value: true }, []],
  [{ kind: "set-flag", cell: "aaaa", flag: "disabled", value: true }, []],
  [{ kind: "move-cell", cell: "aaaa", to: 3 }, []],
  [{ kind: "set-title", value: "T" }, []],
  [
    {
      kind: "attach",
      attachment: { name: "survey.csv", sha256: "1".repeat(64), bytes: 1, mime: "text/csv" },
    },
    ["cccc", "dddd"],
  ],
  [{ kind: "detach", name: "survey.csv" }, ["cccc", "dddd"]],
  [{ kind: "set-setting", name: "seed", value: 2 }, ["aaaa", "bbbb", "cccc", "dddd"]],
])("after %j exactly %j have another digest", (edit, changed) => {
  const before = notebookDigests(notebook, dependencies);
  const after = notebookDigests(applyEdit(notebook, edit).notebook, dependencies);
  const differing = [...before.keys()].filter((id) => before.get(id) !== after.get(id));
  expect(differing.sort()).toEqual(changed);
});

test("cells of a cycle, and what rests on them, have no digest", () => {
  const circular = new Map<string, CellDependencies>([
    ["aaaa", { cells: ["bbbb"] }],
    ["bbbb", { cells: ["aaaa", "aaaa"] }],
    ["dddd", { cells: ["bbbb", "gone"] }],
  ]);
  expect([...notebookDigests(notebook, circular).keys()]).toEqual(["cccc"]);
});

test("ids do not count: a copy's outputs stay current", () => {
  const copy = createNotebook({
    cells: [{ source: "const a = 1;" }, { source: "const b = a + 1;" }],
  });
  const [a = "", b = ""] = copy.cells.map(({ id }) => id);
  const digests = notebookDigests(copy, new Map([[b, { cells: [a] }]]));
  const original = notebookDigests(notebook, dependencies);
  expect(digests.get(b)).toBe(original.get("bbbb"));
});

test("a digest agrees with its definition, cell by cell", () => {
  const digests = notebookDigests(notebook, dependencies);
  const [a, b] = notebook.cells;
  if (a === undefined || b === undefined) throw new Error("the notebook has no cells");
  expect(digests.get("bbbb")).toBe(cellDigest(b, { cells: [cellDigest(a)] }));
});

test("10,000 cells in a chain or a fan are quick", () => {
  const wide: Notebook = createNotebook({
    cells: Array.from({ length: 10_000 }, (_, i) => ({ id: `c${String(i).padStart(5, "0")}` })),
  });
  const ids = wide.cells.map(({ id }) => id);
  const chain = new Map(ids.slice(1).map((id, i) => [id, { cells: [ids[i] ?? ""] }]));
  const fan = new Map(ids.slice(1).map((id) => [id, { cells: [ids[0] ?? ""] }]));
  const time = cpuTime(() => {
    expect(notebookDigests(wide, chain).size).toBe(10_000);
    expect(notebookDigests(wide, fan).size).toBe(10_000);
  });
  expect(time).toBeLessThan(5000);
});
