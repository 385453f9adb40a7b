import * as fc from "fast-check";
import { expect, test } from "vitest";
import { diffGraphs } from "../../renderer/history/graph-diff.ts";
import { compareLines } from "../../renderer/history/lines.ts";

const drawn = (before: string, after: string): readonly string[] =>
  compareLines(before, after).map((line) =>
    line.kind === "gap"
      ? `… ${line.count}`
      : { same: " ", added: "+", removed: "-" }[line.kind] +
        line.pieces.map(({ text, changed }) => (changed ? `[${text}]` : text)).join(""),
  );

test("changed words are marked where a line was rewritten, and not where another came", () => {
  expect(drawn("const a = 1;\nb", "const a = 22;\nb")).toEqual([
    "-const a = [1];",
    "+const a = [22];",
    " b",
  ]);
  expect(drawn("alpha beta gamma", "x")).toEqual(["-alpha beta gamma", "+x"]);
});

test("long equal stretches are left out and counted", () => {
  const long = Array.from({ length: 30 }, (_, i) => `line ${i}`).join("\n");
  const lines = drawn(long, long.replace("line 15", "other 15"));
  expect(lines[0]).toBe("… 12");
  expect(lines.at(-1)).toBe("… 11");
  expect(lines).toHaveLength(2 + 2 + 6);
});

test("what is same and added is the later text, what is same and removed the earlier", () => {
  const text = fc
    .array(fc.constantFrom("a b", "a c", "x", "", "  y"), { maxLength: 7 })
    .map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = compareLines(before, after);
      fc.pre(lines.every(({ kind }) => kind !== "gap"));
      const side = (leave: string): string =>
        lines
          .flatMap((line) =>
            line.kind === "gap" || line.kind === leave
              ? []
              : [line.pieces.map((piece) => piece.text).join("")],
          )
          .join("\n");
      expect(side("added")).toBe(before);
      expect(side("removed")).toBe(after);
    }),
  );
});

test("arrows are named, whichever way they are written", () => {
  expect(diffGraphs("x -> y\nz -> y", "y <- x\nx <-> y")).toEqual({
    added: ["x <-> y"],
    removed: ["variable z", "z -> y"],
  });
  expect(diffGraphs("x <-> y", "y <-> x")).toEqual({ added: [], removed: [] });
  expect(diffGraphs("x -> -> y", "x -> y")).toBeUndefined();
});
