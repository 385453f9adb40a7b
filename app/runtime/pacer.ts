import { nextTask } from "./next-task.ts";

/** Longest stretch of cells run back to back before messages (Stop above all) are let in. */
const STRETCH_MS = 12;

/** Gives the event loop a turn between cells once they have kept it busy for a while, one cell per turn. */
export class Pacer {
  #busy = 0;
  #tail: Promise<void> = Promise.resolve();

  get overdue(): boolean {
    return this.#busy > STRETCH_MS;
  }

  /** A cell has kept the thread for so long. */
  spend(ms: number): void {
    this.#busy += ms;
  }

  /** The event loop has had its turn. */
  reset(): void {
    this.#busy = 0;
  }

  pause(): Promise<void> {
    this.#tail = this.#tail.then(async () => {
      await nextTask();
      this.reset();
    });
    return this.#tail;
  }
}
