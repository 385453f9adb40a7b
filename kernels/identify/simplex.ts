export type LinearProgramResult =
  | { readonly kind: "optimal"; readonly value: number; readonly solution: Float64Array }
  | { readonly kind: "infeasible"; readonly violation: number }
  | { readonly kind: "unbounded" };

const tiny = 1e-11;

/**
 * Minimises cost · q subject to matrix · q = bounds, q ≥ 0, by the two-phase simplex method on a dense tableau
 * (Dantzig; Bland's rule against cycling). `matrix` is `[rows, columns]` row-major. `tolerance` is how far the
 * equations may be missed before they count as contradictory (default 1e-7). O(rows · columns) a pivot.
 */
export function minimise(
  cost: Float64Array,
  matrix: Float64Array,
  bounds: Float64Array,
  tolerance = 1e-7,
): LinearProgramResult {
  const m = bounds.length;
  const n = cost.length;
  const width = n + m + 1;
  const rows = Array.from({ length: m }, (_, i) => {
    const row = new Float64Array(width);
    const sign = (bounds[i] ?? 0) < 0 ? -1 : 1;
    for (let j = 0; j < n; j++) row[j] = sign * (matrix[i * n + j] ?? 0);
    row[n + i] = 1;
    row[width - 1] = sign * (bounds[i] ?? 0);
    return row;
  });
  const basis = Int32Array.from({ length: m }, (_, i) => n + i);
  const phaseOne = new Float64Array(width);
  for (const row of rows)
    for (let j = 0; j < width; j++) phaseOne[j] = (phaseOne[j] ?? 0) - (row[j] ?? 0);
  for (let i = 0; i < m; i++) phaseOne[n + i] = 0;
  pivotUntilDone(rows, basis, phaseOne, n);
  const violation = -(phaseOne[width - 1] ?? 0);
  if (violation > tolerance) return { kind: "infeasible", violation };
  for (let i = 0; i < m; i++) {
    if ((basis[i] ?? 0) < n) continue;
    const row = rows[i] ?? new Float64Array(0);
    const j = row.findIndex((value, k) => k < n && Math.abs(value) > 1e-9);
    if (j >= 0) pivot(rows, basis, [], i, j);
  }
  const objective = new Float64Array(width);
  objective.set(cost);
  for (const [i, row] of rows.entries()) {
    const c = cost[basis[i] ?? 0] ?? 0;
    if ((basis[i] ?? 0) < n && c !== 0)
      for (let j = 0; j < width; j++) objective[j] = (objective[j] ?? 0) - c * (row[j] ?? 0);
  }
  if (!pivotUntilDone(rows, basis, objective, n)) return { kind: "unbounded" };
  const solution = new Float64Array(n);
  for (const [i, row] of rows.entries())
    if ((basis[i] ?? 0) < n) solution[basis[i] ?? 0] = row[width - 1] ?? 0;
  return { kind: "optimal", value: -(objective[width - 1] ?? 0), solution };
}

/** False when the objective has no lower bound. */
function pivotUntilDone(
  rows: readonly Float64Array[],
  basis: Int32Array,
  objective: Float64Array,
  n: number,
): boolean {
  for (let round = 0; ; round++) {
    const bland = round > 200;
    let column = -1;
    let steepest = -tiny;
    for (let j = 0; j < n; j++) {
      const slope = objective[j] ?? 0;
      if (slope < steepest) {
        column = j;
        if (bland) break;
        steepest = slope;
      }
    }
    if (column < 0) return true;
    let leaving = -1;
    let least = Infinity;
    for (const [i, row] of rows.entries()) {
      const step = row[column] ?? 0;
      if (step <= 1e-9) continue;
      const ratio = (row[row.length - 1] ?? 0) / step;
      if (
        ratio < least - tiny ||
        (ratio < least + tiny && (basis[i] ?? 0) < (basis[leaving] ?? Infinity))
      ) {
        least = ratio;
        leaving = i;
      }
    }
    if (leaving < 0) return false;
    pivot(rows, basis, [objective], leaving, column);
    if (round > 50_000) throw new Error("The simplex method did not end.");
  }
}

function pivot(
  rows: readonly Float64Array[],
  basis: Int32Array,
  others: readonly Float64Array[],
  leaving: number,
  column: number,
): void {
  const row = rows[leaving];
  if (row === undefined) throw new Error("The leaving row exists.");
  const scale = row[column] ?? 1;
  for (let j = 0; j < row.length; j++) row[j] = (row[j] ?? 0) / scale;
  for (const other of [...rows, ...others]) {
    const factor = other === row ? 0 : (other[column] ?? 0);
    if (factor === 0) continue;
    for (let j = 0; j < row.length; j++) other[j] = (other[j] ?? 0) - factor * (row[j] ?? 0);
  }
  basis[leaving] = column;
}
