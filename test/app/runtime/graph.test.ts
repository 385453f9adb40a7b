import * as fc from "fast-check";
import { expect, it } from "vitest";
import { buildGraph } from "../../../app/runtime/graph.ts";

const cell = (id: string, inputs: string[], outputs: string[] = [id], disabled = false) => ({
  id,
  inputs,
  outputs,
  disabled,
});

it("lists definers in page order and neighbours without repetition", () => {
  const graph = buildGraph([
    cell("c", ["p", "q"], []),
    cell("a", [], ["p", "q"]),
    cell("b", [], ["q"]),
  ]);
  expect(graph.definers.get("q")).toEqual(["a", "b"]);
  expect(graph.upstream.get("c")).toEqual(["a", "b"]);
  expect(graph.downstream.get("a")).toEqual(["c"]);
});

it("lets a disabled cell define only what nobody else does, and be in no ring", () => {
  const cells = [cell("a", ["b"]), cell("b", ["a"], ["b"], true), cell("c", [], ["b"])];
  expect(buildGraph(cells).definers.get("b")).toEqual(["c"]);
  expect(buildGraph(cells.slice(0, 2)).definers.get("b")).toEqual(["b"]);
  expect(buildGraph(cells.slice(0, 2)).rings.size).toBe(0);
});

it("finds for each member a shortest ring, and no ring for what lies above, below or between", () => {
  const graph = buildGraph([
    cell("self", ["self"]),
    cell("a", ["c"]),
    cell("b", ["a"]),
    cell("c", ["b"]),
    cell("between", ["c"]),
    cell("x", ["between", "y"]),
    cell("y", ["x"]),
    cell("below", ["y"]),
  ]);
  expect(Object.fromEntries(graph.rings)).toEqual({
    self: ["self"],
    a: ["a", "b", "c"],
    b: ["b", "c", "a"],
    c: ["c", "a", "b"],
    x: ["x", "y"],
    y: ["y", "x"],
  });
});

it("agrees with a brute-force search on random graphs", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(6), { maxLength: 3 }), { minLength: 7, maxLength: 7 }),
      (needs) => {
        const { rings } = buildGraph(needs.map((ids, i) => cell(`${i}`, ids.map(String))));
        for (const [i, start] of needs.entries()) {
          // Shortest way up from i back to i, by breadth.
          let level = new Set(start);
          let length = 1;
          const seen = new Set(level);
          while (level.size > 0 && !level.has(i)) {
            level = new Set(
              [...level].flatMap((id) => needs[id] ?? []).filter((id) => id === i || !seen.has(id)),
            );
            for (const id of level) seen.add(id);
            length++;
          }
          const ring = rings.get(`${i}`);
          expect(ring?.length).toBe(level.has(i) ? length : undefined);
          for (const [k, id] of ring?.entries() ?? []) {
            const next = Number(ring?.[(k + 1) % ring.length]);
            expect(needs[next]).toContain(Number(id)); // the next one needs this one
          }
        }
      },
    ),
  );
});
