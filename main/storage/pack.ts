import { deflateRawSync, inflateRawSync } from "node:zlib";

/** JSON for a BLOB column. */
export function pack(value: unknown): Uint8Array {
  return deflateRawSync(JSON.stringify(value), { level: 3 });
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what it packed
export function unpack<T>(body: Uint8Array): T {
  return JSON.parse(inflateRawSync(body).toString("utf8")) as T;
}
