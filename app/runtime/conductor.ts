import type { CellClaims, CellResult, InputDescription } from "../cell/program.ts";
import type { CellFailure } from "../protocol/kernel.ts";
import type { Progress } from "../work.ts";
import { judge } from "./blocked.ts";
import type { Claim } from "../claim.ts";
import { joinClaims, uniteClaims } from "./claims.ts";
import type { Entry } from "./entry.ts";
import type { RunOutcome, SessionPorts } from "./events.ts";
import { interrupted, thrown, upstreamFailure } from "./failures.ts";
import { Lazy } from "./lazy.ts";
import { listenTo } from "./listen.ts";
import { Pacer } from "./pacer.ts";
import type { Page } from "./page.ts";
import { Run } from "./run.ts";
import { InputError } from "./scheduler.ts";
import type { LatestStream } from "./stream.ts";
import { isThenable, turns } from "./task.ts";
import { Blocked, type Outcome, promisesIn, Wiring, type WiringHost } from "./wiring.ts";

/** How long a superseded run may take to wind up before the next one starts beside it. */
const GRACE_MS = 100;

/** Decides, cell by cell, whether and when a run starts, follows it to its end, and tells what becomes of it. */
export class Conductor implements WiringHost {
  readonly wiring: Wiring;
  /** Values for controls that have not been shown yet, by the name they will have. */
  readonly presets = new Map<string, unknown>();
  readonly #ports: SessionPorts;
  readonly #page: Page;
  readonly #onActivity: (busy: boolean) => void;
  readonly #pacer = new Pacer();
  #runs = 0;
  #disposed = false;

  constructor(ports: SessionPorts, page: Page, onActivity: (busy: boolean) => void) {
    this.#ports = ports;
    this.#page = page;
    this.#onActivity = onActivity;
    this.wiring = new Wiring(ports.library, this);
    this.wiring.runtime.engine.onIdle = () => {
      this.#pacer.reset();
      onActivity(false);
    };
  }

  dispose(): void {
    this.#disposed = true;
    for (const entry of this.#page.cells) entry.run?.invalidate();
    this.wiring.dispose();
  }

  /** Brings the runtime in step with what is accepted, live and enabled. */
  relink(): void {
    const page = this.#page;
    page.relate();
    this.wiring.relink(
      page.cells.filter((entry) => entry.live),
      page.graph,
      (entry) => {
        const { blocked, fault } = judge(entry, page, this.#ports.library);
        entry.fault = fault;
        return blocked;
      },
      (entry) => {
        this.replaceRun(entry);
      },
    );
  }

  remove(entry: Entry): void {
    this.#endRun(entry, "superseded");
    entry.run?.invalidate();
    entry.activity = undefined;
    this.wiring.remove(entry);
  }

  superseded(entry: Entry): void {
    if (this.#holdReason(entry) === undefined) entry.run?.invalidate();
  }

  /** The run in flight, if any, is over: the next need not wait, except a moment for it to wind up. */
  replaceRun(entry: Entry): void {
    const { run } = entry;
    if (run === undefined) return;
    const { running } = run;
    this.#endRun(entry, "superseded");
    run.invalidate();
    if (!running) return;
    if (run.finished !== undefined) entry.grace = withinGrace(run.finished);
    this.wiring.abandon(entry);
  }

  ready(entry: Entry): "keep" | Promise<unknown> | undefined {
    if (entry.defined?.blocked === undefined) {
      const because = this.#holdReason(entry);
      if (because !== undefined) {
        entry.missed = true;
        entry.demanded = false;
        this.markStale(entry, because);
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
    const above = this.#page.above(entry);
    const stale = above.filter((other) => other.stale !== undefined);
    if (stale.length > 0) return stale.map((other) => other.id);
    if (entry.demanded || (this.#page.mode === "auto" && entry.cell.lazy !== true)) {
      return undefined;
    }
    const newer = above.filter((other) => other.completed > entry.completed);
    const because = newer.length > 0 ? newer : above;
    return because.length > 0 ? because.map((other) => other.id) : [entry.id];
  }

  markStale(entry: Entry, because: readonly string[]): void {
    const before = entry.stale;
    entry.stale = because;
    if (entry.activity?.kind !== "running") entry.activity = undefined;
    this.show(entry);
    if (before !== undefined) return;
    for (const below of this.#page.below(entry)) {
      if (!below.live || below.stale !== undefined || below.demanded) continue;
      // A cell that cannot run for its own text's sake waits for nobody.
      if (below.defined?.blocked === undefined) this.markStale(below, [entry.id]);
    }
  }

  #clearStale(entry: Entry): void {
    entry.stale = undefined;
    entry.missed = false;
    entry.demanded = false;
    for (const below of this.#page.below(entry)) {
      // What passed it by while this cell was held has to be made up for, even if this cell's values are as before.
      if (below.live && below.missed && this.#holdReason(below) === undefined) {
        this.wiring.force(below);
      }
    }
  }

  execute(entry: Entry, values: readonly unknown[]): Outcome | Promise<Outcome> {
    const program = entry.defined?.program;
    const body = program?.run;
    if (program === undefined || body === undefined) {
      throw new Error(`Cell ${entry.id} has nothing to run.`);
    }
    const { now, emit } = this.#ports;
    const run = new Run(++this.#runs, entry.id, now());
    entry.run = run;
    entry.failure = undefined;
    entry.cut = false;
    this.#clearStale(entry);
    const claims = this.wiring.claims(program.inputs);
    const known = uniteClaims(Object.values(claims));
    emit({
      type: "run-started",
      cell: entry.id,
      run: run.id,
      ...(known === undefined ? {} : { claim: known }),
    });
    this.#setActivity(entry, { kind: "running", since: run.startedAt });

    const context = run.context(this.#runHost, claims, this.#ports.hands);
    const { hear } = context;
    const inputs: Record<string, unknown> = {};
    for (const [i, name] of program.inputs.entries()) {
      inputs[name] =
        hear !== undefined && this.#isEngine(name) ? listenTo(values[i], hear) : values[i];
    }
    try {
      const result = body(inputs, context);
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
    const { values, rest, ...claims } = result;
    run.engine = claims;
    run.rest = rest;
    for (const [name, value] of Object.entries(values)) {
      const key = this.presets.has(name) ? run.keyOf(value) : undefined;
      if (key === undefined) continue;
      this.setInput(entry, key, this.presets.get(name), run);
      this.presets.delete(name);
    }
    const promises = promisesIn(values);
    if (promises.length > 0) run.finished = Promise.allSettled(promises);
    return { run, values };
  }

  setInput(entry: Entry, key: string, value: unknown, run = entry.run): void {
    entry.inputs.set(key, value);
    if (run?.alive === true) run.inputs[Number(key)]?.push(value);
    if (entry.live && entry.run?.asked.has(key) === true) {
      entry.missed = true;
      this.wiring.force(entry);
    }
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
      const entry = this.#page.get(run.cell);
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
    saved: (run: Run, key: string): unknown => this.#page.get(run.cell)?.inputs.get(key),
    keep: (run: Run, key: string, value: unknown): void => {
      const entry = this.#page.get(run.cell);
      if (entry === undefined) return;
      // The document will tell it back: by then it is nothing new.
      entry.inputs.set(key, value);
      this.#ports.emit({ type: "keep", cell: run.cell, key, value });
    },
    redraw: (run: Run, value: unknown): void => {
      run.shown = Math.max(1, run.shown);
      const index = run.shown - 1;
      this.#ports.emit({ type: "display", cell: run.cell, run: run.id, index, value });
    },
    progress: (run: Run, progress: Progress): void => {
      const entry = this.#page.get(run.cell);
      if (entry?.run !== run || !run.running) return;
      this.#setActivity(entry, { kind: "running", since: run.startedAt, progress });
    },
    heard: (run: Run): void => {
      const entry = this.#page.get(run.cell);
      // While it runs nobody has its values; what is heard counts when it ends.
      if (entry?.run === run && entry.completed === run.id) this.#claimAnew(entry);
    },
  };

  /** Engines come with the library, are loaded on first use, and may be masked by a cell's own name. */
  #isEngine(name: string): boolean {
    return this.#ports.library[name] instanceof Lazy && this.wiring.owner(name) === undefined;
  }

  /** What a run's values rest on, as its inputs and the engines it has called have it now. */
  #claimOf(entry: Entry, run: Run, engine: Claim | undefined): Claim | undefined {
    const inputs = Object.values(this.wiring.claims(entry.defined?.program.inputs ?? []));
    return engine === undefined
      ? uniteClaims([...inputs, ...run.heard])
      : joinClaims(engine, [...inputs, ...run.heard]);
  }

  #takeClaims(entry: Entry, run: Run): void {
    entry.claim = this.#claimOf(entry, run, run.engine?.claim);
    entry.claims = Object.fromEntries(
      Object.entries(run.engine?.claims ?? {}).flatMap(([name, engine]) => {
        const claim = this.#claimOf(entry, run, engine);
        return claim === undefined ? [] : [[name, claim] as const];
      }),
    );
  }

  /**
   * Values that are as before may rest on something else: the number of an effect whose assumptions have changed,
   * say, taken out by code. The cells that use it need not run again for that.
   */
  #claimAnew(entry: Entry): void {
    const { run } = entry;
    if (run?.alive !== true || entry.values === undefined) return;
    if (run.running && !run.resting) return;
    if (entry.stale !== undefined) return; // its values are those of then, and so is what they rest on
    const before = JSON.stringify([entry.claim, entry.claims]);
    this.#takeClaims(entry, run);
    if (JSON.stringify([entry.claim, entry.claims]) === before) return;
    const { claim } = entry;
    if (claim !== undefined) {
      this.#ports.emit({ type: "claim", cell: entry.id, run: run.id, claim });
    }
    for (const { name, cell, value } of this.wiring.variables()) {
      if (cell === entry.id) this.nameChanged(entry, name, value);
    }
    for (const below of this.#page.below(entry)) this.#claimAnew(below);
  }

  fulfilled(entry: Entry, { run, values }: Outcome): void {
    if (entry.run !== run || !run.alive) return;
    entry.values = values;
    this.#takeClaims(entry, run);
    entry.completed = run.id;
    this.wiring.holdFor(entry, promisesIn(values));
    run.outstanding = new Set(this.wiring.ownNames(entry));
    if (run.outstanding.size === 0) this.#given(entry, run);
  }

  nameSettled(owner: Entry, name: string): void {
    const { run } = owner;
    if (run?.outstanding?.delete(name) === true && run.outstanding.size === 0) {
      this.#given(owner, run);
    }
  }

  /** All values are out. */
  #given(entry: Entry, run: Run): void {
    if (run.rest === undefined || run.failed) this.#finish(entry, run);
    else run.finished = this.#goOn(entry, run, run.rest);
  }

  async #goOn(entry: Entry, run: Run, rest: NonNullable<Run["rest"]>): Promise<void> {
    run.resting = true;
    entry.ms = this.#ports.now() - run.startedAt;
    await turns(3); // dependents first
    let better: CellClaims | undefined;
    try {
      if (run.running) better = await rest();
    } catch (error) {
      if (!run.running || !run.alive) return;
      run.failed = true;
      entry.failure = this.#thrown(entry, error);
    }
    if (!run.running || !run.alive) return;
    if (better !== undefined) run.engine = better;
    this.#claimAnew(entry);
    this.#finish(entry, run);
  }

  /** A promise or generator that the cell has handed over ended in an error. */
  nameChanged(owner: Entry, name: string, value: unknown): void {
    const claim = owner.claims[name] ?? owner.claim;
    this.#ports.emit({
      type: "variable",
      name,
      cell: owner.id,
      value,
      ...(claim === undefined ? {} : { claim }),
    });
  }

  nameGone(name: string): void {
    this.#ports.emit({ type: "variable-gone", name });
  }

  /** A promise or generator that the cell has handed over ended in an error. */
  nameFailed(owner: Entry, error: unknown): void {
    const { run } = owner;
    if (error instanceof InputError || run === undefined || !run.alive) return;
    run.failed = true;
    owner.failure ??= this.#thrown(owner, error);
    if (!run.running) this.show(owner);
  }

  #finish(entry: Entry, run: Run): void {
    entry.ms = this.#ports.now() - run.startedAt;
    this.#endRun(entry, run.failed ? "failed" : "done");
    this.#setActivity(entry, undefined);
  }

  rejected(entry: Entry, error: unknown): void {
    const { run } = entry;
    entry.values = undefined;
    this.#clearStale(entry);
    entry.failure = this.#failureOf(entry, error);
    this.#endRun(entry, entry.failure.kind === "interrupted" ? "interrupted" : "failed");
    entry.claim = undefined;
    entry.claims = {};
    run?.invalidate();
    this.#setActivity(entry, undefined);
  }

  #failureOf(entry: Entry, error: unknown): CellFailure {
    if (error instanceof Blocked) return error.failure;
    if (!(error instanceof InputError)) return this.#thrown(entry, error);
    const name = error.input ?? "";
    const owner = this.wiring.owner(name);
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

  kept(entry: Entry): void {
    const { run } = entry;
    if (run?.running === true && !run.resting) return;
    this.#claimAnew(entry);
    if (entry.stale !== undefined && !entry.missed && this.#holdReason(entry) === undefined) {
      this.#clearStale(entry);
    }
    entry.demanded = false;
    if (run?.running !== true) this.#setActivity(entry, undefined);
  }

  pending(entry: Entry): void {
    if (entry.run?.running === true || this.#holdReason(entry) !== undefined) return;
    const on = this.wiring.outstanding(entry);
    if (on.length > 0) this.#setActivity(entry, { kind: "waiting", on });
  }

  /** Asked for: it runs, lazy or not, in place of a run that is in flight. */
  queue(entry: Entry): void {
    entry.demanded = true;
    entry.barred = false;
    this.replaceRun(entry);
    entry.activity = { kind: "queued" };
    this.#onActivity(true);
  }

  stop(entry: Entry): void {
    if (entry.activity !== undefined) this.#interrupt(entry);
    else if (entry.live) this.wiring.endStreams(entry);
  }

  #interrupt(entry: Entry): void {
    entry.grace = undefined;
    const { run } = entry;
    if (run?.running === true && run.resting) {
      entry.cut = true;
      run.cut();
      this.#endRun(entry, "interrupted");
      this.#setActivity(entry, undefined);
      return;
    }
    this.#endRun(entry, "interrupted");
    run?.invalidate();
    if (entry.live) this.wiring.fail(entry, new Blocked(interrupted()));
    else this.#setActivity(entry, undefined);
  }

  #endRun(entry: Entry, outcome: RunOutcome): void {
    const { run } = entry;
    if (run === undefined || !run.running) return;
    run.running = false;
    const error = outcome === "failed" ? entry.failure?.error : undefined;
    // What it has shown before it failed or was stopped rests on what it had by then.
    const claim =
      outcome === "done" || run.resting
        ? entry.claim
        : this.#claimOf(entry, run, run.engine?.claim);
    this.#ports.emit({
      type: "run-ended",
      cell: entry.id,
      run: run.id,
      ms: this.#ports.now() - run.startedAt,
      outcome,
      ...(claim === undefined ? {} : { claim }),
      ...(error === undefined ? {} : { error }),
    });
  }

  #setActivity(entry: Entry, activity: Entry["activity"]): void {
    entry.activity = activity;
    this.show(entry);
    this.#onActivity(activity !== undefined);
  }

  show(entry: Entry): void {
    if (this.#disposed || this.#page.get(entry.id) !== entry) return;
    const { state } = entry;
    const shown = JSON.stringify(state);
    if (shown === entry.shown) return;
    entry.shown = shown;
    this.#ports.emit({ type: "state", cell: entry.id, state });
  }
}

function withinGrace(finished: Promise<unknown>): Promise<unknown> {
  return Promise.race([
    finished.catch(() => {}),
    new Promise<void>((resolve) => {
      setTimeout(resolve, GRACE_MS);
    }),
  ]);
}
