import { normalQuantile, twoSidedP } from "../../math/distributions.ts";
import { correlations } from "../correlations.ts";
import { type DiscoveryData, valuesOf } from "../data.ts";
import { byPValue, type Independence } from "./independence.ts";

/** Past this the columns are copies of each other given the rest: no test, they stay dependent. */
const SURE = 1 - 1e-12;
/** A conditioning set that explains a column up to this share makes the partial correlation rounding noise. */
const SINGULAR = 1e-10;

/**
 * Partial correlation of x and y given `given` from a correlation matrix `r: [d, d]`; NaN when the given columns
 * determine x or y (or each other) up to rounding. Closed forms for up to two, Cholesky beyond. O(k³).
 */
export function partialCorrelation(
  r: Float64Array,
  d: number,
  x: number,
  y: number,
  given: ArrayLike<number>,
): number {
  const k = given.length;
  if (k === 0) return r[x * d + y]!;
  if (k === 1) {
    const z = given[0]!;
    const xz = r[x * d + z]!;
    const yz = r[y * d + z]!;
    const left = (1 - xz * xz) * (1 - yz * yz);
    return left < SINGULAR * SINGULAR ? Number.NaN : (r[x * d + y]! - xz * yz) / Math.sqrt(left);
  }
  // Cholesky of the given columns with x and y carried along as the last two rows.
  const m = k + 2;
  const l = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    const row = i < k ? given[i]! : i === k ? x : y;
    for (let j = 0; j <= Math.min(i, k); j++) {
      const column = j < k ? given[j]! : x;
      let sum = r[row * d + column]!;
      for (let a = 0; a < j; a++) sum -= l[i * m + a]! * l[j * m + a]!;
      if (i === j) {
        if (sum < SINGULAR) return Number.NaN;
        l[i * m + i] = Math.sqrt(sum);
      } else l[i * m + j] = sum / l[j * m + j]!;
    }
  }
  let rest = 1;
  for (let a = 0; a < k; a++) rest -= l[(m - 1) * m + a]! ** 2;
  if (rest < SINGULAR) return Number.NaN;
  return l[(m - 1) * m + k]! / Math.sqrt(rest);
}

/** Two-sided p-value of a partial correlation: sqrt(n - k - 3) atanh(r) is standard normal under independence. Fisher 1924. */
export function fisherZ(r: number, n: number, k: number): number {
  const df = n - k - 3;
  if (df <= 0 || Number.isNaN(r)) return 1; // no power left, or nothing of x or y left to test
  if (Math.abs(r) >= SURE) return 0;
  return twoSidedP(Math.sqrt(df) * Math.atanh(r));
}

/**
 * Test of zero partial correlation for complete numeric columns: assumes linear relations (exact for Gaussian data).
 * Degenerate sets (the given columns determine x or y) count as independent: nothing is left to explain. O(k³) a test
 * after O(n d²) once.
 */
export function fisherZTest(data: DiscoveryData, alpha: number): Independence {
  const { n, d } = data;
  if (data.missing) return testwiseFisherZ(data, alpha);
  const r = correlations(data);
  // |r| below this is independent: one comparison instead of a p-value.
  const quantile = normalQuantile(1 - alpha / 2);
  const thresholds = Float64Array.from({ length: d + 1 }, (_, k) =>
    n - k - 3 <= 0 ? 2 : Math.tanh(quantile / Math.sqrt(n - k - 3)),
  );
  return {
    name: "fisher-z",
    p: (x, y, given) => fisherZ(partialCorrelation(r, d, x, y, given), n, given.length),
    independent: (x, y, given) => {
      const value = Math.abs(partialCorrelation(r, d, x, y, given));
      return !(value >= thresholds[given.length]!);
    },
  };
}

/** The same on the rows that are complete in the columns of each test (testwise deletion). O(n k² + k³) a test. */
function testwiseFisherZ(data: DiscoveryData, alpha: number): Independence {
  const p: Independence["p"] = (x, y, given) => {
    const columns = [x, y, ...Array.from(given)].map((v) => valuesOf(data, v));
    const rows: number[] = [];
    for (let i = 0; i < data.n; i++) if (!columns.some((c) => Number.isNaN(c[i]!))) rows.push(i);
    const m = columns.length;
    if (rows.length < m + 2) return 1;
    const part: DiscoveryData = {
      ...data,
      n: rows.length,
      d: m,
      names: columns.map(String),
      variables: columns.map((c, i) => ({
        kind: "numeric",
        name: String(i),
        values: Float64Array.from(rows, (row) => c[row]!),
      })),
    };
    const r = correlations(part);
    if (r.some(Number.isNaN)) return 1; // constant on these rows
    const rest = Array.from({ length: m - 2 }, (_, k) => k + 2);
    return fisherZ(partialCorrelation(r, m, 0, 1, rest), rows.length, m - 2);
  };
  return byPValue("fisher-z, testwise", p, alpha);
}
