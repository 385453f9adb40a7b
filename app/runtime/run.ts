import type { Claim } from "../claim.ts";
import type { CellClaims, CellContext, CellResult, InputDescription } from "../cell/program.ts";
import { UserError } from "../errors.ts";
import type { Hands, Progress } from "../work.ts";
import type { LatestStream } from "./stream.ts";

export interface RunHost {
  display(run: Run, value: unknown): void;
  view(run: Run, input: InputDescription): LatestStream<unknown>;
  progress(run: Run, progress: Progress): void;
  saved(run: Run, key: string): unknown;
  keep(run: Run, key: string, value: unknown): void;
  redraw(run: Run, value: unknown): void;
  heard(run: Run): void;
}

/** One execution of a cell, from its start until it is invalidated (which may be long after it has ended). */
export class Run {
  readonly id: number;
  readonly cell: string;
  readonly startedAt: number;
  /** Not ended: its promises are outstanding. */
  running = true;
  /** Not invalidated. */
  alive = true;
  failed = false;
  /** What its engine has claimed, as a whole and of each name; undefined for code. */
  engine: CellClaims | undefined;
  /** What engines have claimed to its code. */
  readonly heard: Claim[] = [];
  /** What it goes on to do when its values are out. */
  rest: CellResult["rest"];
  /** Its values are out, and it is busy with the rest. */
  resting = false;
  /** Defined names whose first value has not come. */
  outstanding: Set<string> | undefined;
  /** The run's own promise, for those who must wait until it has really stopped. */
  finished: Promise<unknown> | undefined;
  shown = 0;
  readonly inputs: LatestStream<unknown>[] = [];
  /** Names under which it has asked for what the document keeps, other than those it keeps something under itself. */
  readonly asked = new Set<string>();
  #controller: AbortController | undefined;
  #cut = false;
  #invalidation: PromiseWithResolvers<void> | undefined;

  constructor(id: number, cell: string, startedAt: number) {
    this.id = id;
    this.cell = cell;
    this.startedAt = startedAt;
  }

  /** Somebody may be listening for the end. */
  get watched(): boolean {
    return this.#controller !== undefined || this.#invalidation !== undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (!this.alive || this.#cut) this.#controller.abort(staleRun());
    }
    return this.#controller.signal;
  }

  get invalidation(): Promise<void> {
    if (this.#invalidation === undefined) {
      this.#invalidation = Promise.withResolvers();
      if (!this.alive) this.#invalidation.resolve();
    }
    return this.#invalidation.promise;
  }

  invalidate(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#invalidation?.resolve();
    this.#controller?.abort(staleRun());
  }

  /** Stops what it is still doing; its values stay alive. */
  cut(): void {
    this.#cut = true;
    this.#controller?.abort(staleRun());
  }

  /** Name or key of a control, by its stream. */
  keyOf(stream: unknown): string | undefined {
    const index = this.inputs.indexOf(stream as LatestStream<unknown>);
    return index === -1 ? undefined : String(index);
  }

  context(host: RunHost, inputClaims: Readonly<Record<string, Claim>>, hands?: Hands): CellContext {
    // eslint-disable-next-line typescript/no-this-alias -- the getters below need it
    const run = this;
    const mustBeAlive = (): void => {
      if (!run.alive || run.#cut) throw staleRun();
    };
    return {
      cell: run.cell,
      inputClaims,
      get signal() {
        return run.signal;
      },
      get invalidation() {
        return run.invalidation;
      },
      display: (value) => {
        mustBeAlive();
        host.display(run, value);
      },
      view: <T>(input: InputDescription<T>) => {
        mustBeAlive();
        return host.view(run, input) as unknown as LatestStream<T>;
      },
      saved: (key) => {
        run.asked.add(key);
        return host.saved(run, key);
      },
      // What was found before a stop is as good as before.
      keep: (key, value) => {
        run.asked.delete(key);
        host.keep(run, key, value);
      },
      redraw: (value) => {
        mustBeAlive();
        host.redraw(run, value);
      },
      progress: (progress) => {
        if (run.alive) host.progress(run, progress);
      },
      hear: (claim) => {
        run.heard.push(claim);
        if (run.alive) host.heard(run);
      },
      ...(hands === undefined ? {} : { hands }),
    };
  }
}

function staleRun(): UserError {
  return new UserError({
    code: "stale-run",
    message: "This run of the cell is over: the cell was run again, stopped or removed.",
    hint: "Stop timers and loops when `invalidation` resolves or `signal` aborts.",
  });
}
