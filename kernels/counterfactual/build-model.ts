import { cholesky } from "../math/dense.ts";
import { compileExpression, mapExpression, numberExpression, variablesOf } from "./expression.ts";
import type { Expression } from "./expression.ts";
import {
  badParameter,
  definedTwice,
  modelCycle,
  probabilitiesDoNotSum,
  probabilityOutOfRange,
  unknownVariable,
} from "./messages.ts";
import type { Span } from "./messages.ts";
import { discreteDomain, levelCount, levelIndex } from "./model.ts";
import type {
  ConfoundedComponent,
  Coupling,
  Domain,
  Mechanism,
  NoiseCorrelation,
  NoiseFamily,
  Role,
  StructuralModel,
  Variable,
} from "./model.ts";
import { unreachable } from "./unreachable.ts";

/** What a writer says about one variable; `buildModel` works out parents, domain and table. */
export interface VariableSpec {
  readonly name: string;
  readonly role?: Role;
  readonly levels?: readonly string[];
  readonly mechanism: MechanismSpec;
  readonly span?: Span;
}

export type MechanismSpec =
  | { readonly kind: "function"; readonly expression: Expression }
  | {
      readonly kind: "levels";
      /** One expression per level, or one alone: the probability of 1 of a 0/1 variable. */
      readonly probabilities: readonly Expression[];
      readonly coupling?: Coupling;
    }
  | {
      readonly kind: "additive";
      readonly noise: NoiseFamily;
      readonly location: Expression;
      readonly scale: Expression;
    }
  | {
      readonly kind: "table";
      readonly parents: readonly string[];
      /** `when`: one value per parent. `probabilities`: one per level, or one alone for 0/1. */
      readonly rows: readonly TableRow[];
      readonly coupling?: Coupling;
    }
  | {
      readonly kind: "response";
      readonly parents: readonly string[];
      /** `outputs`: one level per configuration of the parents, last parent fastest. */
      readonly types: readonly ResponseRow[];
    }
  | {
      readonly kind: "ready";
      readonly parents: readonly string[];
      readonly mechanism: Mechanism;
      readonly domain: Domain;
    };

export interface TableRow {
  readonly when: readonly (string | number)[];
  readonly probabilities: readonly number[];
  readonly span?: Span;
}

export interface ResponseRow {
  readonly outputs: readonly (string | number)[];
  readonly probability: number;
  readonly span?: Span;
}

export interface ModelSpec {
  readonly variables: readonly VariableSpec[];
  readonly correlations?: readonly NoiseCorrelation[];
  readonly components?: readonly ConfoundedComponent[];
  readonly origin?: StructuralModel["origin"];
}

/** Largest table a mechanism is compiled to: 2^22 numbers (32 MB). */
const TABLE_LIMIT = 2 ** 22;
const SUM_TOLERANCE = 1e-6;

/**
 * Checks and compiles a model: orders the variables, works out discrete domains, and turns probabilities of discrete
 * parents into tables. Throws `UserError` for a cycle, an undefined parent, a probability outside [0, 1], rows missing
 * or doubled, each by place when spans are given. O(total table size).
 */
export function buildModel(spec: ModelSpec): StructuralModel {
  const byName = new Map<string, VariableSpec>();
  for (const variable of spec.variables) {
    if (byName.has(variable.name)) throw definedTwice(variable.span, variable.name);
    byName.set(variable.name, variable);
  }
  const built = new Map<string, Variable>();
  for (const variable of inOrder(spec.variables, byName)) {
    built.set(variable.name, buildVariable(variable, built));
  }
  const variables = [...built.values()];
  const correlations = spec.correlations ?? [];
  checkCorrelations(correlations, built);
  return {
    kind: "model",
    variables,
    correlations,
    components: spec.components ?? [],
    origin: spec.origin ?? { kind: "written" },
  };
}

function parentsOfSpec(spec: VariableSpec): readonly string[] {
  const { mechanism } = spec;
  switch (mechanism.kind) {
    case "function":
      return variablesOf(mechanism.expression);
    case "levels":
      return unique(mechanism.probabilities.flatMap(variablesOf));
    case "additive":
      return unique([...variablesOf(mechanism.location), ...variablesOf(mechanism.scale)]);
    default:
      return mechanism.parents;
  }
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

function spanOf(spec: VariableSpec, parent: string): Span | undefined {
  const { mechanism } = spec;
  const expressions =
    mechanism.kind === "function"
      ? [mechanism.expression]
      : mechanism.kind === "levels"
        ? mechanism.probabilities
        : mechanism.kind === "additive"
          ? [mechanism.location, mechanism.scale]
          : [];
  let found: Span | undefined;
  for (const expression of expressions) {
    mapExpression(expression, (part) => {
      if (part.kind === "variable" && part.name === parent) found ??= part.span;
      return undefined;
    });
  }
  return found ?? spec.span;
}

/** Depth-first order; the writer's order is kept where it can be. */
function inOrder(
  specs: readonly VariableSpec[],
  byName: ReadonlyMap<string, VariableSpec>,
): readonly VariableSpec[] {
  const done = new Set<string>();
  const path: string[] = [];
  const order: VariableSpec[] = [];
  const visit = (spec: VariableSpec): void => {
    if (done.has(spec.name)) return;
    const start = path.indexOf(spec.name);
    if (start >= 0) throw modelCycle(spec.span, [...path.slice(start), spec.name]);
    path.push(spec.name);
    for (const parent of parentsOfSpec(spec)) {
      const next = byName.get(parent);
      if (next === undefined) {
        throw unknownVariable("model", spanOf(spec, parent), parent, [...byName.keys()], spec.name);
      }
      visit(next);
    }
    path.pop();
    done.add(spec.name);
    order.push(spec);
  };
  for (const spec of specs) visit(spec);
  return order;
}

function buildVariable(spec: VariableSpec, built: ReadonlyMap<string, Variable>): Variable {
  const parents = parentsOfSpec(spec);
  const domains = parents.map((name) => built.get(name)!.domain);
  const made = buildMechanism(spec, parents, domains);
  return {
    name: spec.name,
    role: spec.role ?? "observed",
    parents,
    ...made,
    ...(spec.span === undefined ? {} : { span: spec.span }),
  };
}

interface Made {
  readonly domain: Domain;
  readonly mechanism: Mechanism;
}

function buildMechanism(
  spec: VariableSpec,
  parents: readonly string[],
  domains: readonly Domain[],
): Made {
  const { mechanism } = spec;
  const resolve = (e: Expression): Expression => resolveLevels(e, parents, domains);
  switch (mechanism.kind) {
    case "ready":
      return { domain: mechanism.domain, mechanism: mechanism.mechanism };
    case "function": {
      const expression = resolve(mechanism.expression);
      return {
        domain: functionDomain(spec, expression, parents, domains),
        mechanism: { kind: "function", expression },
      };
    }
    case "additive": {
      const scale = resolve(mechanism.scale);
      if (scale.kind === "number" && !(scale.value > 0)) {
        throw badParameter(
          spec.span,
          `The spread of "${spec.name}" is ${scale.value}`,
          scale.value,
          "a number above 0",
          "Write a deterministic variable with “=” instead of “~”.",
        );
      }
      const location = resolve(mechanism.location);
      const made = { kind: "additive", location, scale, noise: mechanism.noise } as const;
      return { domain: { kind: "real" }, mechanism: made };
    }
    case "levels":
      return levelsMechanism(spec, mechanism.probabilities.map(resolve), parents, domains);
    case "table":
      return tableMechanism(spec, mechanism.rows, mechanism.coupling ?? "unspecified", domains);
    case "response":
      return responseMechanism(spec, mechanism.types, domains);
    default:
      return unreachable(mechanism);
  }
}

/** Replaces `z == "high"` by the number that stands for the level. */
export function resolveLevels(
  expression: Expression,
  names: readonly string[],
  domains: readonly Domain[],
): Expression {
  return mapExpression(expression, (part) => {
    if (part.kind === "text") {
      throw badParameter(
        part.span,
        `"${part.text}" is a level's name outside a comparison`,
        part.text,
        'a comparison such as z == "high"',
      );
    }
    if (part.kind !== "binary") return undefined;
    const { left, right } = part;
    const [text, variable] = left.kind === "text" ? [left, right] : [right, left];
    if (text.kind !== "text" || variable.kind !== "variable") return undefined;
    const domain = domains[names.indexOf(variable.name)];
    const index = domain === undefined ? -1 : levelIndex(domain, text.text);
    if (index < 0 || domain?.kind !== "discrete") {
      const levels = domain?.kind === "discrete" ? domain.levels.join(", ") : "a number";
      throw badParameter(
        text.span,
        `"${variable.name}" has no level "${text.text}"`,
        text.text,
        levels,
      );
    }
    const resolved = numberExpression(domain.values[index]!);
    return left.kind === "text" ? { ...part, left: resolved } : { ...part, right: resolved };
  });
}

const allDiscrete = (domains: readonly Domain[]): boolean =>
  domains.every((domain) => domain.kind === "discrete");

/** Number of joint configurations of discrete domains. */
export function configurationCount(domains: readonly Domain[]): number {
  return domains.reduce((product, domain) => product * levelCount(domain), 1);
}

/** Calls `visit` with each configuration's index and values, last domain fastest. The arrays are reused. */
export function forEachConfiguration(
  domains: readonly Domain[],
  visit: (index: number, values: Float64Array, levels: Int32Array) => void,
): void {
  const count = configurationCount(domains);
  const values = new Float64Array(domains.length);
  const levels = new Int32Array(domains.length);
  for (let index = 0; index < count; index++) {
    let rest = index;
    for (let i = domains.length - 1; i >= 0; i--) {
      const domain = domains[i]!;
      if (domain.kind !== "discrete") throw new Error("A configuration needs discrete domains.");
      const level = rest % domain.levels.length;
      rest = (rest - level) / domain.levels.length;
      levels[i] = level;
      values[i] = domain.values[level]!;
    }
    visit(index, values, levels);
  }
}

function describe(
  parents: readonly string[],
  domains: readonly Domain[],
  levels: Int32Array,
): string {
  return parents
    .map((name, i) => {
      const domain = domains[i]!;
      return `${name}=${domain.kind === "discrete" ? domain.levels[levels[i]!] : "?"}`;
    })
    .join(", ");
}

function functionDomain(
  spec: VariableSpec,
  expression: Expression,
  parents: readonly string[],
  domains: readonly Domain[],
): Domain {
  if (!allDiscrete(domains)) return { kind: "real" };
  checkSize(spec, configurationCount(domains));
  const compiled = compileExpression(expression, parents);
  const found = new Set<number>();
  forEachConfiguration(domains, (_, values, levels) => {
    const value = compiled(values);
    if (!Number.isFinite(value)) {
      throw badParameter(
        spec.span,
        `"${spec.name}" is ${value} when ${describe(parents, domains, levels)}`,
        value,
        "a finite number",
      );
    }
    found.add(value === 0 ? 0 : value);
  });
  const values = [...found].sort((a, b) => a - b);
  // A constant 0 or 1 is still a yes/no variable: interventions set it to the other value.
  const binary = values.every((value) => value === 0 || value === 1);
  const all = binary ? [0, 1] : values;
  return { kind: "discrete", levels: all.map(String), values: all };
}

function checkSize(spec: VariableSpec, size: number): void {
  if (size <= TABLE_LIMIT) return;
  throw badParameter(
    spec.span,
    `The table of "${spec.name}" has ${size} entries`,
    size,
    `at most ${TABLE_LIMIT}`,
    "Give it fewer parents, or parents with fewer levels.",
  );
}

function levelsMechanism(
  spec: VariableSpec,
  given: readonly Expression[],
  parents: readonly string[],
  domains: readonly Domain[],
): Made {
  const coupling =
    (spec.mechanism.kind === "levels" ? spec.mechanism.coupling : undefined) ?? "unspecified";
  const domain = discreteDomain(spec.levels ?? Math.max(2, given.length));
  const levels = levelCount(domain);
  if (given.length !== levels && !(given.length === 1 && levels === 2)) {
    throw badParameter(
      spec.span,
      `"${spec.name}" has ${levels} levels but ${given.length} probabilities`,
      given.length,
      `${levels} probabilities`,
    );
  }
  const probabilities: readonly Expression[] =
    given.length === 1
      ? [{ kind: "binary", operator: "-", left: numberExpression(1), right: given[0]! }, given[0]!]
      : given;
  if (!allDiscrete(domains)) {
    return { domain, mechanism: { kind: "conditional", probabilities, coupling } };
  }
  const count = configurationCount(domains);
  checkSize(spec, count * levels);
  const compiled = probabilities.map((p) => compileExpression(p, parents));
  const table = new Float64Array(count * levels);
  forEachConfiguration(domains, (index, values, at) => {
    const row = compiled.map((p) => p(values));
    // Of the pair (1 - p, p) the user wrote p: name that one.
    const shown = given.length === 1 ? [row[1]!] : row;
    checkRow(spec, shown, row, () => describe(parents, domains, at), spec.span);
    table.set(row.map(clean), index * levels);
  });
  return { domain, mechanism: { kind: "table", probabilities: table, coupling } };
}

/** Rounding such as 1 - 0.1 - 0.9 = -2.8e-17 is no mistake of the user. */
const clean = (p: number): number => (p < 0 ? 0 : p > 1 ? 1 : p);

function checkRow(
  spec: VariableSpec,
  shown: readonly number[],
  row: readonly number[],
  when: () => string,
  span: Span | undefined,
): void {
  for (const p of shown) {
    if (!(p >= -1e-12 && p <= 1 + 1e-12)) throw probabilityOutOfRange(span, spec.name, p, when());
  }
  const sum = row.reduce((a, b) => a + b, 0);
  if (Math.abs(sum - 1) > SUM_TOLERANCE) throw probabilitiesDoNotSum(span, spec.name, sum, when());
}

function tableMechanism(
  spec: VariableSpec,
  rows: readonly TableRow[],
  coupling: Coupling,
  domains: readonly Domain[],
): Made {
  const parents = parentsOfSpec(spec);
  requireDiscrete(spec, parents, domains);
  const width = Math.max(2, ...rows.map((row) => row.probabilities.length));
  const domain = discreteDomain(spec.levels ?? width);
  const levels = levelCount(domain);
  const count = configurationCount(domains);
  checkSize(spec, count * levels);
  const table = new Float64Array(count * levels).fill(Number.NaN);
  for (const row of rows) {
    const index = configurationIndex(spec, row.when, parents, domains, row.span);
    const given = row.probabilities;
    const full = given.length === 1 && levels === 2 ? [1 - given[0]!, given[0]!] : given;
    const when = (): string => parents.map((name, i) => `${name}=${row.when[i]}`).join(", ");
    if (full.length !== levels || !Number.isNaN(table[index * levels]!)) {
      throw badParameter(
        row.span ?? spec.span,
        full.length === levels
          ? `"${spec.name}" has two rows for ${when()}`
          : `A row of "${spec.name}" has ${given.length} probabilities for ${levels} levels`,
        given,
        full.length === levels ? "one row for each configuration" : `${levels} probabilities`,
      );
    }
    checkRow(spec, given, full, when, row.span ?? spec.span);
    table.set(full.map(clean), index * levels);
  }
  forEachConfiguration(domains, (index, _, at) => {
    if (!Number.isNaN(table[index * levels]!)) return;
    const when = describe(parents, domains, at);
    throw badParameter(
      spec.span,
      `The table of "${spec.name}" has no row for ${when === "" ? "its probabilities" : when}`,
      rows.length,
      `${count} row${count === 1 ? "" : "s"}`,
    );
  });
  return { domain, mechanism: { kind: "table", probabilities: table, coupling } };
}

function requireDiscrete(
  spec: VariableSpec,
  parents: readonly string[],
  domains: readonly Domain[],
): void {
  const continuous = parents.find((_, i) => domains[i]!.kind === "real");
  if (continuous === undefined) return;
  throw badParameter(
    spec.span,
    `"${spec.name}" has a table, but its parent "${continuous}" is continuous`,
    continuous,
    "parents with levels",
    "Write a probability instead, e.g. bernoulli(sigmoid(2*z)).",
  );
}

function configurationIndex(
  spec: VariableSpec,
  when: readonly (string | number)[],
  parents: readonly string[],
  domains: readonly Domain[],
  span: Span | undefined,
): number {
  if (when.length !== parents.length) {
    throw badParameter(
      span ?? spec.span,
      `A row of "${spec.name}" gives ${when.length} values for ${parents.length} parents`,
      when,
      `values of ${parents.join(", ")}`,
    );
  }
  let index = 0;
  when.forEach((value, i) => {
    const domain = domains[i]!;
    const level = levelIndex(domain, value);
    if (level < 0 || domain.kind !== "discrete") {
      throw badParameter(
        span ?? spec.span,
        `"${parents[i]}" has no level "${value}"`,
        value,
        domain.kind === "discrete" ? `one of ${domain.levels.join(", ")}` : "a discrete parent",
      );
    }
    index = index * domain.levels.length + level;
  });
  return index;
}

function responseMechanism(
  spec: VariableSpec,
  rows: readonly ResponseRow[],
  domains: readonly Domain[],
): Made {
  requireDiscrete(spec, parentsOfSpec(spec), domains);
  const count = configurationCount(domains);
  const written = new Set(rows.flatMap((row) => row.outputs.map(String)));
  const numeric = [...written].every((text) => Number.isInteger(Number(text)));
  const highest = Math.max(1, ...[...written].map(Number));
  const domain = discreteDomain(spec.levels ?? (numeric ? highest + 1 : [...written].sort()));
  const types = rows.map((row) => {
    const outputs = row.outputs.map((value) => levelIndex(domain, value));
    if (outputs.length !== count || outputs.includes(-1)) {
      throw badParameter(
        row.span ?? spec.span,
        `A response type of "${spec.name}" is ${row.outputs.join(" ")}`,
        row.outputs,
        `${count} levels, one for each configuration of its parents (last parent fastest)`,
      );
    }
    return Int32Array.from(outputs);
  });
  const probabilities = rows.map((row) => row.probability);
  checkRow(spec, probabilities, probabilities, () => "", spec.span);
  return {
    domain,
    mechanism: {
      kind: "response",
      types,
      probabilities: Float64Array.from(probabilities.map(clean)),
    },
  };
}

function checkCorrelations(
  correlations: readonly NoiseCorrelation[],
  built: ReadonlyMap<string, Variable>,
): void {
  for (const { a, b, value } of correlations) {
    for (const name of [a, b]) {
      const variable = built.get(name);
      if (variable === undefined) {
        throw unknownVariable("model", undefined, name, [...built.keys()]);
      }
      if (variable.mechanism.kind !== "additive" || variable.mechanism.noise !== "normal") {
        throw badParameter(
          variable.span,
          `corr(${a}, ${b}) needs normal noise, and "${name}" has none of its own`,
          name,
          "variables written name ~ normal(…)",
          "For discrete variables, add a latent common cause.",
        );
      }
    }
    if (a === b || !(value > -1 && value < 1)) {
      throw badParameter(
        built.get(a)?.span,
        `corr(${a}, ${b}) is ${value}`,
        value,
        "two different variables and a number between -1 and 1",
      );
    }
  }
  const names = unique(correlations.flatMap(({ a, b }) => [a, b]));
  if (cholesky(correlationMatrix(names, correlations), names.length).dropped.length > 0) {
    throw badParameter(
      built.get(names[0]!)?.span,
      `The correlations of ${names.join(", ")} contradict one another`,
      correlations.map(({ value }) => value),
      "a positive definite correlation matrix",
    );
  }
}

/** Correlations of the standard noises of `names`, `[k, k]`. */
export function correlationMatrix(
  names: readonly string[],
  correlations: readonly NoiseCorrelation[],
): Float64Array {
  const k = names.length;
  const matrix = new Float64Array(k * k);
  for (let i = 0; i < k; i++) matrix[i * k + i] = 1;
  for (const { a, b, value } of correlations) {
    const i = names.indexOf(a);
    const j = names.indexOf(b);
    if (i < 0 || j < 0) continue;
    matrix[i * k + j] = value;
    matrix[j * k + i] = value;
  }
  return matrix;
}
