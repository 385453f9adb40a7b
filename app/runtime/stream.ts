/**
 * A stream that holds one value at a time: who asks late gets only the latest, and never misses the last. Made
 * for inputs (a slider dragged across) and for state shared between cells.
 */
export class LatestStream<T> implements AsyncGenerator<T, void, void> {
  #value: T;
  #fresh = true;
  #ended = false;
  #asked: PromiseWithResolvers<IteratorResult<T, void>> | undefined;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    this.push(value);
  }

  /** An equal value is no news. */
  push(value: T): void {
    if (this.#ended || Object.is(value, this.#value)) return;
    this.#value = value;
    if (this.#asked === undefined) {
      this.#fresh = true;
    } else {
      this.#asked.resolve({ done: false, value });
      this.#asked = undefined;
    }
  }

  next(): Promise<IteratorResult<T, void>> {
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    if (this.#fresh) {
      this.#fresh = false;
      return Promise.resolve({ done: false, value: this.#value });
    }
    this.#asked ??= Promise.withResolvers();
    return this.#asked.promise;
  }

  return(): Promise<IteratorResult<T, void>> {
    this.#ended = true;
    this.#asked?.resolve({ done: true, value: undefined });
    this.#asked = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
