/**
 * Names that are the language's own: never inputs, and not free to be declared at the top of a cell, since other
 * cells would go on seeing the built-in.
 */
export const GLOBALS: ReadonlySet<string> = new Set(
  `AbortController AbortSignal AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Blob
  Boolean DataView Date DOMException Error EvalError Event EventTarget FinalizationRegistry Float16Array
  Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map Math NaN
  Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String
  SuppressedError Symbol SyntaxError TextDecoder TextEncoder TypeError URIError URL URLSearchParams Uint16Array
  Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly DisposableStack
  AsyncDisposableStack arguments atob btoa clearInterval clearTimeout console crypto decodeURI
  decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt
  performance queueMicrotask setInterval setTimeout structuredClone undefined unescape`.split(
    /\s+/,
  ),
);

/** What each run of a cell has of its own; see `CellContext`. */
export const CONTEXT_NAMES = ["display", "view", "invalidation"] as const;
export type ContextName = (typeof CONTEXT_NAMES)[number];

export function isContextName(name: string): name is ContextName {
  return (CONTEXT_NAMES as readonly string[]).includes(name);
}

/** Names people try that are not there by design, with what to do instead. For "x is not defined" messages. */
export function hintForMissing(name: string): string | undefined {
  if (PAGE_NAMES.has(name)) {
    return "Cells have no page to draw on: show values with display(…), and inputs with view(…).";
  }
  if (NETWORK_NAMES.has(name)) {
    return "Cells have no network: attach the file to the notebook and read it with a data cell.";
  }
  if (NODE_NAMES.has(name)) return "Cells have no file system or processes: attach files instead.";
  return undefined;
}

const PAGE_NAMES = new Set(["document", "window", "alert", "prompt", "localStorage", "navigator"]);
const NETWORK_NAMES = new Set([
  "fetch",
  "XMLHttpRequest",
  "WebSocket",
  "EventSource",
  "importScripts",
]);
const NODE_NAMES = new Set(["process", "require", "module", "exports", "Buffer", "__dirname"]);
