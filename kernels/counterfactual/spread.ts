import type { Claim } from "../../app/claim.ts";
import { counterfactual } from "./counterfactual.ts";
import type { CounterfactualOptions } from "./counterfactual.ts";
import type { Coupling, StructuralModel } from "./model.ts";
import type { Query } from "./query.ts";
import { jointClaim } from "./result.ts";
import type { CounterfactualResult } from "./result.ts";

export interface MechanismSpread {
  readonly kind: "mechanism-spread";
  readonly query: string;
  /** One answer for each class of mechanism; "any" is the sharp bounds. Or one for each model compared, by its name. */
  readonly rows: readonly {
    readonly mechanism: string;
    readonly result: CounterfactualResult;
  }[];
  /** What holds over every class: the claim of the row "any". */
  readonly claim: Claim;
}

/**
 * One counterfactual under every admissible class of mechanism for the tables it rests on: the sharp bounds over all,
 * monotone, and Gumbel-max. Where all agree the class does not matter; where they spread, the answer is the
 * assumption's. Tables with a chosen coupling are changed too, so the classes can be compared.
 */
export function mechanismSpread(
  model: StructuralModel,
  query: string | Query,
  options: CounterfactualOptions = {},
): MechanismSpread {
  const rows = (["unspecified", "monotone", "gumbel"] as const).map((coupling) => ({
    mechanism: coupling === "unspecified" ? ("any" as const) : coupling,
    result: counterfactual(withCoupling(model, coupling), query, options),
  }));
  const { query: text, claim } = rows[0]!.result;
  const step = "The same question under every class of mechanism its tables allow.";
  return { kind: "mechanism-spread", query: text, rows, claim: jointClaim(text, [claim], step) };
}

/**
 * One question on several models of the same world, e.g. the same graph fitted with linear, cubic and learned
 * mechanisms: where they agree on the data and differ here, the difference is the mechanisms'. Throws as
 * `counterfactual` does.
 */
export function modelSpread(
  models: Readonly<Record<string, StructuralModel>>,
  query: string | Query,
  options: CounterfactualOptions = {},
): MechanismSpread {
  const rows = Object.entries(models).map(([mechanism, model]) => ({
    mechanism,
    result: counterfactual(model, query, options),
  }));
  const text = rows[0]?.result.query ?? "";
  const claims = rows.map(({ result }) => result.claim);
  const step = "The same question on every model, each with mechanisms of its own.";
  const joint = jointClaim(text, claims, step);
  const values = rows.flatMap(({ result }) => (result.kind === "identified" ? [result.value] : []));
  const apart = Math.max(...values) - Math.min(...values) > 1e-9;
  // Each model fixes its own number; that they differ says that none of them is certain.
  const claim: Claim =
    apart && joint.status === "identified" ? { ...joint, status: "not-certified" } : joint;
  return { kind: "mechanism-spread", query: text, rows, claim };
}

/** The model with one coupling for all its tables, or those named. */
export function withCoupling(
  model: StructuralModel,
  coupling: Coupling,
  names?: readonly string[],
): StructuralModel {
  return {
    ...model,
    variables: model.variables.map((variable) => {
      const { mechanism, name } = variable;
      const changes = "coupling" in mechanism && (names === undefined || names.includes(name));
      return changes ? { ...variable, mechanism: { ...mechanism, coupling } } : variable;
    }),
  };
}
