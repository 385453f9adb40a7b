import { describe, expect, test } from "vitest";
import { type Table, tableOf } from "../../../kernels/data/table.ts";
import type { DiscoveryData } from "../../../kernels/discover/data.ts";
import { readData } from "../../../kernels/discover/read-data.ts";
import { contingencyTest } from "../../../kernels/discover/tests/contingency.ts";
import type { Independence } from "../../../kernels/discover/tests/independence.ts";
import { kernelTest, randomFeatureTest } from "../../../kernels/discover/tests/kernel.ts";
import { mixedTest } from "../../../kernels/discover/tests/mixed.ts";
import { normalCdf } from "../../../kernels/math/distributions.ts";
import { createRng, type Rng } from "../../../kernels/math/rng.ts";

const long = process.env["DAGBOK_LONG"] === "1";

const read = (table: Table, as: "mixed" | "discrete"): DiscoveryData =>
  readData(table, { as, missing: "refuse", allowCollinear: true });

describe("G² and X² are what their definitions say", () => {
  const counts = [
    [10, 20],
    [30, 5],
  ];
  const rows = counts.flatMap((row, i) =>
    row.flatMap((count, j) => Array.from({ length: count }, () => [i, j] as const)),
  );
  const data = read(
    tableOf({ x: rows.map(([i]) => `a${i}`), y: rows.map(([, j]) => `b${j}`) }),
    "discrete",
  );

  test("on a table worked out by hand: expected counts 18.46, 11.54, 21.54, 13.46", () => {
    const expected = [30, 35].map((row) => [40, 25].map((column) => (row * column) / 65));
    const sum = (term: (o: number, e: number) => number): number =>
      counts.flat().reduce((all, o, k) => all + term(o, expected.flat()[k]!), 0);
    const x2 = contingencyTest(data, 0, 1, [], "x2");
    expect(x2.statistic).toBeCloseTo(
      sum((o, e) => (o - e) ** 2 / e),
      10,
    );
    expect(x2.statistic).toBeCloseTo(18.7265, 3);
    const g2 = contingencyTest(data, 0, 1, [], "g2");
    expect(g2.statistic).toBeCloseTo(2 * sum((o, e) => o * Math.log(o / e)), 10);
    for (const { statistic, df, p } of [x2, g2]) {
      expect(df).toBe(1);
      // one degree of freedom is a squared normal
      expect(p).toBeCloseTo(2 * (1 - normalCdf(Math.sqrt(statistic))), 10);
    }
  });

  test("over strata they add up, and empty margins give no degrees of freedom", () => {
    const strata = [...rows.map((row) => [...row, 0]), ...rows.map((row) => [...row, 1])];
    // the third stratum has one level of x alone: nothing can be learnt from it
    const all = [...strata, [0, 0, 2], [0, 1, 2], [0, 1, 2]];
    const joint = read(
      tableOf({
        x: all.map(([i]) => `a${i}`),
        y: all.map(([, j]) => `b${j}`),
        z: all.map(([, , k]) => `c${k}`),
      }),
      "discrete",
    );
    for (const name of ["g2", "x2"] as const) {
      const once = contingencyTest(data, 0, 1, [], name);
      const twice = contingencyTest(joint, 0, 1, [2], name);
      expect(twice.statistic).toBeCloseTo(2 * once.statistic, 9);
      expect(twice.df).toBe(2);
    }
  });
});

type Draw = (rng: Rng) => Readonly<Record<string, ArrayLike<number> | readonly string[]>>;

const normals = (rng: Rng, n: number): Float64Array =>
  Float64Array.from({ length: n }, () => rng.normal());

/** Share of draws in which x and y are called dependent given all other columns. */
function rejected(
  make: (data: DiscoveryData, rng: Rng) => Independence,
  draw: Draw,
  draws: number,
): number {
  let count = 0;
  for (let k = 0; k < draws; k++) {
    const rng = createRng(40_000 + k);
    const data = read(tableOf(draw(rng)), "mixed");
    const given = data.names.slice(2).map((_, i) => i + 2);
    if (make(data, rng.fork("test")).p(0, 1, given) < 0.05) count++;
  }
  return count / draws;
}

/** Under the null, alone and given causes that act in curves. */
const nulls = (n: number): readonly (readonly [string, Draw])[] => [
  ["of two alone", (rng) => ({ x: normals(rng, n), y: normals(rng, n) })],
  [
    "of heavy tails",
    (rng) => ({ x: normals(rng, n).map(Math.exp), y: normals(rng, n).map((v) => v ** 3) }),
  ],
  [
    "given a curved cause",
    (rng) => {
      const z = normals(rng, n);
      return {
        x: z.map((v) => v * v + 0.5 * rng.normal()),
        y: z.map((v) => Math.sin(2 * v) + 0.5 * rng.normal()),
        z,
      };
    },
  ],
];

const dependent = (n: number): readonly (readonly [string, Draw])[] => [
  [
    "a parabola, which has no correlation",
    (rng) => {
      const x = normals(rng, n);
      return { x, y: x.map((v) => v * v + rng.normal()) };
    },
  ],
  [
    "a curve beside a common cause",
    (rng) => {
      const z = normals(rng, n);
      const x = z.map((v) => v * v + rng.normal());
      return { x, y: x.map((v, i) => Math.sin(v) + z[i]! + 0.5 * rng.normal()), z };
    },
  ],
];

describe.each([
  ["rcit", randomFeatureTest, 250, long ? 1000 : 150],
  ["kci", (data: DiscoveryData) => kernelTest(data, 0.05), long ? 150 : 80, long ? 400 : 60],
] as const)("%s", (_, build, n, draws) => {
  const make = (data: DiscoveryData, rng: Rng): Independence => build(data, 0.05, rng);
  // three standard errors of a share of 5 %, and one point for the approximation of the null
  const slack = 3 * Math.sqrt((0.05 * 0.95) / draws) + 0.01;

  test.each(nulls(n))("keeps its level %s", (_name, draw) => {
    expect(rejected(make, draw, draws)).toBeLessThan(0.05 + slack);
  });

  test.each(dependent(n))("sees %s", (_name, draw) => {
    expect(rejected(make, draw, Math.ceil(draws / 4))).toBeGreaterThan(0.8);
  });
});

describe("the mixed test", () => {
  const draws = long ? 2000 : 400;
  const make = (data: DiscoveryData): Independence => mixedTest(data, 0.05);
  const level = (v: number): string => (v < -0.4 ? "low" : v < 0.4 ? "mid" : "high");

  test("keeps its level for numbers and levels given a common cause", () => {
    const share = rejected(
      make,
      (rng) => {
        const z = normals(rng, 200);
        return {
          x: z.map((v) => v + rng.normal()),
          y: Array.from(z, (v) => level(v + rng.normal())),
          z,
        };
      },
      draws,
    );
    expect(share).toBeGreaterThan(0.05 - 3 * Math.sqrt((0.05 * 0.95) / draws) - 0.01);
    expect(share).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / draws) + 0.01);
  });

  test("sees a number act on a level", () => {
    const share = rejected(
      make,
      (rng) => {
        const x = normals(rng, 200);
        return { x, y: Array.from(x, (v) => level(v + rng.normal())) };
      },
      50,
    );
    expect(share).toBe(1);
  });
});
