// Just enough of the WebAssembly binary format (core 2.0, relaxed SIMD) to write small kernels as functions.
// Code is a flat list of bytes; each helper returns the bytes of one instruction.

export type Code = readonly number[];

/** Unsigned and signed LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte + 128 : byte);
  } while (rest > 0);
  return bytes;
}

export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    if ((rest === 0 && byte < 64) || (rest === -1 && byte >= 64)) return [...bytes, byte];
    bytes.push(byte + 128);
  }
}

const simd = (op: number): number[] => [0xfd, ...unsigned(op)];
/** Alignment hint of 4 bytes: tensors lie at multiples of it, not of 16. */
const memory = (offset: number): number[] => [2, ...unsigned(offset)];

export const VALUE = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

export const op = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  tee: (local: number): Code => [0x22, ...unsigned(local)],
  i32: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a],
  sub: [0x6b],
  mul: [0x6c],
  shl: [0x74],
  /** Signed comparison: a >= b, a < b. */
  ge: [0x4e],
  lt: [0x48],
  f32: {
    load: (offset = 0): Code => [0x2a, ...memory(offset)],
    store: (offset = 0): Code => [0x38, ...memory(offset)],
    add: [0x92],
    sub: [0x93],
    mul: [0x94],
    div: [0x95],
    sqrt: [0x91],
  },
  f32x4: {
    load: (offset = 0): Code => [...simd(0), ...memory(offset)],
    store: (offset = 0): Code => [...simd(11), ...memory(offset)],
    loadSplat: (offset = 0): Code => [...simd(9), ...memory(offset)],
    splat: simd(19),
    add: simd(228),
    sub: simd(229),
    mul: simd(230),
    div: simd(231),
    sqrt: simd(227),
    /** Relaxed a·b + c: one rounding where the CPU fuses, two where it does not. */
    madd: simd(0x105),
  },
} as const;

/** `block { loop { body; repeat } }`: the body leaves by `exitIf` and otherwise runs again. */
export function loop(...body: readonly Code[]): Code {
  return [0x02, 0x40, 0x03, 0x40, ...body.flat(), 0x0c, 0, 0x0b, 0x0b];
}

/** Leaves the innermost `loop` when the condition on the stack is not zero. */
export const exitIf: Code = [0x0d, 1];

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly number[];
  /** Types of the locals after the parameters. */
  readonly locals: readonly number[];
  readonly code: Code;
}

/** A module that imports one memory as `env.memory` and exports functions without results. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
  const section = (id: number, content: Code): number[] => [
    id,
    ...unsigned(content.length),
    ...content,
  ];
  const text = (s: string): number[] =>
    vector(Array.from({ length: s.length }, (_, i) => [s.charCodeAt(i)]));
  const bodies = functions.map(({ locals, code }) => {
    const body = [...vector(locals.map((type) => [1, type])), ...code, 0x0b];
    return [...unsigned(body.length), ...body];
  });
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d, // magic
    1,
    0,
    0,
    0, // version
    ...section(1, vector(functions.map((f) => [0x60, ...vector(f.parameters.map((p) => [p])), 0]))),
    ...section(2, vector([[...text("env"), ...text("memory"), 0x02, 0x00, 0]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map((f, i) => [...text(f.name), 0x00, ...unsigned(i)]))),
    ...section(10, vector(bodies)),
  ]);
}
