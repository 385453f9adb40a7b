import { ancestors, createGraph, mSeparated } from "../../kernels/graph/index.ts";
import type { Graph } from "../../kernels/graph/index.ts";
import {
  adjustmentSets,
  identify,
  minimalAdjustmentSet,
  takeSets,
} from "../../kernels/identify/index.ts";
import { createRng } from "../../kernels/math/rng.ts";
import type { Rng } from "../../kernels/math/rng.ts";

/** `npm run bench:identify`: the timings issue 3 asks for, in one run, each beside its aim. */

function randomAdmg(rng: Rng, n: number): Graph {
  const name = (i: number): string => `v${i}`;
  const edges = new Map<string, readonly [string, string, "->" | "<->"]>();
  while (edges.size < 2 * n) {
    const [a, b] = [rng.int(n), rng.int(n)].sort((x, y) => x - y);
    if (a !== b) edges.set(`${a}>${b}`, [name(a ?? 0), name(b ?? 0), "->"]);
  }
  for (let k = 0; k < n / 4;) {
    const [a, b] = [rng.int(n), rng.int(n)].sort((x, y) => x - y);
    if (a === b || edges.has(`${a}=${b}`)) continue;
    edges.set(`${a}=${b}`, [name(a ?? 0), name(b ?? 0), "<->"]);
    k++;
  }
  return createGraph({
    nodes: Array.from({ length: n }, (_, i) => name(i)),
    edges: [...edges.values()],
  });
}

/** V1 -> … -> Vn with V1 <-> Vn and every third skip-2 pair bidirected. */
function hardChain(n: number): Graph {
  const edges: (readonly [string, string, "->" | "<->"])[] = [["V1", `V${n}`, "<->"]];
  for (let i = 1; i < n; i++) edges.push([`V${i}`, `V${i + 1}`, "->"]);
  for (let i = 1; i + 2 <= n; i += 3) edges.push([`V${i}`, `V${i + 2}`, "<->"]);
  return createGraph({ edges });
}

/** x <- a_i -> b_i -> y for each rung: 2^rungs minimal adjustment sets. */
function ladder(rungs: number): Graph {
  const edges: (readonly [string, string])[] = [["x", "y"]];
  for (let i = 0; i < rungs; i++) edges.push([`a${i}`, "x"], [`a${i}`, `b${i}`], [`b${i}`, "y"]);
  return createGraph({ edges });
}

/** An outcome with at least 20 causes and one of them as treatment, so that there is something to identify. */
function query(graph: Graph): readonly [treatment: string, outcome: string] {
  for (;;) {
    const outcome = graph.nodes[rng.int(graph.nodes.length)]?.name ?? "";
    const causes = ancestors(graph, outcome).filter((name) => name !== outcome);
    if (causes.length >= 20) return [causes[rng.int(causes.length)] ?? "", outcome];
  }
}

/** Median milliseconds of one call, over `times` calls after a tenth as many to warm up. */
function median(times: number, call: (i: number) => void): number {
  for (let i = 0; i < Math.ceil(times / 10); i++) call(i);
  const took = Array.from({ length: times }, (_, i) => {
    const start = performance.now();
    call(i);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return took[Math.floor(took.length / 2)] ?? NaN;
}

/** Mean milliseconds, for calls too short to be timed one by one. */
function mean(times: number, call: (i: number) => void): number {
  for (let i = 0; i < times; i++) call(i);
  const start = performance.now();
  for (let i = 0; i < times; i++) call(i);
  return (performance.now() - start) / times;
}

function report(what: string, ms: number, aimMs?: number): void {
  const text = (value: number): string =>
    value < 0.5 ? `${(value * 1000).toFixed(1)} µs` : `${value.toFixed(2)} ms`;
  const verdict =
    aimMs === undefined ? "" : `   aim ${text(aimMs)}   ${ms <= aimMs ? "met" : "MISSED"}`;
  console.log(`${what.padEnd(58)}${text(ms).padStart(12)}${verdict}`);
}

const rng = createRng(1);
for (const [n, aim] of [
  [100, undefined],
  [1000, 0.025],
  [10_000, 0.05],
] as const) {
  const graphs = Array.from({ length: 3 }, () => randomAdmg(rng, n));
  const pairs = Array.from(
    { length: 3000 },
    () => [`v${rng.int(n)}`, `v${rng.int(n)}`, `v${rng.int(n)}`] as const,
  );
  const times = mean(3000, (i) => {
    const [a, b, c] = pairs[i] ?? ["v0", "v1", "v2"];
    mSeparated(graphs[i % 3] ?? randomAdmg(rng, n), a, b, c);
  });
  report(`m-separation, random pair given one node, n=${n}`, times, aim);
}
for (const [n, aim] of [
  [1000, 1],
  [10_000, 15],
] as const) {
  const graphs = Array.from({ length: 3 }, () => randomAdmg(rng, n));
  const asked = Array.from({ length: 60 }, (_, i) => query(graphs[i % 3] ?? randomAdmg(rng, n)));
  const ms = median(60, (i) => {
    const graph = graphs[i % 3] ?? randomAdmg(rng, n);
    const [treatment, outcome] = asked[i] ?? ["v0", "v1"];
    minimalAdjustmentSet(graph, { treatment, outcome });
  });
  report(`one minimal adjustment set, n=${n}`, ms, aim);
}
{
  const graphs = Array.from({ length: 5 }, () => randomAdmg(rng, 1000));
  const kinds = new Map<string, number>();
  const asked = Array.from({ length: 60 }, (_, i) => query(graphs[i % 5] ?? randomAdmg(rng, 1000)));
  const ms = median(60, (i) => {
    const graph = graphs[i % 5] ?? randomAdmg(rng, 1000);
    const [x, y] = asked[i] ?? ["v0", "v1"];
    const result = identify(graph, `P(${y} | do(${x}))`, { strategies: false });
    kinds.set(result.kind, (kinds.get(result.kind) ?? 0) + 1);
  });
  report(`ID, random ADMG n=1000 (${[...kinds].map(([k, c]) => `${c} ${k}`).join(", ")})`, ms, 20);
}
for (const [n, aim] of [
  [50, undefined],
  [100, undefined],
  [200, 100],
] as const) {
  const graph = hardChain(n);
  const ms = median(10, () => identify(graph, `P(V${n} | do(V1))`, { strategies: false }));
  report(`ID, hard chain n=${n}`, ms, aim);
}
{
  const graph = ladder(12);
  const ms = median(20, () =>
    takeSets(adjustmentSets(graph, { treatment: "x", outcome: "y" }), 20),
  );
  report("first 20 minimal sets of a 12-rung ladder", ms, 10);
}
