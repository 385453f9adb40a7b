import type * as TfCore from "@tensorflow/tfjs-core";

/** tfjs's core module. Its type is imported everywhere, its code only by `loadLibrary`. */
export type Tf = typeof TfCore;

type TfPlatform = Parameters<ReturnType<Tf["env"]>["setPlatform"]>[1];

export type WasmBinary = () => Promise<Uint8Array<ArrayBuffer>>;

let givenBinary: WasmBinary | undefined;
let library: Promise<Tf> | undefined;

/**
 * Lets a host supply the bytes of `tfjs-backend-wasm-simd.wasm`. Needed only where neither way below works: a
 * bundle made by Vite carries them inline, and plain Node reads them beside the package's own code.
 */
export function setWasmBinary(provider: WasmBinary | undefined): void {
  givenBinary = provider;
}

/** tfjs-core with all first-order gradients registered; loaded at the first call, then shared. */
export function loadLibrary(): Promise<Tf> {
  library ??= load();
  return library;
}

async function load(): Promise<Tf> {
  const tf = await import("@tensorflow/tfjs-core");
  // Core registers no gradients by itself. The slim module that does is ESM without file extensions, which
  // Node cannot resolve; there the umbrella package (CommonJS) does the same.
  if (isBundled()) await import("@tensorflow/tfjs-core/dist/register_all_gradients");
  else await import(/* @vite-ignore */ umbrella);
  // Where the globals by which tfjs tells browsers and Node apart have been taken away it has no platform.
  if ((tf.env().platform as unknown) === undefined) tf.env().setPlatform("bare", bare);
  tf.enableProdMode();
  return tf;
}

const bare: TfPlatform = {
  fetch: () => Promise.reject(new Error("Nothing is fetched here.")),
  now: () => performance.now(),
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes, encoding) => new TextDecoder(encoding).decode(bytes),
  isTypedArray: (a): a is Float32Array | Int32Array | Uint8Array | Uint8ClampedArray =>
    a instanceof Float32Array ||
    a instanceof Int32Array ||
    a instanceof Uint8Array ||
    a instanceof Uint8ClampedArray,
};

// A variable, so that no bundler follows it: it would add layers, converter and data loaders to the kernel.
const umbrella = "@tensorflow/tfjs";

/** The wasm bytes, or undefined where tfjs can find its own file (unbundled Node). */
export async function wasmBytes(): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (givenBinary !== undefined) return givenBinary();
  if (!isBundled()) return undefined;
  return (await import("./wasm-inline.ts")).inlineWasmBytes();
}

/** True in anything that Vite has served or built; false under Node run from source and under vitest. */
function isBundled(): boolean {
  const inNode =
    typeof (globalThis as { process?: { versions?: { node?: string } } }).process?.versions
      ?.node === "string";
  const env = import.meta.env as ImportMetaEnv | undefined; // plain Node has no import.meta.env
  return !inNode || env?.PROD === true;
}
