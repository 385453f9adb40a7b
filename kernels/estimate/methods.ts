import { aipwMethod } from "./aipw.ts";
import type { Estimand } from "./estimand.ts";
import type { Method } from "./method.ts";
import type { Problem } from "./problem.ts";
import { regressionMethod } from "./regression.ts";
import { misfit } from "./suitability.ts";
import { weightingMethod } from "./weighting.ts";

/** The classical methods, in the order they are offered. Neural ones are listed by their own folder. */
export const methods: readonly Method[] = [
  aipwMethod,
  regressionMethod,
  weightingMethod,
] as readonly unknown[] as readonly Method[];

/** Those of `candidates` that answer the estimand (and fit the data, when given). O(methods). */
export function methodsFor(
  estimand: Estimand,
  problem?: Problem,
  candidates: readonly Method[] = methods,
): readonly Method[] {
  return candidates.filter((method) => misfit(method, estimand, problem) === undefined);
}
