/** A seeded stream of pseudo-random numbers. Every stochastic function of the kernels takes one. */
export interface Rng {
  /** The seed it was made from, for provenance. */
  readonly seed: number;
  /** Uniform on [0, 1), 53 bits. */
  next(): number;
  /** Uniform integer on 0 … n-1. */
  int(n: number): number;
  /** Standard normal. */
  normal(): number;
  /** An independent stream, the same for the same name: parallel work keeps its draws whatever its order. */
  fork(name: string | number): Rng;
}

/**
 * xoshiro128** (Blackman & Vigna 2021) seeded by splitmix32. Seeds are integers from 1 (0 means "no seed" to
 * tfjs, so it is refused everywhere here).
 */
export function createRng(seed: number): Rng {
  if (!Number.isSafeInteger(seed) || seed < 1) {
    throw new Error(`A seed is an integer of at least 1, not ${seed}.`);
  }
  let state = (seed ^ Math.floor(seed / 2 ** 32)) >>> 0;
  const split = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = split();
  let b = split();
  let c = split();
  let d = split();
  const bits = (): number => {
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const next = (): number => ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) / 2 ** 53;
  let spare: number | undefined;
  return {
    seed,
    next,
    int: (n) => Math.floor(next() * n),
    normal: () => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // Marsaglia's polar method
      let u: number;
      let v: number;
      let s: number;
      do {
        u = 2 * next() - 1;
        v = 2 * next() - 1;
        s = u * u + v * v;
      } while (s >= 1 || s === 0);
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      spare = v * scale;
      return u * scale;
    },
    fork: (name) => createRng(hash32(`${seed}/${name}`)),
  };
}

/** FNV-1a over UTF-16 units, folded to 1 … 2^32-1. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash ^= hash >>> 15;
  return hash >>> 0 || 1;
}
