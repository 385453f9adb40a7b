import type { Notebook } from "../../app/notebook/document.ts";

/** Digest of each cell by its own text and inputs. */
export async function cellDigests(notebook: Notebook): Promise<ReadonlyMap<string, string>> {
  const encoder = new TextEncoder();
  const digests = new Map<string, string>();
  for (const cell of notebook.cells) {
    const text = JSON.stringify([cell.kind, cell.name ?? null, cell.source, cell.inputs]);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
    digests.set(cell.id, [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  }
  return digests;
}
