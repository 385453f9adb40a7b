import * as fc from "fast-check";
import { expect, test } from "vitest";
import { UserError } from "../../../app/errors.ts";
import { createNotebook } from "../../../app/notebook/document.ts";
import { formatNotebook, parseNotebook } from "../../../app/notebook/format.ts";
import { cpuTime } from "./cpu-time.ts";
import { notebook } from "./arbitraries.ts";

const example = createNotebook({
  id: "nnnn2222",
  title: "Smoking and cancer",
  cells: [
    { id: "tttt", source: "const a: number = 1;\n\nconst b = a;" },
    {
      id: "k3f9",
      kind: "graph",
      name: "smoking",
      source: "smoking -> tar -> cancer\n\nU [latent]",
      flags: { locked: true },
      inputs: { tilt: 0.5 },
      meta: { points: "2", tags: '["exam"]', note: "two words" },
    },
  ],
  attachments: [{ name: "a b.csv", sha256: "0f".repeat(32), bytes: 12, mime: "text/csv" }],
  settings: { seed: 7, versions: { dagbok: "0.1.0", "@tensorflow/tfjs": "4.22.0" } },
  meta: { course: "CI 101" },
});

test("the file is what the manual shows", () => {
  expect(formatNotebook(example))
    .toBe(`// dagbok notebook format=1 id=nnnn2222 title="Smoking and cancer"

// %% id=tttt
const a: number = 1;

const b = a;

// %% [graph] id=k3f9 name=smoking locked=true inputs={"tilt":0.5} note="two words" points=2 tags=["exam"]
// smoking -> tar -> cancer
//
// U [latent]

// %% [$notebook]
// run=auto
// seed=7
// version @tensorflow/tfjs=4.22.0
// version dagbok=0.1.0
// attachment name="a b.csv" sha256=${"0f".repeat(32)} bytes=12 mime=text/csv
// meta course="CI 101"
`);
});

test("5,000 generated notebooks come back as they were, byte for byte", () => {
  fc.assert(
    fc.property(notebook, (before) => {
      const text = formatNotebook(before);
      const after = parseNotebook(text);
      expect(after).toEqual(before);
      expect(formatNotebook(after)).toBe(text);
      expect(parseNotebook(text.replaceAll("\n", "\r\n"))).toEqual(before);
    }),
    { numRuns: 5000 },
  );
}, 60_000);

test("10,000 damaged files are read or refused with a place, never anything else", () => {
  const cut = fc.record({
    at: fc.nat({ max: 5000 }),
    remove: fc.nat({ max: 30 }),
    insert: fc.oneof(
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.constantFrom(
        "\n// %% ",
        "\n// %% [graph]",
        "\n<<<<<<< HEAD\n",
        " id=tttt",
        ' x="',
        ' inputs={"__proto__":{"polluted":1}}',
        " __proto__=polluted",
        "\n// %% [$notebook]\n",
        "=[[[{{{",
        "\\",
        "\r",
      ),
    ),
  });
  let refused = 0;
  fc.assert(
    fc.property(notebook, fc.array(cut, { minLength: 1, maxLength: 4 }), (before, cuts) => {
      let text = formatNotebook(before);
      for (const { at, remove, insert } of cuts) {
        const start = at % (text.length + 1);
        text = text.slice(0, start) + insert + text.slice(start + remove);
      }
      try {
        const after = parseNotebook(text);
        expect(parseNotebook(formatNotebook(after))).toEqual(after);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        refused++;
        expect(error.place?.line).toBeGreaterThanOrEqual(1);
        expect(error.place?.line).toBeLessThanOrEqual(text.split(/\r\n?|\n/).length);
        expect(error.place?.column).toBeGreaterThanOrEqual(1);
      }
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    }),
    { numRuns: 10_000 },
  );
  expect(refused).toBeGreaterThan(100);
}, 60_000);

test("a file of jupytext opens: titles, kinds, metadata, code before the first marker", () => {
  const { cells, title } = parseNotebook(`// ---
// jupyter:
//   kernelspec:
//     name: tslab
// ---

import "x";

// %% [markdown] slideshow={"slide_type": "slide"}
// # Title
//
// text

// %% Load the data [graph] tags=["a", "b"]
// a -> b
// %%
1 + 1


// %% [md]
/*
in a block
*/
`);
  expect(title).toBe("Untitled");
  expect(cells.map(({ kind, source, meta }) => ({ kind, source, meta }))).toEqual([
    { kind: "ts", source: 'import "x";', meta: {} },
    {
      kind: "markdown",
      source: "# Title\n\ntext",
      meta: { slideshow: '{"slide_type": "slide"}' },
    },
    { kind: "graph", source: "a -> b", meta: { title: "Load the data", tags: '["a", "b"]' } },
    { kind: "ts", source: "1 + 1\n", meta: {} },
    { kind: "markdown", source: "in a block", meta: {} },
  ]);
});

test("cells without ids get the same ids each time, and copied cells new ones", () => {
  const text = "// %%\na\n\n// %% id=tttt\nb\n\n// %% id=tttt\nb\n";
  const { cells } = parseNotebook(text);
  expect(parseNotebook(text)).toEqual(parseNotebook(text));
  expect(new Set(cells.map(({ id }) => id)).size).toBe(3);
  expect(cells[1]?.id).toBe("tttt");
});

test.each([
  ["", 0],
  ["\n\n", 0],
  ["// %%", 1],
  ["const x = 1", 1],
  ["\uFEFF// dagbok notebook\n// %% [graph]", 1],
])("%j has %i cells", (text, count) => {
  expect(parseNotebook(text).cells).toHaveLength(count);
});

test.each([
  ["notebook-conflict", 3, 1, "// %%\na\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\n"],
  ["notebook-format", 1, 27, "// dagbok notebook format=2\n"],
  ["notebook-marker", 2, 12, '\n// %% note="open\n'],
  ["notebook-marker", 1, 12, "// %% id=a id=b\n"],
  ["notebook-value", 1, 14, "// %% locked=maybe\n"],
  ["notebook-value", 2, 14, "\n// %% inputs=[1]\n"],
  ["bad-name", 1, 1, '// %% name=""\n'],
  ["bad-setting", 1, 1, "// %% [$notebook]\n// seed=0\n"],
  ["notebook-value", 2, 1, "// %% [$notebook]\n// sed=1\n"],
  ["notebook-value", 3, 1, "// %% [$notebook]\n\nlet x\n"],
  ["bad-attachment", 1, 1, "// %% [$notebook]\n// attachment name=x\n"],
  ["notebook-file", 1, 1, "// %% [$notebook]\n// %%\n"],
  ["bad-key", 1, 1, '// %% inputs={"a b":1}\n'],
])("%s at %i:%i", (code, line, column, text) => {
  expect(() => parseNotebook(text)).toThrow(
    expect.objectContaining({ code, place: { line, column } }) as UserError,
  );
});

test("a long line of brackets or quotes is read in linear time", () => {
  const time = cpuTime(() => {
    for (const piece of ["[", "{", '"', "=", "\\", "[a]", "k=", " "]) {
      try {
        parseNotebook(`// %% x=${piece.repeat(200_000)}\n`);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
  });
  expect(time).toBeLessThan(2000);
});
