/* oxlint-disable no-underscore-dangle -- the stock runtime names its inner fields so */
import { findCircular } from "./circular.ts";
import type { InnerRuntime } from "./observable.ts";
import { updateReachability } from "./reach.ts";
import { type Specials, replaceSpecials } from "./specials.ts";
import { Streams } from "./streams.ts";
import {
  FULFILLED,
  idle,
  isStepper,
  isThenable,
  NONE,
  prepare,
  REJECTED,
  rethrowLater,
  type SchedulerObserver,
  type Task,
  turns,
} from "./task.ts";

/**
 * One pass collects what changed and everything below it, counts for each variable how many of its inputs are
 * unsettled, and then computes depth first from the earliest root, without a promise wherever values are at
 * hand. What has to wait is resumed by the very same counting when its last input settles. Invariant: a
 * variable that waits is started when its count of unsettled inputs is 0 and it has no run in flight.
 */
export class Engine {
  readonly streams: Streams;
  onIdle: (() => void) | undefined;
  /** Some variable has a rank. */
  ranked = false;
  readonly #runtime: InnerRuntime;
  readonly #specials: Specials;
  #epoch = 0;
  #draining = false;
  /** How many variables wait. */
  #open = 0;
  readonly #ready: Task[] = [];
  readonly #waiting = new Set<Task>();
  /** To be recomputed by the next pass although nothing was redefined. */
  readonly #fresh = new Set<Task>();

  constructor(runtime: InnerRuntime, specials: Specials) {
    this.#runtime = runtime;
    this.#specials = specials;
    this.streams = new Streams({
      first: (task, value) => {
        this.#arrive(task, true, value);
      },
      next: (task, value) => {
        this.#publish(task, true, value);
      },
      failed: (task, error, first) => {
        if (first) this.#arrive(task, false, error);
        else this.#publish(task, false, error);
      },
      wake: () => {
        this.schedule();
      },
    });
  }

  schedule(): void {
    this.#runtime._computing ??= this.#runtime._computeSoon();
  }

  /** True when no pass is due but for paused generators. */
  get quiet(): boolean {
    return this.#runtime._computing === null && !this.#draining;
  }

  pass(): void {
    const runtime = this.#runtime;
    runtime._computing = null;
    if (runtime._dirty.size > 0) {
      updateReachability(
        runtime._dirty as Set<Task>,
        (task) => task._observer !== this.#specials.noObserver,
        (task) => runtime._updates.add(task),
        (task) => {
          this.#unlist(task);
          this.#invalidate(task);
        },
      );
      runtime._dirty.clear();
    }
    const closure = this.#collect();
    this.#drain();
    if (this.#open > 0) for (const task of closure) if (task._waits) this.#leaveWaiting(task);
    // If something was redefined meanwhile, the counts are stale and the pass that follows looks again.
    if (this.#waiting.size > 0 && runtime._updates.size === 0) this.#breakCircles();
    this.onIdle?.();
  }

  /** Has the variable recomputed even if no input changes. */
  force(task: Task): void {
    if (task._waits) {
      this.#demand(task);
    } else {
      this.#fresh.add(task);
      this.schedule();
    }
  }

  /** Forgets a run in flight: its result will be ignored and the next pass starts a new run without waiting. */
  abandon(task: Task): void {
    task._flight = null;
    task._landed = null;
    ++task._version;
    this.#invalidate(task);
    task._flight = null;
    if (task._waits) {
      task._must = true;
      this.#fresh.add(task);
      this.schedule();
    }
  }

  /** Lets the next run start only after the promise has settled. */
  occupy(task: Task, until: PromiseLike<unknown>): void {
    const flight = {};
    task._flight = flight;
    const release = (): void => {
      if (task._flight !== flight) return;
      task._flight = null;
      this.#resume(task);
    };
    until.then(release, release);
  }

  /** Gives up on the variable's run, in flight or still to come, with an error of the caller's. */
  fail(task: Task, error: unknown): void {
    ++task._version;
    this.#invalidate(task);
    task._flight = null;
    task._must = false;
    if (task._waits) {
      this.#reject(task, error);
      this.#drain();
    } else {
      this.#publish(task, false, error);
    }
  }

  #collect(): Task[] {
    const epoch = ++this.#epoch;
    const closure: Task[] = [];
    for (const set of [this.#runtime._updates as Set<Task>, this.#fresh]) {
      for (const variable of set) {
        const task = prepare(variable);
        if (!task._reachable) {
          this.#unlist(task);
          continue;
        }
        if (task._epoch !== epoch) this.#enter(task, closure);
        this.#demand(task);
      }
      set.clear();
    }
    const roots = closure.length;
    for (let i = 0; i < closure.length; i++) {
      for (const output of (closure[i] as Task)._outputs) {
        if (output._epoch !== epoch) {
          if (!output._reachable) continue;
          this.#enter(prepare(output), closure);
        }
        ++output._indegree;
      }
    }
    for (const task of this.#waiting) {
      if (task._epoch === epoch) continue;
      for (const output of task._outputs) if (output._epoch === epoch) ++output._indegree;
    }
    // What was reached through an edge has an input to wait for, so only these can be ready.
    const base = this.#ready.length;
    for (let i = 0; i < roots; i++) {
      const task = closure[i] as Task;
      if (task._indegree === 0) this.#ready.push(task);
    }
    this.#order(base);
    return closure;
  }

  #enter(task: Task, closure: Task[]): void {
    task._epoch = this.#epoch;
    task._indegree = 0;
    if (!task._waits) {
      task._waits = true;
      ++this.#open;
    }
    closure.push(task);
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (let task = this.#ready.pop(); task !== undefined; task = this.#ready.pop()) {
      this.#start(task);
    }
    this.#draining = false;
  }

  #start(task: Task): void {
    if (!task._waits || task._flight !== null) return;
    const updates = this.#runtime._updates;
    if (updates.size > 0 && updates.has(task)) return; // redefined meanwhile: the next pass has it
    if (!task._must) {
      this.#keep(task);
      return;
    }
    const hooks = task._observer as SchedulerObserver;
    if (hooks.ready !== undefined) {
      const answer = guard(() => hooks.ready?.());
      if (answer === "keep") {
        task._must = false;
        this.#keep(task);
        return;
      }
      if (answer !== undefined) {
        this.occupy(task, answer);
        return;
      }
    }
    const inputs = task._inputs;
    for (const input of inputs) {
      if (input._waits) return; // an edge moved meanwhile: the next pass has it
      if (input._outcome === REJECTED) {
        task._must = false;
        ++task._version;
        this.#tell(task);
        this.#reject(task, this.#specials.inputError(input._last, input._name));
        return;
      }
    }
    task._must = false;
    const version = ++task._version;
    this.#tell(task);
    let result: unknown;
    try {
      result = this.#call(task);
      if (isThenable(result)) {
        this.#launch(task, version, result);
        return;
      }
    } catch (error) {
      this.#reject(task, error);
      return;
    }
    if (task._version !== version) {
      // Redefined by its own run, or disposed of for good.
      if (!Number.isNaN(task._version)) this.#ready.push(task);
    } else if (isStepper(result)) {
      this.streams.begin(task, result);
    } else {
      this.#fulfil(task, result);
    }
  }

  /** Spelt out for few inputs, because an array for each call is a good part of what a call costs. */
  #call(task: Task): unknown {
    const inputs = task._inputs;
    switch (inputs.length) {
      case 0:
        return task._definition.call(task._value);
      case 1:
        return task._definition.call(task._value, this.#valueFor(task, inputs[0] as Task));
      case 2:
        return task._definition.call(
          task._value,
          this.#valueFor(task, inputs[0] as Task),
          this.#valueFor(task, inputs[1] as Task),
        );
      default:
        return task._definition.apply(
          task._value,
          inputs.map((input) => this.#valueFor(task, input)),
        );
    }
  }

  #valueFor(task: Task, input: Task): unknown {
    const value = input._last;
    return typeof value === "symbol" ? replaceSpecials(this.#specials, task, value) : value;
  }

  #launch(task: Task, version: number, promise: PromiseLike<unknown>): void {
    const flight = {};
    task._flight = flight;
    const land = (ok: boolean, value: unknown): void => {
      if (task._flight !== flight) return;
      task._flight = null;
      if (Number.isNaN(task._version)) return;
      if (task._version !== version || task._must) this.#resume(task);
      else if (ok && isStepper(value)) this.streams.begin(task, value);
      else this.#arrive(task, ok, value);
    };
    Promise.resolve(promise).then(
      (value) => {
        land(true, value);
      },
      (error: unknown) => {
        land(false, error);
      },
    );
  }

  /** A first result that took time. */
  #arrive(task: Task, ok: boolean, value: unknown): void {
    if (task._waits && task._indegree > 0) {
      task._landed = { ok, value };
      return;
    }
    if (ok) this.#fulfil(task, value);
    else this.#reject(task, value);
    this.#drain();
  }

  /** A further result of a variable that has settled before. */
  #publish(task: Task, ok: boolean, value: unknown): void {
    const changed = !ok || hasChanged(task, value);
    record(task, ok, value);
    if (task._waits) task._landed = null;
    else setPromise(task);
    if (!changed) return;
    announce(task);
    for (const output of task._outputs) this.#fresh.add(output);
    this.schedule();
  }

  #fulfil(task: Task, value: unknown): void {
    const changed = hasChanged(task, value);
    record(task, true, value);
    this.#unlist(task);
    setPromise(task);
    if (changed) announce(task);
    else (task._observer as SchedulerObserver).kept?.();
    this.#propagate(task, changed);
  }

  #reject(task: Task, error: unknown): void {
    record(task, false, error);
    this.#unlist(task);
    setPromise(task);
    announce(task);
    this.#propagate(task, true);
  }

  /** Nothing it depends on has changed after all. */
  #keep(task: Task): void {
    const landed = task._landed;
    if (landed !== null) {
      task._landed = null;
      if (landed.ok) this.#fulfil(task, landed.value);
      else this.#reject(task, landed.value);
      return;
    }
    const told = task._told;
    if (task._outcome === NONE) record(task, true, undefined);
    this.#unlist(task);
    task._value = task._outcome === FULFILLED ? task._last : undefined;
    setPromise(task);
    const hooks = task._observer as SchedulerObserver;
    if (hooks.kept !== undefined) hooks.kept();
    else if (told) announce(task);
    this.#propagate(task, false);
  }

  #propagate(task: Task, changed: boolean): void {
    const ready = this.#ready;
    const base = ready.length;
    for (const output of task._outputs) {
      if (changed && output._reachable) this.#demand(prepare(output));
      if (output._waits && --output._indegree === 0) ready.push(output);
    }
    if (ready.length - base > 1) this.#order(base);
  }

  /** The stack is popped from its end, so what is to run first has to lie last. */
  #order(base: number): void {
    const ready = this.#ready;
    if (this.ranked) {
      const part = ready.splice(base).sort((a, b) => a._rank - b._rank);
      for (let i = part.length - 1; i >= 0; i--) ready.push(part[i] as Task);
      return;
    }
    for (let i = base, j = ready.length - 1; i < j; i++, j--) {
      const other = ready[i] as Task;
      ready[i] = ready[j] as Task;
      ready[j] = other;
    }
  }

  #demand(task: Task): void {
    if (task._must) return;
    task._must = true;
    task._landed = null;
    if (task._flight !== null) (task._observer as SchedulerObserver).superseded?.();
    this.#invalidate(task);
  }

  #invalidate(task: Task): void {
    if (task._invalidate === undefined || task._invalidate === idle) return;
    const invalidate = task._invalidate;
    task._invalidate = idle;
    invalidate();
    // Whoever waits for the invalidation gets a few turns before the next run begins.
    if (task._flight === null) this.occupy(task, turns(3));
  }

  #resume(task: Task): void {
    if (!task._waits || task._indegree !== 0) return;
    this.#ready.push(task);
    this.#drain();
  }

  #tell(task: Task): void {
    if (task._told) return;
    task._told = true;
    guard(() => {
      task._pending();
    });
  }

  #leaveWaiting(task: Task): void {
    task._listed = true;
    this.#waiting.add(task);
    if (task._deferred === null) {
      task._deferred = Promise.withResolvers();
      task._deferred.promise.catch(idle);
      task._promise = task._deferred.promise;
    }
    this.#tell(task);
  }

  #unlist(task: Task): void {
    if (task._waits) {
      task._waits = false;
      --this.#open;
    }
    task._told = false;
    if (task._listed) {
      task._listed = false;
      this.#waiting.delete(task);
    }
  }

  #breakCircles(): void {
    const circular = findCircular(this.#waiting);
    for (const task of circular) {
      ++task._version;
      task._flight = null;
      task._must = false;
      this.#unlist(task);
      record(task, false, this.#specials.circularError());
      setPromise(task);
      announce(task);
    }
    for (const task of circular) this.#propagate(task, true);
    this.#drain();
  }
}

function hasChanged(task: Task, value: unknown): boolean {
  return task._outcome !== FULFILLED || task._same === undefined || !task._same(task._last, value);
}

function record(task: Task, ok: boolean, result: unknown): void {
  task._outcome = ok ? FULFILLED : REJECTED;
  task._last = result;
  task._value = ok ? result : undefined;
}

function setPromise(task: Task): void {
  const deferred = task._deferred;
  if (task._outcome === FULFILLED) {
    if (deferred === null) task._promise = Promise.resolve(task._last);
    else deferred.resolve(task._last);
  } else if (deferred === null) {
    task._promise = Promise.reject(task._last);
    task._promise.catch(idle);
  } else {
    deferred.reject(task._last);
  }
  task._deferred = null;
}

function announce(task: Task): void {
  try {
    if (task._outcome === FULFILLED) task._fulfilled(task._last);
    else task._rejected(task._last);
  } catch (error) {
    rethrowLater(error);
  }
}

function guard<T>(callback: () => T): T | undefined {
  try {
    return callback();
  } catch (error) {
    rethrowLater(error);
    return undefined;
  }
}
