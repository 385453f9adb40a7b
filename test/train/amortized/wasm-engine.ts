import type { Engine } from "../../../kernels/discover/amortized/engine.ts";
import { gemmFunction } from "../../../kernels/tensor/simd.ts";
import { assemble } from "../../../kernels/tensor/wasm-text.ts";

const PAGE = 65_536;

type Gemm = (
  a: number,
  aRow: number,
  aColumn: number,
  b: number,
  bias: number,
  c: number,
  n: number,
  k: number,
  m: number,
) => void;

export interface WasmEngine extends Engine {
  /** Numbers that `reset` leaves alone: the parameters. Taken before anything else. */
  readonly keep: (length: number) => Float32Array;
}

/**
 * The network's engine on one WebAssembly memory of fixed size, with the tensor layer's own product: some ten times as
 * fast as plain arrays, in float32. With `relaxed`, products may be fused: the same numbers on the same machine.
 */
export async function wasmEngine(megabytes = 384): Promise<WasmEngine> {
  const pages = (megabytes * 2 ** 20) / PAGE;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const bytes = [true, false]
    .map((relaxed) => assemble([gemmFunction(relaxed)]))
    .find((code) => WebAssembly.validate(code));
  if (bytes === undefined) throw new Error("This Node has no WebAssembly SIMD.");
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const gemm = instance.exports["gemm"] as unknown as Gemm;
  const all = new Float32Array(memory.buffer);
  const ZEROS = 4096;
  let kept = ZEROS;
  let top = ZEROS;
  const take = (length: number): Float32Array => {
    const start = top;
    top += length;
    if (top > all.length) throw new Error(`More than ${megabytes} MB of numbers are in use.`);
    return all.subarray(start, top).fill(0);
  };
  return {
    take,
    keep: (length) => {
      const numbers = take(length);
      kept = top;
      return numbers;
    },
    reset: () => {
      top = kept;
    },
    product: (a, aRow, aColumn, b, bias, c, n, k, m) => {
      for (const array of [a, b, c, bias ?? c]) {
        if (array.buffer !== memory.buffer) throw new Error("An operand lies outside the memory.");
      }
      const start = bias === undefined ? 0 : bias.byteOffset;
      gemm(a.byteOffset, 4 * aRow, 4 * aColumn, b.byteOffset, start, c.byteOffset, n, k, m);
    },
  };
}
