/** A session with the harness of the reactivity cases around it: builtins, counters, and what was observed. */
import type { CellState } from "../../../app/protocol/kernel.ts";
import type { SessionCell, SessionEvent } from "../../../app/runtime/events.ts";
import { Session } from "../../../app/runtime/session.ts";
import { LatestStream } from "../../../app/runtime/stream.ts";
import { compileJs } from "./js-cells.ts";

export class Harness {
  readonly session: Session;
  readonly events: SessionEvent[] = [];
  readonly states = new Map<string, CellState>();
  readonly marks: string[] = [];
  readonly concurrency = new Map<string, number>();
  readonly #deferred = new Map<string, PromiseWithResolvers<unknown>>();
  readonly #inputs = new Map<string, LatestStream<unknown>>();
  readonly #waiters: (() => void)[] = [];
  cells: SessionCell[] = [];

  constructor(extra: Readonly<Record<string, unknown>> = {}) {
    let ticks = 0;
    const running = new Map<string, number>();
    this.session = new Session({
      compile: (cell) => compileJs(cell.source, cell.id),
      now: () => performance.now(),
      emit: (event) => {
        this.events.push(event);
        if (event.type === "state") this.states.set(event.cell, event.state);
        for (const wake of this.#waiters.splice(0)) wake();
      },
      library: {
        sleep,
        deferred: (key: string) => this.deferred(key).promise,
        testInput: (name: string, initial: unknown) => {
          const stream = new LatestStream(initial);
          this.#inputs.set(name, stream);
          return stream;
        },
        mark: (tag: string) => {
          this.marks.push(tag);
        },
        tick: () => ++ticks,
        tracked: async (tag: string, work: () => Promise<unknown>) => {
          const count = (running.get(tag) ?? 0) + 1;
          running.set(tag, count);
          this.concurrency.set(tag, Math.max(count, this.concurrency.get(tag) ?? 0));
          try {
            return await work();
          } finally {
            running.set(tag, (running.get(tag) ?? 0) - 1);
          }
        },
        Mutable: (value: unknown) => new LatestStream(value),
        color: "red",
        busy: (ms: number) => {
          const end = performance.now() + ms;
          while (performance.now() < end);
          return ms;
        },
        heavy: (value: unknown) => value,
        ...extra,
      },
    });
  }

  deferred(key: string): PromiseWithResolvers<unknown> {
    let deferred = this.#deferred.get(key);
    if (deferred === undefined) this.#deferred.set(key, (deferred = Promise.withResolvers()));
    return deferred;
  }

  setInput(name: string, value: unknown): void {
    this.#inputs.get(name)?.push(value);
  }

  /** Sets the whole page. */
  async page(...cells: (SessionCell | [id: string, source: string])[]): Promise<void> {
    this.cells = cells.map((cell) =>
      Array.isArray(cell) ? { id: cell[0], kind: "typescript", source: cell[1] } : cell,
    );
    await this.session.setCells(this.cells);
  }

  /** Changes cells in place without running them. */
  change(id: string, change: Partial<SessionCell>): Promise<void> {
    this.cells = this.cells.map((cell) => (cell.id === id ? { ...cell, ...change } : cell));
    return this.session.setCells(this.cells);
  }

  delete(id: string): Promise<void> {
    this.cells = this.cells.filter((cell) => cell.id !== id);
    return this.session.setCells(this.cells);
  }

  /** New text, and run, as Shift-Enter does. */
  async edit(id: string, source: string): Promise<void> {
    await this.change(id, { source });
    void this.session.run([id]);
    await this.rest();
  }

  async runAll(): Promise<void> {
    void this.session.run("all");
    await this.rest();
  }

  /** Until all has come to rest, inputs and finite generators included, or is clearly not going to. */
  async rest(): Promise<void> {
    await this.quiet(25);
    await Promise.race([this.session.settled(), sleep(500)]);
    await this.quiet(35);
  }

  /** Until nothing has happened for a while: also right for cells that never settle. */
  async quiet(ms = 50): Promise<void> {
    for (let news = true; news;) {
      const event = new Promise<boolean>((resolve) => {
        this.#waiters.push(() => {
          resolve(true);
        });
      });
      news = await Promise.race([event, sleep(ms).then(() => false)]);
    }
  }

  /** Cells in the order in which their bodies started. */
  runs(since = 0): string[] {
    return this.events
      .slice(since)
      .flatMap((event) => (event.type === "run-started" ? [event.cell] : []));
  }

  /** What a variable was seen to be. */
  seen(name: string, since = 0): unknown[] {
    return this.events
      .slice(since)
      .flatMap((event) => (event.type === "variable" && event.name === name ? [event.value] : []));
  }

  state(id: string): CellState {
    const state = this.session.state(id);
    if (state === undefined) throw new Error(`no cell ${id}`);
    return state;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
