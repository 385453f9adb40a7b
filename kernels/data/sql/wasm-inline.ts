// Only bundlers understand `?url&inline`; this module is imported lazily and never by plain Node.
import dataUrl from "sql.js/dist/sql-wasm-browser.wasm?url&inline";

/** Decoded from the data URL in this chunk: a kernel worker may not fetch, not even a `data:` URL. */
export function inlineWasm(): ArrayBuffer {
  return Uint8Array.from(atob(dataUrl.slice(dataUrl.indexOf(",") + 1)), (c) => c.charCodeAt(0))
    .buffer;
}
