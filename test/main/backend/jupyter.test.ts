import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { createNotebook } from "../../../app/notebook/document.ts";
import type { SavedOutput, StoredNotebook } from "../../../app/protocol/store.ts";
import { importNotebook } from "../../../main/backend/import.ts";
import { exportIpynb } from "../../../main/backend/ipynb.ts";
import { temporaryFolder } from "../storage/support.ts";

/** Jupyter's own library judges. `.ci/run` installs it; elsewhere these tests are skipped and say so. */
const interpreter = ["python3", "/usr/bin/python3"].find(
  (name) => spawnSync(name, ["-c", "import nbformat"]).status === 0,
);
if (interpreter === undefined) {
  console.warn("Skipped: python3-nbformat is not installed, no .ipynb was validated.");
}

function python(code: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(interpreter ?? "python3", ["-c", code, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr.slice(-2000));
  return stdout;
}

/** Reads strictly, so that an invalid notebook raises, and writes it again as Jupyter would. */
const RESAVE = `
import nbformat, sys
notebook = nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT)
assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
nbformat.validate(notebook)
nbformat.write(notebook, sys.argv[2])
`;

const notebook = createNotebook({
  id: "exchanged",
  title: "Exchange",
  cells: [
    { id: "prose", kind: "markdown", source: "# Tea\n\n${ate}" },
    { id: "code1", source: "const ate = 3;\nate", name: "ate", inputs: { 0: 2 } },
    { id: "graph1", kind: "graph", source: "x -> y\nu -> x, y; u [latent]" },
    { id: "fails", source: "throw new Error('no')" },
    { id: "empty", source: "" },
  ],
  attachments: [{ name: "t.csv", sha256: "ab".repeat(32), bytes: 8, mime: "text/csv" }],
  settings: { seed: 7, versions: { dagbok: "0.1.0" } },
  meta: { author: "Åsa" },
});

const output = (cell: string, rest: Partial<SavedOutput>): SavedOutput => ({
  cell,
  digest: "d1",
  bundles: [],
  ms: 12,
  at: 34,
  provenance: { seed: 7, versions: { node: "24.0.0" } },
  ...rest,
});

const stored: StoredNotebook = {
  notebook,
  outputs: [
    output("prose", { bundles: [{ "text/plain": "Tea 3", "text/markdown": "# Tea\n\n3" }] }),
    output("code1", {
      bundles: [
        { "text/plain": "3\nlines\n", "application/json": { a: [1, null, "x"] } },
        { "text/plain": "image", "image/png": "aGk=" },
        { "text/plain": "page", "text/html": "<b>a</b>\nb", "image/svg+xml": "<svg/>" },
        { "text/plain": "chart", "application/vnd.vegalite.v6+json": { mark: "bar" } },
        { "text/plain": "report", "application/vnd.dagbok.report+json": { blocks: [] } },
      ],
    }),
    output("fails", {
      failure: { kind: "runtime", error: { name: "Error", message: "no" } },
    }),
  ],
  rev: 0,
  canUndo: false,
  canRedo: false,
  summary: {
    id: notebook.id,
    title: notebook.title,
    cells: 5,
    createdAt: 0,
    updatedAt: 0,
    origin: "here",
  },
};

describe.skipIf(interpreter === undefined)("Jupyter's own reader", () => {
  test("finds our file valid, and what it saves comes back as it went, outputs included", async () => {
    const folder = temporaryFolder();
    const [from, to] = [path.join(folder, "a.ipynb"), path.join(folder, "b.ipynb")];
    writeFileSync(from, exportIpynb(stored));
    python(RESAVE, from, to);
    const back = await importNotebook("b.ipynb", readFileSync(to, "utf8"));
    expect(back.notebook).toEqual(notebook);
    expect(back.outputs).toEqual(stored.outputs);
  });

  test("refuses a file that is not valid (the control)", () => {
    const folder = temporaryFolder();
    const from = path.join(folder, "a.ipynb");
    const broken = JSON.parse(exportIpynb(stored)) as { cells: Record<string, unknown>[] };
    delete broken.cells[1]?.["outputs"];
    writeFileSync(from, JSON.stringify(broken));
    expect(() => python(RESAVE, from, path.join(folder, "b.ipynb"))).toThrow(
      "NotebookValidationError",
    );
  });

  test("gives a Python notebook that is kept with its text and outputs, its code as foreign", async () => {
    const folder = temporaryFolder();
    const place = path.join(folder, "study.ipynb");
    python(
      `
import nbformat.v4 as v4, nbformat, sys
code = v4.new_code_cell("print(1)\\nx", execution_count=3, outputs=[
  v4.new_output("stream", text="1\\n"),
  v4.new_output("execute_result", {"text/plain": "2", "text/html": "<b>2</b>"}, execution_count=3),
  v4.new_output("display_data", {"image/png": "aGk=", "text/plain": "<Figure>"}),
  v4.new_output("error", ename="KeyError", evalue="'x'", traceback=["..."]),
])
cells = [v4.new_markdown_cell("# Title"), code, v4.new_raw_cell("raw")]
metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
nbformat.write(v4.new_notebook(cells=cells, metadata=metadata), sys.argv[1])
`,
      place,
    );
    const text = readFileSync(place, "utf8");
    const imported = await importNotebook("study.ipynb", text);
    expect(imported.notebook.cells.map(({ kind, source }) => [kind, source])).toEqual([
      ["markdown", "# Title"],
      ["python", "print(1)\nx"],
      ["raw", "raw"],
    ]);
    expect(imported.outputs[0]?.bundles).toEqual([
      { "text/plain": "1\n" },
      { "text/plain": "2", "text/html": "<b>2</b>" },
      { "text/plain": "<Figure>", "image/png": "aGk=" },
      { "text/plain": "KeyError: 'x'" },
    ]);
    // and goes back to Jupyter as a valid notebook
    const again = path.join(folder, "again.ipynb");
    writeFileSync(again, exportIpynb({ ...stored, ...imported }));
    python(RESAVE, again, path.join(folder, "c.ipynb"));
    const back = await importNotebook(
      "c.ipynb",
      readFileSync(path.join(folder, "c.ipynb"), "utf8"),
    );
    expect(back.notebook).toEqual(imported.notebook);
    expect(back.outputs).toEqual(imported.outputs);
  });
});
