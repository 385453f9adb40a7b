import { describe, expect, it } from "vitest";
import {
  assessFairness,
  counterfactual,
  fitFlowModel,
  fitModel,
  parseModel,
  pointOf,
  sample,
} from "../../../kernels/counterfactual/index.ts";
import type { StructuralModel } from "../../../kernels/counterfactual/index.ts";
import { numbersOf } from "../../../kernels/data/table.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { type CoinModel, randomCoinModel, runUnit, textOf } from "./random-model.ts";

/** Mean of `value` over all units, or over those of `among`; undefined when there are none. */
function mean(
  model: CoinModel,
  value: (unit: number) => number,
  among: (unit: number) => boolean = () => true,
): number | undefined {
  let top = 0;
  let bottom = 0;
  for (let unit = 0; unit < 2 ** model.names.length; unit++) {
    if (!among(unit)) continue;
    let p = 1;
    model.coins.forEach((coin, i) => (p *= (unit >>> i) & 1 ? coin : 1 - coin));
    bottom += p;
    top += p * value(unit);
  }
  return bottom > 0 ? top / bottom : undefined;
}

describe("every named effect equals its definition counted unit by unit", () => {
  const [x, m, y] = [1, 2, 4];
  const held = (...pairs: readonly (readonly [number, number])[]) => new Map(pairs);

  /** The definitions of Pearl (2001, 2009 ch. 9), by running each unit in each of its worlds. */
  function definitions(model: CoinModel): Readonly<Record<string, number | undefined>> {
    const fact = (unit: number, i: number): number => runUnit(model, unit)[i]!;
    const would = (unit: number, i: number, ...pairs: (readonly [number, number])[]): number =>
      runUnit(model, unit, held(...pairs))[i]!;
    const gain = (unit: number): number => would(unit, y, [x, 1]) - would(unit, y, [x, 0]);
    const crossed = (unit: number, seen: number, kept: number): number =>
      would(unit, y, [x, seen], [m, would(unit, m, [x, kept])]) - would(unit, y, [x, 0]);
    const was = (i: number, level: number) => (unit: number) => fact(unit, i) === level;
    const both = (a: (unit: number) => boolean, b: (unit: number) => boolean) => (unit: number) =>
      a(unit) && b(unit);
    return {
      "ATE(v1 -> v4)": mean(model, gain),
      "ETT(v1 -> v4)": mean(model, gain, was(x, 1)),
      "ATC(v1 -> v4)": mean(model, gain, was(x, 0)),
      "ATE(v1 -> v4 | v0=1)": mean(model, gain, was(0, 1)),
      "CDE(v1 -> v4, v2=1)": mean(
        model,
        (u) => would(u, y, [x, 1], [m, 1]) - would(u, y, [x, 0], [m, 1]),
      ),
      "NDE(v1 -> v4 via v2)": mean(model, (u) => crossed(u, 1, 0)),
      "NIE(v1 -> v4 via v2)": mean(model, (u) => crossed(u, 0, 1)),
      "PN(v1 -> v4)": mean(model, (u) => 1 - would(u, y, [x, 0]), both(was(x, 1), was(y, 1))),
      "PS(v1 -> v4)": mean(model, (u) => would(u, y, [x, 1]), both(was(x, 0), was(y, 0))),
      "PNS(v1 -> v4)": mean(model, (u) => (gain(u) === 1 ? 1 : 0)),
      "P(v4_{v1=0} = 1 | v1=1, v3=1)": mean(
        model,
        (u) => would(u, y, [x, 0]),
        both(was(x, 1), was(3, 1)),
      ),
      "E[v4_{v1=1} * v4_{v1=0}]": mean(model, (u) => would(u, y, [x, 1]) * would(u, y, [x, 0])),
    };
  }

  it("in 60 random models, written as functions and as response types", () => {
    const rng = createRng(31);
    let numbers = 0;
    for (let round = 0; round < 60; round++) {
      const model = randomCoinModel(rng, 5, 3);
      for (const style of ["function", "response"] as const) {
        const parsed = parseModel(textOf(model, style));
        for (const [query, expected] of Object.entries(definitions(model))) {
          const result = counterfactual(parsed, query);
          if (expected === undefined) expect(result.kind).toBe("impossible-evidence");
          else {
            expect([style, query, pointOf(result)]).toEqual([
              style,
              query,
              expect.closeTo(expected, 10),
            ]);
            numbers += Math.abs(expected) > 1e-9 ? 1 : 0;
          }
        }
      }
    }
    expect(numbers).toBeGreaterThan(400); // models whose answers are not all 0
  });

  it("path-specific effects, along both arms of a diamond", () => {
    const rng = createRng(5);
    for (let round = 0; round < 40; round++) {
      const coins = Array.from({ length: 4 }, () => 0.1 + 0.8 * rng.next());
      const bit = (): number => rng.int(2);
      const one = [
        [bit(), bit()],
        [bit(), bit()],
      ];
      const two = [
        [bit(), bit()],
        [bit(), bit()],
      ];
      const out = Array.from({ length: 8 }, () => [bit(), bit()]);
      const diamond: CoinModel = {
        names: ["v0", "v1", "v2", "v3"],
        parents: [[], [0], [0], [0, 1, 2]],
        coins,
        tables: [[[0, 1]], one, two, out],
      };
      const parsed = parseModel(textOf(diamond, "response"));
      // The change travels x -> v1 -> y only: v2 and the direct arrow stay in the reference world.
      const expected = mean(diamond, (unit) => {
        const [, carried] = runUnit(diamond, unit, new Map([[0, 1]]));
        const base = runUnit(diamond, unit, new Map([[0, 0]]));
        const changed = runUnit(
          diamond,
          unit,
          new Map([
            [0, 0],
            [1, carried!],
          ]),
        );
        return changed[3]! - base[3]!;
      });
      const found = pointOf(counterfactual(parsed, "PSE(v0 -> v1 -> v3)"));
      expect(found).toBeCloseTo(expected!, 10);
    }
  });

  it("fairness: each kind of person, and the verdict, by enumeration", () => {
    const rng = createRng(77);
    const seen = new Set<string>();
    for (let round = 0; round < 60; round++) {
      const model = randomCoinModel(rng, 4, 2);
      const report = assessFairness(parseModel(textOf(model, "function")), {
        attribute: "v0",
        outcome: "v3",
        known: ["v0", "v1", "v2"],
      });
      let fair = true;
      for (const { person, result } of report.rows) {
        const among = (unit: number): boolean => {
          const values = runUnit(model, unit);
          return model.names.every((name, i) => i === 3 || String(values[i]) === person[name]);
        };
        const other = 1 - Number(person["v0"]);
        const expected = mean(
          model,
          (unit) => runUnit(model, unit, new Map([[0, other]]))[3]! - runUnit(model, unit)[3]!,
          among,
        );
        expect(pointOf(result)).toBeCloseTo(expected!, 10);
        if (Math.abs(expected!) > 1e-9) fair = false;
      }
      expect(report.counterfactuallyFair).toBe(fair ? "yes" : "no");
      seen.add(report.counterfactuallyFair);
    }
    expect([...seen].sort()).toEqual(["no", "yes"]);
  });
});

describe("learned mechanisms of mixed data, against a truth that is known", () => {
  const truth = parseModel(`w ~ normal(0, 1)
t ~ bernoulli(sigmoid(0.8*w))
k {a, b, c} ~ categorical(sigmoid(w)*0.5, 0.5*(1 - sigmoid(w)), 0.5) [monotone]
y = 1 + t*(1 + sin(2*w)) + (k == "c" ? 1 : 0) + exp(0.4*w)*u_y; u_y ~ normal(0, 0.6)`);
  const graph = parseGraph("w -> t, k, y; t -> y; k -> y");

  /** Root mean squared error of each unit's outcome under the other treatment. */
  function unitError(model: StructuralModel, units: number): number {
    const people = sample(truth, units, createRng(501));
    const [w, t, y] = ["w", "t", "y"].map((name) => numbersOf(people, name)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const column = people.columns.find(({ name }) => name === "k");
    if (column?.type !== "category") throw new Error("k has no levels");
    let squares = 0;
    for (let i = 0; i < units; i++) {
      const level = column.levels[column.codes[i]!];
      const query = `E[y_{t=${1 - t[i]!}} | w=${w[i]}, t=${t[i]}, k=${level}, y=${y[i]}]`;
      const [found, right] = [model, truth].map((one) => pointOf(counterfactual(one, query)));
      squares += (found! - right!) ** 2;
    }
    return Math.sqrt(squares / units);
  }

  it("a flow's unit counterfactuals err less than half as much as linear ones", async () => {
    const table = sample(truth, 2500, createRng(4));
    const linear = fitModel(graph, table);
    const flow = await fitFlowModel(graph, table, createRng(6), { backend: "wasm", epochs: 60 });
    expect(flow.variables.map(({ name, mechanism }) => `${name} ${mechanism.kind}`).sort()).toEqual(
      ["k conditional", "t conditional", "w flow", "y flow"],
    );
    const [ofLinear, ofFlow] = [unitError(linear, 80), unitError(flow, 80)];
    expect(ofFlow).toBeLessThan(0.5 * ofLinear);
    expect(ofFlow).toBeLessThan(0.35);
    // Levels with a continuous cause: the chances, against the truth.
    for (const query of ["P(k=a | do(w=1))", "P(k=c | do(w=-1))", "P(t=1 | do(w=1))"]) {
      const [found, right] = [flow, truth].map((one) => pointOf(counterfactual(one, query)));
      expect(Math.abs(found! - right!)).toBeLessThan(0.05);
    }
  }, 60_000);
});
