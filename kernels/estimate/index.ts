import { UserError } from "../../app/errors.ts";
import { quietWork, type Work } from "../../app/work.ts";
import type { Table } from "../data/table.ts";
import type { EstimateResult } from "./effect.ts";
import type { EstimandSpec } from "./estimand.ts";
import { estimateBy, type GeneralOptions } from "./estimate.ts";
import type { Method } from "./method.ts";
import { methods } from "./methods.ts";

export { aipw, aipwMethod } from "./aipw.ts";
export { balance, diagnose, overlap, weightSummary } from "./diagnose.ts";
export type * from "./diagnostic.ts";
export type * from "./effect.ts";
export type * from "./estimand.ts";
export { toEstimand } from "./estimand.ts";
export { estimateBy, type GeneralOptions } from "./estimate.ts";
export { densityTest, type DensityTest } from "./density.ts";
export { discontinuity, discontinuityMethod } from "./discontinuity.ts";
export {
  complierEffect,
  complierMethod,
  partiallyLinear,
  partiallyLinearIv,
  partiallyLinearIvMethod,
  partiallyLinearMethod,
} from "./double-ml.ts";
export { doseResponse, doseResponseMethod } from "./dose-response.ts";
export { multiArmAipw, multiArmWeighting } from "./multi-arm.ts";
export { entropyBalancing, entropyBalancingMethod } from "./entropy-balancing.ts";
export { fixedEffects, fixedEffectsMethod } from "./fixed-effects.ts";
export { groupTime, groupTimeMethod } from "./group-time.ts";
export { synthetic, syntheticControlMethod, syntheticDidMethod } from "./synthetic.ts";
export { matching, matchingMethod } from "./matching.ts";
export { stratification, stratificationMethod } from "./stratification.ts";
export { tmle, tmleMethod } from "./tmle.ts";
export { twoStage, twoStageMethod } from "./two-stage.ts";
export type * from "./method.ts";
export { frontDoor, frontDoorMethod, mediation, mediationMethod } from "./mediation.ts";
export { metaLearner, metaLearnerMethods } from "./meta-learners.ts";
export { methods, methodsFor } from "./methods.ts";
export { optionsOf, resolveOptions } from "./method.ts";
export { prepare } from "./prepare.ts";
export { type AdjustmentColumns, problemOf } from "./problem-of.ts";
export type * from "./problem.ts";
export {
  refute,
  refuteEffect,
  REFUTATIONS,
  type Refutation,
  type RefutationName,
  type RefutationRequest,
  type RefuteOptions,
} from "./refute.ts";
export { type Origin, originOf } from "./origin.ts";
export { type RosenbaumBounds, rosenbaumBounds } from "./rosenbaum.ts";
export {
  adjustedEstimate,
  biasBound,
  eValue,
  type EValues,
  eValuesOfDifference,
  partialRSquared,
  robustnessValue,
  rosenbaumSignTest,
  type Sensitivity,
  sensitivity,
  type SensitivityOptions,
} from "./sensitivity.ts";
export { regression, regressionMethod } from "./regression.ts";
export { weighting, weightingMethod } from "./weighting.ts";

/** A method by name or as a value, and its options beside the general ones. */
export type EstimateOptions = GeneralOptions & { readonly method?: string | Method } & Readonly<
    Record<string, unknown>
  >;

/**
 * A number for an estimand, or the answer why there is none; see `estimateBy`. `method` is a name among `methods`
 * (default: the first that fits the kind of estimand) or a method of one's own.
 */
export async function estimate(
  spec: EstimandSpec,
  table: Table,
  options: EstimateOptions = {},
  work: Work = quietWork,
): Promise<EstimateResult> {
  const kind = spec.kind ?? "adjustment";
  const { method = methods.find((m) => m.fits.estimands.includes(kind))?.name ?? "aipw" } = options;
  return estimateBy(
    spec,
    table,
    { ...options, method: typeof method === "string" ? methodNamed(method) : method },
    work,
  );
}

/** The method of that name. Throws `UserError` naming those there are. O(methods). */
export function methodNamed(name: string, candidates: readonly Method[] = methods): Method {
  const method = candidates.find((m) => m.name === name);
  if (method !== undefined) return method;
  throw new UserError({
    code: "unknown-method",
    message: `There is no method "${name}".`,
    value: name,
    expected: `one of ${candidates.map((m) => m.name).join(", ")}`,
    hint: "Check the spelling.",
  });
}
