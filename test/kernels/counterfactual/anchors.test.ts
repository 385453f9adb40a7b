import { describe, expect, it } from "vitest";
import { counterfactual, parseModel, pointOf } from "../../../kernels/counterfactual/index.ts";

const squad = (p: number, q: number) =>
  parseModel(`order ~ bernoulli(${p}); u_a ~ bernoulli(${q})
captain = order
a = captain or u_a
b = captain
dead = a or b`);

const valueOf = (model: ReturnType<typeof parseModel>, query: string): number =>
  pointOf(counterfactual(model, query)) ?? Number.NaN;

describe("exact anchors of the literature", () => {
  it.each([
    [0.7, 0.1],
    [0.3, 0.2],
    [0.01, 0.5],
  ])("answers the firing squad for p=%d, q=%d (Balke & Pearl 1994)", (p, q) => {
    const expected = (q * (1 - p)) / (1 - (1 - p) * (1 - q));
    expect(valueOf(squad(p, q), "P(dead_{a=0} = 0 | dead=1)")).toBeCloseTo(expected, 12);
  });

  it("answers for one unit of a linear model (Pearl, Glymour & Jewell 2016, 4.2)", () => {
    const model = parseModel(`x ~ normal(0, 1)
h = 0.5*x + u_h; u_h ~ normal(0, 1)
y = 0.7*x + 0.4*h + u_y; u_y ~ normal(0, 1)`);
    const seen = "x=0.5, h=1, y=1.5";
    expect(valueOf(model, `E[u_h | ${seen}]`)).toBeCloseTo(0.75, 12);
    expect(valueOf(model, `E[u_y | ${seen}]`)).toBeCloseTo(0.75, 12);
    expect(valueOf(model, `E[y_{h=2} | ${seen}]`)).toBeCloseTo(1.9, 12);
  });

  it("names the rung of a query by the worlds it needs", () => {
    const model = parseModel(
      "z ~ bernoulli(0.5); x ~ bernoulli(0.3+0.4*z); y ~ bernoulli(0.2+0.3*x+0.3*z)",
    );
    const rung = (query: string): number => counterfactual(model, query).claim.rung;
    expect(
      ["P(y | x=1)", "P(y | do(x=1))", "P(y_{x=1} = 1 | z=1)", "ATE(x -> y)"].map(rung),
    ).toEqual([1, 2, 2, 2]);
    expect(["ETT(x -> y)", "PN(x -> y)", "P(y_{x=1} = 1, y_{x=0} = 0)"].map(rung)).toEqual([
      3, 3, 3,
    ]);
  });

  it("knows effects of the treated from the table alone, and refuses one unit's fate", () => {
    const model = parseModel("x ~ bernoulli(0.5); y ~ bernoulli(0.5 + 0*x)");
    expect(valueOf(model, "ETT(x -> y)")).toBeCloseTo(0, 12);
    expect(counterfactual(model, "P(y_{x=0} = 1 | x=1, y=1)").kind).toBe("needs-mechanism");
    expect(valueOf(model, "P(y_{x=1} = 1 | x=1, y=1)")).toBe(1);
  });
});
