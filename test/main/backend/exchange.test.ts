import { describe, expect, it } from "vitest";
import { createNotebook } from "../../../app/notebook/document.ts";
import { mime, type MimeBundle } from "../../../app/protocol/mime.ts";
import type { Block } from "../../../app/protocol/report.ts";
import type { SavedOutput, StoredNotebook } from "../../../app/protocol/store.ts";
import { type ExportFormat, exportNotebook, fileNameOf } from "../../../main/backend/export.ts";
import { importNotebook } from "../../../main/backend/import.ts";
import { makeBackend } from "./support.ts";

const ATTACK = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'`;
const sha256 = "d64e8204e5da362d8e5809e45ee9a60df62fed0609d85815ca6ba36afd87a85b";
const bytes = new TextEncoder().encode("t,y\n1,2\n");
const blobs = { getBlob: async () => ({ bytes, mime: "text/csv" }) };

const blocks: readonly Block[] = [
  { kind: "heading", text: "Effect" },
  { kind: "formula", latex: String.raw`\sum_z P(y \mid x, z)\, P(z)`, text: "sum" },
  { kind: "stat", label: "ATE", value: "3.46 kg", interval: "2.6 to 4.3" },
  { kind: "facts", facts: [{ label: "n", value: "1566" }], footer: true },
  {
    kind: "assumptions",
    assumptions: [{ id: "a", kind: "k", text: "No hidden confounder", variables: [] }],
  },
  { kind: "table", columns: [{ label: "x", align: "right" }], rows: [["1"]] },
  {
    kind: "chart",
    spec: {
      mark: "bar",
      data: {
        values: [
          { a: 1, b: 2 },
          { a: 2, b: 4 },
        ],
      },
      encoding: { x: { field: "a" }, y: { field: "b" } },
    },
    summary: "Two bars",
  },
  {
    kind: "graph",
    nodes: [
      { name: "x", role: "treatment" },
      { name: "y", role: "outcome" },
      { name: "u", role: "plain", latent: true },
    ],
    edges: [
      { from: "x", to: "y", mark: "->" },
      { from: "u", to: "x", mark: "->" },
      { from: "u", to: "y", mark: "<->" },
    ],
    summary: "Three nodes",
  },
  { kind: "notice", tone: "answer", title: "Not identified", hint: "Measure u" },
  { kind: "details", title: "More", blocks: [{ kind: "code", text: "a < b", language: "ts" }] },
  {
    kind: "columns",
    columns: [[{ kind: "text", text: "left *and*" }], [{ kind: "text", text: "right" }]],
  },
];

function stored(bundles: readonly MimeBundle[] = [], source = "const ate = 3;"): StoredNotebook {
  const notebook = createNotebook({
    id: "exchanged",
    title: "Exchange",
    cells: [
      { id: "prose", kind: "markdown", source: "# Exchange\n\nSome $x^2$ and *words*." },
      {
        id: "code1",
        source,
        name: "ate",
        flags: { codeHidden: true },
        inputs: { dose: 2 },
        meta: { points: "3" },
      },
      { id: "graph1", kind: "graph", source: "x -> y\nu -> x, y; u [latent]" },
    ],
    attachments: [{ name: "t.csv", sha256, bytes: bytes.length, mime: "text/csv" }],
    settings: { seed: 7, versions: { dagbok: "0.1.0" } },
    meta: { author: "Åsa" },
  });
  const output: SavedOutput = {
    cell: "code1",
    digest: "d1",
    bundles,
    ms: 12,
    at: 34,
    provenance: { seed: 7 },
  };
  return {
    notebook,
    outputs: bundles.length === 0 ? [] : [output],
    rev: 0,
    canUndo: false,
    canRedo: false,
    summary: {
      id: notebook.id,
      title: notebook.title,
      cells: 3,
      createdAt: 0,
      updatedAt: 0,
      origin: "here",
    },
  };
}

const make = async (of: StoredNotebook, to: ExportFormat): Promise<string> =>
  (await exportNotebook(of, to, blobs)).text;
const bundle = (type: string, value: unknown): MimeBundle => ({
  [mime.text]: "plain words",
  [type]: value,
});

describe("every format", () => {
  it.each(["ts", "ipynb", "html"] as const)(
    "%s comes back as it went, with the outputs it can carry",
    async (to) => {
      const before = stored([bundle(mime.json, { a: [1] }), bundle(mime.png, "aGk=")]);
      const { fileName, text } = await exportNotebook(before, to, blobs);
      const after = await importNotebook(fileName, text);
      expect(after.notebook).toEqual(before.notebook);
      expect(after.outputs).toEqual(to === "ts" ? [] : before.outputs);
      expect(after.files.map((file) => Buffer.from(file.bytes).toString())).toEqual(
        to === "html" ? ["t,y\n1,2\n"] : [],
      );
      expect(await make({ ...before, ...after }, to)).toBe(text);
    },
  );

  it("is reached through the routes, with its data files", async () => {
    const { call } = makeBackend();
    const html = await make(stored([bundle(mime.json, 1)]), "html");
    const opened = await call("importNotebook", { fileName: "page.html", text: html });
    expect(opened.outputs).toHaveLength(1);
    expect(await call("getBlob", { sha256 })).toEqual(bytes);
    const again = await call("exportNotebook", { id: opened.notebook.id, to: "html" });
    expect(again.text).toBe(html);
  });

  it("has a file name that every system takes", () => {
    expect(fileNameOf("Kidney stones, 1986: a/b?")).toBe("kidney-stones-1986-a-b");
    expect(fileNameOf("Åsa’s Übung")).toBe("asa-s-ubung");
    expect(fileNameOf("…")).toBe("notebook");
  });
});

describe("the page", () => {
  it("draws every block and medium without a script", async () => {
    const html = await make(
      stored([
        bundle(mime.report, {
          summary: "All blocks",
          blocks,
          claim: { rung: 2, query: "P(y | do(x))", status: "identified", assumptions: [] },
        }),
        bundle(mime.table, {
          columns: [{ name: "t", type: "number" }],
          rows: [["1"], [null]],
          offset: 0,
          n: 9,
        }),
        bundle(mime.vegaLite, {
          mark: "point",
          data: { values: [{ a: 1 }] },
          encoding: { x: { field: "a", type: "quantitative" } },
        }),
        bundle(mime.value, {
          summary: "Array(1)",
          type: "array",
          entries: [{ key: "0", node: { summary: "1", type: "number" } }],
        }),
        bundle(mime.markdown, "**bold** $y$"),
        bundle(mime.html, "<b>bold</b>"),
        bundle(mime.svg, "<svg/>"),
        bundle(mime.input, {
          key: "dose",
          input: { kind: "input", widget: "range", label: "Dose", initial: 0, options: {} },
          value: 2,
        }),
      ]),
      "html",
    );
    expect(html).not.toMatch(/cannot be drawn|Shown as text/);
    for (const part of [
      "<math",
      "3.46 kg",
      "1566",
      "No hidden confounder",
      'aria-label="Two bars"',
      'aria-label="Three nodes"',
      "Not identified",
      "a &lt; b",
      "<em>and</em>",
      "II do",
      "Rows 1–2 of 9",
      "Array(1)",
      "<strong>bold</strong>",
      'sandbox=""',
      "Dose: <output>2</output>",
    ]) {
      expect(html).toContain(part);
    }
    expect(html.match(/<svg[^>]*class="marks"/g)).toHaveLength(2);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/\s(?:src|href)="https?:/);
  });

  it.each([
    mime.text,
    mime.markdown,
    mime.html,
    mime.svg,
    mime.png,
    mime.json,
    mime.value,
    mime.table,
    mime.report,
    mime.error,
    mime.input,
    mime.vegaLite,
  ])("makes no markup of what a stranger put into %s", async (type) => {
    const attack: Readonly<Record<string, unknown>> = {
      [mime.value]: {
        summary: ATTACK,
        type: "string",
        entries: [
          { key: ATTACK, node: { summary: ATTACK, type: ATTACK, entries: [], more: ATTACK } },
        ],
      },
      [mime.table]: {
        columns: [{ name: ATTACK, type: ATTACK }],
        rows: [[ATTACK]],
        offset: ATTACK,
        n: `9${ATTACK}`,
      },
      [mime.error]: { name: ATTACK, message: ATTACK, hint: ATTACK },
      [mime.input]: {
        key: "x",
        input: { kind: "input", widget: ATTACK, label: ATTACK },
        value: ATTACK,
      },
      [mime.report]: {
        summary: ATTACK,
        claim: { rung: ATTACK, query: ATTACK, status: ATTACK, assumptions: [] },
        blocks: [
          {
            kind: "text",
            text: `${ATTACK} [x](javascript:alert(1)) ![x](https://evil.example/x.png)`,
          },
          {
            kind: "formula",
            latex: String.raw`\href{javascript:alert(1)}{x} \htmlId{a}{b} ${ATTACK}`,
            text: ATTACK,
          },
          { kind: "table", caption: ATTACK, columns: [{ label: ATTACK }], rows: [[ATTACK]] },
          {
            kind: "graph",
            nodes: [{ name: ATTACK, role: ATTACK, x: ATTACK, y: ATTACK }],
            edges: [{ from: ATTACK, to: ATTACK, mark: ATTACK, highlight: ATTACK }],
            summary: ATTACK,
          },
          { kind: "notice", tone: ATTACK, title: ATTACK },
          { kind: "facts", facts: [{ label: ATTACK, value: ATTACK }] },
          { kind: "code", text: ATTACK, language: ATTACK },
          { kind: ATTACK },
        ],
      },
      [mime.vegaLite]: {
        mark: { type: "text", href: "javascript:alert(1)" },
        data: {
          values: [{ a: ATTACK, h: "javascript:alert(1)", u: "https://evil.example/x.png" }],
        },
        title: ATTACK,
        encoding: { text: { field: "a" }, href: { field: "h" }, url: { field: "u" } },
      },
    };
    const html = await make(stored([bundle(type, attack[type] ?? ATTACK)], ATTACK), "html");
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/<img src=x/);
    expect(html).not.toMatch(/(?:href|src)="(?:javascript:|https:)/);
    expect(html).toContain("default-src 'none'");
  });

  it("gives up a chart that needs more than there is, and draws the next one", async () => {
    const endless = { mark: "bar", data: { sequence: { start: 0, stop: 1e8 } } };
    const fine = { mark: "bar", data: { values: [{ a: 1 }] } };
    const both = [bundle(mime.vegaLite, endless), bundle(mime.vegaLite, fine)];
    const html = await make(stored(both), "html");
    expect(html).toContain("plain words");
    expect(html).toContain("<svg");
  }, 60_000);

  it("shows the plain words of what it cannot draw", async () => {
    const html = await make(
      stored([
        bundle(mime.vegaLite, {
          mark: "bar",
          data: { url: "https://evil.example/data.csv" },
          encoding: { x: { bin: { no: 1 } } },
        }),
        bundle(mime.png, "not base64!"),
      ]),
      "html",
    );
    expect(html).toContain("plain words");
  });
});

describe("files of others", () => {
  it("reads Jupyter's notebooks, whatever language, with their outputs as stale", async () => {
    const text = JSON.stringify({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { language: "python" } },
      cells: [
        { cell_type: "markdown", source: ["# Title\n", "text"], metadata: {} },
        {
          cell_type: "code",
          id: "Abc-1",
          source: "print(1)",
          metadata: {},
          outputs: [
            { output_type: "stream", text: ["1\n", "2\n"] },
            { output_type: "execute_result", data: { "image/png": ["aGk", "="] } },
            { output_type: "error", ename: "E", evalue: "v" },
          ],
        },
        { cell_type: "code", source: "%%graph\nx -> y", metadata: {}, outputs: [] },
        { cell_type: "raw", source: "raw", metadata: {} },
      ],
    });
    const { notebook, outputs } = await importNotebook("My study.ipynb", text);
    expect(notebook.title).toBe("My study");
    expect(notebook.cells.map(({ kind, source }) => [kind, source])).toEqual([
      ["markdown", "# Title\ntext"],
      ["python", "print(1)"],
      ["graph", "x -> y"],
      ["raw", "raw"],
    ]);
    expect(outputs).toMatchObject([
      {
        cell: notebook.cells[1]?.id,
        digest: "",
        bundles: [{ "text/plain": "1\n2\n" }, { "image/png": "aGk=" }, { "text/plain": "E: v" }],
      },
    ]);
  });

  it.each([
    ["x.ipynb", "not json"],
    ["x.ipynb", "[]"],
    ["x.ipynb", '{"cells": {}}'],
    ["x.ipynb", '{"cells": [{"cell_type": "bad"}]}'],
    ["x.ipynb", `{"cells": ${"[".repeat(5000)}${"]".repeat(5000)}}`],
    ["x.ipynb", '{"cells": [], "metadata": {"dagbok": {"id": "../../x"}}}'],
    ["x.html", "<html></html>"],
    ["x.html", '<script type="application/vnd.dagbok.notebook+json">{</script>'],
    ["x.html", '<script type="application/vnd.dagbok.notebook+json">{"source": 5}</script>'],
    ["x.exe", ""],
  ])("refuses %s with %s in words", async (fileName, text) => {
    await expect(importNotebook(fileName, text)).rejects.toMatchObject({
      name: "UserError",
      code: expect.any(String),
    });
  });
});
