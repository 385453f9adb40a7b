/* oxlint-disable no-underscore-dangle -- the stock runtime names its inner fields so */
import type { InnerVariable } from "./observable.ts";

/** What the scheduler tells an observer beyond the stock callbacks. All are optional. */
export interface SchedulerObserver {
  /**
   * Asked when every input has settled and one has changed, before anything is invalidated or called:
   * "keep" leaves the old result (dependents see no change), a promise asks again once it has settled.
   */
  ready?(): "keep" | Promise<unknown> | undefined;
  /** A run in flight is known to be superseded. */
  superseded?(): void;
  /** Recomputing was not needed, or gave an equal value. */
  kept?(): void;
}

export const NONE = 0;
export const FULFILLED = 1;
export const REJECTED = 2;

/** A variable with the scheduler's own fields, which are added when it is first met. */
export interface Task extends InnerVariable {
  _inputs: Task[];
  _outputs: Set<Task>;
  /** The pass that last collected it. */
  _epoch: number;
  _reachEpoch: number;
  _reaches: boolean;
  /** Its result is not settled: inputs are, or its own run is, outstanding. */
  _waits: boolean;
  /** Listed among those that wait beyond one pass. */
  _listed: boolean;
  /** `pending` was announced and nothing has followed it yet. */
  _told: boolean;
  /** An input has changed or the definition has: keeping the old result is not enough. */
  _must: boolean;
  _outcome: typeof NONE | typeof FULFILLED | typeof REJECTED;
  /** The last value, or the last error. */
  _last: unknown;
  /** Identity of a run (or an agreed pause) that has to end before the next run starts. */
  _flight: object | null;
  /** What a run brought while inputs had gone unsettled again; used if they turn out unchanged. */
  _landed: { readonly ok: boolean; readonly value: unknown } | null;
  _deferred: PromiseWithResolvers<unknown> | null;
  /** Among variables that are ready at once, the lower goes first; equal ones in the order of definition. */
  _rank: number;
  _same: ((before: unknown, after: unknown) => boolean) | undefined;
}

export function idle(): void {}

export function prepare(variable: InnerVariable): Task {
  const task = variable as Task;
  if (task._epoch !== undefined) return task;
  task._epoch = 0;
  task._reachEpoch = 0;
  task._reaches = false;
  task._waits = false;
  task._listed = false;
  task._told = false;
  task._must = false;
  task._outcome = NONE;
  task._last = undefined;
  task._flight = null;
  task._landed = null;
  task._deferred = null;
  task._rank = 0;
  task._same = undefined;
  task._invalidate = idle;
  return task;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

export interface Stepper {
  next(value?: unknown): unknown;
  return(value?: unknown): unknown;
}

export function isStepper(value: unknown): value is Stepper {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { next?: unknown }).next === "function" &&
    typeof (value as { return?: unknown }).return === "function"
  );
}

/** An exception of somebody else's callback must not stop the pass, and must not vanish either. */
export function rethrowLater(error: unknown): void {
  void Promise.reject(error);
}

/** So many turns of the microtask queue. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}
