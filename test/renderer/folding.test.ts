import { expect, test } from "vitest";
import { createNotebook } from "../../app/notebook/document.ts";
import { hiddenCells } from "../../renderer/notebook/folding.ts";

test("a folded heading hides all up to the next of its level or above", () => {
  const { cells } = createNotebook({
    cells: [
      { id: "h1aa", kind: "markdown", source: "# One" },
      { id: "h2aa", kind: "markdown", source: "## Two", meta: { folded: "true" } },
      { id: "code", source: "1" },
      { id: "h3aa", kind: "markdown", source: "### Three" },
      { id: "more", source: "2" },
      { id: "h2bb", kind: "markdown", source: "## Next" },
      { id: "last", source: "3", meta: { folded: "true" } },
    ],
  });
  expect([...hiddenCells(cells)]).toEqual([
    ["code", "h2aa"],
    ["h3aa", "h2aa"],
    ["more", "h2aa"],
  ]);
});
