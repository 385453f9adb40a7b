import type { Estimand } from "./estimand.ts";
import type { Method, Refusal } from "./method.ts";
import type { Problem } from "./problem.ts";

/** Why a method does not answer this question of these data; undefined when it does. O(1). */
export function misfit(method: Method, estimand: Estimand, problem?: Problem): Refusal | undefined {
  const { fits } = method;
  const no = (message: string, hint: string): Refusal => ({
    kind: "not-applicable",
    message,
    hint,
  });
  if (!fits.estimands.includes(estimand.kind)) {
    return no(
      `${method.label} does not estimate from ${describe(estimand.kind)}.`,
      `It estimates from ${fits.estimands.map(describe).join(" or ")}.`,
    );
  }
  if (!fits.targets.includes(estimand.target)) {
    return no(
      `${method.label} does not estimate the ${estimand.target}.`,
      `It estimates ${fits.targets.join(", ")}: change the target, or pick another method.`,
    );
  }
  if (problem === undefined) return undefined;
  if (!fits.treatments.includes(problem.treatmentKind)) {
    return no(
      `${method.label} takes a ${fits.treatments.join(" or ")} treatment; "${estimand.treatment}" is ${problem.treatmentKind}.`,
      problem.treatmentKind === "multivalued"
        ? "Use aipw, ipw or regression, which take several levels, or keep the rows of two."
        : "Use a method for such treatments, or make a yes/no column in the data cell.",
    );
  }
  if (fits.outcomes !== undefined && !fits.outcomes.includes(problem.outcomeKind)) {
    return no(
      `${method.label} takes a ${fits.outcomes.join(" or ")} outcome; "${estimand.outcome}" is ${problem.outcomeKind}.`,
      "Pick another method.",
    );
  }
  return undefined;
}

function describe(kind: Estimand["kind"]): string {
  return {
    adjustment: "an adjustment set",
    instrument: "an instrument",
    "front-door": "a front-door set",
    mediation: "mediators",
    discontinuity: "a cutoff",
    panel: "a panel",
  }[kind];
}
