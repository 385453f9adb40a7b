import { expect, test } from "vitest";
import { constraintsOf, noConstraints } from "../../../../kernels/discover/knowledge.ts";
import { toDag } from "../../../../kernels/discover/relaxation/to-dag.ts";
import { createRng } from "../../../../kernels/math/rng.ts";

const edgesOf = (parents: readonly (readonly number[])[]): string[] =>
  parents.flatMap((list, v) => list.map((p) => `${p}>${v}`)).toSorted();

test("weights below the threshold go, the weakest of a circle goes, the rest stays", () => {
  const w = new Float64Array(9);
  w[1] = 0.9; // 0 -> 1
  w[5] = -0.8; // 1 -> 2
  w[6] = 0.4; // 2 -> 0 closes the circle
  w[2] = 0.29;
  const { parents, dropped } = toDag(w, 0.3, noConstraints(3));
  expect(edgesOf(parents)).toEqual(["0>1", "1>2"]);
  expect(dropped).toEqual([[2, 0, 0.4]]);
  expect(edgesOf(toDag(w, 0.2, noConstraints(3)).parents)).toEqual(["0>1", "0>2", "1>2"]);
});

test("any weights give a DAG that no dropped edge could join", () => {
  const rng = createRng(4);
  for (let round = 0; round < 100; round++) {
    const d = 2 + rng.int(7);
    const w = Float64Array.from({ length: d * d }, () => 2 * rng.normal());
    const { parents, dropped } = toDag(w, 0.5, noConstraints(d));
    // an order exists: peel off columns without parents left
    const left = new Set(Array.from({ length: d }, (_, v) => v));
    for (let peeled = true; peeled;) {
      peeled = false;
      for (const v of left) {
        if (parents[v]!.some((p) => left.has(p))) continue;
        left.delete(v);
        peeled = true;
      }
    }
    expect(left.size).toBe(0);
    const strong = w.filter((value, i) => i % (d + 1) !== 0 && Math.abs(value) >= 0.5).length;
    expect(edgesOf(parents).length + dropped.length).toBe(strong);
  }
});

test("required edges stay whatever their weight, forbidden ones never come", () => {
  const names = ["a", "b", "c"];
  const knowledge = constraintsOf(names, { required: [["c", "a"]], forbidden: [["a", "b"]] });
  const w = Float64Array.of(0, 5, 5, 0, 0, 1, 0, 0, 0); // a>b, a>c (against the required), b>c
  expect(edgesOf(toDag(w, 0.3, knowledge).parents)).toEqual(["1>2", "2>0"]);
});
