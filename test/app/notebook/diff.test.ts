import { assert, property, shuffledSubarray } from "fast-check";
import { describe, expect, test } from "vitest";
import { diffNotebooks } from "../../../app/notebook/diff.ts";
import { type CellSpec, createNotebook, type Notebook } from "../../../app/notebook/document.ts";

const notebook = (cells: readonly CellSpec[]): Notebook =>
  createNotebook({ id: "aaaabbbb", title: "T", cells });

const cell = (id: string, source = id): CellSpec => ({ id, source });

/** Each change as one word: `+` added, `-` removed, `>` moved, `~` changed. */
function told(before: readonly CellSpec[], after: readonly CellSpec[]): readonly string[] {
  return diffNotebooks(notebook(before), notebook(after)).cells.map((change) => {
    if (change.kind === "added") return `+${change.after.id}`;
    if (change.kind === "removed") return `-${change.before.id}`;
    return `${change.moved ? ">" : ""}${change.text || change.details.length > 0 ? "~" : ""}${change.after.id}`;
  });
}

describe("what differs between two notebooks", () => {
  const abc = [cell("aaaa"), cell("bbbb"), cell("cccc")];

  test("nothing", () => {
    expect(told(abc, abc)).toEqual([]);
  });

  test("cells added, removed, changed and moved, in their order", () => {
    expect(told(abc, [cell("aaaa"), cell("dddd"), cell("cccc", "else")])).toEqual([
      "+dddd",
      "-bbbb",
      "~cccc",
    ]);
    expect(told(abc, [cell("cccc"), cell("aaaa"), cell("bbbb")])).toEqual([">cccc"]);
    expect(told(abc, [])).toEqual(["-aaaa", "-bbbb", "-cccc"]);
    expect(told([], abc)).toEqual(["+aaaa", "+bbbb", "+cccc"]);
  });

  test("a cell whose id another tool has changed is known by its text", () => {
    expect(told(abc, [cell("aaaa"), cell("xxxx", "bbbb"), cell("cccc")])).toEqual([]);
  });

  test("names, flags, inputs, kind, seed and data files", () => {
    const before = notebook([cell("aaaa")]);
    const after = createNotebook({
      id: "aaaabbbb",
      title: "T",
      settings: { seed: 2 },
      attachments: [{ name: "x.csv", sha256: "0".repeat(64), bytes: 1, mime: "text/csv" }],
      cells: [
        { ...cell("aaaa"), name: "n", kind: "graph", flags: { lazy: true }, inputs: { 0: 3 } },
      ],
    });
    const diff = diffNotebooks(before, after);
    expect(diff.details).toEqual([
      { what: "seed", before: "1", after: "2" },
      { what: "file x.csv", before: "", after: "0".repeat(64) },
    ]);
    expect(diff.cells[0]).toMatchObject({
      kind: "changed",
      text: false,
      details: [
        { what: "kind", before: "ts", after: "graph" },
        { what: "name", before: "", after: "n" },
        { what: "lazy", before: "no", after: "yes" },
        { what: "input 0", before: "", after: "3" },
      ],
    });
  });

  test("moves are as few as can be, and all changes together make the second from the first", () => {
    const ids = ["aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff"];
    const some = shuffledSubarray(ids);
    assert(
      property(some, some, (a, b) => {
        const { cells } = diffNotebooks(
          notebook(a.map((id) => cell(id))),
          notebook(b.map((id) => cell(id))),
        );
        const of = (kind: string): number => cells.filter((change) => change.kind === kind).length;
        const kept = a.filter((id) => b.includes(id));
        expect(of("removed")).toBe(a.length - kept.length);
        expect(of("added")).toBe(b.length - kept.length);
        // the longest common order, by brute force over all subsets of what both have
        let longest = 0;
        for (let mask = 0; mask < 1 << kept.length; mask++) {
          const chosen = kept.filter((_, i) => (mask >> i) % 2 === 1);
          const places = chosen.map((id) => b.indexOf(id));
          if (places.every((at, i) => i === 0 || at > (places[i - 1] ?? -1)))
            longest = Math.max(longest, chosen.length);
        }
        expect(of("changed")).toBe(kept.length - longest);
      }),
      { numRuns: 300 },
    );
  });
});
