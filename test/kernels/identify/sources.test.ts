import { describe, expect, it, vi } from "vitest";
import { createGraph, parseGraph } from "../../../kernels/graph/index.ts";
import {
  evaluateEstimand,
  identify,
  jointTable,
  randomModel,
  toText,
  truncatedFactorisation,
} from "../../../kernels/identify/index.ts";
import type { DiscreteModel, JointTable, Level } from "../../../kernels/identify/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { long, pick, randomGraph } from "./random-graphs.ts";
import { casesOf, graphOf, interventionalText } from "./reference.ts";

if (long) vi.setConfig({ testTimeout: 900_000 });

const yes = (kind: string): boolean => kind === "identified" || kind === "zero-by-structure";

describe("published queries with other laws at hand", () => {
  it.each(
    casesOf("gid", "transport", "selection_recoverability").map((item) => [item.id, item] as const),
  )("%s", (_, item) => {
    const { query } = item;
    const result = identify(graphOf(item), interventionalText(item), {
      ...(query.experiments === undefined ? {} : { experiments: query.experiments }),
      ...(query.selection === undefined ? {} : { selection: query.selection }),
      ...(query.shifted === undefined
        ? {}
        : { source: { shifted: query.shifted, experiments: query.source_experiments ?? [] } }),
    });
    expect(result.kind).toBe(
      item.expected["identifiable"] === true ? "identified" : "not-identified",
    );
  });
});

function given(table: JointTable, name: string): JointTable {
  const at = table.variables.findIndex((variable) => variable.name === name);
  const bit = table.variables.length - 1 - at;
  const kept = table.probabilities.map((p, cell) => (((cell >> bit) & 1) === 1 ? p : 0));
  const total = kept.reduce((sum, p) => sum + p, 0);
  return jointTable(
    table.variables,
    kept.map((p) => p / total),
  );
}

const numbers = (settings: Readonly<Record<string, Level>>): Record<string, number> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, Number(value)]));

function effect(model: DiscreteModel, setting: Record<string, number>, outcome: string): number {
  const table = truncatedFactorisation(model, setting);
  const at = table.variables.findIndex((variable) => variable.name === outcome);
  const bit = table.variables.length - 1 - at;
  return table.probabilities.reduce(
    (sum, p, cell) => (((cell >> bit) & 1) === 1 ? sum + p : sum),
    0,
  );
}

describe("formulas from other laws equal the truth in random models", () => {
  it("from experiments and from a source population", () => {
    const rng = createRng(41);
    let found = 0;
    for (let round = 0; round < (long ? 1500 : 120); round++) {
      const graph = randomGraph(rng, 3 + rng.int(3), 0.5, 0.3);
      if (graph.edges.filter((edge) => edge.mark === "<->").length > 5) continue;
      const names = graph.nodes.map((node) => node.name);
      const [x = "", y = "", z = "", w = ""] = pick(rng, names, names.length);
      const experiments = [[], [z], ...(rng.next() < 0.3 ? [[x, z]] : [])];
      const shifted = [w].filter((name) => name !== "");
      const source = { shifted, experiments: [[x], [z]] };
      const useSource = rng.next() < 0.5;
      const result = identify(
        graph,
        `P(${y} | do(${x}))`,
        useSource ? { source } : { experiments },
      );
      if (result.kind !== "identified") continue;
      found++;
      const target = randomModel(graph, rng, { latentLevels: 2 });
      const other = randomModel(graph, rng, { latentLevels: 2 });
      const away: DiscreteModel = {
        ...target,
        tables: {
          ...target.tables,
          ...Object.fromEntries(
            shifted
              .map((name) => [name, other.tables[name] ?? target.tables[name]] as const)
              .filter((entry) => entry[1] !== undefined),
          ),
        } as DiscreteModel["tables"],
      };
      for (const value of [0, 1]) {
        const number = evaluateEstimand(
          result.estimand,
          (law, settings) =>
            truncatedFactorisation(law === "source" ? away : target, numbers(settings)),
          { [x]: value, [y]: 1 },
        );
        expect(
          Math.abs(number - effect(target, { [x]: value }, y)),
          toText(result.estimand),
        ).toBeLessThan(1e-9);
      }
    }
    expect(found).toBeGreaterThan(30);
  });

  it("from the selected units alone", () => {
    const rng = createRng(43);
    const seen = {
      identified: 0,
      "not-identified": 0,
      "not-certified": 0,
      "zero-by-structure": 0,
      "search-limit": 0,
    };
    for (let round = 0; round < (long ? 600 : 60); round++) {
      const inner = randomGraph(rng, 3 + rng.int(2), 0.5, 0.25);
      const names = inner.nodes.map((node) => node.name);
      const causes = pick(rng, names, 1 + rng.int(2));
      const graph = createGraph({
        nodes: [...inner.nodes, { name: "S", role: "selected" }],
        edges: [...inner.edges, ...causes.map((name) => [name, "S"] as const)],
      });
      if (graph.edges.filter((edge) => edge.mark === "<->").length > 4) continue;
      const [x = "", y = ""] = pick(rng, names, 2);
      const result = identify(graph, `P(${y} | do(${x}))`);
      seen[result.kind]++;
      if (!yes(result.kind) || !("estimand" in result)) continue;
      const model = randomModel(graph, rng, { latentLevels: 2 });
      const table = given(truncatedFactorisation(model), "S");
      for (const value of [0, 1]) {
        const number = evaluateEstimand(result.estimand, table, { [x]: value, [y]: 1 });
        expect(
          Math.abs(number - effect(model, { [x]: value }, y)),
          toText(result.estimand),
        ).toBeLessThan(1e-9);
      }
    }
    expect(seen.identified).toBeGreaterThan(5);
    expect(seen["not-identified"]).toBeGreaterThan(5);
  });

  it("writes laws of other populations apart", () => {
    const result = identify(parseGraph("X -> Y; X <-> Y"), "P(y | do(x))", {
      source: { shifted: ["X"], experiments: [["X"]] },
    });
    if (result.kind !== "identified") throw new Error(result.kind);
    expect(toText(result.estimand)).toBe("P^{source}(y | do(x))");
  });
});
