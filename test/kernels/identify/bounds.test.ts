import { describe, expect, it } from "vitest";
import { parseGraph } from "../../../kernels/graph/index.ts";
import {
  binaryVariables,
  bounds,
  causationBounds,
  jointTable,
  minimise,
  truncatedFactorisation,
  randomModel,
} from "../../../kernels/identify/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { pick, randomGraph } from "./random-graphs.ts";
import { casesOf, graphOf } from "./reference.ts";
import { lawOf, probabilityOf, randomScm } from "./scm.ts";

describe("published bounds", () => {
  it.each(casesOf("iv_bounds").map((item) => [item.id, item] as const))("%s", (_, item) => {
    const law = item.query.data?.["P(x,y|z) as [z][x][y]"] as number[][][];
    const joint = jointTable(
      binaryVariables(["Z", "X", "Y"]),
      law.flat(2).map((p) => p / 2),
    );
    const found = bounds(graphOf(item), "E[Y | do(X=1)] - E[Y | do(X=0)]", joint);
    if (found.kind !== "bounds") throw new Error(found.kind);
    expect(found.method).toBe("linear-program");
    expect(found.lower).toBeCloseTo(item.expected["lower"] as number, 8);
    expect(found.upper).toBeCloseTo(item.expected["upper"] as number, 8);
  });

  it.each(casesOf("pns_bounds").map((item) => [item.id, item] as const))("%s", (_, item) => {
    const data = item.query.data as Record<string, number>;
    const treated = data["P(Y=1|do(X=1))"] ?? NaN;
    const untreated = data["P(Y=1|do(X=0))"] ?? NaN;
    const { pns, monotone } = causationBounds({ treated, untreated });
    expect(pns.lower).toBeCloseTo(item.expected["lower"] as number, 8);
    expect(pns.upper).toBeCloseTo(item.expected["upper"] as number, 8);
    const known = item.expected["under_monotonicity"] as number | null;
    if (known === null) expect(monotone).toBeUndefined();
    else expect(monotone).toBeCloseTo(known, 8);
  });
});

describe("bounds", () => {
  it("equal Manski's for the bow", () => {
    const joint = jointTable(binaryVariables(["x", "y"]), [0.1, 0.2, 0.3, 0.4]);
    const found = bounds(parseGraph("x -> y; x <-> y"), "P(y=1 | do(x=1))", joint);
    if (found.kind !== "bounds") throw new Error(found.kind);
    expect(found.lower).toBeCloseTo(0.4, 10);
    expect(found.upper).toBeCloseTo(0.4 + 0.3, 10);
  });

  it("say when the data contradict the instrument", () => {
    // P(x, y | z): z flips y while x stays 0.
    const joint = jointTable(binaryVariables(["z", "x", "y"]), [0.5, 0, 0, 0, 0, 0.5, 0, 0]);
    const found = bounds(parseGraph("z -> x -> y; x <-> y"), "P(y=1 | do(x=1))", joint);
    expect(found.kind).toBe("contradiction");
  });

  it("give a point where the query is identified", () => {
    const graph = parseGraph("x -> z -> y; x <-> y");
    const model = randomModel(graph, createRng(4));
    const found = bounds(graph, "P(y=1 | do(x=1))", truncatedFactorisation(model));
    const truth = truncatedFactorisation(model, { x: 1 });
    const exact = truth.probabilities.reduce((sum, p, cell) => (cell % 2 === 1 ? sum + p : sum), 0);
    if (found.kind !== "point") throw new Error(found.kind);
    expect(truth.variables.at(-1)?.name).toBe("y");
    expect(found.value).toBeCloseTo(exact, 10);
  });

  it("hold the truth of random models", () => {
    const rng = createRng(12);
    let programs = 0;
    for (let round = 0; round < 60; round++) {
      const graph = randomGraph(rng, 3 + rng.int(2), 0.5, 0.3);
      if (graph.edges.filter((edge) => edge.mark === "<->").length > 4) continue;
      const [x = "", y = ""] = pick(
        rng,
        graph.nodes.map((node) => node.name),
        2,
      );
      const model = randomModel(graph, rng, { latentLevels: 2 });
      const found = bounds(graph, `P(${y}=1 | do(${x}=1))`, truncatedFactorisation(model));
      const table = truncatedFactorisation(model, { [x]: 1 });
      const bit =
        table.variables.length - 1 - table.variables.findIndex((variable) => variable.name === y);
      const exact = table.probabilities.reduce(
        (sum, p, cell) => (((cell >> bit) & 1) === 1 ? sum + p : sum),
        0,
      );
      if (found.kind === "point") expect(found.value).toBeCloseTo(exact, 9);
      else if (found.kind === "bounds") {
        if (found.method === "linear-program") programs++;
        expect(found.lower).toBeLessThanOrEqual(exact + 1e-9);
        expect(found.upper).toBeGreaterThanOrEqual(exact - 1e-9);
      } else throw new Error(found.kind);
    }
    expect(programs).toBeGreaterThan(3);
  });
});

describe("probabilities of causation", () => {
  it("hold the truth of random functional models", () => {
    const rng = createRng(6);
    const graph = parseGraph("x -> y; x <-> y");
    for (let round = 0; round < 40; round++) {
      const scm = randomScm(graph, rng);
      const at = (x: number, y: number): number =>
        probabilityOf(scm, [{ variable: "y", value: y, settings: new Map([["x", x]]) }], []);
      const both = probabilityOf(
        scm,
        [
          { variable: "y", value: 1, settings: new Map([["x", 1]]) },
          { variable: "y", value: 0, settings: new Map([["x", 0]]) },
        ],
        [],
      );
      const [x0y0 = 0, x0y1 = 0, x1y0 = 0, x1y1 = 0] = lawOf(scm).probabilities;
      const { pns, pn, ps } = causationBounds({
        treated: at(1, 1),
        untreated: at(0, 1),
        observed: { x1y1, x1y0, x0y1, x0y0 },
      });
      const world = (x: number, y: number) => ({
        variable: "y",
        value: y,
        settings: new Map([["x", x]]),
      });
      const fact = (variable: string, value: number) => ({
        variable,
        value,
        settings: new Map<string, number>(),
      });
      const necessity = probabilityOf(scm, [world(0, 0)], [fact("x", 1), fact("y", 1)]);
      const sufficiency = probabilityOf(scm, [world(1, 1)], [fact("x", 0), fact("y", 0)]);
      if (pn !== undefined)
        expect(necessity >= pn.lower - 1e-9 && necessity <= pn.upper + 1e-9).toBe(true);
      if (ps !== undefined)
        expect(sufficiency >= ps.lower - 1e-9 && sufficiency <= ps.upper + 1e-9).toBe(true);
      expect(pns.lower).toBeLessThanOrEqual(both + 1e-9);
      expect(pns.upper).toBeGreaterThanOrEqual(both - 1e-9);
    }
  });

  it("refuse experiments that contradict what was observed", () => {
    expect(() =>
      causationBounds({
        treated: 0.1,
        untreated: 0.5,
        observed: { x1y1: 0.4, x1y0: 0.1, x0y1: 0.2, x0y0: 0.3 },
      }),
    ).toThrow("cannot come from one population");
  });
});

describe("the linear program", () => {
  it("finds the corner, and says when there is none", () => {
    const best = minimise(Float64Array.of(-1, -2, 0), Float64Array.of(1, 1, 1), Float64Array.of(4));
    expect(best.kind === "optimal" && best.value).toBe(-8);
    expect(minimise(Float64Array.of(1), Float64Array.of(1, 1), Float64Array.of(1, 2)).kind).toBe(
      "infeasible",
    );
    expect(minimise(Float64Array.of(-1, 0), Float64Array.of(1, -1), Float64Array.of(0)).kind).toBe(
      "unbounded",
    );
  });
});
