import { UserError } from "../../../app/errors.ts";
import type { Rng } from "../../math/rng.ts";
import type { DiscoveryData, Reading } from "../data.ts";
import type { OptionSpec } from "../options.ts";
import { discreteTest } from "./contingency.ts";
import { fisherZTest } from "./fisher-z.ts";
import type { Independence } from "./independence.ts";
import { kernelTest, randomFeatureTest } from "./kernel.ts";
import { mixedTest } from "./mixed.ts";

export type TestName = "auto" | "fisher-z" | "g2" | "x2" | "mixed" | "kci" | "rcit";

export const testOption: OptionSpec<TestName> = {
  default: "auto",
  type: "choice",
  choices: ["auto", "fisher-z", "g2", "x2", "mixed", "kci", "rcit"],
  doc: "Test of independence: fisher-z for numbers, g2 or x2 for levels, mixed for both, kci or its faster approximation rcit for any form of dependence. auto picks one of the first three by the columns.",
};

export const alphaOption: OptionSpec<number> = {
  default: 0.01,
  type: "number",
  minimum: 1e-12,
  maximum: 0.5,
  doc: "Level of each test: larger finds more edges and more false ones.",
};

/** How columns are read for a test. */
export function readingFor(test: TestName): Partial<Reading> {
  switch (test) {
    case "fisher-z":
      return { as: "numeric" };
    case "g2":
    case "x2":
      return { as: "discrete" };
    case "mixed":
    case "kci":
    case "rcit":
      return { as: "mixed" };
    case "auto":
      return { as: "auto" };
  }
}

/** The test of that name on the data. Throws `UserError` where the data cannot be tested so. */
export function testFor(
  data: DiscoveryData,
  test: TestName,
  alpha: number,
  rng: Rng,
): Independence {
  const numeric = data.variables.every((variable) => variable.kind === "numeric");
  const discrete = data.variables.every((variable) => variable.kind === "discrete");
  switch (test) {
    case "auto":
      if (numeric) return fisherZTest(data, alpha);
      return discrete ? discreteTest(data, alpha) : mixedTest(data, alpha);
    case "fisher-z":
      if (!numeric) throw unfit(test, "numbers");
      return fisherZTest(data, alpha);
    case "g2":
    case "x2":
      if (!discrete) throw unfit(test, "levels");
      return discreteTest(data, alpha, test);
    case "mixed":
      return mixedTest(data, alpha);
    case "kci":
      return kernelTest(data, alpha);
    case "rcit":
      return randomFeatureTest(data, alpha, rng);
  }
}

function unfit(test: string, what: string): UserError {
  return new UserError({
    code: "test-columns",
    message: `The test ${test} is for ${what} only.`,
    value: test,
    expected: `columns of ${what}`,
    hint: "Choose the test mixed, kci or rcit.",
  });
}
