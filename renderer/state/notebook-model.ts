import { batch, computed, type ReadonlySignal, signal, type Signal } from "@preact/signals";
import { DOUBTS, readDoubts } from "../../app/notebook/doubts.ts";
import type { Cell, Notebook } from "../../app/notebook/document.ts";
import type { VariableSummary } from "../../app/protocol/kernel.ts";
import type { KernelStatus } from "../kernel/client.ts";
import type { DocumentStore, SaveState } from "./document-store.ts";
import type { CellRuntime } from "./runtime.ts";
import { buildLedger, type Ledger } from "./ledger.ts";
import type { NotebookSession } from "./session.ts";

export interface Selection {
  /** Where an extended selection began. */
  readonly anchor: string | undefined;
  /** The selected cell. */
  readonly head: string | undefined;
}

/** The notebook and its session as signals: what the page's components read. Changes go to the two beneath. */
export class NotebookModel {
  readonly document: DocumentStore;
  readonly session: NotebookSession;
  readonly notebook: Signal<Notebook>;
  readonly order: Signal<readonly string[]>;
  readonly save: Signal<SaveState>;
  readonly kernel: Signal<KernelStatus>;
  readonly variables: Signal<readonly VariableSummary[]>;
  readonly selection = signal<Selection>({ anchor: undefined, head: undefined });
  readonly mode = signal<"command" | "edit">("command");
  /** Set by the page, which knows what is folded away. */
  visible: ReadonlySignal<readonly string[]> | undefined;
  readonly running: ReadonlySignal<number>;
  readonly staleCount: ReadonlySignal<number>;
  /** Ids of the assumptions that are switched off. */
  readonly doubts: ReadonlySignal<ReadonlySet<string>>;
  readonly ledger: ReadonlySignal<Ledger>;
  readonly #cells = new Map<string, Signal<Cell>>();
  readonly #frames = new Map<string, Signal<Cell>>();
  readonly #runtimes = new Map<string, Signal<CellRuntime>>();
  /** Rises when any cell's runtime changes: what counts over all cells hangs on it. */
  readonly #tick = signal(0);
  readonly #off: (() => void)[];

  constructor(document: DocumentStore, session: NotebookSession) {
    this.document = document;
    this.session = session;
    this.notebook = signal(document.notebook);
    this.order = signal(document.notebook.cells.map(({ id }) => id));
    this.save = signal(document.saveState);
    this.kernel = signal(session.status);
    this.variables = signal(session.variables);
    for (const cell of document.notebook.cells) this.#cells.set(cell.id, signal(cell));
    const first = document.notebook.cells[0]?.id;
    this.selection.value = { anchor: first, head: first };
    const count = (test: (runtime: CellRuntime) => boolean): ReadonlySignal<number> =>
      computed(() => {
        void this.#tick.value;
        return this.order.value.filter((id) => test(session.cell(id))).length;
      });
    this.running = count(({ state }) => ["running", "queued", "waiting"].includes(state.kind));
    this.staleCount = count(
      ({ stale, state }) => stale || state.kind === "stale" || state.kind === "edited",
    );
    const doubtsText = computed(() => this.notebook.value.meta[DOUBTS]);
    this.doubts = computed(() => readDoubts(doubtsText.value));
    this.ledger = this.#ledger();
    this.#off = [
      document.onChange(({ notebook }) => batch(() => this.#adopt(notebook))),
      document.onSave((state) => (this.save.value = state)),
      session.subscribe((change) => {
        switch (change.kind) {
          case "cell": {
            const runtime = this.#runtimes.get(change.cell);
            if (runtime !== undefined) runtime.value = session.cell(change.cell);
            this.#tick.value++;
            return;
          }
          case "status":
            this.kernel.value = change.status;
            return;
          case "variables":
            this.variables.value = session.variables;
            return;
          default:
        }
      }),
    ];
  }

  cell(id: string): ReadonlySignal<Cell> {
    const found = this.#cells.get(id);
    if (found === undefined) throw new Error(`There is no cell ${id}.`);
    return found;
  }

  /**
   * The cell as far as its frame goes: kind, name, flags. Does not follow its text, so that a keystroke draws nothing
   * but the text.
   */
  frame(id: string): ReadonlySignal<Cell> {
    let found = this.#frames.get(id);
    if (found === undefined) this.#frames.set(id, (found = signal(this.cell(id).peek())));
    return found;
  }

  runtime(id: string): ReadonlySignal<CellRuntime> {
    let found = this.#runtimes.get(id);
    if (found === undefined) this.#runtimes.set(id, (found = signal(this.session.cell(id))));
    return found;
  }

  /** Cells in the page: those under a folded heading are not. */
  get shown(): readonly string[] {
    return this.visible?.value ?? this.order.value;
  }

  indexOf(id: string | undefined): number {
    return id === undefined ? -1 : this.order.value.indexOf(id);
  }

  /** Selected cells in page order. */
  get selected(): readonly string[] {
    const { anchor, head } = this.selection.value;
    const [a, b] = [this.indexOf(anchor), this.indexOf(head)];
    if (b < 0) return [];
    return a < 0
      ? this.order.value.slice(b, b + 1)
      : this.order.value.slice(Math.min(a, b), Math.max(a, b) + 1);
  }

  select(id: string | undefined, extend = false): void {
    const { anchor } = this.selection.value;
    this.selection.value = { anchor: extend ? (anchor ?? id) : id, head: id };
  }

  /** A name a user knows a cell by. */
  nameOf(id: string): string {
    const cell = this.#cells.get(id)?.value;
    if (cell === undefined) return "a cell that is gone";
    const outputs = this.session.cell(id).analysis?.outputs ?? [];
    return cell.name ?? outputs[0] ?? `cell ${this.indexOf(id) + 1}`;
  }

  dispose(): void {
    for (const off of this.#off) off();
  }

  /** Made anew only when a claim, the list of cells or a switch has changed: runs report often. */
  #ledger(): ReadonlySignal<Ledger> {
    let seen: readonly unknown[] = [];
    let last: Ledger | undefined;
    return computed(() => {
      void this.#tick.value;
      const cells = this.order.value.map((id) => {
        const { claim, analysis } = this.session.cell(id);
        return { id, claim, upstream: analysis?.upstream };
      });
      const now = [
        this.doubts.value,
        ...cells.flatMap(({ id, claim, upstream }) => [id, claim, upstream]),
      ];
      if (last === undefined || now.length !== seen.length || now.some((x, i) => x !== seen[i])) {
        last = buildLedger(cells, this.doubts.value);
      }
      seen = now;
      return last;
    });
  }

  #adopt(notebook: Notebook): void {
    this.notebook.value = notebook;
    const ids = notebook.cells.map(({ id }) => id);
    for (const cell of notebook.cells) {
      const found = this.#cells.get(cell.id);
      if (found === undefined) this.#cells.set(cell.id, signal(cell));
      else found.value = cell;
      const frame = this.#frames.get(cell.id);
      if (frame !== undefined && !isSameFrame(frame.peek(), cell)) frame.value = cell;
    }
    const before = this.order.value;
    if (ids.length !== before.length || ids.some((id, i) => id !== before[i])) {
      this.#keepSelection(before, ids);
      this.order.value = ids;
    }
  }

  /** The selection moves to the next cell when its own goes. */
  #keepSelection(before: readonly string[], after: readonly string[]): void {
    const { anchor, head } = this.selection.value;
    const there = new Set(after);
    if (head !== undefined && there.has(head)) {
      if (anchor === undefined || !there.has(anchor)) this.selection.value = { anchor: head, head };
      return;
    }
    const at = head === undefined ? 0 : before.indexOf(head);
    const next =
      before.slice(Math.max(0, at)).find((id) => there.has(id)) ??
      before.slice(0, Math.max(0, at)).findLast((id) => there.has(id)) ??
      after[0];
    this.selection.value = { anchor: next, head: next };
  }
}

function isSameFrame(a: Cell, b: Cell): boolean {
  return a.kind === b.kind && a.name === b.name && a.flags === b.flags && a.meta === b.meta;
}
