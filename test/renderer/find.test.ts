import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createNotebook } from "../../app/notebook/document.ts";
import { applyEdits } from "../../app/notebook/edits.ts";
import { findMatches, type FindQuery, replaceEdits } from "../../renderer/notebook/find.ts";

const ask = (text: string, options: Partial<FindQuery> = {}): FindQuery => ({
  text,
  matchCase: false,
  wholeWord: false,
  regexp: false,
  ...options,
});
const notebook = (...sources: readonly string[]) =>
  createNotebook({ cells: sources.map((source, i) => ({ id: `cell${i}`, source })) });

function found(query: FindQuery, ...sources: readonly string[]): readonly string[] | string {
  const { cells } = notebook(...sources);
  const answer = findMatches(cells, query);
  if (answer.kind !== "found") return answer.kind;
  return answer.matches.map(
    ({ cell, start, end }) =>
      `${cell}:${start}:${cells.find(({ id }) => id === cell)?.source.slice(start, end)}`,
  );
}

function replaced(query: FindQuery, by: string, ...sources: readonly string[]): readonly string[] {
  const before = notebook(...sources);
  const edits = replaceEdits(before.cells, query, by);
  const { notebook: after, inverses } = applyEdits(before, edits);
  expect(applyEdits(after, inverses).notebook.cells).toEqual(before.cells);
  return after.cells.map(({ source }) => source);
}

test("every place in page order, without regard to case unless asked", () => {
  expect(found(ask("ate"), "ate + ATE", "rate")).toEqual([
    "cell0:0:ate",
    "cell0:6:ATE",
    "cell1:1:ate",
  ]);
  expect(found(ask("ate", { matchCase: true }), "ate + ATE", "rate")).toEqual([
    "cell0:0:ate",
    "cell1:1:ate",
  ]);
});

test("a whole word stands between what no name is made of", () => {
  const word = ask("x", { wholeWord: true });
  expect(found(word, "x y.x $x x_ 2x éx x𝒳 (x)")).toEqual(["cell0:0:x", "cell0:4:x", "cell0:23:x"]);
});

test("signs mean themselves, and something only in a regular expression", () => {
  expect(found(ask("a.b(["), "a.b([ axb([")).toEqual(["cell0:0:a.b(["]);
  expect(found(ask("a.b", { regexp: true }), "a.b axb")).toEqual(["cell0:0:a.b", "cell0:4:axb"]);
  expect(found(ask("^b", { regexp: true }), "a\nb\nb")).toEqual(["cell0:2:b", "cell0:4:b"]);
  // patterns that only the older mode takes
  expect(found(ask(String.raw`a\-b{`, { regexp: true }), "a-b{")).toEqual(["cell0:0:a-b{"]);
});

test("a pattern that is none says so; one that matches nothing at all finds nothing", () => {
  expect(found(ask("(", { regexp: true }), "(")).toBe("bad-pattern");
  expect(found(ask("x*", { regexp: true }), "aaa")).toEqual([]);
  expect(found(ask(""), "aaa")).toBe("nothing-asked");
});

test("a count beyond all use is cut and says so", () => {
  const answer = findMatches(notebook("a".repeat(30_000)).cells, ask("a"));
  expect(answer).toMatchObject({ kind: "found", cut: true });
});

test("replacing all gives one edit a cell and leaves other cells alone", () => {
  const { cells } = notebook("x x", "y", "x");
  expect(replaceEdits(cells, ask("x"), "zz")).toEqual([
    { kind: "splice", cell: "cell0", at: 0, remove: 3, insert: "zz zz" },
    { kind: "splice", cell: "cell2", at: 0, remove: 1, insert: "zz" },
  ]);
  expect(replaceEdits(cells, ask("x", { matchCase: true }), "x")).toEqual([]);
});

test("one match alone", () => {
  const { cells } = notebook("x x x");
  const only = { cell: "cell0", start: 2, end: 3 };
  expect(replaceEdits(cells, ask("x"), "$&", only)).toEqual([
    { kind: "splice", cell: "cell0", at: 2, remove: 1, insert: "$&" },
  ]);
});

test("groups, as in JavaScript's own replace", () => {
  const cases: readonly (readonly [string, string])[] = [
    [String.raw`(\w+) = (\w+)`, "$2 = $1"],
    [String.raw`(?<l>\w+) = (?<r>\w+)`, "$<r>=$<l>$$"],
    [String.raw`(\w+) = (\w+)`, "[$&] $3 $12"],
  ];
  for (const [pattern, by] of cases) {
    const text = "alpha = beta; c = d";
    expect(replaced(ask(pattern, { regexp: true }), by, text)).toEqual([
      text.replace(new RegExp(pattern, "gimu"), by),
    ]);
  }
  expect(replaced(ask(";", { regexp: true }), String.raw`\n`, "a;b")).toEqual(["a\nb"]);
});

test("replacing a text in any notebook is what splitting and joining gives", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("a", "b", "$", ".", "\n", "🙂") }), {
        maxLength: 4,
      }),
      fc.constantFrom("a", "b", "$", ".", "ab", "🙂", "aa"),
      fc.constantFrom("", "$&", "aa", "x\ny"),
      (sources, text, by) => {
        expect(replaced(ask(text, { matchCase: true }), by, ...sources)).toEqual(
          sources.map((source) => source.split(text).join(by)),
        );
      },
    ),
  );
});
