import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { Tf } from "./library.ts";
import { assemble, exitIf, loop, op, VALUE } from "./wasm-text.ts";
import type { Code, WasmFunction } from "./wasm-text.ts";

/**
 * Kernels of our own that work on the memory of tfjs's wasm backend. Measured on nets of 200 units at batch 64, tfjs
 * spends two thirds of a step on dispatching some 600 small kernels; these replace most of them.
 */
export interface SimdKernels {
  /** `a b + bias`, or with `a` transposed (`[k, n]`): `[n, k], [k, m], [m] -> [n, m]`. */
  readonly product: (a: Tensor2D, b: Tensor2D, bias?: Tensor1D, transposeA?: boolean) => Tensor2D;
  /**
   * One Adam step on `parameter` in place; `first` and `second` are its moments, `size` the bias-corrected rate.
   * The gradient used is `scale · gradient + decay · parameter`.
   */
  adam(
    parameter: Tensor,
    gradient: Tensor,
    first: Tensor,
    second: Tensor,
    size: number,
    scale: number,
    decay: number,
  ): void;
}

const PRODUCT = "DagbokProduct";

interface TensorPlace {
  readonly dataId: object;
  readonly shape: number[];
}

/** What is used of tfjs's BackendWasm; checked when it is opened. */
interface WasmBackend {
  readonly wasm: {
    readonly asm?: { readonly memory?: WebAssembly.Memory };
    readonly _malloc: (bytes: number) => number;
    readonly _free: (address: number) => void;
    readonly HEAPU8: Uint8Array;
  };
  readonly dataIdMap: { get(id: object): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: "float32"): TensorPlace;
}

interface Exports {
  readonly gemm: (
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
  readonly adam: (
    parameter: number,
    gradient: number,
    first: number,
    second: number,
    length: number,
    size: number,
    scale: number,
    decay: number,
  ) => void;
}

let registered = false;

/**
 * Compiles the kernels against the open wasm backend. Undefined where its memory cannot be reached: everything then
 * goes through tfjs's own kernels. Compiles in about a millisecond.
 */
export async function openSimdKernels(tf: Tf): Promise<SimdKernels | undefined> {
  const backend = tf.backend() as unknown as WasmBackend;
  const memory = backend.wasm.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory)) return undefined;
  const bytes = [true, false].map(build).find((b) => WebAssembly.validate(b));
  if (bytes === undefined) return undefined;
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const { gemm, adam } = instance.exports as unknown as Exports;

  const place = (t: TensorPlace): number => backend.dataIdMap.get(t.dataId).memoryOffset;
  const { _malloc: allocate, _free: release } = backend.wasm;
  let zeros = 0;
  let zerosLength = 0;
  const zeroBias = (m: number): number => {
    if (m > zerosLength) {
      if (zeros !== 0) release(zeros);
      zerosLength = Math.max(1024, 2 * m);
      zeros = allocate(4 * zerosLength);
      backend.wasm.HEAPU8.fill(0, zeros, zeros + 4 * zerosLength);
    }
    return zeros;
  };
  if (registered) tf.unregisterKernel(PRODUCT, "wasm");
  registered = true;
  tf.registerKernel({
    kernelName: PRODUCT,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => {
      const { a, b, bias } = inputs as unknown as Record<string, TensorPlace>;
      // A leading axis holds models: the same product for each, without a gap between them.
      const models = a!.shape.length === 3 ? a!.shape[0]! : 1;
      const [rows, columns] = a!.shape.slice(-2) as [number, number];
      const transposed = attrs?.["transposeA"] === true;
      const [n, k] = transposed ? [columns, rows] : [rows, columns];
      const m = b!.shape.at(-1)!;
      const out = backend.makeOutput([...a!.shape.slice(0, -2), n, m], "float32");
      const [rowStep, columnStep] = transposed ? [4, 4 * columns] : [4 * columns, 4];
      const start = bias === undefined ? zeroBias(m) : place(bias);
      const [fromA, fromB, to] = [place(a!), place(b!), place(out)];
      for (let r = 0; r < models; r++) {
        const own = start + (bias === undefined ? 0 : 4 * r * m);
        const [a, b, c] = [fromA + 4 * r * n * k, fromB + 4 * r * k * m, to + 4 * r * n * m];
        gemm(a, rowStep, columnStep, b, own, c, n, k, m);
      }

      return { ...out, dtype: "float32" };
    },
  });
  return {
    product: (a, b, bias, transposeA = false) =>
      tf
        .engine()
        .runKernel(PRODUCT, bias === undefined ? { a, b } : { a, b, bias }, { transposeA }),
    adam: (parameter, gradient, first, second, size, scale, decay) => {
      adam(
        place(parameter),
        place(gradient),
        place(first),
        place(second),
        parameter.size,
        size,
        scale,
        decay,
      );
    },
  };
}

function build(relaxed: boolean): Uint8Array<ArrayBuffer> {
  return assemble([gemmFunction(relaxed), adamFunction()]);
}

/** Rows of the register tile, and its width in vectors of four: 12 accumulators, 3 of `b`, 1 of `a` fill 16 registers. */
const TILE_ROWS = 4;
const TILE_VECTORS = 3;

/**
 * c = a b + bias. Column tiles outside, row tiles inside, so that a panel of `b` stays in the first cache. Tails in
 * both directions by smaller tiles, the last columns one by one.
 */
export function gemmFunction(relaxed: boolean): WasmFunction {
  const [a, aRow, aColumn, b, bias, c, n, k, m] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
  // i, j: row and column of the tile; pb, left: place in b and steps to go; pc: place in c; step: bytes of a row
  const [i, j, pb, left, pc, step] = [9, 10, 11, 12, 13, 14] as const;
  const rowPointers = [15, 16, 17, 18] as const;
  const vectorB = [19, 20, 21] as const;
  const spare = 22;
  const accumulators = Array.from({ length: TILE_ROWS * TILE_VECTORS }, (_, x) => 23 + x);
  const scalars = Array.from({ length: TILE_ROWS }, (_, x) => 35 + x);
  const v = op.f32x4;
  const increase = (local: number, by: Code): Code => [
    ...op.get(local),
    ...by,
    ...op.add,
    ...op.set(local),
  ];
  const fused = relaxed ? v.madd : [...v.mul, ...v.add];

  /** One tile of `rows` x `4 vectors` at (i, j); with no vectors, of one column. */
  const tile = (rows: number, vectors: number): Code => {
    const code: number[] = [];
    const emit = (...parts: readonly Code[]): void => parts.forEach((p) => code.push(...p));
    for (let r = 0; r < rows; r++) {
      emit(op.get(a), op.get(i), op.i32(r), op.add, op.get(aRow), op.mul, op.add);
      emit(op.set(rowPointers[r]!));
    }
    const columnBytes: Code = [...op.get(j), ...op.i32(2), ...op.shl];
    emit(op.get(b), columnBytes, op.add, op.set(pb), op.get(k), op.set(left));
    for (let r = 0; r < rows; r++) {
      for (let s = 0; s < vectors; s++) {
        const acc = accumulators[r * TILE_VECTORS + s]!;
        emit(op.get(bias), columnBytes, op.add, v.load(16 * s), op.set(acc));
      }
      if (vectors === 0) {
        emit(op.get(bias), columnBytes, op.add, op.f32.load(), op.set(scalars[r]!));
      }
    }
    const body: number[] = [];
    const inner = (...parts: readonly Code[]): void => parts.forEach((p) => body.push(...p));
    inner(op.get(left), op.i32(1), op.lt, exitIf);
    for (let s = 0; s < vectors; s++) inner(op.get(pb), v.load(16 * s), op.set(vectorB[s]!));
    for (let r = 0; r < rows; r++) {
      if (vectors === 0) {
        inner(op.get(rowPointers[r]!), op.f32.load(), op.get(pb), op.f32.load(), op.f32.mul);
        inner(op.get(scalars[r]!), op.f32.add, op.set(scalars[r]!));
      } else {
        inner(op.get(rowPointers[r]!), v.loadSplat(), op.set(spare));
        for (let s = 0; s < vectors; s++) {
          const acc = accumulators[r * TILE_VECTORS + s]!;
          if (relaxed) inner(op.get(spare), op.get(vectorB[s]!), op.get(acc), fused, op.set(acc));
          else inner(op.get(acc), op.get(spare), op.get(vectorB[s]!), fused, op.set(acc));
        }
      }
      inner(increase(rowPointers[r]!, op.get(aColumn)));
    }
    inner(increase(pb, op.get(step)), increase(left, op.i32(-1)));
    emit(loop(body));
    emit(op.get(i), op.get(step), op.mul, op.get(c), op.add, columnBytes, op.add, op.set(pc));
    for (let r = 0; r < rows; r++) {
      for (let s = 0; s < vectors; s++) {
        emit(op.get(pc), op.get(accumulators[r * TILE_VECTORS + s]!), v.store(16 * s));
      }
      if (vectors === 0) emit(op.get(pc), op.get(scalars[r]!), op.f32.store());
      emit(increase(pc, op.get(step)));
    }
    return code;
  };

  /** All rows of the columns at j, by tiles of four rows and then of one. */
  const down = (vectors: number): Code => [
    ...op.i32(0),
    ...op.set(i),
    ...[TILE_ROWS, 1].flatMap((rows) =>
      loop(
        [...op.get(i), ...op.i32(rows), ...op.add, ...op.get(n)],
        // leave when i + rows > n
        [...op.i32(1), ...op.add, ...op.ge, ...exitIf],
        tile(rows, vectors),
        increase(i, op.i32(rows)),
      ),
    ),
  ];
  return {
    name: "gemm",
    parameters: Array.from({ length: 9 }, () => VALUE.i32),
    locals: [
      ...Array.from({ length: 10 }, () => VALUE.i32),
      ...Array.from({ length: 4 + TILE_ROWS * TILE_VECTORS }, () => VALUE.v128),
      ...Array.from({ length: TILE_ROWS }, () => VALUE.f32),
    ],
    code: [
      ...op.get(m),
      ...op.i32(2),
      ...op.shl,
      ...op.set(step),
      ...[3, 2, 1, 0].flatMap((vectors) => {
        const width = Math.max(1, 4 * vectors);
        return loop(
          [...op.get(j), ...op.i32(width), ...op.add, ...op.get(m)],
          [...op.i32(1), ...op.add, ...op.ge, ...exitIf],
          down(vectors),
          increase(j, op.i32(width)),
        );
      }),
    ],
  };
}

/** Adam (Kingma & Ba 2015, algorithm 1, with the corrections folded into the rate), four at a time, then one. */
function adamFunction(): WasmFunction {
  const [parameter, gradient, first, second, left] = [0, 1, 2, 3, 4] as const;
  const [size, scale, decay] = [5, 6, 7] as const;
  const [vg, vm, vv, g, m, w] = [8, 9, 10, 11, 12, 13] as const;
  const constant = (value: number): Code => {
    const bytes = new Uint8Array(new Float32Array([value]).buffer);
    return [0x43, ...bytes];
  };
  /** The same arithmetic for vectors and single numbers. */
  const pass = (wide: boolean): Code => {
    const { load, store, add, sub, mul, div, sqrt } = wide ? op.f32x4 : op.f32;
    const spread: Code = wide ? op.f32x4.splat : [];
    const [G, M, V] = wide ? [vg, vm, vv] : [g, m, w];
    const number = (code: Code): Code => [...code, ...spread];
    const advance = [parameter, gradient, first, second].flatMap((p) => [
      ...op.get(p),
      ...op.i32(wide ? 16 : 4),
      ...op.add,
      ...op.set(p),
    ]);
    return loop(
      [...op.get(left), ...op.i32(wide ? 4 : 1), ...op.lt, ...exitIf],
      [...op.get(gradient), ...load(), ...number(op.get(scale)), ...mul],
      [...op.get(parameter), ...load(), ...number(op.get(decay)), ...mul, ...add, ...op.set(G)],
      [...op.get(first), ...op.get(first), ...load(), ...number(constant(0.9)), ...mul],
      [...op.get(G), ...number(constant(0.1)), ...mul, ...add, ...op.tee(M), ...store()],
      [...op.get(second), ...op.get(second), ...load(), ...number(constant(0.999)), ...mul],
      [...op.get(G), ...op.get(G), ...mul, ...number(constant(0.001)), ...mul, ...add],
      [...op.tee(V), ...store()],
      [...op.get(parameter), ...op.get(parameter), ...load()],
      [...op.get(M), ...number(op.get(size)), ...mul],
      [...op.get(V), ...sqrt, ...number(constant(1e-8)), ...add, ...div, ...sub, ...store()],
      advance,
      [...op.get(left), ...op.i32(wide ? -4 : -1), ...op.add, ...op.set(left)],
    );
  };
  return {
    name: "adam",
    parameters: [...Array.from({ length: 5 }, () => VALUE.i32), VALUE.f32, VALUE.f32, VALUE.f32],
    locals: [VALUE.v128, VALUE.v128, VALUE.v128, VALUE.f32, VALUE.f32, VALUE.f32],
    code: [...pass(true), ...pass(false)],
  };
}
