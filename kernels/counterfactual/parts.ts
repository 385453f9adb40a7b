import { affineOf } from "./affine.ts";
import { mapExpression } from "./expression.ts";
import type { Expression } from "./expression.ts";
import { badQuery } from "./messages.ts";
import { ancestorsOf, descendantsOf, levelIndex, variableOf } from "./model.ts";
import type { StructuralModel } from "./model.ts";
import type { Assignment, EffectQuery, Event, Query, Term } from "./query.ts";
import { valueIn } from "./worlds.ts";
import { unreachable } from "./unreachable.ts";

/**
 * One summand of a query: weight × E[value · 1(events) | given]. Splitting a difference of expectations into its terms
 * is what keeps ATE, ETT, NDE on two rungs' knowledge: no term needs the joint of two worlds.
 */
export interface Part {
  readonly weight: number;
  /** Over `#i` of `terms`; absent: 1, i.e. a probability. */
  readonly value?: Expression;
  readonly terms: readonly Term[];
  readonly events: readonly Event[];
  readonly given: readonly Event[];
  readonly doing: readonly Assignment[];
}

/** What the number is. */
export type Quantity = "probability" | "mean" | "difference";

export interface PreparedQuery {
  readonly parts: readonly Part[];
  /** The term whose whole distribution is asked, as in `P(y | do(x=1))`. */
  readonly open?: Term;
  readonly quantity: Quantity;
}

/** A query as a sum of parts. Throws `UserError` for names or levels the model lacks. */
export function prepareQuery(model: StructuralModel, query: Query): PreparedQuery {
  switch (query.kind) {
    case "probability":
      return prepareProbability(model, query);
    case "expectation": {
      const parts = splitMean(query.expression, query.terms).map((part) => ({
        ...part,
        events: [],
        given: query.given,
        doing: query.doing,
      }));
      const difference = query.terms.length > 1 && parts.some(({ weight }) => weight < 0);
      return { parts, quantity: difference ? "difference" : "mean" };
    }
    case "effect":
      return prepareEffect(model, query);
    case "combination": {
      const prepared = query.parts.map((part) => prepareQuery(model, part.query));
      const several = prepared.findIndex(({ open }) => open !== undefined);
      if (several >= 0) {
        const name = prepared[several]!.open!.variable;
        throw badQuery(
          `P(${name}) leaves the value of "${name}" open`,
          name,
          `a value, e.g. P(${name}=1)`,
        );
      }
      return {
        parts: prepared.flatMap(({ parts }, i) =>
          parts.map((part) => ({ ...part, weight: part.weight * query.parts[i]!.weight })),
        ),
        quantity: query.parts.length === 1 ? prepared[0]!.quantity : "difference",
      };
    }
    default:
      return unreachable(query);
  }
}

function prepareProbability(
  model: StructuralModel,
  query: Extract<Query, { kind: "probability" }>,
): PreparedQuery {
  const { given, doing } = query;
  const unbound = query.events.filter(({ relation }) => relation === undefined);
  const open = unbound.find(({ term }) => !isBinary(model, term.variable));
  if (open !== undefined && query.events.length > 1) {
    const name = open.term.variable;
    throw badQuery(
      `P(…) leaves the value of "${name}" open among other events`,
      name,
      `a value for ${name}, or P(${name}) alone`,
    );
  }
  if (open !== undefined) {
    const value: Expression = { kind: "variable", name: "#0" };
    const part = { weight: 1, value, terms: [open.term], events: [], given, doing };
    return { parts: [part], open: open.term, quantity: "mean" };
  }
  const events = query.events.map((event): Event =>
    event.relation === undefined ? { ...event, relation: "=", value: 1 } : event,
  );
  const [only] = unbound;
  const alone = query.events.length === 1 && only !== undefined ? { open: only.term } : {};
  const part = { weight: 1, terms: [], events, given, doing };
  return { parts: [part], quantity: "probability", ...alone };
}

function isBinary(model: StructuralModel, name: string): boolean {
  const domain = variableOf(model, name)?.domain;
  if (domain === undefined) throw unknown(model, name);
  return domain.kind === "discrete" && domain.levels.join() === "0,1";
}

const unknown = (model: StructuralModel, name: string): Error =>
  badQuery(
    `The model has no variable "${name}"`,
    name,
    `one of ${model.variables.map((v) => v.name).join(", ")}`,
  );

/** A mean of an affine expression is a sum of means, one term each; anything else stays whole. */
function splitMean(
  expression: Expression,
  terms: readonly Term[],
): readonly Pick<Part, "weight" | "value" | "terms">[] {
  const size = terms.length + 1;
  const form = affineOf(expression, size, (name) => {
    const basis = new Float64Array(size);
    basis[Number(name.slice(1)) + 1] = 1;
    return basis;
  });
  if (form === undefined) return [{ weight: 1, value: expression, terms }];
  const parts: Pick<Part, "weight" | "value" | "terms">[] = [];
  terms.forEach((term, i) => {
    const weight = form[i + 1]!;
    if (weight !== 0)
      parts.push({ weight, value: { kind: "variable", name: "#0" }, terms: [term] });
  });
  if (form[0] !== 0 || parts.length === 0) parts.push({ weight: form[0]!, terms: [] });
  return parts;
}

function prepareEffect(model: StructuralModel, query: EffectQuery): PreparedQuery {
  const { treatment, outcome, given, held } = query;
  const domain = variableOf(model, treatment)?.domain;
  if (domain === undefined) throw unknown(model, treatment);
  if (variableOf(model, outcome) === undefined) throw unknown(model, outcome);
  const active = valueIn(treatment, domain, query.active);
  const reference = valueIn(treatment, domain, query.reference);
  const set = (value: number): Assignment => ({
    variable: treatment,
    to: { kind: "value", value },
  });
  const outcomeIn = (...assignments: Assignment[]): Term => ({ variable: outcome, assignments });
  const mean = (weight: number, term: Term, extra: readonly Event[] = []): Part => ({
    weight,
    value: { kind: "variable", name: "#0" },
    terms: [term],
    events: [],
    given: [...given, ...extra],
    doing: [],
  });
  const was = (value: number): Event => ({
    term: { variable: treatment, assignments: [] },
    relation: "=",
    value,
  });
  const difference = (a: Term, b: Term, extra: readonly Event[] = []): PreparedQuery => ({
    parts: [mean(1, a, extra), mean(-1, b, extra)],
    quantity: "difference",
  });
  switch (query.effect) {
    case "ATE":
      return difference(outcomeIn(set(active)), outcomeIn(set(reference)));
    case "ETT":
      return difference(outcomeIn(set(active)), outcomeIn(set(reference)), [was(active)]);
    case "ATC":
      return difference(outcomeIn(set(active)), outcomeIn(set(reference)), [was(reference)]);
    case "CDE":
      return difference(outcomeIn(set(active), ...held), outcomeIn(set(reference), ...held));
    case "NDE":
    case "NIE": {
      const mediators =
        query.mediators.length > 0 ? query.mediators : between(model, treatment, outcome);
      const direct = query.effect === "NDE";
      const [own, other] = direct ? [active, reference] : [reference, active];
      const kept = mediators.map((variable): Assignment => ({
        variable,
        to: { kind: "term", term: { variable, assignments: [set(other)] } },
      }));
      return difference(outcomeIn(set(own), ...kept), outcomeIn(set(reference)));
    }
    case "PSE":
      return difference(
        pathTerm(model, query.paths, set(active), set(reference)),
        outcomeIn(set(reference)),
      );
    case "PN":
    case "PS":
    case "PNS":
      return prepareCause(model, query, active, reference);
    default:
      return unreachable(query.effect);
  }
}

/** PN = P(y_{x'} = 0 | x, y), PS = P(y_x = 1 | x', y'), PNS = P(y_x = 1, y_{x'} = 0) (Pearl 2009, ch. 9). */
function prepareCause(
  model: StructuralModel,
  query: EffectQuery,
  active: number,
  reference: number,
): PreparedQuery {
  const { treatment, outcome, given } = query;
  if (!isBinary(model, outcome)) {
    throw badQuery(
      `${query.effect} needs a yes/no outcome, and "${outcome}" is not 0/1`,
      outcome,
      "an outcome with the levels 0 and 1",
    );
  }
  const would = (x: number, y: number): Event => ({
    term: {
      variable: outcome,
      assignments: [{ variable: treatment, to: { kind: "value", value: x } }],
    },
    relation: "=",
    value: y,
  });
  const was = (variable: string, value: number): Event => ({
    term: { variable, assignments: [] },
    relation: "=",
    value,
  });
  const part = (events: readonly Event[], extra: readonly Event[]): PreparedQuery => ({
    parts: [{ weight: 1, terms: [], events, given: [...given, ...extra], doing: [] }],
    quantity: "probability",
  });
  if (query.effect === "PN") {
    return part([would(reference, 0)], [was(treatment, active), was(outcome, 1)]);
  }
  if (query.effect === "PS") {
    return part([would(active, 1)], [was(treatment, reference), was(outcome, 0)]);
  }
  return part([would(active, 1), would(reference, 0)], []);
}

/** Everything on a directed path strictly between the two. */
export function between(
  model: StructuralModel,
  treatment: string,
  outcome: string,
): readonly string[] {
  const below = descendantsOf(model, treatment);
  const above = ancestorsOf(model, [outcome]);
  return model.variables
    .map(({ name }) => name)
    .filter((name) => name !== treatment && name !== outcome && below.has(name) && above.has(name));
}

/**
 * The outcome when the change of treatment travels along the edges of `paths` only (Avin, Shpitser & Pearl 2005):
 * every variable on a path hears the changed copy through those edges and the reference copy through all others.
 */
function pathTerm(
  model: StructuralModel,
  paths: readonly (readonly string[])[],
  active: Assignment,
  reference: Assignment,
): Term {
  const edges = new Set<string>();
  for (const path of paths) {
    path.slice(1).forEach((name, i) => {
      const parent = path[i]!;
      const variable = variableOf(model, name);
      if (variable === undefined) throw unknown(model, name);
      if (!variable.parents.includes(parent)) {
        throw badQuery(
          `The model has no edge ${parent} -> ${name}`,
          path.join(" -> "),
          "edges of the model",
        );
      }
      edges.add(`${parent} -> ${name}`);
    });
  }
  const changed = (name: string): Term => {
    if (name === active.variable) return { variable: name, assignments: [active] };
    const { parents } = variableOf(model, name)!;
    if (!parents.some((parent) => edges.has(`${parent} -> ${name}`))) {
      return { variable: name, assignments: [reference] };
    }
    const assignments = parents.map((variable): Assignment => {
      const via = edges.has(`${variable} -> ${name}`);
      if (variable === active.variable) return via ? active : reference;
      const term = via ? changed(variable) : { variable, assignments: [reference] };
      return { variable, to: { kind: "term", term } };
    });
    return { variable: name, assignments };
  };
  return changed(paths[0]!.at(-1)!);
}

/** The levels of a discrete variable that satisfy an event, as a 0/1 mask. Throws `UserError` for unknown levels. */
export function levelsOfEvent(model: StructuralModel, event: Event): Uint8Array {
  const { variable } = event.term;
  const domain = variableOf(model, variable)?.domain;
  if (domain?.kind !== "discrete") throw new Error(`"${variable}" has no levels.`);
  const { relation, value } = event;
  if (relation === "=" || relation === "!=") {
    const level = levelIndex(domain, value ?? "");
    if (level < 0) valueIn(variable, domain, value ?? "");
    return Uint8Array.from(domain.levels, (_, i) => Number((i === level) === (relation === "=")));
  }
  const bound = typeof value === "number" ? value : valueIn(variable, domain, value ?? "");
  return Uint8Array.from(domain.values, (v) => Number(holds(v, relation, bound)));
}

/** Whether a number stands in the relation. */
export function holds(value: number, relation: Event["relation"], bound: number): boolean {
  switch (relation) {
    case "=":
      return value === bound;
    case "!=":
      return value !== bound;
    case "<":
      return value < bound;
    case "<=":
      return value <= bound;
    case ">":
      return value > bound;
    case ">=":
      return value >= bound;
    case undefined:
      return true;
    default:
      return unreachable(relation);
  }
}

/** `#i` of a part's value replaced by other names. */
export function renameTerms(expression: Expression, names: readonly string[]): Expression {
  return mapExpression(expression, (part) =>
    part.kind === "variable" && part.name.startsWith("#")
      ? { kind: "variable", name: names[Number(part.name.slice(1))]! }
      : undefined,
  );
}
