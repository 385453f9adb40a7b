import type { Cell } from "../../app/notebook/document.ts";
import { headingsOf } from "../outputs/markdown.ts";

const KEY = "folded";

/** The level of the heading a text cell begins its section with. */
export function sectionLevel(cell: Cell): number | undefined {
  if (cell.kind !== "markdown") return undefined;
  const levels = headingsOf(cell.source).map(({ level }) => level);
  return levels.length === 0 ? undefined : Math.min(...levels);
}

export function isFolded(cell: Cell): boolean {
  return cell.meta[KEY] === "true" && sectionLevel(cell) !== undefined;
}

export function foldEdit(cell: Cell, folded: boolean) {
  return {
    kind: "set-meta" as const,
    cell: cell.id,
    key: KEY,
    ...(folded ? { value: "true" } : {}),
  };
}

/** Cells that a folded heading hides, by that heading: all up to the next one of its level or above. */
export function hiddenCells(cells: readonly Cell[]): ReadonlyMap<string, string> {
  const hidden = new Map<string, string>();
  let by: { readonly id: string; readonly level: number } | undefined;
  for (const cell of cells) {
    const level = sectionLevel(cell);
    if (by !== undefined && level !== undefined && level <= by.level) by = undefined;
    if (by !== undefined) hidden.set(cell.id, by.id);
    else if (level !== undefined && isFolded(cell)) by = { id: cell.id, level };
  }
  return hidden;
}
