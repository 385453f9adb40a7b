// Only bundlers understand `?url&inline`; this module is imported lazily and never by plain Node.
import dataUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url&inline";

/**
 * The single-thread SIMD build of tfjs's wasm backend as bytes, decoded from the data URL that the bundler put
 * into this chunk. A kernel worker may not fetch (`connect-src 'none'`), not even a `data:` URL, hence `atob`.
 */
export function inlineWasmBytes(): Uint8Array<ArrayBuffer> {
  const text = atob(dataUrl.slice(dataUrl.indexOf(",") + 1));
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
