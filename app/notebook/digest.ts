import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Attachment, Cell, Notebook } from "./document.ts";
import { canonicalJson, type Json } from "./json.ts";

/** SHA-256 of bytes, or of a text's UTF-8, in lower-case hex. */
export function digestOf(data: string | Uint8Array): string {
  return bytesToHex(sha256(typeof data === "string" ? new TextEncoder().encode(data) : data));
}

/** The same for equal data, whatever the order of keys. */
export function digestOfJson(value: Json): string {
  return digestOf(canonicalJson(value));
}

export interface CellBasis {
  /** Digests of the cells it takes values from. */
  readonly cells?: readonly string[];
  /** The attachments it reads. */
  readonly attachments?: readonly Pick<Attachment, "name" | "sha256">[];
  /** The notebook's seed. */
  readonly seed?: number;
}

/**
 * What a cell's output rests on: its own text, kind, name and input values, and all that `basis` names. A saved
 * output is current when it was made under this digest. Flags do not count (they say when a cell runs and how it
 * is shown), nor do ids, so that a copied or imported notebook keeps its outputs.
 */
export function cellDigest(
  cell: Pick<Cell, "kind" | "name" | "source" | "inputs">,
  { cells = [], attachments = [], seed = 1 }: CellBasis = {},
): string {
  return digestOfJson({
    version: 1,
    kind: cell.kind,
    name: cell.name ?? null,
    source: cell.source,
    inputs: cell.inputs,
    cells: [...new Set(cells)].sort(),
    attachments: attachments.map(({ name, sha256 }) => `${sha256} ${name}`).sort(),
    seed,
  });
}

export interface CellDependencies {
  /** Ids of the cells whose values it uses. */
  readonly cells: readonly string[];
  /** Names of the attachments it reads. */
  readonly attachments?: readonly string[];
}

/**
 * The digest of every cell, given what each depends on. Cells in a cycle, and what rests on them, have none: they
 * cannot have run. Linear in cells and dependencies.
 */
export function notebookDigests(
  notebook: Notebook,
  dependencies: ReadonlyMap<string, CellDependencies>,
): ReadonlyMap<string, string> {
  const cells = new Map(notebook.cells.map((cell) => [cell.id, cell]));
  const attachments = new Map(notebook.attachments.map((item) => [item.name, item]));
  const waiting = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  const upstream = (id: string): readonly string[] =>
    [...new Set(dependencies.get(id)?.cells)].filter((other) => cells.has(other));
  for (const id of cells.keys()) {
    const above = upstream(id);
    waiting.set(id, above.length);
    for (const other of above) {
      const below = dependents.get(other);
      if (below === undefined) dependents.set(other, [id]);
      else below.push(id);
    }
  }
  const digests = new Map<string, string>();
  const ready = [...cells.keys()].filter((id) => waiting.get(id) === 0);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    const used = dependencies.get(id)?.attachments ?? [];
    const digest = cellDigest(cells.get(id) as Cell, {
      cells: upstream(id).map((other) => digests.get(other) as string),
      // A missing attachment counts by its name, so that attaching it makes the output stale.
      attachments: used.map((name) => attachments.get(name) ?? { name, sha256: "" }),
      seed: notebook.settings.seed,
    });
    digests.set(id, digest);
    for (const below of dependents.get(id) ?? []) {
      const left = (waiting.get(below) as number) - 1;
      waiting.set(below, left);
      if (left === 0) ready.push(below);
    }
  }
  return digests;
}
