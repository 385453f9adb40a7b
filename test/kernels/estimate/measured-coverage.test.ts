import { expect, test } from "vitest";
import { everyMeasured, measuredCoverage } from "../../../kernels/estimate/measured-coverage.ts";
import { methodNamed, optionsOf } from "../../../kernels/estimate/index.ts";
import { everyCase } from "../../bench/coverage-cases.ts";
import { coverageOf } from "../../bench/coverage.ts";

const all = everyMeasured();

test("every case of the bench was measured, at 500 draws or more, and nothing else is shown", () => {
  for (const one of everyCase) {
    const rows = all.filter((r) => r.method === one.method && r.design === one.design);
    expect([one.method, one.design, rows.length > 0]).toEqual([one.method, one.design, true]);
  }
  for (const row of all) {
    expect(everyCase.some((c) => c.method === row.method && c.design === row.design)).toBe(true);
    expect(row.draws).toBeGreaterThanOrEqual(500);
    expect(row.covered).toBeGreaterThan(0.5);
    expect(row.covered).toBeLessThanOrEqual(1);
    expect(row.says).not.toBe("");
    expect(row.errorRatio).toBeGreaterThan(0);
    // The options told are options of the method.
    expect(Object.keys(methodNamed(row.method).options)).toEqual(
      expect.arrayContaining(Object.keys(row.options)),
    );
  }
});

test("figures shown are those of the effect's own options, and none for what was not measured", () => {
  const interval = { low: 0, high: 1, level: 0.95, method: "" };
  const of = (name: string, changes: object, more: object = {}): readonly string[] =>
    measuredCoverage({
      method: name,
      target: "ATE",
      options: optionsOf(methodNamed(name), changes),
      settings: {},
      interval,
      ...more,
    }).map((row) => row.design);
  expect(of("aipw", {})).toContain("weak overlap");
  expect(of("aipw", { outcomeModel: "boosting", propensityModel: "boosting" })).toEqual(["bent"]);
  expect(of("aipw", { outcomeModel: "forest" })).toEqual([]);
  expect(of("dr-learner", {})).toEqual(["friendly"]);
  expect(of("dr-learner", { outcomeModel: "forest" })).toEqual([]);
  expect(of("matching", { neighbours: 3 })).toEqual([]);
  expect(of("aipw", {}, { settings: { bootstrap: 99 } })).toEqual([]);
  expect(of("aipw", {}, { interval: { ...interval, level: 0.9 } })).toEqual([]);
});

// A dozen draws of some of them: enough to see that the table speaks of this code.
test.each(["aipw friendly", "ipw friendly", "matching friendly", "2sls many instruments"])(
  "%s: a fresh run agrees with its figure",
  async (name) => {
    const one = everyCase.find((c) => `${c.method} ${c.design}` === name && c.variant === "")!;
    const draws = 60;
    const fresh = await coverageOf(one, draws);
    const row = all.find((r) => r.method === one.method && r.design === one.design)!;
    const error = Math.sqrt((row.covered * (1 - row.covered)) / draws) + 1 / draws;
    expect(Math.abs(fresh.covered - row.covered)).toBeLessThan(4 * error);
  },
);
