import { createHash } from "node:crypto";
import { UserError } from "../../../app/errors.ts";
import { formatNotebook, parseNotebook } from "../../../app/notebook/format.ts";
import type { SavedOutput, StoredNotebook } from "../../../app/protocol/store.ts";
import type { BlobReader } from "../blob-reader.ts";
import type { Imported } from "../imported.ts";

const OPEN = '<script type="application/vnd.dagbok.notebook+json">';
const CLOSE = "</script>";

/** Data files beyond this stay out of the page: their hashes in the source say which they are. */
const MAX_CARRIED = 8 * 1024 * 1024;

interface Carried {
  readonly format: 1;
  readonly source: string;
  readonly outputs: readonly SavedOutput[];
  readonly files: readonly {
    readonly name: string;
    readonly mime: string;
    readonly base64: string;
  }[];
}

/** The notebook itself inside the page, as data that no browser runs. */
export async function carry(stored: StoredNotebook, blobs: BlobReader): Promise<string> {
  const files: Carried["files"][number][] = [];
  let size = 0;
  for (const { name, sha256, mime, bytes } of stored.notebook.attachments) {
    size += bytes;
    const blob = size <= MAX_CARRIED ? await blobs.getBlob(sha256) : undefined;
    if (blob === undefined) continue;
    files.push({ name, mime, base64: Buffer.from(blob.bytes).toString("base64") });
  }
  const carried: Carried = {
    format: 1,
    source: formatNotebook(stored.notebook),
    outputs: stored.outputs,
    files,
  };
  // Nothing in it can end the element that holds it.
  return `${OPEN}${JSON.stringify(carried).replaceAll("<", "\\u003c")}${CLOSE}`;
}

/** Whether a page was exported by Dagbok. */
export function carries(html: string): boolean {
  return html.includes(OPEN);
}

/** The notebook that a page carries. Only that element is read; the rest of the page is not looked at. */
export function readCarried(html: string): Imported {
  const start = html.lastIndexOf(OPEN);
  const end = html.indexOf(CLOSE, start);
  if (start < 0 || end < 0) throw notOurs();
  let carried: Carried;
  try {
    carried = JSON.parse(html.slice(start + OPEN.length, end)) as Carried;
  } catch (cause) {
    throw notOurs(cause);
  }
  if (typeof carried !== "object" || carried === null || typeof carried.source !== "string") {
    throw notOurs();
  }
  const notebook = parseNotebook(carried.source);
  const wanted = new Set(notebook.attachments.map(({ sha256 }) => sha256));
  const cells = new Set(notebook.cells.map(({ id }) => id));
  return {
    notebook,
    outputs: listOf(carried.outputs).filter((output) => isOutput(output) && cells.has(output.cell)),
    files: listOf(carried.files)
      .filter(({ base64 }) => typeof base64 === "string")
      .map(({ name, mime, base64 }) => ({ name, mime, bytes: Buffer.from(base64, "base64") }))
      .filter(({ bytes }) => wanted.has(createHash("sha256").update(bytes).digest("hex"))),
  };
}

function isOutput(value: unknown): value is SavedOutput {
  const output = value as Partial<SavedOutput> | null;
  return (
    typeof output?.cell === "string" &&
    typeof output.digest === "string" &&
    typeof output.ms === "number" &&
    typeof output.at === "number" &&
    Array.isArray(output.bundles)
  );
}

function listOf<T>(value: readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [];
}

function notOurs(cause?: unknown): UserError {
  return new UserError(
    {
      code: "html-no-notebook",
      message: "This page carries no Dagbok notebook.",
      expected: "an HTML file that Dagbok has exported",
    },
    cause === undefined ? {} : { cause },
  );
}
