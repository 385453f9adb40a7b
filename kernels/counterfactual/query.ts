import { formatExpression, mapExpression } from "./expression.ts";
import type { Expression } from "./expression.ts";
import { unreachable } from "./unreachable.ts";

export type Relation = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** What an intervention sets a variable to. A name may be a level or another variable: the model decides. */
export type Setting =
  | { readonly kind: "value"; readonly value: number | string }
  /** The value another counterfactual takes, as in `y_{m = m_{x=0}}`. */
  | { readonly kind: "term"; readonly term: Term }
  /** A function of what happens otherwise, as in `do(x = x + 1)`. */
  | { readonly kind: "expression"; readonly expression: Expression }
  /** A stochastic policy: probabilities of the levels, or of 1 alone. */
  | { readonly kind: "policy"; readonly probabilities: readonly Expression[] };

export interface Assignment {
  readonly variable: string;
  readonly to: Setting;
}

/** A counterfactual variable: `variable` in the world where `assignments` hold. None: the factual world. */
export interface Term {
  readonly variable: string;
  readonly assignments: readonly Assignment[];
}

/** A statement about one term. Without `relation` the value is left open, as in `P(y | do(x=1))`. */
export interface Event {
  readonly term: Term;
  readonly relation?: Relation;
  readonly value?: number | string;
}

export const effectNames = [
  "ATE",
  "ETT",
  "ATC",
  "CDE",
  "NDE",
  "NIE",
  "PSE",
  "PN",
  "PS",
  "PNS",
] as const;
export type EffectName = (typeof effectNames)[number];

export interface EffectQuery {
  readonly kind: "effect";
  readonly effect: EffectName;
  readonly treatment: string;
  readonly outcome: string;
  /** The treatment's value of interest and the one it is compared with; 1 and 0 unless said. */
  readonly active: number | string;
  readonly reference: number | string;
  /** NDE and NIE: the mediators; all variables between treatment and outcome when empty. */
  readonly mediators: readonly string[];
  /** PSE: the paths that carry the change, each from treatment to outcome. */
  readonly paths: readonly (readonly string[])[];
  /** CDE: what the mediators are held at. */
  readonly held: readonly Assignment[];
  readonly given: readonly Event[];
}

export interface ProbabilityQuery {
  readonly kind: "probability";
  readonly events: readonly Event[];
  readonly given: readonly Event[];
  /** `do(…)` behind the bar: holds for every term of the query that does not say otherwise. */
  readonly doing: readonly Assignment[];
}

export interface ExpectationQuery {
  readonly kind: "expectation";
  /** Over the names `#0`, `#1`, … of `terms`. */
  readonly expression: Expression;
  readonly terms: readonly Term[];
  readonly given: readonly Event[];
  readonly doing: readonly Assignment[];
}

/** A weighted sum of queries, e.g. a difference of two probabilities. */
export interface CombinationQuery {
  readonly kind: "combination";
  readonly parts: readonly { readonly weight: number; readonly query: Query }[];
}

export type Query = ProbabilityQuery | ExpectationQuery | EffectQuery | CombinationQuery;

/** A term in the field's notation, e.g. `y_{x=1, m=m_{x=0}}`. */
export function formatTerm(term: Term): string {
  if (term.assignments.length === 0) return term.variable;
  return `${term.variable}_{${formatAssignments(term.assignments)}}`;
}

export function formatAssignments(assignments: readonly Assignment[]): string {
  return assignments.map(formatAssignment).join(", ");
}

function formatAssignment({ variable, to }: Assignment): string {
  switch (to.kind) {
    case "value":
      return `${variable}=${formatValue(to.value)}`;
    case "term":
      return `${variable}=${formatTerm(to.term)}`;
    case "expression":
      return `${variable}=${formatExpression(to.expression)}`;
    case "policy": {
      const parts = to.probabilities.map((p) => formatExpression(p)).join(", ");
      return `${variable} ~ ${to.probabilities.length === 1 ? "bernoulli" : "categorical"}(${parts})`;
    }
    default:
      return unreachable(to);
  }
}

const formatValue = (value: number | string): string =>
  typeof value === "number" || /^[\p{L}_][\p{L}\p{N}_]*$/u.test(value) ? `${value}` : `"${value}"`;

export function formatEvent(event: Event): string {
  const term = formatTerm(event.term);
  if (event.relation === undefined) return term;
  const tight = event.term.assignments.length === 0 && event.relation === "=";
  const value = formatValue(event.value ?? "");
  return tight ? `${term}=${value}` : `${term} ${event.relation} ${value}`;
}

function formatGiven(given: readonly Event[], doing: readonly Assignment[]): string {
  const parts = [
    ...(doing.length === 0 ? [] : [`do(${formatAssignments(doing)})`]),
    ...given.map(formatEvent),
  ];
  return parts.length === 0 ? "" : ` | ${parts.join(", ")}`;
}

/** A query as text that `parseQuery` reads back to the same query. */
export function formatQuery(query: Query): string {
  switch (query.kind) {
    case "probability":
      return `P(${query.events.map(formatEvent).join(", ")}${formatGiven(query.given, query.doing)})`;
    case "expectation": {
      const named = mapExpression(query.expression, (part) =>
        part.kind === "variable" && part.name.startsWith("#")
          ? { kind: "variable", name: formatTerm(query.terms[Number(part.name.slice(1))]!) }
          : undefined,
      );
      return `E[${formatExpression(named)}${formatGiven(query.given, query.doing)}]`;
    }
    case "effect":
      return formatEffect(query);
    case "combination":
      return query.parts
        .map(({ weight, query: part }, i) => {
          const sign = weight < 0 ? (i === 0 ? "-" : " - ") : i === 0 ? "" : " + ";
          const size = Math.abs(weight);
          return `${sign}${size === 1 ? "" : `${size}*`}${formatQuery(part)}`;
        })
        .join("");
    default:
      return unreachable(query);
  }
}

function formatEffect(query: EffectQuery): string {
  const { treatment, active, reference, outcome } = query;
  const usual = active === 1 && reference === 0;
  const from = usual
    ? treatment
    : `${treatment}=${formatValue(active)} vs ${formatValue(reference)}`;
  const given = formatGiven(query.given, []);
  if (query.effect === "PSE") {
    const paths = query.paths.map((path, i) => (i === 0 ? [from, ...path.slice(1)] : path));
    return `PSE(${paths.map((path) => path.join(" -> ")).join("; ")}${given})`;
  }
  const via = query.mediators.length === 0 ? "" : ` via ${query.mediators.join(", ")}`;
  const held = query.held.length === 0 ? "" : `, ${formatAssignments(query.held)}`;
  return `${query.effect}(${from} -> ${outcome}${via}${held}${given})`;
}
