const WINDOW_MS = 50;

export interface LimiterOptions {
  /** Bytes let through per 50 ms. */
  readonly bytesPerWindow?: number;
  readonly now?: () => number;
}

/**
 * Keeps a flood of output inside the worker: what exceeds the window's bytes is counted, not sent, so that the
 * page never has a backlog to work off.
 */
export class OutputLimiter {
  #windowStart = -Infinity;
  #spent = 0;
  #dropped = 0;
  readonly #budget: number;
  readonly #now: () => number;

  constructor(options: LimiterOptions = {}) {
    this.#budget = options.bytesPerWindow ?? 64 * 1024;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether something of that size may go out now. One message of any size passes an empty window. */
  admit(bytes: number): boolean {
    const now = this.#now();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#spent = 0;
    }
    if (this.#spent > 0 && this.#spent + bytes > this.#budget) {
      this.#dropped++;
      return false;
    }
    this.#spent += bytes;
    return true;
  }

  /** Counts one that is not sent for another reason. */
  drop(): void {
    this.#dropped++;
  }

  /** How many were dropped since last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
