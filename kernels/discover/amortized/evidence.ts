/** What the network reads: numbers per cell of the table, and per ordered pair of columns. */
export interface Evidence {
  readonly n: number;
  readonly d: number;
  /** `[n * d, TOKEN_FEATURES]`: sample by sample. */
  readonly tokens: Float32Array;
  /** `[d * d, PAIR_FEATURES]`. */
  readonly pairs: Float32Array;
}

export const TOKEN_FEATURES = 4;
export const PAIR_FEATURES = 24;

/**
 * Each cell as its standardised value and what is left of it after all other columns are regressed out; each pair as
 * its correlations (marginal, given one, given two, given all others), what conditioning on the one does to the
 * other's correlations (which tells colliders), and joint moments to the fourth (which tell directions when noise or
 * effects are not those of a normal distribution). `columns: [d][n]` of mean 0 and variance 1, n > d + 3. All is
 * invariant to the scale of the columns. O(n d² + d⁴).
 */
export function gatherEvidence(
  columns: readonly Float64Array[],
  take: (length: number) => Float32Array = (length) => new Float32Array(length),
): Evidence {
  const d = columns.length;
  const n = columns[0]!.length;
  const rho = moments(columns, 1, columns, 1);
  const precision = inverse(rho, d);
  const residuals = columns.map((_, i) => {
    const out = new Float64Array(n);
    const scale = 1 / Math.sqrt(precision[i * d + i]!);
    columns.forEach((column, j) => {
      const weight = precision[i * d + j]! * scale;
      for (let s = 0; s < n; s++) out[s]! += weight * column[s]!;
    });
    return out;
  });
  const tokens = take(n * d * TOKEN_FEATURES);
  for (let i = 0; i < d; i++) {
    for (let s = 0; s < n; s++) {
      const x = bound(columns[i]![s]!);
      const r = bound(residuals[i]![s]!);
      const at = (s * d + i) * TOKEN_FEATURES;
      tokens[at] = x;
      tokens[at + 1] = r;
      tokens[at + 2] = Math.abs(x) - 0.8;
      tokens[at + 3] = Math.abs(r) - 0.8;
    }
  }
  const given1 = givenOne(rho, d);
  const given2 = leastGivenTwo(given1, d);
  const m21 = moments(columns, 2, columns, 1);
  const m31 = moments(columns, 3, columns, 1);
  const m22 = moments(columns, 2, columns, 2);
  const mixed = moments(columns, 2, residuals, 2);
  const left = moments(residuals, 2, residuals, 2);
  const pairs = take(d * d * PAIR_FEATURES);
  const squash = (value: number): number => Math.tanh(value / 2);
  const significance = (r: number, given: number): number =>
    Math.tanh((Math.atanh(Math.min(Math.abs(r), 0.999999)) * Math.sqrt(n - given - 3)) / 6);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      const [ij, ji] = [i * d + j, j * d + i];
      const r = i === j ? 0 : rho[ij]!;
      const partial =
        i === j ? 0 : -precision[ij]! / Math.sqrt(precision[i * d + i]! * precision[j * d + j]!);
      let least1 = Math.abs(r);
      let opens = 0;
      let blocks = 0;
      let strongest = 0;
      for (let k = 0; k < d; k++) {
        if (i === j || k === i || k === j) continue;
        const value = Math.abs(given1[(i * d + j) * d + k]!);
        least1 = Math.min(least1, value);
        strongest = Math.max(strongest, value);
        // what conditioning on j does to the correlation of i and k, weighted by k's own tie to j
        const gain = Math.abs(given1[(i * d + k) * d + j]!) - Math.abs(rho[i * d + k]!);
        const tie = Math.abs(rho[k * d + j]!);
        opens = Math.max(opens, gain * tie);
        blocks = Math.max(blocks, -gain * tie);
      }
      const least2 = i === j ? 0 : Math.min(least1, given2[ij]!);
      pairs.set(
        [
          i === j ? 1 : 0,
          r,
          partial,
          Math.abs(r),
          Math.abs(partial),
          significance(r, 0),
          significance(partial, d - 2),
          least1,
          significance(least1, 1),
          least2,
          significance(least2, 2),
          strongest,
          2 * opens,
          2 * blocks,
          Math.log(precision[i * d + i]!) / 3,
          Math.log(precision[j * d + j]!) / 3,
          squash(m21[ij]!),
          squash(m21[ji]!),
          squash(m31[ij]! - 3 * r),
          squash(m31[ji]! - 3 * r),
          squash(m22[ij]! - 1 - 2 * r * r),
          squash(mixed[ij]! - 1) - squash(mixed[ji]! - 1),
          squash(left[ij]! - 1),
          Math.log(n / 200) + (d - 10) / 10,
        ],
        ij * PAIR_FEATURES,
      );
    }
  }
  return { n, d, tokens, pairs };
}

/** Far outliers say no more than that they are far. */
const bound = (value: number): number => 4 * Math.tanh(value / 4);

/** Means of x_i^p y_j^q: `[d * d]`. */
function moments(
  x: readonly Float64Array[],
  p: number,
  y: readonly Float64Array[],
  q: number,
): Float64Array {
  const power = (columns: readonly Float64Array[], e: number): readonly Float64Array[] =>
    e === 1 ? columns : columns.map((column) => column.map((value) => value ** e));
  const [a, b] = [power(x, p), power(y, q)];
  const d = x.length;
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      let sum = 0;
      const [u, v] = [a[i]!, b[j]!];
      for (let s = 0; s < u.length; s++) sum += u[s]! * v[s]!;
      out[i * d + j] = sum / u.length;
    }
  }
  return out;
}

/** The inverse of a correlation matrix with a little added to its diagonal, by Gauss-Jordan without pivoting. O(d³). */
function inverse(matrix: Float64Array, d: number): Float64Array {
  const a = matrix.slice();
  for (let i = 0; i < d; i++) a[i * d + i]! += 1e-4;
  for (let k = 0; k < d; k++) {
    const pivot = 1 / a[k * d + k]!;
    a[k * d + k] = 1;
    for (let j = 0; j < d; j++) a[k * d + j]! *= pivot;
    for (let i = 0; i < d; i++) {
      if (i === k) continue;
      const factor = a[i * d + k]!;
      a[i * d + k] = 0;
      for (let j = 0; j < d; j++) a[i * d + j]! -= factor * a[k * d + j]!;
    }
  }
  return a;
}

const next = (ij: number, ik: number, jk: number): number =>
  (ij - ik * jk) / Math.sqrt(Math.max(1e-6, (1 - ik * ik) * (1 - jk * jk)));

/** Correlation of i and j given k at `(i * d + j) * d + k`. O(d³). */
function givenOne(rho: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d * d);
  for (let i = 0; i < d; i++)
    for (let j = 0; j < d; j++)
      for (let k = 0; k < d; k++)
        if (i !== j && k !== i && k !== j)
          out[(i * d + j) * d + k] = next(rho[i * d + j]!, rho[i * d + k]!, rho[j * d + k]!);
  return out;
}

/** Smallest absolute correlation of i and j given any two others (1 when there are no two). O(d⁴). */
function leastGivenTwo(given1: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d).fill(1);
  const at = (i: number, j: number, k: number): number => given1[(i * d + j) * d + k]!;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      let least = 1;
      for (let k = 0; k < d; k++) {
        if (k === i || k === j) continue;
        for (let l = 0; l < k; l++) {
          if (l === i || l === j) continue;
          least = Math.min(least, Math.abs(next(at(i, j, k), at(i, l, k), at(j, l, k))));
        }
      }
      out[i * d + j] = out[j * d + i] = least;
    }
  }
  return out;
}
