import type { BlobReader } from "./blob-reader.ts";
import type { Notebook } from "../../app/notebook/document.ts";
import { formatNotebook } from "../../app/notebook/format.ts";
import type { Routes } from "../../app/protocol/routes.ts";
import type { StoredNotebook } from "../../app/protocol/store.ts";
import { exportIpynb } from "./ipynb.ts";
import { exportKit } from "./kit.ts";

export type ExportFormat = Routes["exportNotebook"]["in"]["to"];

/** The notebook in another format. Its settings say which versions made the outputs it has. */
export async function exportNotebook(
  given: StoredNotebook,
  to: ExportFormat,
  blobs: BlobReader,
): Promise<Routes["exportNotebook"]["out"]> {
  const stored = { ...given, notebook: withVersions(given) };
  const { notebook } = stored;
  const name = fileNameOf(notebook.title);
  switch (to) {
    case "ts":
      return {
        fileName: `${name}.dagbok.ts`,
        mime: "text/typescript",
        text: formatNotebook(notebook),
      };
    case "ipynb":
      return {
        fileName: `${name}.ipynb`,
        mime: "application/x-ipynb+json",
        text: exportIpynb(stored),
      };
    case "kit":
      return { fileName: `${name}.kit.html`, mime: "text/html", text: exportKit(notebook) };
    case "html": {
      // Loaded when asked for: charts and formulas bring much code along.
      const { exportHtml } = await import("./export-html.ts");
      return { fileName: `${name}.html`, mime: "text/html", text: await exportHtml(stored, blobs) };
    }
    default:
      throw new Error("There is no such export.");
  }
}

function withVersions({ notebook, outputs }: StoredNotebook): Notebook {
  const made = [...outputs]
    .sort((a, b) => a.at - b.at)
    .map(({ provenance }) => provenance?.versions ?? {});
  if (made.every((versions) => Object.keys(versions).length === 0)) return notebook;
  const versions = Object.assign({}, ...made) as Notebook["settings"]["versions"];
  return { ...notebook, settings: { ...notebook.settings, versions } };
}

/** `Kidney stones, 1986` as `kidney-stones-1986`: safe on every file system. */
export function fileNameOf(title: string): string {
  const name = title
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 80);
  return name === "" ? "notebook" : name;
}
