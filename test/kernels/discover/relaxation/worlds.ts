import { type Table, tableOf } from "../../../../kernels/data/table.ts";
import type { Graph } from "../../../../kernels/graph/graph.ts";
import { createRng, type Rng } from "../../../../kernels/math/rng.ts";

export interface World {
  readonly table: Table;
  /** `a>b` for each arrow. */
  readonly arrows: ReadonlySet<string>;
  /** `[d, d]`, row causes column. */
  readonly w: Float64Array;
  readonly d: number;
}

/** An Erdős–Rényi DAG of `edges` arrows with weights ±U[0.5, 2], noises of variance 1 unless told, columns centred. */
export function linearWorld(
  d: number,
  edges: number,
  n: number,
  seed: number,
  noise: (v: number, rng: Rng) => number = (_, rng) => rng.normal(),
): World {
  const rng = createRng(seed);
  const order = Array.from({ length: d }, (_, v) => v);
  for (let i = d - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const w = new Float64Array(d * d);
  for (let left = edges; left > 0;) {
    const a = rng.int(d);
    const b = rng.int(d);
    const at = order[Math.min(a, b)]! * d + order[Math.max(a, b)]!;
    if (a === b || w[at] !== 0) continue;
    w[at] = (rng.next() < 0.5 ? -1 : 1) * (0.5 + 1.5 * rng.next());
    left--;
  }
  const columns = Array.from({ length: d }, () => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    for (const v of order) {
      let value = noise(v, rng);
      for (let p = 0; p < d; p++) value += w[p * d + v]! * columns[p]![i]!;
      columns[v]![i] = value;
    }
  }
  const names = columns.map((_, v) => `v${v}`);
  const arrows = new Set<string>();
  w.forEach((value, at) => {
    if (value !== 0) arrows.add(`v${Math.floor(at / d)}>v${at % d}`);
  });
  return {
    table: tableOf(Object.fromEntries(names.map((name, v) => [name, columns[v]!]))),
    arrows,
    w,
    d,
  };
}

export function arrowsOf(graph: Graph): Set<string> {
  return new Set(graph.edges.map(({ from, to }) => `${from}>${to}`));
}

/** Pairs of nodes whose edge differs: a reversed arrow counts once. */
export function distance(graph: Graph, { arrows }: Pick<World, "arrows">): number {
  const found = arrowsOf(graph);
  const pairs = new Set<string>();
  for (const arrow of [...arrows, ...found]) {
    if (arrows.has(arrow) !== found.has(arrow)) pairs.add(arrow.split(">").toSorted().join("-"));
  }
  return pairs.size;
}

/** The largest difference between a gradient and central differences of its function, relative to the gradient. */
export function gradientError(
  f: (x: Float64Array, gradient: Float64Array) => number,
  x: Float64Array,
  step = 1e-6,
): number {
  const gradient = new Float64Array(x.length);
  f(x, gradient);
  const scratch = new Float64Array(x.length);
  let worst = 0;
  for (let i = 0; i < x.length; i++) {
    const up = x.slice();
    const down = x.slice();
    up[i]! += step;
    down[i]! -= step;
    const numeric = (f(up, scratch) - f(down, scratch)) / (2 * step);
    worst = Math.max(worst, Math.abs(numeric - gradient[i]!) / Math.max(1, Math.abs(gradient[i]!)));
  }
  return worst;
}
