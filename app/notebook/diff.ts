import { type Cell, FLAGS, type Notebook } from "./document.ts";
import { canonicalJson } from "./json.ts";

/** What a cell became from one notebook to another. */
export type CellChange =
  | { readonly kind: "added"; readonly after: Cell; readonly index: number }
  | { readonly kind: "removed"; readonly before: Cell; readonly index: number }
  | {
      readonly kind: "changed";
      readonly before: Cell;
      readonly after: Cell;
      /** Where it stands now. */
      readonly index: number;
      /** It changed its place among the cells that both have. */
      readonly moved: boolean;
      readonly text: boolean;
      /** Name, kind, flags, inputs and keys, each with its values before and after. */
      readonly details: readonly Detail[];
    };

export interface Detail {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export interface NotebookDiff {
  /** In the order of the later notebook; what was removed stands where it stood. */
  readonly cells: readonly CellChange[];
  /** Title, settings, attachments and keys. */
  readonly details: readonly Detail[];
}

/**
 * What differs between two notebooks, cell by cell: cells are the same by their id, and those whose ids are in one
 * notebook only (a file that came back through another tool) by their kind and text. Cells count as moved when they
 * are outside the longest run of cells that kept their order. O(n log n) in the number of cells.
 */
export function diffNotebooks(before: Notebook, after: Notebook): NotebookDiff {
  const pairs = pair(before.cells, after.cells);
  const moved = movedCells(before.cells, after.cells, pairs);
  const from = new Map([...pairs].map(([a, b]) => [b, a]));
  const cells: { readonly at: number; readonly change: CellChange }[] = [];
  after.cells.forEach((cell, index) => {
    const old = from.get(cell);
    if (old === undefined) {
      cells.push({ at: index, change: { kind: "added", after: cell, index } });
      return;
    }
    const details = detailsOf(cellFacts(old), cellFacts(cell));
    const text = old.source !== cell.source;
    if (!text && details.length === 0 && !moved.has(cell)) return;
    cells.push({
      at: index,
      change: {
        kind: "changed",
        before: old,
        after: cell,
        index,
        moved: moved.has(cell),
        text,
        details,
      },
    });
  });
  // A removed cell is told before the first cell that followed it and is still there.
  let next = after.cells.length;
  const place = new Map(after.cells.map((cell, i) => [cell, i]));
  for (let index = before.cells.length - 1; index >= 0; index--) {
    const cell = before.cells[index];
    if (cell === undefined) continue;
    const kept = pairs.get(cell);
    if (kept === undefined) {
      cells.push({ at: next - 0.5, change: { kind: "removed", before: cell, index } });
    } else next = place.get(kept) ?? next;
  }
  const rank = ({ change }: { readonly change: CellChange }): number =>
    change.kind === "removed" ? change.index : -1;
  cells.sort((a, b) => a.at - b.at || rank(a) - rank(b));
  return {
    cells: cells.map(({ change }) => change),
    details: detailsOf(notebookFacts(before), notebookFacts(after)),
  };
}

/** Which cell of the first became which of the second. */
function pair(before: readonly Cell[], after: readonly Cell[]): ReadonlyMap<Cell, Cell> {
  const byId = new Map(after.map((cell) => [cell.id, cell]));
  const pairs = new Map<Cell, Cell>();
  const left: Cell[] = [];
  for (const cell of before) {
    const same = byId.get(cell.id);
    if (same === undefined) left.push(cell);
    else pairs.set(cell, same);
  }
  const taken = new Set(pairs.values());
  const byText = new Map<string, Cell[]>();
  for (const cell of after) {
    if (taken.has(cell) || cell.source.trim() === "") continue;
    const key = `${cell.kind}\n${cell.source.trim()}`;
    byText.set(key, [...(byText.get(key) ?? []), cell]);
  }
  for (const cell of left) {
    const same = byText.get(`${cell.kind}\n${cell.source.trim()}`)?.shift();
    if (same !== undefined) pairs.set(cell, same);
  }
  return pairs;
}

/** Cells outside a longest subsequence that kept its order (patience sorting). */
function movedCells(
  before: readonly Cell[],
  after: readonly Cell[],
  pairs: ReadonlyMap<Cell, Cell>,
): ReadonlySet<Cell> {
  const place = new Map(after.map((cell, i) => [cell, i]));
  const order = before.flatMap((cell) => {
    const same = pairs.get(cell);
    return same === undefined ? [] : [place.get(same) ?? 0];
  });
  const tails: number[] = []; // index into `order` of the smallest end of each length
  const previous = order.map(() => -1);
  order.forEach((value, i) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((order[tails[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous[i] = low === 0 ? -1 : (tails[low - 1] ?? -1);
    tails[low] = i;
  });
  const kept = new Set<number>();
  for (let i = tails.at(-1) ?? -1; i >= 0; i = previous[i] ?? -1) kept.add(order[i] ?? -1);
  return new Set(order.filter((at) => !kept.has(at)).flatMap((at) => after[at] ?? []));
}

type Facts = ReadonlyMap<string, string>;

function cellFacts(cell: Cell): Facts {
  return new Map([
    ["kind", cell.kind],
    ["name", cell.name ?? ""],
    ...FLAGS.map((flag): [string, string] => [flag, cell.flags[flag] ? "yes" : "no"]),
    ...Object.entries(cell.inputs).map(([key, value]): [string, string] => [
      `input ${key}`,
      canonicalJson(value),
    ]),
    ...Object.entries(cell.meta),
  ]);
}

function notebookFacts({ title, attachments, settings, meta }: Notebook): Facts {
  return new Map([
    ["title", title],
    ["run", settings.run],
    ["seed", String(settings.seed)],
    ...Object.entries(settings.versions).map(([key, value]): [string, string] => [
      `version ${key}`,
      value,
    ]),
    ...attachments.map(({ name, sha256 }): [string, string] => [`file ${name}`, sha256]),
    ...Object.entries(meta),
  ]);
}

function detailsOf(before: Facts, after: Facts): readonly Detail[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((what) => before.get(what) !== after.get(what))
    .map((what) => ({ what, before: before.get(what) ?? "", after: after.get(what) ?? "" }));
}
