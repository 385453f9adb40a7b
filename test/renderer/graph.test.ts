import { expect, test } from "vitest";
import type { GraphBlock } from "../../app/protocol/report.ts";
import { editGraphText } from "../../renderer/outputs/graph/edit.ts";
import { placeNodes, routeEdge } from "../../renderer/outputs/graph/layout.ts";

function block(...edges: readonly (readonly [string, string])[]): GraphBlock {
  const names = [...new Set(edges.flat())];
  return {
    kind: "graph",
    summary: "",
    nodes: names.map((name) => ({ name, role: "plain" })),
    edges: edges.map(([from, to]) => ({ from, to, mark: "->" })),
  };
}
const size = { width: 60, height: 32 };
const sizes = (graph: GraphBlock) => new Map(graph.nodes.map(({ name }) => [name, size]));

test("nodes keep their places when the graph is edited, and a new one lies apart", () => {
  const before = block(["z", "x"], ["z", "y"], ["x", "y"]);
  const places = placeNodes(before, sizes(before), new Map());
  const after = block(["z", "x"], ["z", "y"], ["x", "m"], ["m", "y"]);
  const next = placeNodes(after, sizes(after), places);
  for (const name of ["x", "y", "z"]) expect(next.get(name)).toEqual(places.get(name));
  const m = next.get("m");
  for (const name of ["x", "y", "z"]) {
    const other = next.get(name);
    const apart =
      Math.abs((m?.x ?? 0) - (other?.x ?? 0)) >= size.width ||
      Math.abs((m?.y ?? 0) - (other?.y ?? 0)) >= size.height;
    expect(apart).toBe(true);
  }
});

test("no two nodes of a fresh layout overlap", () => {
  const graph = block(["a", "b"], ["a", "c"], ["b", "d"], ["c", "d"], ["e", "d"], ["a", "d"]);
  const places = [...placeNodes(graph, sizes(graph), new Map()).values()];
  places.forEach((p, i) => {
    for (const q of places.slice(i + 1)) {
      expect(Math.abs(p.x - q.x) >= size.width || Math.abs(p.y - q.y) >= size.height).toBe(true);
    }
  });
});

test("an edge goes round a node in its way", () => {
  const box = (x: number) => ({ x, y: 0, ...size });
  const straight = routeEdge(box(0), box(400), [], 0);
  expect(straight.control.y).toBe(0);
  const bent = routeEdge(box(0), box(400), [box(200)], 0);
  expect(Math.abs(bent.control.y)).toBeGreaterThan(30);
});

test("edits rewrite the text in its own syntax", () => {
  const text = editGraphText("x -> y; z -> x, y", {
    kind: "reverse-edge",
    edge: { from: "x", to: "y", mark: "->" },
  });
  expect(text).toContain("y -> x");
  expect(editGraphText(text, { kind: "toggle-latent", name: "z" })).toContain("z [latent]");
  expect(editGraphText("", { kind: "add-edge", from: "a", to: "b", mark: "->" })).toBe("a -> b");
  expect(editGraphText("a -> b", { kind: "remove-node", name: "b" })).toBe("a");
  expect(editGraphText("dag { x -> y }", { kind: "add-node", name: "w" })).toMatch(/dag[\s\S]*w/);
});

test("an edit that would make a cycle is refused with the reason", () => {
  expect(() =>
    editGraphText("a -> b -> c", { kind: "add-edge", from: "c", to: "a", mark: "->" }),
  ).toThrow(/circle/);
});
