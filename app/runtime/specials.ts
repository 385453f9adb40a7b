/* oxlint-disable no-underscore-dangle -- the stock runtime names its inner fields so */
import { RuntimeError as StockError } from "@observablehq/runtime";
import type {
  InnerModule,
  InnerRuntime,
  InnerVariable,
  RuntimeErrorConstructor,
} from "./observable.ts";
import { idle, type Task } from "./task.ts";

/** The stock runtime's private tokens, read off a fresh module and variable because it does not export them. */
export interface Specials {
  readonly noObserver: unknown;
  readonly invalidation: unknown;
  readonly visibility: unknown;
  readonly variable: unknown;
  readonly inputError: (error: unknown, name: string | null) => Error;
  readonly circularError: () => Error;
}

export const RuntimeError: RuntimeErrorConstructor = StockError;

/** As in the stock runtime, but the error where it began stays reachable as `cause`. */
export class InputError extends RuntimeError {
  override readonly cause: unknown;

  constructor(message: string, input: string | null, cause: unknown) {
    super(message, input);
    this.cause = cause;
  }
}

export function readSpecials(runtime: InnerRuntime): Specials {
  const module = runtime.module() as InnerModule;
  const blank = module.variable() as InnerVariable;
  const notDefined: unknown = blank._definition;

  return {
    noObserver: blank._observer,
    invalidation: module._builtins.get("invalidation"),
    visibility: module._builtins.get("visibility"),
    variable: module._builtins.get("@variable"),
    inputError: (error, name) => {
      if (error === notDefined) return new RuntimeError(`${name} is not defined`, name);
      const cause = error instanceof InputError ? error.cause : error;
      const message =
        error instanceof Error && error.message ? error.message : `${name} could not be resolved`;
      return new InputError(message, name, cause);
    },
    circularError: () => new RuntimeError("circular definition"),
  };
}

export function replaceSpecials(specials: Specials, task: Task, value: symbol): unknown {
  if (value === specials.variable) return task;
  if (value === specials.invalidation) return invalidationOf(task);
  if (value === specials.visibility) return visibilityOf(task);
  return value;
}

function invalidationOf(task: Task): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const invalidate = task._invalidate;
  task._invalidate = () => {
    invalidate();
    resolve();
  };
  return promise;
}

interface Watcher {
  observe(node: unknown): void;
  disconnect(): void;
}

function visibilityOf(task: Task): (value: unknown) => Promise<unknown> {
  const Watch = (
    globalThis as {
      IntersectionObserver?: new (
        callback: (entries: readonly { readonly isIntersecting: boolean }[]) => void,
      ) => Watcher;
    }
  ).IntersectionObserver;
  const node = (task._observer as { _node?: unknown })._node;
  if (Watch === undefined || node === undefined) return (value) => Promise.resolve(value);

  let visible = false;
  let gone = false;
  let next: PromiseWithResolvers<void> | undefined;
  const watcher = new Watch(([entry]) => {
    visible = entry?.isIntersecting === true;
    if (!visible) return;
    next?.resolve();
    next = undefined;
  });
  watcher.observe(node);
  void invalidationOf(task).then(() => {
    watcher.disconnect();
    gone = true;
    next?.promise.catch(idle);
    next?.reject(new Error("The cell was invalidated before it became visible."));
  });
  return async (value) => {
    if (gone) throw new Error("The cell was invalidated.");
    if (!visible) await (next ??= Promise.withResolvers<void>()).promise;
    return value;
  };
}
