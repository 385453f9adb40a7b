import { counterfactual } from "./counterfactual.ts";
import type { CounterfactualOptions } from "./counterfactual.ts";
import type { Coupling, StructuralModel } from "./model.ts";
import type { Query } from "./query.ts";
import type { CounterfactualResult } from "./result.ts";

export interface MechanismSpread {
  readonly kind: "mechanism-spread";
  readonly query: string;
  /** One answer for each class of mechanism; "any" is the sharp bounds. */
  readonly rows: readonly {
    readonly mechanism: "any" | Coupling;
    readonly result: CounterfactualResult;
  }[];
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
  return { kind: "mechanism-spread", query: rows[0]!.result.query, rows };
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
