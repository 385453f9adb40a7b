import { gram, invertSymmetric } from "../math/dense.ts";
import { incompleteBeta, twoSidedP } from "../math/distributions.ts";
import { variance } from "../math/summary.ts";

export interface DensityTest {
  /** Density at 0 from below and from above, with standard errors. */
  readonly below: DensityAt;
  readonly above: DensityAt;
  /** Standard error of the difference. */
  readonly standardError: number;
  readonly p: number;
  /** Exact: are the 40 units nearest 0 evenly on its two sides? */
  readonly binomialP: number;
}

interface DensityAt {
  readonly density: number;
  readonly standardError: number;
  readonly bandwidth: number;
  /** Distinct values within the bandwidth. */
  readonly values: number;
}

const ORDER = 2;
/** Distinct values that a bandwidth spans at least. */
const LEAST = 20 + ORDER + 1;

/**
 * Does the density of the running variable jump at 0 (Cattaneo, Jansson & Ma 2020)? On either side the empirical
 * distribution function is fitted by a local polynomial, whose slope at 0 is the density: no bins, and no bias at the
 * edge. Bandwidths minimise the mean squared error of a quadratic fit (the median of three criteria: own side,
 * difference, sum); the test is made with a cubic one, so that bias does not pass for a jump. Errors from the
 * influence of each unit on both slopes (plug-in variance). Repeated values count once in the fit. Undefined when a
 * side has fewer than 24 distinct values. O(n log n).
 */
export function densityTest(running: Float64Array): DensityTest | undefined {
  const cdf = distribution(running);
  const sides = [halfOf(cdf, -1), halfOf(cdf, 1)] as const;
  if (sides.some((s) => s.to - s.from < LEAST + 1)) return undefined;
  const scale = Math.sqrt(variance(running));
  const [low, high] = bandwidths(cdf, sides, scale, running.length);
  const left = slopeAt(cdf, sides[0], low, ORDER + 1, 1);
  const right = slopeAt(cdf, sides[1], high, ORDER + 1, 1);
  const standardError = errorOf(cdf, (k) => right.influence(k) - left.influence(k));
  const jump = right.slope - left.slope;
  return {
    below: at(cdf, left, low),
    above: at(cdf, right, high),
    standardError,
    p: twoSidedP(jump / standardError),
    binomialP: binomial(running),
  };
}

/** Distinct values in order, how often each occurs, and the share of units at or below it. */
interface Distribution {
  readonly n: number;
  readonly value: Float64Array;
  readonly count: Float64Array;
  readonly share: Float64Array;
}

function distribution(running: Float64Array): Distribution {
  const sorted = running.slice().sort();
  const value: number[] = [];
  const count: number[] = [];
  for (const x of sorted) {
    if (x === value.at(-1)) count[count.length - 1]! += 1;
    else {
      value.push(x);
      count.push(1);
    }
  }
  let seen = 0;
  const share = Float64Array.from(count, (c) => (seen += c) / sorted.length);
  return {
    n: sorted.length,
    value: Float64Array.from(value),
    count: Float64Array.from(count),
    share,
  };
}

/** Distinct values of one side, as a range of indices. */
interface Half {
  readonly sign: 1 | -1;
  readonly from: number;
  readonly to: number;
}

function halfOf(cdf: Distribution, sign: 1 | -1): Half {
  let first = cdf.value.findIndex((v) => v >= 0);
  if (first < 0) first = cdf.value.length;
  return sign < 0 ? { sign, from: 0, to: first } : { sign, from: first, to: cdf.value.length };
}

interface Slope {
  readonly slope: number;
  readonly values: number;
  /** What a unit with distinct value k adds: the slope is the mean of these over units. */
  readonly influence: (k: number) => number;
  /** The same linear map applied to (x/h)^(order+1): bias per unit of that coefficient. */
  readonly bias: number;
}

/** Coefficient `which` of x^which in a weighted polynomial fit of the distribution function on one side. */
function slopeAt(cdf: Distribution, half: Half, h: number, order: number, which: number): Slope {
  const d = order + 1;
  let { from, to } = half;
  while (from < to && Math.abs(cdf.value[from]!) >= h) from += 1;
  while (to > from && Math.abs(cdf.value[to - 1]!) >= h) to -= 1;
  const m = to - from;
  const powers = new Float64Array(m * d);
  const weights = new Float64Array(m);
  for (let k = 0; k < m; k++) {
    const u = cdf.value[from + k]! / h;
    weights[k] = 1 - Math.abs(u);
    for (let j = 0, power = 1; j < d; j++, power *= u) powers[k * d + j] = power;
  }
  const { inverse } = invertSymmetric(gram(powers, m, d, weights), d, 1e-14);
  const load = new Float64Array(m);
  let slope = 0;
  let bias = 0;
  for (let k = 0; k < m; k++) {
    for (let j = 0; j < d; j++) load[k]! += inverse[which * d + j]! * powers[k * d + j]!;
    load[k]! *= weights[k]! / h ** which;
    slope += load[k]! * cdf.share[from + k]!;
    bias += load[k]! * (cdf.value[from + k]! / h) ** d;
  }
  // A unit raises the distribution function from its own value on: its part is the sum of the loads from there.
  const after = new Float64Array(m + 1);
  for (let k = m - 1; k >= 0; k--) after[k] = after[k + 1]! + load[k]!;
  const influence = (k: number): number =>
    (k <= from ? after[0]! : k >= to ? 0 : after[k - from]!) - slope;
  return { slope, values: m, influence, bias };
}

function errorOf(cdf: Distribution, influence: (k: number) => number): number {
  let sum = 0;
  for (let k = 0; k < cdf.value.length; k++) sum += cdf.count[k]! * influence(k) ** 2;
  return Math.sqrt(sum) / cdf.n;
}

function at(cdf: Distribution, { slope, values, influence }: Slope, bandwidth: number): DensityAt {
  return { density: slope, standardError: errorOf(cdf, influence), bandwidth, values };
}

function bandwidths(
  cdf: Distribution,
  sides: readonly [Half, Half],
  scale: number,
  n: number,
): readonly [number, number] {
  const parts = sides.map((half) => {
    const reach =
      Math.abs(half.sign < 0 ? cdf.value[half.from]! : cdf.value[half.to - 1]!) * (1 + 1e-9);
    const near = Math.abs(
      half.sign < 0 ? cdf.value[half.to - LEAST - 1]! : cdf.value[half.from + LEAST]!,
    );
    const bounded = (h: number): number => Math.max(Math.min(h, reach), near);
    const pilot = bounded(3 * scale * n ** (-1 / 9));
    const fit = slopeAt(cdf, half, pilot, ORDER, 1);
    // Third derivative of the distribution function from a quartic fit, with its variance for regularisation.
    const curve = slopeAt(cdf, half, bounded(1.3 * pilot), ORDER + 2, ORDER + 1);
    const per = (fit.bias * pilot ** (ORDER + 1)) / pilot ** ORDER;
    return {
      bounded,
      bias: per * curve.slope,
      doubt: (per * errorOf(cdf, curve.influence)) ** 2,
      spread: errorOf(cdf, fit.influence) ** 2 * pilot,
    };
  });
  const [l, r] = parts as [(typeof parts)[0], (typeof parts)[0]];
  const best = (spread: number, bias: number, doubt: number): number =>
    (spread / (2 * ORDER * (bias ** 2 + doubt))) ** (1 / (2 * ORDER + 1));
  const difference = best(l.spread + r.spread, r.bias - l.bias, l.doubt + r.doubt);
  const sum = best(l.spread + r.spread, r.bias + l.bias, l.doubt + r.doubt);
  return [l, r].map((own) => {
    const alone = best(own.spread, own.bias, own.doubt);
    const [, middle] = [alone, difference, sum].toSorted((a, b) => a - b);
    return own.bounded(middle!);
  }) as [number, number];
}

function binomial(running: Float64Array): number {
  const nearest = running.toSorted((a, b) => Math.abs(a) - Math.abs(b)).slice(0, 40);
  const right = nearest.reduce((k, x) => k + (x >= 0 ? 1 : 0), 0);
  const tail = Math.min(right, nearest.length - right);
  return Math.min(1, 2 * (1 - incompleteBeta(tail + 1, nearest.length - tail, 0.5)));
}
