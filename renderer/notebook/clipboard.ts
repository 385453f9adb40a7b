import type { Cell } from "../../app/notebook/document.ts";
import { createCell } from "../../app/notebook/document.ts";

const KEY = "dagbok.clipboard";

/** Cells travel between windows through localStorage, and as text to everything else. */
export function writeClipboard(cells: readonly Cell[]): void {
  localStorage.setItem(KEY, JSON.stringify(cells));
  const text = cells.map(({ source }) => source).join("\n\n");
  navigator.clipboard?.writeText(text).catch(() => {
    // Not allowed here: copying cells works all the same.
  });
}

export function readClipboard(): readonly Cell[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(value) ? (value as Cell[]).map((cell) => createCell(cell)) : [];
  } catch {
    return [];
  }
}
