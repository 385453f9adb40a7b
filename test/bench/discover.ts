import { execFileSync } from "node:child_process";
import type { Table } from "../../kernels/data/table.ts";
import { tableOf } from "../../kernels/data/table.ts";
import { compareGraphs, discover } from "../../kernels/discover/index.ts";
import { createGraph, type Graph } from "../../kernels/graph/graph.ts";
import { createRng, type Rng } from "../../kernels/math/rng.ts";

/**
 * `npm run bench:discover [seed]`: searches of linear data on ER2 graphs (two arrows a node), n = 1,000, one thread; each
 * in a process of its own, so that its peak memory is its own. Columns are standardised save where it is said: then no
 * order of variances helps. Coefficients are ±[0.5, 2], noises normal with variance 1.
 */

interface Row {
  readonly method: string;
  readonly d: number;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly raw?: true;
  readonly aim?: string;
}

const rows: readonly Row[] = [
  { method: "pc", d: 100, options: { alpha: 0.01 } },
  { method: "pc", d: 500, options: { alpha: 0.01 } },
  { method: "pc", d: 1000, options: { alpha: 0.01 }, aim: "5 s" },
  { method: "boss", d: 100, options: { penalty: 4 }, aim: "2 s, CPDAG-SHD 5" },
  { method: "boss", d: 500, options: { penalty: 4 }, aim: "30 s, 30" },
  { method: "boss", d: 1000, options: { penalty: 4 }, aim: "120 s, 100, under 1 GB" },
  { method: "ges", d: 100, options: { penalty: 4 } },
  { method: "direct-lingam", d: 50 },
  { method: "dagma", d: 20, raw: true },
  { method: "dagma", d: 20, raw: true, options: { precision: "float32" } },
  { method: "dagma", d: 50, raw: true },
  { method: "dagma", d: 50, raw: true, options: { precision: "float32" } },
  { method: "dagma", d: 100, raw: true },
  { method: "dagma", d: 100, raw: true, options: { precision: "float32" } },
  { method: "dagma", d: 20 },
  { method: "dagma", d: 50 },
  { method: "dagma", d: 100 },
  { method: "notears", d: 20, raw: true },
  { method: "notears", d: 20 },
];

const [given = "2026", only] = process.argv.slice(2);
if (only === undefined) {
  console.log(`ER2, n = 1000, seed ${given}; standardised save where "raw" stands`);
  console.log(
    "method         d     time  peak MB  CPDAG-SHD  SHD  skeleton F1  score (empty)            aim",
  );
  rows.forEach((_, k) => {
    const args = ["--expose-gc", import.meta.filename, given, String(k)];
    process.stdout.write(execFileSync(process.execPath, args, { encoding: "utf8" }));
  });
} else {
  const row = rows[Number(only)];
  if (row === undefined) throw new Error(`There is no row ${only}.`);
  console.log(await measure(row, Number(given)));
}

async function measure(row: Row, seed: number): Promise<string> {
  const { method, d, options = {}, raw = false, aim = "" } = row;
  const { table, graph } = sample(createRng(seed).fork(`d ${d}`), d, 1000, raw);
  (globalThis as { gc?: () => void }).gc?.();
  const began = performance.now();
  const found = await discover(table, { method, seed: 1, ...options });
  const seconds = (performance.now() - began) / 1000;
  const peak = process.resourceUsage().maxRSS / 1024;
  const of = (metric: "cpdag-shd" | "shd" | "skeleton-f1"): number =>
    compareGraphs(found.graph, graph, metric).value;
  const score =
    found.score === undefined
      ? ""
      : `${found.score.value.toFixed(0)} (${found.score.empty.toFixed(0)})`;
  return [
    `${method}${raw ? " raw" : ""}${options["precision"] === undefined ? "" : " f32"}`.padEnd(14),
    String(d).padEnd(5),
    `${seconds.toFixed(2)} s`.padStart(8),
    peak.toFixed(0).padStart(8),
    String(of("cpdag-shd")).padStart(10),
    // of directions: only methods that give one graph mean it
    (found.kind === "dag" ? String(of("shd")) : "").padStart(4),
    of("skeleton-f1").toFixed(3).padStart(12),
    ` ${score}`.padEnd(26),
    aim,
  ].join(" ");
}

function sample(
  rng: Rng,
  d: number,
  n: number,
  raw: boolean,
): { readonly table: Table; readonly graph: Graph } {
  const order = Array.from({ length: d }, (_, i) => i);
  for (let i = d - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  const arrows = new Map<string, readonly [number, number, number]>();
  while (arrows.size < 2 * d) {
    const [a, b] = [rng.int(d), rng.int(d)].toSorted((x, y) => x - y);
    if (a === undefined || b === undefined || a === b) continue;
    const weight = (rng.next() < 0.5 ? -1 : 1) * (0.5 + 1.5 * rng.next());
    arrows.set(`${a} ${b}`, [order[a] ?? 0, order[b] ?? 0, weight]);
  }
  const columns = Array.from({ length: d }, () =>
    Float64Array.from({ length: n }, () => rng.normal()),
  );
  for (const to of order) {
    for (const [from, target, weight] of arrows.values()) {
      if (target !== to) continue;
      const [cause, effect] = [columns[from]!, columns[to]!];
      for (let r = 0; r < n; r++) effect[r]! += weight * cause[r]!;
    }
  }
  if (!raw) columns.forEach(standardise);
  const names = columns.map((_, i) => `x${i}`);
  return {
    table: tableOf(Object.fromEntries(names.map((name, i) => [name, columns[i]!]))),
    graph: createGraph({
      nodes: names,
      edges: [...arrows.values()].map(([from, to]) => [names[from]!, names[to]!]),
    }),
  };
}

function standardise(column: Float64Array): void {
  const mean = column.reduce((a, b) => a + b, 0) / column.length;
  const sd = Math.sqrt(column.reduce((a, b) => a + (b - mean) ** 2, 0) / column.length);
  for (let i = 0; i < column.length; i++) column[i] = (column[i]! - mean) / sd;
}
