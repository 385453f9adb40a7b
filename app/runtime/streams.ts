/* oxlint-disable no-underscore-dangle -- the stock runtime names its inner fields so */
import { isThenable, rethrowLater, type Stepper, type Task } from "./task.ts";

/** A generator is asked for at most this many values a second; passes that redefine something ask at once. */
const PERIOD_MS = 1000 / 60;

interface Stream {
  readonly task: Task;
  readonly generator: Stepper;
  readonly version: number;
  alive: boolean;
  first: boolean;
  due: number;
  /** So that `yield` gives back what was yielded. */
  current: unknown;
}

interface StreamSink {
  first(task: Task, value: unknown): void;
  next(task: Task, value: unknown): void;
  failed(task: Task, error: unknown, first: boolean): void;
  /** Time to pull: start a pass. */
  wake(): void;
}

/** Pulls generators, never faster than the eye can follow, and never in a way that starves timers or messages. */
export class Streams {
  #paused: Stream[] = [];
  #timer: number | object | undefined;
  readonly #sink: StreamSink;

  constructor(sink: StreamSink) {
    this.#sink = sink;
  }

  begin(task: Task, generator: Stepper): void {
    const stream: Stream = {
      task,
      generator,
      version: task._version,
      alive: true,
      first: true,
      due: 0,
      current: undefined,
    };
    const invalidate = task._invalidate;
    task._invalidate = () => {
      invalidate();
      stream.alive = false;
      // Not at once: this may be called while the generator itself is running.
      queueMicrotask(() => void close(generator));
    };
    this.#pull(stream);
  }

  /** Pulls what is due, or everything. True if anything was pulled. */
  resume(everything: boolean): boolean {
    if (this.#paused.length === 0) return false;
    const now = performance.now() + 0.5;
    const due: Stream[] = [];
    const later: Stream[] = [];
    for (const stream of this.#paused) {
      if (!isAlive(stream)) continue;
      (everything || stream.due <= now ? due : later).push(stream);
    }
    this.#paused = later;
    this.arm();
    for (const stream of due) this.#pull(stream);
    return due.length > 0;
  }

  arm(): void {
    if (this.#timer !== undefined || this.#paused.length === 0) return;
    let due = Infinity;
    for (const stream of this.#paused) due = Math.min(due, stream.due);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#sink.wake();
      },
      Math.max(1, Math.ceil(due - performance.now())),
    );
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#paused = [];
  }

  #pull(stream: Stream): void {
    let step: unknown;
    try {
      step = stream.generator.next(stream.current);
    } catch (error) {
      this.#fail(stream, error);
      return;
    }
    if (isThenable(step)) {
      step.then(
        (step) => this.#take(stream, step as IteratorResult<unknown>),
        (error: unknown) => this.#fail(stream, error),
      );
    } else {
      this.#take(stream, step as IteratorResult<unknown>);
    }
  }

  #take(stream: Stream, step: IteratorResult<unknown>): void {
    if (!isAlive(stream)) return;
    if (step.done === true) {
      if (stream.first) this.#sink.first(stream.task, undefined);
    } else if (isThenable(step.value)) {
      step.value.then(
        (value) => this.#emit(stream, value),
        (error: unknown) => this.#fail(stream, error),
      );
    } else {
      this.#emit(stream, step.value);
    }
  }

  #emit(stream: Stream, value: unknown): void {
    if (!isAlive(stream)) return;
    stream.current = value;
    const now = performance.now();
    // A late pull may be made up for, but never without leaving air for everything else.
    stream.due = Math.max(stream.due + PERIOD_MS, now + PERIOD_MS / 2);
    this.#paused.push(stream);
    this.arm();
    if (stream.first) {
      stream.first = false;
      this.#sink.first(stream.task, value);
    } else {
      this.#sink.next(stream.task, value);
    }
  }

  #fail(stream: Stream, error: unknown): void {
    if (!isAlive(stream)) return;
    stream.alive = false;
    this.#sink.failed(stream.task, error, stream.first);
  }
}

function isAlive(stream: Stream): boolean {
  return stream.alive && stream.task._version === stream.version;
}

async function close(generator: Stepper): Promise<void> {
  try {
    await generator.return();
  } catch (error) {
    rethrowLater(error);
  }
}
