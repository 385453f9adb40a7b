import type { CellSpec } from "../../app/notebook/document.ts";

export const TS_CELLS = 200;
export const TEXT_CELLS = 50;
/** Of the last cell in page order, which is TypeScript. */
export const LAST_CELL = cellId(TS_CELLS - 1);
export const FIRST_TS_CELL = cellId(0);

/** 200 TypeScript cells of 13 lines that hang on one another, and 50 of prose: the long notebook of the budgets. */
export function longNotebook(): readonly CellSpec[] {
  return Array.from({ length: TS_CELLS }, (_, i): readonly CellSpec[] => {
    const code = { id: cellId(i), source: code13(i) };
    return i % 4 === 0 ? [{ id: `text${i}`, kind: "markdown", source: prose(i) }, code] : [code];
  }).flat();
}

function cellId(i: number): string {
  return `code${i}`;
}

function prose(i: number): string {
  return `## Part ${i / 4 + 1}\n\nThe next four cells take the *means* of **two groups** and pass them on, with $\\bar{x}_{${i}}$.\n\n- a first point\n- a second one`;
}

/** Needs the cell before it and one much further up: a web, not only a chain. */
function code13(i: number): string {
  const before = i === 0 ? "1" : `difference${i - 1}`;
  const far = i < 7 ? "0" : `difference${i - 7 - (i % 5 === 0 ? Math.floor(i / 9) : 0)}`;
  return `interface Row${i} { readonly x: number; readonly group: "a" | "b"; weight?: number }
const rows${i}: readonly Row${i}[] = Array.from({ length: 200 }, (_, k): Row${i} => ({
  x: Math.sin(k * ${i + 1}) + ${before} / 2 + ${far} / 4,
  group: k % 2 === 0 ? "a" : "b",
}));
// The mean of one group, or of all
function mean${i}<T extends Row${i}>(list: readonly T[], group?: T["group"]): number {
  const kept = group === undefined ? list : list.filter((row): row is T => row.group === group);
  return kept.reduce((sum: number, row) => sum + row.x * (row.weight ?? 1), 0) / kept.length;
}
const { a: a${i}, b: b${i} } = { a: mean${i}(rows${i}, "a"), b: mean${i}(rows${i}, "b") } satisfies Record<string, number>;
const difference${i}: number = a${i} - b${i};
display({ mean: mean${i}(rows${i}), difference: difference${i}, rows: rows${i}.length });`;
}
