import { describe, expect, test } from "vitest";
import type { Work } from "../../../../app/work.ts";
import { type Table, tableOf } from "../../../../kernels/data/table.ts";
import { discoverBy } from "../../../../kernels/discover/discover.ts";
import { constraintsOf } from "../../../../kernels/discover/knowledge.ts";
import type { Method } from "../../../../kernels/discover/method.ts";
import { matrixProblem } from "../../../../kernels/discover/relaxation/matrix-problem.ts";
import { relaxationMethods } from "../../../../kernels/discover/relaxation/methods.ts";
import {
  dependence,
  mlpFixed,
  mlpL1,
  mlpLoss,
  mlpShape,
  mlpStart,
} from "../../../../kernels/discover/relaxation/mlp.ts";
import { createRng } from "../../../../kernels/math/rng.ts";
import { arrowsOf, distance, gradientError } from "./worlds.ts";

const method = (name: string): Method => relaxationMethods.find((one) => one.name === name)!;
const names = ["dagma-mlp", "notears-mlp"] as const;

/** a -> b (a parabola), b -> c (a sine), a -> d, c -> d; noises of variance 1. */
function curvedWorld(n: number, seed: number): { table: Table; arrows: Set<string> } {
  const rng = createRng(seed);
  const noise = (): Float64Array => Float64Array.from({ length: n }, () => rng.normal());
  const a = noise();
  const b = noise().map((e, i) => a[i]! ** 2 + e);
  const c = noise().map((e, i) => 3 * Math.sin(b[i]!) + e);
  const d = noise().map((e, i) => 2 * Math.tanh(2 * a[i]!) + 1.5 * Math.abs(c[i]!) + e);
  return { table: tableOf({ d, b, a, c }), arrows: new Set(["a>b", "b>c", "a>d", "c>d"]) };
}

describe("the networks", () => {
  const d = 5;
  const shape = mlpShape(d, 3);
  const rng = createRng(2);
  const n = 70; // more than a block of rows, and not a multiple of four
  const x = Float64Array.from({ length: n * d }, () => rng.normal());
  const theta = Float64Array.from({ length: shape.size }, () => 0.7 * rng.normal());

  test("the loss is the formula's, row by row", () => {
    const hidden = d * 3;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) {
        let fitted = theta[shape.weights + 2 * hidden + j]!;
        for (let k = 0; k < 3; k++) {
          const unit = j * 3 + k;
          let z = theta[shape.weights + unit]!;
          for (let p = 0; p < d; p++) z += x[i * d + p]! * theta[p * hidden + unit]!;
          fitted += theta[shape.weights + hidden + unit]! / (1 + Math.exp(-z));
        }
        sum += (fitted - x[i * d + j]!) ** 2 / (2 * n);
      }
    }
    expect(mlpLoss(shape, x, n)(theta, new Float64Array(shape.size))).toBeCloseTo(sum, 10);
  });

  test("the gradient is its derivative", () => {
    expect(gradientError(mlpLoss(shape, x, n), theta)).toBeLessThan(1e-6);
  });

  test("the start is acyclic, and what is fixed and penalised is what the knowledge says", () => {
    const start = mlpStart(shape, new Float64Array(d).fill(1), createRng(3));
    const a = new Float64Array(d * d).fill(1);
    dependence(shape, start, a);
    expect(a.every((value) => value === 0)).toBe(true);
    const columns = ["p", "q", "r", "s", "t"];
    const problem = matrixProblem(
      constraintsOf(columns, { forbidden: [["p", "q"]], required: [["q", "r"]] }),
      0.5,
    );
    const fixed = mlpFixed(shape, problem);
    const l1 = mlpL1(shape, problem);
    for (let pair = 0; pair < d * d; pair++) {
      const still = pair % (d + 1) === 0 || pair === 1 || pair === 2 * d + 1; // p>q, and r>q
      expect([pair, fixed[pair * 3], l1[pair * 3]]).toEqual([
        pair,
        still ? 1 : 0,
        pair === d + 2 ? 0 : 0.5,
      ]);
    }
    expect(fixed.subarray(shape.weights).every((value) => value === 0)).toBe(true);
    expect(l1.subarray(shape.weights).every((value) => value === 0)).toBe(true);
  });
});

describe("curved effects", () => {
  test.each(names)("%s finds what a linear search cannot", async (name) => {
    const world = curvedWorld(500, 5);
    const found = await discoverBy(method(name), world.table, { seed: 2 });
    const linear = await discoverBy(method("dagma"), world.table);
    expect(distance(found.graph, world)).toBeLessThanOrEqual(1);
    expect(distance(linear.graph, world)).toBeGreaterThan(1);
    const again = await discoverBy(method(name), world.table, { seed: 2 });
    expect(again.graph).toEqual(found.graph);
    expect(again.score).toEqual(found.score);
  });

  test.each(names)("%s holds knowledge", async (name) => {
    const world = curvedWorld(200, 6);
    const found = await discoverBy(method(name), world.table, {
      units: 4,
      knowledge: { forbidden: [["a", "b"]], required: [["d", "c"]], tiers: [["b"], ["a"]] },
    });
    const arrows = arrowsOf(found.graph);
    expect(arrows.has("a>b")).toBe(false);
    expect(arrows.has("d>c")).toBe(true);
  });

  test.each(names)("%s stops when told", async (name) => {
    const stop = new AbortController();
    const work: Work = { signal: stop.signal, progress: () => stop.abort(new Error("stopped")) };
    await expect(discoverBy(method(name), curvedWorld(2000, 7).table, {}, work)).rejects.toThrow(
      "stopped",
    );
  });

  test("more data than can be fitted is refused before anything runs", async () => {
    const n = 300_000;
    const rng = createRng(1);
    const columns = Object.fromEntries(
      Array.from({ length: 12 }, (_, v) => [
        `v${v}`,
        Float64Array.from({ length: n }, () => rng.next()),
      ]),
    );
    await expect(discoverBy(method("dagma-mlp"), tableOf(columns))).rejects.toMatchObject({
      code: "mlp-large",
    });
  });
});
