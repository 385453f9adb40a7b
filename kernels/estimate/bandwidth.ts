import { variance } from "../math/summary.ts";
import {
  coefficientsOf,
  type Kernel,
  localFit,
  type Side,
  varianceOf,
} from "./local-polynomial.ts";

export interface Bandwidths {
  /** Of the estimate. */
  readonly h: number;
  /** Of the bias correction. */
  readonly b: number;
}

const PILOT_CONSTANT: Readonly<Record<Kernel, number>> = {
  triangular: 2.576,
  epanechnikov: 2.34,
  uniform: 1.843,
};

/**
 * The common bandwidths that minimise the asymptotic mean squared error of the jump at 0 and of its bias estimate
 * (Calonico, Cattaneo & Titiunik 2014, sec. 4.2; the regularised three-step rule of Calonico et al. 2020). Repeated
 * values of x count once in the pilot, and where they are a fifth of a side every bandwidth spans ten distinct values.
 * `order` is that of the estimate; the bias is estimated one order higher. O(n · order²).
 */
export function mseBandwidths(left: Side, right: Side, kernel: Kernel, order: number): Bandwidths {
  const x = Float64Array.from([...left.x, ...right.x]).sort();
  const distinct = { left: distinctDistances(left.x), right: distinctDistances(right.x) };
  const m = distinct.left.length + distinct.right.length;
  const spread = Math.min(
    Math.sqrt(variance(x)),
    (quantileType2(x, 0.75) - quantileType2(x, 0.25)) / 1.349,
  );
  const largest = Math.max(distinct.left.at(-1)!, distinct.right.at(-1)!);
  const massed =
    1 - distinct.left.length / left.x.length >= 0.2 ||
    1 - distinct.right.length / right.x.length >= 0.2;
  const least = massed ? Math.max(tenth(distinct.left), tenth(distinct.right)) : 0;
  const bounded = (h: number): number => Math.max(Math.min(h, largest), least);

  const pilot = bounded(PILOT_CONSTANT[kernel] * spread * m ** -0.2);
  const p = order;
  const q = order + 1;
  const step = (
    o: number,
    nu: number,
    oB: number,
    hB: readonly [number, number],
    scale: number,
  ): number => {
    const l = constants(left, kernel, o, nu, oB, pilot, hB[0], scale);
    const r = constants(right, kernel, o, nu, oB, pilot, hB[1], scale);
    const bias = (r.bias - l.bias) ** 2 + scale * (r.regular + l.regular);
    return bounded(((l.variance + r.variance) / bias) ** (1 / (2 * o + 3)));
  };
  const d = step(q + 1, q + 1, q + 2, [distinct.left.at(-1)!, distinct.right.at(-1)!], 0);
  const b = step(q, p + 1, q + 1, [d, d], 1);
  const h = step(p, 0, q, [b, b], 1);
  return { h, b };
}

/** Variance, bias and regularisation constants of one side for derivative `nu` of an order-`o` polynomial. */
function constants(
  side: Side,
  kernel: Kernel,
  o: number,
  nu: number,
  oB: number,
  hV: number,
  hB: number,
  scale: number,
): { variance: number; bias: number; regular: number } {
  const local = localFit(side, kernel, hV, o);
  const d = o + 1;
  const moment = new Float64Array(d);
  for (let k = 0; k < local.rows.length; k++) {
    const value = local.weights[k]! * (side.x[local.rows[k]!]! / hV) ** (o + 1);
    for (let j = 0; j < d; j++) moment[j]! += value * local.powers[k * d + j]!;
  }
  let constant = 0;
  for (let j = 0; j < d; j++) constant += local.inverse[nu * d + j]! * moment[j]!;
  constant *= hV ** nu;
  const wide = localFit(side, kernel, hB, oB);
  const slope = coefficientsOf(wide, side.y)[o + 1]!;
  const regular = scale > 0 ? 3 * constant ** 2 * varianceOf(wide, side.noise, o + 1) : 0;
  return {
    variance: (2 * nu + 1) * hV ** (2 * nu + 1) * varianceOf(local, side.noise, nu),
    bias: Math.sqrt(2 * (o + 1 - nu)) * constant * slope,
    regular: scale * 2 * (o + 1 - nu) * regular,
  };
}

/** Distances of distinct values from the cutoff, nearest first. */
function distinctDistances(x: Float64Array): number[] {
  return [...new Set(x.map(Math.abs))].toSorted((a, b) => a - b);
}

function tenth(distances: readonly number[]): number {
  return distances[Math.min(10, distances.length) - 1]! + 1e-8;
}

/** Inverse of the empirical distribution with averaging at its jumps. */
function quantileType2(sorted: Float64Array, p: number): number {
  const at = sorted.length * p;
  const k = Math.ceil(at);
  return Number.isInteger(at)
    ? (sorted[k - 1]! + sorted[Math.min(k, sorted.length - 1)]!) / 2
    : sorted[k - 1]!;
}
