import { createGraph } from "../graph/index.ts";
import type { Graph } from "../graph/index.ts";
import { buildModel } from "./build-model.ts";
import type { TableRow } from "./build-model.ts";
import { badQuery } from "./messages.ts";
import type { StructuralModel } from "./model.ts";

/** A model of the CLadder benchmark (Jin et al. 2023), as its generator writes it. */
export interface CladderModel {
  readonly model_id: number;
  /** e.g. `V1->X,V1->Y,X->Y` */
  readonly structure: string;
  /** `"p(Y | V1, X)"`: P(Y=1 | …), nested lists indexed by the parents in the written order. */
  readonly params: Readonly<Record<string, unknown>>;
  /** A sentence names the variables that are not observed. */
  readonly background: string;
  readonly variable_mapping: Readonly<Record<string, string>>;
}

/** A question of the benchmark, in the form of the project's reference subset. */
export interface CladderQuestion {
  readonly id: string;
  readonly model: number;
  readonly graph: string;
  readonly type: string;
  readonly treatment: string;
  readonly outcome: string;
  readonly given: Readonly<Record<string, unknown>> | readonly (readonly string[])[];
  readonly polarity: boolean | number;
  readonly answer: string;
  readonly published: unknown;
  readonly mediators?: readonly string[];
  readonly collider?: string;
  readonly action?: number;
}

/** The structural model of a CLadder model: one table per variable, parents in the written order. */
export function readCladderModel(source: CladderModel): StructuralModel {
  const hidden = unobserved(source);
  return buildModel({
    variables: Object.entries(source.params).map(([key, values]) => {
      const { variable, parents } = readParameter(key);
      return {
        name: variable,
        role: hidden.has(variable) ? "latent" : "observed",
        mechanism: { kind: "table", parents, rows: tableRows(parents.length, values) },
      };
    }),
  });
}

/** `p(Y | V1, X)` as a variable and its parents. */
export function readParameter(key: string): {
  readonly variable: string;
  readonly parents: readonly string[];
} {
  const match = /^[pP]\((\w+)(?:\s*\|\s*([\w\s,]+))?\)$/.exec(key.trim());
  if (match === null) throw badQuery(`"${key}" is no CLadder parameter`, key, "e.g. p(Y | V1, X)");
  return {
    variable: match[1]!,
    parents: (match[2] ?? "")
      .split(",")
      .map((s) => s.trim())
      .filter((s) => s !== ""),
  };
}

/** Nested lists of P(V=1 | parents) as table rows. A list of one number stands for the number. */
export function tableRows(depth: number, values: unknown): readonly TableRow[] {
  const rows: TableRow[] = [];
  const visit = (value: unknown, when: readonly number[]): void => {
    if (when.length === depth) {
      const p = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
      if (typeof p !== "number")
        throw badQuery("A CLadder table is not nested as its parents say", value, "numbers");
      rows.push({ when, probabilities: [p] });
      return;
    }
    if (!Array.isArray(value) || value.length !== 2) {
      throw badQuery(
        "A CLadder table is not nested as its parents say",
        value,
        "two entries per parent",
      );
    }
    value.forEach((inner, level) => visit(inner, [...when, level]));
  };
  visit(values, []);
  return rows;
}

/** Variables of which the story says "… is unobserved". */
export function unobserved(source: CladderModel): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [key, name] of Object.entries(source.variable_mapping)) {
    const sentence = `${name} is unobserved`.toLowerCase();
    if (key.endsWith("name") && source.background.toLowerCase().includes(sentence)) {
      found.add(key.slice(0, -"name".length));
    }
  }
  return found;
}

/** The graph of a CLadder model; nothing is marked latent. */
export function cladderGraph(source: CladderModel): Graph {
  return createGraph({
    edges: source.structure.split(",").map((edge) => {
      const [from, to] = edge.split("->").map((s) => s.trim());
      return [from ?? "", to ?? ""] as const;
    }),
  });
}

/** The engine's query for a question; undefined for questions about sets and structure. */
export function cladderQuery(question: CladderQuestion): string | undefined {
  const { treatment: x, outcome: y, collider: c, mediators } = question;
  const via =
    mediators === undefined || mediators.length === 0 ? "" : ` via ${mediators.join(", ")}`;
  switch (question.type) {
    case "marginal":
      return `P(${y}=1)`;
    case "correlation":
      return `P(${y}=1 | ${x}=1) - P(${y}=1 | ${x}=0)`;
    case "exp_away":
      return `P(${y}=1 | ${x}=1, ${c}=1) - P(${y}=1 | ${c}=1)`;
    case "ate":
      return `E[${y} | do(${x}=1)] - E[${y} | do(${x}=0)]`;
    case "ett":
      return `ETT(${x} -> ${y})`;
    case "nde":
    case "nie":
      return `${question.type.toUpperCase()}(${x} -> ${y}${via})`;
    case "det-counterfactual": {
      const given = Object.entries(question.given).map(
        ([name, value]) => `${name}=${String(value)}`,
      );
      const behind = given.length === 0 ? "" : ` | ${given.join(", ")}`;
      return `P(${y}_{${x}=${question.action}} = 1${behind})`;
    }
    default:
      return undefined;
  }
}

/** The rule by which the benchmark turns a number into yes or no: differences below 0.005 are "no". */
export function cladderDecision(question: CladderQuestion, value: number): "yes" | "no" {
  const { type } = question;
  // The question is whether the outcome would equal `polarity`.
  if (type === "det-counterfactual")
    return value > 0.5 === (Number(question.polarity) === 1) ? "yes" : "no";
  const difference = type === "marginal" ? 2 * value - 1 : value;
  if (type !== "marginal" && type !== "exp_away" && Math.abs(difference) < 0.005) return "no";
  let sign = difference > 0;
  if (type === "ett") sign = !sign;
  if (question.polarity === false) sign = !sign;
  return sign ? "yes" : "no";
}
