import { chiSquaredUpper } from "../../math/distributions.ts";
import { discreteOf, type DiscoveryData } from "../data.ts";
import { byPValue, type Independence } from "./independence.ts";

export interface ContingencyResult {
  readonly statistic: number;
  readonly df: number;
  readonly p: number;
  /** Rows without missing values in the columns tested. */
  readonly n: number;
}

/** Cells of a dense table at most; beyond, strata are numbered as they appear. */
const DENSE = 1 << 20;

/**
 * G² (likelihood ratio, 2 Σ O ln(O/E)) or Pearson's X² of independence of x and y in every stratum of `given`. Degrees
 * of freedom count, in each stratum, the rows and columns that occur there: (r - 1)(c - 1), so that empty margins give
 * none (the adjustment of Bishop, Fienberg & Holland 1975, section 3.5; unadjusted counts lose power and err to
 * independence). Rows with a missing cell in these columns are left out. O(n k + cells).
 */
export function contingencyTest(
  data: DiscoveryData,
  x: number,
  y: number,
  given: ArrayLike<number>,
  statistic: "g2" | "x2" = "g2",
): ContingencyResult {
  const a = discreteOf(data, x);
  const b = discreteOf(data, y);
  const strata = strataOf(data, Array.from(given));
  const p = a.levels.length;
  const q = b.levels.length;
  const counts = new Map<number, Int32Array>();
  let n = 0;
  for (let i = 0; i < data.n; i++) {
    const s = strata[i]!;
    const u = a.codes[i]!;
    const v = b.codes[i]!;
    if (s < 0 || u < 0 || v < 0) continue;
    n += 1;
    let table = counts.get(s);
    if (table === undefined) counts.set(s, (table = new Int32Array(p * q)));
    table[u * q + v]! += 1;
  }
  let value = 0;
  let df = 0;
  const rows = new Float64Array(p);
  const columns = new Float64Array(q);
  for (const table of counts.values()) {
    rows.fill(0);
    columns.fill(0);
    let total = 0;
    for (let u = 0; u < p; u++) {
      for (let v = 0; v < q; v++) {
        const count = table[u * q + v]!;
        rows[u]! += count;
        columns[v]! += count;
        total += count;
      }
    }
    const usedRows = rows.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
    const usedColumns = columns.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
    df += (usedRows - 1) * (usedColumns - 1);
    for (let u = 0; u < p; u++) {
      for (let v = 0; v < q; v++) {
        const expected = (rows[u]! * columns[v]!) / total;
        if (expected === 0) continue;
        const count = table[u * q + v]!;
        if (statistic === "x2") value += (count - expected) ** 2 / expected;
        else if (count > 0) value += 2 * count * Math.log(count / expected);
      }
    }
  }
  const bounded = Math.max(0, value);
  return { statistic: bounded, df, n, p: df === 0 ? 1 : chiSquaredUpper(bounded, df) };
}

/** The stratum of each row by the levels of `given`, -1 where one is missing. */
function strataOf(data: DiscoveryData, given: readonly number[]): Int32Array {
  const strata = new Int32Array(data.n);
  let size = 1;
  for (const v of given) {
    const { codes, levels } = discreteOf(data, v);
    const next = size * levels.length;
    if (next > DENSE) {
      // renumber what occurs, so that products never overflow
      const seen = new Map<number, number>();
      for (let i = 0; i < data.n; i++) {
        const s = strata[i]!;
        if (s < 0) continue;
        let id = seen.get(s);
        if (id === undefined) seen.set(s, (id = seen.size));
        strata[i] = id;
      }
      size = seen.size;
    }
    for (let i = 0; i < data.n; i++) {
      const s = strata[i]!;
      const code = codes[i]!;
      strata[i] = s < 0 || code < 0 ? -1 : s * levels.length + code;
    }
    size *= levels.length;
  }
  return strata;
}

/** G² or X² as a test for levels. */
export function discreteTest(
  data: DiscoveryData,
  alpha: number,
  statistic: "g2" | "x2" = "g2",
): Independence {
  return byPValue(
    statistic,
    (x, y, given) => contingencyTest(data, x, y, given, statistic).p,
    alpha,
  );
}
