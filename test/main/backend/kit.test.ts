import { createRequire } from "node:module";
import { array, assert, constantFrom, property, string, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { createNotebook, type Notebook } from "../../../app/notebook/document.ts";
import { formatNotebook } from "../../../app/notebook/format.ts";
import { importNotebook } from "../../../main/backend/import.ts";
import { exportKit, importKit } from "../../../main/backend/kit.ts";

// Notebook Kit's own reader and writer, with the DOM it brings along, are the judges here.
const require = createRequire(import.meta.resolve("@observablehq/notebook-kit"));
const { JSDOM } = require("jsdom") as {
  JSDOM: new () => { window: { DOMParser: new () => DOMParser; document: Document } };
};
const kit = (await import("@observablehq/notebook-kit")) as unknown as {
  serialize(notebook: unknown, options: { document: Document }): string;
  deserialize(data: string, options: { parser: DOMParser }): KitNotebook;
  toNotebook(spec: unknown): KitNotebook;
};
const { window } = new JSDOM();
const options = { document: window.document, parser: new window.DOMParser() };

interface DOMParser {
  readonly parseFromString: unknown;
}
type Document = object;
interface KitNotebook {
  readonly title: string;
  readonly cells: readonly { readonly mode: string; readonly value: string }[];
}

const read = (text: string): KitNotebook => kit.deserialize(text, options);
const resaved = (text: string): string => kit.serialize(read(text), options);

const notebook = createNotebook({
  id: "exchanged",
  title: "Tea & <milk>",
  cells: [
    { id: "prose", kind: "markdown", source: "# Tea\n\nSome $x^2$ --> <b>and</b> words" },
    { id: "code1", source: "const a = 3;\n\n  // %% no marker\nconst s = '</script>';", name: "a" },
    {
      id: "graph1",
      kind: "graph",
      source: "x -> y\n\nu -> x, y; u [latent]",
      flags: { lazy: true },
    },
    { id: "sql1", kind: "sql", source: "select 1", meta: { note: "x --> y" } },
    { id: "html1", kind: "html", source: "<p>${a}</p>", flags: { codeHidden: true } },
    { id: "empty", kind: "identify", source: "" },
    { id: "empty2", kind: "markdown", source: "" },
  ],
  attachments: [{ name: "t.csv", sha256: "ab".repeat(32), bytes: 8, mime: "text/csv" }],
  settings: { seed: 7, versions: { dagbok: "0.1.0" } },
  meta: { author: "Åsa" },
});

const back = (text: string): Notebook => importKit(text, "x.kit.html").notebook;

describe("Notebook Kit's pages", () => {
  test("written by us and read by us are the same notebook", async () => {
    expect(back(exportKit(notebook))).toEqual(notebook);
    const { notebook: again } = await importNotebook("x.kit.html", exportKit(notebook));
    expect(again).toEqual(notebook);
  });

  test("written by us are what Kit reads, and come back after Kit has saved them", () => {
    const text = exportKit(notebook);
    const seen = read(text);
    expect(seen.title).toBe("Tea & <milk>");
    expect(seen.cells.map(({ mode }) => mode)).toEqual([
      "md",
      "ts",
      "ts",
      "sql",
      "html",
      "ts",
      "md",
      "ts",
    ]);
    expect(seen.cells[1]?.value).toContain("const s = '</script>';");
    // what only Dagbok runs is a comment there
    expect(seen.cells[2]?.value.split("\n").every((line) => line.startsWith("//"))).toBe(true);
    expect(resaved(text)).not.toBe("");
    expect(back(resaved(text))).toEqual(notebook);
  });

  test("written by others are read cell by cell", () => {
    const text = kit.serialize(
      kit.toNotebook({
        title: "Theirs",
        cells: [
          { id: 4, mode: "md", value: "# Hello\n\n  indented" },
          { id: 2, mode: "js", value: "const x = 1;\n\ndisplay(x)", pinned: true },
          { id: 3, mode: "ts", value: "x < 3 // </script>", pinned: false },
          { id: 9, mode: "python", value: "print('hi')" },
          { id: 5, mode: "tex", value: "x^2" },
          { id: 6, mode: "sql", value: "select 1", output: "rows" },
        ],
      }),
      options,
    );
    const ours = back(text);
    expect(ours.title).toBe("Theirs");
    expect(ours.cells.map(({ kind, source }) => [kind, source])).toEqual([
      ["markdown", "# Hello\n\n  indented"],
      ["ts", "const x = 1;\n\ndisplay(x)"],
      ["ts", "x < 3 // </script>"],
      ["python", "print('hi')"],
      ["tex", "x^2"],
      ["sql", "select 1"],
    ]);
    expect(ours.cells.map(({ flags }) => flags.codeHidden)).toEqual([
      false,
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(ours.cells[5]?.name).toBe("rows");
  });

  test("keep any text of any kind, through Kit as well where it keeps blank lines", () => {
    const text = string({
      unit: constantFrom("a", " ", "\n", "<", "/script>", "%%", "//", "--", ">", "\\", "é", "`"),
    });
    const cells = array(tuple(constantFrom("ts", "markdown", "graph", "sql", "html"), text), {
      maxLength: 4,
    });
    assert(
      property(cells, (list) => {
        const made = createNotebook({
          id: "anything",
          title: "T",
          cells: list.map(([kind, source], i) => ({ id: `cell${i}`, kind, source })),
        });
        const written = exportKit(made);
        expect(formatNotebook(back(written))).toBe(formatNotebook(made));
        // Kit empties lines of blanks, and leaves out a last one
        if (!made.cells.some(({ source }) => /(?:^|\n)[ ]+(?:\n|$)/.test(source))) {
          expect(formatNotebook(back(resaved(written)))).toBe(formatNotebook(made));
        }
      }),
      { numRuns: 400 },
    );
  });

  test("without a notebook are refused in words", async () => {
    await expect(importNotebook("x.html", "<p>no</p>")).rejects.toMatchObject({
      name: "UserError",
    });
    expect(() => importKit("<notebook", "x.html")).toThrow("holds no notebook");
  });
});
