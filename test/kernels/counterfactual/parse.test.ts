import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../app/errors.ts";
import {
  counterfactual,
  formatQuery,
  parseModel,
  parseQuery,
  pointOf,
} from "../../../kernels/counterfactual/index.ts";
import { compileExpression, formatExpression } from "../../../kernels/counterfactual/expression.ts";
import type { Expression } from "../../../kernels/counterfactual/expression.ts";
import { parseExpression } from "../../../kernels/counterfactual/parse-expression.ts";
import { TokenReader, tokenize } from "../../../kernels/counterfactual/tokens.ts";

function failure(run: () => unknown): UserError {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("It was accepted.");
}

describe("parseModel", () => {
  it("reads every kind of mechanism", () => {
    const model = parseModel(`# a comment
smoking ~ bernoulli(0.3)   // another
tar ~ bernoulli(0.1 + 0.8*smoking) [monotone]
latent stress; stress ~ normal(0, 2)
y = 2*stress + u_y; u_y ~ normal(0, 1)
grade {low, mid, high} | smoking ~ table {
  0: 0.2 0.3 0.5
  1: 0.1, 0.1, 0.8
}
reply | smoking ~ response { 0 1: 0.7; 1 1: 0.3 }
bonus ~ bernoulli(grade == "high" ? 0.9 : 0.1)
wait ~ exponential(2); a ~ uniform(1, 3); b ~ logistic(0, 1); c ~ laplace(0, 1)
corr(stress, u_y) = -0.4`);
    const kinds = Object.fromEntries(
      model.variables.map((v) => [v.name, `${v.role} ${v.mechanism.kind}`]),
    );
    expect(kinds).toEqual({
      smoking: "observed table",
      tar: "observed table",
      stress: "latent additive",
      u_y: "noise additive",
      y: "observed function",
      grade: "observed table",
      reply: "observed response",
      bonus: "observed table",
      wait: "observed additive",
      a: "observed additive",
      b: "observed additive",
      c: "observed additive",
    });
    expect(pointOf(counterfactual(model, "P(bonus | grade=high)"))).toBeCloseTo(0.9, 12);
    expect(pointOf(counterfactual(model, "P(bonus | grade=mid)"))).toBeCloseTo(0.1, 12);
    expect(model.correlations).toEqual([{ a: "stress", b: "u_y", value: -0.4 }]);
  });

  it.each([
    ["x ~ bernoulli(1.2)", "model-probability-range", 1, 1],
    ["x ~ bernoulli(0.7)\ny ~ bernoulli(0.5 + 0.8*x)", "model-probability-range", 2, 1],
    ["x ~ bernoulli(0.5)\ny = x + zz", "model-unknown-variable", 2, 9],
    ["a = b\nb = c\nc = a", "model-cycle", 1, 1],
    ["x ~ bernoulli(0.5)\nx = 1", "model-defined-twice", 2, 1],
    ["x ~ bernoulli(0.3", "model-syntax", 1, 18],
    ["x ~ bernouli(0.3)", "model-syntax", 1, 5],
    ["x = 1 +\ny = 2", "model-syntax", 1, 8],
    ["x ~ normal(0, 0)", "model-parameter", 1, 1],
    ["x ~ normal(0)", "model-syntax", 1, 5],
    ["x = foo(1)", "model-syntax", 1, 5],
    ["x = 1 § 2", "model-syntax", 1, 7],
    ["x ~ categorical(0.5, 0.6)", "model-probability-sum", 1, 1],
    ["x ~ bernoulli(0.5); y | x ~ table { 0: 0.5 }", "model-parameter", 1, 21],
    ["x ~ bernoulli(0.5)\ny | x ~ table {\n 0: 0.5\n 0: 0.4 }", "model-parameter", 4, 2],
    ["x ~ bernoulli(0.5)\ny | x ~ table {\n 0: 0.5\n 2: 0.4 }", "model-parameter", 4, 2],
    ["x ~ normal(0,1); y | x ~ table { 0: 0.5; 1: 0.5 }", "model-parameter", 1, 18],
    [
      'x {a, b} ~ categorical(0.5, 0.5)\ny ~ bernoulli(x == "c" ? 0.1 : 0.2)',
      "model-parameter",
      2,
      20,
    ],
    ["x ~ normal(0,1); y = 2*x [monotone]", "model-parameter", 1, 18],
    ["latent q\nx ~ normal(0,1)", "model-unknown-variable", 1, 8],
    ["x ~ bernoulli(0.5); y ~ normal(0, 1); corr(x, y) = 0.5", "model-parameter", 1, 1],
    ["", "model-syntax", 1, 1],
  ])("names the place of the mistake in %j", (text, code, line, column) => {
    const error = failure(() => parseModel(text));
    expect({ code: error.code, line: error.place?.line, column: error.place?.column }).toEqual({
      code,
      line,
      column,
    });
    expect(error.expected).toBeTruthy();
  });

  it("refuses correlations that contradict one another", () => {
    const text =
      "a ~ normal(0,1); b ~ normal(0,1); c ~ normal(0,1); corr(a,b)=0.9; corr(b,c)=0.9; corr(a,c)=-0.9";
    expect(failure(() => parseModel(text)).message).toMatch(/contradict/);
  });

  it("names the cycle", () => {
    expect(failure(() => parseModel("a = c\nb = a\nc = b")).message).toContain("a -> c -> b -> a");
  });

  it("throws nothing but UserError on random text", () => {
    const word = fc.constantFrom(
      ...'x y ~ = bernoulli normal ( ) { } [ ] | : ; , 0.5 1 latent corr -> \n + * table response or not ? "a'.split(
        " ",
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 25 }), (words) => {
        for (const read of [parseModel, parseQuery]) {
          try {
            read(words.join(" "));
          } catch (error) {
            if (!(error instanceof UserError)) throw error;
          }
        }
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});

describe("parseQuery", () => {
  it.each([
    "P(y=1 | x=1)",
    "P(y | do(x=1), z=0)",
    "P(y_{x=0} = 1 | x=1, y=1)",
    "E[y_{x=1} - y_{x=0} | z > 2]",
    "E[y_{x=1, m=m_{x=0}}]",
    "P(y_{x=x + 1} > 2)",
    "E[y | do(x ~ bernoulli(0.1 + 0.5*z))]",
    "P(y=low | x=high)",
    "ATE(x -> y)",
    "ETT(x=2 vs 1 -> y | z=1)",
    "CDE(x -> y, m=0)",
    "NDE(x -> y via m, w)",
    "PSE(x -> m -> y; x -> w -> y)",
    "PNS(x -> y)",
    "P(y=1 | do(x=1)) - P(y=1 | do(x=0))",
    "2*E[y] + 0.5*ATE(x -> y)",
    "E[y^2 - 3*sin(x_{z=1})]",
  ])("writes %s as it was read", (text) => {
    expect(formatQuery(parseQuery(text))).toBe(text);
  });

  it("reads the shorthands of the field", () => {
    expect(parseQuery("E[y_{x=1, m_{x=0}}]")).toEqual(parseQuery("E[y_{x=1, m=m_{x=0}}]"));
    expect(parseQuery("ATT(x, y)")).toEqual(parseQuery("ETT(x -> y)"));
    expect(parseQuery("P(y ≥ 2)")).toEqual(parseQuery("P(y >= 2)"));
    expect(parseQuery("P(y=1\n | x=0)")).toEqual(parseQuery("P(y=1 | x=0)"));
  });

  it.each([
    ["P(y", 4],
    ["Q(y)", 1],
    ["P(y | x)", 7],
    ["P(y_{x=1, x=0})", 11],
    ["ATE(x -> y | do(x=1))", 21],
    ["CDE(x -> y)", 5],
    ["E[3]", 4],
    ["P(y=1) extra", 8],
    ["PSE(x -> y; z -> y)", 5],
  ])("names the column of the mistake in %s", (text, column) => {
    const error = failure(() => parseQuery(text));
    expect([error.code, error.place?.column]).toEqual(["query-syntax", column]);
  });

  it("checks names and levels against the model", () => {
    const model = parseModel(
      'x {low, high} ~ categorical(0.4, 0.6); y ~ bernoulli(x == "high" ? 0.9 : 0.2)',
    );
    expect(pointOf(counterfactual(model, "P(y | x=high)"))).toBeCloseTo(0.9, 12);
    expect(pointOf(counterfactual(model, "P(y | do(x=low))"))).toBeCloseTo(0.2, 12);
    expect(pointOf(counterfactual(model, "ATE(x=high vs low -> y)"))).toBeCloseTo(0.7, 12);
    for (const query of [
      "P(q)",
      "P(y | x=middle)",
      "P(y | do(x=2))",
      "P(y_{q=1} = 1)",
      "ATE(q -> y)",
      "PSE(x -> q -> y)",
      "P(y | do(x=y))",
      "P(x, y)",
    ]) {
      expect(failure(() => counterfactual(model, query)).code).toMatch(
        /query-invalid|unknown-variable/,
      );
    }
  });
});

describe("formatExpression", () => {
  const expression: fc.Arbitrary<Expression> = fc.letrec<{ e: Expression }>((tie) => ({
    e: fc.oneof(
      { maxDepth: 4 },
      fc.integer({ min: 0, max: 9 }).map((value): Expression => ({ kind: "number", value })),
      fc.constantFrom("x", "y").map((name): Expression => ({ kind: "variable", name })),
      fc.record({
        kind: fc.constant("binary" as const),
        operator: fc.constantFrom("+", "-", "*", "/", "^", "==", "<", "and", "or", "xor"),
        left: tie("e"),
        right: tie("e"),
      }),
      fc.record({
        kind: fc.constant("unary" as const),
        operator: fc.constantFrom("-", "not"),
        operand: tie("e"),
      }),
    ),
  })).e;

  it("reads back to the same function", () => {
    fc.assert(
      fc.property(expression, (e) => {
        const text = formatExpression(e);
        const back = parseExpression(new TokenReader(tokenize(`(${text})`, "model"), "model"));
        for (const values of [
          [0, 1],
          [2, 3],
          [-1, 0.5],
        ]) {
          const names = ["x", "y"];
          expect(compileExpression(back, names)(values)).toEqual(
            compileExpression(e, names)(values),
          );
        }
      }),
      { numRuns: 400, seed: 6 },
    );
  });
});
