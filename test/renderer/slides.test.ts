import { expect, test } from "vitest";
import { createNotebook } from "../../app/notebook/document.ts";
import { slidesOf } from "../../renderer/notebook/presentation.tsx";

test.each<readonly [readonly (readonly [string, string])[], readonly (readonly number[])[]]>([
  [[], []],
  [[["ts", "1"]], [[0]]],
  [
    [
      ["markdown", "# A"],
      ["ts", "1"],
      ["markdown", "### c"],
      ["markdown", "## B"],
    ],
    [[0, 1, 2], [3]],
  ],
  [
    [
      ["ts", "1"],
      ["markdown", "text"],
      ["markdown", "## A"],
      ["markdown", "# B"],
    ],
    [[0, 1], [2], [3]],
  ],
])("slides of %j", (cells, expected) => {
  const { cells: made } = createNotebook({
    cells: cells.map(([kind, source]) => ({ kind, source })),
  });
  expect(slidesOf(made)).toEqual(expected.map((slide) => slide.map((i) => made[i]?.id)));
});
