import type { Rng } from "../math/rng.ts";
import { canonicalDag } from "../graph/projection.ts";
import { compact, near } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { jointTable } from "./joint.ts";
import type { JointTable, Level } from "./joint.ts";

/** P(node | parents): row-major, parents in the listed order (first slowest), then the node's own levels. */
export interface ConditionalTable {
  readonly parents: readonly string[];
  readonly levels: number;
  readonly probabilities: Float64Array;
}

/** A discrete causal model over a DAG whose unmeasured nodes are drawn; levels are 0 … k-1. */
export interface DiscreteModel {
  readonly kind: "discrete-model";
  readonly graph: Graph;
  readonly tables: Readonly<Record<string, ConditionalTable>>;
}

/**
 * A model with random positive tables for a graph; bidirected edges become unmeasured nodes. `levels` of measured
 * and `latentLevels` of unmeasured nodes default to 2 and 3.
 */
export function randomModel(
  graph: Graph,
  rng: Rng,
  {
    levels = 2,
    latentLevels = 3,
  }: { readonly levels?: number; readonly latentLevels?: number } = {},
): DiscreteModel {
  const dag = canonicalDag(graph);
  const g = compact(dag);
  const size = (v: number): number => (g.latent[v] === 1 ? latentLevels : levels);
  const tables: Record<string, ConditionalTable> = {};
  for (let v = 0; v < g.n; v++) {
    const parents = [...near(g.parents, v)];
    const rows = parents.reduce((total, parent) => total * size(parent), 1);
    const k = size(v);
    const probabilities = new Float64Array(rows * k);
    for (let row = 0; row < rows; row++) {
      const raw = Array.from({ length: k }, () => 0.08 + rng.next());
      const total = raw.reduce((sum, value) => sum + value, 0);
      raw.forEach((value, i) => (probabilities[row * k + i] = value / total));
    }
    tables[g.names[v] ?? ""] = {
      parents: parents.map((w) => g.names[w] ?? ""),
      levels: k,
      probabilities,
    };
  }
  return { kind: "discrete-model", graph: dag, tables };
}

/**
 * The law of the measured variables when some are set, by truncated factorisation (Pearl 2000, eq. 3.10); with no
 * settings, the observed joint law. Variables in the graph's order. O(cells of all nodes).
 */
export function truncatedFactorisation(
  model: DiscreteModel,
  settings: Readonly<Record<string, Level>> = {},
): JointTable {
  const g = compact(model.graph);
  const steps = Array.from(g.order, (v) => plan(model, g.names[v] ?? "", g.names, settings));
  const sizes = g.names.map((name) => model.tables[name]?.levels ?? 1);
  const measured = g.names.map((_, v) => v).filter((v) => g.latent[v] === 0);
  const cellStep = new Int32Array(g.n);
  let cells = 1;
  for (const v of [...measured].reverse()) {
    cellStep[v] = cells;
    cells *= sizes[v] ?? 1;
  }
  const data = new Float64Array(cells);
  const value = new Int32Array(g.n);
  const walk = (depth: number, weight: number, cell: number): void => {
    const step = steps[depth];
    const v = g.order[depth];
    if (step === undefined || v === undefined) {
      data[cell] = (data[cell] ?? 0) + weight;
      return;
    }
    const k = sizes[v] ?? 1;
    let row = 0;
    for (const parent of step.parents) row = row * (sizes[parent] ?? 1) + (value[parent] ?? 0);
    for (let level = 0; level < k; level++) {
      const p =
        step.fixed === undefined
          ? (step.table[row * k + level] ?? 0)
          : step.fixed === level
            ? 1
            : 0;
      if (p === 0) continue;
      value[v] = level;
      walk(depth + 1, weight * p, cell + level * (cellStep[v] ?? 0));
    }
  };
  walk(0, 1, 0);
  const variables = measured.map((v) => ({
    name: g.names[v] ?? "",
    levels: Array.from({ length: sizes[v] ?? 1 }, (_, i) => i),
  }));
  return jointTable(variables, data);
}

function plan(
  model: DiscreteModel,
  name: string,
  names: readonly string[],
  settings: Readonly<Record<string, Level>>,
): { readonly table: Float64Array; readonly parents: readonly number[]; readonly fixed?: number } {
  const table = model.tables[name];
  if (table === undefined) throw new Error(`The model has no table for "${name}".`);
  const parents = table.parents.map((parent) => names.indexOf(parent));
  const set = settings[name];
  return {
    table: table.probabilities,
    parents,
    ...(set === undefined ? {} : { fixed: Number(set) }),
  };
}
