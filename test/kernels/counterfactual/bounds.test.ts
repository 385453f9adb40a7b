import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bounds,
  counterfactual,
  fitModel,
  parseModel,
} from "../../../kernels/counterfactual/index.ts";
import type {
  CounterfactualResult,
  StructuralModel,
} from "../../../kernels/counterfactual/index.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";

function range(result: CounterfactualResult): readonly [number, number] {
  if (result.kind === "bounded") return [result.value.lower, result.value.upper];
  if (result.kind === "identified") return [result.value, result.value];
  if (result.kind === "needs-mechanism" && result.value !== undefined) {
    return [result.value.lower, result.value.upper];
  }
  throw new Error(`${result.kind} has no range`);
}

const expectRange = (result: CounterfactualResult, lower: number, upper: number): void => {
  const [low, high] = range(result);
  expect(low).toBeCloseTo(lower, 9);
  expect(high).toBeCloseTo(upper, 9);
};

/** P(y, d | z) in the order y0d0, y1d0, y0d1, y1d1. */
const instrument = (z0: number[], z1: number[]): StructuralModel =>
  fitModel(
    parseGraph("z -> d; d -> y; d <-> y"),
    tableOf({
      z: [0, 0, 0, 0, 1, 1, 1, 1],
      y: [0, 1, 0, 1, 0, 1, 0, 1],
      d: [0, 0, 1, 1, 0, 0, 1, 1],
      p: [...z0, ...z1],
    }),
    { weights: "p" },
  );

/** P(x,y), P(x,y'), P(x',y), P(x',y'). */
const observational = (p: number[]): StructuralModel =>
  fitModel(parseGraph("x -> y; x <-> y"), tableOf({ x: [1, 1, 0, 0], y: [1, 0, 1, 0], p }), {
    weights: "p",
  });

const experiment = (a: number, b: number) => [
  { query: "P(y=1 | do(x=1))", value: a },
  { query: "P(y=1 | do(x=0))", value: b },
];

describe("bounds of the literature", () => {
  it("gives Balke and Pearl's instrument bounds (vitamin A, cholestyramine)", () => {
    const vitamin = instrument([0.0064, 0.9936, 0, 0], [0.0028, 0.1972, 0.001, 0.799]);
    expectRange(bounds(vitamin, "ATE(d -> y)"), -0.1946, 0.0054);
    const drug = instrument([0.919, 0.081, 0, 0], [0.315, 0.073, 0.139, 0.473]);
    expectRange(bounds(drug, "ATE(d -> y)"), 0.392, 0.78);
  });

  it("gives Tian and Pearl's bounds of PN, PS and PNS from experiment and observation", () => {
    const model = observational([0.001, 0.499, 0.014, 0.486]);
    const known = experiment(0.016, 0.014);
    expectRange(bounds(model, "PN(x -> y)", known), 1, 1);
    expectRange(bounds(model, "PNS(x -> y)", known), 0.002, 0.016);
    expectRange(bounds(model, "PS(x -> y)", known), 0.001 / 0.486, 0.015 / 0.486);
    const generic = observational([0.35, 0.15, 0.2, 0.3]);
    const other = experiment(0.6, 0.3);
    expectRange(bounds(generic, "PNS(x -> y)", other), 0.3, 0.6);
    expectRange(bounds(generic, "PN(x -> y)", other), 0.25 / 0.35, 1);
    expectRange(bounds(generic, "PS(x -> y)", other), 0.05 / 0.3, 0.25 / 0.3);
  });

  it("follows Tian and Pearl's formulas on random numbers", () => {
    const share = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        share,
        share,
        share,
        share,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b, c, d, s, t) => {
          const n = a + b + c + d;
          const [xy, xn, ny, nn] = [a / n, b / n, c / n, d / n];
          // Experimental values that agree with the observations lie between P(x,y) and 1 - P(x,y').
          const p1 = xy + s * (ny + nn);
          const p0 = ny + t * (xy + xn);
          const found = (name: string) =>
            bounds(observational([xy, xn, ny, nn]), `${name}(x -> y)`, experiment(p1, p0));
          const py = xy + ny;
          expectRange(
            found("PNS"),
            Math.max(0, p1 - p0, py - p0, p1 - py),
            Math.min(p1, 1 - p0, xy + nn, p1 - p0 + xn + ny),
          );
          expectRange(found("PN"), Math.max(0, (py - p0) / xy), Math.min(1, (1 - p0 - nn) / xy));
        },
      ),
      { numRuns: 60, seed: 11 },
    );
  });

  it("needs no bounds where the front door identifies, in any world", () => {
    const truth = parseModel(`latent u ~ bernoulli(0.3); x ~ bernoulli(0.2 + 0.5*u)
m ~ bernoulli(0.1 + 0.7*x); y ~ bernoulli(0.1 + 0.4*m + 0.4*u)`);
    const cells = [0, 1].flatMap((x) => [0, 1].flatMap((m) => [0, 1].map((y) => ({ x, m, y }))));
    const p = cells.map(
      ({ x, m, y }) => range(counterfactual(truth, `P(x=${x}, m=${m}, y=${y})`))[0],
    );
    const table = tableOf({
      x: cells.map((c) => c.x),
      m: cells.map((c) => c.m),
      y: cells.map((c) => c.y),
      p,
    });
    const seen = fitModel(parseGraph("x -> m -> y; x <-> y"), table, { weights: "p" });
    for (const query of ["ATE(x -> y)", "ETT(x -> y)", "NIE(x -> y)", "P(y | x=1)"]) {
      const [expected] = range(counterfactual(truth, query));
      expectRange(counterfactual(seen, query), expected, expected);
    }
    const [low, high] = range(counterfactual(seen, "PN(x -> y)"));
    const [inner, outer] = range(counterfactual(truth, "PN(x -> y)"));
    expect(low).toBeLessThanOrEqual(inner + 1e-12);
    expect(high).toBeGreaterThanOrEqual(outer - 1e-12);
  });

  it("says when experiment and observation contradict one another", () => {
    const model = observational([0.35, 0.15, 0.2, 0.3]);
    expect(() => bounds(model, "PN(x -> y)", experiment(0.1, 0.3))).toThrow(/contradict/);
  });
});

describe("the hard rule: tables do not fix one unit's fate", () => {
  const query = "P(y_{x=0} = 1 | x=1, y=1)";
  const asTable = parseModel("x ~ bernoulli(0.5); y ~ bernoulli(0.5 + 0*x)");
  const ignores = parseModel("x ~ bernoulli(0.5); u ~ bernoulli(0.5); y = u");
  const flips = parseModel("x ~ bernoulli(0.5); u ~ bernoulli(0.5); y = x xor u");

  it("cannot tell Y=U from Y=X xor U on rungs I and II", () => {
    for (const rungTwo of [
      "P(y | x=1)",
      "P(y | x=0)",
      "P(y | do(x=1))",
      "P(y | do(x=0))",
      "P(x | y=1)",
    ]) {
      const values = [asTable, ignores, flips].map(
        (model) => range(counterfactual(model, rungTwo))[0],
      );
      expect(values).toEqual([0.5, 0.5, 0.5]);
    }
  });

  it("answers 1 and 0 for the mechanisms, and names the variable whose mechanism is missing", () => {
    expectRange(counterfactual(ignores, query), 1, 1);
    expectRange(counterfactual(flips, query), 0, 0);
    const open = counterfactual(asTable, query);
    expect(open).toMatchObject({
      kind: "needs-mechanism",
      variables: ["y"],
      value: { lower: 0, upper: 1 },
      claim: { rung: 3, status: "needs-mechanism" },
    });
  });

  const probability = fc.double({ min: 0.05, max: 0.95, noNaN: true });

  it("bounds PNS of any two shares by Fréchet's inequality, reached by both ends", () => {
    fc.assert(
      fc.property(probability, probability, (p0, p1) => {
        const model = parseModel(`x ~ bernoulli(0.5)\ny | x ~ table { 0: ${p0}; 1: ${p1} }`);
        expectRange(
          counterfactual(model, "PNS(x -> y)"),
          Math.max(0, p1 - p0),
          Math.min(p1, 1 - p0),
        );
      }),
      { numRuns: 50, seed: 3 },
    );
  });

  it("holds every mechanism with the same tables, for one parent, two parents and a chain", () => {
    const shapes = [
      (p: number[], flag: string) =>
        `x ~ bernoulli(0.4)\ny | x ~ table { 0: ${p[0]}; 1: ${p[1]} } ${flag}`,
      (p: number[], flag: string) =>
        `x ~ bernoulli(0.4); z ~ bernoulli(0.3)
y | x, z ~ table { 0 0: ${p[0]}; 0 1: ${p[1]}; 1 0: ${p[2]}; 1 1: ${p[3]} } ${flag}`,
      (p: number[], flag: string) =>
        `x ~ bernoulli(0.4)\nm | x ~ table { 0: ${p[0]}; 1: ${p[1]} } ${flag}
y | x, m ~ table { 0 0: ${p[2]}; 0 1: ${p[3]}; 1 0: ${p[4]}; 1 1: ${p[5]} } ${flag}`,
    ];
    fc.assert(
      fc.property(
        fc.array(probability, { minLength: 6, maxLength: 6 }),
        fc.integer({ min: 0, max: 2 }),
        (p, s) => {
          const shape = shapes[s]!;
          for (const query of ["PN(x -> y)", "PS(x -> y)", "PNS(x -> y)"]) {
            const [low, high] = range(counterfactual(parseModel(shape(p, "")), query));
            for (const flag of ["[monotone]", "[gumbel]"]) {
              const [value] = range(counterfactual(parseModel(shape(p, flag)), query));
              expect(value).toBeGreaterThanOrEqual(low - 1e-9);
              expect(value).toBeLessThanOrEqual(high + 1e-9);
            }
          }
        },
      ),
      { numRuns: 40, seed: 9 },
    );
  });

  it("finds the ends of a chain by trying the couplings of both tables", () => {
    const [a0, a1, b0, b1] = [0.2, 0.7, 0.1, 0.9];
    const chain = parseModel(`x ~ bernoulli(0.5); m | x ~ table { 0: ${a0}; 1: ${a1} }
y | m ~ table { 0: ${b0}; 1: ${b1} }`);
    // A coupling of two yes/no responses has one free number: the share that answers 1 twice.
    const grid = (p: number, q: number): number[] =>
      Array.from({ length: 101 }, (_, i) => {
        const low = Math.max(0, p + q - 1);
        return low + (i / 100) * (Math.min(p, q) - low);
      });
    let low = 1;
    let high = 0;
    for (const m11 of grid(a0, a1)) {
      for (const y11 of grid(b0, b1)) {
        // PN: y=1 at x=1, and y=0 had x been 0.
        const m = [
          [1 - a0 - a1 + m11, a1 - m11],
          [a0 - m11, m11],
        ];
        const y = [
          [1 - b0 - b1 + y11, b1 - y11],
          [b0 - y11, y11],
        ];
        let top = 0;
        for (const m0 of [0, 1]) {
          for (const m1 of [0, 1]) {
            const fails = m0 === m1 ? 0 : m1 === 1 ? y[0]![1]! : y[1]![0]!;
            top += m[m0]![m1]! * fails;
          }
        }
        const pn = top / (a1 * b1 + (1 - a1) * b0);
        low = Math.min(low, pn);
        high = Math.max(high, pn);
      }
    }
    expectRange(counterfactual(chain, "PN(x -> y)"), low, high);
  });

  it("bounds what is asked of evidence that itself rests on two worlds", () => {
    const model = parseModel(`x {0, 1, 2} ~ categorical(0.3, 0.3, 0.4)
y | x ~ table { 0: 0.1; 1: 0.1; 2: 0.6 }`);
    // P(y0=0, y1=0) lies in [0.8, 0.9]. With 0.8, the other 0.2 may all answer 1 at x=2 (0.4 / 0.8) or none (0.6 / 0.8).
    expectRange(counterfactual(model, "P(y_{x=2} = 1 | y_{x=0} = 0, y_{x=1} = 0)"), 0.5, 0.75);
    const two = counterfactual(model, "P(y_{x=2} = 1 | y_{x=1} = 0)");
    expectRange(two, 0.5 / 0.9, 0.6 / 0.9);
  });

  it("is identified when the table is deterministic where it matters", () => {
    const model = parseModel("x ~ bernoulli(0.5); y | x ~ table { 0: 0; 1: 0.4 }");
    expectRange(counterfactual(model, "PN(x -> y)"), 1, 1);
    expectRange(counterfactual(model, "PNS(x -> y)"), 0.4, 0.4);
    expectRange(counterfactual(model, "PS(x -> y)"), 0.4, 0.4);
  });
});
