/** `out = a b` for square matrices `[d, d]`, row-major; `out` must be neither of them. Four steps of the sum at a time. O(d³). */
export function multiplyInto(a: Float64Array, b: Float64Array, d: number, out: Float64Array): void {
  const even = d - (d % 4);
  for (let i = 0; i < d; i++) {
    const row = i * d;
    out.fill(0, row, row + d);
    let k = 0;
    for (; k < even; k += 4) {
      const a0 = a[row + k]!;
      const a1 = a[row + k + 1]!;
      const a2 = a[row + k + 2]!;
      const a3 = a[row + k + 3]!;
      if (a0 === 0 && a1 === 0 && a2 === 0 && a3 === 0) continue;
      const b0 = k * d;
      const b1 = b0 + d;
      const b2 = b1 + d;
      const b3 = b2 + d;
      for (let j = 0; j < d; j++) {
        out[row + j]! += a0 * b[b0 + j]! + a1 * b[b1 + j]! + a2 * b[b2 + j]! + a3 * b[b3 + j]!;
      }
    }
    for (; k < d; k++) {
      const value = a[row + k]!;
      if (value === 0) continue;
      for (let j = 0; j < d; j++) out[row + j]! += value * b[k * d + j]!;
    }
  }
}

/**
 * Inverts `a: [d, d]` in place by Gauss-Jordan elimination without exchanging rows, four pivots at a time, and returns
 * log det a; NaN as soon as a pivot is not positive, and `a` is then rubbish.
 *
 * Rows need no exchanging where this is used: a matrix whose entries off the diagonal are at most 0 is a nonsingular
 * M-matrix exactly when all these pivots are positive (Berman & Plemmons 1994, theorem 6.2.3), so the same pass tells
 * whether the matrix is one. 2 d³ operations.
 */
export function invertInPlace(a: Float64Array, d: number): number {
  let logDeterminant = 0;
  let k = 0;
  const block = new Float64Array(16);
  for (; k + 4 <= d; k += 4) {
    for (let r = 0; r < 4; r++) {
      for (let c = 0; c < 4; c++) block[4 * r + c] = a[(k + r) * d + k + c]!;
    }
    const part = invertSmall(block);
    if (Number.isNaN(part)) return Number.NaN;
    logDeterminant += part;
    eliminateFour(a, d, k, block);
  }
  for (; k < d; k++) {
    const pivot = a[k * d + k]!;
    if (!(pivot > 0)) return Number.NaN;
    logDeterminant += Math.log(pivot);
    const inverse = 1 / pivot;
    a[k * d + k] = 1;
    for (let j = 0; j < d; j++) a[k * d + j]! *= inverse;
    for (let i = 0; i < d; i++) {
      const factor = a[i * d + k]!;
      if (i === k || factor === 0) continue;
      a[i * d + k] = 0;
      for (let j = 0; j < d; j++) a[i * d + j]! -= factor * a[k * d + j]!;
    }
  }
  return logDeterminant;
}

/** A matrix of four rows in place, and the logarithm of its determinant; NaN when a pivot is not positive. */
function invertSmall(p: Float64Array): number {
  let logDeterminant = 0;
  for (let k = 0; k < 4; k++) {
    const pivot = p[5 * k]!;
    if (!(pivot > 0)) return Number.NaN;
    logDeterminant += Math.log(pivot);
    p[5 * k] = 1;
    for (let j = 0; j < 4; j++) p[4 * k + j]! /= pivot;
    for (let i = 0; i < 4; i++) {
      if (i === k) continue;
      const factor = p[4 * i + k]!;
      p[4 * i + k] = 0;
      for (let j = 0; j < 4; j++) p[4 * i + j]! -= factor * p[4 * k + j]!;
    }
  }
  return logDeterminant;
}

/** One step of block Gauss-Jordan with the inverse `p` of the pivot block at `k`. */
function eliminateFour(a: Float64Array, d: number, k: number, p: Float64Array): void {
  const r0 = k * d;
  const r1 = r0 + d;
  const r2 = r1 + d;
  const r3 = r2 + d;
  for (let j = 0; j < d; j++) {
    const x0 = a[r0 + j]!;
    const x1 = a[r1 + j]!;
    const x2 = a[r2 + j]!;
    const x3 = a[r3 + j]!;
    a[r0 + j] = p[0]! * x0 + p[1]! * x1 + p[2]! * x2 + p[3]! * x3;
    a[r1 + j] = p[4]! * x0 + p[5]! * x1 + p[6]! * x2 + p[7]! * x3;
    a[r2 + j] = p[8]! * x0 + p[9]! * x1 + p[10]! * x2 + p[11]! * x3;
    a[r3 + j] = p[12]! * x0 + p[13]! * x1 + p[14]! * x2 + p[15]! * x3;
  }
  for (let r = 0; r < 4; r++) for (let c = 0; c < 4; c++) a[(k + r) * d + k + c] = p[4 * r + c]!;
  for (let i = 0; i < d; i++) {
    if (i >= k && i < k + 4) continue;
    const row = i * d;
    const f0 = a[row + k]!;
    const f1 = a[row + k + 1]!;
    const f2 = a[row + k + 2]!;
    const f3 = a[row + k + 3]!;
    if (f0 === 0 && f1 === 0 && f2 === 0 && f3 === 0) continue;
    a.fill(0, row + k, row + k + 4);
    for (let j = 0; j < d; j++) {
      a[row + j]! -= f0 * a[r0 + j]! + f1 * a[r1 + j]! + f2 * a[r2 + j]! + f3 * a[r3 + j]!;
    }
  }
}

/**
 * Inverts any `a: [d, d]` in place by Gauss-Jordan elimination with partial pivoting and returns log det a; NaN when
 * the determinant is not positive, and `a` is then rubbish. 2 d³ operations.
 */
export function invertWithPivots(a: Float64Array, d: number): number {
  const exchanged = new Int32Array(d);
  let logDeterminant = 0;
  let sign = 1;
  for (let k = 0; k < d; k++) {
    let best = k;
    for (let i = k + 1; i < d; i++) {
      if (Math.abs(a[i * d + k]!) > Math.abs(a[best * d + k]!)) best = i;
    }
    exchanged[k] = best;
    if (best !== k) {
      sign = -sign;
      for (let j = 0; j < d; j++) {
        const held = a[k * d + j]!;
        a[k * d + j] = a[best * d + j]!;
        a[best * d + j] = held;
      }
    }
    const pivot = a[k * d + k]!;
    if (pivot === 0 || !Number.isFinite(pivot)) return Number.NaN;
    if (pivot < 0) sign = -sign;
    logDeterminant += Math.log(Math.abs(pivot));
    a[k * d + k] = 1;
    for (let j = 0; j < d; j++) a[k * d + j]! /= pivot;
    for (let i = 0; i < d; i++) {
      const factor = a[i * d + k]!;
      if (i === k || factor === 0) continue;
      a[i * d + k] = 0;
      for (let j = 0; j < d; j++) a[i * d + j]! -= factor * a[k * d + j]!;
    }
  }
  // rows were exchanged on the way in, so columns are on the way out
  for (let k = d - 1; k >= 0; k--) {
    const best = exchanged[k]!;
    if (best === k) continue;
    for (let i = 0; i < d; i++) {
      const held = a[i * d + k]!;
      a[i * d + k] = a[i * d + best]!;
      a[i * d + best] = held;
    }
  }
  return sign > 0 ? logDeterminant : Number.NaN;
}
