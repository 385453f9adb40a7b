import type { Cell } from "../../app/notebook/document.ts";
import { createCell, FLAGS, type Flag, newCellId } from "../../app/notebook/document.ts";
import type { Edit } from "../../app/notebook/edits.ts";
import { kindInfo } from "../../kernels/cells/catalogue.ts";
import type { NotebookModel } from "../state/notebook-model.ts";
import { announce, reportError, toast } from "../ui/toast.tsx";
import { foldEdit, isFolded, sectionLevel } from "./folding.ts";
import { readClipboard, writeClipboard } from "./clipboard.ts";

/** What the page does beside changing the notebook. */
export interface PagePorts {
  /** Puts the focus on the cell as a whole or into its text. */
  focus(cell: string, where: "cell" | "text", offset?: number): void;
  cursor(cell: string): number;
  openFind(replace: boolean): void;
  stepFind(by: 1 | -1): void;
  openDependencies(): void;
  openHistory(): void;
  openPalette(): void;
  openHelp(): void;
  openInsert(below: boolean): void;
  rename(cell: string): void;
  present(view: "app" | "slides"): void;
  toggleOutline(): void;
  togglePanel(): void;
  toggleLedger(): void;
}

/** Everything that can be done to a notebook by a key, a button or the palette. */
export class NotebookCommands {
  readonly #model: NotebookModel;
  readonly page: PagePorts;

  constructor(model: NotebookModel, page: PagePorts) {
    this.#model = model;
    this.page = page;
  }

  get selectedCells(): readonly string[] {
    return this.#model.selected;
  }

  /** An edit that does not fit is told and changes nothing. */
  apply(edits: readonly Edit[], as?: "step"): boolean {
    try {
      this.#model.document.apply(edits, as);
      return true;
    } catch (error) {
      reportError(error);
      return false;
    }
  }

  /** Switches an assumption of the notebook on or off: what rests on it is derived again or greyed out. */
  setAssumption(assumption: string, held: boolean): void {
    this.setAssumptions([assumption], held);
  }

  setAssumptions(assumptions: readonly string[], held: boolean): void {
    const changed = assumptions.filter((id) => this.#model.doubts.value.has(id) === held);
    this.apply(changed.map((assumption) => ({ kind: "set-doubt", assumption, value: !held })));
  }

  insert(kind: string, at: number, source?: string): string | undefined {
    const taken = new Set(this.#model.order.value);
    const cell = createCell({ kind, source: source ?? kindInfo(kind)?.template ?? "" }, taken);
    if (!this.apply([{ kind: "insert-cell", at, cell }])) return undefined;
    this.#model.select(cell.id);
    return cell.id;
  }

  insertBeside(below: boolean, kind = "ts"): void {
    const at = this.#model.indexOf(this.#model.selection.value.head);
    const id = this.insert(kind, at < 0 ? 0 : below ? at + 1 : at);
    if (id !== undefined) this.page.focus(id, "cell");
  }

  /** For the menu of kinds: the new cell's text is what comes next. */
  insertToWrite(kind: string, at: number): void {
    const id = this.insert(kind, at);
    if (id !== undefined) this.page.focus(id, "text");
  }

  run(cells: readonly string[] = this.#model.selected): void {
    // Plain text needs no kernel; text that shows values is run like any cell.
    const runnable = cells.filter((id) => {
      const cell = this.#model.cell(id).value;
      return cell.kind !== "markdown" || cell.source.includes("${");
    });
    if (runnable.length > 0) this.#model.session.run(runnable);
  }

  runAndStay(): void {
    this.run();
    this.#toCommandMode();
  }

  runAndNext(): void {
    this.run();
    const { head } = this.#model.selection.value;
    const at = this.#model.indexOf(head);
    const { shown } = this.#model;
    const next = head === undefined ? undefined : shown[shown.indexOf(head) + 1];
    if (next === undefined) {
      const id = this.insert("ts", at + 1);
      if (id !== undefined) this.page.focus(id, "text");
      return;
    }
    this.#model.select(next);
    this.#toCommandMode();
  }

  runAndInsert(): void {
    this.run();
    const at = this.#model.indexOf(this.#model.selection.value.head);
    const id = this.insert("ts", at + 1);
    if (id !== undefined) this.page.focus(id, "text");
  }

  runAll(): void {
    this.#model.session.run("all");
  }

  runStale(): void {
    this.#model.session.run("stale");
  }

  runAbove(): void {
    const at = this.#model.indexOf(this.#model.selection.value.head);
    this.run(this.#model.order.value.slice(0, at));
  }

  stop(): void {
    this.#model.session.stop("all");
    announce("Stopping.");
  }

  restart(): void {
    this.#model.session.restart();
    toast("The kernel starts anew. Outputs stay; values are recomputed when you run.");
  }

  move(by: 1 | -1, extend = false): void {
    const { head } = this.#model.selection.value;
    const { shown } = this.#model;
    const to = shown[(head === undefined ? -1 : shown.indexOf(head)) + by];
    if (to === undefined) return;
    this.#model.select(to, extend);
    this.page.focus(to, "cell");
  }

  selectEnd(last: boolean): void {
    const id = last ? this.#model.order.value.at(-1) : this.#model.order.value[0];
    if (id === undefined) return;
    this.#model.select(id);
    this.page.focus(id, "cell");
  }

  selectAll(): void {
    const { value: order } = this.#model.order;
    this.#model.selection.value = { anchor: order[0], head: order.at(-1) };
  }

  moveCells(by: 1 | -1): void {
    const selected = this.#model.selected;
    const first = this.#model.indexOf(selected[0]);
    const last = first + selected.length - 1;
    if (selected.length === 0 || first + by < 0 || last + by >= this.#model.order.value.length)
      return;
    // The neighbour jumps over the block: one edit, however many cells are selected.
    const neighbour = this.#model.order.value[by < 0 ? first - 1 : last + 1];
    if (neighbour === undefined) return;
    this.apply([{ kind: "move-cell", cell: neighbour, to: by < 0 ? last : first }]);
    const { head } = this.#model.selection.value;
    if (head !== undefined) this.page.focus(head, "cell");
  }

  remove(): void {
    const selected = this.#model.selected;
    const unlocked = selected.filter((id) => !this.#model.cell(id).value.flags.locked);
    if (unlocked.length === 0) {
      if (selected.length > 0) toast("This cell is locked.", { level: "error" });
      return;
    }
    this.apply(unlocked.map((cell) => ({ kind: "delete-cell", cell })));
    const { head } = this.#model.selection.value;
    if (head !== undefined) this.page.focus(head, "cell");
    toast(unlocked.length === 1 ? "Cell deleted." : `${unlocked.length} cells deleted.`, {
      action: { label: "Undo", run: () => void this.undo() },
    });
  }

  copy(): void {
    const cells = this.#cells();
    writeClipboard(cells);
    announce(cells.length === 1 ? "Cell copied." : `${cells.length} cells copied.`);
  }

  cut(): void {
    this.copy();
    this.apply(this.#model.selected.map((cell) => ({ kind: "delete-cell", cell })));
  }

  paste(below: boolean): void {
    const cells = readClipboard();
    const at = this.#model.indexOf(this.#model.selection.value.head) + (below ? 1 : 0);
    this.#insertAll(cells, Math.max(0, at));
  }

  duplicate(): void {
    const selected = this.#model.selected;
    this.#insertAll(this.#cells(), this.#model.indexOf(selected.at(-1)) + 1);
  }

  /** Splits the cell at the cursor. */
  split(): void {
    const { head } = this.#model.selection.value;
    if (head === undefined) return;
    const cell = this.#model.cell(head).value;
    const at = this.page.cursor(head);
    const before = cell.source.slice(0, at).replace(/\n$/, "");
    const after = cell.source.slice(at).replace(/^\n/, "");
    const rest = createCell({ kind: cell.kind, source: after }, new Set(this.#model.order.value));
    this.apply([
      {
        kind: "splice",
        cell: head,
        at: before.length,
        remove: cell.source.length - before.length,
        insert: "",
      },
      { kind: "insert-cell", at: this.#model.indexOf(head) + 1, cell: rest },
    ]);
    this.#model.select(rest.id);
    this.page.focus(rest.id, "text", 0);
  }

  /** Selected cells become one, or the cell and the one below it. */
  merge(): void {
    let ids = this.#model.selected;
    if (ids.length === 1) {
      const at = this.#model.indexOf(ids[0]);
      ids = this.#model.order.value.slice(at, at + 2);
    }
    const [first, ...rest] = ids;
    if (first === undefined || rest.length === 0) return;
    const target = this.#model.cell(first).value;
    const parts = rest.map((id) => this.#model.cell(id).value.source);
    this.apply([
      {
        kind: "splice",
        cell: first,
        at: target.source.length,
        remove: 0,
        insert: parts.map((part) => `\n${part}`).join(""),
      },
      ...rest.map((cell): Edit => ({ kind: "delete-cell", cell })),
    ]);
    this.#model.select(first);
  }

  setKind(kind: string): void {
    this.apply(this.#model.selected.map((cell) => ({ kind: "set-kind", cell, value: kind })));
  }

  toggle(flag: Flag, cells: readonly string[] = this.#model.selected): void {
    if (!FLAGS.includes(flag)) return;
    this.apply(
      cells.map((cell) => ({
        kind: "set-flag",
        cell,
        flag,
        value: !this.#model.cell(cell).value.flags[flag],
      })),
    );
  }

  /** Of every cell that has any, in one step to undo. */
  hideAllCode(hidden: boolean): void {
    const cells = this.#model.notebook.value.cells.filter(
      ({ kind, flags }) => kind !== "markdown" && flags.codeHidden !== hidden,
    );
    this.apply(
      cells.map(({ id }) => ({ kind: "set-flag", cell: id, flag: "codeHidden", value: hidden })),
    );
  }

  /** Hides or shows what is under the selected heading. */
  fold(folded: boolean): void {
    const { head } = this.#model.selection.value;
    if (head === undefined) return;
    const cell = this.#model.cell(head).value;
    if (sectionLevel(cell) !== undefined && isFolded(cell) !== folded) {
      this.apply([foldEdit(cell, folded)]);
    }
  }

  edit(): void {
    const { head } = this.#model.selection.value;
    if (head !== undefined) this.page.focus(head, "text");
  }

  leave(): void {
    this.#toCommandMode();
  }

  async undo(): Promise<void> {
    await this.#travel("undo");
  }

  async redo(): Promise<void> {
    await this.#travel("redo");
  }

  async save(): Promise<void> {
    try {
      await this.#model.document.flush();
      announce("Saved.");
    } catch (error) {
      reportError(error, "Not saved");
    }
  }

  async #travel(way: "undo" | "redo"): Promise<void> {
    try {
      const edits = await this.#model.document[way]();
      if (edits.length === 0) announce(`Nothing to ${way}.`);
      const switched = edits.find((edit) => edit.kind === "set-doubt");
      if (switched !== undefined) {
        announce(`An assumption is switched ${switched.value ? "off" : "on"} again.`);
      }
      const touched = edits.find((edit) => "cell" in edit);
      if (touched !== undefined && "cell" in touched) {
        const id = typeof touched.cell === "string" ? touched.cell : touched.cell.id;
        if (this.#model.indexOf(id) >= 0) {
          this.#model.select(id);
          this.page.focus(id, "cell");
        }
      }
    } catch (error) {
      reportError(error, `Could not ${way}`);
    }
  }

  #toCommandMode(): void {
    this.#model.mode.value = "command";
    const { head } = this.#model.selection.value;
    if (head !== undefined) this.page.focus(head, "cell");
  }

  #cells(): readonly Cell[] {
    return this.#model.selected.map((id) => this.#model.cell(id).value);
  }

  #insertAll(cells: readonly Cell[], at: number): void {
    const taken = new Set(this.#model.order.value);
    const made = cells.map((copied) => {
      const cell = createCell({ ...copied, id: newCellId(taken) }, taken);
      taken.add(cell.id);
      return cell;
    });
    if (made.length === 0) return;
    this.apply(made.map((cell, i) => ({ kind: "insert-cell", at: at + i, cell })));
    this.#model.selection.value = { anchor: made[0]?.id, head: made.at(-1)?.id };
    const last = made.at(-1);
    if (last !== undefined) this.page.focus(last.id, "cell");
  }
}
