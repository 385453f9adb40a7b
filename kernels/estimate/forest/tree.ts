import type { Rng } from "../../math/rng.ts";
import type { BinnedCovariates } from "./bins.ts";

/** What a forest fits: the slope of `y` on `w` (both centred), or the mean of `y` where `w` is absent. `[n]` each. */
export interface Response {
  readonly y: Float64Array;
  readonly w?: Float64Array;
}

export interface TreeOptions {
  /** Columns tried at each split. */
  readonly tried: number;
  /** Fewest rows with `w` below, and above, its mean in the node (fewest rows for a mean), on either side of a split. */
  readonly minimumLeaf: number;
  /** Least share of the parent's rows, and of its variation in `w`, on either side of a split. */
  readonly balance: number;
}

/** Means of a leaf's estimation rows: y, w, w y, w w. */
export const LEAF = 4;

/** Nodes as columns; node 0 is the root. A leaf has feature -1. */
export interface Tree {
  readonly feature: Int32Array;
  /** Rows in this bin or a lower one go left. */
  readonly cut: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** `[nodes, LEAF]`; NaN for a leaf without estimation rows. */
  readonly values: Float64Array;
}

/** Buffers shared by the trees of a forest. */
export interface Scratch {
  readonly rho: Float64Array;
  /** `[256, 5]`: rows, Σρ, rows with small w, Σw, Σw² of each bin. */
  readonly histogram: Float64Array;
  readonly columns: Int32Array;
}

export function createScratch(n: number, d: number): Scratch {
  return {
    rho: new Float64Array(n),
    histogram: new Float64Array(256 * 5),
    columns: Int32Array.from({ length: d }, (_, j) => j),
  };
}

/**
 * Grows an honest tree (Athey, Tibshirani & Wager 2019, sections 2.3-2.4, algorithm 1): splits maximise the
 * heterogeneity of gradient pseudo-outcomes ρ = (w - w̄)(y - ȳ - τ̂ (w - w̄)) / Var w of `splitting` rows; leaves
 * hold the means of `estimation` rows alone. Both arrays are reordered. O(rows · tried · depth).
 */
export function growTree(
  covariates: BinnedCovariates,
  response: Response,
  splitting: Int32Array,
  estimation: Int32Array,
  options: TreeOptions,
  scratch: Scratch,
  rng: Rng,
): Tree {
  const feature: number[] = [-1];
  const cut: number[] = [0];
  const left: number[] = [0];
  const right: number[] = [0];
  const ranges: [number, number, number, number][] = [[0, splitting.length, 0, estimation.length]];
  for (let node = 0; node < ranges.length; node++) {
    const [from, to, fromE, toE] = ranges[node]!;
    const found = findSplit(covariates, response, splitting, from, to, options, scratch, rng);
    if (found === undefined) continue;
    const middle = partition(covariates, splitting, from, to, found.column, found.bin);
    const middleE = partition(covariates, estimation, fromE, toE, found.column, found.bin);
    feature[node] = found.column;
    cut[node] = found.bin;
    for (const [side, range] of [
      [left, [from, middle, fromE, middleE]],
      [right, [middle, to, middleE, toE]],
    ] as const) {
      side[node] = ranges.length;
      ranges.push([...range] as [number, number, number, number]);
      feature.push(-1);
      cut.push(0);
      left.push(0);
      right.push(0);
    }
  }
  const values = new Float64Array(ranges.length * LEAF);
  ranges.forEach(([, , start, end], node) =>
    leafMeans(response, estimation, start, end, values, node),
  );
  return prune({
    feature: Int32Array.from(feature),
    cut: Uint8Array.from(cut),
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    values,
  });
}

function leafMeans(
  { y, w }: Response,
  rows: Int32Array,
  from: number,
  to: number,
  values: Float64Array,
  node: number,
): void {
  const at = node * LEAF;
  const count = to - from;
  if (count === 0) {
    values.fill(NaN, at, at + LEAF);
    return;
  }
  for (let k = from; k < to; k++) {
    const i = rows[k]!;
    const wi = w?.[i] ?? 0;
    values[at]! += y[i]! / count;
    values[at + 1]! += wi / count;
    values[at + 2]! += (wi * y[i]!) / count;
    values[at + 3]! += (wi * wi) / count;
  }
}

/** A split with an empty side is no split: its node becomes its other side. Works from the leaves up. */
function prune(tree: Tree): Tree {
  const { feature, cut, left, right, values } = tree;
  for (let node = feature.length - 1; node >= 0; node--) {
    if (feature[node]! < 0) continue;
    const [a, b] = [left[node]!, right[node]!];
    const empty = (child: number): boolean =>
      feature[child]! < 0 && Number.isNaN(values[child * LEAF]!);
    if (!empty(a) && !empty(b)) continue;
    const kept = empty(a) ? b : a;
    feature[node] = feature[kept]!;
    cut[node] = cut[kept]!;
    left[node] = left[kept]!;
    right[node] = right[kept]!;
    values.copyWithin(node * LEAF, kept * LEAF, (kept + 1) * LEAF);
  }
  return tree;
}

function partition(
  { bins, n }: BinnedCovariates,
  rows: Int32Array,
  from: number,
  to: number,
  column: number,
  bin: number,
): number {
  const base = column * n;
  let low = from;
  let high = to - 1;
  while (low <= high) {
    const row = rows[low]!;
    if (bins[base + row]! <= bin) low++;
    else {
      rows[low] = rows[high]!;
      rows[high] = row;
      high--;
    }
  }
  return low;
}

function findSplit(
  covariates: BinnedCovariates,
  { y, w }: Response,
  rows: Int32Array,
  from: number,
  to: number,
  options: TreeOptions,
  { rho, histogram, columns }: Scratch,
  rng: Rng,
): { readonly column: number; readonly bin: number } | undefined {
  const count = to - from;
  const { minimumLeaf, balance } = options;
  if (count < 2 * minimumLeaf) return undefined;
  let yMean = 0;
  let wMean = 0;
  for (let k = from; k < to; k++) {
    yMean += y[rows[k]!]! / count;
    if (w !== undefined) wMean += w[rows[k]!]! / count;
  }
  let covariance = 0;
  let variation = 0;
  if (w !== undefined) {
    for (let k = from; k < to; k++) {
      const i = rows[k]!;
      covariance += (w[i]! - wMean) * (y[i]! - yMean);
      variation += (w[i]! - wMean) ** 2;
    }
    if (variation <= 1e-12 * count) return undefined;
  }
  const slope = w === undefined ? 0 : covariance / variation;
  for (let k = from; k < to; k++) {
    const i = rows[k]!;
    const residual = y[i]! - yMean;
    if (w === undefined) rho[i] = residual;
    else {
      const centred = w[i]! - wMean;
      rho[i] = centred * (residual - slope * centred);
    }
  }
  let small = 0;
  if (w !== undefined) for (let k = from; k < to; k++) if (w[rows[k]!]! < wMean) small++;

  let best: { readonly column: number; readonly bin: number } | undefined;
  let bestScore = 1e-12;
  const { n, d, bins, edges } = covariates;
  const tried = Math.min(options.tried, d);
  for (let draw = 0; draw < tried; draw++) {
    if (tried < d) {
      const other = draw + rng.int(d - draw);
      const held = columns[draw]!;
      columns[draw] = columns[other]!;
      columns[other] = held;
    }
    const column = columns[draw]!;
    const width = edges[column]!.length + 1;
    if (width < 2) continue;
    const base = column * n;
    let lowest = width;
    let highest = 0;
    for (let k = from; k < to; k++) {
      const i = rows[k]!;
      const bin = bins[base + i]!;
      if (bin < lowest) lowest = bin;
      if (bin > highest) highest = bin;
      const at = 5 * bin;
      histogram[at]! += 1;
      histogram[at + 1]! += rho[i]!;
      if (w !== undefined) {
        const wi = w[i]! - wMean;
        if (wi < 0) histogram[at + 2]! += 1;
        histogram[at + 3]! += wi;
        histogram[at + 4]! += wi * wi;
      }
    }
    let rowsLeft = 0;
    let rhoLeft = 0;
    let smallLeft = 0;
    let wLeft = 0;
    let wwLeft = 0;
    for (let bin = lowest; bin < highest; bin++) {
      const here = histogram[5 * bin]!;
      if (here === 0) continue;
      rowsLeft += here;
      rhoLeft += histogram[5 * bin + 1]!;
      const rowsRight = count - rowsLeft;
      if (w !== undefined) {
        smallLeft += histogram[5 * bin + 2]!;
        wLeft += histogram[5 * bin + 3]!;
        wwLeft += histogram[5 * bin + 4]!;
      }
      if (Math.min(rowsLeft, rowsRight) < Math.max(minimumLeaf, balance * count)) continue;
      if (w !== undefined) {
        const smallRight = small - smallLeft;
        if (Math.min(smallLeft, smallRight) < minimumLeaf) continue;
        if (Math.min(rowsLeft - smallLeft, rowsRight - smallRight) < minimumLeaf) continue;
        const sizeLeft = wwLeft - wLeft ** 2 / rowsLeft;
        const sizeRight = variation - wwLeft - wLeft ** 2 / rowsRight;
        if (Math.min(sizeLeft, sizeRight) < balance * variation) continue;
      }
      // Σρ over the node is 0, so that the right sum is minus the left one
      const score = rhoLeft ** 2 / rowsLeft + rhoLeft ** 2 / rowsRight;
      if (score > bestScore) {
        bestScore = score;
        best = { column, bin };
      }
    }
    // Left clean for the next column: small nodes touch few bins
    histogram.fill(0, 5 * lowest, 5 * highest + 5);
  }
  return best;
}

/** The leaf of row `i` of binned covariates. O(depth). */
export function leafOf(tree: Tree, { bins, n }: BinnedCovariates, i: number): number {
  let node = 0;
  let column = tree.feature[0]!;
  while (column >= 0) {
    node = bins[column * n + i]! <= tree.cut[node]! ? tree.left[node]! : tree.right[node]!;
    column = tree.feature[node]!;
  }
  return node;
}
