import { chiSquaredUpper } from "../../math/distributions.ts";
import type { DiscoveryData } from "../data.ts";
import { byPValue, type Independence } from "./independence.ts";

/** Columns of numbers and levels as one block of standardised numbers each: levels become indicators but one. */
export interface Embedding {
  /** Numbers of the embedded columns that a variable became. */
  readonly block: readonly (readonly number[])[];
  /** `[m][n]`; NaN in rows where the variable is missing. */
  readonly columns: readonly Float64Array[];
}

/** Degenerate Gaussian embedding (Andrews, Ramsey & Cooper 2019, section 3). O(n · levels). */
export function embed(data: DiscoveryData): Embedding {
  const columns: Float64Array[] = [];
  const block = data.variables.map((variable) => {
    const first = columns.length;
    if (variable.kind === "numeric") columns.push(variable.values);
    else {
      // The most common level is the reference, so that the indicators kept are far from constant.
      const counts = new Int32Array(variable.levels.length);
      for (const code of variable.codes) if (code >= 0) counts[code]! += 1;
      const reference = counts.indexOf(counts.reduce((a, b) => Math.max(a, b), 0));
      variable.levels.forEach((_, level) => {
        if (level === reference) return;
        columns.push(
          Float64Array.from(variable.codes, (c) => (c < 0 ? Number.NaN : c === level ? 1 : 0)),
        );
      });
    }
    return Array.from({ length: columns.length - first }, (_, k) => first + k);
  });
  return { block, columns };
}

/**
 * ln det of the correlation among the embedded columns `ids` on the rows `rows` (all when absent); columns that follow
 * from earlier ones are left out. O(n k² + k³).
 */
export function logDeterminant(
  r: Float64Array,
  m: number,
  ids: readonly number[],
): { value: number; rank: number } {
  const k = ids.length;
  const l = new Float64Array(k * k);
  let value = 0;
  let rank = 0;
  for (let i = 0; i < k; i++) {
    let pivot = r[ids[i]! * m + ids[i]!]!;
    for (let j = 0; j < i; j++) {
      const diagonal = l[j * k + j]!;
      if (diagonal === 0) continue;
      let sum = r[ids[i]! * m + ids[j]!]!;
      for (let a = 0; a < j; a++) sum -= l[i * k + a]! * l[j * k + a]!;
      l[i * k + j] = sum / diagonal;
      pivot -= l[i * k + j]! ** 2;
    }
    if (!(pivot > 1e-9)) continue; // constant or a combination: carries nothing new
    l[i * k + i] = Math.sqrt(pivot);
    value += Math.log(pivot);
    rank += 1;
  }
  return { value, rank };
}

/** Correlations of the given columns over rows complete in all of them; a constant one gets 0 everywhere. */
export function completeCorrelations(columns: readonly Float64Array[]): {
  r: Float64Array;
  n: number;
} {
  const m = columns.length;
  const rows: number[] = [];
  const length = columns[0]?.length ?? 0;
  for (let i = 0; i < length; i++) if (!columns.some((c) => Number.isNaN(c[i]!))) rows.push(i);
  const n = rows.length;
  const scaled = columns.map((column) => {
    let mean = 0;
    for (const i of rows) mean += column[i]! / n;
    const out = Float64Array.from(rows, (i) => column[i]! - mean);
    let square = 0;
    for (const value of out) square += value * value;
    const size = Math.sqrt(square);
    return size <= 1e-12 ? out.fill(0) : out.map((value) => value / size);
  });
  const r = new Float64Array(m * m);
  for (let a = 0; a < m; a++) {
    for (let b = a; b < m; b++) {
      let sum = 0;
      const u = scaled[a]!;
      const v = scaled[b]!;
      for (let i = 0; i < n; i++) sum += u[i]! * v[i]!;
      r[a * m + b] = sum;
      r[b * m + a] = sum;
    }
  }
  return { r, n };
}

/**
 * Likelihood-ratio test on the embedding for numbers and levels together: n ln of the ratio of determinants with and
 * without the block of y given x, on (rank x)(rank y) degrees of freedom, with Bartlett's small-sample factor. Exact for
 * Gaussian columns; for levels it sees differences in means and shares, not every dependence. Missing cells by
 * testwise deletion. Andrews, Ramsey & Cooper 2019. O(k³) a test, O(n k²) where cells are missing.
 */
export function mixedTest(data: DiscoveryData, alpha: number): Independence {
  const { block, columns } = embed(data);
  const whole = data.missing ? undefined : completeCorrelations(columns);
  const p: Independence["p"] = (x, y, given) => {
    const s = Array.from(given).flatMap((v) => block[v]!);
    let ids = { x: block[x]!, y: block[y]!, s: s as readonly number[] };
    let r = whole?.r;
    let n = whole?.n ?? 0;
    let m = columns.length;
    if (r === undefined) {
      const all = [...ids.x, ...ids.y, ...ids.s];
      ({ r, n } = completeCorrelations(all.map((id) => columns[id]!)));
      m = all.length;
      const place = new Map(all.map((id, k) => [id, k]));
      const local = (list: readonly number[]): number[] => list.map((id) => place.get(id)!);
      ids = { x: local(ids.x), y: local(ids.y), s: local(ids.s) };
    }
    const base = logDeterminant(r, m, ids.s);
    const withX = logDeterminant(r, m, [...ids.s, ...ids.x]);
    const withY = logDeterminant(r, m, [...ids.s, ...ids.y]);
    const both = logDeterminant(r, m, [...ids.s, ...ids.x, ...ids.y]);
    const rankX = withX.rank - base.rank;
    const rankY = withY.rank - base.rank;
    const df = rankX * rankY;
    const scale = n - 1 - base.rank - (rankX + rankY + 1) / 2;
    if (df === 0 || scale <= 0) return 1;
    if (both.rank < withX.rank + rankY) return 0; // one follows from the other exactly
    const statistic = scale * (withX.value + withY.value - base.value - both.value);
    return chiSquaredUpper(Math.max(0, statistic), df);
  };
  return byPValue("degenerate Gaussian", p, alpha);
}
