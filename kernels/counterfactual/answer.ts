import type { ClaimStatus } from "../../app/claim.ts";
import type { QueryContext } from "./context.ts";
import { variableOf } from "./model.ts";
import type { StructuralModel } from "./model.ts";
import type { PreparedQuery } from "./parts.ts";
import { claimOf } from "./result.ts";
import type {
  BoundedResult,
  CounterfactualResult,
  Distribution,
  IdentifiedResult,
  Method,
  SampledInterval,
} from "./result.ts";

const claim = (
  context: QueryContext,
  status: ClaimStatus,
  steps: readonly string[] = [],
): CounterfactualResult["claim"] =>
  claimOf(context.rung, context.text, status, context.assumptions, [...context.steps, ...steps]);

/** A finished number with its claim. */
export function identified(
  prepared: PreparedQuery,
  context: QueryContext,
  value: number,
  method: Method,
  more: {
    readonly distribution?: Distribution | undefined;
    readonly interval?: SampledInterval;
    readonly steps?: readonly string[];
  } = {},
): IdentifiedResult {
  const status = context.rung === 1 ? "association" : "identified";
  return {
    kind: "identified",
    query: context.text,
    quantity: prepared.quantity,
    value,
    ...(more.interval === undefined ? {} : { interval: more.interval }),
    ...(more.distribution === undefined ? {} : { distribution: more.distribution }),
    method,
    claim: claim(context, status, more.steps),
  };
}

/** A range over all models with the same tables. */
export function bounded(
  prepared: PreparedQuery,
  context: QueryContext,
  range: BoundedResult["value"] & { readonly sharp: boolean },
  variables: readonly string[],
  method: Method,
): BoundedResult {
  const step = `Linear programs over the response types of ${variables.join(" and ")} (Balke & Pearl 1997)${range.sharp ? "" : "; the range may be wider than need be"}.`;
  return {
    kind: "bounded",
    query: context.text,
    quantity: prepared.quantity,
    value: { lower: range.lower, upper: range.upper },
    sharp: range.sharp,
    variables,
    method,
    claim: claim(context, "bounded", [step]),
  };
}

/** The refusal to condition on what cannot happen. */
export function impossible(prepared: PreparedQuery, context: QueryContext): CounterfactualResult {
  return {
    kind: "impossible-evidence",
    query: context.text,
    quantity: prepared.quantity,
    reason: "The evidence has probability zero in this model.",
    claim: claim(context, "not-identified"),
  };
}

/** The refusal to guess how units respond. */
export function needsMechanism(
  model: StructuralModel,
  prepared: PreparedQuery,
  context: QueryContext,
  open: readonly string[],
  more: { readonly reason?: string; readonly value?: BoundedResult["value"] } = {},
): CounterfactualResult {
  const variables = [...new Set(open)];
  const list = variables.join(" and ");
  const confounded = variables.some(
    (name) => variableOf(model, name)?.mechanism.kind === "confounded",
  );
  return {
    kind: "needs-mechanism",
    query: context.text,
    quantity: prepared.quantity,
    variables,
    options: confounded
      ? ["a model with the unmeasured common cause as a latent variable"]
      : ["[monotone]", "[gumbel]", "response { … }", "= a function of causes and noise"],
    reason:
      more.reason ?? `The table of ${list} gives chances, not how one unit responds in two worlds.`,
    ...(more.value === undefined ? {} : { value: more.value }),
    claim: claim(context, "needs-mechanism"),
  };
}
