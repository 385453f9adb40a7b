import { cholesky } from "../math/dense.ts";
import type { Rng } from "../math/rng.ts";

const DRAWS = 10_000;

/**
 * The law of the largest |t| among several estimates, from their influences (`[n]` each): normal draws with their
 * estimated correlation, which is the multiplier bootstrap with normal weights at a cost free of n (Callaway &
 * Sant'Anna 2021, algorithm 1; Montiel Olea & Plagborg-Møller 2019). `quantile(level)` is the critical value of bands
 * that hold together, `p` the chance of a larger one when all effects are 0. O(nk² + draws · k²).
 */
export function largestOfMany(
  influences: readonly Float64Array[],
  rng: Rng,
): { quantile(level: number): number; p(value: number): number } {
  const k = influences.length;
  const correlation = new Float64Array(k * k);
  for (let a = 0; a < k; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      const [u, v] = [influences[a]!, influences[b]!];
      for (let i = 0; i < u.length; i++) sum += u[i]! * v[i]!;
      correlation[a * k + b] = sum;
      correlation[b * k + a] = sum;
    }
  }
  const scale = Float64Array.from({ length: k }, (_, a) => Math.sqrt(correlation[a * k + a]!));
  for (let a = 0; a < k; a++)
    for (let b = 0; b < k; b++) correlation[a * k + b]! /= scale[a]! * scale[b]!;
  const { l } = cholesky(correlation, k, 1e-10);
  const largest = new Float64Array(DRAWS);
  const z = new Float64Array(k);
  for (let draw = 0; draw < DRAWS; draw++) {
    for (let a = 0; a < k; a++) {
      z[a] = rng.normal();
      let t = 0;
      for (let b = 0; b <= a; b++) t += l[a * k + b]! * z[b]!;
      largest[draw] = Math.max(largest[draw]!, Math.abs(t));
    }
  }
  largest.sort();
  return {
    quantile: (level) => largest[Math.min(DRAWS - 1, Math.ceil(level * DRAWS) - 1)] ?? 0,
    p: (value) => {
      let above = 0;
      for (const one of largest) if (one >= value) above += 1;
      return (above + 1) / (DRAWS + 1);
    },
  };
}
