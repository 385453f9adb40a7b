import { describe, expect, it } from "vitest";
import { createGraph, parseGraph, toCpdag } from "../../../kernels/graph/index.ts";
import type { Graph } from "../../../kernels/graph/index.ts";
import {
  adjustmentSets,
  canonicalAdjustmentSet,
  cheapestAdjustmentSet,
  evaluateEstimand,
  frontDoorSets,
  identify,
  isAdjustmentSet,
  isFrontDoorSet,
  minimalAdjustmentSet,
  randomModel,
  takeSets,
  truncatedFactorisation,
} from "../../../kernels/identify/index.ts";
import type { Estimand, Term } from "../../../kernels/identify/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { marginalOf } from "../../../kernels/identify/joint.ts";
import { subsets } from "../graph/oracle.ts";
import { pick, randomGraph } from "./random-graphs.ts";
import { sorted } from "./reference.ts";

/** Whether Σ_z P(y | x, z) P(z) is the effect in a random model: validity by number, without any graph criterion. */
function adjusts(
  graph: Graph,
  x: string,
  y: string,
  set: readonly string[],
  seed: number,
): boolean {
  const model = randomModel(graph, createRng(seed), { latentLevels: 2 });
  const joint = truncatedFactorisation(model);
  const term = (name: string): Term => ({ variable: name, value: { kind: "symbol", name } });
  const inner: Estimand = {
    kind: "probability",
    of: [term(y)],
    given: [x, ...set].map(term),
    do: [],
  };
  const law: Estimand = { kind: "probability", of: set.map(term), given: [], do: [] };
  const formula: Estimand =
    set.length === 0
      ? inner
      : {
          kind: "sum",
          over: set.map((name) => ({ variable: name, symbol: name })),
          body: { kind: "product", factors: [law, inner] },
        };
  return [0, 1].every((value) => {
    const exact = marginalOf(truncatedFactorisation(model, { [x]: value }), [y]).data[1] ?? NaN;
    return Math.abs(evaluateEstimand(formula, joint, { [x]: value, [y]: 1 }) - exact) < 1e-9;
  });
}

describe("adjustment sets", () => {
  it("are exactly the sets that give the effect in random models", () => {
    const rng = createRng(51);
    for (let round = 0; round < 50; round++) {
      const graph = randomGraph(rng, 3 + rng.int(3), 0.5, 0.15);
      const names = graph.nodes.map((node) => node.name);
      const [x = "", y = "", ...rest] = pick(rng, names, names.length);
      const question = { treatment: x, outcome: y };
      const valid = [...subsets(rest)].filter((set) => isAdjustmentSet(graph, set, question));
      for (const set of subsets(rest)) {
        expect(
          valid.includes(set) || isAdjustmentSet(graph, set, question),
          JSON.stringify([graph.edges, x, y, set]),
        ).toBe(adjusts(graph, x, y, set, round + 1));
      }
      const minimal = valid.filter(
        (set) =>
          !valid.some((other) => other.length < set.length && other.every((v) => set.includes(v))),
      );
      expect(sorted(adjustmentSets(graph, question))).toEqual(sorted(minimal));
      expect(minimalAdjustmentSet(graph, question) !== undefined).toBe(valid.length > 0);
      expect(canonicalAdjustmentSet(graph, question) !== undefined).toBe(valid.length > 0);
      const cost = Object.fromEntries(names.map((name) => [name, 1 + rng.int(9)]));
      const price = (set: readonly string[]): number =>
        set.reduce((total, name) => total + (cost[name] ?? 1), 0);
      const cheapest = cheapestAdjustmentSet(graph, question, cost);
      expect(cheapest?.cost).toBe(valid.length === 0 ? undefined : Math.min(...valid.map(price)));
      if (cheapest !== undefined) expect(isAdjustmentSet(graph, cheapest.set, question)).toBe(true);
    }
  });

  it("hold what is demanded and leave out what is ruled out", () => {
    const graph = parseGraph("a -> x; a -> b -> y; x -> y; c -> y");
    expect([...adjustmentSets(graph, { treatment: "x", outcome: "y", exclude: ["a"] })]).toEqual([
      ["b"],
    ]);
    expect(
      [...adjustmentSets(graph, { treatment: "x", outcome: "y", include: ["c"] })].every((set) =>
        set.includes("c"),
      ),
    ).toBe(true);
    expect(() =>
      minimalAdjustmentSet(graph, { treatment: "x", outcome: "y", include: ["a"], exclude: ["a"] }),
    ).toThrow("both demanded and ruled out");
  });

  it("for a direct effect block the other ways", () => {
    const graph = parseGraph("x -> m -> y; x -> y; c -> x; c -> y");
    expect(
      sorted(adjustmentSets(graph, { treatment: "x", outcome: "y", effect: "direct" })),
    ).toEqual([["c", "m"]]);
  });

  it("come as a stream when there are very many", () => {
    const rungs = Array.from({ length: 30 }, (_, i) => `a${i} -> x; a${i} -> b${i} -> y`).join(";");
    const { sets, more } = takeSets(
      adjustmentSets(parseGraph(`x -> y; ${rungs}`), { treatment: "x", outcome: "y" }),
      20,
    );
    expect(sets.length).toBe(20);
    expect(new Set(sets.map((set) => set.join())).size).toBe(20);
    expect(more).toBe(true);
  });
});

describe("adjustment in equivalence classes", () => {
  it("is adjustment in every member", () => {
    const rng = createRng(52);
    let some = 0;
    for (let round = 0; round < 60; round++) {
      const dag = randomGraph(rng, 3 + rng.int(3), 0.5, 0);
      const cpdag = toCpdag(dag);
      const names = dag.nodes.map((node) => node.name);
      const [x = "", y = "", ...rest] = pick(rng, names, names.length);
      const members = membersOf(dag);
      for (const set of subsets(rest)) {
        const every = members.every((member) =>
          isAdjustmentSet(member, set, { treatment: x, outcome: y }),
        );
        expect(
          isAdjustmentSet(cpdag, set, { treatment: x, outcome: y }),
          JSON.stringify([cpdag.edges, x, y, set]),
        ).toBe(every);
        if (every) some++;
      }
    }
    expect(some).toBeGreaterThan(20);
  });

  it("asks for a visible arrow in a pag", () => {
    const visible = parseGraph("a o-> x; b o-> x; x -> y");
    expect([...adjustmentSets(visible, { treatment: "x", outcome: "y" })]).toEqual([[]]);
    expect(identify(visible, "P(y | do(x))").kind).toBe("identified");
    const hidden = parseGraph("x o-> y; z o-> y");
    expect([...adjustmentSets(hidden, { treatment: "x", outcome: "y" })]).toEqual([]);
    expect(identify(hidden, "P(y | do(x))").kind).toBe("not-certified");
    expect(identify(visible, "P(x | do(y))").kind).toBe("zero-by-structure");
  });
});

function membersOf(dag: Graph): Graph[] {
  const shape = JSON.stringify(
    toCpdag(dag)
      .edges.map((edge) => key(edge.from, edge.to, edge.mark))
      .sort((a, b) => (a < b ? -1 : 1)),
  );
  function key(from: string, to: string, mark: string): string {
    return mark === "--" && from > to ? `${to}--${from}` : `${from}${mark}${to}`;
  }
  const found: Graph[] = [];
  for (const flips of subsets(dag.edges)) {
    try {
      const member = createGraph({
        nodes: dag.nodes,
        edges: dag.edges.map((edge) =>
          flips.includes(edge) ? { ...edge, from: edge.to, to: edge.from } : edge,
        ),
      });
      const other = JSON.stringify(
        toCpdag(member)
          .edges.map((edge) => key(edge.from, edge.to, edge.mark))
          .sort((a, b) => (a < b ? -1 : 1)),
      );
      if (other === shape) found.push(member);
    } catch {
      continue; // a cycle
    }
  }
  return found;
}

describe("front-door sets", () => {
  it("are the minimal ones among all subsets, and identify the effect", () => {
    const rng = createRng(53);
    let some = 0;
    for (let round = 0; round < 120; round++) {
      const graph = randomGraph(rng, 3 + rng.int(3), 0.45, 0.15);
      const names = graph.nodes.map((node) => node.name);
      const [x = "", y = "", ...rest] = pick(rng, names, names.length);
      const question = { treatment: x, outcome: y };
      const valid = [...subsets(rest)].filter((set) => isFrontDoorSet(graph, set, question));
      const minimal = valid.filter(
        (set) =>
          !valid.some((other) => other.length < set.length && other.every((v) => set.includes(v))),
      );
      const found = [...frontDoorSets(graph, question)];
      expect(sorted(found), JSON.stringify([graph.edges, x, y])).toEqual(sorted(minimal));
      if (found.length === 0) continue;
      some++;
      expect(["identified", "zero-by-structure"]).toContain(
        identify(graph, `P(${y} | do(${x}))`, { strategies: false }).kind,
      );
    }
    expect(some).toBeGreaterThan(10);
  });
});
