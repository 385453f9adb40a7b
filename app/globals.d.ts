// What every place that runs Dagbok has (browsers, workers, Node), and nothing more: `app` is checked without
// DOM or Node types so that it cannot come to depend on either.
declare function setTimeout(handler: () => void, ms?: number): number | object;
declare function clearTimeout(handle: number | object | undefined): void;
declare function queueMicrotask(task: () => void): void;
declare function structuredClone<T>(value: T): T;
declare const performance: { now(): number };
declare const console: {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  debug(...values: unknown[]): void;
};
declare class TextEncoder {
  encode(text?: string): Uint8Array;
}
declare const crypto: {
  readonly subtle: { digest(algorithm: "SHA-256", data: Uint8Array): Promise<ArrayBuffer> };
};
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare class URL {
  constructor(url: string, base?: string);
  readonly href: string;
  readonly protocol: string;
}
declare class Blob {
  constructor(parts: readonly (string | Uint8Array)[], options?: { type?: string });
}
