import type { Rng } from "../../math/rng.ts";

/** A regression tree as parallel arrays; node 0 is the root, `left` is -1 in a leaf. Values ≤ threshold go left. */
export interface Tree {
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly value: Float64Array;
}

/** Columns cut into at most 256 bins at quantiles. */
export interface Binned {
  readonly n: number;
  readonly d: number;
  /** `[n, d]` row-major: all of a row's bins lie in one cache line. */
  readonly bins: Uint8Array;
  /** Upper edges of each column's bins but the last. */
  readonly edges: readonly Float64Array[];
  readonly width: number;
}

/** Bins of `x: [n, d]`. Columns of few values get a bin each. O(nd log n). */
export function binColumns(x: Float64Array, n: number, d: number, width = 64): Binned {
  const bins = new Uint8Array(n * d);
  const edges: Float64Array[] = [];
  const column = new Float64Array(n);
  for (let j = 0; j < d; j++) {
    for (let i = 0; i < n; i++) column[i] = x[i * d + j]!;
    const cuts = cutsOf(column, width);
    edges.push(cuts);
    for (let i = 0; i < n; i++) bins[i * d + j] = binOf(cuts, column[i]!);
  }
  return { n, d, bins, edges, width };
}

function cutsOf(column: Float64Array, width: number): Float64Array {
  // Quantiles of a sample place the edges as well as all rows would.
  const step = Math.max(1, Math.floor(column.length / 5000));
  const sample = new Float64Array(Math.ceil(column.length / step));
  for (let k = 0; k < sample.length; k++) sample[k] = column[k * step]!;
  sample.sort();
  const distinct = sample.filter((v, i) => i === 0 || v !== sample[i - 1]);
  if (distinct.length <= width) {
    return Float64Array.from(
      { length: distinct.length - 1 },
      (_, k) => (distinct[k]! + distinct[k + 1]!) / 2,
    );
  }
  const cuts = new Set<number>();
  for (let k = 1; k < width; k++) cuts.add(sample[Math.floor((k * sample.length) / width)]!);
  return Float64Array.from(cuts);
}

function binOf(cuts: Float64Array, value: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= cuts[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

export interface GrowOptions {
  readonly maxLeaves: number;
  readonly minLeaf: number;
  /** Columns tried at each split; all when absent. */
  readonly tried?: number;
  /** Added to the sum of curvatures in every leaf. */
  readonly ridge: number;
}

interface Leaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly histogram: Float64Array;
  readonly gradient: number;
  readonly curvature: number;
  gain: number;
  feature: number;
  bin: number;
}

/**
 * Grows a tree best leaf first on the rows given: `gradient` and `curvature` per row, so that a leaf's value is
 * Σg/(Σh + ridge). Histograms of the larger child come by subtraction (Ke et al. 2017). `rows` is reordered.
 * O(rows · d · depth).
 */
export function growTree(
  data: Binned,
  rows: Int32Array,
  gradient: Float64Array,
  curvature: Float64Array | undefined,
  options: GrowOptions,
  rng: Rng,
  importance?: Float64Array,
): Tree {
  const most = 2 * options.maxLeaves;
  const tree = {
    feature: new Int32Array(most),
    threshold: new Float64Array(most),
    left: new Int32Array(most).fill(-1),
    right: new Int32Array(most).fill(-1),
    value: new Float64Array(most),
  };
  const size = data.d * data.width * 3;
  let nodes = 1;
  const root = makeLeaf(
    data,
    rows,
    0,
    0,
    rows.length,
    fill(data, rows, 0, rows.length, gradient, curvature, new Float64Array(size)),
    options,
    rng,
  );
  tree.value[0] = root.gradient / (root.curvature + options.ridge);
  const open = [root];
  for (let leaves = 1; leaves < options.maxLeaves; leaves++) {
    let at = -1;
    for (let k = 0; k < open.length; k++)
      if (open[k]!.gain > (at < 0 ? 1e-12 : open[at]!.gain)) at = k;
    if (at < 0) break;
    const leaf = open[at]!;
    if (importance !== undefined) importance[leaf.feature]! += leaf.gain;
    const middle = partition(data, rows, leaf);
    const [l, r] = [nodes, nodes + 1];
    nodes += 2;
    tree.feature[leaf.node] = leaf.feature;
    tree.threshold[leaf.node] = data.edges[leaf.feature]![leaf.bin]!;
    tree.left[leaf.node] = l;
    tree.right[leaf.node] = r;
    const smallLeft = middle - leaf.start <= leaf.end - middle;
    const [from, to] = smallLeft ? [leaf.start, middle] : [middle, leaf.end];
    const small = fill(data, rows, from, to, gradient, curvature, new Float64Array(size));
    const large = leaf.histogram;
    for (let k = 0; k < size; k++) large[k]! -= small[k]!;
    const left = makeLeaf(
      data,
      rows,
      l,
      leaf.start,
      middle,
      smallLeft ? small : large,
      options,
      rng,
    );
    const right = makeLeaf(
      data,
      rows,
      r,
      middle,
      leaf.end,
      smallLeft ? large : small,
      options,
      rng,
    );
    for (const child of [left, right])
      tree.value[child.node] = child.gradient / (child.curvature + options.ridge);
    open[at] = left;
    open.push(right);
  }
  return {
    feature: tree.feature.slice(0, nodes),
    threshold: tree.threshold.slice(0, nodes),
    left: tree.left.slice(0, nodes),
    right: tree.right.slice(0, nodes),
    value: tree.value.slice(0, nodes),
  };
}

/** Adds rows to a histogram: gradient, curvature, count per column and bin. */
function fill(
  data: Binned,
  rows: Int32Array,
  start: number,
  end: number,
  gradient: Float64Array,
  curvature: Float64Array | undefined,
  out: Float64Array,
): Float64Array {
  const { bins, d, width } = data;
  const stride = width * 3;
  for (let k = start; k < end; k++) {
    const row = rows[k]!;
    const g = gradient[row]!;
    const h = curvature === undefined ? 1 : curvature[row]!;
    const from = row * d;
    for (let j = 0, base = 0; j < d; j++, base += stride) {
      const at = base + bins[from + j]! * 3;
      out[at]! += g;
      out[at + 1]! += h;
      out[at + 2]! += 1;
    }
  }
  return out;
}

function makeLeaf(
  data: Binned,
  rows: Int32Array,
  node: number,
  start: number,
  end: number,
  histogram: Float64Array,
  options: GrowOptions,
  rng: Rng,
): Leaf {
  let gradient = 0;
  let curvature = 0;
  for (let b = 0; b < data.width * 3; b += 3) {
    gradient += histogram[b]!;
    curvature += histogram[b + 1]!;
  }
  const leaf: Leaf = {
    node,
    start,
    end,
    histogram,
    gradient,
    curvature,
    gain: 0,
    feature: -1,
    bin: -1,
  };
  if (end - start < 2 * options.minLeaf || rows.length === 0) return leaf;
  const whole = (gradient * gradient) / (curvature + options.ridge);
  const tried =
    options.tried === undefined || options.tried >= data.d
      ? undefined
      : pick(data.d, options.tried, rng);
  const columns = tried?.length ?? data.d;
  for (let c = 0; c < columns; c++) {
    const j = tried === undefined ? c : tried[c]!;
    const last = data.edges[j]!.length;
    let g = 0;
    let h = 0;
    let count = 0;
    let at = j * data.width * 3;
    for (let b = 0; b < last; b++, at += 3) {
      g += histogram[at]!;
      h += histogram[at + 1]!;
      count += histogram[at + 2]!;
      if (count < options.minLeaf) continue;
      if (end - start - count < options.minLeaf) break;
      const rest = gradient - g;
      const gain =
        (g * g) / (h + options.ridge) + (rest * rest) / (curvature - h + options.ridge) - whole;
      if (gain > leaf.gain) {
        leaf.gain = gain;
        leaf.feature = j;
        leaf.bin = b;
      }
    }
  }
  return leaf;
}

function pick(d: number, count: number, rng: Rng): Int32Array {
  const all = Int32Array.from({ length: d }, (_, j) => j);
  for (let k = 0; k < count; k++) {
    const other = k + rng.int(d - k);
    const held = all[k]!;
    all[k] = all[other]!;
    all[other] = held;
  }
  return all.subarray(0, count);
}

/** Reorders a leaf's rows so that those going left come first; where the right ones start. */
function partition(data: Binned, rows: Int32Array, leaf: Leaf): number {
  let low = leaf.start;
  let high = leaf.end - 1;
  while (low <= high) {
    const row = rows[low]!;
    if (data.bins[row * data.d + leaf.feature]! <= leaf.bin) low += 1;
    else {
      rows[low] = rows[high]!;
      rows[high] = row;
      high -= 1;
    }
  }
  return low;
}

/** Adds scale · the tree's value at each row of `x: [n, d]` to `out`. O(n · depth). */
export function addTree(
  tree: Tree,
  x: Float64Array,
  n: number,
  d: number,
  scale: number,
  out: Float64Array,
): void {
  const { feature, threshold, left, right, value } = tree;
  for (let i = 0; i < n; i++) {
    let node = 0;
    const from = i * d;
    while (left[node]! >= 0)
      node = x[from + feature[node]!]! <= threshold[node]! ? left[node]! : right[node]!;
    out[i]! += scale * value[node]!;
  }
}
