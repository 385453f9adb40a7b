import { expect, test } from "vitest";
import * as D from "../../../kernels/math/distributions.ts";

// Values from R 4.3 (qnorm, pt, pchisq, pf …), as printed with 15 digits, and from closed forms.
test.each([
  [D.normalCdf(1.96), 0.975002104851779],
  [D.normalCdf(-10), 7.61985302416053e-24],
  [D.normalQuantile(0.975), 1.95996398454005],
  [D.normalQuantile(1e-20), -9.26234008979841],
  [D.tCdf(2, 5), 0.949030260585071],
  [D.tQuantile(0.975, 10), 2.22813885198627],
  [D.chiSquaredCdf(3.841458820694124, 1), 0.95],
  [D.chiSquaredQuantile(0.95, 10), 18.3070380532751],
  [D.fQuantile(0.95, 3, 20), 3.09839121214078],
  [D.lnGamma(10), Math.log(362_880)],
  [D.lnGamma(0.5), Math.log(Math.PI) / 2],
  [D.incompleteBeta(2, 3, 0.4), 0.5248],
])("%d is %d", (value, expected) => {
  expect(Math.abs(value / expected - 1)).toBeLessThan(1e-12);
});

test("the t with one degree of freedom is Cauchy, with two closed form", () => {
  for (const x of [-50, -1, 0, 0.3, 7]) {
    expect(D.tCdf(x, 1)).toBeCloseTo(0.5 + Math.atan(x) / Math.PI, 13);
    expect(D.tCdf(x, 2)).toBeCloseTo(0.5 + x / (2 * Math.sqrt(2 + x * x)), 13);
  }
});

test("quantiles invert distribution functions", () => {
  for (const p of [1e-8, 0.01, 0.2, 0.5, 0.77, 0.999]) {
    expect(D.normalCdf(D.normalQuantile(p)) / p).toBeCloseTo(1, 12);
    expect(D.tCdf(D.tQuantile(p, 3.5), 3.5) / p).toBeCloseTo(1, 11);
    expect(D.chiSquaredCdf(D.chiSquaredQuantile(p, 4), 4) / p).toBeCloseTo(1, 11);
    expect(D.fCdf(D.fQuantile(p, 4, 9), 4, 9) / p).toBeCloseTo(1, 11);
  }
});

test("distribution functions are integrals of their densities", () => {
  let sum = 0;
  const step = 1e-3;
  for (let x = -8; x < 1.3 - step / 2; x += step) {
    sum += (step / 6) * (D.normalPdf(x) + 4 * D.normalPdf(x + step / 2) + D.normalPdf(x + step));
  }
  expect(D.normalCdf(1.3)).toBeCloseTo(sum, 10);
});

test("an F with one degree on top is a squared t; upper tails keep their digits", () => {
  expect(D.fUpper(2.5 ** 2, 1, 12)).toBeCloseTo(D.twoSidedP(2.5, 12), 13);
  expect(D.fUpper(200, 3, 1000) > 0 && D.fUpper(200, 3, 1000) < 1e-90).toBe(true);
  expect(D.chiSquaredUpper(1000, 2) / Math.exp(-500)).toBeCloseTo(1, 10);
});

test("the ends are the ends", () => {
  expect(D.normalQuantile(0)).toBe(-Infinity);
  expect(D.normalQuantile(1)).toBe(Infinity);
  expect(D.normalQuantile(1.1)).toBeNaN();
  expect(D.normalCdf(Infinity)).toBe(1);
  expect(D.normalCdf(-Infinity)).toBe(0);
  expect(D.tCdf(0, 3)).toBe(0.5);
});
