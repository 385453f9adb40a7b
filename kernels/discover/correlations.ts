import type { DiscoveryData } from "./data.ts";

const cache = new WeakMap<DiscoveryData, Float64Array>();

/**
 * Correlations of the numeric columns numbered `columns` (all by default; kept for that case), `[k, k]`, unit
 * diagonal. Complete data. Two columns against two at a time, which halves the loads. O(n k²/2).
 */
export function correlations(data: DiscoveryData, columns?: readonly number[]): Float64Array {
  const whole = columns === undefined || columns.length === data.d;
  if (whole) {
    const known = cache.get(data);
    if (known !== undefined) return known;
  }
  const ids = columns ?? data.variables.map((_, v) => v);
  const scaled = ids.map((v) => scale(data, v));
  const r = gramOf(scaled, data.n);
  if (whole) cache.set(data, r);
  return r;
}

/** Centred and scaled to length 1. */
function scale(data: DiscoveryData, v: number): Float64Array {
  const variable = data.variables[v];
  if (variable?.kind !== "numeric") throw new Error(`Column ${v} was not read as numbers.`);
  const { values } = variable;
  let mean = 0;
  for (const value of values) mean += value / data.n;
  const out = values.map((value) => value - mean);
  // Scaled by the largest entry first, so that 1e200 does not overflow when squared.
  let most = 0;
  for (const value of out) most = Math.max(most, Math.abs(value));
  let square = 0;
  for (let i = 0; i < out.length; i++) {
    out[i]! /= most;
    square += out[i]! * out[i]!;
  }
  const length = Math.sqrt(square);
  for (let i = 0; i < out.length; i++) out[i]! /= length;
  return out;
}

function gramOf(columns: readonly Float64Array[], n: number): Float64Array {
  const k = columns.length;
  const r = new Float64Array(k * k);
  const set = (a: number, b: number, value: number): void => {
    const bounded = Math.max(-1, Math.min(1, value));
    r[a * k + b] = bounded;
    r[b * k + a] = bounded;
  };
  for (let a = 0; a < k; a += 2) {
    const x0 = columns[a]!;
    const x1 = columns[a + 1] ?? x0;
    for (let b = a; b < k; b += 2) {
      const y0 = columns[b]!;
      const y1 = columns[b + 1] ?? y0;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      for (let i = 0; i < n; i++) {
        const u0 = x0[i]!;
        const u1 = x1[i]!;
        const w0 = y0[i]!;
        const w1 = y1[i]!;
        s00 += u0 * w0;
        s01 += u0 * w1;
        s10 += u1 * w0;
        s11 += u1 * w1;
      }
      set(a, b, s00);
      if (b + 1 < k) set(a, b + 1, s01);
      if (a + 1 < k) set(a + 1, b, s10);
      if (a + 1 < k && b + 1 < k) set(a + 1, b + 1, s11);
    }
  }
  for (let a = 0; a < k; a++) r[a * k + a] = 1;
  return r;
}
