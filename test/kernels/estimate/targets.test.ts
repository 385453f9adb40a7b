import { expect, test } from "vitest";
import { tableOf } from "../../../kernels/data/table.ts";
import { methods } from "../../../kernels/estimate/index.ts";
import { logistic } from "../../../kernels/math/glm.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { effectOf } from "./shared.ts";

// Effects that grow with x, and treatment that does too: the three averages lie far apart, so that a method which
// mixes them up is seen. The truth is the mean of the drawn units' own effects, by brute force over those concerned.

const n = 6000;
const rng = createRng(31);
const x1 = Float64Array.from({ length: n }, () => rng.normal());
const x2 = x1.map(() => rng.normal());
const t = x1.map((v, i) => (rng.next() < logistic(0.8 * v - 0.4 * x2[i]!) ? 1 : 0));
const effects = x1.map((v) => 2 + v);
const y = t.map((v, i) => x1[i]! + 0.5 * x2[i]! + effects[i]! * v + 0.5 * rng.normal());
const table = tableOf({ x1, x2, t, y });

const members = {
  ATE: (): boolean => true,
  ATT: (i: number): boolean => t[i] === 1,
  ATC: (i: number): boolean => t[i] === 0,
};

function truthOf(target: keyof typeof members): number {
  const own = effects.filter((_, i) => members[target](i));
  return own.reduce((a, b) => a + b, 0) / own.length;
}

const truths = { ATE: truthOf("ATE"), ATT: truthOf("ATT"), ATC: truthOf("ATC") };

test("the three averages differ by more than any method errs", () => {
  expect(truths.ATT - truths.ATE).toBeGreaterThan(0.25);
  expect(truths.ATE - truths.ATC).toBeGreaterThan(0.25);
});

/** Strata leave some bias, a constant effect is not what holds here. */
const settings: Readonly<Record<string, object>> = {
  regression: { byArm: true },
  stratification: { strata: 20 },
  "s-learner": { outcomeModel: "linear", interactions: ["x1", "x2"], byArm: false },
  "t-learner": { outcomeModel: "linear" },
  "x-learner": { outcomeModel: "linear" },
  "r-learner": { outcomeModel: "linear" },
  "dr-learner": { outcomeModel: "linear" },
};

const asked = methods
  .filter(
    ({ fits, name }) =>
      fits.estimands.includes("adjustment") && fits.treatments.includes("binary") && name !== "plr",
  )
  .flatMap(({ name, fits }) =>
    (["ATE", "ATT", "ATC"] as const)
      .filter((target) => fits.targets.includes(target))
      .map((target) => [name, target] as const),
  );

test.each(asked)("%s gives the %s, not another average", async (method, target) => {
  const effect = await effectOf(
    { treatment: "t", outcome: "y", adjustment: ["x1", "x2"], target },
    table,
    {
      method,
      overlap: "warn",
      ...settings[method],
    },
  );
  expect(effect.target).toBe(target);
  expect(Math.abs(effect.estimate - truths[target])).toBeLessThan(0.1);
  // The sample's own average has no sampling of units: the error of the population's is no smaller.
  expect(effect.standardError).toBeGreaterThan(0.01);
  expect(effect.standardError).toBeLessThan(0.12);
});

test.each(["ATT", "ATC"] as const)(
  "matching without replacement pairs each unit of the smaller arm once for the %s",
  async (target) => {
    // 100 of one arm among 300 of the other, so that partners do not run out.
    const arm = target === "ATT" ? 1 : 0;
    const some = [
      ...[...t.keys()].filter((i) => t[i] === arm).slice(0, 100),
      ...[...t.keys()].filter((i) => t[i] !== arm).slice(0, 300),
    ];
    const rows = (v: Float64Array): Float64Array => Float64Array.from(some, (i) => v[i]!);
    const few = tableOf({ x1: rows(x1), x2: rows(x2), t: rows(t), y: rows(y) });
    const effect = await effectOf(
      { treatment: "t", outcome: "y", adjustment: ["x1", "x2"], target },
      few,
      {
        method: "matching",
        replacement: false,
        overlap: "warn",
      },
    );
    const own = some.slice(0, 100);
    const truth = own.reduce((sum, i) => sum + effects[i]!, 0) / own.length;
    expect(Math.abs(effect.estimate - truth)).toBeLessThan(0.45);
  },
);

test.each([
  ["regression", { byArm: true }],
  ["ipw", {}],
  ["ipw", { weights: "horvitz-thompson" }],
  ["aipw", { folds: 1 }],
  ["tmle", { folds: 1 }],
  ["tmle", { folds: 1, targeting: "weights" }],
  ["matching", { distance: "mahalanobis" }],
  ["entropy-balancing", {}],
] as const)("%s %o: the ATC is the ATT with the arms' names exchanged", async (method, more) => {
  const keep = Int32Array.from({ length: 600 }, (_, i) => i);
  const rows = (v: Float64Array): Float64Array => Float64Array.from(keep, (i) => v[i]!);
  const made = (arm: Float64Array, target: "ATT" | "ATC") =>
    effectOf(
      { treatment: "t", outcome: "y", adjustment: ["x1", "x2"], target },
      tableOf({ x1: rows(x1), x2: rows(x2), t: arm, y: rows(y) }),
      { method, overlap: "warn", ...more },
    );
  const untreated = await made(rows(t), "ATC");
  const exchanged = await made(
    rows(t).map((v) => 1 - v),
    "ATT",
  );
  expect(untreated.estimate).toBeCloseTo(-exchanged.estimate, 7);
  expect(untreated.standardError).toBeCloseTo(exchanged.standardError, 7);
});
