/** Answers "has everything come to rest?" for those who wait for it, and announces it once each time. */
export class Settling {
  readonly #isBusy: () => boolean;
  readonly #announce: () => void;
  readonly #waiters: (() => void)[] = [];
  #operations = 0;
  #wasBusy = false;
  #checking = false;
  #disposed = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(isBusy: () => boolean, announce: () => void) {
    this.#isBusy = isBusy;
    this.#announce = announce;
  }

  /** One operation at a time, in the order in which they were asked for. */
  async enqueue(operation: () => void | Promise<void>): Promise<void> {
    this.#operations++;
    const before = this.#queue;
    const done = (async (): Promise<void> => {
      await before;
      if (!this.#disposed) await operation();
    })();
    this.#queue = done.catch(() => {}); // the caller gets the error; the queue goes on
    try {
      await done;
    } finally {
      this.#operations--;
      this.check();
    }
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.check();
    });
  }

  /** Something has begun. */
  disturb(): void {
    this.#wasBusy = true;
  }

  /** Something may have ended. */
  check(): void {
    if (this.#checking || this.#disposed) return;
    this.#checking = true;
    queueMicrotask(() => {
      this.#checking = false;
      if (this.#disposed) return;
      if (this.#operations > 0 || this.#isBusy()) return;
      for (const resolve of this.#waiters.splice(0)) resolve();
      if (this.#wasBusy) this.#announce();
      this.#wasBusy = false;
    });
  }

  dispose(): void {
    this.#disposed = true;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}
