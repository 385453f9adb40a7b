import { aipwMethod } from "./aipw.ts";
import { discontinuityMethod } from "./discontinuity.ts";
import { complierMethod, partiallyLinearIvMethod, partiallyLinearMethod } from "./double-ml.ts";
import { doseResponseMethod } from "./dose-response.ts";
import { entropyBalancingMethod } from "./entropy-balancing.ts";
import type { Estimand } from "./estimand.ts";
import { fixedEffectsMethod } from "./fixed-effects.ts";
import { groupTimeMethod } from "./group-time.ts";
import { matchingMethod } from "./matching.ts";
import { frontDoorMethod, mediationMethod } from "./mediation.ts";
import { metaLearnerMethods } from "./meta-learners.ts";
import type { Method } from "./method.ts";
import type { Problem } from "./problem.ts";
import { regressionMethod } from "./regression.ts";
import { stratificationMethod } from "./stratification.ts";
import { misfit } from "./suitability.ts";
import { syntheticControlMethod, syntheticDidMethod } from "./synthetic.ts";
import { tmleMethod } from "./tmle.ts";
import { twoStageMethod } from "./two-stage.ts";
import { weightingMethod } from "./weighting.ts";

/** The classical methods, in the order they are offered. Neural ones are listed by their own folder. */
export const methods: readonly Method[] = [
  aipwMethod,
  tmleMethod,
  regressionMethod,
  weightingMethod,
  matchingMethod,
  stratificationMethod,
  entropyBalancingMethod,
  partiallyLinearMethod,
  doseResponseMethod,
  ...metaLearnerMethods,
  twoStageMethod,
  partiallyLinearIvMethod,
  complierMethod,
  frontDoorMethod,
  mediationMethod,
  discontinuityMethod,
  groupTimeMethod,
  fixedEffectsMethod,
  syntheticControlMethod,
  syntheticDidMethod,
];

/** Those of `candidates` that answer the estimand (and fit the data, when given). O(methods). */
export function methodsFor(
  estimand: Estimand,
  problem?: Problem,
  candidates: readonly Method[] = methods,
): readonly Method[] {
  return candidates.filter((method) => misfit(method, estimand, problem) === undefined);
}
