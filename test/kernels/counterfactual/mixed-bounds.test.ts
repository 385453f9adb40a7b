/** Unit questions that reach continuous variables through a table: bounds, held against every coupling there is. */
import { describe, expect, it } from "vitest";
import { counterfactual, parseModel } from "../../../kernels/counterfactual/index.ts";
import type { StructuralModel } from "../../../kernels/counterfactual/index.ts";

/**
 * All couplings of a binary w with a binary cause x: the share of units that respond to both is the one thing that the
 * table leaves open.
 */
function couplings(model: StructuralModel, name: string, steps: number): StructuralModel[] {
  const variable = model.variables.find((v) => v.name === name)!;
  if (variable.mechanism.kind !== "table") throw new Error(variable.mechanism.kind);
  const [, p0 = 0, , p1 = 0] = variable.mechanism.probabilities;
  const least = Math.max(0, p0 + p1 - 1);
  const most = Math.min(p0, p1);
  return Array.from({ length: steps + 1 }, (_, i) => {
    const both = least + ((most - least) * i) / steps;
    const mechanism = {
      kind: "response",
      types: [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ].map((type) => Int32Array.from(type)),
      probabilities: Float64Array.of(1 - p0 - p1 + both, p1 - both, p0 - both, both),
    } as const;
    return {
      ...model,
      variables: model.variables.map((v) => (v.name === name ? { ...v, mechanism } : v)),
    };
  });
}

const text = `x ~ bernoulli(0.4)
w ~ bernoulli(0.3 + 0.4*x)
y ~ normal(1 + 2*w + x, 1)`;

describe("one table on the way to a continuous outcome", () => {
  it.each([
    ["E[y_{x=0} | x=1, w=1]", 1e-9],
    ["P(y_{x=0} > 2, y_{x=1} > 2)", 1e-9],
    ["P(y_{x=0} > 2 | x=1, w=0)", 1e-9],
    // A unit whose outcome was seen: its noise is recovered, its w in the other world is not.
    ["E[y_{x=0} | x=1, y=3.1]", 1e-6],
    ["E[y_{x=0} | x=1, y=3.1, w=1]", 1e-6],
    ["E[y_{x=1} - y_{x=0} | w=1]", 1e-9],
    ["P(w_{x=0} = 1 | x=1, y=2.4)", 1e-6],
  ])("%s: the range is that of all couplings, its ends reached", (query, tolerance) => {
    const model = parseModel(text);
    const result = counterfactual(model, query);
    if (result.kind !== "bounded") throw new Error(`${query}: ${result.kind}`);
    expect(result.sharp).toBe(true);
    const values = couplings(model, "w", 20).map((one) => {
      const answer = counterfactual(one, query);
      if (answer.kind !== "identified") throw new Error(`${query}: ${answer.kind}`);
      expect(answer.method.name).not.toBe("sampling");
      return answer.value;
    });
    expect(Math.min(...values)).toBeCloseTo(result.value.lower, -Math.log10(tolerance) - 1);
    expect(Math.max(...values)).toBeCloseTo(result.value.upper, -Math.log10(tolerance) - 1);
    expect(result.claim.status).toBe("bounded");
    expect(result.claim.derivation?.join(" ")).toContain("Balke & Pearl 1997");
  });

  it("what the table settles stays a number, and a trivial range a request for a mechanism", () => {
    const model = parseModel(text);
    for (const query of ["ATE(x -> y)", "E[y | do(x=1)]", "P(y > 2 | x=1)"])
      expect(counterfactual(model, query).kind).toBe("identified");
    const even = parseModel("x ~ bernoulli(0.5); w ~ bernoulli(0.5 + 0*x); y ~ normal(w, 1)");
    const open = counterfactual(even, "P(w_{x=0}=1 | x=1, w=1, y=0.5)");
    expect(open).toMatchObject({ kind: "needs-mechanism", value: { lower: 0, upper: 1 } });
  });

  it("a coupling that is said narrows the range to a point inside it", () => {
    const range = counterfactual(parseModel(text), "E[y_{x=0} | x=1, y=3.1]");
    const point = counterfactual(
      parseModel(text.replace("0.4*x)", "0.4*x) [monotone]")),
      "E[y_{x=0} | x=1, y=3.1]",
    );
    if (range.kind !== "bounded" || point.kind !== "identified") throw new Error(point.kind);
    expect(point.value).toBeGreaterThanOrEqual(range.value.lower - 1e-6);
    expect(point.value).toBeLessThanOrEqual(range.value.upper + 1e-6);
  });
});

describe("several tables", () => {
  const two = `x ~ bernoulli(0.4)
v ~ bernoulli(0.2 + 0.5*x)
w ~ bernoulli(0.3 + 0.4*x)
y ~ normal(v + 2*w + 3*v*w, 1)`;

  it("the range holds every pair of couplings, and is not called sharp", () => {
    const model = parseModel(two);
    const query = "E[y_{x=0} | x=1, y=2.5]";
    const result = counterfactual(model, query);
    if (result.kind !== "bounded") throw new Error(result.kind);
    expect(result.sharp).toBe(false);
    const values = couplings(model, "v", 6).flatMap((one) =>
      couplings(one, "w", 6).map((both) => {
        const answer = counterfactual(both, query);
        if (answer.kind !== "identified") throw new Error(answer.kind);
        return answer.value;
      }),
    );
    expect(Math.min(...values)).toBeGreaterThan(result.value.lower - 1e-6);
    expect(Math.max(...values)).toBeLessThan(result.value.upper + 1e-6);
    // Not so wide as to say nothing.
    expect(result.value.upper - result.value.lower).toBeLessThan(
      4 * (Math.max(...values) - Math.min(...values)),
    );
  });

  it("a continuous cause of the table is refused with the reason", () => {
    const model = parseModel("z ~ normal(0, 1); w ~ bernoulli(sigmoid(z)); y ~ normal(w, 1)");
    const result = counterfactual(model, "E[y_{z=1} | z=0, w=1]");
    expect(result.kind).toBe("needs-mechanism");
  });
});
