import { breathe, type Hands, type HandTask, type Work } from "../../app/work.ts";
import { type Batch, Job } from "./job.ts";
import type { FromHand, HandPort } from "./messages.ts";

/** Unused for so long, the other threads are ended: each holds a heap. */
const IDLE_MS = 30_000;

interface Begun {
  readonly job: Job<unknown, unknown>;
  readonly task: string;
  readonly shared: unknown;
}

interface Hand {
  readonly port: HandPort;
  /** What is under way, by job. */
  readonly busy: Map<number, Batch>;
}

/**
 * The kernel's other threads. A kernel may not start threads (its policy forbids it), so it asks the supervisor of its
 * frame, which starts a few that run our engines and never a notebook's code. Until they come, and where there are
 * none (Node), the kernel's own thread does everything; with them it does its part. Nothing needs hands: what one
 * fails at, or was doing when it was lost, is done here again.
 */
export class HandPool implements Hands {
  readonly #ask: () => void;
  readonly #idleMs: number;
  readonly #begun = new Map<number, Begun>();
  #hands: readonly Hand[] = [];
  #asked = false;
  #lastJob = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(ask: () => void, idleMs: number = IDLE_MS) {
    this.#ask = ask;
    this.#idleMs = idleMs;
  }

  /** Hands have come. Those of before are gone. */
  join(ports: readonly HandPort[]): void {
    this.lose();
    this.#asked = true;
    this.#hands = ports.map((port) => {
      const hand: Hand = { port, busy: new Map() };
      port.addEventListener("message", ({ data }) => this.#hear(hand, data));
      port.start();
      return hand;
    });
    for (const [id, begun] of this.#begun) this.#employ(id, begun);
    if (this.#begun.size === 0) this.#rest();
  }

  /** The hands are gone: what they were doing falls back to the kernel. */
  lose(): void {
    const lost = this.#hands;
    this.#hands = [];
    this.#asked = false;
    for (const hand of lost) {
      hand.port.close();
      for (const [id, batch] of hand.busy) this.#begun.get(id)?.job.handBack(batch);
    }
  }

  async map<Shared, Item, Result>(
    task: HandTask<Shared, Item, Result>,
    shared: Shared,
    items: readonly Item[],
    work: Work,
    done: (finished: number) => void,
  ): Promise<Result[]> {
    const id = ++this.#lastJob;
    const job = new Job<Item, Result>(items);
    const begun: Begun = { job, task: task.name, shared };
    const onAbort = (): void => job.wake();
    work.signal.addEventListener("abort", onAbort);
    this.#begun.set(id, begun);
    clearTimeout(this.#idle);
    try {
      this.#employ(id, begun);
      if (!this.#asked) {
        this.#asked = true;
        this.#ask();
      }
      const perform = task.prepare(shared);
      while (!job.complete) {
        work.signal.throwIfAborted();
        const batch = job.takeAny(this.#hands.length + 1);
        if (batch === undefined) {
          await job.change();
          continue;
        }
        const start = performance.now();
        const values: Result[] = [];
        for (const item of job.itemsOf(batch)) values.push(await perform(item));
        job.arrived(batch, values, performance.now() - start);
        done(job.finished);
        await breathe(work);
      }
      work.signal.throwIfAborted();
      done(job.finished);
      return job.results;
    } finally {
      work.signal.removeEventListener("abort", onAbort);
      this.#begun.delete(id);
      for (const hand of this.#hands) {
        hand.busy.delete(id);
        hand.port.postMessage({ type: "end", job: id });
      }
      if (this.#begun.size === 0) this.#rest();
    }
  }

  #employ(id: number, begun: Begun): void {
    for (const hand of this.#hands) {
      try {
        hand.port.postMessage({ type: "begin", job: id, task: begun.task, shared: begun.shared });
      } catch {
        // what cannot be cloned stays here, on this thread
        return;
      }
      this.#give(hand, id, begun);
    }
  }

  #give(hand: Hand, id: number, { job }: Begun): void {
    const batch = job.take(this.#hands.length + 1);
    if (batch === undefined) return;
    hand.busy.set(id, batch);
    hand.port.postMessage({ type: "items", job: id, items: job.itemsOf(batch) });
  }

  #hear(hand: Hand, message: FromHand): void {
    const batch = hand.busy.get(message.job);
    const begun = this.#begun.get(message.job);
    hand.busy.delete(message.job);
    if (batch === undefined || begun === undefined) return;
    if (message.type === "failed") {
      // it would fail at the next as well
      begun.job.handBack(batch);
      return;
    }
    begun.job.arrived(batch, message.values, undefined);
    this.#give(hand, message.job, begun);
  }

  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#hands.length === 0) return;
    this.#idle = setTimeout(() => {
      for (const hand of this.#hands) hand.port.postMessage({ type: "close" });
      this.lose();
    }, this.#idleMs);
  }
}
