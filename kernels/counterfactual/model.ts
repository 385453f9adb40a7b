import type { Expression } from "./expression.ts";
import type { Span } from "./messages.ts";

/** What a variable can be. `values` are the numbers that stand for the levels in arithmetic. */
export type Domain =
  | {
      readonly kind: "discrete";
      readonly levels: readonly string[];
      readonly values: readonly number[];
    }
  | { readonly kind: "real" };

/** Standard noise, before location and scale: normal(0,1), uniform(0,1), logistic(0,1), laplace(0,1), exponential(1). */
export type NoiseFamily = "normal" | "uniform" | "logistic" | "laplace" | "exponential";

/**
 * How the potential responses of one unit under different parents' values hang together:
 * `unspecified` (a conditional table says nothing about it), `monotone` (one uniform noise, inverse CDF: the unit
 * keeps its quantile) or `gumbel` (one Gumbel noise per level, argmax; Oberst & Sontag 2019).
 */
export type Coupling = "unspecified" | "monotone" | "gumbel";

/** P(level | parents), `probabilities: [configurations, levels]` row-major, last parent fastest. */
export interface TableMechanism {
  readonly kind: "table";
  readonly probabilities: Float64Array;
  readonly coupling: Coupling;
}

/** Canonical response types: `types[t][configuration]` is the level, drawn with `probabilities[t]`. */
export interface ResponseMechanism {
  readonly kind: "response";
  readonly types: readonly Int32Array[];
  readonly probabilities: Float64Array;
}

/** A deterministic function of the parents (noises are parents too). */
export interface FunctionMechanism {
  readonly kind: "function";
  readonly expression: Expression;
}

/** location + scale × noise. With a location linear in the parents and normal noise: linear-Gaussian. */
export interface AdditiveMechanism {
  readonly kind: "additive";
  readonly location: Expression;
  readonly scale: Expression;
  readonly noise: NoiseFamily;
}

/** Levels with probabilities computed from parents of which at least one is continuous. */
export interface ConditionalMechanism {
  readonly kind: "conditional";
  readonly probabilities: readonly Expression[];
  readonly coupling: Coupling;
}

/** A learned strictly increasing map of one standard normal noise, given the parents. */
export interface FlowMechanism {
  readonly kind: "flow";
  /** The value of the variable at `noise`, parents in the order of `Variable.parents`. */
  readonly forward: (noise: number, parents: ArrayLike<number>) => number;
  /** The noise that gives `value`: the inverse of `forward`. */
  readonly inverse: (value: number, parents: ArrayLike<number>) => number;
  /** How it was learned, for provenance. */
  readonly provenance: string;
}

/** One of several variables with unmeasured common causes; their joint table is in `StructuralModel.components`. */
export interface ConfoundedMechanism {
  readonly kind: "confounded";
  readonly component: number;
}

export type Mechanism =
  | TableMechanism
  | ResponseMechanism
  | FunctionMechanism
  | AdditiveMechanism
  | ConditionalMechanism
  | FlowMechanism
  | ConfoundedMechanism;

export type Role = "observed" | "latent" | "noise";

export interface Variable {
  readonly name: string;
  readonly role: Role;
  /** Names of the variables its mechanism reads, in the order of the mechanism. */
  readonly parents: readonly string[];
  readonly domain: Domain;
  readonly mechanism: Mechanism;
  /** Where it was written, when it was. */
  readonly span?: Span;
}

/** Correlation of the private normal noises of two variables. */
export interface NoiseCorrelation {
  readonly a: string;
  readonly b: string;
  readonly value: number;
}

/**
 * Variables that share unmeasured causes of unknown form: only their joint behaviour given outside parents is known.
 * `probabilities: [configurations of parents, joint levels of variables]` row-major, last fastest: the c-factor
 * Q[variables] of Tian & Pearl (2002), i.e. P(variables | do(parents)).
 */
export interface ConfoundedComponent {
  readonly variables: readonly string[];
  readonly parents: readonly string[];
  /**
   * Pairs that share an unmeasured cause, each pair's own and independent of the others'. Absent: any two may share
   * one, and all may share the same.
   */
  readonly arcs?: readonly (readonly [string, string])[];
  /** Absent when only single facts about the joint are known, to be given to `bounds`. */
  readonly probabilities?: Float64Array;
}

/** A structural causal model: variables in an order in which parents come first. */
export interface StructuralModel {
  readonly kind: "model";
  readonly variables: readonly Variable[];
  readonly correlations: readonly NoiseCorrelation[];
  readonly components: readonly ConfoundedComponent[];
  /** Where its numbers come from. */
  readonly origin:
    | { readonly kind: "written" }
    | { readonly kind: "fitted"; readonly n: number; readonly source?: string };
}

/** Whether any value is a structural model. */
export function isModel(value: unknown): value is StructuralModel {
  return typeof value === "object" && value !== null && (value as StructuralModel).kind === "model";
}

/** The variable of that name, or undefined. O(variables). */
export function variableOf(model: StructuralModel, name: string): Variable | undefined {
  return model.variables.find((variable) => variable.name === name);
}

/** Number of levels; 0 for a continuous variable. */
export function levelCount(domain: Domain): number {
  return domain.kind === "discrete" ? domain.levels.length : 0;
}

/** The domain of `levels` 0 … k-1, or of named levels. */
export function discreteDomain(levels: readonly string[] | number): Domain {
  const names =
    typeof levels === "number" ? Array.from({ length: levels }, (_, i) => `${i}`) : levels;
  const numbers = names.map(Number);
  const numeric = numbers.every((value, i) => Number.isFinite(value) && names[i] !== "");
  return { kind: "discrete", levels: names, values: numeric ? numbers : names.map((_, i) => i) };
}

/** The level of a discrete domain that a written value means, or -1. Accepts a level's name or its number. */
export function levelIndex(domain: Domain, value: number | string): number {
  if (domain.kind !== "discrete") return -1;
  const byName = domain.levels.indexOf(String(value));
  return byName >= 0 || typeof value === "string" ? byName : domain.values.indexOf(value);
}

/** All names a mechanism depends on besides its own noise. */
export function parentSet(model: StructuralModel): ReadonlyMap<string, readonly string[]> {
  return new Map(model.variables.map((variable) => [variable.name, variable.parents]));
}

/** `name` and everything upstream of it. */
export function ancestorsOf(model: StructuralModel, names: readonly string[]): ReadonlySet<string> {
  const parents = parentSet(model);
  const found = new Set<string>();
  const stack = [...names];
  while (stack.length > 0) {
    const name = stack.pop()!;
    if (found.has(name)) continue;
    found.add(name);
    stack.push(...(parents.get(name) ?? []));
  }
  return found;
}

/** `name` and everything downstream of it. */
export function descendantsOf(model: StructuralModel, name: string): ReadonlySet<string> {
  const found = new Set([name]);
  for (const variable of model.variables) {
    if (variable.parents.some((parent) => found.has(parent))) found.add(variable.name);
  }
  return found;
}
