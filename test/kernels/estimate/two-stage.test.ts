import { expect, test } from "vitest";
import { tableOf } from "../../../kernels/data/table.ts";
import { estimate } from "../../../kernels/estimate/index.ts";
import type { Effect } from "../../../kernels/estimate/effect.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { effectOf, shared, withData } from "./shared.ts";

const region = [2, 3, 4, 5, 6, 7, 8, 9].map((k) => `reg66${k}`);
const schooling = {
  kind: "instrument",
  treatment: "educ",
  outcome: "lwage",
  adjustment: ["exper", "expersq", "black", "smsa", "south", "smsa66", ...region],
} as const;

function figure(effect: Effect, name: string): number | undefined {
  const figures = effect.diagnostics.find((d) => d.kind === "figures");
  return figures?.rows.find((r) => r.name === name)?.value;
}

// Values printed in the data's READMEs.
withData("Card: college proximity", async () => {
  const card = shared("card/card.csv");
  const one = await effectOf({ ...schooling, instruments: ["nearc4"] }, card, {
    errors: "classical",
  });
  expect(one.estimate).toBeCloseTo(0.131504, 6);
  expect(one.standardError).toBeCloseTo(0.054964, 6);
  expect(figure(one, "first-stage F")).toBeCloseTo(13.256, 3);
  expect(figure(one, "standard error, HC1")).toBeCloseTo(0.054144, 6);
  expect(figure(one, "least-squares coefficient")).toBeCloseTo(0.074693, 6);
  const two = await effectOf({ ...schooling, instruments: ["nearc2", "nearc4"] }, card, {
    errors: "classical",
  });
  expect(two.estimate).toBeCloseTo(0.157059, 6);
  expect(two.standardError).toBeCloseTo(0.052578, 6);
  expect(figure(two, "first-stage F")).toBeCloseTo(7.893, 3);
  expect(two.warnings[0]?.code).toBe("weak-instruments");
});

withData("Angrist & Krueger: quarter of birth", async () => {
  const census = shared("ak91/ak91.csv.gz");
  const quarter = census.columns.find((c) => c.name === "qob");
  if (quarter === undefined || !("values" in quarter)) throw new Error("qob");
  const last = quarter.values.map((q) => (q === 4 ? 1 : 0));
  const table = {
    ...census,
    columns: [...census.columns, { name: "q4", type: "boolean" as const, values: last }],
  };
  const spec = { kind: "instrument", treatment: "s", outcome: "lnw" } as const;
  const options = { errors: "classical" };
  const wald = await effectOf({ ...spec, instruments: ["q4"] }, table, options);
  expect(wald.estimate).toBeCloseTo(0.073959, 6);
  expect(wald.standardError).toBeCloseTo(0.028033, 6);
  expect(figure(wald, "first-stage F")).toBeCloseTo(48.1, 1);
  const three = await effectOf({ ...spec, instruments: ["factor(qob)"] }, table, options);
  expect(three.estimate).toBeCloseTo(0.102598, 6);
  expect(three.standardError).toBeCloseTo(0.019501, 6);
  const thirty = await effectOf(
    { ...spec, instruments: ["factor(qob)", "factor(qob)*factor(yob)"] },
    table,
    {
      ...options,
      terms: ["factor(yob)"],
    },
  );
  expect(thirty.estimate).toBeCloseTo(0.089115, 6);
  expect(thirty.standardError).toBeCloseTo(0.01611, 6);
  expect(figure(thirty, "first-stage F")).toBeCloseTo(4.91, 2);
});

const rng = createRng(12);
function simulate(n: number, strength: number, instruments = 1): ReturnType<typeof tableOf> {
  const columns: Record<string, Float64Array> = {};
  const u = Float64Array.from({ length: n }, () => rng.normal());
  const t = u.map((v) => v + rng.normal());
  for (let k = 0; k < instruments; k++) {
    const z = u.map(() => rng.normal());
    columns[`z${k}`] = z;
    z.forEach((v, i) => (t[i]! += strength * v));
  }
  return tableOf({ ...columns, t, y: t.map((v, i) => 0.5 * v + 2 * u[i]! + rng.normal()) });
}
const names = (count: number): string[] => Array.from({ length: count }, (_, k) => `z${k}`);

test("just identified: two-stage least squares, LIML and the ratio of covariances are one", async () => {
  const table = simulate(500, 0.7);
  const spec = { kind: "instrument", treatment: "t", outcome: "y", instruments: ["z0"] } as const;
  const [a, b] = [
    await effectOf(spec, table, {}),
    await effectOf(spec, table, { estimator: "liml" }),
  ];
  expect(a.estimate).toBeCloseTo(b.estimate, 9);
  const column = (name: string): Float64Array => {
    const found = table.columns.find((c) => c.name === name);
    if (found === undefined || !("values" in found)) throw new Error(name);
    return found.values;
  };
  const z = column("z0");
  const centre = z.reduce((s, v) => s + v, 0) / z.length;
  const sumWith = (v: Float64Array): number =>
    v.reduce((s, value, i) => s + value * (z[i]! - centre), 0);
  expect(a.estimate).toBeCloseTo(sumWith(column("y")) / sumWith(column("t")), 10);
});

test("the ends of the Anderson–Rubin set have p = 0.05, and weak instruments widen it to the line", async () => {
  const spec = { kind: "instrument", treatment: "t", outcome: "y", instruments: names(2) } as const;
  const strong = await effectOf(spec, simulate(400, 0.5, 2), {});
  const low = figure(strong, "Anderson–Rubin set, low")!;
  expect(low).toBeLessThan(strong.estimate);
  // p at β is the p of no effect on y − βt
  const table = simulate(400, 0.5, 2);
  const base = await effectOf(spec, table, {});
  const end = figure(base, "Anderson–Rubin set, high")!;
  const moved = {
    ...table,
    columns: table.columns.map((c) => {
      const t = table.columns.find((k) => k.name === "t")!;
      return c.name === "y" && "values" in c && "values" in t
        ? { ...c, values: c.values.map((v, i) => v - end * t.values[i]!) }
        : c;
    }),
  };
  expect(figure(await effectOf(spec, moved, {}), "Anderson–Rubin p of no effect")).toBeCloseTo(
    0.05,
    8,
  );
  const weak = await effectOf(spec, simulate(200, 0.001, 2), {});
  expect(
    figure(weak, "Anderson–Rubin set, high")! - figure(weak, "Anderson–Rubin set, low")!,
  ).toBeGreaterThan(2);
});

test("LIML is nearer the truth than two stages with many weak instruments", async () => {
  const spec = {
    kind: "instrument",
    treatment: "t",
    outcome: "y",
    instruments: names(25),
  } as const;
  let two = 0;
  let liml = 0;
  for (let draw = 0; draw < 8; draw++) {
    const table = simulate(600, 0.12, 25);
    two += (await effectOf(spec, table, {})).estimate / 8;
    liml += (await effectOf(spec, table, { estimator: "liml" })).estimate / 8;
  }
  expect(Math.abs(liml - 0.5)).toBeLessThan(Math.abs(two - 0.5));
});

test("an instrument that follows from the covariates is refused by name", async () => {
  const table = simulate(100, 0.5);
  const spec = {
    kind: "instrument",
    treatment: "t",
    outcome: "y",
    instruments: ["z0"],
    adjustment: ["copy"],
  } as const;
  const z = table.columns[0]!;
  const result = await estimate(spec, {
    ...table,
    columns: [...table.columns, { ...z, name: "copy" }],
  });
  expect(result).toMatchObject({ kind: "not-estimable", code: "no-first-stage" });
});
