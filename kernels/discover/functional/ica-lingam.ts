import type { Work } from "../../../app/work.ts";
import type { Rng } from "../../math/rng.ts";
import { assign } from "./assignment.ts";
import { fastIca } from "./ica.ts";

export interface IcaOrder {
  readonly order: Int32Array;
  /** Share of the squared coefficients that point against the order: near 0 when ICA agrees with one. */
  readonly against: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * The causal order by independent components (Shimizu et al. 2006, algorithms A to C): sources are matched to columns so
 * that no diagonal entry is small, which gives x = B x + e, and the smallest entries of B are taken away until the rest
 * has an order. `columns: [d][n]`, centred. O(d² n) an iteration of ICA and O(d⁴) for the order.
 */
export async function icaOrder(
  columns: readonly Float64Array[],
  rng: Rng,
  work: Work,
): Promise<IcaOrder> {
  const d = columns.length;
  const { w, iterations, converged } = await fastIca(columns, rng, work);
  const cost = w.map((value) => 1 / Math.max(1e-12, Math.abs(value)));
  const columnOf = assign(cost, d);
  const b = new Float64Array(d * d);
  for (let source = 0; source < d; source++) {
    const v = columnOf[source]!;
    for (let u = 0; u < d; u++) {
      if (u !== v) b[v * d + u] = -w[source * d + u]! / w[source * d + v]!;
    }
  }
  const entries = Array.from(b.keys())
    .filter((k) => Math.floor(k / d) !== k % d)
    .toSorted((x, y) => Math.abs(b[x]!) - Math.abs(b[y]!));
  const kept = b.slice();
  // an order of d columns has d (d - 1) / 2 pairs without an entry
  let removed = (d * (d - 1)) / 2;
  for (const k of entries.slice(0, removed)) kept[k] = 0;
  for (;;) {
    const order = orderOf(kept, d);
    if (order !== undefined) {
      return { order, against: shareAgainst(b, order), iterations, converged };
    }
    kept[entries[removed++]!] = 0;
  }
}

/** Share of B² that points from later to earlier columns. */
function shareAgainst(b: Float64Array, order: Int32Array): number {
  const d = order.length;
  const position = new Int32Array(d);
  order.forEach((v, i) => (position[v] = i));
  let against = 0;
  let total = 0;
  for (let v = 0; v < d; v++) {
    for (let u = 0; u < d; u++) {
      const square = b[v * d + u]! ** 2;
      total += square;
      if (position[u]! > position[v]!) against += square;
    }
  }
  return total === 0 ? 0 : against / total;
}

/** Causes before effects, if the entries allow one: `b[v, u]` is u's effect on v. */
function orderOf(b: Float64Array, d: number): Int32Array | undefined {
  const order: number[] = [];
  const placed = new Uint8Array(d);
  while (order.length < d) {
    const next = Array.from(placed.keys()).find(
      (v) =>
        placed[v] === 0 && placed.every((done, u) => done === 1 || u === v || b[v * d + u] === 0),
    );
    if (next === undefined) return undefined;
    placed[next] = 1;
    order.push(next);
  }
  return Int32Array.from(order);
}
