import { compact } from "../../../../kernels/graph/compact.ts";
import { createGraph } from "../../../../kernels/graph/graph.ts";
import { connected } from "../../../../kernels/graph/separation.ts";
import type { LaggedTest } from "../../../../kernels/discover/time/lagged-test.ts";
import { createRng, type Rng } from "../../../../kernels/math/rng.ts";

/** A link of a time-series graph: column `from` at t - lag causes column `to` at t. */
export type Link = readonly [from: number, to: number, lag: number];

/** True separations of the graph unrolled far enough into the past for paths through it to count. */
export function oracle(d: number, links: readonly Link[], lags: number): LaggedTest {
  const steps = 2 * lags + 2 * d * lags + 3;
  const name = (time: number, v: number): string => `${time}:${v}`;
  const graph = createGraph({
    nodes: Array.from({ length: steps * d }, (_, id) => name(Math.floor(id / d), id % d)),
    edges: links.flatMap(([from, to, lag]) =>
      Array.from(
        { length: steps - lag },
        (_, k) => [name(k, from), name(k + lag, to), "->"] as const,
      ),
    ),
  });
  const g = compact(graph);
  const id = (code: number): number => (steps - 1 - Math.floor(code / d)) * d + (code % d);
  return {
    name: "oracle",
    d,
    deepest: 2 * lags,
    test: (x, y, given) => {
      const joined = connected(g, [id(x)], [id(y)], Array.from(given, id));
      return joined ? { value: 1, p: 0 } : { value: 0, p: 1 };
    },
  };
}

/** Whether links at lag 0 go in no circle. */
export function acyclicNow(d: number, links: readonly Link[]): boolean {
  const now = links.filter(([, , lag]) => lag === 0);
  const left = new Set(Array.from({ length: d }, (_, v) => v));
  for (let peeled = true; peeled;) {
    peeled = false;
    for (const v of left) {
      if (now.some(([from, to]) => to === v && left.has(from))) continue;
      left.delete(v);
      peeled = true;
    }
  }
  return left.size === 0;
}

/** Linear series with normal noise of variance 1, the start thrown away. */
export function simulate(
  d: number,
  links: readonly (readonly [from: number, to: number, lag: number, weight: number])[],
  n: number,
  seed: number,
  noise: (rng: Rng) => number = (rng) => rng.normal(),
): Float64Array[] {
  const rng = createRng(seed);
  const burn = 200;
  const columns = Array.from({ length: d }, () => new Float64Array(n + burn));
  const order = Array.from({ length: d }, (_, v) => v);
  const now = links.filter(([, , lag]) => lag === 0);
  const rank = (v: number): number =>
    1 + Math.max(-1, ...now.filter(([, to]) => to === v).map(([from]) => rank(from)));
  order.sort((a, b) => rank(a) - rank(b));
  for (let t = 0; t < n + burn; t++) {
    for (const v of order) {
      let value = noise(rng);
      for (const [from, to, lag, weight] of links) {
        if (to === v && t >= lag) value += weight * columns[from]![t - lag]!;
      }
      columns[v]![t] = value;
    }
  }
  return columns.map((column) => column.slice(burn));
}
