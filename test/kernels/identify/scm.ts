import { compact, near } from "../../../kernels/graph/compact.ts";
import type { Graph } from "../../../kernels/graph/index.ts";
import { jointTable } from "../../../kernels/identify/index.ts";
import type { JointTable } from "../../../kernels/identify/index.ts";
import type { Rng } from "../../../kernels/math/rng.ts";

/** A functional model over binary variables: every counterfactual has a definite answer, found by going through all noise. */
export interface Scm {
  readonly weightOf: (state: number) => number;
  readonly states: number;
  /** Values of all variables at one state of the noise, with some set. */
  readonly run: (
    state: number,
    settings: ReadonlyMap<string, number>,
  ) => ReadonlyMap<string, number>;
  readonly names: readonly string[];
}

export function randomScm(graph: Graph, rng: Rng): Scm {
  const g = compact(graph);
  const pairs = graph.edges.filter((edge) => edge.mark === "<->");
  const sizes = [...g.names.map(() => 4), ...pairs.map(() => 3)];
  const weights = sizes.map((size) => {
    const raw = Array.from({ length: size }, () => 0.2 + rng.next());
    const total = raw.reduce((sum, w) => sum + w, 0);
    return raw.map((w) => w / total);
  });
  const states = sizes.reduce((total, size) => total * size, 1);
  const sources = g.names.map((name, v) => [
    v,
    ...pairs.flatMap((edge, k) => (edge.from === name || edge.to === name ? [g.n + k] : [])),
  ]);
  const tables = g.names.map((_, v) => {
    const rows =
      2 ** near(g.parents, v).length *
      (sources[v] ?? []).reduce((total, s) => total * (sizes[s] ?? 1), 1);
    return Uint8Array.from({ length: rows }, () => rng.int(2));
  });
  const digits = (state: number): number[] => {
    let rest = state;
    return sizes.map((size) => {
      const digit = rest % size;
      rest = Math.floor(rest / size);
      return digit;
    });
  };
  return {
    names: g.names,
    states,
    weightOf: (state) =>
      digits(state).reduce((total, digit, i) => total * (weights[i]?.[digit] ?? 0), 1),
    run: (state, settings) => {
      const digit = digits(state);
      const values = new Map<string, number>();
      for (const v of g.order) {
        const name = g.names[v] ?? "";
        let row = 0;
        for (const parent of near(g.parents, v))
          row = row * 2 + (values.get(g.names[parent] ?? "") ?? 0);
        for (const s of sources[v] ?? []) row = row * (sizes[s] ?? 1) + (digit[s] ?? 0);
        values.set(name, settings.get(name) ?? tables[v]?.[row] ?? 0);
      }
      return values;
    },
  };
}

export function lawOf(scm: Scm, settings: ReadonlyMap<string, number> = new Map()): JointTable {
  const data = new Float64Array(2 ** scm.names.length);
  for (let state = 0; state < scm.states; state++) {
    const values = scm.run(state, settings);
    const cell = scm.names.reduce((index, name) => index * 2 + (values.get(name) ?? 0), 0);
    data[cell] = (data[cell] ?? 0) + scm.weightOf(state);
  }
  return jointTable(
    scm.names.map((name) => ({ name, levels: [0, 1] })),
    data,
  );
}

export interface CfEvent {
  readonly variable: string;
  readonly value: number;
  readonly settings: ReadonlyMap<string, number>;
}

export function probabilityOf(scm: Scm, of: readonly CfEvent[], given: readonly CfEvent[]): number {
  let top = 0;
  let bottom = 0;
  for (let state = 0; state < scm.states; state++) {
    const holds = (event: CfEvent): boolean =>
      scm.run(state, event.settings).get(event.variable) === event.value;
    if (!given.every(holds)) continue;
    const weight = scm.weightOf(state);
    bottom += weight;
    if (of.every(holds)) top += weight;
  }
  return top / bottom;
}
