import { quietWork } from "../../../../app/work.ts";
import { dagGraph } from "../../../../kernels/discover/core/pdag.ts";
import { discoverBy } from "../../../../kernels/discover/discover.ts";
import { averagePrecision } from "../../../../kernels/discover/metrics/precision-curve.ts";
import type { Method } from "../../../../kernels/discover/method.ts";
import type { Discovery, EdgeProbability } from "../../../../kernels/discover/result.ts";
import type { Simulation } from "../../../../kernels/discover/amortized/simulate.ts";
import { tableOf } from "../../../../kernels/data/table.ts";
import type { Graph } from "../../../../kernels/graph/graph.ts";

export const namesOf = (d: number): string[] => Array.from({ length: d }, (_, v) => `v${v}`);

/** The true graph of a simulation on `namesOf`. */
export function truthOf({ columns, arrows }: Simulation): Graph {
  const d = columns.length;
  const parents = columns.map((_, j) =>
    Array.from({ length: d }, (_, i) => i).filter((i) => arrows[i * d + j] === 1),
  );
  return dagGraph(parents, namesOf(d));
}

/**
 * Average precision (area under the precision-recall steps) of a method on a simulation, over ordered pairs and over
 * pairs. Without edge probabilities of its own a method is given those of a bootstrap; with `resamples` 0 its one graph
 * stands for probabilities 1, undecided edges for a half each way.
 */
export async function precisionOn(
  method: Method,
  simulation: Simulation,
  resamples: number,
  options: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly arrow: number; readonly skeleton: number }> {
  const names = namesOf(simulation.columns.length);
  const table = tableOf(Object.fromEntries(names.map((name, v) => [name, simulation.columns[v]!])));
  const found = await discoverBy(method, table, { ...options, bootstrap: resamples }, quietWork);
  const claimed = found.edgeProbability ?? sure(found);
  const truth = truthOf(simulation);
  return {
    arrow: averagePrecision(claimed, truth, "arrow"),
    skeleton: averagePrecision(claimed, truth, "skeleton"),
  };
}

function sure({ graph }: Discovery): EdgeProbability[] {
  return graph.edges.map(({ from, to, mark }) => ({
    from,
    to,
    forward: mark === "->" ? 1 : 0,
    backward: 0,
    undecided: mark === "--" ? 1 : 0,
    bidirected: mark === "<->" ? 1 : 0,
  }));
}
