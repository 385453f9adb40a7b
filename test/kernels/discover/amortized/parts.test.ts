import { describe, expect, test } from "vitest";
import { fitCalibration, reliability } from "../../../../kernels/discover/amortized/calibrate.ts";
import { chooseGraph, holdKnowledge } from "../../../../kernels/discover/amortized/choose-graph.ts";
import {
  gatherEvidence,
  PAIR_FEATURES,
  TOKEN_FEATURES,
} from "../../../../kernels/discover/amortized/evidence.ts";
import { fromHalves, toHalves } from "../../../../kernels/discover/amortized/half.ts";
import { drawSizes, simulate } from "../../../../kernels/discover/amortized/simulate.ts";
import { directed, undirected } from "../../../../kernels/discover/core/pdag.ts";
import { constraintsOf } from "../../../../kernels/discover/knowledge.ts";
import { sortability } from "../../../../kernels/discover/metrics/sortability.ts";
import { tableOf } from "../../../../kernels/data/table.ts";
import { leastSquares } from "../../../../kernels/math/least-squares.ts";
import { createRng } from "../../../../kernels/math/rng.ts";
import { namesOf, truthOf } from "./versus.ts";

describe("the simulator", () => {
  test("draws acyclic graphs of its sizes with standardised columns, again for the same seed", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const rng = createRng(seed);
      const { d, n } = drawSizes(rng);
      expect(d).toBeGreaterThanOrEqual(5);
      expect(d).toBeLessThanOrEqual(15);
      const { columns, arrows } = simulate(rng.fork("s"), d, n);
      expect(columns.length).toBe(d);
      expect(kahn(arrows, d)).toBe(d);
      for (const column of columns) {
        expect(column.length).toBe(n);
        expect(column.reduce((a, b) => a + b, 0) / n).toBeCloseTo(0, 9);
        expect(column.reduce((a, b) => a + b * b, 0) / n).toBeCloseTo(1, 9);
      }
      const again = simulate(createRng(seed).fork("s"), d, n);
      expect(again.columns).toEqual(columns);
    }
  });

  test("draws every kind, and as many arrows as it says", () => {
    const rng = createRng(2);
    const kinds = new Set<string>();
    let arrows = 0;
    for (let k = 0; k < 400; k++) {
      const one = simulate(rng, 10, 5);
      kinds.add(Object.values(one.kind).join(" "));
      arrows += one.arrows.reduce((a, b) => a + b, 0) / 400;
    }
    // 2 graphs × 3 noises × (linear by weights, linear by shares, nonlinear by shares)
    expect(kinds.size).toBe(18);
    // half the graphs 0.5 to 3 a column, half 1, 2 or 3 less those that cannot be
    expect(arrows).toBeGreaterThan(12);
    expect(arrows).toBeLessThan(19);
  });

  test("draws linear effects in two scales, in which R² leans to opposite orders", () => {
    const lean = (scale: "weights" | "shares"): number => {
      const seen: number[] = [];
      for (let seed = 1; seed <= 40; seed++) {
        const one = simulate(createRng(seed), 10, 300, {
          scale,
          graph: "random",
          effects: "linear",
        });
        const named = namesOf(10).map((name, v) => [name, one.columns[v]!] as const);
        const { rSquared } = sortability(tableOf(Object.fromEntries(named)), truthOf(one));
        if (!Number.isNaN(rSquared)) seen.push(rSquared);
      }
      return seen.reduce((a, b) => a + b) / seen.length;
    };
    expect(lean("weights")).toBeGreaterThan(0.55);
    expect(lean("shares")).toBeLessThan(0.45);
  });

  test("draws noise of mean 0 and variance 1 with the tails of its name", () => {
    const kurtosisOf = (noise: "normal" | "uniform" | "laplace"): number => {
      // a column without causes is its noise
      const { columns, arrows } = simulate(createRng(9), 5, 20_000, { noise });
      const root = [0, 1, 2, 3, 4].find((j) =>
        [0, 1, 2, 3, 4].every((i) => arrows[i * 5 + j] === 0),
      )!;
      return columns[root]!.reduce((sum, x) => sum + x ** 4, 0) / 20_000;
    };
    expect(kurtosisOf("normal")).toBeCloseTo(3, 0);
    expect(kurtosisOf("uniform")).toBeCloseTo(1.8, 1);
    expect(kurtosisOf("laplace")).toBeGreaterThan(5);
  });
});

function kahn(arrows: Uint8Array, d: number): number {
  const left = new Set(Array.from({ length: d }, (_, i) => i));
  for (let again = true; again;) {
    again = false;
    for (const j of left) {
      if ([...left].some((i) => arrows[i * d + j] === 1)) continue;
      left.delete(j);
      again = true;
    }
  }
  return d - left.size;
}

describe("what the network reads", () => {
  const { columns } = simulate(createRng(6), 5, 120, { effects: "linear" });
  const evidence = gatherEvidence(columns);
  const feature = (i: number, j: number, f: number): number =>
    evidence.pairs[(i * 5 + j) * PAIR_FEATURES + f]!;

  /** Correlation of i and j after regression on others, by least squares. */
  function partial(i: number, j: number, given: readonly number[]): number {
    const residual = (v: number): Float64Array => {
      const design = Float64Array.from({ length: 120 * given.length }, (_, p) => {
        const s = Math.floor(p / given.length);
        return columns[given[p % given.length]!]![s]!;
      });
      if (given.length === 0) return columns[v]!;
      const { coefficients } = leastSquares(design, 120, given.length, columns[v]!);
      return columns[v]!.map(
        (x, s) => x - given.reduce((sum, g, k) => sum + coefficients[k]! * columns[g]![s]!, 0),
      );
    };
    const [a, b] = [residual(i), residual(j)];
    const dot = (x: Float64Array, y: Float64Array): number =>
      x.reduce((sum, v, s) => sum + v * y[s]!, 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  }

  test("are correlations given none, one, two and all others", () => {
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 5; j++) {
        if (i === j) continue;
        const rest = [0, 1, 2, 3, 4].filter((v) => v !== i && v !== j);
        expect(feature(i, j, 1)).toBeCloseTo(partial(i, j, []), 5);
        expect(feature(i, j, 2)).toBeCloseTo(partial(i, j, rest), 2);
        const one = rest.map((k) => Math.abs(partial(i, j, [k])));
        const least1 = Math.min(...one, Math.abs(partial(i, j, [])));
        expect(feature(i, j, 7)).toBeCloseTo(least1, 5);
        expect(feature(i, j, 11)).toBeCloseTo(Math.max(...one), 5);
        const two = rest.map((k) =>
          Math.abs(
            partial(
              i,
              j,
              rest.filter((v) => v !== k),
            ),
          ),
        );
        expect(feature(i, j, 9)).toBeCloseTo(Math.min(least1, ...two), 5);
      }
    }
  });

  test("hold each cell's value and its residual on the other columns", () => {
    const square = (f: number): number => {
      let sum = 0;
      for (let s = 0; s < 120; s++) sum += evidence.tokens[(s * 5 + 2) * TOKEN_FEATURES + f]! ** 2;
      return sum / 120;
    };
    // both of variance 1, a little less where far values are bounded
    expect(square(0)).toBeGreaterThan(0.8);
    expect(square(0)).toBeLessThan(1);
    expect(square(1)).toBeGreaterThan(0.8);
    expect(square(1)).toBeLessThan(1);
  });

  test("stay finite for columns that copy one another but for a trace", () => {
    const copy = columns[0]!.map((x, s) => x + 1e-9 * Math.sin(s));
    const near = gatherEvidence([columns[0]!, copy, ...columns.slice(1)]);
    expect(near.pairs.every(Number.isFinite) && near.tokens.every(Number.isFinite)).toBe(true);
  });
});

describe("half precision", () => {
  test("every finite half comes back from its number", () => {
    const bytes: number[] = [];
    for (let bits = 0; bits < 65_536; bits++) {
      if (((bits >> 10) & 31) !== 31) bytes.push(bits & 255, bits >> 8);
    }
    const all = Uint8Array.from(bytes);
    expect(toHalves(fromHalves(all))).toEqual(all);
  });

  test("rounds to the nearest half, ties to even", () => {
    const values = Float32Array.of(
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      1 - 2 ** -13,
      65_519,
      2 ** -25,
      3e-8,
    );
    expect(Array.from(fromHalves(toHalves(values)))).toEqual([
      1,
      1 + 2 ** -9,
      1,
      65_504,
      0,
      2 ** -24 * 1,
    ]);
    expect(() => toHalves(Float32Array.of(70_000))).toThrow(/half/u);
    expect(() => toHalves(Float32Array.of(Number.NaN))).toThrow(/half/u);
  });
});

describe("calibration", () => {
  test("recovers a known slope and shift", () => {
    const rng = createRng(1);
    const logits = Float64Array.from({ length: 40_000 }, () => 3 * rng.normal());
    const truth = Uint8Array.from(logits, (z) =>
      rng.next() < 1 / (1 + Math.exp(-(0.6 * z - 1))) ? 1 : 0,
    );
    const { slope, shift } = fitCalibration(logits, truth);
    expect(slope).toBeCloseTo(0.6, 1);
    expect(shift).toBeCloseTo(-1, 1);
  });

  test("its error is the mean gap between claimed and true", () => {
    const { error, bins } = reliability([0.11, 0.11, 0.91, 0.91], [0, 0, 1, 0]);
    expect(bins.map((bin) => bin.pairs)).toEqual([2, 2]);
    expect(error).toBeCloseTo((0.11 + 0.41) / 2, 10);
  });
});

describe("the graph chosen from probabilities", () => {
  const matrix = (
    d: number,
    entries: readonly (readonly [number, number, number])[],
  ): Float64Array => {
    const out = new Float64Array(d * d);
    for (const [i, j, p] of entries) out[i * d + j] = p;
    return out;
  };

  test("joins what is probable, and directs what is clear", () => {
    const p = matrix(4, [[0, 1, 0.9], [1, 0, 0.05], [1, 2, 0.3], [2, 1, 0.1], [2, 3, 0.4], [3, 2, 0.45]]); // prettier-ignore
    const { pdag } = chooseGraph(p, 4, 0.5, 0.75);
    expect(directed(pdag, 0, 1)).toBe(true);
    expect(pdag.may[1 * 4 + 2]! + pdag.may[2 * 4 + 1]!).toBe(0);
    expect(undirected(pdag, 2, 3)).toBe(true);
  });

  test("directs an undecided edge where the other way would make a new collider", () => {
    const p = matrix(3, [[0, 1, 0.9], [1, 2, 0.45], [2, 1, 0.45]]); // prettier-ignore
    const { pdag } = chooseGraph(p, 3, 0.5, 0.75);
    expect(directed(pdag, 1, 2)).toBe(true);
  });

  test("turns the least sure arrow of a circle, and says so", () => {
    const p = matrix(3, [[0, 1, 0.9], [1, 2, 0.8], [2, 0, 0.7]]); // prettier-ignore
    const { pdag, turned } = chooseGraph(p, 3, 0.5, 0.75);
    expect(turned).toBe(1);
    expect(directed(pdag, 0, 2)).toBe(true);
  });

  test("never holds a circle, and can always be completed", () => {
    const rng = createRng(11);
    for (let k = 0; k < 200; k++) {
      const p = Float64Array.from({ length: 36 }, () => rng.next() ** 2 * 0.5);
      const { pdag } = chooseGraph(p, 6, 0.3, 0.6);
      const arrows = Uint8Array.from({ length: 36 }, (_, e) => {
        const [i, j] = [Math.floor(e / 6), e % 6];
        return i !== j && directed(pdag, i, j) ? 1 : 0;
      });
      expect(kahn(arrows, 6)).toBe(6);
    }
  });

  test("holds knowledge", () => {
    const names = ["a", "b", "c"];
    const known = constraintsOf(names, { required: [["c", "a"]], forbidden: [["a", "b"]] });
    const p = holdKnowledge(matrix(3, [[0, 1, 0.9], [1, 0, 0.6]]), known); // prettier-ignore
    const { pdag } = chooseGraph(p, 3, 0.5, 0.75);
    expect(directed(pdag, 2, 0)).toBe(true);
    expect(directed(pdag, 1, 0)).toBe(true);
  });
});
