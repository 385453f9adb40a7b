import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { exportNotebook } from "../../../main/backend/export.ts";
import { asStored, filesOf } from "../../../main/commands/export.ts";
import { findNotebook } from "../../../main/commands/library.ts";
import { projectFolder } from "../../../main/files.ts";
import { execute } from "../../../main/run/execute.ts";
import { verifyOutputs } from "../../../main/verify/verify.ts";
import { temporaryFolder } from "../storage/support.ts";

const folder = path.join(projectFolder, "notebooks");
const long = process.env["DAGBOK_LONG"] === "1";
/** Training twice what `test/notebooks` trains already is for the long setting; three stand for all. */
const quick =
  /^(?:guide|ladder)\/|survey\/(?:dragonnet|causal-forest|discovery-(?:constraint|score|time))/;
const shipped = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".dagbok.ts") && (long || quick.test(name)))
  .sort();

// Two runs in processes of their own: what the first has saved, the second gives again to the last digit.
test.each(shipped)(
  "%s is reproduced from its saved outputs",
  async (name) => {
    const found = await findNotebook(path.join(folder, name));
    const options = { mode: "trust", set: {}, timeoutSeconds: 240 } as const;
    const [first, second] = await Promise.all([execute(found, options), execute(found, options)]);
    const run = { ...found, outputs: first.outputs };
    const place = path.join(temporaryFolder(), "saved.html");
    writeFileSync(place, (await exportNotebook(asStored(run), "html", filesOf(run))).text);
    const saved = await findNotebook(place);
    const { cells, ok } = await verifyOutputs(saved.notebook, saved.outputs, second);
    expect(cells.filter(({ verdict }) => verdict.kind !== "same")).toEqual([]);
    expect(cells.every(({ changes }) => changes.length === 0)).toBe(true);
    expect([ok, cells.length > 0]).toEqual([true, true]);
  },
  600_000,
);
