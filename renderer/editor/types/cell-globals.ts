/** What cells find in the worker they run in beside the language itself: no page, no network, no storage. */
export const cellGlobals = `
interface Console {
  log(...values: unknown[]): void; info(...values: unknown[]): void; warn(...values: unknown[]): void;
  error(...values: unknown[]): void; debug(...values: unknown[]): void;
}
/** Lines printed here appear below the cell. */
declare var console: Console;
declare function setTimeout(handler: (...values: any[]) => void, ms?: number, ...values: any[]): number;
declare function clearTimeout(handle: number | undefined): void;
declare function setInterval(handler: (...values: any[]) => void, ms?: number, ...values: any[]): number;
declare function clearInterval(handle: number | undefined): void;
declare function queueMicrotask(task: () => void): void;
declare function structuredClone<T>(value: T): T;
declare function atob(text: string): string;
declare function btoa(text: string): string;
declare var performance: { now(): number; readonly timeOrigin: number; mark(name: string): void };
declare var crypto: {
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): string;
  readonly subtle: { digest(algorithm: string, data: BufferSource): Promise<ArrayBuffer> };
};
type BufferSource = ArrayBufferView | ArrayBuffer;
declare class TextEncoder { encode(text?: string): Uint8Array<ArrayBuffer>; readonly encoding: string }
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: BufferSource, options?: { stream?: boolean }): string;
}
declare class EventTarget {
  addEventListener(type: string, listener: (event: any) => void, options?: { once?: boolean; signal?: AbortSignal }): void;
  removeEventListener(type: string, listener: (event: any) => void): void;
  dispatchEvent(event: Event): boolean;
}
declare class Event { constructor(type: string, options?: { cancelable?: boolean }); readonly type: string; preventDefault(): void }
declare class AbortSignal extends EventTarget {
  static abort(reason?: unknown): AbortSignal;
  static timeout(ms: number): AbortSignal;
  static any(signals: Iterable<AbortSignal>): AbortSignal;
  readonly aborted: boolean;
  readonly reason: any;
  throwIfAborted(): void;
}
declare class AbortController { readonly signal: AbortSignal; abort(reason?: unknown): void }
declare class DOMException extends Error { constructor(message?: string, name?: string) }
declare class URLSearchParams {
  constructor(init?: string | Record<string, string> | Iterable<[string, string]>);
  get(name: string): string | null; has(name: string): boolean; set(name: string, value: string): void;
  append(name: string, value: string): void; delete(name: string): void;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
declare class URL {
  constructor(url: string | URL, base?: string | URL);
  href: string; protocol: string; host: string; hostname: string; port: string; pathname: string; search: string;
  hash: string; readonly origin: string; readonly searchParams: URLSearchParams;
  static canParse(url: string, base?: string): boolean;
}
declare class Blob {
  constructor(parts?: readonly (string | BufferSource | Blob)[], options?: { type?: string });
  readonly size: number; readonly type: string;
  text(): Promise<string>; arrayBuffer(): Promise<ArrayBuffer>;
}
declare namespace WebAssembly {
  class Module { constructor(bytes: BufferSource) }
  class Instance { constructor(module: Module, imports?: object); readonly exports: Record<string, any> }
  function instantiate(bytes: BufferSource, imports?: object): Promise<{ module: Module; instance: Instance }>;
}
`;

/** What a cell's value is to the cells that use it: promises awaited, streams at their latest value. */
export const unwrapModule = `
export type Unwrap<T> = 0 extends 1 & T ? any
  : T extends PromiseLike<infer V> ? Unwrap<V>
  : T extends Generator<infer Y, any, any> ? Awaited<Y>
  : T extends AsyncGenerator<infer Y, any, any> ? Awaited<Y>
  : T;
`;
