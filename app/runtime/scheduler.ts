/* oxlint-disable no-underscore-dangle -- the stock runtime names its inner fields so */
import { Runtime as StockRuntime } from "@observablehq/runtime";
import { Engine } from "./engine.ts";
import { nextTask } from "./next-task.ts";
import type { InnerRuntime, RuntimeConstructor, Variable } from "./observable.ts";
import { InputError, readSpecials, RuntimeError } from "./specials.ts";
import { prepare, type Task, turns } from "./task.ts";

export { InputError, RuntimeError };

/** The stock runtime, for comparison. */
export const Stock: RuntimeConstructor = StockRuntime;

/**
 * @observablehq/runtime's `Runtime` with another scheduler and the same public interface. It computes
 * synchronously where it can, starts independent variables in definition order, never waits for an upstream
 * that has been replaced, paces generators, and needs no animation frames. The functions below are what it
 * can do beyond the stock runtime.
 */
export class Runtime extends Stock {
  // `declare`: the stock constructor already calls `_compute`, and a field initialiser would then reset it.
  declare _engine: Engine | undefined;

  get engine(): Engine {
    this._engine ??= new Engine(this, readSpecials(this));
    return this._engine;
  }

  override _precompute(callback: () => void): void {
    this.#extra.push(callback);
    void this._compute();
  }

  readonly #extra: (() => void)[] = [];

  override _compute(): Promise<void> {
    // Asked from outside or by a redefinition: paused generators are resumed too, as in the stock runtime.
    this._resumeAll = true;
    this._computing ??= this._computeSoon();
    return this._computing;
  }

  declare _resumeAll: boolean | undefined;

  override async _computeSoon(): Promise<void> {
    await nextTask();
    if (!this._disposed) await this._computeNow();
  }

  override async _computeNow(): Promise<void> {
    const everything = this._resumeAll === true;
    this._resumeAll = false;
    for (const callback of this.#extra.splice(0)) callback();
    // Generators get the chance to bring their next value into this very pass.
    if (this.engine.streams.resume(everything)) {
      await turns(3);
    }
    if (!this._disposed) this.engine.pass();
  }

  override dispose(): void {
    super.dispose();
    this.engine.streams.dispose();
  }
}

/** Has a variable recompute although neither it nor an input has changed. */
export function force(runtime: Runtime, variable: Variable): void {
  runtime.engine.force(taskOf(variable));
}

/** Lets a variable start anew at once instead of after the run that is in flight, whose result is dropped. */
export function abandon(runtime: Runtime, variable: Variable): void {
  runtime.engine.abandon(taskOf(variable));
}

/** Keeps a settled variable from starting its next run until the promise has settled. */
export function occupy(runtime: Runtime, variable: Variable, until: PromiseLike<unknown>): void {
  runtime.engine.occupy(taskOf(variable), until);
}

/** Rejects a variable from outside, whatever it is doing. */
export function fail(runtime: Runtime, variable: Variable, error: unknown): void {
  runtime.engine.fail(taskOf(variable), error);
}

/** Dependents of the variable are not recomputed when its new value is the same as the last in this sense. */
export function cutOff(
  variable: Variable,
  same: (before: unknown, after: unknown) => boolean,
): void {
  taskOf(variable)._same = same;
}

/** Of variables that are ready at once the one with the lower rank runs first. */
export function setRank(runtime: Runtime, variable: Variable, rank: number): void {
  runtime.engine.ranked = true;
  taskOf(variable)._rank = rank;
}

/** Ends a variable's generator, keeping the last value. */
export function endStream(variable: Variable): void {
  taskOf(variable)._invalidate();
}

/** Whether a variable's result is outstanding. */
export function isUnsettled(variable: Variable): boolean {
  return taskOf(variable)._waits;
}

function taskOf(variable: Variable): Task {
  return prepare(variable as unknown as InnerRuntime["_dirty"] extends Set<infer V> ? V : never);
}
