import { solve } from "../math/dense.ts";

export type SimplexResult =
  | { readonly kind: "optimal"; readonly value: number; readonly solution: Float64Array }
  | { readonly kind: "infeasible"; readonly gap: number }
  | { readonly kind: "unbounded" };

const TOLERANCE = 1e-11;

/**
 * Minimises `cost · x` over x ≥ 0 with `rows · x = right` (`rows: [m, n]` row-major), by the two-phase tableau
 * simplex with Dantzig's rule, and Bland's once a step does not improve, so that it always ends. Redundant rows are
 * found and left out. The optimal basis is solved once more from the given numbers, so rounding of the pivots does not
 * add up. `feasibility` is how far the rows may be missed (data rounded to few digits contradict themselves a little).
 * O(m · n) per pivot.
 */
export function minimise(
  cost: ArrayLike<number>,
  rows: Float64Array,
  right: ArrayLike<number>,
  m: number,
  n: number,
  feasibility = 1e-9,
): SimplexResult {
  const width = n + m + 1;
  const tableau = new Float64Array((m + 1) * width);
  const basis = new Int32Array(m);
  for (let i = 0; i < m; i++) {
    const sign = right[i]! < 0 ? -1 : 1;
    for (let j = 0; j < n; j++) tableau[i * width + j] = sign * rows[i * n + j]!;
    tableau[i * width + n + i] = 1;
    tableau[i * width + width - 1] = sign * right[i]!;
    basis[i] = n + i;
  }
  const objective = m * width;
  for (let j = 0; j < width; j++) {
    if (j >= n && j < n + m) continue;
    for (let i = 0; i < m; i++) tableau[objective + j]! -= tableau[i * width + j]!;
  }
  pivotAll(tableau, basis, m, width, n);
  const gap = -tableau[objective + width - 1]!;
  if (gap > feasibility) return { kind: "infeasible", gap };
  const used = driveOut(tableau, basis, m, n, width);
  tableau.fill(0, objective, objective + width);
  for (let j = 0; j < n; j++) tableau[objective + j] = cost[j]!;
  for (const i of used) {
    const c = cost[basis[i]!]!;
    if (c === 0) continue;
    for (let j = 0; j < width; j++) tableau[objective + j]! -= c * tableau[i * width + j]!;
  }
  if (!pivotAll(tableau, basis, m, width, n, used)) return { kind: "unbounded" };
  return { kind: "optimal", ...polish(cost, rows, right, basis, used, n, tableau, width) };
}

/** Pivots until no column of the first `n` improves; false when the objective falls without end. */
function pivotAll(
  tableau: Float64Array,
  basis: Int32Array,
  m: number,
  width: number,
  n: number,
  used?: readonly number[],
): boolean {
  const rows = used ?? Array.from({ length: m }, (_, i) => i);
  const objective = m * width;
  let stalled = 0;
  for (;;) {
    let enter = -1;
    let most = -TOLERANCE;
    for (let j = 0; j < n; j++) {
      const reduced = tableau[objective + j]!;
      if (reduced >= most) continue;
      enter = j;
      if (stalled > 20) break;
      most = reduced;
    }
    if (enter < 0) return true;
    let leave = -1;
    let least = Infinity;
    for (const i of rows) {
      const slope = tableau[i * width + enter]!;
      if (slope <= TOLERANCE) continue;
      const ratio = tableau[i * width + width - 1]! / slope;
      if (ratio < least - 1e-14 || (ratio <= least + 1e-14 && basis[i]! < basis[leave]!)) {
        least = Math.min(least, ratio);
        leave = i;
      }
    }
    if (leave < 0) return false;
    stalled = least > 1e-13 ? 0 : stalled + 1;
    pivot(tableau, basis, m, width, leave, enter);
  }
}

function pivot(
  tableau: Float64Array,
  basis: Int32Array,
  m: number,
  width: number,
  row: number,
  column: number,
): void {
  const at = row * width;
  const scale = tableau[at + column]!;
  for (let j = 0; j < width; j++) tableau[at + j]! /= scale;
  for (let i = 0; i <= m; i++) {
    if (i === row) continue;
    const factor = tableau[i * width + column]!;
    if (factor === 0) continue;
    for (let j = 0; j < width; j++) tableau[i * width + j]! -= factor * tableau[at + j]!;
  }
  basis[row] = column;
}

/** Exchanges artificial columns that stayed at zero; rows where none fits are redundant and left out. */
function driveOut(
  tableau: Float64Array,
  basis: Int32Array,
  m: number,
  n: number,
  width: number,
): readonly number[] {
  const used: number[] = [];
  for (let i = 0; i < m; i++) {
    if (basis[i]! >= n) {
      let best = -1;
      for (let j = 0; j < n; j++) {
        const size = Math.abs(tableau[i * width + j]!);
        if (size > 1e-9 && (best < 0 || size > Math.abs(tableau[i * width + best]!))) best = j;
      }
      if (best < 0) continue;
      pivot(tableau, basis, m, width, i, best);
    }
    used.push(i);
  }
  return used;
}

function polish(
  cost: ArrayLike<number>,
  rows: Float64Array,
  right: ArrayLike<number>,
  basis: Int32Array,
  used: readonly number[],
  n: number,
  tableau: Float64Array,
  width: number,
): { readonly value: number; readonly solution: Float64Array } {
  const k = used.length;
  const square = new Float64Array(k * k);
  used.forEach((i, r) => {
    used.forEach((other, c) => {
      square[r * k + c] = rows[i * n + basis[other]!]!;
    });
  });
  const exact = solve(
    square,
    k,
    Float64Array.from(used, (i) => right[i]!),
  );
  const solution = new Float64Array(n);
  used.forEach((i, r) => {
    solution[basis[i]!] = Math.max(0, exact?.[r] ?? tableau[i * width + width - 1]!);
  });
  let value = 0;
  for (let j = 0; j < n; j++) value += cost[j]! * solution[j]!;
  return { value, solution };
}
