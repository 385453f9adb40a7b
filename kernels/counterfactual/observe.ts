import { counterfactual } from "./counterfactual.ts";
import type { CounterfactualOptions } from "./counterfactual.ts";
import type { StructuralModel } from "./model.ts";
import type { Event } from "./query.ts";
import type { CounterfactualResult } from "./result.ts";

/**
 * Rung 1: what the model says of `variable` among units where `evidence` is seen, e.g.
 * `observe(model, "cancer", { smoking: 1 })`. The result carries the whole distribution; its value is P(variable = 1)
 * of a 0/1 variable and the mean of any other. Throws `UserError` for names and levels the model lacks.
 */
export function observe(
  model: StructuralModel,
  variable: string,
  evidence: Readonly<Record<string, number | string>> = {},
  options: CounterfactualOptions = {},
): CounterfactualResult {
  const given = Object.entries(evidence).map(([name, value]): Event => ({
    term: { variable: name, assignments: [] },
    relation: "=",
    value,
  }));
  const events: Event[] = [{ term: { variable, assignments: [] } }];
  return counterfactual(model, { kind: "probability", events, given, doing: [] }, options);
}
