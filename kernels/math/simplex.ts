import { gram, solve, transposeVector } from "./dense.ts";

/**
 * Weights on the simplex (not negative, sum 1) that minimise ‖Aw − b‖² + ridge·‖w‖², `a: [n, d]`: the exact minimum, by
 * an active-set method as in Lawson & Hanson (1974, ch. 23) with the sum as an equality. Unique when ridge > 0. Each
 * step solves for the weights now in use, so the cost is O(nd² + steps · used³).
 */
export function simplexLeastSquares(
  a: Float64Array,
  n: number,
  d: number,
  b: Float64Array,
  ridge: number,
): Float64Array {
  const g = gram(a, n, d);
  let trace = 0;
  for (let j = 0; j < d; j++) trace += g[j * d + j]! / d;
  // A trace of ridge keeps every system solvable; it moves the weights by less than rounding does.
  for (let j = 0; j < d; j++) g[j * d + j]! += ridge + 1e-13 * trace;
  const c = transposeVector(a, b, n, d);
  const w = new Float64Array(d);
  const used = [bestVertex(g, c, d)];
  w[used[0]!] = 1;
  for (let step = 0; step < 20 * d + 100; step++) {
    const slope = slopeAt(g, c, w, d);
    const level = Math.min(...used.map((j) => slope[j]!));
    let entering = -1;
    for (let j = 0; j < d; j++) {
      if (used.includes(j)) continue;
      if (slope[j]! < (entering < 0 ? level - 1e-10 * (trace + Math.abs(level)) : slope[entering]!))
        entering = j;
    }
    if (entering < 0) break;
    used.push(entering);
    settle(g, c, d, w, used);
  }
  return w;
}

/** Moves to the minimum over the weights in use, dropping those that reach 0 on the way. */
function settle(
  g: Float64Array,
  c: Float64Array,
  d: number,
  w: Float64Array,
  used: number[],
): void {
  for (;;) {
    const target = constrainedMinimum(g, c, d, used);
    if (target.every((v) => v > 0)) {
      used.forEach((j, k) => (w[j] = target[k]!));
      return;
    }
    let share = 1;
    used.forEach((j, k) => {
      if (target[k]! <= 0) share = Math.min(share, w[j]! / (w[j]! - target[k]!));
    });
    used.forEach((j, k) => (w[j]! += share * (target[k]! - w[j]!)));
    const kept = used.filter((j, k) => !(target[k]! <= 0 && w[j]! <= 1e-14));
    for (const j of used) if (!kept.includes(j)) w[j] = 0;
    used.splice(0, used.length, ...kept);
  }
}

/** Minimum of w'Gw/2 − c'w over the weights in use with sum 1, from its first-order conditions. */
function constrainedMinimum(
  g: Float64Array,
  c: Float64Array,
  d: number,
  used: readonly number[],
): Float64Array {
  const m = used.length;
  const system = new Float64Array((m + 1) ** 2);
  const right = new Float64Array(m + 1);
  used.forEach((j, a) => {
    used.forEach((k, b) => (system[a * (m + 1) + b] = g[j * d + k]!));
    system[a * (m + 1) + m] = 1;
    system[m * (m + 1) + a] = 1;
    right[a] = c[j]!;
  });
  right[m] = 1;
  const solution = solve(system, m + 1, right);
  if (solution === undefined) throw new Error("a simplex system with ridge is singular");
  return solution.slice(0, m);
}

function slopeAt(g: Float64Array, c: Float64Array, w: Float64Array, d: number): Float64Array {
  return c.map((value, j) => {
    let sum = -value;
    for (let k = 0; k < d; k++) if (w[k] !== 0) sum += g[j * d + k]! * w[k]!;
    return sum;
  });
}

function bestVertex(g: Float64Array, c: Float64Array, d: number): number {
  let best = 0;
  const loss = (j: number): number => g[j * d + j]! / 2 - c[j]!;
  for (let j = 1; j < d; j++) if (loss(j) < loss(best)) best = j;
  return best;
}

/**
 * The same problem by the Frank–Wolfe steps of Arkhangelsky et al. (2021, supplement), from equal weights, until a step
 * lowers the mean objective by less than `leastDecrease`. It stops short of the exact minimum, which published figures
 * were computed with: this is the way to reproduce them. O(nd² + d · steps).
 */
export function frankWolfe(
  a: Float64Array,
  n: number,
  d: number,
  b: Float64Array,
  ridge: number,
  leastDecrease: number,
  steps: number,
  start?: Float64Array,
): Float64Array {
  const w = start?.slice() ?? new Float64Array(d).fill(1 / d);
  // Everything a step needs follows from A'A, A'b and b'b: steps cost d instead of nd.
  const g = gram(a, n, d);
  const c = transposeVector(a, b, n, d);
  let bb = 0;
  for (let i = 0; i < n; i++) bb += b[i]! * b[i]!;
  const gw = new Float64Array(d);
  for (let j = 0; j < d; j++) for (let k = 0; k < d; k++) gw[j]! += g[j * d + k]! * w[k]!;
  let before = Infinity;
  for (let step = 0; step < steps; step++) {
    let best = 0;
    let least = Infinity;
    let wgw = 0;
    let cw = 0;
    let ww = 0;
    for (let j = 0; j < d; j++) {
      const slope = gw[j]! - c[j]! + ridge * w[j]!;
      if (slope < least) {
        least = slope;
        best = j;
      }
      wgw += w[j]! * gw[j]!;
      cw += w[j]! * c[j]!;
      ww += w[j]! * w[j]!;
    }
    // Along the way from w to the vertex: slope·(e − w) and ‖A(e − w)‖² + ridge‖e − w‖².
    const descent = wgw - cw + ridge * ww - least;
    const squares = g[best * d + best]! - 2 * gw[best]! + wgw + ridge * (ww - 2 * w[best]! + 1);
    if (!(squares > 0)) break;
    const size = Math.min(1, Math.max(0, descent / squares));
    for (let j = 0; j < d; j++) {
      w[j]! += size * ((j === best ? 1 : 0) - w[j]!);
      gw[j]! += size * (g[best * d + j]! - gw[j]!);
    }
    const value = wgw - 2 * cw + bb + ridge * ww - 2 * size * descent + size * size * squares;
    if (before - value / n < leastDecrease) break;
    before = value / n;
  }
  return w;
}
