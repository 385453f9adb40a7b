import { UserError } from "../../../app/errors.ts";
import type { Graph } from "../../graph/graph.ts";
import { representative } from "../../graph/representative.ts";
import type { Table } from "../../data/table.ts";
import { invertSymmetric } from "../../math/dense.ts";
import { correlations } from "../correlations.ts";
import { type DiscoveryData, valuesOf } from "../data.ts";
import { readData } from "../read-data.ts";

/** Shares of directed paths along which variance, or R² on all other columns, rises. 0.5 is chance, 0 and 1 give the order away. */
export interface Sortability {
  readonly kind: "sortability";
  readonly variance: number;
  readonly rSquared: number;
}

/**
 * How far sorting the columns by variance (Reisach, Seiler & Weichwald 2021, section 3) or by R² (Reisach et al. 2023,
 * section 3) gives the order of the graph: over node pairs joined by a directed path of each length, the share with a
 * rise, ties counting half. Pairs count once for each length, as in the papers. A class is judged by one member. NaN
 * when the graph has no arrows. O(d³ + d · paths).
 */
export function sortability(table: Table, graph: Graph): Sortability {
  const names = graph.nodes.filter((node) => !node.latent).map((node) => node.name);
  return sortabilityOf(
    readData(table, { as: "numeric", columns: names, allowCollinear: true, missing: "drop" }),
    graph,
  );
}

/** The same on columns already read. */
export function sortabilityOf(data: DiscoveryData, graph: Graph): Sortability {
  const { d, n } = data;
  if (graph.type === "pag" || graph.type === "mag") {
    throw new UserError({
      code: "sortability-needs-dag",
      message: `Sortability is a share of directed paths; a ${graph.type} does not say which those are.`,
      value: graph.type,
      expected: "a DAG or a cpdag",
    });
  }
  const member = representative(graph);
  const id = new Map(data.names.map((name, i) => [name, i]));
  const children: number[][] = Array.from({ length: d }, () => []);
  for (const edge of member.edges) {
    const from = id.get(edge.from);
    const to = id.get(edge.to);
    if (edge.mark === "->" && from !== undefined && to !== undefined) children[from]!.push(to);
  }
  const variance = Float64Array.from({ length: d }, (_, v) => {
    const values = valuesOf(data, v);
    let mean = 0;
    for (const value of values) mean += value / n;
    let sum = 0;
    for (const value of values) sum += (value - mean) ** 2 / n;
    return sum;
  });
  const { inverse } = invertSymmetric(correlations(data), d, 1e-10);
  const rSquared = Float64Array.from({ length: d }, (_, v) => 1 - 1 / inverse[v * d + v]!);
  return {
    kind: "sortability",
    variance: share(children, variance),
    rSquared: share(children, rSquared),
  };
}

function share(children: readonly (readonly number[])[], value: Float64Array): number {
  const d = children.length;
  let paths = 0;
  let right = 0;
  for (let from = 0; from < d; from++) {
    let front = new Set(children[from]);
    for (let length = 1; length < d && front.size > 0; length++) {
      const next = new Set<number>();
      for (const to of front) {
        paths += 1;
        const a = value[from]!;
        const b = value[to]!;
        const slack = 1e-9 * Math.max(Math.abs(a), Math.abs(b));
        right += Math.abs(b - a) <= slack ? 0.5 : b > a ? 1 : 0;
        for (const w of children[to]!) next.add(w);
      }
      front = next;
    }
  }
  return paths === 0 ? Number.NaN : right / paths;
}
