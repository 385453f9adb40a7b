import { type Assumption, type Claim, doubted } from "../../app/claim.ts";
import { pairsOf } from "../../app/cell/doubts.ts";

/** A cell as the ledger sees it. */
export interface LedgerCell {
  readonly id: string;
  readonly claim?: Claim | undefined;
  /** Cells it takes values from. */
  readonly upstream?: readonly string[] | undefined;
}

export type LedgerGroup = "graph" | "data" | "mechanism";

export interface LedgerEntry {
  readonly assumption: Assumption;
  readonly off: boolean;
  readonly group: LedgerGroup;
  /** Where it enters the notebook: cells that have it from no other. */
  readonly from: readonly string[];
  /** Cells whose results rest on it, in page order. */
  readonly rests: readonly string[];
  /** Cells that were derived again without it. */
  readonly without: readonly string[];
}

/** Every assumption in the notebook once, and what rests on it. */
export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  readonly off: number;
  /** Cells that rest on something switched off, in page order. */
  readonly greyed: readonly string[];
}

/**
 * The ledger of a notebook's claims. Entries keep their places when they are switched: by group, then by the
 * variables they speak of. One that is switched off and that no result speaks of any more is kept, so that it can be
 * switched on again.
 */
export function buildLedger(cells: readonly LedgerCell[], doubts: ReadonlySet<string>): Ledger {
  const found = new Map<string, Found>();
  const note = (assumption: Assumption): Found => {
    let one = found.get(assumption.id);
    if (one === undefined) {
      found.set(assumption.id, (one = { assumption, rests: [], without: [] }));
    } else if (assumption.bears !== undefined) one.assumption = assumption;
    return one;
  };
  const has = new Map<string, Set<string>>();
  for (const { id, claim } of cells) {
    const mine = new Set<string>();
    for (const assumption of claim?.assumptions ?? []) {
      note(assumption).rests.push(id);
      mine.add(assumption.id);
    }
    for (const assumption of claim?.without ?? []) {
      note(assumption).without.push(id);
      mine.add(assumption.id);
    }
    has.set(id, mine);
  }
  for (const id of doubts) if (!found.has(id)) note(forgotten(id));
  const upstream = new Map(cells.map((cell) => [cell.id, cell.upstream ?? []]));
  // Before the kernel has said what rests on what, an engine's own claim tells more than one that code inherited.
  const known = cells.some((cell) => cell.upstream !== undefined);
  const byEngine = new Set(
    cells.filter(({ claim }) => known || claim?.derivedByCode !== true).map(({ id }) => id),
  );
  const entries = [...found.values()].map(({ assumption, rests, without }): LedgerEntry => {
    const { id } = assumption;
    const here = cells.filter((cell) => has.get(cell.id)?.has(id)).map((cell) => cell.id);
    return {
      assumption,
      off: doubts.has(id),
      group: groupOf(assumption.kind),
      from: here.filter(
        (cell) =>
          byEngine.has(cell) && !upstream.get(cell)?.some((above) => has.get(above)?.has(id)),
      ),
      rests,
      without,
    };
  });
  return {
    entries: entries.sort(byPlace),
    off: doubts.size,
    greyed: cells.filter(({ claim }) => doubted(claim, doubts).length > 0).map(({ id }) => id),
  };
}

interface Found {
  assumption: Assumption;
  readonly rests: string[];
  readonly without: string[];
}

const groups: readonly LedgerGroup[] = ["graph", "data", "mechanism"];

function byPlace(a: LedgerEntry, b: LedgerEntry): number {
  return (
    groups.indexOf(a.group) - groups.indexOf(b.group) ||
    a.assumption.variables.length - b.assumption.variables.length ||
    a.assumption.id.localeCompare(b.assumption.id)
  );
}

const aboutGraph = new Set([
  "no-confounder",
  "no-unmeasured-confounder",
  "no-arrow",
  "graph-complete",
  "graph-class",
  "model-structure",
  "faithfulness",
  "causal-sufficiency",
]);

function groupOf(kind: string): LedgerGroup {
  if (aboutGraph.has(kind)) return "graph";
  return kind.includes("mechanism") ? "mechanism" : "data";
}

/** One that is switched off and that nothing says in words any more. */
function forgotten(id: string): Assumption {
  const [pair] = pairsOf(id);
  if (pair === undefined) return { id, kind: id.split(":")[0] ?? id, text: id, variables: [] };
  const { kind, a, b } = pair;
  return {
    id,
    kind,
    text:
      kind === "no-arrow"
        ? `${a} does not affect ${b} directly.`
        : `Nothing unmeasured causes both ${a} and ${b}.`,
    variables: [a, b],
  };
}

const kindNames: Readonly<Record<string, string>> = {
  "no-confounder": "no hidden common cause",
  "no-unmeasured-confounder": "no hidden common cause",
  "no-arrow": "no direct effect",
  "graph-complete": "a complete graph",
  "graph-class": "the class of graphs",
  "model-structure": "the model's arrows",
  "fitted-mechanisms": "fitted mechanisms",
  consistency: "consistency",
  "no-interference": "no interference",
  "same-mechanisms": "the same mechanisms elsewhere",
  experiment: "an experiment at hand",
};

/** What kind of assumption it is, in the field's words. */
export function kindName({ kind }: Assumption): string {
  const mechanism = /^mechanism-(.+)$/.exec(kind)?.[1];
  return (
    kindNames[kind] ??
    (mechanism === undefined ? kind.replaceAll("-", " ") : `${mechanism} mechanism`)
  );
}

/** Why what rests on an assumption that is switched off was greyed out, and not derived again without it. */
export function whyGreyed({ assumption: { kind }, group }: LedgerEntry): string {
  if (kind === "graph-class")
    return "A class of graphs was found as a whole; what it would be without this is not known.";
  if (kind === "graph-complete") return "It speaks of too many pairs at once to add an edge for.";
  if (kind === "no-confounder" || kind === "no-arrow" || kind === "no-unmeasured-confounder")
    return "Not derived again: the cell is yet to run, or its graph or model cannot take the edge.";
  if (group === "graph") return "Another graph would have to be drawn.";
  if (group === "mechanism") return "Another mechanism would have to be written in the model.";
  return "No engine has a number without it.";
}

/** `7 assumptions; 2 switched off; 3 results greyed out` */
export function ledgerSummary({ entries, off, greyed }: Ledger): string {
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
  return [
    count(entries.length, "assumption"),
    ...(off === 0 ? [] : [`${off} switched off`]),
    ...(off === 0 ? [] : [`${count(greyed.length, "result")} greyed out`]),
  ].join("; ");
}
