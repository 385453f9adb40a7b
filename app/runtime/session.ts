import type { CellProgram } from "../cell/program.ts";
import { toErrorRecord, UserError } from "../errors.ts";
import type { CellAnalysis, CellState, RunTarget } from "../protocol/kernel.ts";
import { analyse } from "./analysis.ts";
import { Conductor } from "./conductor.ts";
import { Entry, isSameText } from "./entry.ts";
import type { SessionCell, SessionPorts } from "./events.ts";
import { InputMemory } from "./inputs.ts";
import { Page } from "./page.ts";
import { planLost, planRun, resolveTarget } from "./plan.ts";
import { Settling } from "./settling.ts";

/**
 * A notebook while it runs. Cells are given as text in page order; nothing runs until asked; from then on what
 * depends on a changed value follows (or is marked stale). Changing a text runs nothing and changes no value.
 */
export class Session {
  readonly #ports: SessionPorts;
  readonly #page = new Page();
  readonly #conductor: Conductor;
  readonly #settling: Settling;
  readonly #analyses = new Map<string, string>();
  #opened = false;
  #disposed = false;
  #stops = 0;

  constructor(ports: SessionPorts) {
    this.#ports = ports;
    this.#conductor = new Conductor(ports, this.#page, (busy) => {
      if (busy) this.#settling.disturb();
      else this.#settling.check();
    });
    this.#settling = new Settling(
      () =>
        !this.#conductor.wiring.runtime.engine.quiet ||
        this.#page.cells.some((entry) => entry.activity !== undefined),
      () => {
        ports.emit({ type: "settled" });
      },
    );
  }

  /** The whole list in page order, after any edit. Analyses; runs only what a removal or a flag implies. */
  setCells(cells: readonly SessionCell[]): Promise<void> {
    return this.#settling.enqueue(() => this.#setCells(cells));
  }

  /**
   * Accepts the cells' present text and runs them, after whatever they need that is not current. Resolves when
   * the notebook has come to rest, which a cell that never ends can keep it from.
   */
  async run(target: RunTarget): Promise<void> {
    const stops = this.#stops;
    await this.#settling.enqueue(() => {
      if (stops === this.#stops) this.#startRun(target);
    });
    await this.settled();
  }

  /** Lazy: dependents of what changed are marked stale instead of run. */
  setMode(mode: "auto" | "lazy"): void {
    this.#page.mode = mode;
    if (mode === "lazy") return;
    for (const entry of this.#page.cells) this.#makeUp(entry);
  }

  /** A control was moved. Values that come faster than cells can follow are skipped, the last one never. */
  setInput(cell: string, key: string, value: unknown): void {
    const entry = this.#page.get(cell);
    // It may have been removed while the message was on its way.
    if (entry !== undefined) this.#conductor.setInput(entry, key, value);
  }

  /** Sets a control by the name its cell gives it; before that cell has run, sets what it will start from. */
  setVariable(name: string, value: unknown): void {
    const owner = this.#conductor.wiring.owner(name);
    const key = owner?.run?.alive === true ? owner.run.keyOf(owner.values?.[name]) : undefined;
    if (owner !== undefined && key !== undefined) {
      this.#conductor.setInput(owner, key, value);
    } else if (owner?.values === undefined) {
      this.#conductor.presets.set(name, value);
    } else {
      throw new UserError({
        code: "not-an-input",
        message: `${name} is not an input, so it cannot be set from outside.`,
        value: name,
        expected: "a name declared as `const name = view(…)`",
        hint: `Make the cell that defines ${name} use view(), or edit its text.`,
      });
    }
  }

  /** Stops runs: the cells end as interrupted, their dependents with them; everything else keeps its values. */
  stop(target: "all" | readonly string[]): void {
    if (target === "all") this.#stops++;
    for (const entry of resolveTarget(target, this.#page)) this.#conductor.stop(entry);
  }

  /** In a fresh kernel: these were running when the one before had to be ended. They wait to be run again. */
  markInterrupted(ids: readonly string[]): Promise<void> {
    return this.#settling.enqueue(() => {
      for (const entry of resolveTarget(ids, this.#page)) {
        if (entry.disabled) continue;
        accept(entry);
        entry.live = true;
        entry.barred = true;
      }
      this.#page.relate();
      for (const entry of planLost(this.#page)) entry.live = true;
      this.#conductor.relink();
      this.#showAll();
    });
  }

  /** Resolves when nothing is queued, running or waiting any more. */
  settled(): Promise<void> {
    return this.#settling.wait();
  }

  /** The present value of a name, `undefined` if it has none. */
  value(name: string): unknown {
    return this.#conductor.wiring.value(name);
  }

  variables(): { readonly name: string; readonly cell: string; readonly value: unknown }[] {
    return this.#conductor.wiring.variables();
  }

  state(cell: string): CellState | undefined {
    return this.#page.get(cell)?.state;
  }

  /** Cells whose result is out of date, disabled ones included, in page order. */
  staleCells(): string[] {
    return this.#page.cells.filter((entry) => entry.stale !== undefined).map((entry) => entry.id);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#conductor.dispose();
    this.#settling.dispose();
  }

  async #setCells(cells: readonly SessionCell[]): Promise<void> {
    if (new Set(cells.map((cell) => cell.id)).size !== cells.length) {
      throw new Error("Two cells have the same id.");
    }
    const programs = await this.#compile(cells);
    if (this.#disposed) return;

    const enabled: Entry[] = [];
    const gone = this.#page.arrange(cells, (cell) => {
      const program = programs.get(cell.id);
      const entry = this.#page.get(cell.id);
      if (entry === undefined) return this.#admit(cell, program);
      if (entry.disabled && cell.disabled !== true) enabled.push(entry);
      this.#update(entry, cell, program);
      return entry;
    });
    for (const entry of gone) {
      this.#analyses.delete(entry.id);
      this.#conductor.remove(entry);
    }
    this.#opened = true;
    this.#conductor.relink();
    for (const entry of enabled) this.#makeUp(entry);
    this.#publishAnalysis();
    this.#showAll();
  }

  #admit(cell: SessionCell, program: CellProgram | undefined): Entry {
    if (program === undefined) throw new Error(`Cell ${cell.id} was not compiled.`);
    const entry = new Entry(cell, program, new InputMemory(cell.inputs));
    // What a notebook opens with may follow a change at once; what is written later has to be run first.
    if (!this.#opened) accept(entry);
    return entry;
  }

  #update(entry: Entry, cell: SessionCell, program: CellProgram | undefined): void {
    const before = entry.cell;
    entry.cell = cell;
    if (program !== undefined) entry.program = program;
    // A text that has never run and is changed is one that was written later.
    if (!entry.live && entry.edited) entry.accepted = undefined;
    for (const [key, value] of entry.inputs.changedIn(before.inputs, cell.inputs)) {
      this.#conductor.setInput(entry, key, value);
    }
  }

  async #compile(cells: readonly SessionCell[]): Promise<Map<string, CellProgram>> {
    const programs = new Map<string, CellProgram>();
    for (const cell of cells) {
      const entry = this.#page.get(cell.id);
      if (entry !== undefined && isSameText(entry.cell, cell)) continue;
      // Going back to the text that runs (undo) is no change at all.
      if (entry?.accepted !== undefined && isSameText(entry.accepted.cell, cell)) {
        programs.set(cell.id, entry.accepted.program);
      } else {
        programs.set(cell.id, await this.#compileOne(cell));
      }
    }
    return programs;
  }

  /** A compiler that breaks on one cell must not keep the others from being analysed. */
  async #compileOne(cell: SessionCell): Promise<CellProgram> {
    try {
      return await this.#ports.compile(cell);
    } catch (error) {
      const { message } = toErrorRecord(error);
      const code = error instanceof UserError ? error.code : "compiler-failed";
      return { inputs: [], outputs: [], diagnostics: [{ code, severity: "error", message }] };
    }
  }

  #startRun(target: RunTarget): void {
    this.#settling.disturb(); // even if there is nothing to run, whoever asked hears of the end
    const chosen = resolveTarget(target, this.#page);
    for (const entry of chosen) accept(entry);
    this.#page.relate();
    const { run, live } = planRun(chosen, this.#page);
    for (const entry of live) entry.live = true;
    for (const entry of run) this.#conductor.queue(entry);
    for (const entry of chosen) {
      // A disabled cell takes note of its new text, and that is all.
      if (entry.disabled && entry.defined?.program !== entry.accepted?.program) {
        this.#conductor.markStale(entry, [entry.id]);
      }
    }
    this.#conductor.relink();
    for (const entry of run) this.#conductor.wiring.force(entry);
    this.#showAll();
  }

  /** Runs a cell (if it may run now) for changes that have passed it by. */
  #makeUp(entry: Entry): void {
    if (entry.live && entry.missed) this.#conductor.wiring.force(entry);
  }

  #showAll(): void {
    for (const entry of this.#page.cells) this.#conductor.show(entry);
  }

  #publishAnalysis(): void {
    const changed: CellAnalysis[] = [];
    for (const analysis of analyse(this.#page.cells, this.#ports.library, this.#page.label)) {
      const text = JSON.stringify(analysis);
      if (this.#analyses.get(analysis.cell) === text) continue;
      this.#analyses.set(analysis.cell, text);
      changed.push(analysis);
    }
    if (changed.length > 0) this.#ports.emit({ type: "analysis", cells: changed });
  }
}

/** From now on this text is what runs. */
function accept(entry: Entry): void {
  const { cell, program, accepted } = entry;
  if (accepted === undefined || !isSameText(accepted.cell, cell)) {
    entry.accepted = { cell, program };
  }
}
