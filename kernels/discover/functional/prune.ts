import type { Constraints } from "../knowledge.ts";

/** Arrows into one column: its parents and their coefficients. */
export interface Equation {
  readonly parents: Int32Array;
  readonly weights: Float64Array;
  /** Share of the variance that the parents leave, in the units of the matrix given. */
  readonly rest: number;
}

/**
 * For an order of causes, each column's regression on those before it, thinned by dropping the weakest as long as BIC
 * (n log rest + penalty · k log n) gets better. Required causes stay, forbidden ones are never in. Least squares is
 * consistent for the coefficients whatever the noise's distribution; BIC takes its size as if it were normal.
 *
 * `matrix: [d, d]` is a covariance or correlation matrix, and the weights are in its units. O(d · p³) by sweeping.
 */
export function pruneByBic(
  matrix: Float64Array,
  order: ArrayLike<number>,
  n: number,
  penalty: number,
  knowledge: Constraints,
): Equation[] {
  const d = order.length;
  const equations: Equation[] = Array.from({ length: d });
  const before: number[] = [];
  for (let k = 0; k < d; k++) {
    const v = order[k]!;
    const candidates = before.filter((p) => knowledge.forbidden[p * d + v] !== 1);
    const required = (p: number): boolean => knowledge.required[p * d + v] === 1;
    equations[v] = thinned(matrix, d, v, candidates, n, penalty, required);
    before.push(v);
  }
  return equations;
}

/** One column's regression on candidates, thinned as `pruneByBic` says. */
export function thinned(
  matrix: Float64Array,
  d: number,
  v: number,
  candidates: readonly number[],
  n: number,
  penalty: number,
  required: (candidate: number) => boolean = () => false,
): Equation {
  const ids = [...candidates, v];
  const m = ids.length;
  const last = m - 1;
  const a = new Float64Array(m * m);
  ids.forEach((i, x) => ids.forEach((j, y) => (a[x * m + y] = matrix[i * d + j]!)));
  const inside = new Uint8Array(last);
  for (let k = 0; k < last; k++) {
    // a column that those before it determine adds nothing
    if (a[k * m + k]! < 1e-10 * matrix[ids[k]! * d + ids[k]!]!) continue;
    sweep(a, m, k);
    inside[k] = 1;
  }
  const worth = penalty * Math.log(n);
  for (;;) {
    const rest = a[last * m + last]!;
    let weakest = -1;
    let least = Infinity;
    for (let k = 0; k < last; k++) {
      if (inside[k] === 0 || required(ids[k]!)) continue;
      // after a sweep the diagonal holds minus the inverse: what the residual variance would rise by
      const rise = a[k * m + last]! ** 2 / -a[k * m + k]!;
      const loss = n * Math.log1p(rise / rest);
      if (loss < least) {
        least = loss;
        weakest = k;
      }
    }
    if (weakest < 0 || least >= worth) break;
    unsweep(a, m, weakest);
    inside[weakest] = 0;
  }
  const kept = candidates.flatMap((p, k) =>
    inside[k] === 1 ? [[p, a[k * m + last]!] as const] : [],
  );
  return {
    parents: Int32Array.from(kept, ([p]) => p),
    weights: Float64Array.from(kept, ([, w]) => w),
    rest: a[last * m + last]! / matrix[v * d + v]!,
  };
}

/** Takes column k into the regressions (Goodnight 1979): coefficients off the diagonal, minus the inverse on it. */
function sweep(a: Float64Array, m: number, k: number): void {
  step(a, m, k, 1);
}

/** Takes it out again. */
function unsweep(a: Float64Array, m: number, k: number): void {
  step(a, m, k, -1);
}

function step(a: Float64Array, m: number, k: number, sign: number): void {
  const pivot = a[k * m + k]!;
  for (let i = 0; i < m; i++) {
    if (i === k) continue;
    const factor = a[i * m + k]! / pivot;
    if (factor === 0) continue;
    for (let j = 0; j < m; j++) {
      if (j !== k) a[i * m + j]! -= factor * a[k * m + j]!;
    }
  }
  for (let i = 0; i < m; i++) {
    if (i === k) continue;
    const value = (sign * a[i * m + k]!) / pivot;
    a[i * m + k] = value;
    a[k * m + i] = value;
  }
  a[k * m + k] = -1 / pivot;
}
