const WINDOW_MS = 50;
const MESSAGES_PER_WINDOW = 2000;

/**
 * Second limit on what a worker may send, for code that goes round the kernel's own (raw `postMessage` in a
 * loop): messages beyond the window's count are counted and dropped.
 */
export class FloodGate {
  #start = -Infinity;
  #count = 0;
  #dropped = 0;

  admit(now: number): boolean {
    if (now - this.#start >= WINDOW_MS) {
      this.#start = now;
      this.#count = 0;
    }
    if (this.#count >= MESSAGES_PER_WINDOW) {
      this.#dropped++;
      return false;
    }
    this.#count++;
    return true;
  }

  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  reset(): void {
    this.#start = -Infinity;
    this.#count = 0;
    this.#dropped = 0;
  }
}
