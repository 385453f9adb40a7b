// Sources: Abramowitz & Stegun (1964) ch. 6, 7, 26; Lanczos (1964) for ln Γ; modified Lentz continued fractions.

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
] as const;
const LN_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

/** ln Γ(x) for x > 0, relative error about 1e-14. O(1). */
export function lnGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x);
  const z = x - 1;
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (z + i);
  const t = z + 7.5;
  return LN_SQRT_2PI + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Regularised incomplete gamma: lower P(a, x) and upper Q(a, x), each to full relative precision. a > 0, x >= 0. */
export function incompleteGamma(a: number, x: number): { lower: number; upper: number } {
  if (x <= 0) return { lower: 0, upper: 1 };
  if (x === Infinity) return { lower: 1, upper: 0 };
  const scale = Math.exp(a * Math.log(x) - x - lnGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 10_000; n++) {
      term *= x / (a + n);
      sum += term;
      if (term < sum * 1e-17) break;
    }
    const lower = Math.min(1, scale * sum);
    return { lower, upper: 1 - lower };
  }
  const fraction = lentz(
    (n) => (n === 0 ? 1 : -n * (n - a)),
    (n) => x + 1 - a + 2 * n,
  );
  const upper = Math.min(1, scale * fraction);
  return { lower: 1 - upper, upper };
}

/** numerator(0)/(denominator(0) + numerator(1)/(denominator(1) + …)), by the modified Lentz recurrence. */
function lentz(numerator: (n: number) => number, denominator: (n: number) => number): number {
  let value = 1e-300;
  let c = value;
  let d = 0;
  for (let n = 0; n < 10_000; n++) {
    d = 1 / nonZero(denominator(n) + numerator(n) * d);
    c = nonZero(denominator(n) + numerator(n) / c);
    const delta = c * d;
    value *= delta;
    if (Math.abs(delta - 1) < 1e-16) break;
  }
  return value;
}

function nonZero(x: number): number {
  return Math.abs(x) < 1e-300 ? 1e-300 : x;
}

/** Regularised incomplete beta I_x(a, b), a and b > 0, 0 <= x <= 1. */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(
    lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(a, b, x)) / a;
  return 1 - (front * betaFraction(b, a, 1 - x)) / b;
}

function betaFraction(a: number, b: number, x: number): number {
  return lentz(
    (n) => {
      if (n === 0) return 1;
      const m = Math.floor(n / 2);
      return n % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    },
    () => 1,
  );
}

/** Standard normal density. */
export function normalPdf(x: number): number {
  return Math.exp(-0.5 * x * x - LN_SQRT_2PI);
}

/** P(Z <= x), full relative precision in the lower tail. */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const { lower, upper } = incompleteGamma(0.5, 0.5 * x * x);
  return x < 0 ? 0.5 * upper : 0.5 + 0.5 * lower;
}

/** The x with P(Z <= x) = p; ∓Infinity at 0 and 1. Rational start (A&S 26.2.23) polished by Halley steps. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let x = -(
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t * t) /
      (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
  );
  for (let i = 0; i < 3; i++) {
    const error = (normalCdf(x) - p) / normalPdf(x);
    if (!Number.isFinite(error)) break;
    x -= error / (1 + 0.5 * x * error);
  }
  return x;
}

/** P(T <= x) for Student's t with `df` > 0 degrees of freedom (normal when infinite). */
export function tCdf(x: number, df: number): number {
  if (df === Infinity) return normalCdf(x);
  if (Number.isNaN(x) || Number.isNaN(df)) return Number.NaN;
  const tail = 0.5 * incompleteBeta(df / 2, 0.5, df / (df + x * x));
  return x < 0 ? tail : 1 - tail;
}

/** The x with P(T <= x) = p. */
export function tQuantile(p: number, df: number): number {
  if (df === Infinity) return normalQuantile(p);
  if (p > 0.5) return -tQuantile(1 - p, df);
  if (p === 0.5) return 0;
  return invert((x) => tCdf(x, df), p, -Infinity, 0);
}

/** P(X <= x) for chi-squared with `df` degrees of freedom. */
export function chiSquaredCdf(x: number, df: number): number {
  return x <= 0 ? 0 : incompleteGamma(df / 2, x / 2).lower;
}

/** P(X > x), exact far into the tail: for p-values. */
export function chiSquaredUpper(x: number, df: number): number {
  return x <= 0 ? 1 : incompleteGamma(df / 2, x / 2).upper;
}

/** The x with P(X <= x) = p for chi-squared. */
export function chiSquaredQuantile(p: number, df: number): number {
  return invert((x) => chiSquaredCdf(x, df), p, 0, Infinity);
}

/** P(X <= x) for F with (df1, df2) degrees of freedom. */
export function fCdf(x: number, df1: number, df2: number): number {
  if (x <= 0) return 0;
  if (df2 === Infinity) return chiSquaredCdf(x * df1, df1);
  return incompleteBeta(df1 / 2, df2 / 2, (df1 * x) / (df1 * x + df2));
}

/** P(X > x) for F, exact far into the tail: for p-values. */
export function fUpper(x: number, df1: number, df2: number): number {
  if (x <= 0) return 1;
  if (df2 === Infinity) return chiSquaredUpper(x * df1, df1);
  return incompleteBeta(df2 / 2, df1 / 2, df2 / (df1 * x + df2));
}

/** The x with P(X <= x) = p for F. */
export function fQuantile(p: number, df1: number, df2: number): number {
  return invert((x) => fCdf(x, df1, df2), p, 0, Infinity);
}

/** Two-sided p-value of a statistic that is normal (or Student's t) under the null. */
export function twoSidedP(statistic: number, df = Infinity): number {
  return Math.min(1, 2 * tCdf(-Math.abs(statistic), df));
}

/** Bisection after bracketing by doubling: sure for any increasing function, 53 bits in about 70 calls. */
function invert(cdf: (x: number) => number, p: number, low: number, high: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return low;
  if (p === 1) return high;
  let a = low;
  let b = high;
  if (a === -Infinity) {
    a = -1;
    while (cdf(a) > p) a *= 2;
  }
  if (b === Infinity) {
    b = 1;
    while (cdf(b) < p) b *= 2;
  }
  for (let i = 0; i < 200; i++) {
    const middle = a + (b - a) / 2;
    if (middle === a || middle === b) break;
    if (cdf(middle) < p) a = middle;
    else b = middle;
  }
  return a + (b - a) / 2;
}
