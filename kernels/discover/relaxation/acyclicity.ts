import { invertInPlace, multiplyInto } from "./products.ts";

/**
 * What acyclicity costs: 0 exactly when the nonnegative matrix `a: [d, d]` has no directed cycle, with its gradient by
 * `a` in `gradient`. Infinity outside of the function's domain, and `gradient` is then rubbish.
 */
export type Acyclicity = (a: Float64Array, gradient: Float64Array) => number;

/**
 * -log det(s I - A) + d log s, finite while s I - A is an M-matrix (Bello, Aragam & Ravikumar 2022, theorem 1). Its
 * gradient is the transposed inverse. O(d³).
 */
export function logDetAcyclicity(d: number, s: number): Acyclicity {
  const m = new Float64Array(d * d);
  return (a, gradient) => {
    for (let i = 0; i < m.length; i++) m[i] = -a[i]!;
    for (let i = 0; i < d; i++) m[i * d + i]! += s;
    const logDeterminant = invertInPlace(m, d);
    if (!Number.isFinite(logDeterminant)) return Infinity;
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) gradient[i * d + j] = m[j * d + i]!;
    return d * Math.log(s) - logDeterminant;
  };
}

/** Norm below which twelve terms of the series leave nothing in double precision. */
const SERIES_NORM = 0.3;

/**
 * tr(exp A) - d (Zheng et al. 2018, theorem 1), with gradient exp(A)'. Nothing is subtracted: F = exp(A) - I comes
 * from its series for A / 2^k, and 2 F + F² doubles the argument. As A is nonnegative every digit of a small trace
 * is kept, where tr(exp A) - d would lose all below d · 1e-16 (in single precision d · 1e-7). O(d³ log ‖A‖).
 */
export function exponentialAcyclicity(d: number): Acyclicity {
  const size = d * d;
  const [a1, a2, a3, a4, sum, other] = Array.from({ length: 6 }, () => new Float64Array(size));
  return (a, gradient) => {
    let norm = 0;
    for (let j = 0; j < d; j++) {
      let column = 0;
      for (let i = 0; i < d; i++) column += a[i * d + j]!;
      norm = Math.max(norm, column);
    }
    if (!(norm < 500)) return Infinity; // exp would overflow long before it told anything
    const doublings = norm <= SERIES_NORM ? 0 : Math.ceil(Math.log2(norm / SERIES_NORM));
    const scale = 2 ** -doublings;
    for (let i = 0; i < size; i++) a1![i] = a[i]! * scale;
    multiplyInto(a1!, a1!, d, a2!);
    multiplyInto(a2!, a1!, d, a3!);
    multiplyInto(a2!, a2!, d, a4!);
    // A⁴ (A⁴ (A/9! + … + A⁴/12!) + A/5! + … + A⁴/8!) + A + … + A⁴/4!
    sum!.fill(0);
    for (let group = 2; group >= 0; group--) {
      const first = 4 * group + 1;
      const factor = 1 / factorial(first);
      const f2 = factor / (first + 1);
      const f3 = f2 / (first + 2);
      const f4 = f3 / (first + 3);
      if (group < 2) {
        multiplyInto(a4!, sum!, d, other!);
        sum!.set(other!);
      }
      for (let i = 0; i < size; i++) {
        sum![i]! += factor * a1![i]! + f2 * a2![i]! + f3 * a3![i]! + f4 * a4![i]!;
      }
    }
    for (let k = 0; k < doublings; k++) {
      multiplyInto(sum!, sum!, d, other!);
      for (let i = 0; i < size; i++) sum![i] = 2 * sum![i]! + other![i]!;
    }
    let trace = 0;
    for (let i = 0; i < d; i++) trace += sum![i * d + i]!;
    if (!Number.isFinite(trace)) return Infinity;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) gradient[i * d + j] = sum![j * d + i]! + (i === j ? 1 : 0);
    }
    return trace;
  };
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
