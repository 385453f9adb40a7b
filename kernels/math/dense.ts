/** A small linear algebra over row-major Float64Array; sizes are explicit. For matrices up to a few hundred columns. */

/** C = A·B, `a: [m, k]`, `b: [k, n]` -> `[m, n]`. O(mkn). */
export function multiply(
  a: Float64Array,
  b: Float64Array,
  m: number,
  k: number,
  n: number,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const value = a[i * k + p]!;
      if (value === 0) continue;
      for (let j = 0; j < n; j++) c[i * n + j]! += value * b[p * n + j]!;
    }
  }
  return c;
}

/** `x: [n, d]` times `v: [d]` -> `[n]`. O(nd). */
export function multiplyVector(
  x: Float64Array,
  v: Float64Array,
  n: number,
  d: number,
  out: Float64Array = new Float64Array(n),
): Float64Array {
  // Four rows at a time: each coefficient is read once for them, and their sums do not wait for one another.
  let i = 0;
  for (; i + 3 < n; i += 4) {
    const r0 = i * d;
    const r1 = r0 + d;
    const r2 = r1 + d;
    const r3 = r2 + d;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = 0; j < d; j++) {
      const b = v[j]!;
      s0 += x[r0 + j]! * b;
      s1 += x[r1 + j]! * b;
      s2 += x[r2 + j]! * b;
      s3 += x[r3 + j]! * b;
    }
    out[i] = s0;
    out[i + 1] = s1;
    out[i + 2] = s2;
    out[i + 3] = s3;
  }
  for (; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += x[i * d + j]! * v[j]!;
    out[i] = sum;
  }
  return out;
}

/** X'v, `x: [n, d]`, `v: [n]` -> `[d]`. O(nd). */
export function transposeVector(
  x: Float64Array,
  v: ArrayLike<number>,
  n: number,
  d: number,
): Float64Array {
  const out = new Float64Array(d);
  // Eight rows at a time: each entry of the result is then read and written an eighth as often.
  let i = 0;
  for (; i + 7 < n; i += 8) {
    const [v0, v1, v2, v3] = [v[i]!, v[i + 1]!, v[i + 2]!, v[i + 3]!];
    const [v4, v5, v6, v7] = [v[i + 4]!, v[i + 5]!, v[i + 6]!, v[i + 7]!];
    const r0 = i * d;
    const r1 = r0 + d;
    const r2 = r1 + d;
    const r3 = r2 + d;
    const r4 = r3 + d;
    const r5 = r4 + d;
    const r6 = r5 + d;
    const r7 = r6 + d;
    for (let j = 0; j < d; j++) {
      const first = v0 * x[r0 + j]! + v1 * x[r1 + j]! + v2 * x[r2 + j]! + v3 * x[r3 + j]!;
      const second = v4 * x[r4 + j]! + v5 * x[r5 + j]! + v6 * x[r6 + j]! + v7 * x[r7 + j]!;
      out[j]! += first + second;
    }
  }
  for (let at = i * d; i < n; i++) {
    const value = v[i]!;
    for (let j = 0; j < d; j++) out[j]! += value * x[at++]!;
  }
  return out;
}

/** X'WX, `x: [n, d]`, weights `[n]` (1 when absent) -> symmetric `[d, d]`. O(nd²). */
export function gram(
  x: Float64Array,
  n: number,
  d: number,
  weights?: ArrayLike<number>,
): Float64Array {
  const g = new Float64Array(d * d);
  // Four rows at a time: each entry of the result is then read and written a quarter as often.
  let i = 0;
  for (; i + 3 < n; i += 4) {
    const r0 = i * d;
    const r1 = r0 + d;
    const r2 = r1 + d;
    const r3 = r2 + d;
    const w0 = weights === undefined ? 1 : weights[i]!;
    const w1 = weights === undefined ? 1 : weights[i + 1]!;
    const w2 = weights === undefined ? 1 : weights[i + 2]!;
    const w3 = weights === undefined ? 1 : weights[i + 3]!;
    for (let j = 0; j < d; j++) {
      const a0 = w0 * x[r0 + j]!;
      const a1 = w1 * x[r1 + j]!;
      const a2 = w2 * x[r2 + j]!;
      const a3 = w3 * x[r3 + j]!;
      if (a0 === 0 && a1 === 0 && a2 === 0 && a3 === 0) continue;
      const base = j * d;
      for (let k = j; k < d; k++) {
        g[base + k]! += a0 * x[r0 + k]! + a1 * x[r1 + k]! + a2 * x[r2 + k]! + a3 * x[r3 + k]!;
      }
    }
  }
  for (; i < n; i++) {
    const w = weights === undefined ? 1 : weights[i]!;
    for (let j = 0; j < d; j++) {
      const value = w * x[i * d + j]!;
      for (let k = j; k < d; k++) g[j * d + k]! += value * x[i * d + k]!;
    }
  }
  for (let j = 0; j < d; j++) for (let k = 0; k < j; k++) g[j * d + k] = g[k * d + j]!;
  return g;
}

/** X'WY, `x: [n, d]`, `y: [n, m]` -> `[d, m]`. O(ndm). */
export function crossProduct(
  x: Float64Array,
  y: Float64Array,
  n: number,
  d: number,
  m: number,
  weights?: ArrayLike<number>,
): Float64Array {
  const out = new Float64Array(d * m);
  for (let i = 0; i < n; i++) {
    const w = weights === undefined ? 1 : weights[i]!;
    for (let j = 0; j < d; j++) {
      const value = w * x[i * d + j]!;
      if (value === 0) continue;
      for (let k = 0; k < m; k++) out[j * m + k]! += value * y[i * m + k]!;
    }
  }
  return out;
}

/** Rows and columns exchanged: `a: [m, n]` -> `[n, m]`. */
export function transpose(a: Float64Array, m: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[i * n + j]!;
  return out;
}

/**
 * Lower triangular L with A = LL', `a: [d, d]` symmetric. A column whose pivot falls below `tolerance` times its own
 * diagonal is a combination of earlier ones: its row of L is set to 0 and it is listed in `dropped`. O(d³).
 */
export function cholesky(
  a: Float64Array,
  d: number,
  tolerance = 1e-12,
): { l: Float64Array; dropped: readonly number[] } {
  const l = new Float64Array(d * d);
  const dropped: number[] = [];
  for (let j = 0; j < d; j++) {
    let pivot = a[j * d + j]!;
    for (let k = 0; k < j; k++) pivot -= l[j * d + k]! ** 2;
    if (!(pivot > tolerance * Math.abs(a[j * d + j]!))) {
      dropped.push(j);
      for (let k = 0; k < j; k++) l[j * d + k] = 0;
      continue;
    }
    const root = Math.sqrt(pivot);
    l[j * d + j] = root;
    for (let i = j + 1; i < d; i++) {
      let sum = a[i * d + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * d + k]! * l[j * d + k]!;
      l[i * d + j] = sum / root;
    }
  }
  return { l, dropped };
}

/** Solves LL'x = b; coordinates dropped by `cholesky` come out 0. O(d²). */
export function choleskySolve(l: Float64Array, d: number, b: ArrayLike<number>): Float64Array {
  const x = Float64Array.from({ length: d }, (_, i) => b[i]!);
  for (let i = 0; i < d; i++) {
    const diagonal = l[i * d + i]!;
    if (diagonal === 0) {
      x[i] = 0;
      continue;
    }
    for (let k = 0; k < i; k++) x[i]! -= l[i * d + k]! * x[k]!;
    x[i]! /= diagonal;
  }
  for (let i = d - 1; i >= 0; i--) {
    const diagonal = l[i * d + i]!;
    if (diagonal === 0) continue;
    for (let k = i + 1; k < d; k++) x[i]! -= l[k * d + i]! * x[k]!;
    x[i]! /= diagonal;
  }
  return x;
}

/** Inverse of a symmetric positive definite matrix; rows and columns of dropped coordinates are 0. O(d³). */
export function invertSymmetric(
  a: Float64Array,
  d: number,
  tolerance = 1e-12,
): { inverse: Float64Array; dropped: readonly number[] } {
  const { l, dropped } = cholesky(a, d, tolerance);
  const inverse = new Float64Array(d * d);
  const unit = new Float64Array(d);
  const gone = new Set(dropped);
  for (let j = 0; j < d; j++) {
    if (gone.has(j)) continue;
    unit.fill(0);
    unit[j] = 1;
    const column = choleskySolve(l, d, unit);
    for (let i = 0; i < d; i++) inverse[i * d + j] = column[i]!;
  }
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      const middle = (inverse[i * d + j]! + inverse[j * d + i]!) / 2;
      inverse[i * d + j] = middle;
      inverse[j * d + i] = middle;
    }
  }
  return { inverse, dropped };
}

/**
 * Solves a square system by Gaussian elimination with partial pivoting, `a: [d, d]`, `b: [d, m]` -> `[d, m]`.
 * Undefined when a pivot vanishes. O(d³ + d²m).
 */
export function solve(
  a: Float64Array,
  d: number,
  b: Float64Array,
  m = 1,
): Float64Array | undefined {
  const lu = a.slice();
  const x = b.slice();
  for (let j = 0; j < d; j++) {
    let pivot = j;
    for (let i = j + 1; i < d; i++) {
      if (Math.abs(lu[i * d + j]!) > Math.abs(lu[pivot * d + j]!)) pivot = i;
    }
    const value = lu[pivot * d + j]!;
    if (!(Math.abs(value) > 1e-300)) return undefined;
    if (pivot !== j) {
      swapRows(lu, d, pivot, j);
      swapRows(x, m, pivot, j);
    }
    for (let i = j + 1; i < d; i++) {
      const factor = lu[i * d + j]! / value;
      if (factor === 0) continue;
      for (let k = j; k < d; k++) lu[i * d + k]! -= factor * lu[j * d + k]!;
      for (let k = 0; k < m; k++) x[i * m + k]! -= factor * x[j * m + k]!;
    }
  }
  for (let i = d - 1; i >= 0; i--) {
    for (let k = 0; k < m; k++) {
      let sum = x[i * m + k]!;
      for (let j = i + 1; j < d; j++) sum -= lu[i * d + j]! * x[j * m + k]!;
      x[i * m + k] = sum / lu[i * d + i]!;
    }
  }
  return x;
}

function swapRows(a: Float64Array, width: number, i: number, j: number): void {
  for (let k = 0; k < width; k++) {
    const held = a[i * width + k]!;
    a[i * width + k] = a[j * width + k]!;
    a[j * width + k] = held;
  }
}
