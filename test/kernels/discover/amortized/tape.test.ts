import { describe, expect, test } from "vitest";
import { type Engine, plainEngine } from "../../../../kernels/discover/amortized/engine.ts";
import { gatherEvidence } from "../../../../kernels/discover/amortized/evidence.ts";
import { arrowLoss } from "../../../../kernels/discover/amortized/loss.ts";
import {
  edgeLogits,
  namedParameters,
  parameterCount,
  shapes,
  startingParameters,
} from "../../../../kernels/discover/amortized/network.ts";
import { simulate } from "../../../../kernels/discover/amortized/simulate.ts";
import { Tape } from "../../../../kernels/discover/amortized/tape.ts";
import { createRng } from "../../../../kernels/math/rng.ts";
import { wasmEngine } from "../../../train/amortized/wasm-engine.ts";

const D = 4;
const simulation = simulate(createRng(3), D, 24);

/** Weights unlike those at the start, where many are 0 or 1. */
function someWeights(): Float32Array {
  const rng = createRng(8);
  return startingParameters(rng).map((value) => value + 0.1 * rng.normal());
}

/** The network in float64, so that differences can be small: the code does not know which numbers it is given. */
function doubleEngine(): Engine {
  const take = (length: number): Float32Array =>
    new Float64Array(length) as unknown as Float32Array;
  return { ...plainEngine(), take };
}

const asDoubles = (values: Float32Array): Float32Array =>
  Float64Array.from(values) as unknown as Float32Array;

function lossAt(values: Float32Array, engine: Engine = plainEngine()): number {
  const evidence = gatherEvidence(simulation.columns, engine.take);
  const logits = edgeLogits(new Tape(engine, false), namedParameters(values), evidence);
  return arrowLoss(logits, simulation.arrows, D);
}

function gradientAt(values: Float32Array, engine: Engine = plainEngine()): Float32Array {
  const gradient = engine.take(parameterCount);
  const tape = new Tape(engine, true);
  const evidence = gatherEvidence(simulation.columns, engine.take);
  const logits = edgeLogits(tape, namedParameters(values, gradient), evidence);
  arrowLoss(logits, simulation.arrows, D);
  tape.backward();
  return gradient;
}

describe("derivatives by hand", () => {
  test("agree with finite differences in every array of weights", () => {
    const engine = doubleEngine();
    const values = asDoubles(someWeights());
    const gradient = gradientAt(values, engine);
    const rng = createRng(5);
    const wrong: string[] = [];
    let told = 0;
    let start = 0;
    for (const { name, rows, columns } of shapes) {
      const own = values.subarray(start, start + rows * columns);
      const kept = own.slice();
      const way = Float64Array.from(own, () => rng.normal());
      const moved = (by: number): number => {
        own.forEach((_, i) => (own[i] = kept[i]! + by * way[i]!));
        return lossAt(values, engine);
      };
      const h = 1e-6;
      const numeric = (moved(h) - moved(-h)) / (2 * h);
      own.set(kept);
      const byHand = way.reduce((sum, v, i) => sum + v * gradient[start + i]!, 0);
      if (Math.abs(byHand) > 1e-5) told += 1;
      if (Math.abs(numeric - byHand) > 1e-7 + 1e-5 * Math.abs(byHand)) {
        wrong.push(`${name}: ${numeric} by differences, ${byHand} by hand`);
      }
      start += rows * columns;
    }
    expect(wrong).toEqual([]);
    expect(told).toBeGreaterThan(0.9 * shapes.length);
  });

  test("lead downhill", () => {
    const own = startingParameters(createRng(1));
    const before = lossAt(own);
    for (let step = 0; step < 15; step++) {
      const slope = gradientAt(own);
      for (let i = 0; i < own.length; i++) own[i]! -= 0.02 * slope[i]!;
    }
    expect(lossAt(own)).toBeLessThan(0.8 * before);
  });
});

test("the engine used in training gives the numbers of the one used in the kernel", async () => {
  const engine = await wasmEngine(64);
  const kept = engine.keep(parameterCount);
  kept.set(someWeights());
  expect(lossAt(kept, engine)).toBeCloseTo(lossAt(someWeights()), 5);
  engine.reset();
  expect(() => engine.product(new Float32Array(4), 2, 1, kept, undefined, kept, 2, 2, 2)).toThrow(
    /outside the memory/u,
  );
});

test("a product reads its left side turned, and adds the bias", () => {
  const engine = plainEngine();
  // a = [[1, 2], [3, 4], [5, 6]], b = [[7, 8], [9, 10]]
  const a = Float32Array.of(1, 2, 3, 4, 5, 6);
  const b = Float32Array.of(7, 8, 9, 10);
  const c = engine.take(6);
  engine.product(a, 2, 1, b, Float32Array.of(1, -1), c, 3, 2, 2);
  expect(Array.from(c)).toEqual([26, 27, 58, 63, 90, 99]);
  const turned = engine.take(4);
  engine.product(a, 1, 2, Float32Array.of(1, 0, 0, 1, 1, 1), undefined, turned, 2, 3, 2);
  // aᵀ [[1, 0], [0, 1], [1, 1]]
  expect(Array.from(turned)).toEqual([6, 8, 8, 10]);
});

test("attention is a mean weighted by exp(q·k / √width), group by group and head by head", () => {
  const rng = createRng(4);
  const tape = new Tape(plainEngine(), false);
  const [groups, length, heads, width] = [3, 4, 2, 2];
  const dim = heads * width;
  const some = (): Float32Array =>
    Float32Array.from({ length: groups * length * dim }, () => rng.normal());
  const [q, k, v] = [some(), some(), some()].map((data) => tape.node(groups * length, dim, data));
  // rows of a group lie `groups` apart
  const layout = { group: 1, step: groups, length };
  const y = tape.attention(q!, k!, v!, groups, heads, layout, layout, {
    ...layout,
    rows: groups * length,
  });
  for (let g = 0; g < groups; g++) {
    for (let l = 0; l < length; l++) {
      for (let h = 0; h < heads; h++) {
        const row = (x: Float32Array, i: number): number[] =>
          Array.from(
            x.slice((g + i * groups) * dim + h * width, (g + i * groups) * dim + (h + 1) * width),
          );
        const weights = Array.from({ length }, (_, j) => {
          const [a, b] = [row(q!.data, l), row(k!.data, j)];
          return Math.exp((a[0]! * b[0]! + a[1]! * b[1]!) / Math.SQRT2);
        });
        const total = weights.reduce((a, b) => a + b);
        row(y.data, l).forEach((value, c) => {
          const mean = weights.reduce((sum, w, j) => sum + (w / total) * row(v!.data, j)[c]!, 0);
          expect(value).toBeCloseTo(mean, 5);
        });
      }
    }
  }
});
