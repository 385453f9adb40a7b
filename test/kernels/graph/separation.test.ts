import { describe, expect, it } from "vitest";
import { mSeparated, openPath, parseGraph } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { long, pick, randomGraph } from "../identify/random-graphs.ts";
import { separatedByPaths } from "./oracle.ts";

describe("m-separation", () => {
  it("knows chain, fork and collider", () => {
    expect(mSeparated(parseGraph("a -> b -> c"), "a", "c")).toBe(false);
    expect(mSeparated(parseGraph("a -> b -> c"), "a", "c", "b")).toBe(true);
    expect(mSeparated(parseGraph("a <- b -> c"), "a", "c", "b")).toBe(true);
    expect(mSeparated(parseGraph("a -> b <- c"), "a", "c")).toBe(true);
    expect(mSeparated(parseGraph("a -> b <- c; b -> d"), "a", "c", "d")).toBe(false);
  });

  it("opens a whole district when its end is held", () => {
    const graph = parseGraph("a -> b <-> c <-> d <- e");
    expect(mSeparated(graph, "a", "e", ["b", "c", "d"])).toBe(false);
    expect(mSeparated(graph, "a", "e", ["b", "d"])).toBe(true);
  });

  it("agrees with following every path, and its witness is open", () => {
    const rng = createRng(5);
    for (let round = 0; round < (long ? 20_000 : 1500); round++) {
      const graph = randomGraph(rng, 2 + rng.int(5), 0.4, 0.2);
      const names = pick(
        rng,
        graph.nodes.map((node) => node.name),
        graph.nodes.length,
      );
      const [a = "", b = "", ...rest] = names;
      const given = rest.slice(0, rng.int(rest.length + 1));
      const expected = separatedByPaths(graph, a, b, given);
      expect(
        mSeparated(graph, a, b, given),
        JSON.stringify({ edges: graph.edges, a, b, given }),
      ).toBe(expected);
      const path = openPath(graph, a, b, given);
      expect(path === undefined).toBe(expected);
      if (path === undefined) continue;
      expect(new Set(path.nodes).size).toBe(path.nodes.length);
      expect([path.nodes[0], path.nodes.at(-1)]).toEqual([a, b]);
      const colliders = new Set(path.colliders);
      for (const node of path.nodes.slice(1, -1)) {
        if (colliders.has(node))
          expect(given.includes(node) || !mSeparated(graph, node, given, [])).toBe(true);
        else expect(given).not.toContain(node);
      }
    }
  });

  it("names an unknown node and what there is", () => {
    expect(() => mSeparated(parseGraph("a -> b"), "a", "q")).toThrow(
      'There is no node "q" in the graph.',
    );
  });
});
