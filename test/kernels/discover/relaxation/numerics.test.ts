import { describe, expect, test } from "vitest";
import { quietWork } from "../../../../app/work.ts";
import { noConstraints } from "../../../../kernels/discover/knowledge.ts";
import { paceOf } from "../../../../kernels/discover/pace.ts";
import {
  exponentialAcyclicity,
  logDetAcyclicity,
} from "../../../../kernels/discover/relaxation/acyclicity.ts";
import { golemObjective } from "../../../../kernels/discover/relaxation/golem.ts";
import { matrixProblem } from "../../../../kernels/discover/relaxation/matrix-problem.ts";
import { minimize } from "../../../../kernels/discover/relaxation/minimize.ts";
import { linearLoss } from "../../../../kernels/discover/relaxation/moments.ts";
import {
  invertInPlace,
  invertWithPivots,
  multiplyInto,
} from "../../../../kernels/discover/relaxation/products.ts";
import { gram, multiply } from "../../../../kernels/math/dense.ts";
import { createRng, type Rng } from "../../../../kernels/math/rng.ts";
import { gradientError } from "./worlds.ts";

const pace = paceOf(quietWork);
const random = (length: number, rng: Rng, scale = 1): Float64Array =>
  Float64Array.from({ length }, () => scale * rng.normal());

/** Determinant by expansion along the first row. */
function determinant(a: readonly (readonly number[])[]): number {
  if (a.length === 0) return 1;
  return a[0]!.reduce((sum, value, j) => {
    const minor = a.slice(1).map((row) => row.filter((_, k) => k !== j));
    return sum + (j % 2 === 0 ? 1 : -1) * value * determinant(minor);
  }, 0);
}

const rowsOf = (a: Float64Array, d: number): number[][] =>
  Array.from({ length: d }, (_, i) => [...a.subarray(i * d, (i + 1) * d)]);

describe("products", () => {
  test.each([1, 2, 3, 4, 5, 7, 8, 13])("multiply at size %i", (d) => {
    const rng = createRng(d);
    const a = random(d * d, rng);
    const b = random(d * d, rng);
    a.fill(0, 0, Math.min(4, d));
    const out = new Float64Array(d * d).fill(Number.NaN);
    multiplyInto(a, b, d, out);
    multiply(a, b, d, d, d).forEach((value, i) => expect(out[i]).toBeCloseTo(value, 12));
  });

  test.each([1, 2, 3, 4, 5, 6, 7])("inverses and log determinants at size %i", (d) => {
    const rng = createRng(10 + d);
    for (let round = 0; round < 20; round++) {
      const a = random(d * d, rng);
      const det = determinant(rowsOf(a, d));
      const general = a.slice();
      const logDeterminant = invertWithPivots(general, d);
      if (det <= 0) expect(logDeterminant).toBeNaN();
      else expect(logDeterminant).toBeCloseTo(Math.log(det), 8);
      const m = gram(random(3 * d * d, rng), 3 * d, d); // positive definite: positive pivots
      const inverse = m.slice();
      expect(invertInPlace(inverse, d)).toBeCloseTo(Math.log(determinant(rowsOf(m, d))), 8);
      for (const [x, y] of [[m, inverse] as const, ...(det > 0 ? [[a, general] as const] : [])]) {
        multiply(x, y, d, d, d).forEach((value, i) =>
          expect(value).toBeCloseTo(i % (d + 1) === 0 ? 1 : 0, 6),
        );
      }
    }
  });

  test("pivots tell the M-matrices: those with s above the spectral radius", () => {
    const rng = createRng(5);
    let inside = 0;
    for (let round = 0; round < 300; round++) {
      const d = 2 + rng.int(6);
      const a = Float64Array.from({ length: d * d }, () => (rng.next() < 0.5 ? rng.next() : 0));
      // spectral radius of a + I by powers (aperiodic, so powers converge or stay bounded)
      let radius = 0;
      let x = new Float64Array(d).fill(1);
      for (let k = 0; k < 2000; k++) {
        const next = x.map((value, i) => {
          let sum = value;
          for (let j = 0; j < d; j++) sum += a[i * d + j]! * x[j]!;
          return sum;
        });
        radius = Math.max(...next);
        x = next.map((value) => value / radius);
      }
      const s = 0.3 + 2 * rng.next();
      if (Math.abs(s - (radius - 1)) < 0.01) continue;
      const m = a.map((value) => -value);
      for (let i = 0; i < d; i++) m[i * d + i]! += s;
      expect(Number.isFinite(invertInPlace(m, d))).toBe(s > radius - 1);
      if (s > radius - 1) inside++;
    }
    expect(inside).toBeGreaterThan(60);
  });
});

describe("acyclicity", () => {
  const kinds = [
    ["log det", (d: number) => logDetAcyclicity(d, 1)],
    ["exponential", exponentialAcyclicity],
  ] as const;

  test.each(kinds)("%s is 0 on the DAGs and on no other graph of four nodes", (_, make) => {
    const h = make(4);
    const slope = new Float64Array(16);
    const cells = Array.from({ length: 16 }, (_, i) => i).filter((i) => i % 5 !== 0);
    let dags = 0;
    for (let mask = 0; mask < 2 ** 12; mask++) {
      const a = new Float64Array(16);
      cells.forEach((cell, bit) => (a[cell] = (mask >> bit) & 1 ? 0.2 : 0));
      const cubes = multiply(multiply(a, a, 4, 4, 4), multiply(a, a, 4, 4, 4), 4, 4, 4);
      const acyclic = cubes.every((value) => value === 0); // nilpotent
      const value = h(a, slope);
      if (acyclic) {
        dags++;
        expect(Math.abs(value)).toBeLessThan(1e-15);
      } else expect(value).toBeGreaterThan(1e-5);
    }
    expect(dags).toBe(543); // labelled DAGs on four nodes
  });

  test("two nodes in a circle have closed forms", () => {
    const slope = new Float64Array(4);
    for (const c of [0.5, 0.01]) {
      const a = Float64Array.of(0, c, c, 0);
      expect(logDetAcyclicity(2, 1)(a, slope)).toBeCloseTo(-Math.log(1 - c * c), 14);
      expect(logDetAcyclicity(2, 0.7)(a, slope)).toBeCloseTo(-Math.log(1 - (c / 0.7) ** 2), 14);
      expect(exponentialAcyclicity(2)(a, slope)).toBeCloseTo(4 * Math.sinh(c / 2) ** 2, 14);
    }
    expect(logDetAcyclicity(2, 1)(Float64Array.of(0, 2, 1, 0), slope)).toBe(Infinity);
  });

  test("a trace far below d times the machine's precision keeps its digits", () => {
    const slope = new Float64Array(4);
    const h = exponentialAcyclicity(2)(Float64Array.of(0, 1e-12, 3e-12, 0), slope);
    expect(h / 3e-24).toBeCloseTo(1, 12);
  });

  test("large weights go through the doublings", () => {
    const slope = new Float64Array(4);
    const h = exponentialAcyclicity(2)(Float64Array.of(0, 9, 4, 0), slope);
    expect(h / (2 * Math.cosh(6) - 2)).toBeCloseTo(1, 12);
  });

  test.each(kinds)("%s has the gradient it says", (_, make) => {
    const rng = createRng(3);
    for (const d of [2, 3, 5, 6]) {
      const a = Float64Array.from({ length: d * d }, () => (0.6 * rng.next()) / d);
      expect(gradientError(make(d), a)).toBeLessThan(1e-6);
    }
  });
});

describe("losses", () => {
  const d = 5;
  const rng = createRng(8);
  const x = random(200 * d, rng);
  const moments = gram(x, 200, d).map((value) => value / 200);
  const w = random(d * d, rng, 0.2);

  test("least squares from moments is that from rows, with its gradient", () => {
    const loss = linearLoss(moments, d);
    const fitted = multiply(x, w, 200, d, d);
    const direct = x.reduce((sum, value, i) => sum + (value - fitted[i]!) ** 2, 0) / 400;
    expect(loss(w, new Float64Array(d * d))).toBeCloseTo(direct, 12);
    expect(gradientError(loss, w)).toBeLessThan(1e-6);
  });

  test.each(["equal", "unequal"] as const)("GOLEM's likelihood, %s variances", (noises) => {
    const objective = golemObjective(moments, matrixProblem(noConstraints(d), 0.1), noises);
    expect(gradientError(objective, w)).toBeLessThan(1e-6);
    // where W is acyclic there is neither determinant nor penalty: plain residual variances
    const upper = w.map((value, i) => (i % d > Math.floor(i / d) ? value : 0));
    const fitted = multiply(x, upper, 200, d, d);
    const left = Array.from({ length: d }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < 200; i++) sum += (x[i * d + j]! - fitted[i * d + j]!) ** 2 / 200;
      return sum;
    });
    const whole = left.reduce((sum, value) => sum + value, 0);
    const expected =
      noises === "equal"
        ? (d / 2) * Math.log(whole)
        : left.reduce((sum, value) => sum + Math.log(value) / 2, 0);
    expect(objective(upper, new Float64Array(d * d))).toBeCloseTo(expected, 10);
  });

  test("GOLEM keeps to the side where det(I - W) is positive", () => {
    const objective = golemObjective(moments, matrixProblem(noConstraints(d), 0.1), "equal");
    const beyond = new Float64Array(d * d);
    beyond[1] = 2;
    beyond[d] = 2; // det = 1 - 4
    expect(objective(beyond, new Float64Array(d * d))).toBe(Infinity);
  });
});

describe("minimize", () => {
  const settings = (n: number, l1 = 0): Parameters<typeof minimize>[2] => ({
    l1: new Float64Array(n).fill(l1),
    iterations: 2000,
    tolerance: 1e-14,
  });

  test("a separable quadratic with l1 is soft-thresholded, zeros exact", async () => {
    const target = Float64Array.of(3, -2, 0.5, -0.4, 0, 1);
    const curve = Float64Array.of(1, 10, 1, 5, 1, 100);
    const found = await minimize(
      (x, g) => {
        let value = 0;
        for (let i = 0; i < 6; i++) {
          g[i] = curve[i]! * (x[i]! - target[i]!);
          value += (curve[i]! / 2) * (x[i]! - target[i]!) ** 2;
        }
        return value;
      },
      new Float64Array(6),
      settings(6, 1),
      pace,
    );
    target.forEach((t, i) => {
      const shrunk = Math.sign(t) * Math.max(0, Math.abs(t) - 1 / curve[i]!);
      expect(found.x[i]).toBeCloseTo(shrunk, 6);
      if (shrunk === 0) expect(Math.abs(found.x[i]!)).toBe(0);
    });
    expect(found.converged).toBe(true);
  });

  test("Rosenbrock's valley, without a penalty", async () => {
    const found = await minimize(
      (x, g) => {
        const [a, b] = [x[0]!, x[1]!];
        g[0] = -400 * a * (b - a * a) - 2 * (1 - a);
        g[1] = 200 * (b - a * a);
        return 100 * (b - a * a) ** 2 + (1 - a) ** 2;
      },
      Float64Array.of(-1.2, 1),
      settings(2),
      pace,
    );
    expect(found.x[0]).toBeCloseTo(1, 5);
    expect(found.x[1]).toBeCloseTo(1, 5);
  });

  test("a barrier is not stepped over, and fixed coordinates stay", async () => {
    const found = await minimize(
      (x, g) => {
        if (!(x[0]! < 1)) return Infinity;
        g[0] = -100 + 1 / (1 - x[0]!);
        g[1] = 2 * (x[1]! - 7);
        return -100 * x[0]! - Math.log(1 - x[0]!) + (x[1]! - 7) ** 2;
      },
      Float64Array.of(0, 2),
      { ...settings(2), fixed: Uint8Array.of(0, 1) },
      pace,
    );
    expect(found.x[0]).toBeCloseTo(0.99, 6);
    expect(found.x[1]).toBe(2);
  });

  test("running out of iterations is said", async () => {
    const slow = await minimize(
      (x, g) => {
        g.set(x);
        return x.reduce((sum, value) => sum + value * value, 0) / 2;
      },
      Float64Array.of(100),
      { ...settings(1), iterations: 1 },
      pace,
    );
    expect(slow.converged).toBe(false);
  });
});
