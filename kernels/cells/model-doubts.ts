import type { Assumption } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import { admitConfounder } from "../counterfactual/index.ts";
import type { StructuralModel } from "../counterfactual/model.ts";
import { noConfounder } from "../counterfactual/result.ts";
import { pairsOf } from "../../app/cell/doubts.ts";

/**
 * The model with an unmeasured common cause admitted for each assumption in `doubts` that says there is none of two
 * of its variables. Where that cannot be done (continuous variables) the model stays, and so does the assumption in
 * the claims of its answers.
 */
export function admitDoubts(
  model: StructuralModel,
  doubts: readonly string[],
): { readonly model: StructuralModel; readonly added: readonly Assumption[] } {
  const observed = new Set(
    model.variables.filter(({ role }) => role === "observed").map(({ name }) => name),
  );
  const added: Assumption[] = [];
  for (const doubt of doubts) {
    const pair = pairsOf(doubt).find(
      ({ kind, a, b }) => kind === "no-confounder" && observed.has(a) && observed.has(b),
    );
    if (pair === undefined || pair.a === pair.b) continue;
    const { a, b } = pair;
    if (model.components.some(({ variables: v }) => v.includes(a) && v.includes(b))) continue;
    try {
      model = admitConfounder(model, a, b);
      added.push(noConfounder(a, b));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return { model, added };
}
