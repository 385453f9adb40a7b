import { expect, test } from "vitest";
import { tableOf } from "../../../kernels/data/table.ts";
import type { EstimateOptions } from "../../../kernels/estimate/index.ts";
import { robustCovariance } from "../../../kernels/math/covariance.ts";
import { fitGlm } from "../../../kernels/math/glm.ts";
import { effectOf } from "./shared.ts";

/*
 * Figures of R 4.2.2 (AER 1.2, sandwich 3.0) on 24 made-up rows, to the printed digit; nothing of theirs was copied.
 *
 *   d <- data.frame(...)                                            # the columns below
 *   m <- lm(y ~ t + x1 + x2, d);            mw <- lm(y ~ t + x1 + x2, d, weights = w)
 *   sqrt(diag(vcov(m)));  sqrt(diag(vcovHC(m, type = "HC0")))       # HC1, HC2, HC3; the same of mw
 *   sqrt(diag(vcovCL(m, cluster = d$g, type = "HC1")))
 *   iv <- ivreg(y ~ t + x1 + x2 | z1 + z2 + x1 + x2, data = d)      # and weights = w
 *   vcov(iv); vcovHC(iv, type = "HC0"); vcovCL(iv, cluster = d$g, type = "HC1"); summary(iv, diagnostics = TRUE)
 *   MX <- I - X (X'X)^-1 X'; MZ likewise of [X, Z]; k <- min(eigen(solve(Y'MZ Y) %*% (Y'MX Y))$values)
 *   b <- solve(W'(I - k MZ) W, W'(I - k MZ) y)                      # LIML by its definition, W = [t, X]
 *   glm(b ~ x1 + x2, binomial, d); glm(k ~ x1 + x2, poisson, d); vcov(); sandwich(); deviance()
 */
const columns = {
  x1: [3, -1, 4, 1, -5, 9, 2, -6, 5, 3, -5, 8, 9, -7, 9, 3, 2, -3, 8, 4, -6, 2, 6, -4],
  x2: [2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5, 2, 3, 5, 3, 6, 0, 2, 8],
  z1: [1, 6, 1, 8, 0, 3, 3, 9, 8, 8, 7, 4, 9, 8, 9, 4, 8, 4, 8, 2, 0, 4, 5, 8],
  z2: [6, 8, 3, 4, 3, 6, 5, 6, 3, 8, 1, 1, 7, 7, 2, 0, 3, 0, 9, 1, 7, 9, 8, 0],
  t: [5, 9, 2, 13, -3, 12, 5, 6, 14, 15, 4, 9, 20, 4, 14, 6, 10, 2, 19, 5, 1, 8, 13, 6],
  y: [9, 14, 8, 22, 1, 25, 9, 11, 21, 25, 6, 19, 34, 3, 26, 14, 15, 6, 31, 12, 4, 13, 22, 10],
  w: [1, 2, 1, 3, 1, 2, 2, 1, 1, 2, 3, 1, 1, 2, 1, 1, 2, 1, 3, 1, 2, 1, 1, 2],
  g: Array.from({ length: 24 }, (_, i) => Math.floor(i / 4)),
  b: [1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1],
  k: [2, 0, 1, 4, 0, 5, 1, 0, 3, 2, 0, 4, 6, 0, 2, 1, 1, 0, 5, 1, 0, 1, 2, 0],
};
const table = tableOf(columns);
const spec = { treatment: "t", outcome: "y", adjustment: ["x1", "x2"] } as const;
const instrument = { ...spec, kind: "instrument", instruments: ["z1", "z2"] } as const;

test.each<[string, EstimateOptions, number, number]>([
  ["equal variances", { errors: "classical" }, 1.039734446563, 0.0659283033158],
  ["HC0", { errors: "HC0" }, 1.039734446563, 0.0579830667916],
  ["HC1", { errors: "HC1" }, 1.039734446563, 0.0635172672701],
  ["HC2", { errors: "HC2" }, 1.039734446563, 0.0644301077036],
  ["HC3", { errors: "HC3" }, 1.039734446563, 0.0717013001016],
  ["clusters", { clusters: "g" }, 1.039734446563, 0.0568031712824],
  ["weights, HC0", { sampling: "w", errors: "HC0" }, 1.064914916909, 0.0535881040015],
  ["weights, HC1", { sampling: "w", errors: "HC1" }, 1.064914916909, 0.0587028267512],
  ["weights, HC2", { sampling: "w", errors: "HC2" }, 1.064914916909, 0.0598773139759],
  ["weights, HC3", { sampling: "w", errors: "HC3" }, 1.064914916909, 0.0675866860919],
  ["weights, clusters", { sampling: "w", clusters: "g" }, 1.064914916909, 0.0439160379378],
])("least squares with %s is R's", async (_, options, estimate, error) => {
  const effect = await effectOf(spec, table, { method: "regression", ...options });
  expect(effect.estimate).toBeCloseTo(estimate, 11);
  expect(effect.standardError).toBeCloseTo(error, 12);
});

test.each<[string, EstimateOptions, number, number]>([
  ["equal variances", { errors: "classical" }, 1.037454216142, 0.0697199393869],
  ["HC0", { errors: "HC0" }, 1.037454216142, 0.064312722218],
  ["HC1", { errors: "HC1" }, 1.037454216142, 0.0704510573868],
  ["clusters", { clusters: "g" }, 1.037454216142, 0.0519555255983],
  ["weights, HC1", { sampling: "w", errors: "HC1" }, 1.05190873072, 0.0641834280586],
])("two stages with %s are R's", async (_, options, estimate, error) => {
  const effect = await effectOf(instrument, table, { method: "2sls", ...options });
  expect(effect.estimate).toBeCloseTo(estimate, 10);
  expect(effect.standardError).toBeCloseTo(error, 11);
});

test("first-stage F, the overidentification test and LIML are R's", async () => {
  const effect = await effectOf(instrument, table, { method: "2sls" });
  const figures = effect.diagnostics.find((one) => one.kind === "figures")!;
  const value = (name: string): number => figures.rows.find((row) => row.name === name)!.value;
  expect(value("first-stage F")).toBeCloseTo(80.32895817330599, 9);
  expect(value("Sargan test of overidentification, p")).toBeCloseTo(0.81137619628, 10);
  const liml = await effectOf(instrument, table, { method: "2sls", estimator: "liml" });
  expect(liml.estimate).toBeCloseTo(1.037448148887, 11);
});

const x = Float64Array.from({ length: 72 }, (_, i) =>
  i % 3 === 0 ? 1 : columns[i % 3 === 1 ? "x1" : "x2"][Math.floor(i / 3)]!,
);

test.each([
  [
    "logit",
    "b",
    [-0.608340899414, 0.181750800446, 0.168479478645],
    [0.850868154999, 0.100667329605, 0.170741025897],
    [0.766458387739, 0.102788559357, 0.140751488843],
    27.6182354077,
  ],
  [
    "poisson",
    "k",
    [-0.6484053692125, 0.2016750194281, 0.0742965225555],
    [0.3820917968044, 0.0449594245869, 0.0610366701318],
    [0.1977700440897, 0.0451918160122, 0.0514786023965],
    13.4486279104,
  ],
] as const)("the %s is R's", (family, name, coefficients, errors, robust, deviance) => {
  const y = Float64Array.from(columns[name]);
  const fit = fitGlm(family, x, 24, 3, y);
  const residuals = y.map((v, i) => v - fit.fitted[i]!);
  const sandwich = robustCovariance(
    { x, n: 24, d: 3, residuals, inverse: fit.covariance, rank: 3 },
    "HC0",
  );
  expect(fit.deviance).toBeCloseTo(deviance, 8);
  for (let j = 0; j < 3; j++) {
    expect(fit.coefficients[j]).toBeCloseTo(coefficients[j]!, 8);
    // R stops at a relative change of 1e-8 in the deviance and reports the information one step before.
    expect(Math.abs(Math.sqrt(fit.covariance[4 * j]!) / errors[j]! - 1)).toBeLessThan(1e-5);
    expect(Math.abs(Math.sqrt(sandwich[4 * j]!) / robust[j]! - 1)).toBeLessThan(1e-5);
  }
});

test("the weighted logit is R's", () => {
  const y = Float64Array.from(columns.b);
  const fit = fitGlm("logit", x, 24, 3, y, { weights: Float64Array.from(columns.w) });
  const coefficients = [-0.608372036249, 0.175762142777, 0.233004115066];
  const errors = [0.7135819214699, 0.0825448907022, 0.1408780798493];
  for (let j = 0; j < 3; j++) {
    expect(fit.coefficients[j]).toBeCloseTo(coefficients[j]!, 8);
    expect(Math.abs(Math.sqrt(fit.covariance[4 * j]!) / errors[j]! - 1)).toBeLessThan(1e-5);
  }
});
