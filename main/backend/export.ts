import { UserError } from "../../app/errors.ts";
import { formatNotebook } from "../../app/notebook/format.ts";
import type { Routes } from "../../app/protocol/routes.ts";
import type { NotebookStore, StoredNotebook } from "../../app/protocol/store.ts";

export type ExportFormat = Routes["exportNotebook"]["in"]["to"];

/** Where an export finds the bytes of attachments. */
export type BlobReader = Pick<NotebookStore, "getBlob">;

export async function exportNotebook(
  stored: StoredNotebook,
  to: ExportFormat,
  _blobs: BlobReader,
): Promise<Routes["exportNotebook"]["out"]> {
  const { notebook } = stored;
  const name = fileNameOf(notebook.title);
  switch (to) {
    case "ts":
      return {
        fileName: `${name}.dagbok.ts`,
        mime: "text/typescript",
        text: formatNotebook(notebook),
      };
    default:
      throw new UserError({
        code: "export-format",
        message: `There is no export to ${to}.`,
        value: to,
        expected: "ts, ipynb or html",
      });
  }
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
