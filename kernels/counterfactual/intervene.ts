import { resolveLevels } from "./build-model.ts";
import { mapExpression, numberExpression, variablesOf } from "./expression.ts";
import type { Expression } from "./expression.ts";
import { badQuery, unknownVariable } from "./messages.ts";
import { descendantsOf, levelIndex, variableOf } from "./model.ts";
import type { Mechanism, StructuralModel, Variable } from "./model.ts";
import type { Assignment, Setting } from "./query.ts";
import { valueIn } from "./worlds.ts";

/** `{x: 1, z: "high"}`, or assignments as the query language reads them (shifts, functions, policies). */
export type Interventions = Readonly<Record<string, number | string>> | readonly Assignment[];

/** Interventions in one form. */
export function assignmentsOf(interventions: Interventions): readonly Assignment[] {
  if (Array.isArray(interventions)) return interventions as readonly Assignment[];
  return Object.entries(interventions as Readonly<Record<string, number | string>>).map(
    ([variable, value]) => ({ variable, to: { kind: "value", value } }),
  );
}

/**
 * The model after an intervention (rung 2): the mechanisms of the variables set are replaced, all others kept, and the
 * result is a model like any other. Hard (`x = 1`), by a function of what happens before (`x = 2*z`), by shifting the
 * natural value (`x = x + 1`; the natural value stays as the latent `x_natural`), or stochastic (`x ~ bernoulli(…)`).
 * Throws `UserError` for unknown names and levels, policies that look at what follows, and nested counterfactuals.
 */
export function intervene(model: StructuralModel, interventions: Interventions): StructuralModel {
  let changed = model;
  for (const { variable, to } of assignmentsOf(interventions))
    changed = setOne(changed, variable, to);
  return changed;
}

function setOne(model: StructuralModel, name: string, to: Setting): StructuralModel {
  const variable = variableOf(model, name);
  const names = model.variables.map((v) => v.name);
  if (variable === undefined) throw unknownVariable("query", undefined, name, names);
  if (variable.mechanism.kind === "confounded") {
    throw badQuery(
      `"${name}" shares unmeasured causes with other variables, which a changed model cannot keep`,
      name,
      "a variable with a mechanism of its own",
      `Ask the model itself, e.g. P(… | do(${name}=…)).`,
    );
  }
  if (to.kind === "term") {
    throw badQuery(
      `"${name}" is set to a counterfactual`,
      name,
      "a value, function or policy",
      "Ask it as a query.",
    );
  }
  if (to.kind === "value") {
    const { value } = to;
    if (
      typeof value === "string" &&
      levelIndex(variable.domain, value) < 0 &&
      names.includes(value)
    ) {
      return replace(model, variable, [{ kind: "variable", name: value }], "function");
    }
    const number = valueIn(name, variable.domain, value);
    return replace(model, variable, [numberExpression(number)], "function");
  }
  return to.kind === "expression"
    ? replace(model, variable, [to.expression], "function")
    : replace(model, variable, policyProbabilities(variable, to.probabilities), "conditional");
}

function policyProbabilities(
  variable: Variable,
  given: readonly Expression[],
): readonly Expression[] {
  const count = variable.domain.kind === "discrete" ? variable.domain.levels.length : 0;
  if (given.length === 1 && count === 2) {
    const [first] = given as [Expression];
    return [{ kind: "binary", operator: "-", left: numberExpression(1), right: first }, first];
  }
  if (given.length === count) return given;
  const expected =
    count === 0 ? "a shift or function for a continuous variable" : `${count} probabilities`;
  throw badQuery(
    `The policy for "${variable.name}" has ${given.length} probabilities`,
    given.length,
    expected,
  );
}

function replace(
  model: StructuralModel,
  variable: Variable,
  expressions: readonly Expression[],
  kind: "function" | "conditional",
): StructuralModel {
  const { name } = variable;
  const below = descendantsOf(model, name);
  const read = [...new Set(expressions.flatMap(variablesOf))];
  for (const other of read) {
    const found = variableOf(model, other);
    if (found === undefined) {
      throw unknownVariable(
        "query",
        undefined,
        other,
        model.variables.map((v) => v.name),
      );
    }
    if (other !== name && below.has(other)) {
      throw badQuery(
        `"${name}" is set by "${other}", which follows from it`,
        other,
        `variables before ${name}`,
      );
    }
  }
  const natural = `${name}_natural`;
  const keepsNatural = read.includes(name);
  const domains = read.map((other) => variableOf(model, other)!.domain);
  const rewritten = expressions.map((e) =>
    mapExpression(resolveLevels(e, read, domains), (part) =>
      part.kind === "variable" && part.name === name ? { ...part, name: natural } : undefined,
    ),
  );
  const mechanism: Mechanism =
    kind === "function"
      ? { kind: "function", expression: rewritten[0]! }
      : { kind: "conditional", probabilities: rewritten, coupling: "unspecified" };
  const parents = read.map((other) => (other === name ? natural : other));
  const set: Variable = { ...variable, parents, mechanism };
  const others = model.variables.filter((v) => v.name !== name);
  const own = keepsNatural ? [{ ...variable, name: natural, role: "latent" as const }, set] : [set];
  return {
    ...model,
    variables: sorted([...others, ...own]),
    correlations: model.correlations.flatMap((c) => {
      if (c.a !== name && c.b !== name) return [c];
      if (!keepsNatural) return [];
      return [{ ...c, a: c.a === name ? natural : c.a, b: c.b === name ? natural : c.b }];
    }),
  };
}

/** Parents first; otherwise the order given. */
function sorted(variables: readonly Variable[]): readonly Variable[] {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  const done = new Set<string>();
  const order: Variable[] = [];
  const visit = (variable: Variable): void => {
    if (done.has(variable.name)) return;
    done.add(variable.name);
    for (const parent of variable.parents) visit(byName.get(parent)!);
    order.push(variable);
  };
  for (const variable of variables) visit(variable);
  return order;
}
