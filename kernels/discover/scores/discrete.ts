import { lnGamma } from "../../math/distributions.ts";
import { discreteOf, type DiscoveryData } from "../data.ts";
import type { LocalScore } from "./local-score.ts";

/** Levels of a node and configurations of its parents, counted. */
interface Counts {
  /** Rows of each configuration that occurs, and of each level in it: `[configurations, levels]`. */
  readonly cells: Int32Array;
  readonly configurations: number;
}

/** Cells of a table counted in place at most; larger tables number only what occurs. */
const DENSE = 1 << 16;

class Counter {
  readonly #data: DiscoveryData;
  readonly levels: Int32Array;
  readonly #codes: readonly Int32Array[];
  #table = new Int32Array(DENSE);
  readonly #with: Int32Array;

  constructor(data: DiscoveryData) {
    this.#data = data;
    this.levels = Int32Array.from({ length: data.d }, (_, v) => discreteOf(data, v).levels.length);
    this.#codes = Array.from({ length: data.d }, (_, v) => discreteOf(data, v).codes);
    this.#with = new Int32Array(data.n);
  }

  /** The configuration of the parents in each row, numbered from 0 by what occurs once the table would be large. */
  configurations(parents: ArrayLike<number>): { of: Int32Array; count: number } {
    let of: Int32Array = new Int32Array(this.#data.n);
    let count = 1;
    for (let k = 0; k < parents.length; k++) {
      of = of.slice();
      count = this.extend(of, count, parents[k]!, of);
    }
    return { of, count };
  }

  /** Crosses the configurations `of` with column z, into `out`; returns how many there are. */
  extend(of: Int32Array, count: number, z: number, out: Int32Array): number {
    const codes = this.#codes[z]!;
    const r = this.levels[z]!;
    const { n } = this.#data;
    for (let i = 0; i < n; i++) out[i] = of[i]! * r + codes[i]!;
    const next = count * r;
    if (next <= DENSE / 16) return next;
    const seen = new Map<number, number>();
    for (let i = 0; i < n; i++) {
      const key = out[i]!;
      let id = seen.get(key);
      if (id === undefined) seen.set(key, (id = seen.size));
      out[i] = id;
    }
    return seen.size;
  }

  count(v: number, of: Int32Array, configurations: number): Counts {
    const r = this.levels[v]!;
    const size = configurations * r;
    if (this.#table.length < size) this.#table = new Int32Array(2 * size);
    const cells = this.#table.subarray(0, size);
    cells.fill(0);
    const codes = this.#codes[v]!;
    const { n } = this.#data;
    for (let i = 0; i < n; i++) cells[of[i]! * r + codes[i]!]! += 1;
    return { cells, configurations };
  }

  /** Counts of v by the configurations `of` crossed with z. */
  countWith(v: number, of: Int32Array, configurations: number, z: number): Counts {
    const count = this.extend(of, configurations, z, this.#with);
    return this.count(v, this.#with, count);
  }
}

type Valuation = (v: number, counts: Counts, states: number) => number;

function discreteScore(data: DiscoveryData, name: string, valueOf: Valuation): LocalScore {
  const counter = new Counter(data);
  const { levels } = counter;
  const statesOf = (parents: ArrayLike<number>): number => {
    let states = 1;
    for (let k = 0; k < parents.length; k++) states *= levels[parents[k]!]!;
    return states;
  };
  return {
    name,
    d: data.d,
    local: (v, parents) => {
      const { of, count } = counter.configurations(parents);
      return valueOf(v, counter.count(v, of, count), statesOf(parents));
    },
    grow: (v, parents, _base, out) => {
      const { of, count } = counter.configurations(parents);
      const states = statesOf(parents);
      for (let z = 0; z < data.d; z++) {
        out[z] = valueOf(v, counter.countWith(v, of, count, z), states * levels[z]!);
      }
      out[v] = -Infinity;
      for (let k = 0; k < parents.length; k++) out[parents[k]!] = -Infinity;
    },
  };
}

/**
 * BDeu: log marginal likelihood under a uniform Dirichlet prior worth `sampleSize` rows: with q parent configurations
 * and r levels Σ_j [ln Γ(a/q)/Γ(a/q + N_j) + Σ_k ln Γ(a/qr + N_jk)/Γ(a/qr)]. Heckerman, Geiger & Chickering 1995,
 * equation 28. q counts every configuration of declared levels, whether it occurs or not. O(n k + cells).
 */
export function bdeuScore(data: DiscoveryData, sampleSize: number): LocalScore {
  const rise = new Map<number, Float64Array>();
  /** ln Γ(a + N) - ln Γ(a) for whole N, remembered by a. */
  const riseOf = (a: number): Float64Array => {
    let values = rise.get(a);
    if (values === undefined) {
      values = new Float64Array(data.n + 1).fill(Number.NaN);
      if (rise.size > 64) rise.clear();
      rise.set(a, values);
    }
    return values;
  };
  const value = (values: Float64Array, a: number, count: number): number => {
    let v = values[count]!;
    if (Number.isNaN(v)) values[count] = v = lnGamma(a + count) - lnGamma(a);
    return v;
  };
  return discreteScore(data, `BDeu, sample size ${sampleSize}`, (v, counts, states) => {
    const r = discreteOf(data, v).levels.length;
    const perRow = sampleSize / states;
    const perCell = perRow / r;
    const rowRise = riseOf(perRow);
    const cellRise = riseOf(perCell);
    let sum = 0;
    for (let j = 0; j < counts.configurations; j++) {
      let total = 0;
      for (let k = 0; k < r; k++) {
        const count = counts.cells[j * r + k]!;
        if (count === 0) continue;
        total += count;
        sum += value(cellRise, perCell, count);
      }
      if (total > 0) sum -= value(rowRise, perRow, total);
    }
    return sum;
  });
}

/** BIC of categorical conditionals: log likelihood - penalty/2 · (r - 1) q ln n, q and r by declared levels. O(n k + cells). */
export function discreteBic(data: DiscoveryData, penalty: number): LocalScore {
  const cost = (penalty / 2) * Math.log(data.n);
  return discreteScore(data, `BIC, penalty ${penalty}`, (v, counts, states) => {
    const r = discreteOf(data, v).levels.length;
    let sum = 0;
    for (let j = 0; j < counts.configurations; j++) {
      let total = 0;
      for (let k = 0; k < r; k++) {
        const count = counts.cells[j * r + k]!;
        if (count === 0) continue;
        total += count;
        sum += count * Math.log(count);
      }
      if (total > 0) sum -= total * Math.log(total);
    }
    return sum - cost * (r - 1) * states;
  });
}
