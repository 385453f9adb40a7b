import { describe, expect, it } from "vitest";
import {
  changeGraph,
  changeGraphText,
  createGraph,
  formatGraph,
  parseGraph,
} from "../../../kernels/graph/index.ts";
import type { Edge, Graph, GraphChange } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { randomGraph } from "../identify/random-graphs.ts";

const arrow = (from: string, to: string): Edge => ({ from, to, mark: "->" });

describe("an edit of a drawn graph keeps what the author wrote", () => {
  it.each<readonly [string, GraphChange, string]>([
    [
      "z -> x, y; x -> y",
      { kind: "add-edge", from: "w", to: "z", mark: "->" },
      "z -> x, y; x -> y; w -> z",
    ],
    [
      "# the clinic\nz -> x, y   # stones\nx -> y",
      { kind: "add-edge", from: "x", to: "y", mark: "<->" },
      "# the clinic\nz -> x, y   # stones\nx -> y\nx <-> y",
    ],
    [
      "# the clinic\nz -> x, y\nx -> y # effect",
      { kind: "remove-edge", edge: arrow("z", "y") },
      "# the clinic\nz -> x\nx -> y # effect",
    ],
    ["a -> b -> c -> d", { kind: "remove-edge", edge: arrow("b", "c") }, "a -> b; c -> d"],
    ["a -> b; c -> d", { kind: "remove-edge", edge: arrow("c", "d") }, "a -> b; c; d"],
    ["a -> b -> c; c -> d", { kind: "reverse-edge", edge: arrow("c", "d") }, "a -> b -> c; d -> c"],
    ["x -> y", { kind: "toggle-latent", name: "x" }, "x -> y; x [latent]"],
    ["x -> y; x [latent]", { kind: "toggle-latent", name: "x" }, "x -> y"],
    [
      "x -> y; x [latent, treatment]",
      { kind: "toggle-latent", name: "x" },
      "x -> y; x [treatment]",
    ],
    [
      "x -> y # x acts\ny -> z",
      { kind: "rename-node", name: "x", to: "the drug" },
      '"the drug" -> y # x acts\ny -> z',
    ],
    ["x -> y\ny -> z, w", { kind: "remove-node", name: "z" }, "x -> y\ny -> w"],
    ["x -> y; z", { kind: "remove-node", name: "z" }, "x -> y"],
    [
      "dag {\n  x -> y // effect\n  z [latent]\n  z -> x\n}",
      { kind: "add-edge", from: "z", to: "y", mark: "->" },
      "dag {\n  x -> y // effect\n  z [latent]\n  z -> x\n  z -> y\n}",
    ],
    [
      "digraph {\n  x -> y;\n  z -> x;\n}",
      { kind: "remove-edge", edge: arrow("z", "x") },
      "digraph {\n  x -> y;\n  z;\n}",
    ],
    [
      "y ~ x + z\nx ~ z",
      { kind: "add-edge", from: "w", to: "x", mark: "->" },
      "y ~ x + z\nx ~ z\nx ~ w",
    ],
    ["", { kind: "add-node", name: "x" }, "x"],
  ])("%j", (text, change, expected) => {
    expect(changeGraphText(text, change)).toBe(expected);
  });

  it("refuses what is no graph, with the reason", () => {
    expect(() =>
      changeGraphText("a -> b -> c", { kind: "add-edge", from: "c", to: "a", mark: "->" }),
    ).toThrow(expect.objectContaining({ code: "graph-cycle" }) as Error);
    expect(() => changeGraphText("a -> b", { kind: "rename-node", name: "a", to: "b" })).toThrow(
      expect.objectContaining({ code: "graph-duplicate-node" }) as Error,
    );
    expect(() => changeGraphText("a -> b", { kind: "rename-node", name: "q", to: "b" })).toThrow(
      expect.objectContaining({ code: "unknown-node" }) as Error,
    );
  });

  it("says the changed graph, in every syntax, for random changes one after another", () => {
    const rng = createRng(12);
    const key = (graph: Graph): string =>
      JSON.stringify([
        graph.nodes.map(({ name, latent }) => `${name} ${latent}`).sort(),
        graph.edges.map((edge) => formatGraph(createGraph({ edges: [edge] }))).sort(),
      ]);
    for (const syntax of ["short", "dagitty", "dot", "gml", "lavaan", "edge-list"] as const) {
      for (let round = 0; round < 40; round++) {
        let text = formatGraph(randomGraph(rng, 4, 0.5, 0.2), syntax);
        for (let step = 0; step < 6; step++) {
          const before = parseGraph(text);
          const any = <T>(list: readonly T[]): T | undefined => list[rng.int(list.length)];
          const edge = any(before.edges);
          const [a, b] = [any(before.nodes)?.name ?? "a", any(before.nodes)?.name ?? "b"];
          const change = any<GraphChange>([
            ...(edge === undefined
              ? []
              : ([
                  { kind: "remove-edge", edge },
                  { kind: "reverse-edge", edge },
                ] as const)),
            { kind: "add-edge", from: a, to: b, mark: "->" },
            { kind: "add-edge", from: a, to: b, mark: "<->" },
            { kind: "add-node", name: `new ${round}.${step}` },
            { kind: "rename-node", name: a, to: `${a}'` },
            { kind: "remove-node", name: a },
            ...(syntax === "edge-list" || syntax === "lavaan"
              ? []
              : ([{ kind: "toggle-latent", name: a }] as const)),
          ]);
          if (change === undefined) continue;
          let wanted: Graph;
          try {
            wanted = changeGraph(before, change);
          } catch {
            continue;
          }
          if (wanted.nodes.length === 0) break;
          text = changeGraphText(text, change);
          expect(key(parseGraph(text)), `${JSON.stringify(change)} gave ${text}`).toBe(key(wanted));
        }
      }
    }
  });
});
