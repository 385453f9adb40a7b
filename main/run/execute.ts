import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Notebook } from "../../app/notebook/document.ts";
import { formatNotebook } from "../../app/notebook/format.ts";
import { openCatalogue } from "../catalogue/catalogue.ts";
import { UsageError } from "../commands/command.ts";
import { type Found, withLibrary } from "../commands/library.ts";
import { projectFolder } from "../files.ts";
import { dataHome } from "../home.ts";
import { childKernel } from "./child.ts";
import { isolatedKernel } from "./isolated.ts";
import type { RunRequest } from "./request.ts";
import { gather, type Gathered } from "./results.ts";

/** A file that a notebook read, which is not the one it names. */
export interface ChangedFile {
  readonly name: string;
  /** SHA-256, as the notebook has it. */
  readonly expected: string;
  readonly found: string;
}

export interface Executed extends Gathered {
  readonly changedFiles: readonly ChangedFile[];
}

/** Runs a notebook that was found somewhere, in a kernel of its own, from top to bottom. */
export async function execute(
  { notebook, files, folder, place }: Found,
  { mode, set, timeoutSeconds }: Pick<RunRequest, "mode" | "set" | "timeoutSeconds">,
): Promise<Executed> {
  if (mode === "own" && !(await isOwn(place, notebook))) {
    throw new UsageError(
      `${path.basename(place)} was not written here. Run it where it can reach nothing with --isolated, or, if you have read it, with --trust.`,
    );
  }
  const kernel = mode === "isolated" ? await isolatedKernel(notebook.id) : await childKernel();
  const catalogue = openCatalogue(dataHome());
  const changedFiles: ChangedFile[] = [];
  const find = async (name: string): Promise<Uint8Array | undefined> => {
    const inside = files.find((file) => file.name === name);
    if (inside !== undefined) return inside.bytes;
    // a name is looked up, never followed as a path out of the notebook's folder
    const beside = folder === undefined ? undefined : path.join(folder, path.basename(name));
    const attached = notebook.attachments.some((attachment) => attachment.name === name);
    if (beside !== undefined && attached && existsSync(beside)) return readFile(beside);
    const known = catalogue.find(name);
    return known === undefined ? undefined : readFile(known.path);
  };
  const gathered = await gather(kernel, notebook, {
    set,
    timeoutSeconds,
    file: async (name) => {
      const bytes = await find(name);
      const expected = notebook.attachments.find((one) => one.name === name)?.sha256;
      if (bytes !== undefined && expected !== undefined) {
        const found = createHash("sha256").update(bytes).digest("hex");
        if (found !== expected) changedFiles.push({ name, expected, found });
      }
      return bytes;
    },
  });
  return { ...gathered, changedFiles };
}

/** Shipped with Dagbok, or in this library as written here and unchanged since. */
async function isOwn(place: string, notebook: Notebook): Promise<boolean> {
  const shipped = path.join(realpathSync(projectFolder), "notebooks") + path.sep;
  if (existsSync(place) && realpathSync(place).startsWith(shipped)) return true;
  if (!existsSync(dataHome())) return false;
  return withLibrary(async (store) => {
    const known = (await store.list()).find(({ id }) => id === notebook.id);
    if (known?.origin !== "here") return false;
    const stored = await store.open(notebook.id);
    return textOf(stored.notebook) === textOf(notebook);
  });
}

/** What was written; which versions it was last run with may differ. */
function textOf(notebook: Notebook): string {
  return formatNotebook({ ...notebook, settings: { ...notebook.settings, versions: {} } });
}
