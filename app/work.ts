/** How far a long computation has come. */
export interface Progress {
  /** 0 to 1 when known. */
  readonly fraction?: number;
  readonly message?: string;
  /** Points for a live chart (e.g. the loss), appended to what was sent before under the same series. */
  readonly series?: Readonly<Record<string, readonly (readonly [x: number, y: number])[]>>;
}

/** What a long computation is given: a way to be stopped, a way to report, and other threads if there are any. */
export interface Work {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  readonly hands?: Hands;
}

/**
 * One kind of share of a computation that other threads can do: named, so that a thread finds the code by name, and a
 * pure function of what it is given (data that can be cloned; random draws come from seeds inside the items), so that
 * the result is the same on whatever thread it is computed.
 */
export interface HandTask<Shared, Item, Result> {
  readonly name: string;
  /** Called once a thread with what all items share. */
  readonly prepare: (shared: Shared) => (item: Item) => Result | Promise<Result>;
}

/** Other threads. */
export interface Hands {
  map<Shared, Item, Result>(
    task: HandTask<Shared, Item, Result>,
    shared: Shared,
    items: readonly Item[],
    work: Work,
    done: (finished: number) => void,
  ): Promise<Result[]>;
}

/** For callers that need neither: never aborted, reports nowhere. */
export const quietWork: Work = { signal: new AbortController().signal, progress: () => {} };

/** Lets messages (Stop above all) in; call it in long loops every few milliseconds of work. Throws if stopped. */
export async function breathe(work: Work): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  work.signal.throwIfAborted();
}

/** Longest stretch without letting messages in. */
const STRETCH_MS = 40;

/**
 * Does every item by the task, on all threads there are, and gives the results in the items' order. The numbers do not
 * depend on how many threads helped. `done` hears how many are finished. Throws what the task throws, and when stopped.
 */
export async function share<Shared, Item, Result>(
  task: HandTask<Shared, Item, Result>,
  shared: Shared,
  items: readonly Item[],
  work: Work,
  done: (finished: number) => void = () => {},
): Promise<Result[]> {
  if (work.hands !== undefined && items.length > 1) {
    return work.hands.map(task, shared, items, work, done);
  }
  const perform = task.prepare(shared);
  const results: Result[] = [];
  let since = performance.now();
  for (const item of items) {
    results.push(await perform(item));
    if (performance.now() - since > STRETCH_MS) {
      done(results.length);
      await breathe(work);
      since = performance.now();
    }
  }
  work.signal.throwIfAborted();
  done(results.length);
  return results;
}
