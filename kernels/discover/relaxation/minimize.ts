import type { Pace } from "../pace.ts";

/** A smooth function: its value at x, its gradient written to `gradient`. Infinity or NaN outside of its domain. */
export type Smooth = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimizeOptions {
  /** Weight of |x_i| in the sum; 0 for coordinates without a penalty. */
  readonly l1: Float64Array;
  /** Coordinates that are 1 here stay where they start. */
  readonly fixed?: Uint8Array;
  readonly iterations: number;
  /** Ends when the value falls by less than this share of itself, three times in a row. */
  readonly tolerance: number;
}

export interface Minimum {
  readonly x: Float64Array<ArrayBuffer>;
  /** Penalty included. */
  readonly value: number;
  readonly iterations: number;
  /** False when the iterations ran out. */
  readonly converged: boolean;
}

const MEMORY = 10;

/**
 * Minimises f(x) + Σ l1_i |x_i| by limited-memory BFGS on the orthant of the current point (OWL-QN, Andrew & Gao
 * 2007): the penalty needs no doubled variables, and zeros are exact. A line search that steps out of f's domain
 * comes back, so a barrier keeps its side. Double precision only: near the end differences of values decide.
 * `x` is a feasible start and is not changed. Throws what `pace` throws when stopped.
 */
export async function minimize(
  f: Smooth,
  start: Float64Array,
  options: MinimizeOptions,
  pace: Pace,
  rest: () => Promise<void> = () => pace.rest(),
): Promise<Minimum> {
  const { l1, fixed, iterations, tolerance } = options;
  const n = start.length;
  let x: Float64Array<ArrayBuffer> = Float64Array.from(start);
  let gradient = new Float64Array(n);
  let next = new Float64Array(n);
  let nextGradient = new Float64Array(n);
  const steepest = new Float64Array(n);
  const direction = new Float64Array(n);
  const steps: Float64Array[] = [];
  const turns: Float64Array[] = [];
  const products: number[] = [];
  const whole = (point: Float64Array, to: Float64Array): number => {
    let value = f(point, to);
    if (!Number.isFinite(value)) return Infinity;
    for (let i = 0; i < n; i++) value += l1[i]! * Math.abs(point[i]!);
    return value;
  };
  let value = whole(x, gradient);
  if (value === Infinity) throw new Error("The start lies outside of the function's domain.");
  let still = 0;
  for (let k = 0; k < iterations; k++) {
    if (pace.due()) await rest();
    let length = 0;
    for (let i = 0; i < n; i++) {
      const g = fixed?.[i] === 1 ? 0 : subgradient(x[i]!, gradient[i]!, l1[i]!);
      steepest[i] = g;
      length += g * g;
    }
    length = Math.sqrt(length);
    if (length === 0) return { x, value, iterations: k, converged: true };
    twoLoops(steepest, steps, turns, products, direction);
    for (let i = 0; i < n; i++) {
      const agrees = direction[i]! * steepest[i]! < 0;
      if (steepest[i] === 0 || (!agrees && l1[i]! > 0)) direction[i] = 0;
    }
    let slope = 0;
    for (let i = 0; i < n; i++) slope += direction[i]! * steepest[i]!;
    if (!(slope < 0)) {
      for (let i = 0; i < n; i++) direction[i] = -steepest[i]!;
      slope = -length * length;
      steps.length = turns.length = products.length = 0;
    }
    let size = steps.length === 0 ? Math.min(1, 1 / length) : 1;
    let found = Infinity;
    for (let halvings = 0; halvings < 60; halvings++, size /= 2) {
      let decrease = 0;
      for (let i = 0; i < n; i++) {
        let to = x[i]! + size * direction[i]!;
        if (l1[i]! > 0) {
          // stay in the orthant: a sign changes only by way of zero
          const side = x[i]! !== 0 ? x[i]! : -steepest[i]!;
          if (to * side < 0) to = 0;
        }
        next[i] = to;
        decrease += steepest[i]! * (to - x[i]!);
      }
      found = whole(next, nextGradient);
      if (found <= value + 1e-4 * decrease) break;
      found = Infinity;
    }
    if (found === Infinity) {
      if (steps.length === 0) return { x, value, iterations: k, converged: true };
      steps.length = turns.length = products.length = 0; // once more, along the gradient
      continue;
    }
    remember(x, next, gradient, nextGradient, steps, turns, products);
    still =
      value - found <= tolerance * Math.max(Math.abs(value), Math.abs(found), 1e-12)
        ? still + 1
        : 0;
    [x, next] = [next, x];
    [gradient, nextGradient] = [nextGradient, gradient];
    value = found;
    if (still >= 3) return { x, value, iterations: k + 1, converged: true };
  }
  return { x, value, iterations, converged: false };
}

/** The member of the subdifferential of f + l1 |·| nearest to zero. */
function subgradient(x: number, g: number, l1: number): number {
  if (x > 0) return g + l1;
  if (x < 0) return g - l1;
  if (g + l1 < 0) return g + l1;
  return g - l1 > 0 ? g - l1 : 0;
}

/** -H g by the two-loop recursion (Nocedal & Wright 2006, algorithm 7.4). */
function twoLoops(
  g: Float64Array,
  steps: readonly Float64Array[],
  turns: readonly Float64Array[],
  products: readonly number[],
  out: Float64Array,
): void {
  const n = g.length;
  for (let i = 0; i < n; i++) out[i] = -g[i]!;
  const last = steps.length - 1;
  const alpha = new Float64Array(steps.length);
  for (let k = last; k >= 0; k--) {
    alpha[k] = dot(steps[k]!, out) / products[k]!;
    add(out, turns[k]!, -alpha[k]!);
  }
  if (last >= 0) {
    const scale = products[last]! / dot(turns[last]!, turns[last]!);
    for (let i = 0; i < n; i++) out[i]! *= scale;
  }
  for (let k = 0; k <= last; k++) {
    const beta = dot(turns[k]!, out) / products[k]!;
    add(out, steps[k]!, alpha[k]! - beta);
  }
}

function remember(
  x: Float64Array,
  next: Float64Array,
  gradient: Float64Array,
  nextGradient: Float64Array,
  steps: Float64Array[],
  turns: Float64Array[],
  products: number[],
): void {
  const full = steps.length === MEMORY;
  const step = full ? steps.shift()! : new Float64Array(x.length);
  const turn = full ? turns.shift()! : new Float64Array(x.length);
  if (full) products.shift();
  for (let i = 0; i < x.length; i++) {
    step[i] = next[i]! - x[i]!;
    turn[i] = nextGradient[i]! - gradient[i]!;
  }
  const product = dot(step, turn);
  // a pair without curvature would break positive definiteness
  if (!(product > 1e-12 * Math.sqrt(dot(step, step) * dot(turn, turn)))) return;
  steps.push(step);
  turns.push(turn);
  products.push(product);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function add(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i]! += factor * b[i]!;
}
