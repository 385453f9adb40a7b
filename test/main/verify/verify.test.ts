import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { createNotebook } from "../../../app/notebook/document.ts";
import { formatNotebook } from "../../../app/notebook/format.ts";
import type { Found } from "../../../main/commands/library.ts";
import { findNotebook } from "../../../main/commands/library.ts";
import { projectFolder } from "../../../main/files.ts";
import { type Executed, execute } from "../../../main/run/execute.ts";
import { runNotebook } from "../../../main/run/index.ts";
import { verifyOutputs } from "../../../main/verify/verify.ts";
import { temporaryFolder } from "../storage/support.ts";

const simpson = path.join(projectFolder, "notebooks/ladder/simpson.dagbok.ts");
const quiet = { mode: "trust", set: {}, timeoutSeconds: 120 } as const;

let found: Found;
let run: Executed;

beforeAll(async () => {
  found = await findNotebook(simpson);
  run = await execute(found, quiet);
}, 120_000);

test("a run written to a file is reproduced from it, in both formats", async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  for (const name of ["out.html", "out.ipynb"]) {
    const place = path.join(temporaryFolder(), name);
    expect(await runNotebook({ ...quiet, file: simpson, json: false, save: place })).toBe(0);
    const saved = await findNotebook(place);
    expect(saved.notebook.cells).toEqual(found.notebook.cells);
    const verified = await verifyOutputs(saved.notebook, saved.outputs, run);
    expect(verified.cells.filter(({ verdict }) => verdict.kind !== "same")).toEqual([]);
    expect(verified.cells.length).toBe(found.notebook.cells.length);
    expect(verified.ok).toBe(true);
  }
});

test("a number that was tampered with is found, and where", async () => {
  const saved = run.outputs.map((output) =>
    output.bundles.length === 0
      ? output
      : (JSON.parse(JSON.stringify(output).replaceAll("0.83", "0.84")) as typeof output),
  );
  const { ok, cells } = await verifyOutputs(found.notebook, saved, run);
  expect(ok).toBe(false);
  const wrong = cells.filter(({ verdict }) => verdict.kind === "differs");
  expect(wrong.length).toBeGreaterThan(0);
  expect(JSON.stringify(wrong)).toContain("0.84");
});

test("an output of an older text is stale, one that nothing ran is said, a missing one counted", async () => {
  const edited = {
    ...found.notebook,
    cells: found.notebook.cells.map((cell) =>
      cell.kind === "graph" ? { ...cell, source: `${cell.source}\n# more` } : cell,
    ),
  };
  const { ok, cells } = await verifyOutputs(edited, run.outputs, run);
  expect(ok).toBe(false);
  const stale = cells.filter(({ verdict }) => verdict.kind === "stale").map(({ name }) => name);
  expect(stale).toContain("clinic");
  expect(stale).not.toContain("world");
  const half = await verifyOutputs(found.notebook, run.outputs.slice(0, 1), run);
  expect(half.unsaved.length).toBe(run.outputs.filter((o) => o.bundles.length > 0).length - 1);
  const none = await verifyOutputs(found.notebook, run.outputs, { ...run, outputs: [] });
  expect(new Set(none.cells.map(({ verdict }) => verdict.kind))).toEqual(new Set(["not-run"]));
});

test("another engine's last digit passes, more does not, and what changed is named", async () => {
  const other = run.outputs.map((output) => ({
    ...output,
    provenance: { ...output.provenance, versions: { chromium: "140.0.0.0" } },
  }));
  const nudged = (by: number): typeof other =>
    other.map((output) => ({
      ...output,
      bundles: output.bundles.map((bundle) => ({ ...bundle, "x/y": 3 * (1 + by) })),
    }));
  const fresh = {
    ...run,
    outputs: nudged(0).map((output, i) => ({
      ...output,
      provenance: run.outputs[i]?.provenance ?? {},
    })),
  };
  const near = await verifyOutputs(found.notebook, nudged(1e-9), fresh);
  expect(near.ok).toBe(true);
  expect(near.cells[0]?.changes.map(({ what }) => what)).toContain("chromium");
  expect((await verifyOutputs(found.notebook, nudged(1e-5), fresh)).ok).toBe(false);
});

test("a data file that is not the one the notebook names is told", async () => {
  const folder = temporaryFolder();
  const place = path.join(folder, "n.dagbok.ts");
  const sha256 = createHash("sha256").update("x\n1\n").digest("hex");
  const notebook = createNotebook({
    attachments: [{ name: "x.csv", sha256, bytes: 4, mime: "text/csv" }],
    cells: [{ kind: "data", source: 'rows = "x.csv"' }],
  });
  writeFileSync(place, formatNotebook(notebook));
  for (const [text, wrong] of [
    ["x\n1\n", 0],
    ["x\n2\n", 1],
  ] as const) {
    writeFileSync(path.join(folder, "x.csv"), text);
    const { changedFiles, results } = await execute(await findNotebook(place), quiet);
    expect(results.ok).toBe(true);
    expect(changedFiles.map(({ name, expected }) => [name, expected])).toEqual(
      wrong === 0 ? [] : [["x.csv", sha256]],
    );
  }
}, 60_000);
