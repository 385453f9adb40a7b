import type { CellProgram, CellResult, InputDescription } from "../cell/program.ts";
import { toErrorRecord, UserError } from "../errors.ts";
import type { CellAnalysis, CellFailure, CellState, RunTarget } from "../protocol/kernel.ts";
import type { Progress } from "../work.ts";
import { analyse } from "./analysis.ts";
import { uniteClaims } from "./claims.ts";
import { Entry, isSameText } from "./entry.ts";
import type { RunOutcome, SessionCell, SessionPorts } from "./events.ts";
import {
  brokenProgram,
  circularDefinition,
  duplicateDefinition,
  interrupted,
  thrown,
  undefinedReference,
  upstreamFailure,
} from "./failures.ts";
import { buildGraph, type CellGraph } from "./graph.ts";
import { InputMemory } from "./inputs.ts";
import { Pacer } from "./pacer.ts";
import { Run } from "./run.ts";
import { InputError } from "./scheduler.ts";
import type { LatestStream } from "./stream.ts";
import { isThenable, turns } from "./task.ts";
import { Blocked, type Outcome, promisesIn, Wiring } from "./wiring.ts";

/** How long a superseded run may take to wind up before the next one starts beside it. */
const GRACE_MS = 100;

/**
 * A notebook while it runs. Cells are given as text in page order; nothing runs until asked; from then on what
 * depends on a changed value follows (or is marked stale). The document never waits for a run.
 */
export class Session {
  readonly #ports: SessionPorts;
  readonly #wiring: Wiring;
  readonly #pacer = new Pacer();
  readonly #entries = new Map<string, Entry>();
  #page: Entry[] = [];
  #graph: CellGraph = buildGraph([]);
  #mode: "auto" | "lazy" = "auto";
  #opened = false;
  #disposed = false;
  #runs = 0;
  #stops = 0;
  #operations: Promise<unknown> = Promise.resolve();
  #pendingOperations = 0;
  #wasBusy = false;
  #settledCheck = false;
  readonly #settledWaiters: (() => void)[] = [];
  readonly #presets = new Map<string, unknown>();
  readonly #analyses = new Map<string, string>();

  constructor(ports: SessionPorts) {
    this.#ports = ports;
    this.#wiring = new Wiring(ports.library, {
      ready: (entry) => this.#ready(entry),
      execute: (entry, values) => this.#execute(entry, values),
      superseded: (entry) => {
        if (this.#holdReason(entry) === undefined) entry.run?.invalidate();
      },
      pending: (entry) => {
        this.#pending(entry);
      },
      fulfilled: (entry, outcome) => {
        this.#fulfilled(entry, outcome);
      },
      rejected: (entry, error) => {
        this.#rejected(entry, error);
      },
      kept: (entry) => {
        this.#kept(entry);
      },
      nameChanged: (owner, name, value) => {
        const { claim } = owner;
        this.#ports.emit({
          type: "variable",
          name,
          cell: owner.id,
          value,
          ...(claim === undefined ? {} : { claim }),
        });
      },
      nameFailed: (owner, _name, error) => {
        if (!(error instanceof InputError)) this.#nameFailed(owner, error);
      },
      nameGone: (name) => {
        this.#ports.emit({ type: "variable-gone", name });
      },
      nameSettled: (owner, name) => {
        this.#nameSettled(owner, name);
      },
    });
    this.#wiring.runtime.engine.onIdle = () => {
      this.#pacer.reset();
      this.#checkSettled();
    };
  }

  /** The whole list in page order, after any edit. Analyses; runs nothing but what a removal or a flag implies. */
  setCells(cells: readonly SessionCell[]): Promise<void> {
    return this.#enqueue(() => this.#setCells(cells));
  }

  /** Accepts the cells' present text and runs them, after whatever they need that is not current. */
  run(target: RunTarget): Promise<void> {
    const ticket = this.#stops;
    return this.#enqueue(() => {
      if (ticket === this.#stops) this.#startRun(target);
    }).then(() => this.settled());
  }

  /** Lazy: dependents of what changed are marked stale instead of run. */
  setMode(mode: "auto" | "lazy"): void {
    this.#mode = mode;
    if (mode === "lazy") return;
    for (const entry of this.#page) if (entry.live && entry.missed) this.#wiring.force(entry);
  }

  /** A control was moved. Values that come faster than cells can follow are skipped, the last one never. */
  setInput(cell: string, key: string, value: unknown): void {
    const entry = this.#entries.get(cell);
    if (entry === undefined) return; // removed while the message was on its way
    entry.inputs.set(key, value);
    if (entry.run?.alive === true) entry.run.inputs[Number(key)]?.push(value);
  }

  /** Sets a control by the name its cell gives it; before that cell has run, sets what it will start from. */
  setVariable(name: string, value: unknown): void {
    const owner = this.#wiring.owner(name);
    const run = owner?.run;
    const key = run?.alive === true ? run.keyOf(owner?.values?.[name]) : undefined;
    if (owner !== undefined && key !== undefined) {
      this.setInput(owner.id, key, value);
    } else if (owner?.values === undefined) {
      this.#presets.set(name, value);
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

  /** Stops runs; the cells end as interrupted, their dependents with them, and everything else keeps its values. */
  stop(target: "all" | readonly string[]): void {
    if (target === "all") this.#stops++;
    const entries =
      target === "all"
        ? this.#page
        : target.map((id) => this.#entries.get(id)).filter((entry) => entry !== undefined);
    for (const entry of entries) {
      if (entry.activity !== undefined) this.#interrupt(entry);
      else if (entry.live) this.#wiring.endStreams(entry);
    }
  }

  /** In a fresh kernel: these were running when the one before had to be ended. They wait to be run again. */
  markInterrupted(ids: readonly string[]): Promise<void> {
    return this.#enqueue(() => {
      const entries = this.#resolve(ids).filter((entry) => !entry.disabled);
      for (const entry of entries) {
        this.#accept(entry);
        entry.live = true;
        entry.barred = true;
      }
      this.#relink();
      this.#showAll();
    });
  }

  /** Resolves when nothing is queued, running or waiting any more. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settledWaiters.push(resolve);
      this.#checkSettled();
    });
  }

  /** The present value of a name, `undefined` if it has none. */
  value(name: string): unknown {
    return this.#wiring.value(name);
  }

  variables(): { readonly name: string; readonly cell: string; readonly value: unknown }[] {
    return this.#wiring.variables();
  }

  state(cell: string): CellState | undefined {
    return this.#entries.get(cell)?.state;
  }

  /** Cells whose result is out of date, disabled ones included, in page order. */
  staleCells(): string[] {
    return this.#page.filter((entry) => entry.stale !== undefined).map((entry) => entry.id);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const entry of this.#page) entry.run?.invalidate();
    this.#wiring.dispose();
    for (const resolve of this.#settledWaiters.splice(0)) resolve();
  }

  async #enqueue(operation: () => void | Promise<void>): Promise<void> {
    this.#pendingOperations++;
    const before = this.#operations;
    const done = (async (): Promise<void> => {
      await before;
      if (!this.#disposed) await operation();
    })();
    this.#operations = done.catch(() => {}); // the caller gets the error; the queue goes on
    try {
      await done;
    } finally {
      this.#pendingOperations--;
      this.#checkSettled();
    }
  }

  async #setCells(cells: readonly SessionCell[]): Promise<void> {
    const ids = new Set(cells.map((cell) => cell.id));
    if (ids.size !== cells.length) throw new Error("Two cells have the same id.");
    const programs = await this.#compile(cells);
    if (this.#disposed) return;

    for (const entry of this.#page) if (!ids.has(entry.id)) this.#remove(entry);
    const enabled: Entry[] = [];
    this.#page = cells.map((cell) => {
      const program = programs.get(cell.id);
      let entry = this.#entries.get(cell.id);
      if (entry === undefined) {
        if (program === undefined) throw new Error(`Cell ${cell.id} was not compiled.`);
        entry = new Entry(cell, program, new InputMemory(cell.inputs));
        this.#entries.set(cell.id, entry);
        if (!this.#opened) entry.accepted = { cell, program };
        return entry;
      }
      const before = entry.cell;
      entry.cell = cell;
      if (program !== undefined) entry.program = program;
      if (before.disabled === true && !entry.disabled) enabled.push(entry);
      for (const [key, value] of entry.inputs.changedIn(before.inputs, cell.inputs)) {
        this.setInput(cell.id, key, value);
      }
      return entry;
    });
    this.#opened = true;
    this.#relink();
    for (const entry of enabled) if (entry.live && entry.missed) this.#wiring.force(entry);
    this.#publishAnalysis();
    this.#showAll();
  }

  async #compile(cells: readonly SessionCell[]): Promise<Map<string, CellProgram>> {
    const programs = new Map<string, CellProgram>();
    for (const cell of cells) {
      const entry = this.#entries.get(cell.id);
      if (entry !== undefined && isSameText(entry.cell, cell)) continue;
      // Going back to the text that runs (undo) is no change at all.
      if (entry?.accepted !== undefined && isSameText(entry.accepted.cell, cell)) {
        programs.set(cell.id, entry.accepted.program);
        continue;
      }
      programs.set(cell.id, await this.#compileOne(cell));
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
    const chosen = this.#resolve(target);
    for (const entry of chosen) this.#accept(entry);
    // The graph of what is accepted now; disabled cells stand as they are.
    const graph = this.#standingGraph();
    const { run, live } = this.#plan(chosen, graph);
    for (const entry of live) entry.live = true;
    for (const entry of run) {
      entry.demanded = true;
      entry.barred = false;
      this.#replaceRun(entry);
      entry.activity = { kind: "queued" };
    }
    this.#relink();
    for (const entry of run) this.#wiring.force(entry);
    this.#showAll();
  }

  /** What a request runs: the cells, what they need that is not current, and with them what follows unrun. */
  #plan(chosen: readonly Entry[], graph: CellGraph): { run: Entry[]; live: Set<Entry> } {
    const run = new Set<Entry>();
    const live = new Set<Entry>();
    const queue = [...chosen];
    const explicit = new Set(chosen);
    for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
      if (live.has(entry)) continue;
      live.add(entry);
      if (entry.disabled) {
        if (explicit.has(entry) && this.#isChanged(entry)) this.#markStale(entry, [entry.id]);
      } else {
        run.add(entry);
        for (const id of graph.upstream.get(entry.id) ?? []) {
          const above = this.#entries.get(id);
          if (above !== undefined && (!above.live || above.stale !== undefined)) queue.push(above);
        }
      }
      if (this.#mode === "lazy") continue;
      for (const id of graph.downstream.get(entry.id) ?? []) {
        const below = this.#entries.get(id);
        if (below !== undefined && !below.live && below.cell.lazy !== true) queue.push(below);
      }
    }
    return { run: this.#page.filter((entry) => run.has(entry)), live };
  }

  #isChanged(entry: Entry): boolean {
    return entry.defined === undefined || entry.defined.program !== entry.accepted?.program;
  }

  #resolve(target: RunTarget): Entry[] {
    if (target === "all") return [...this.#page];
    if (target === "stale") return this.#page.filter((entry) => needsRun(entry));
    const wanted = new Set(target);
    return this.#page.filter((entry) => wanted.has(entry.id));
  }

  #accept(entry: Entry): void {
    const { cell, program, accepted } = entry;
    if (accepted === undefined || !isSameText(accepted.cell, cell)) {
      entry.accepted = { cell, program };
    }
  }

  #standingGraph(): CellGraph {
    return buildGraph(
      this.#page.map((entry) => entry.standing).filter((cell) => cell !== undefined),
    );
  }

  #relink(): void {
    this.#graph = this.#standingGraph();
    const live = this.#page.filter((entry) => entry.live);
    this.#wiring.relink(
      live,
      this.#graph,
      (entry) => this.#blockedBy(entry),
      (entry) => {
        this.#replaceRun(entry);
      },
    );
  }

  /** Why a live cell cannot run at all. Also notes a fault that it can run in spite of. */
  #blockedBy(entry: Entry): CellFailure | undefined {
    entry.fault = undefined;
    const { accepted, id } = entry;
    if (entry.disabled || accepted === undefined) return undefined;
    if (entry.barred) return interrupted();
    const { program } = accepted;
    if (program.run === undefined) return brokenProgram(program.diagnostics);
    const label = this.#label;
    const ring = this.#graph.rings.get(id);
    if (ring !== undefined) return circularDefinition(ring, label);
    for (const name of program.inputs) {
      const definers = this.#graph.definers.get(name);
      if (definers === undefined) {
        if (Object.hasOwn(this.#ports.library, name)) continue;
        const unrun = this.#page.find(
          (other) => other !== entry && other.program.outputs.includes(name),
        );
        return undefinedReference(name, unrun?.id);
      }
      if (!definers.some((owner) => this.#entries.get(owner)?.live === true)) {
        return undefinedReference(name, definers[0]);
      }
    }
    const taken = program.outputs.filter(
      (name) => (this.#graph.definers.get(name)?.length ?? 0) > 1,
    );
    if (taken.length === 0) return undefined;
    const others = new Set(taken.flatMap((name) => this.#graph.definers.get(name) ?? []));
    others.delete(id);
    const failure = duplicateDefinition(taken, [...others], label);
    if (taken.length === program.outputs.length) return failure;
    entry.fault = failure;
    return undefined;
  }

  readonly #label = (id: string): string => {
    const entry = this.#entries.get(id);
    if (entry === undefined) return id;
    const [first] = entry.accepted?.program.outputs ?? entry.program.outputs;
    return entry.cell.name ?? first ?? `cell ${this.#page.indexOf(entry) + 1}`;
  };

  #remove(entry: Entry): void {
    this.#entries.delete(entry.id);
    this.#analyses.delete(entry.id);
    this.#endRun(entry, "superseded");
    entry.run?.invalidate();
    entry.activity = undefined;
    this.#wiring.remove(entry);
  }

  /** The run in flight, if any, is over: the next need not wait, except a moment for it to wind up. */
  #replaceRun(entry: Entry): void {
    const { run } = entry;
    if (run === undefined) return;
    const { running } = run;
    this.#endRun(entry, "superseded");
    run.invalidate();
    if (!running) return;
    if (run.finished !== undefined) entry.grace = withinGrace(run.finished);
    this.#wiring.abandon(entry);
  }

  #ready(entry: Entry): "keep" | Promise<unknown> | undefined {
    if (entry.defined?.blocked === undefined) {
      const because = this.#holdReason(entry);
      if (because !== undefined) {
        entry.missed = true;
        entry.demanded = false;
        this.#markStale(entry, because);
        return "keep";
      }
    }
    const wait = this.#beforeStart(entry);
    if (wait !== undefined && entry.activity === undefined) {
      this.#setActivity(entry, { kind: "queued" });
    }
    return wait;
  }

  #beforeStart(entry: Entry): Promise<unknown> | undefined {
    const { run, grace } = entry;
    this.#endRun(entry, "superseded");
    if (run?.alive === true) {
      run.invalidate();
      if (run.watched) return turns(3);
    }
    if (grace !== undefined) {
      entry.grace = undefined;
      return grace;
    }
    return this.#pacer.overdue ? this.#pacer.pause() : undefined;
  }

  /** The cells because of which this one is not to run now, if so. */
  #holdReason(entry: Entry): readonly string[] | undefined {
    if (entry.disabled) return [entry.id];
    const above = this.#graph.upstream.get(entry.id) ?? [];
    const stale = above.filter((id) => this.#entries.get(id)?.stale !== undefined);
    if (stale.length > 0) return stale;
    if (entry.demanded || (this.#mode === "auto" && entry.cell.lazy !== true)) return undefined;
    const newer = above.filter((id) => (this.#entries.get(id)?.completed ?? 0) > entry.completed);
    if (newer.length > 0) return newer;
    return above.length > 0 ? above : [entry.id];
  }

  #markStale(entry: Entry, because: readonly string[]): void {
    const before = entry.stale;
    entry.stale = because;
    if (entry.activity?.kind !== "running") entry.activity = undefined;
    this.#show(entry);
    if (before !== undefined) return;
    for (const id of this.#graph.downstream.get(entry.id) ?? []) {
      const below = this.#entries.get(id);
      if (below === undefined || !below.live || below.stale !== undefined) continue;
      if (!below.demanded) this.#markStale(below, [entry.id]);
    }
  }

  #clearStale(entry: Entry): void {
    entry.stale = undefined;
    entry.missed = false;
    entry.demanded = false;
    for (const id of this.#graph.downstream.get(entry.id) ?? []) {
      const below = this.#entries.get(id);
      // What passed it by while this cell was held has to be made up for, even if this cell's values are as before.
      if (below?.live === true && below.missed && this.#holdReason(below) === undefined) {
        this.#wiring.force(below);
      }
    }
  }

  #execute(entry: Entry, values: readonly unknown[]): Outcome | Promise<Outcome> {
    const program = entry.defined?.program;
    const body = program?.run;
    if (program === undefined || body === undefined) {
      throw new Error(`Cell ${entry.id} has nothing to run.`);
    }
    const { now, emit } = this.#ports;
    const run = new Run(++this.#runs, entry.id, now());
    entry.run = run;
    entry.failure = undefined;
    this.#clearStale(entry);
    emit({ type: "run-started", cell: entry.id, run: run.id });
    this.#setActivity(entry, { kind: "running", since: run.startedAt });

    const inputs: Record<string, unknown> = {};
    for (const [i, name] of program.inputs.entries()) inputs[name] = values[i];
    const claims = this.#wiring.claims(program.inputs);
    try {
      const result = body(inputs, run.context(this.#runHost, claims));
      if (!isThenable(result)) return this.#outcome(entry, run, result);
      const outcome = this.#outcomeOf(entry, run, result);
      run.finished = outcome;
      return outcome;
    } finally {
      this.#pacer.spend(now() - run.startedAt);
    }
  }

  async #outcomeOf(entry: Entry, run: Run, result: PromiseLike<CellResult>): Promise<Outcome> {
    return this.#outcome(entry, run, await result);
  }

  #outcome(entry: Entry, run: Run, result: CellResult): Outcome {
    const { values } = result;
    run.claim =
      result.claim ??
      uniteClaims(Object.values(this.#wiring.claims(entry.defined?.program.inputs ?? [])));
    for (const [name, value] of Object.entries(values)) {
      const key = this.#presets.has(name) ? run.keyOf(value) : undefined;
      if (key === undefined) continue;
      this.#setInputOf(entry, run, key, this.#presets.get(name));
      this.#presets.delete(name);
    }
    const promises = promisesIn(values);
    if (promises.length > 0) run.finished = Promise.allSettled(promises);
    return { run, values };
  }

  #setInputOf(entry: Entry, run: Run, key: string, value: unknown): void {
    entry.inputs.set(key, value);
    run.inputs[Number(key)]?.push(value);
  }

  readonly #runHost = {
    display: (run: Run, value: unknown): void => {
      this.#ports.emit({
        type: "display",
        cell: run.cell,
        run: run.id,
        index: run.shown++,
        value,
      });
    },
    view: (run: Run, input: InputDescription): LatestStream<unknown> => {
      const entry = this.#entries.get(run.cell);
      if (entry === undefined) throw new Error(`Cell ${run.cell} is gone, but its run is not.`);
      const key = String(run.inputs.length);
      const stream = entry.inputs.open(key, input);
      run.inputs.push(stream);
      this.#ports.emit({
        type: "input",
        cell: run.cell,
        run: run.id,
        index: run.shown++,
        key,
        input,
        value: stream.value,
      });
      return stream;
    },
    progress: (run: Run, progress: Progress): void => {
      const entry = this.#entries.get(run.cell);
      if (entry?.run !== run || !run.running) return;
      this.#setActivity(entry, { kind: "running", since: run.startedAt, progress });
    },
  };

  #fulfilled(entry: Entry, { run, values }: Outcome): void {
    if (entry.run !== run || !run.alive) return;
    entry.values = values;
    entry.claim = run.claim;
    entry.completed = run.id;
    this.#wiring.holdFor(entry, promisesIn(values));
    run.outstanding = new Set(this.#wiring.ownNames(entry));
    if (run.outstanding.size === 0) this.#finish(entry, run);
  }

  #nameSettled(owner: Entry, name: string): void {
    const { run } = owner;
    if (run?.outstanding?.delete(name) === true && run.outstanding.size === 0) {
      this.#finish(owner, run);
    }
  }

  /** A promise or generator that the cell has handed over ended in an error. */
  #nameFailed(owner: Entry, error: unknown): void {
    const { run } = owner;
    if (run === undefined || !run.alive) return;
    run.failed = true;
    owner.failure ??= this.#thrown(owner, error);
    if (!run.running) this.#show(owner);
  }

  #finish(entry: Entry, run: Run): void {
    entry.ms = this.#ports.now() - run.startedAt;
    this.#endRun(entry, run.failed ? "failed" : "done");
    this.#setActivity(entry, undefined);
  }

  #rejected(entry: Entry, error: unknown): void {
    const { run } = entry;
    entry.values = undefined;
    entry.claim = undefined;
    this.#clearStale(entry);
    entry.failure = this.#failureOf(entry, error);
    this.#endRun(entry, entry.failure.kind === "interrupted" ? "interrupted" : "failed");
    run?.invalidate();
    this.#setActivity(entry, undefined);
  }

  #failureOf(entry: Entry, error: unknown): CellFailure {
    if (error instanceof Blocked) return error.failure;
    if (!(error instanceof InputError)) return this.#thrown(entry, error);
    const name = error.input ?? "";
    const owner = this.#wiring.owner(name);
    if (owner === undefined) return this.#thrown(entry, error);
    const above = owner.failure ?? owner.defined?.blocked ?? owner.fault;
    return above === undefined
      ? this.#thrown(entry, error.cause)
      : upstreamFailure(name, owner.id, above);
  }

  #thrown(entry: Entry, error: unknown): CellFailure {
    const program = entry.defined?.program ?? entry.program;
    return thrown(error, this.#ports.locate?.(entry.id, error, program));
  }

  #kept(entry: Entry): void {
    if (entry.run?.running === true) return;
    if (entry.stale !== undefined && !entry.missed && this.#holdReason(entry) === undefined) {
      this.#clearStale(entry);
    }
    entry.demanded = false;
    this.#setActivity(entry, undefined);
  }

  #pending(entry: Entry): void {
    if (entry.run?.running === true || this.#holdReason(entry) !== undefined) return;
    const on = this.#wiring.outstanding(entry);
    if (on.length > 0) this.#setActivity(entry, { kind: "waiting", on });
  }

  #interrupt(entry: Entry): void {
    entry.grace = undefined;
    const { run } = entry;
    this.#endRun(entry, "interrupted");
    run?.invalidate();
    if (entry.live) this.#wiring.fail(entry, new Blocked(interrupted()));
    else this.#setActivity(entry, undefined);
  }

  #endRun(entry: Entry, outcome: RunOutcome): void {
    const { run } = entry;
    if (run === undefined || !run.running) return;
    run.running = false;
    const error = outcome === "failed" ? entry.failure?.error : undefined;
    this.#ports.emit({
      type: "run-ended",
      cell: entry.id,
      run: run.id,
      ms: this.#ports.now() - run.startedAt,
      outcome,
      ...(outcome === "done" && run.claim !== undefined ? { claim: run.claim } : {}),
      ...(error === undefined ? {} : { error }),
    });
  }

  #setActivity(entry: Entry, activity: Entry["activity"]): void {
    entry.activity = activity;
    this.#show(entry);
    if (activity === undefined) this.#checkSettled();
    else this.#wasBusy = true;
  }

  #show(entry: Entry): void {
    if (this.#disposed || this.#entries.get(entry.id) !== entry) return;
    const { state } = entry;
    const shown = JSON.stringify(state);
    if (shown === entry.shown) return;
    entry.shown = shown;
    this.#ports.emit({ type: "state", cell: entry.id, state });
  }

  #showAll(): void {
    for (const entry of this.#page) this.#show(entry);
  }

  #publishAnalysis(): void {
    const changed: CellAnalysis[] = [];
    for (const analysis of analyse(this.#page, this.#ports.library, this.#label)) {
      const text = JSON.stringify(analysis);
      if (this.#analyses.get(analysis.cell) === text) continue;
      this.#analyses.set(analysis.cell, text);
      changed.push(analysis);
    }
    if (changed.length > 0) this.#ports.emit({ type: "analysis", cells: changed });
  }

  #checkSettled(): void {
    if (this.#settledCheck || this.#disposed) return;
    this.#settledCheck = true;
    queueMicrotask(() => {
      this.#settledCheck = false;
      const busy =
        this.#pendingOperations > 0 ||
        !this.#wiring.runtime.engine.quiet ||
        this.#page.some((entry) => entry.activity !== undefined);
      if (busy) {
        this.#wasBusy = true;
        return;
      }
      for (const resolve of this.#settledWaiters.splice(0)) resolve();
      if (this.#wasBusy && !this.#disposed) this.#ports.emit({ type: "settled" });
      this.#wasBusy = false;
    });
  }
}

function needsRun(entry: Entry): boolean {
  return (
    entry.accepted === undefined ||
    entry.edited ||
    entry.stale !== undefined ||
    entry.state.kind === "idle" ||
    entry.failure?.kind === "interrupted"
  );
}

function withinGrace(finished: Promise<unknown>): Promise<unknown> {
  return Promise.race([
    finished.catch(() => {}),
    new Promise<void>((resolve) => {
      setTimeout(resolve, GRACE_MS);
    }),
  ]);
}
