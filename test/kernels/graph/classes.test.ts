import { describe, expect, it } from "vitest";
import {
  basisSet,
  createGraph,
  equivalenceClassSize,
  latentProjection,
  mSeparated,
  parseGraph,
  representative,
  testableImplications,
  toCpdag,
} from "../../../kernels/graph/index.ts";
import type { Edge, Graph } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { randomGraph } from "../identify/random-graphs.ts";
import { casesOf, graphOf, sorted } from "../identify/reference.ts";
import { subsets } from "./oracle.ts";

const pairs = (graph: Graph, mark: Edge["mark"]): string[][] =>
  sorted(
    graph.edges
      .filter((edge) => edge.mark === mark)
      .map((edge) =>
        mark === "--" && edge.from > edge.to ? [edge.to, edge.from] : [edge.from, edge.to],
      ),
  );

const unsorted = (list: readonly (readonly string[])[]): string[][] =>
  list.map((pair) => [...pair]).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describe("equivalence classes", () => {
  it.each(casesOf("cpdag").map((item) => [item.id, item] as const))("%s", (_, item) => {
    const cpdag = toCpdag(graphOf(item));
    const directed = cpdag.edges
      .filter((edge) => edge.mark === "->")
      .map((edge) => [edge.from, edge.to]);
    expect(unsorted(directed)).toEqual(unsorted(item.expected["directed"] as string[][]));
    expect(pairs(cpdag, "--")).toEqual(sorted(item.expected["undirected"] as string[][]));
    expect(equivalenceClassSize(cpdag)).toBe(
      BigInt(item.expected["equivalence_class_size"] as number),
    );
  });

  it("agree with all DAGs of the same skeleton and unshielded colliders", () => {
    const rng = createRng(11);
    for (let round = 0; round < 60; round++) {
      const graph = randomGraph(rng, 3 + rng.int(3), 0.6, 0);
      const members = [...membersOf(graph)];
      const cpdag = toCpdag(graph);
      expect(equivalenceClassSize(cpdag)).toBe(BigInt(members.length));
      for (const edge of cpdag.edges) {
        const shared = members.every((member) =>
          member.some((e) => e.from === edge.from && e.to === edge.to),
        );
        expect(shared).toBe(edge.mark === "->");
      }
      const member = representative(cpdag);
      expect(toCpdag(member).edges.length).toBe(cpdag.edges.length);
      expect(
        unsorted(
          toCpdag(member)
            .edges.filter((e) => e.mark === "->")
            .map((e) => [e.from, e.to]),
        ),
      ).toEqual(unsorted(cpdag.edges.filter((e) => e.mark === "->").map((e) => [e.from, e.to])));
    }
  });
});

function* membersOf(graph: Graph): Generator<readonly Edge[]> {
  const colliders = (edges: readonly Edge[]): string => {
    const joined = new Set(edges.flatMap((e) => [`${e.from}|${e.to}`, `${e.to}|${e.from}`]));
    return JSON.stringify(
      edges
        .flatMap((x) =>
          edges
            .filter((y) => y.to === x.to && x.from < y.from && !joined.has(`${x.from}|${y.from}`))
            .map((y) => [x.from, y.from, x.to]),
        )
        .map((item) => JSON.stringify(item))
        .sort((a, b) => (a < b ? -1 : 1)),
    );
  };
  for (const flips of subsets(graph.edges)) {
    const edges = graph.edges.map((edge) =>
      flips.includes(edge) ? { ...edge, from: edge.to, to: edge.from } : edge,
    );
    try {
      createGraph({ nodes: graph.nodes, edges });
    } catch {
      continue; // a cycle: not a member
    }
    if (colliders(edges) === colliders(graph.edges)) yield edges;
  }
}

describe("testable implications", () => {
  it.each(casesOf("implications").map((item) => [item.id, item] as const))("%s", (_, item) => {
    const expected = item.expected["minimal_separating_sets"] as {
      x: string;
      y: string;
      sets: string[][];
    }[];
    const text = (a: string, b: string, sets: readonly (readonly string[])[]): string =>
      JSON.stringify([[a, b].sort((x, y) => (x < y ? -1 : 1)), sorted(sets)]);
    const found = [...testableImplications(graphOf(item))].map(({ a, b, sets }) =>
      text(a, b, sets),
    );
    const known = expected.map(({ x, y, sets }) => text(x, y, sets));
    expect(found.sort((a, b) => (a < b ? -1 : 1))).toEqual(known.sort((a, b) => (a < b ? -1 : 1)));
  });

  it("lists exactly the minimal separating sets found by trying all subsets", () => {
    const rng = createRng(3);
    for (let round = 0; round < 80; round++) {
      const graph = randomGraph(rng, 3 + rng.int(4), 0.45, 0.15);
      const names = graph.nodes.map((node) => node.name);
      const found = new Map(
        [...testableImplications(graph)].map((one) => [`${one.a} ${one.b}`, sorted(one.sets)]),
      );
      for (const [i, a] of names.entries()) {
        for (const b of names.slice(i + 1)) {
          const rest = names.filter((name) => name !== a && name !== b);
          const good = [...subsets(rest)].filter((set) => mSeparated(graph, a, b, set));
          const minimal = good.filter(
            (set) =>
              !good.some(
                (other) => other.length < set.length && other.every((v) => set.includes(v)),
              ),
          );
          expect(found.get(`${a} ${b}`) ?? []).toEqual(sorted(minimal));
        }
      }
    }
  });

  it("has a basis of statements that all hold", () => {
    const rng = createRng(8);
    for (let round = 0; round < 50; round++) {
      const graph = randomGraph(rng, 6, 0.4, 0.2);
      for (const { node, independentOf, given } of basisSet(graph)) {
        expect(mSeparated(graph, node, independentOf, given)).toBe(true);
      }
    }
  });
});

describe("latent projection", () => {
  it("keeps every separation among measured nodes", () => {
    const rng = createRng(9);
    for (let round = 0; round < 60; round++) {
      const whole = randomGraph(rng, 7, 0.4, 0.1);
      const hidden = ["V1", "V2", "V3"];
      const graph = latentProjection(whole, hidden);
      const names = graph.nodes.map((node) => node.name);
      expect(names).not.toContain("V1");
      for (const [i, a] of names.entries()) {
        for (const b of names.slice(i + 1)) {
          for (const given of subsets(names.filter((name) => name !== a && name !== b))) {
            expect(mSeparated(graph, a, b, given)).toBe(mSeparated(whole, a, b, given));
          }
        }
      }
    }
  });

  it("turns an unmeasured chain into an arrow and an unmeasured fork into a bidirected edge", () => {
    const graph = latentProjection(parseGraph("a -> U -> b; U -> c; U [latent]"));
    expect(graph.edges).toEqual([
      { from: "a", to: "b", mark: "->" },
      { from: "a", to: "c", mark: "->" },
      { from: "b", to: "c", mark: "<->" },
    ]);
  });
});
