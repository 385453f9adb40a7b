/* oxlint-disable no-underscore-dangle -- the stock runtime names its inner fields so */
/**
 * Types for @observablehq/runtime 6, which ships none: its public interface, and below it the inner fields
 * that a scheduler has to read and write (they are writable there on purpose).
 */
export interface Observer {
  pending?(): void;
  fulfilled?(value: unknown, name: string | null): void;
  rejected?(error: unknown, name: string | null): void;
}

export type Definition = (...inputs: never[]) => unknown;

export interface Variable {
  define(name: string | null, inputs: readonly string[], definition: unknown): this;
  define(name: string | null, definition: unknown): this;
  define(inputs: readonly string[], definition: unknown): this;
  define(definition: unknown): this;
  import(name: string, module: Module): this;
  import(name: string, alias: string, module: Module): this;
  delete(): this;
  dispose(): void;
}

export interface Module {
  define(name: string | null, inputs: readonly string[], definition: unknown): Variable;
  define(name: string | null, definition: unknown): Variable;
  define(inputs: readonly string[], definition: unknown): Variable;
  define(definition: unknown): Variable;
  redefine(name: string, inputs: readonly string[], definition: unknown): Variable;
  redefine(name: string, definition: unknown): Variable;
  variable(
    observer?: Observer | true | null,
    options?: { readonly shadow?: Readonly<Record<string, unknown>> },
  ): Variable;
  derive(
    specifiers: readonly (string | { readonly name: string; readonly alias?: string })[],
    source: Module,
  ): Module;
  import(name: string, module: Module): Variable;
  import(name: string, alias: string, module: Module): Variable;
  value(name: string): Promise<unknown>;
  builtin(name: string, value: unknown): void;
}

export interface Runtime {
  module(): Module;
  module(
    define: (runtime: Runtime, observer: (name?: string) => Observer) => unknown,
    observer?: (name?: string) => Observer,
  ): Module;
  dispose(): void;
}

/** What `new Runtime` gives, with the fields and methods a scheduler replaces. */
export interface InnerRuntime extends Runtime {
  readonly _dirty: Set<InnerVariable>;
  readonly _updates: Set<InnerVariable>;
  readonly _variables: Set<InnerVariable>;
  _computing: Promise<void> | null;
  _disposed: boolean;
  _precompute(callback: () => void): void;
  _compute(): Promise<void>;
  _computeSoon(): Promise<void>;
  _computeNow(): Promise<void>;
}

export interface InnerModule extends Module {
  readonly _runtime: InnerRuntime;
  readonly _builtins: Map<string, unknown>;
}

export interface InnerVariable extends Variable {
  readonly _observer: unknown;
  readonly _module: InnerModule;
  readonly _name: string | null;
  _definition: (this: unknown, ...inputs: unknown[]) => unknown;
  _inputs: InnerVariable[];
  _outputs: Set<InnerVariable>;
  _indegree: number;
  _invalidate: () => void;
  _promise: Promise<unknown>;
  _reachable: boolean;
  _value: unknown;
  _version: number;
  _pending(): void;
  _fulfilled(value: unknown): void;
  _rejected(error: unknown): void;
}

export type RuntimeConstructor = new (
  builtins?: Readonly<Record<string, unknown>> | null,
  global?: (name: string) => unknown,
) => InnerRuntime;

export type RuntimeErrorConstructor = new (
  message: string,
  input?: string | null,
) => Error & { readonly input?: string | null };
