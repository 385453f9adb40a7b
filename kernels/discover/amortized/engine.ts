/** Memory and the one operation worth doing fast: what the network needs of the machine. */
export interface Engine {
  /** Zeroed numbers, valid until `reset`. */
  readonly take: (length: number) => Float32Array;
  /** Everything taken so far may be used again. */
  readonly reset: () => void;
  /**
   * c = a b + bias. `a` is read with the given steps, so that it may stand transposed; `b: [k, m]`, `c: [n, m]` and
   * `bias: [m]` are row-major without gaps. Arrays that others write, `b` and `c` above all, come from `take`.
   */
  readonly product: (
    a: Float32Array,
    aRow: number,
    aColumn: number,
    b: Float32Array,
    bias: Float32Array | undefined,
    c: Float32Array,
    n: number,
    k: number,
    m: number,
  ) => void;
}

/** Plain typed arrays: the same numbers wherever `Math.exp` is the same. Sums in float64, stored in float32. */
export function plainEngine(): Engine {
  let row = new Float64Array(256);
  return {
    take: (length) => new Float32Array(length),
    reset: () => {},
    product: (a, aRow, aColumn, b, bias, c, n, k, m) => {
      if (row.length < m) row = new Float64Array(m);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < m; j++) row[j] = bias === undefined ? 0 : bias[j]!;
        for (let l = 0; l < k; l++) {
          const value = a[i * aRow + l * aColumn]!;
          if (value === 0) continue;
          const start = l * m;
          for (let j = 0; j < m; j++) row[j]! += value * b[start + j]!;
        }
        const end = i * m;
        for (let j = 0; j < m; j++) c[end + j] = row[j]!;
      }
    },
  };
}
