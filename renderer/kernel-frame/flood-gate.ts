const WINDOW_MS = 50;
const MESSAGES_PER_WINDOW = 4000;
/** Of the kinds that the page draws one by one. The kernel itself stays far below. */
const DRAWN_PER_WINDOW = 150;

/**
 * Second limit on what a worker may send, for code that goes round the kernel's own (raw `postMessage` in a
 * loop): messages beyond the window's counts are counted and dropped.
 */
export class FloodGate {
  #start = -Infinity;
  #count = 0;
  #drawn = 0;
  #dropped = 0;

  admit(type: unknown, now: number): boolean {
    if (now - this.#start >= WINDOW_MS) {
      this.#start = now;
      this.#count = 0;
      this.#drawn = 0;
    }
    const drawn = type === "log" || type === "output";
    if (this.#count >= MESSAGES_PER_WINDOW || (drawn && this.#drawn >= DRAWN_PER_WINDOW)) {
      this.#dropped++;
      return false;
    }
    this.#count++;
    if (drawn) this.#drawn++;
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
    this.#drawn = 0;
    this.#dropped = 0;
  }
}
