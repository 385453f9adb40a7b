import type { Work } from "../../../app/work.ts";
import { foldMap } from "../../math/folds.ts";
import type { Rng } from "../../math/rng.ts";
import { rowsWhere } from "../nuisance.ts";

/** Sampling error of an estimate from its spread over parts of the data. */
export interface PieceErrors {
  readonly standardError: number;
  readonly degreesOfFreedom: number;
  readonly estimates: readonly number[];
}

/**
 * Standard error of an estimator that has no influence function of its own: it is computed afresh on `pieces` disjoint
 * parts of the rows, which are independent, and var(whole) = var(part) / pieces for an estimator whose variance falls
 * as 1/n (interpenetrating samples, Mahalanobis 1946). Larger when smaller fits are less steady, hence on the safe
 * side; blind to a bias that all parts share. Parts are drawn within `strata`, or by whole clusters. In time about one
 * more fit.
 */
export async function pieceErrors(
  n: number,
  pieces: number,
  by: { readonly strata?: ArrayLike<number>; readonly clusters?: Int32Array },
  rng: Rng,
  fit: (rows: Int32Array, rng: Rng, piece: number) => Promise<number>,
): Promise<PieceErrors> {
  const part = foldMap(n, pieces, rng.fork("pieces"), by);
  const estimates: number[] = [];
  for (let k = 0; k < pieces; k++) {
    const rows = rowsWhere(n, (i) => part[i] === k);
    estimates.push(await fit(rows, rng.fork(`piece ${k}`), k));
  }
  const mean = estimates.reduce((sum, v) => sum + v / pieces, 0);
  const spread = estimates.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (pieces - 1);
  return { standardError: Math.sqrt(spread / pieces), degreesOfFreedom: pieces - 1, estimates };
}

/** The part of `work` from `from` to `to`: fractions are mapped, messages and series kept under a prefix. */
export function partOf(work: Work, from: number, to: number, label: string): Work {
  return {
    ...work,
    progress: (progress) =>
      work.progress({
        ...progress,
        ...(progress.fraction === undefined
          ? {}
          : { fraction: from + (to - from) * progress.fraction }),
        ...(progress.message === undefined ? {} : { message: `${label}${progress.message}` }),
        ...(progress.series === undefined
          ? {}
          : {
              series: Object.fromEntries(
                Object.entries(progress.series).map(([name, points]) => [
                  `${label}${name}`,
                  points,
                ]),
              ),
            }),
      }),
  };
}

/** The given rows of an array. */
export function pick(values: ArrayLike<number>, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (i) => values[i]!);
}

/** The given rows of `x: [n, d]`. */
export function pickRows(x: Float64Array, d: number, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length * d);
  rows.forEach((i, k) => out.set(x.subarray(i * d, (i + 1) * d), k * d));
  return out;
}
