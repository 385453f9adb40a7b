import { unitAssumptions } from "../../app/claim.ts";
import type { Assumption } from "../../app/claim.ts";
import type { StructuralModel } from "./model.ts";
import type { Part, PreparedQuery } from "./parts.ts";
import { formatQuery } from "./query.ts";
import type { Assignment, Query, Term } from "./query.ts";
import { mechanismAssumption, noConfounder } from "./result.ts";
import { WorldNetwork } from "./worlds.ts";

/** What every method needs to say about its answer. */
export interface QueryContext {
  readonly text: string;
  readonly rung: 1 | 2 | 3;
  /** Whether the query reaches a continuous variable. */
  readonly continuous: boolean;
  readonly assumptions: readonly Assumption[];
  readonly steps: readonly string[];
}

/** The rung of a query is that of the worlds it needs at once; its assumptions are those of that rung. */
export function describeQuery(
  model: StructuralModel,
  query: Query,
  prepared: PreparedQuery,
): QueryContext {
  let rung: 1 | 2 | 3 = 1;
  let continuous = false;
  const assumptions = new Map<string, Assumption>();
  for (const part of prepared.parts) {
    const network = new WorldNetwork(model);
    for (const { term } of [...part.given, ...part.events]) network.nodeOf(term, part.doing);
    for (const term of part.terms) network.nodeOf(term, part.doing);
    const own = network.rung();
    rung = own > rung ? own : rung;
    continuous ||= network.nodes.some((node) => network.variable(node.id).domain.kind === "real");
    if (own > 1) for (const a of structuralAssumptions(model, part)) assumptions.set(a.id, a);
    if (own > 1) for (const a of unitAssumptions(setIn(part))) assumptions.set(a.id, a);
    if (own === 3) for (const a of mechanismAssumptions(network)) assumptions.set(a.id, a);
  }
  if (rung > 1) assumptions.set(modelStructure.id, modelStructure);
  if (rung > 1 && model.origin.kind === "fitted") assumptions.set(fittedForm.id, fittedForm);
  const steps = [
    rung === 3
      ? "Abduction, action, prediction on the joint network of all worlds of the query."
      : rung === 2
        ? "Mechanisms of the variables set are replaced; all others are kept."
        : "Conditioning in the model's joint distribution.",
  ];
  return {
    text: formatQuery(query),
    rung,
    continuous,
    assumptions: [...assumptions.values()],
    steps,
  };
}

const modelStructure: Assumption = {
  id: "model-structure",
  kind: "model-structure",
  text: "The arrows of the model are right: each variable hears its own causes and nothing else drawn.",
  variables: [],
};

const fittedForm: Assumption = {
  id: "fitted-mechanisms",
  kind: "fitted-mechanisms",
  text: "The fitted mechanisms have the right form, and the data were enough to fit them.",
  variables: [],
};

/** For each variable set and each asked about: nothing unmeasured causes both but what the model draws. */
function structuralAssumptions(model: StructuralModel, part: Part): readonly Assumption[] {
  const asked = askedIn(part);
  const set = setIn(part);
  const found = new Map<string, Assumption>();
  for (const x of set) {
    for (const { variable: y } of asked) {
      // A component already allows for every common cause of its members.
      const drawn = model.components.some(
        ({ variables }) => variables.includes(x) && variables.includes(y),
      );
      const assumption = noConfounder(x, y);
      if (x !== y && !drawn) found.set(assumption.id, assumption);
    }
  }
  return [...found.values()];
}

const askedIn = (part: Part): readonly Term[] => [
  ...part.events.map(({ term }) => term),
  ...part.terms,
];

/** What a part sets, in any of its worlds. */
function setIn(part: Part): ReadonlySet<string> {
  const set = new Set<string>();
  const collect = (assignments: readonly Assignment[]): void => {
    for (const { variable, to } of assignments) {
      set.add(variable);
      if (to.kind === "term") collect(to.term.assignments);
    }
  };
  collect(part.doing);
  for (const { assignments } of askedIn(part)) collect(assignments);
  return set;
}

const mechanismTexts: Readonly<Record<string, (name: string) => string>> = {
  monotone: (name) => `Every unit keeps its quantile of ${name} when the causes of ${name} change.`,
  gumbel: (name) =>
    `${name} is chosen by Gumbel-max: noise per level adds to the log probabilities.`,
  response: (name) => `The response types of ${name} and their shares are right.`,
  function: (name) => `The function that gives ${name} holds for every unit.`,
  additive: (name) =>
    `The noise of ${name} adds to the effect of its causes and does not depend on them.`,
  flow: (name) => `${name} increases in one noise term that its causes do not change.`,
};

/** Where two copies of a variable are in play, its mechanism is what the answer rests on. */
function mechanismAssumptions(network: WorldNetwork): readonly Assumption[] {
  const counts = new Map<number, number>();
  for (const { kind, variable } of network.nodes) {
    if (kind === "mechanism") counts.set(variable, (counts.get(variable) ?? 0) + 1);
  }
  const found: Assumption[] = [];
  for (const [index, count] of counts) {
    const { name, mechanism } = network.model.variables[index]!;
    if (count < 2) continue;
    const kind = "coupling" in mechanism ? mechanism.coupling : mechanism.kind;
    const text = mechanismTexts[kind];
    if (text !== undefined) found.push(mechanismAssumption(name, `mechanism-${kind}`, text(name)));
  }
  return found;
}
