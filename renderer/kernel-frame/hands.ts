/** Each holds a heap of its own, and copies of what it works on. */
const MOST_HANDS = 7;
/** A kernel asks once in a while; code that asks in a loop gets nothing for it. */
const PAUSE_MS = 1000;

/**
 * The other threads of a kernel: as many as there are cores beside its own. They run our engines on data, under the
 * kernel's own policy, and never a notebook's code. Lives as long as its kernel.
 */
export class Hands {
  #workers: Worker[] = [];
  #asked = -Infinity;

  /** Starts them and gives the kernel its ends of their lines. Those of before end. */
  give(kernel: Worker, now: number): void {
    if (now - this.#asked < PAUSE_MS) return;
    this.#asked = now;
    this.end();
    const count = Math.min(MOST_HANDS, navigator.hardwareConcurrency - 1);
    if (count < 1) return;
    const ports = Array.from({ length: count }, () => {
      const { port1, port2 } = new MessageChannel();
      const worker = new Worker(new URL("../../kernels/hand.ts", import.meta.url), {
        type: "module",
        name: "dagbok-hand",
      });
      // one that is lost takes its work along: the kernel does all of it by itself then
      worker.addEventListener("error", () => {
        this.end();
        kernel.postMessage({ type: "hands-lost" });
      });
      worker.postMessage(undefined, [port2]);
      this.#workers.push(worker);
      return port1;
    });
    kernel.postMessage({ type: "hands" }, ports);
  }

  end(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }
}
