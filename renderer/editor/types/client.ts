import type { TypeCell, TypeFinding } from "./cells.ts";
import type { Question, Questions, TypesEvent, TypesRequest } from "./messages.ts";

/** What the client needs of a Worker. */
export interface TypesPort {
  postMessage(request: TypesRequest): void;
  /** `failed` when it could not be loaded or broke down. */
  listen(listener: (event: TypesEvent) => void, failed: () => void): void;
  terminate(): void;
}

/** How long edits may gather before the worker is told; a question tells it at once. */
const TELL_WAIT = 16;

/** A worker that says nothing for so long, with something to do, is taken for lost. */
const PATIENCE = 20_000;
/** So many workers a notebook may wear out. */
const LIVES = 3;

/** The page's end of the type checker: sends what changed, keeps what is found, asks. Does no work of its own. */
export class TypesClient {
  readonly #create: () => TypesPort;
  readonly #cells: () => readonly TypeCell[];
  readonly #onFindings: (cell: string, findings: readonly TypeFinding[]) => void;
  readonly #sent = new Map<string, TypeCell>();
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  /** At which stamp a cell last changed. */
  readonly #changedAt = new Map<string, number>();
  #port: TypesPort | undefined;
  #preferred = "";
  #stamp = 0;
  #rested = -1;
  #next = 1;
  #lives = LIVES;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `cells`: those of the notebook now, in page order; one that has not changed is the same object as before. */
  constructor(
    create: () => TypesPort,
    cells: () => readonly TypeCell[],
    onFindings: (cell: string, findings: readonly TypeFinding[]) => void,
  ) {
    this.#create = create;
    this.#cells = cells;
    this.#onFindings = onFindings;
  }

  get started(): boolean {
    return this.#port !== undefined;
  }

  /** Everything the worker was told has been checked. */
  get settled(): boolean {
    return this.#timer === undefined && this.#rested === this.#stamp;
  }

  start(): void {
    if (this.#port !== undefined) return;
    if (this.#lives === 0) return;
    this.#lives--;
    this.#port = this.#create();
    this.#port.listen(
      (event) => this.#receive(event),
      () => this.#end("The type checker broke down."),
    );
    this.#tell();
  }

  /** Something may have changed. Costs nothing at once: it is called with every keystroke. */
  changed(): void {
    if (this.#port === undefined) return;
    this.#timer ??= setTimeout(() => this.#tell(), TELL_WAIT);
  }

  prefer(cells: readonly string[]): void {
    const text = cells.join(" ");
    if (this.#port === undefined || text === this.#preferred) return;
    this.#preferred = text;
    this.#port.postMessage({ type: "prefer", cells });
  }

  /** Rejects when the worker cannot answer; what is shown then is nothing. */
  async ask<K extends keyof Questions>(
    kind: K,
    cell: string,
    offset: number,
    more: Questions[K]["ask"],
  ): Promise<Questions[K]["answer"]> {
    this.start();
    this.#tell();
    const request = this.#next++;
    const answer = Promise.withResolvers<unknown>();
    this.#asked.set(request, answer);
    const question = { kind, cell, offset, ...more } as unknown as Question;
    if (this.#port === undefined) {
      this.#asked.delete(request);
      throw new Error("There is no type checker.");
    }
    this.#port.postMessage({ type: "ask", request, question });
    this.#alive();
    return (await answer.promise) as Questions[K]["answer"];
  }

  dispose(): void {
    this.#lives = 0;
    this.#end("The notebook was closed.");
  }

  /** Lets go of the worker. The next change or question brings up another, unless too many have gone. */
  #end(reason: string): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    this.#timer = undefined;
    this.#port?.terminate();
    this.#port = undefined;
    this.#sent.clear();
    this.#changedAt.clear();
    this.#preferred = "";
    for (const answer of this.#asked.values()) answer.reject(new Error(reason));
    this.#asked.clear();
    if (this.#lives > 0) this.#timer = setTimeout(() => this.start(), 1000);
  }

  /** A text may keep the checker busy without end: then a fresh one is given a chance, and at last none. */
  #alive(): void {
    clearTimeout(this.#watch);
    if (this.settled && this.#asked.size === 0) return;
    this.#watch = setTimeout(() => this.#end("The type checker took too long."), PATIENCE);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const cells = this.#cells();
    const changed = cells.filter((cell) => this.#sent.get(cell.id) !== cell);
    const order = cells.map(({ id }) => id);
    const present = new Set(order);
    const gone = [...this.#sent.keys()].filter((id) => !present.has(id));
    if (changed.length === 0 && gone.length === 0 && this.#stamp > 0) return;
    this.#stamp++;
    for (const cell of changed) {
      this.#sent.set(cell.id, cell);
      this.#changedAt.set(cell.id, this.#stamp);
    }
    for (const id of gone) {
      this.#sent.delete(id);
      this.#changedAt.delete(id);
    }
    this.#port?.postMessage({ type: "cells", order, changed, stamp: this.#stamp });
    this.#alive();
  }

  #receive(event: TypesEvent): void {
    this.#answer(event);
    this.#alive();
  }

  #answer(event: TypesEvent): void {
    switch (event.type) {
      case "findings": {
        // Places of an older text would underline the wrong words.
        const current =
          event.stamp >= (this.#changedAt.get(event.cell) ?? Infinity) &&
          this.#cells().find(({ id }) => id === event.cell) === this.#sent.get(event.cell);
        if (current) this.#onFindings(event.cell, event.findings);
        return;
      }
      case "rest":
        this.#rested = event.stamp;
        return;
      case "answer":
        this.#asked.get(event.request)?.resolve(event.answer);
        this.#asked.delete(event.request);
        return;
      case "failed":
        if (event.request === undefined) return;
        this.#asked.get(event.request)?.reject(new Error(event.message));
        this.#asked.delete(event.request);
        return;
      case "ready":
    }
  }
}
