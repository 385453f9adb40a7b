import { expect, test } from "vitest";
import { type NumericColumn, tableOf } from "../../../kernels/data/table.ts";
import { methodNamed, refute, type RefutationName } from "../../../kernels/estimate/index.ts";
import { toEstimand } from "../../../kernels/estimate/estimand.ts";
import { perturb } from "../../../kernels/estimate/perturb.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { variance } from "../../../kernels/math/summary.ts";
import { designs } from "../../bench/coverage-designs.ts";

const long = process.env["DAGBOK_LONG"] === "1";
const spec = { treatment: "t", outcome: "y", adjustment: ["x1", "x2"] } as const;
const tests: readonly RefutationName[] = [
  "random-common-cause",
  "subset",
  "placebo-treatment",
  "dummy-outcome",
];

// The figures in refute.ts: DAGBOK_LONG=1 prints false alarms in 300 samples of each.
test.each(long ? ["aipw", "regression", "ipw", "plr", "matching"] : ["aipw", "matching"])(
  "%s: estimates from right models are hardly ever refuted",
  { timeout: 600_000 },
  async (method) => {
    for (const design of long
      ? (["friendly", "small", "weak overlap"] as const)
      : ["small" as const]) {
      const alarms = new Map<string, number>();
      const samples = long ? 300 : 10;
      const base = createRng(99).fork(design);
      for (let k = 0; k < samples; k++) {
        const options = { method: methodNamed(method), overlap: "warn", seed: k + 1 } as const;
        const table = designs[design].draw(base.fork(k));
        for (const one of await refute(spec, table, options, { tests, seed: k + 1 })) {
          alarms.set(one.test, (alarms.get(one.test) ?? 0) + (one.verdict === "refuted" ? 1 : 0));
        }
      }
      if (long) console.log(method, design, [...alarms].join("; "));
      for (const [, count] of alarms) expect(count).toBeLessThanOrEqual(long ? 0.07 * samples : 3);
    }
  },
);

const groups = 20;
const clustered = tableOf({
  g: Array.from({ length: 120 }, (_, i) => i % groups),
  t: Array.from({ length: 120 }, (_, i) => ((i % groups) % 2 === 0 ? 1 : 0)),
  x1: Array.from({ length: 120 }, (_, i) => (i * 7) % 13),
  x2: Array.from({ length: 120 }, (_, i) => (i * 5) % 11),
  y: Array.from({ length: 120 }, (_, i) => i),
});
const column = (table: typeof clustered, name: string): Float64Array =>
  (table.columns.find((c) => c.name === name) as NumericColumn).values;

test("with clusters a subset keeps or leaves out whole clusters, a placebo exchanges them whole", () => {
  const how = { share: 0.5, strength: 0.5, clusters: "g" };
  const estimand = toEstimand(spec);
  const some = perturb("subset", spec, estimand, clustered, how, createRng(4)).table;
  const kept = [...column(some, "g")];
  expect(some.n).toBeLessThan(120);
  for (const g of new Set(kept)) expect(kept.filter((v) => v === g)).toHaveLength(6);
  const placebo = perturb("placebo-treatment", spec, estimand, clustered, how, createRng(4)).table;
  const byGroup = Array.from({ length: groups }, (_, g) =>
    [...column(placebo, "t")].filter((_t, i) => column(placebo, "g")[i] === g),
  );
  for (const own of byGroup) expect(new Set(own).size).toBe(1);
  expect(byGroup.flat().reduce((a, b) => a + b, 0)).toBe(60);
  expect([...column(placebo, "t")]).not.toEqual([...column(clustered, "t")]);
});

test("placebos of a treatment given to whole clusters spread as the clustered error says", async () => {
  const rng = createRng(6);
  const sizes = 25;
  const shock = Float64Array.from({ length: 40 }, () => rng.normal());
  const g = Array.from({ length: 40 * sizes }, (_, i) => Math.floor(i / sizes));
  const arms = shock.map(() => (rng.next() < 0.5 ? 1 : 0));
  const table = tableOf({
    g,
    t: g.map((k) => arms[k]!),
    y: g.map((k) => shock[k]! + rng.normal()),
  });
  const plain = { treatment: "t", outcome: "y" } as const;
  const spread = async (more: object): Promise<number> => {
    const options = { method: methodNamed("regression"), ...more };
    const [one] = await refute(plain, table, options, { tests: ["placebo-treatment"], draws: 60 });
    return Math.sqrt(variance(one!.estimates));
  };
  const ratio = (await spread({ clusters: "g" })) / (await spread({}));
  // Design effect √(1 + (m − 1)ρ) = √(1 + 24/2) ≈ 3.6
  expect(ratio).toBeGreaterThan(2.5);
  expect(ratio).toBeLessThan(5);
});
