import { describe, expect, it } from "vitest";
import { checkImplications, parseGraph } from "../../../kernels/graph/index.ts";
import {
  discontinuityDesign,
  evaluateEstimand,
  freeSymbols,
  randomModel,
  truncatedFactorisation,
  vermaConstraints,
} from "../../../kernels/identify/index.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { randomGraph } from "./random-graphs.ts";

describe("Verma constraints", () => {
  it("finds the classic one", () => {
    const { constraints } = vermaConstraints(parseGraph("a -> b -> c -> d; b <-> d"));
    expect(constraints.length).toBe(1);
    expect(constraints[0]).toMatchObject({ district: ["d"], doesNotDependOn: ["a"] });
  });

  it("finds none in a graph without unmeasured causes", () => {
    expect(vermaConstraints(parseGraph("a -> b -> c; a -> d; d -> c")).constraints).toEqual([]);
  });

  it("hold in random models", () => {
    const rng = createRng(61);
    let checked = 0;
    for (let round = 0; round < 120; round++) {
      const graph = randomGraph(rng, 4 + rng.int(2), 0.45, 0.25);
      if (graph.edges.filter((edge) => edge.mark === "<->").length > 4) continue;
      const { constraints } = vermaConstraints(graph);
      if (constraints.length === 0) continue;
      const joint = truncatedFactorisation(randomModel(graph, rng, { latentLevels: 2 }));
      for (const { formula, doesNotDependOn } of constraints) {
        const symbols = [...freeSymbols(formula)];
        for (let draw = 0; draw < 4; draw++) {
          const values = Object.fromEntries(symbols.map(([symbol]) => [symbol, rng.int(2)]));
          const flipped = Object.fromEntries(
            symbols.map(([symbol, variable]) => [
              symbol,
              doesNotDependOn.includes(variable)
                ? 1 - (values[symbol] ?? 0)
                : (values[symbol] ?? 0),
            ]),
          );
          checked++;
          expect(
            Math.abs(
              evaluateEstimand(formula, joint, values) - evaluateEstimand(formula, joint, flipped),
            ),
          ).toBeLessThan(1e-9);
        }
      }
    }
    expect(checked).toBeGreaterThan(20);
  });
});

describe("implications against data", () => {
  const rng = createRng(62);
  const n = 2000;
  const z = Float64Array.from({ length: n }, () => rng.normal());
  const x = z.map((value) => value + rng.normal());
  const y = z.map((value) => value + rng.normal());

  it("passes a graph that is right and fails one that is wrong", () => {
    const table = tableOf({ x, y, z });
    const [right] = checkImplications(parseGraph("z -> x; z -> y"), table);
    expect(right).toMatchObject({ kind: "tested", given: ["z"], method: "partial-correlation", n });
    expect(right?.kind === "tested" && right.p).toBeGreaterThan(0.01);
    const [wrong] = checkImplications(parseGraph("x -> z; y -> z"), table);
    expect(wrong?.kind === "tested" && wrong.adjusted).toBeLessThan(1e-6);
  });

  it("counts where there are few values, and keeps its level", () => {
    const binary = (list: Float64Array): Float64Array => list.map((value) => (value > 0 ? 1 : 0));
    const table = tableOf({ x: binary(x), y: binary(y), z: binary(z) });
    const [wrong] = checkImplications(parseGraph("x -> z; y -> z"), table);
    expect(wrong).toMatchObject({ kind: "tested", method: "g-squared" });
    expect(wrong?.kind === "tested" && wrong.p).toBeLessThan(1e-6);
    let rejected = 0;
    for (let round = 0; round < 200; round++) {
      const draw = (): Float64Array => Float64Array.from({ length: 400 }, () => rng.int(2));
      const [test] = checkImplications(parseGraph("a; b"), tableOf({ a: draw(), b: draw() }));
      if (test?.kind === "tested" && test.p < 0.05) rejected++;
    }
    expect(rejected).toBeGreaterThan(1);
    expect(rejected).toBeLessThan(25);
  });

  it("says what it cannot test", () => {
    const table = tableOf({ x, y: new Float64Array(n).fill(1.5) });
    expect(checkImplications(parseGraph("x; y"), table)[0]).toMatchObject({ kind: "not-testable" });
    expect(() => checkImplications(parseGraph("x; q"), table)).toThrow('no column "q"');
  });
});

describe("regression discontinuity", () => {
  it("is declared, with its assumptions", () => {
    const sharp = discontinuityDesign(parseGraph("r -> t -> y; r -> y; r <-> y"), {
      running: "r",
      cutoff: 50,
      treatment: "t",
      outcome: "y",
    });
    expect(sharp.form).toBe("sharp");
    expect(sharp.claim.assumptions.map((item) => item.kind)).toEqual([
      "continuity",
      "no-manipulation",
      "local",
      "consistency",
      "no-interference",
    ]);
    const fuzzy = discontinuityDesign(parseGraph("r -> t -> y; t <-> y"), {
      running: "r",
      cutoff: 50,
      treatment: "t",
      outcome: "y",
    });
    expect(fuzzy.form).toBe("fuzzy");
    expect(() =>
      discontinuityDesign(parseGraph("t -> r; t -> y"), {
        running: "r",
        cutoff: 0,
        treatment: "t",
        outcome: "y",
      }),
    ).toThrow("does not say that r decides t");
  });
});
