import { resolveLevels } from "./build-model.ts";
import { formatExpression, numberExpression, variablesOf } from "./expression.ts";
import type { Expression } from "./expression.ts";
import { badQuery, unknownVariable } from "./messages.ts";
import { descendantsOf, levelIndex } from "./model.ts";
import type { Domain, StructuralModel, Variable } from "./model.ts";
import { formatAssignments } from "./query.ts";
import type { Assignment, Setting, Term } from "./query.ts";
import { unreachable } from "./unreachable.ts";

/** One variable in one or more worlds. Copies that must be equal for every unit are one node. */
export type WorldNode = {
  readonly id: number;
  /** Index into `model.variables`. */
  readonly variable: number;
  /** Node ids, in the order of the mechanism's (or the expression's) names. */
  readonly parents: readonly number[];
  /** Equal for two nodes exactly when they apply the same mechanism (or policy) to their parents. */
  readonly label: string;
} & (
  | { readonly kind: "mechanism" }
  | { readonly kind: "constant"; readonly value: number }
  | {
      readonly kind: "function";
      readonly names: readonly string[];
      readonly expression: Expression;
    }
  | {
      readonly kind: "policy";
      readonly names: readonly string[];
      readonly probabilities: readonly Expression[];
    }
);

type Resolved =
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "node"; readonly node: number }
  | { readonly kind: "function"; readonly expression: Expression }
  | { readonly kind: "policy"; readonly probabilities: readonly Expression[] };

interface World {
  readonly settings: ReadonlyMap<number, Resolved>;
  readonly copies: Map<number, number>;
  readonly nested: boolean;
}

/**
 * The joint network of every world a query speaks of (twin network, Balke & Pearl 1994; copies merged as in Shpitser
 * & Pearl 2007). A copy is named by its variable and its parents' copies, so that whatever an intervention does not
 * reach is shared between worlds. Only ancestors of the terms asked for are made; ids are in topological order.
 */
export class WorldNetwork {
  readonly model: StructuralModel;
  readonly nodes: WorldNode[] = [];
  private readonly index: ReadonlyMap<string, number>;
  private readonly byKey = new Map<string, number>();
  private readonly worlds = new Map<string, World>();
  private readonly asked: {
    readonly variable: number;
    readonly world: World;
    readonly id: number;
  }[] = [];

  constructor(model: StructuralModel) {
    this.model = model;
    this.index = new Map(model.variables.map((variable, i) => [variable.name, i]));
  }

  /** The node of a term; `doing` holds in its world besides its own assignments. Throws `UserError` for bad names. */
  nodeOf(term: Term, doing: readonly Assignment[] = []): number {
    const variable = this.variableIndex(term.variable);
    const world = this.worldOf(merge(term.assignments, doing), doing);
    this.prepare(variable, world);
    const id = this.copy(variable, world);
    this.asked.push({ variable, world, id });
    return id;
  }

  variable(node: number): Variable {
    return this.model.variables[this.nodes[node]!.variable]!;
  }

  /** 1 when nothing is set, 2 when one world holds everything asked, 3 otherwise. */
  rung(): 1 | 2 | 3 {
    if (this.asked.every(({ world }) => world.settings.size === 0)) return 1;
    const one = this.asked.some(
      ({ world }) =>
        !world.nested &&
        this.asked.every(
          (other) => !other.world.nested && this.copy(other.variable, world) === other.id,
        ),
    );
    return one ? 2 : 3;
  }

  private variableIndex(name: string): number {
    const index = this.index.get(name);
    if (index === undefined)
      throw unknownVariable("query", undefined, name, [...this.index.keys()]);
    return index;
  }

  private worldOf(assignments: readonly Assignment[], doing: readonly Assignment[]): World {
    const key = formatAssignments(
      [...assignments].sort((a, b) => (a.variable < b.variable ? -1 : 1)),
    );
    let world = this.worlds.get(key);
    if (world === undefined) {
      let nested = false;
      const settings = new Map<number, Resolved>();
      for (const { variable, to } of assignments) {
        const index = this.variableIndex(variable);
        const resolved = this.resolve(index, to, doing);
        nested ||= resolved.kind === "node";
        settings.set(index, resolved);
      }
      world = { settings, copies: new Map(), nested };
      this.worlds.set(key, world);
    }
    return world;
  }

  private resolve(index: number, to: Setting, doing: readonly Assignment[]): Resolved {
    const { name, domain } = this.model.variables[index]!;
    switch (to.kind) {
      case "term": {
        const node = this.copyOfTerm(to.term, doing);
        checkSameDomain(name, domain, this.variable(node));
        return { kind: "node", node };
      }
      case "value": {
        const { value } = to;
        if (typeof value === "string" && levelIndex(domain, value) < 0 && this.index.has(value)) {
          return this.expression(index, { kind: "variable", name: value });
        }
        return { kind: "value", value: valueIn(name, domain, value) };
      }
      case "expression":
        return this.expression(index, to.expression);
      case "policy": {
        if (domain.kind !== "discrete") {
          throw badQuery(
            `"${name}" is continuous`,
            name,
            "a shift or function for continuous variables",
          );
        }
        const given = to.probabilities.map((p) => this.checked(index, p));
        const two = domain.levels.length === 2 && given.length === 1;
        if (!two && given.length !== domain.levels.length) {
          const expected = `${domain.levels.length} probabilities`;
          throw badQuery(`The policy for "${name}" has ${given.length}`, given.length, expected);
        }
        const [first] = given as [Expression];
        const rest: Expression = {
          kind: "binary",
          operator: "-",
          left: numberExpression(1),
          right: first,
        };
        return { kind: "policy", probabilities: two ? [rest, first] : given };
      }
      default:
        return unreachable(to);
    }
  }

  private copyOfTerm(term: Term, doing: readonly Assignment[]): number {
    const variable = this.variableIndex(term.variable);
    const world = this.worldOf(merge(term.assignments, doing), doing);
    this.prepare(variable, world);
    return this.copy(variable, world);
  }

  private expression(index: number, expression: Expression): Resolved {
    return { kind: "function", expression: this.checked(index, expression) };
  }

  /** A policy may look at anything but what follows from the variable it sets. */
  private checked(index: number, expression: Expression): Expression {
    const { name } = this.model.variables[index]!;
    const below = descendantsOf(this.model, name);
    const names = variablesOf(expression);
    for (const read of names) {
      this.variableIndex(read);
      if (read !== name && below.has(read)) {
        throw badQuery(
          `"${name}" is set by "${read}", which follows from it`,
          read,
          `variables that do not depend on ${name}`,
        );
      }
    }
    const domains = names.map((read) => this.model.variables[this.variableIndex(read)]!.domain);
    return resolveLevels(expression, names, domains);
  }

  /** Makes what a copy needs in topological order, so that long chains do not nest calls. */
  private prepare(variable: number, world: World): void {
    const needed = new Set<number>();
    const stack = [variable];
    while (stack.length > 0) {
      const at = stack.pop()!;
      if (needed.has(at) || world.copies.has(at)) continue;
      needed.add(at);
      for (const name of this.reads(at, world.settings.get(at))) stack.push(this.index.get(name)!);
    }
    for (const at of [...needed].sort((a, b) => a - b)) this.copy(at, world);
  }

  /** Names that the copy of a variable in a world is made of. */
  private reads(variable: number, setting: Resolved | undefined): readonly string[] {
    const { name, parents } = this.model.variables[variable]!;
    if (setting === undefined) return parents;
    if (setting.kind === "value" || setting.kind === "node") return [];
    const expressions = setting.kind === "function" ? [setting.expression] : setting.probabilities;
    return expressions.flatMap(variablesOf).flatMap((read) => (read === name ? parents : [read]));
  }

  private copy(variable: number, world: World, natural = false): number {
    const known = natural ? undefined : world.copies.get(variable);
    if (known !== undefined) return known;
    const setting = natural ? undefined : world.settings.get(variable);
    const id = this.make(variable, world, setting);
    if (!natural) world.copies.set(variable, id);
    return id;
  }

  private make(variable: number, world: World, setting: Resolved | undefined): number {
    if (setting?.kind === "node") return setting.node;
    if (setting?.kind === "value") {
      const { value } = setting;
      const label = `${variable}=${value}`;
      return this.intern(label, [], (id, parents) => ({
        id,
        variable,
        parents,
        label,
        kind: "constant",
        value,
      }));
    }
    if (setting === undefined) {
      const parents = this.model.variables[variable]!.parents.map((name) =>
        this.copy(this.index.get(name)!, world),
      );
      const label = `${variable}`;
      return this.intern(label, parents, (id) => ({
        id,
        variable,
        parents,
        label,
        kind: "mechanism",
      }));
    }
    const expressions = setting.kind === "function" ? [setting.expression] : setting.probabilities;
    const names = [...new Set(expressions.flatMap(variablesOf))];
    const parents = names.map((name) => {
      const read = this.variableIndex(name);
      return this.copy(read, world, read === variable);
    });
    const written = expressions.map((e) => formatExpression(e)).join(",");
    const label = `${variable}:${setting.kind}:${written}`;
    return this.intern(label, parents, (id) => {
      const base = { id, variable, parents, label, names };
      return setting.kind === "function"
        ? { ...base, kind: "function", expression: setting.expression }
        : { ...base, kind: "policy", probabilities: setting.probabilities };
    });
  }

  private intern(
    label: string,
    parents: readonly number[],
    make: (id: number, parents: readonly number[]) => WorldNode,
  ): number {
    const key = `${label}(${parents.join(",")})`;
    let id = this.byKey.get(key);
    if (id === undefined) {
      id = this.nodes.length;
      this.nodes.push(make(id, parents));
      this.byKey.set(key, id);
    }
    return id;
  }
}

/** The term's own assignments win over `do(…)`. */
function merge(own: readonly Assignment[], doing: readonly Assignment[]): readonly Assignment[] {
  return [...own, ...doing.filter(({ variable }) => !own.some((a) => a.variable === variable))];
}

/** The number that stands for `value` of a variable. Throws `UserError` naming the levels there are. */
export function valueIn(name: string, domain: Domain, value: number | string): number {
  if (domain.kind === "real") {
    if (typeof value === "number") return value;
    throw badQuery(`"${name}" is a number, not "${value}"`, value, "a number");
  }
  const level = levelIndex(domain, value);
  if (level >= 0) return domain.values[level]!;
  throw badQuery(
    `"${name}" has no level "${value}"`,
    value,
    `one of ${domain.levels.join(", ")}`,
    "Check the spelling, or the values the model gives this variable.",
  );
}

function checkSameDomain(name: string, domain: Domain, other: Variable): void {
  if (name !== other.name) {
    throw badQuery(
      `"${name}" is set to a counterfactual of "${other.name}"`,
      other.name,
      `a counterfactual of ${name} itself`,
      `Write ${name}=${name}_{…}, or a function such as ${name}=${other.name}.`,
    );
  }
  if (domain.kind !== other.domain.kind) throw new Error(`"${name}" has two domains.`);
}
