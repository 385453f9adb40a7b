import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parameterCount } from "../../../kernels/discover/amortized/network.ts";

/** Where a training run stands: enough to go on as if it had not stopped. */
export interface Checkpoint {
  readonly seed: number;
  readonly step: number;
  readonly values: Float32Array;
  /** Adam's moments. */
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Replaces the file as a whole, so that a crash leaves the old one. */
export function writeCheckpoint(path: string, { seed, step, ...arrays }: Checkpoint): void {
  mkdirSync(dirname(path), { recursive: true });
  const header = new Float32Array(2);
  new Uint32Array(header.buffer).set([seed, step]);
  const { values, first, second } = arrays;
  const bytes = [header, values, first, second].map((a) =>
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
  );
  writeFileSync(`${path}.new`, Buffer.concat(bytes));
  renameSync(`${path}.new`, path);
}

/** Undefined where there is none, or one of another network or another seed. */
export function readCheckpoint(path: string, seed: number): Checkpoint | undefined {
  if (!existsSync(path)) return undefined;
  const file = readFileSync(path);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
  if (bytes.byteLength !== 4 * (2 + 3 * parameterCount)) return undefined;
  const [itsSeed, step] = new Uint32Array(bytes, 0, 2);
  if (itsSeed !== seed) return undefined;
  const part = (k: number): Float32Array =>
    new Float32Array(bytes, 4 * (2 + k * parameterCount), parameterCount);
  return { seed, step: step!, values: part(0), first: part(1), second: part(2) };
}
