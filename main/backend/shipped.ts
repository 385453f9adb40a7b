import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Notebook } from "../../app/notebook/document.ts";
import { parseNotebook } from "../../app/notebook/format.ts";
import type { Routes } from "../../app/protocol/routes.ts";
import { StoreError } from "../../app/protocol/store.ts";

const SUFFIX = ".dagbok.ts";

/** The notebooks that ship, by path without the ending, e.g. `guide/welcome`. */
export async function listShipped(folder: string): Promise<Routes["shipped"]["out"]> {
  const names = (await readdir(folder, { recursive: true }))
    .map((name) => name.split(path.sep).join("/"))
    .filter((name) => name.endsWith(SUFFIX))
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const shipped = name.slice(0, -SUFFIX.length);
      const notebook = await readShipped(folder, shipped);
      return { path: shipped, title: notebook.title, about: aboutOf(notebook) };
    }),
  );
}

export async function readShipped(folder: string, shipped: string): Promise<Notebook> {
  // The name comes from the page: only plain folder and file names are followed.
  if (!/^[a-z0-9-]+(?:\/[a-z0-9-]+)*$/.test(shipped)) throw notShipped(shipped);
  let text: string;
  try {
    text = await readFile(path.join(folder, ...`${shipped}${SUFFIX}`.split("/")), "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") throw notShipped(shipped);
    throw error;
  }
  return parseNotebook(text);
}

/** The first paragraph of prose. */
function aboutOf(notebook: Notebook): string {
  for (const { kind, source } of notebook.cells) {
    if (kind !== "markdown") continue;
    const paragraph = source
      .split(/\n\s*\n/)
      .find((part) => part.trim() !== "" && !part.trim().startsWith("#"));
    if (paragraph !== undefined) return paragraph.replace(/[*_`]/g, "").replace(/\s+/g, " ").trim();
  }
  return "";
}

function notShipped(shipped: string): StoreError {
  return new StoreError("not-found", `No notebook ${shipped} ships with Dagbok.`);
}
