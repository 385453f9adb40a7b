import { describe, expect, it } from "vitest";
import {
  admitConfounder,
  bounds,
  counterfactual,
  parseModel,
  pointOf,
  sample,
} from "../../../kernels/counterfactual/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";

describe("admitConfounder: an assumption switched off", () => {
  const model = parseModel(`x ~ bernoulli(0.4); m ~ bernoulli(0.2 + 0.6*x)
y ~ bernoulli(0.1 + 0.5*m); w ~ bernoulli(0.3 + 0.4*y)`);

  it("keeps everything observed", () => {
    const doubted = admitConfounder(model, "m", "y");
    for (const query of ["P(y)", "P(y | m=1)", "P(x | y=1, m=0)", "P(w | m=0)"]) {
      expect(pointOf(counterfactual(doubted, query))).toBeCloseTo(
        pointOf(counterfactual(model, query))!,
        12,
      );
    }
  });

  it("turns the effect that rested on it into Manski's bounds", () => {
    const plain = parseModel("x ~ bernoulli(0.4); y ~ bernoulli(0.2 + 0.5*x)");
    const doubted = counterfactual(admitConfounder(plain, "x", "y"), "ATE(x -> y)");
    // P(y=1, x=1) - P(y=1, x=0) - P(x=1) … one unit wide.
    const lower = 0.4 * 0.7 - 0.6 * 0.2 - 0.4;
    expect(doubted).toMatchObject({ kind: "bounded", sharp: true });
    if (doubted.kind !== "bounded") return;
    expect(doubted.value.lower).toBeCloseTo(lower, 9);
    expect(doubted.value.upper).toBeCloseTo(lower + 1, 9);
    expect(doubted.claim.assumptions.map(({ id }) => id)).not.toContain("no-confounder:x,y");
  });

  it("keeps what the front door still identifies", () => {
    const doubted = counterfactual(admitConfounder(model, "x", "y"), "ATE(x -> y)");
    expect(pointOf(doubted)).toBeCloseTo(pointOf(counterfactual(model, "ATE(x -> y)"))!, 9);
  });

  it("adds arcs one after another", () => {
    const both = admitConfounder(admitConfounder(model, "x", "m"), "m", "y");
    expect(both.components).toHaveLength(1);
    expect(both.components[0]!.variables).toEqual(["x", "m", "y"]);
    expect(pointOf(counterfactual(both, "P(y | x=1)"))).toBeCloseTo(
      pointOf(counterfactual(model, "P(y | x=1)"))!,
      12,
    );
    expect(counterfactual(both, "ATE(m -> y)").kind).toBe("bounded");
  });

  it("says where it cannot be re-derived", () => {
    const mixed = parseModel("x ~ bernoulli(0.4); y ~ normal(x, 1)");
    expect(() => admitConfounder(mixed, "x", "y")).toThrow(/continuous/);
    expect(() => admitConfounder(model, "x", "q")).toThrow(/no variable "q"/);
    expect(() => sample(admitConfounder(model, "m", "y"), 10, createRng(1))).toThrow(
      /unmeasured causes/,
    );
  });
});

describe("answers that cannot be given", () => {
  it("refuses to abduct noise that evidence does not determine", () => {
    const model = parseModel("a ~ normal(0,1); b ~ normal(0,1); y = exp(a) + exp(b)");
    const result = counterfactual(model, "E[a | y=2]");
    expect(result).toMatchObject({
      kind: "needs-mechanism",
      reason: expect.stringContaining("no noise") as string,
    });
  });

  it("notices a known value that the tables deny", () => {
    const model = parseModel("x ~ bernoulli(0.4); y ~ bernoulli(0.2 + 0.5*x)");
    expect(() => bounds(model, "PN(x -> y)", [{ query: "P(y=1 | do(x=1))", value: 0.3 }])).toThrow(
      /contradict/,
    );
  });
});
