import { aipwMethod } from "./aipw.ts";
import { discontinuityMethod } from "./discontinuity.ts";
import { complierMethod, partiallyLinearIvMethod, partiallyLinearMethod } from "./double-ml.ts";
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

// Each method reads its own options; a list of them forgets which, and `resolveOptions` checks at the door instead.
const anyOptions = <O>(method: Method<O>): Method => method as unknown as Method;

/** The classical methods, in the order they are offered. Neural ones are listed by their own folder. */
export const methods: readonly Method[] = [
  anyOptions(aipwMethod),
  anyOptions(tmleMethod),
  anyOptions(regressionMethod),
  anyOptions(weightingMethod),
  anyOptions(matchingMethod),
  anyOptions(stratificationMethod),
  anyOptions(entropyBalancingMethod),
  anyOptions(partiallyLinearMethod),
  ...metaLearnerMethods.map((m) => anyOptions(m)),
  anyOptions(twoStageMethod),
  anyOptions(partiallyLinearIvMethod),
  anyOptions(complierMethod),
  anyOptions(frontDoorMethod),
  anyOptions(mediationMethod),
  anyOptions(discontinuityMethod),
  anyOptions(groupTimeMethod),
  anyOptions(fixedEffectsMethod),
  anyOptions(syntheticControlMethod),
  anyOptions(syntheticDidMethod),
];

/** Those of `candidates` that answer the estimand (and fit the data, when given). O(methods). */
export function methodsFor(
  estimand: Estimand,
  problem?: Problem,
  candidates: readonly Method[] = methods,
): readonly Method[] {
  return candidates.filter((method) => misfit(method, estimand, problem) === undefined);
}
