import { describe, expect, it } from "vitest";
import {
  assessFairness,
  attributeAnomaly,
  attributeChange,
  counterfactual,
  formatModel,
  mechanismSpread,
  parseModel,
  pointOf,
} from "../../../kernels/counterfactual/index.ts";
import type { CounterfactualResult } from "../../../kernels/counterfactual/index.ts";
import { shapley } from "../../../kernels/counterfactual/shapley.ts";
import { createRng } from "../../../kernels/math/rng.ts";

describe("shapley", () => {
  it("is exact on the glove game and fair to equal players", () => {
    // One left glove (player 0), two right gloves: 2/3, 1/6, 1/6.
    const worth = (m: Uint8Array): number => Number(m[0] === 1 && (m[1] === 1 || m[2] === 1));
    const { values, evaluations } = shapley(3, worth, createRng(1));
    [2 / 3, 1 / 6, 1 / 6].forEach((v, i) => expect(values[i]).toBeCloseTo(v, 12));
    expect(evaluations).toBe(8);
  });

  it("samples orders beyond eight players, within its own standard errors", () => {
    const weights = Array.from({ length: 10 }, (_, i) => i);
    // A sum of weights plus one pair that only pays together.
    const worth = (m: Uint8Array): number =>
      m.reduce((sum, one, i) => sum + one * weights[i]!, 0) + 4 * m[0]! * m[1]!;
    const { values, standardErrors } = shapley(10, worth, createRng(2), 200);
    weights.forEach((w, i) => {
      const expected = w + (i < 2 ? 2 : 0);
      expect(Math.abs(values[i]! - expected)).toBeLessThanOrEqual(4 * standardErrors![i]! + 1e-12);
    });
  });
});

describe("attributeChange", () => {
  const before = parseModel(
    "x ~ bernoulli(0.3); m ~ bernoulli(0.2 + 0.5*x); y ~ normal(m + 2*x, 1)",
  );
  it("splits the change of a mean over the mechanisms that changed", () => {
    const after = parseModel(
      "x ~ bernoulli(0.5); m ~ bernoulli(0.2 + 0.5*x); y ~ normal(m + 3*x, 1)",
    );
    const found = attributeChange(before, after, "y");
    const mean = (p: number, b: number): number => p * (b + 0.7) + (1 - p) * 0.2;
    expect(found.total).toBeCloseTo(mean(0.5, 3) - mean(0.3, 2), 12);
    const x = (mean(0.5, 2) - mean(0.3, 2) + mean(0.5, 3) - mean(0.3, 3)) / 2;
    expect(found.contributions.map((c) => c.variable)).toEqual(["x", "y"]);
    expect(found.contributions[0]!.value).toBeCloseTo(x, 12);
    expect(found.contributions[1]!.value).toBeCloseTo(found.total - x, 12);
    expect(found.claim.rung).toBe(2);
  });

  it("lets a mechanism hear other causes afterwards", () => {
    // E y: 0.2 + 0.5·0.3 + 2·0.3 before. m stops hearing x: 0.6 - 0.35 more; y hears it less: 1·0.3 less.
    const after = parseModel("m ~ bernoulli(0.6); x ~ bernoulli(0.3); y ~ normal(m + x, 1)");
    const found = attributeChange(before, after, "y");
    const parts = Object.fromEntries(found.contributions.map((c) => [c.variable, c.value]));
    expect(parts).toEqual({ m: expect.closeTo(0.25, 12), y: expect.closeTo(-0.3, 12) });
  });

  it("finds nothing where nothing changed, and refuses arrows turned round and other levels", () => {
    expect(attributeChange(before, before, "y").contributions).toEqual([]);
    const turned = parseModel("m ~ bernoulli(0.3); x ~ bernoulli(0.2 + 0.5*m); y ~ normal(m, 1)");
    expect(() => attributeChange(before, turned, "y")).toThrow(/turned round/);
    const levels = parseModel(
      "x ~ categorical(0.3, 0.3, 0.4); m ~ bernoulli(0.2); y ~ normal(m + 2*x, 1)",
    );
    expect(() => attributeChange(before, levels, "y")).toThrow(/other levels/);
    const fewer = parseModel("x ~ bernoulli(0.3); y ~ normal(2*x, 1)");
    expect(() => attributeChange(before, fewer, "y")).toThrow(/no "m"/);
  });
});

describe("attributeAnomaly", () => {
  it("gives each noise of a linear model its own share of the surprise", () => {
    const model = parseModel("x ~ normal(1, 1); m ~ normal(2*x, 1); y ~ normal(m - x, 1)");
    const unit = { x: 2, m: 9, y: 7.5 };
    const found = attributeAnomaly(model, unit, "y", { draws: 4000 });
    // Noises: x +1, m +5, y +0.5; through y = m - x = (2x + e_m) - x they weigh 1, 1 and 1.
    const shares = found.contributions.map((c) => c.value);
    [1, 5, 0.5].forEach((v, i) => expect(Math.abs(shares[i]! - v)).toBeLessThan(0.12));
    expect(found.to).toBeCloseTo(7.5, 12);
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(found.total, 9);
  });

  it("needs the whole unit", () => {
    const model = parseModel("x ~ normal(1, 1); y ~ normal(2*x, 1)");
    expect(() => attributeAnomaly(model, { y: 3 }, "y")).toThrow(/no value for "x"/);
  });
});

const numberOf = (result: CounterfactualResult): number => pointOf(result) ?? Number.NaN;

describe("assessFairness", () => {
  const text = (direct: number): string => `u ~ bernoulli(0.4); group ~ bernoulli(0.2 + 0.5*u)
skill ~ bernoulli(0.5); job | group, skill ~ table { 0 0: 0.2; 0 1: 0.6; 1 0: 0.4; 1 1: 0.9 } [monotone]
hired ~ bernoulli(0.1 + 0.5*job + ${direct}*group + 0.1*u) [monotone]`;

  it("splits a disparity into spurious, indirect and direct parts that add up", () => {
    const report = assessFairness(parseModel(text(0.2)), { attribute: "group", outcome: "hired" });
    expect(numberOf(report.total)).toBeCloseTo(
      numberOf(report.spurious) + numberOf(report.indirect) - numberOf(report.direct),
      12,
    );
    expect(numberOf(report.direct)).toBeCloseTo(-0.2, 12);
    expect(report.counterfactuallyFair).toBe("no");
  });

  it("calls a rule fair that hears nothing downstream of the attribute, and says when a table leaves it open", () => {
    const blind =
      parseModel(`group ~ bernoulli(0.5); skill ~ bernoulli(0.5); job ~ bernoulli(0.2 + 0.5*group)
hired ~ bernoulli(0.2 + 0.6*skill)`);
    expect(
      assessFairness(blind, { attribute: "group", outcome: "hired" }).counterfactuallyFair,
    ).toBe("yes");
    const open = parseModel("group ~ bernoulli(0.5); job ~ bernoulli(0.5 + 0*group); hired = job");
    const report = assessFairness(open, { attribute: "group", outcome: "hired" });
    expect(report.counterfactuallyFair).toBe("open");
    expect(report.rows.map(({ result }) => result.kind)).toContain("bounded");
  });

  it("does not call fair what only keeps the mean, or was compared coarsely, or was asked of nobody", () => {
    const question = { attribute: "group", outcome: "pay" } as const;
    // Same mean, another spread.
    const levels = parseModel(`group ~ bernoulli(0.5)
pay {0, 1, 2} | group ~ table { 0: 0 1 0; 1: 0.5 0 0.5 } [monotone]`);
    expect(assessFairness(levels, question).counterfactuallyFair).toBe("no");
    const real = parseModel("group ~ bernoulli(0.5); pay ~ normal(3, 1 + group)");
    const spread = assessFairness(real, question);
    expect([spread.counterfactuallyFair, spread.notes.length]).toEqual(["open", 1]);
    // Skill turns the sign round, and is not among the kinds of people.
    const coarse = parseModel(
      "group ~ bernoulli(0.5); skill ~ normal(0, 1); pay = (skill > 0) xor group",
    );
    expect(assessFairness(coarse, question).counterfactuallyFair).not.toBe("yes");
    const deaf = parseModel("group ~ bernoulli(0.5); skill ~ normal(0, 1); pay ~ normal(skill, 1)");
    expect(assessFairness(deaf, question).counterfactuallyFair).toBe("yes");
    const nobody = parseModel("group ~ bernoulli(1); pay ~ bernoulli(0.5)");
    expect(assessFairness(nobody, question).rows).toHaveLength(1);
    expect(spread.claim).toMatchObject({
      rung: 3,
      query: "counterfactual fairness of pay to group",
    });
  });
});

describe("mechanismSpread", () => {
  it("shows one counterfactual under each class, inside the bounds", () => {
    const model = parseModel("x ~ bernoulli(0.5); y ~ bernoulli(0.3 + 0.4*x)");
    const { rows } = mechanismSpread(model, "PN(x -> y)");
    expect(rows.map(({ mechanism }) => mechanism)).toEqual(["any", "monotone", "gumbel"]);
    const [any, monotone, gumbel] = rows.map(({ result }) => result);
    if (any?.kind !== "bounded") throw new Error("not bounded");
    expect(numberOf(monotone!)).toBeCloseTo(any.value.lower, 12);
    // With two levels Gumbel-max is monotone (Oberst & Sontag 2019, counterfactual stability).
    expect(numberOf(gumbel!)).toBeCloseTo(any.value.lower, 12);
  });

  it("shows classes that disagree where there are three levels", () => {
    const model = parseModel(`x ~ bernoulli(0.5)
y {0, 1, 2} | x ~ table { 0: 0.3 0.4 0.3; 1: 0.2 0.2 0.6 }`);
    const { rows } = mechanismSpread(model, "P(y_{x=0} = 0 | x=1, y=2)");
    const [any, monotone, gumbel] = rows.map(({ result }) => result);
    if (any?.kind !== "bounded") throw new Error("not bounded");
    expect([any.value.lower, any.value.upper]).toEqual([
      expect.closeTo(0, 9),
      expect.closeTo(0.5, 9),
    ]);
    // Quantiles above 0.4 answer 2 at x=1 and 1 or 2 at x=0.
    expect(numberOf(monotone!)).toBeCloseTo(0, 12);
    expect(numberOf(gumbel!)).toBeGreaterThan(0.05);
    expect(numberOf(gumbel!)).toBeLessThan(0.5);
  });
});

describe("formatModel", () => {
  it("writes a model that reads back to the same answers", () => {
    const model =
      parseModel(`latent w ~ normal(0, 2); x ~ bernoulli(0.3); g {"very low", mid, hi} ~ categorical(0.2, 0.3, 0.5) [gumbel]
z | x, g ~ table { 0 "very low": 0.1; 0 mid: 0.2; 0 hi: 0.3; 1 "very low": 0.4; 1 mid: 0.5; 1 hi: 0.6 }
r | x ~ response { 0 1: 0.25; 1 1: 0.75 }; y = 2*w - (x - r)^2 + u_y; u_y ~ normal(0, 1); s ~ bernoulli(sigmoid(y))
e ~ exponential(2); a ~ uniform(1, 3); b ~ laplace(y, 2)
corr(w, u_y) = 0.3`);
    const again = parseModel(formatModel(model));
    expect(formatModel(again)).toBe(formatModel(model));
    for (const query of [
      "ATE(x -> y)",
      "P(z | x=1)",
      "E[y | r=1]",
      "E[b]",
      "E[a]",
      "E[e]",
      "ETT(x -> z)",
    ]) {
      expect(pointOf(counterfactual(again, query))).toBeCloseTo(
        pointOf(counterfactual(model, query))!,
        9,
      );
    }
  });
});
