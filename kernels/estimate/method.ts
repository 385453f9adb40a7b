import { UserError } from "../../app/errors.ts";
import type { Work } from "../../app/work.ts";
import type { Rng } from "../math/rng.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { DataProblem, Interval, NoOverlap, Part, Warning } from "./effect.ts";
import type { EstimandKind, Target } from "./estimand.ts";
import type { OptionValue } from "./option-value.ts";
import type { Problem, TreatmentKind } from "./problem.ts";

export type { OptionValue } from "./option-value.ts";

/** One option of a method, as completion and help show it. */
export interface OptionSpec<T extends OptionValue = OptionValue> {
  readonly default: T;
  readonly type: "number" | "integer" | "boolean" | "choice" | "columns";
  /** For `choice`. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** One sentence; the default is shown beside it. */
  readonly doc: string;
}

/** Which questions and data a method answers. The estimate cell offers only methods that fit. */
export interface Fits {
  readonly estimands: readonly EstimandKind[];
  readonly targets: readonly Target[];
  readonly treatments: readonly TreatmentKind[];
  /** Set when the method needs a two-level or an unbounded outcome; absent when it takes both. */
  readonly outcomes?: readonly ("binary" | "continuous")[];
}

export interface MethodContext {
  /** Forks of the session's seed; draws do not depend on what ran before. */
  readonly rng: Rng;
  readonly work: Work;
  /** Of the interval asked for, e.g. 0.95. */
  readonly level: number;
}

/**
 * An estimator with its own documentation. `run` gets validated data and every option filled in, may be async,
 * calls `breathe(work)` in long loops, and never throws for what the data lack: that is a `Refusal`.
 * Declare options with a `type` alias: `Method<BoostingOptions>`.
 */
export interface Method<O = Record<string, OptionValue>> {
  /** As written in a cell: `by aipw(folds: 5)`. */
  readonly name: string;
  readonly label: string;
  /** What it does and when to prefer it, in one or two sentences. */
  readonly summary: string;
  /** Paper and equation. */
  readonly source: string;
  readonly fits: Fits;
  /** True when the result depends on the seed under the default options. */
  readonly stochastic: boolean;
  readonly options: { readonly [K in keyof O]: OptionSpec<O[K] & OptionValue> };
  // Method shorthand on purpose: a list of methods with different options must type-check.
  run(problem: Problem, options: O, context: MethodContext): Answer | Promise<Answer>;
}

/** What a method found; `estimate` adds provenance, the claim and the diagnostics that follow from weights. */
export interface Finding {
  readonly kind: "finding";
  readonly estimate: number;
  readonly standardError: number;
  /** How the standard error was made; becomes the interval's `method`. */
  readonly errors: string;
  /** When given the interval uses Student's t instead of the normal. */
  readonly degreesOfFreedom?: number;
  /** When the interval is not estimate ± quantile · se. */
  readonly interval?: Interval;
  readonly parts?: readonly Part[];
  /** `[n]`, centred. */
  readonly influence?: Float64Array;
  /** `[n]`. */
  readonly unitEffects?: Float64Array;
  /** `[n]`, not clipped; gives the overlap histogram and the veto. */
  readonly propensity?: Float64Array;
  /** `[n]`, not negative; gives effective sample sizes and the weighted side of the balance table. */
  readonly weights?: Float64Array;
  /** How many propensities were clipped. */
  readonly clipped?: number;
  readonly diagnostics?: readonly Diagnostic[];
  readonly warnings?: readonly Warning[];
  /** When other than `float64`. */
  readonly backend?: string;
  /** Target actually estimated, when the method can only do another than asked (and warns so). */
  readonly target?: Target;
}

/** A negative answer, before `estimate` adds estimand, method and claim. */
export type Refusal =
  | { readonly kind: "bad-data"; readonly problems: readonly DataProblem[] }
  | (Pick<NoOverlap, "kind" | "share" | "count" | "trimTo" | "efficient"> & {
      readonly message: string;
      readonly hint: string;
      readonly diagnostics: readonly Diagnostic[];
    })
  | {
      readonly kind: "not-estimable";
      readonly code: string;
      readonly message: string;
      readonly hint: string;
      readonly diagnostics?: readonly Diagnostic[];
    }
  | { readonly kind: "not-applicable"; readonly message: string; readonly hint: string };

export type Answer = Finding | Refusal;

/**
 * The options of a method with defaults filled in. Throws `UserError` for an unknown name, a wrong type or a value
 * out of range, naming what would be accepted. O(options).
 */
export function resolveOptions(
  method: Pick<Method, "name" | "options">,
  given: Readonly<Record<string, unknown>>,
): Record<string, OptionValue> {
  const known = Object.keys(method.options);
  const resolved: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(method.options)) resolved[name] = spec.default;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const spec = Object.hasOwn(method.options, name) ? method.options[name] : undefined;
    if (spec === undefined) {
      throw new UserError({
        code: "unknown-option",
        message: `The method ${method.name} has no option "${name}".`,
        value: name,
        expected: known.length === 0 ? "no options" : `one of ${known.join(", ")}`,
        hint: "Remove it, or pick a method that has it.",
      });
    }
    resolved[name] = checkOption(method.name, name, spec, value);
  }
  return resolved;
}

/** A method's options at their defaults, with some changed: for calling its function directly. O(options). */
export function optionsOf<O>(method: Method<O>, changes: Partial<O> = {}): O {
  return resolveOptions(method, changes) as O;
}

function checkOption(method: string, name: string, spec: OptionSpec, value: unknown): OptionValue {
  const accepted = acceptOption(spec, value);
  if (accepted !== undefined) return accepted;
  throw new UserError({
    code: "bad-option",
    message: `Option "${name}" of ${method} cannot be ${JSON.stringify(value)}.`,
    value,
    expected: describeOption(spec),
    hint: spec.doc,
  });
}

function acceptOption(spec: OptionSpec, value: unknown): OptionValue | undefined {
  if (value === null) return spec.default === null ? null : undefined;
  if (spec.type === "boolean") return typeof value === "boolean" ? value : undefined;
  if (spec.type === "choice") {
    return typeof value === "string" && (spec.choices ?? []).includes(value) ? value : undefined;
  }
  if (spec.type === "columns") {
    if (typeof value === "string") return [value];
    return Array.isArray(value) && value.every((v) => typeof v === "string") ? value : undefined;
  }
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  if (spec.type === "integer" && !Number.isInteger(value)) return undefined;
  const inRange = value >= (spec.minimum ?? -Infinity) && value <= (spec.maximum ?? Infinity);
  return inRange ? value : undefined;
}

function describeOption(spec: OptionSpec): string {
  switch (spec.type) {
    case "choice":
      return `one of ${(spec.choices ?? []).join(", ")}`;
    case "boolean":
      return "true or false";
    case "columns":
      return "a list of column names";
    default: {
      const kind = spec.type === "integer" ? "a whole number" : "a number";
      const low = spec.minimum === undefined ? "" : ` of at least ${spec.minimum}`;
      const high = spec.maximum === undefined ? "" : ` up to ${spec.maximum}`;
      return `${kind}${low}${high}${spec.default === null ? ", or null to let the method choose" : ""}`;
    }
  }
}
