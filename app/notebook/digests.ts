import { doubtsTakenUp } from "../cell/doubts.ts";
import type { Cell, Notebook } from "./document.ts";
import { doubtsOf } from "./doubts.ts";
import { canonicalJson, toJson } from "./json.ts";

/** Cells that a cell needs directly, as the kernel's analysis says; undefined when it has not spoken yet. */
export type Upstream = (cell: string) => readonly string[] | undefined;

/**
 * Digest of each cell with all it rests on: its text, the files it names, the assumptions it has to do without, the
 * notebook's seed, and the same of every cell upstream with the values of its controls. Equal digests mean that a run would be given the same.
 */
export async function cellDigests(
  notebook: Notebook,
  upstream: Upstream,
): Promise<ReadonlyMap<string, string>> {
  const cells = new Map(notebook.cells.map((cell) => [cell.id, cell]));
  // What a cell shows does not depend on where its own controls stand; what rests on it does.
  const own = new Map<string, string>();
  const given = new Map<string, string>();
  for (const cell of notebook.cells) {
    own.set(cell.id, await hash(ownText(notebook, { ...cell, inputs: {} })));
    given.set(cell.id, await hash(ownText(notebook, cell)));
  }
  const digests = new Map<string, string>();
  for (const id of cells.keys()) {
    const rests = [...closure(id, upstream)].map((each) => given.get(each) ?? "").sort();
    digests.set(id, await hash([own.get(id) ?? "", ...rests].join(" ")));
  }
  return digests;
}

function ownText(notebook: Notebook, cell: Cell): string {
  const files = notebook.attachments
    .filter(({ name }) => cell.source.includes(name))
    .map((file) => [file.name, file.sha256]);
  const doubts = doubtsTakenUp(cell, doubtsOf(notebook));
  return canonicalJson(
    toJson([
      cell.kind,
      cell.name ?? null,
      cell.source,
      cell.inputs,
      files,
      notebook.settings.seed,
      ...(doubts.length === 0 ? [] : [doubts]),
    ]),
  );
}

/** Everything upstream, the cell itself left out; cycles end where they began. */
function closure(id: string, upstream: Upstream): ReadonlySet<string> {
  const seen = new Set<string>();
  const todo = [...(upstream(id) ?? [])];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next === id || seen.has(next)) continue;
    seen.add(next);
    todo.push(...(upstream(next) ?? []));
  }
  return seen;
}

/** By the platform's own, off this thread: a thousand cells on one another hash megabytes. */
async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
