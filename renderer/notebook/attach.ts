import type { Api } from "../client/api.ts";
import type { NotebookModel } from "../state/notebook-model.ts";
import type { NotebookCommands } from "./commands.ts";

const types: Readonly<Record<string, string>> = {
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  json: "application/json",
  arrow: "application/vnd.apache.arrow.file",
};

export function isDataFile(name: string): boolean {
  return /\.(csv|tsv|json|arrow)$/i.test(name);
}

/** A file becomes an attachment, and a data cell reads it. */
export async function attachFile(
  api: Api,
  commands: NotebookCommands,
  model: NotebookModel,
  file: File,
  at: number,
): Promise<void> {
  const attachment = await upload(api, file);
  commands.apply([{ kind: "attach", attachment }]);
  if (!isDataFile(file.name)) return;
  const id = commands.insert(
    "data",
    Math.min(at, model.order.value.length),
    dataCellText(file.name),
  );
  if (id !== undefined) commands.page.focus(id, "cell");
}

export async function upload(
  api: Api,
  file: File,
): Promise<{ name: string; sha256: string; bytes: number; mime: string }> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const extension = file.name.split(".").at(-1)?.toLowerCase() ?? "";
  const mime = file.type || types[extension] || "application/octet-stream";
  const stored = await api.call("putBlob", { mime, bytes });
  return { name: file.name, sha256: stored.sha256, bytes: stored.bytes, mime };
}

/** A name for the table from that of its file. */
export function dataCellText(fileName: string): string {
  const word = fileName
    .replace(/\.[^.]*$/, "")
    .replace(/[^A-Za-z0-9]+(.)?/g, (_, next?: string) => next?.toUpperCase() ?? "")
    .replace(/^(\d)/, "_$1");
  return `${word === "" ? "data" : word.charAt(0).toLowerCase() + word.slice(1)} = "${fileName}"`;
}
