/** Indices `from` to `to`, the latter not included. */
export interface Batch {
  readonly from: number;
  readonly to: number;
}

/** A batch should take about so long: messages cost little then, and nobody waits long for the last one. */
const BATCH_MS = 40;

/** The items of one computation: who does which, and what has come back. */
export class Job<Item, Result> {
  readonly results: Result[];
  readonly #items: readonly Item[];
  readonly #returned: Batch[] = [];
  #next = 0;
  #finished = 0;
  #msPerItem: number | undefined;
  #wake: () => void = () => {};

  constructor(items: readonly Item[]) {
    this.#items = items;
    this.results = Array.from({ length: items.length });
  }

  get finished(): number {
    return this.#finished;
  }

  get complete(): boolean {
    return this.#finished === this.#items.length;
  }

  /** For the kernel's own thread, which also does what hands gave back. */
  takeAny(threads: number): Batch | undefined {
    return this.#returned.pop() ?? this.take(threads);
  }

  /** A batch that nobody has begun, sized by how long items have taken and by how many threads want work. */
  take(threads: number): Batch | undefined {
    const left = this.#items.length - this.#next;
    if (left === 0) return undefined;
    const wanted = this.#msPerItem === undefined ? 1 : Math.floor(BATCH_MS / this.#msPerItem);
    const count = Math.max(1, Math.min(wanted, Math.floor(left / (2 * threads))));
    const from = this.#next;
    this.#next += count;
    return { from, to: this.#next };
  }

  itemsOf(batch: Batch): readonly Item[] {
    return this.#items.slice(batch.from, batch.to);
  }

  arrived(batch: Batch, values: readonly Result[], ms: number | undefined): void {
    values.forEach((value, k) => (this.results[batch.from + k] = value));
    this.#finished += values.length;
    if (ms !== undefined) this.#msPerItem = Math.max(0.01, ms / values.length);
    this.#wake();
  }

  handBack(batch: Batch): void {
    this.#returned.push(batch);
    this.#wake();
  }

  /** Resolves when something has happened that may have given the waiting thread something to do. */
  async change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.complete || this.#returned.length > 0) resolve();
    });
  }

  wake(): void {
    this.#wake();
  }
}
