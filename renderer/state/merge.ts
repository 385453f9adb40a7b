import { applyEdits, type Edit } from "../../app/notebook/edits.ts";
import type { Notebook } from "../../app/notebook/document.ts";

export type Merge =
  | { readonly kind: "merged"; readonly notebook: Notebook }
  | { readonly kind: "conflict"; readonly cells: readonly string[] };

/**
 * Our unsent edits on top of another window's version. They may go there when no cell they touch was changed
 * (or removed) there since `base`, the version both began with; otherwise the user decides.
 */
export function mergeRemote(base: Notebook, theirs: Notebook, ours: readonly Edit[]): Merge {
  const changed = changedCells(base, theirs);
  const contested = [...touchedCells(ours)].filter((cell) => changed.has(cell));
  if (contested.length > 0) return { kind: "conflict", cells: contested };
  try {
    return { kind: "merged", notebook: applyEdits(theirs, ours).notebook };
  } catch {
    return { kind: "conflict", cells: [] };
  }
}

function changedCells(base: Notebook, theirs: Notebook): Set<string> {
  const before = new Map(base.cells.map((cell) => [cell.id, JSON.stringify(cell)]));
  const changed = new Set<string>();
  for (const cell of theirs.cells) {
    if (before.get(cell.id) !== JSON.stringify(cell)) changed.add(cell.id);
    before.delete(cell.id);
  }
  for (const id of before.keys()) changed.add(id);
  return changed;
}

function touchedCells(edits: readonly Edit[]): Set<string> {
  const touched = new Set<string>();
  for (const edit of edits) {
    if ("cell" in edit) touched.add(typeof edit.cell === "string" ? edit.cell : edit.cell.id);
    else if (edit.kind === "replace-cells") for (const { id } of edit.cells) touched.add(id);
  }
  return touched;
}
