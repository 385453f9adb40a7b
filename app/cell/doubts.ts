import type { KernelCell } from "../protocol/kernel.ts";

/** Kinds of assumptions that kinds of cells can do without, by what the assumption's id begins with. */
const takesUp: Readonly<Record<string, readonly string[]>> = {
  graph: ["no-confounder", "no-arrow"],
  counterfactual: ["no-confounder"],
  ts: ["no-confounder", "no-arrow"],
};

/** Code that writes a graph out, the only code that can do without an assumption of one. */
const writesGraph = /\b(?:parseGraph|createGraph)\s*\(/u;

/** An assumption about two variables: nothing unmeasured causes both, or the first does not affect the second. */
export interface Pair {
  readonly kind: "no-confounder" | "no-arrow";
  readonly a: string;
  readonly b: string;
}

/** What `no-confounder:a,b` may mean; names may themselves hold commas. None for an id of another form. */
export function pairsOf(id: string): readonly Pair[] {
  const colon = id.indexOf(":");
  const kind = id.slice(0, colon);
  if (kind !== "no-confounder" && kind !== "no-arrow") return [];
  const names = id.slice(colon + 1).split(",");
  return names.slice(1).map((_, i) => ({
    kind,
    a: names.slice(0, i + 1).join(","),
    b: names.slice(i + 1).join(","),
  }));
}

/**
 * Which of the assumptions that are switched off this cell is to do without: those that its kind can, of variables
 * that its text names. Of all others it holds that their results say nothing as long as they are off.
 */
export function doubtsTakenUp(
  cell: Pick<KernelCell, "kind" | "source">,
  doubts: Iterable<string>,
): readonly string[] {
  const kinds = takesUp[cell.kind];
  if (kinds === undefined || (cell.kind === "ts" && !writesGraph.test(cell.source))) return [];
  return [...doubts]
    .filter((id) =>
      pairsOf(id).some(
        ({ kind, a, b }) =>
          kinds.includes(kind) && cell.source.includes(a) && cell.source.includes(b),
      ),
    )
    .sort();
}

/** The cell with what it is to do without. */
export function withDoubts(cell: KernelCell, doubts: Iterable<string>): KernelCell {
  const { doubts: _, ...rest } = cell;
  const taken = doubtsTakenUp(cell, doubts);
  return taken.length === 0 ? rest : { ...rest, doubts: taken };
}
