import type { Entry } from "./entry.ts";
import type { SessionCell } from "./events.ts";
import { buildGraph, type CellGraph } from "./graph.ts";

/** The cells in page order, and how they hang together as they stand (not as they are being edited). */
export class Page {
  mode: "auto" | "lazy" = "auto";
  #order: Entry[] = [];
  readonly #entries = new Map<string, Entry>();
  #graph: CellGraph = buildGraph([]);

  get cells(): readonly Entry[] {
    return this.#order;
  }

  get graph(): CellGraph {
    return this.#graph;
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** Takes over a new order; gives back who is gone. */
  arrange(cells: readonly SessionCell[], entryFor: (cell: SessionCell) => Entry): Entry[] {
    const before = this.#order;
    this.#order = cells.map(entryFor);
    const present = new Set(this.#order);
    const gone = before.filter((entry) => !present.has(entry));
    for (const entry of gone) this.#entries.delete(entry.id);
    for (const entry of this.#order) this.#entries.set(entry.id, entry);
    return gone;
  }

  /** After texts were accepted, or cells removed or disabled. */
  relate(): void {
    this.#graph = buildGraph(
      this.#order.map((entry) => entry.standing).filter((cell) => cell !== undefined),
    );
  }

  above(entry: Entry): Entry[] {
    return this.#known(this.#graph.upstream.get(entry.id));
  }

  below(entry: Entry): Entry[] {
    return this.#known(this.#graph.downstream.get(entry.id));
  }

  /** How messages name a cell: as its author does, else by what it defines, else by its place. */
  readonly label = (id: string): string => {
    const entry = this.#entries.get(id);
    if (entry === undefined) return id;
    const [first] = entry.accepted?.program.outputs ?? entry.program.outputs;
    return entry.cell.name ?? first ?? `cell ${this.#order.indexOf(entry) + 1}`;
  };

  #known(ids: readonly string[] = []): Entry[] {
    return ids.map((id) => this.#entries.get(id)).filter((entry) => entry !== undefined);
  }
}
