import { compileExpression } from "./expression.ts";
import type { Factor } from "./factor.ts";
import { sizeOf } from "./factor.ts";
import { gumbelPair } from "./gumbel.ts";
import { badQuery } from "./messages.ts";
import { levelCount } from "./model.ts";
import type { Domain, TableMechanism, Variable } from "./model.ts";
import type { WorldNetwork, WorldNode } from "./worlds.ts";

/** A statement about one node: which of its levels are possible. */
export interface NodeEvent {
  readonly node: number;
  readonly allowed: Uint8Array;
}

/** Copies whose joint behaviour tables leave open: of one variable, or of a confounded component. */
export interface OpenPiece {
  /** The same for the same piece of the model in every network. */
  readonly key: string;
  readonly variables: readonly Variable[];
  /** Representatives of the copies, ascending. */
  readonly copies: readonly number[];
}

/** Thrown to the dispatcher: no exact method is known, another one must answer. */
export class NoExactMethod extends Error {}

/**
 * A multi-world network of discrete variables as factors. Evidence and constants are sliced out, and copies that the
 * evidence makes equal for every unit are merged (consistency: x=1 observed and x set to 1 give one y).
 */
export class DiscreteNetwork {
  readonly network: WorldNetwork;
  readonly cards: number[] = [];
  readonly factors: Factor[] = [];
  /** What no mechanism settles and more than the tables is needed of. */
  readonly open: OpenPiece[] = [];
  /** Variables with two or more copies tied by a chosen mechanism, for the claim. */
  readonly tied = new Map<string, string>();
  impossible = false;
  private readonly same: number[] = [];
  private readonly fixed: number[] = [];

  constructor(network: WorldNetwork, events: readonly NodeEvent[]) {
    this.network = network;
    for (const node of network.nodes) {
      this.same.push(node.id);
      this.cards.push(levelCount(this.domain(node.id)));
      const settled = node.kind === "constant" && this.domain(node.id).kind === "discrete";
      this.fixed.push(settled ? this.levelOf(node.id, node.value) : -1);
    }
    const loose: NodeEvent[] = [];
    for (const event of events) {
      const levels = [...event.allowed.keys()].filter((level) => event.allowed[level] === 1);
      if (levels.length === 1) this.fix(event.node, levels[0]!);
      else if (levels.length === 0) this.impossible = true;
      else loose.push(event);
    }
    this.merge();
    if (this.impossible) return;
    this.addMechanisms();
    for (const { node, allowed } of loose) {
      this.factors.push(this.tabulate([node], (levels) => allowed[levels[0]!]!));
    }
  }

  domain(node: number): Domain {
    return this.network.variable(node).domain;
  }

  /** The node that stands for this one. */
  representative(node: number): number {
    return this.same[node]!;
  }

  /** The level a node is known to have, or -1. */
  fixedLevel(node: number): number {
    return this.fixed[this.same[node]!]!;
  }

  /** A factor over the nodes that are not fixed, from a function of the levels of all of them. */
  tabulate(nodes: readonly number[], evaluate: (levels: Int32Array) => number): Factor {
    const own = nodes.map((node) => this.same[node]!);
    const scope = [...new Set(own.filter((node) => this.fixed[node]! < 0))].sort((a, b) => a - b);
    const slots = own.map((node) => scope.indexOf(node));
    const levels = Int32Array.from(own, (node) => Math.max(0, this.fixed[node]!));
    const values = new Float64Array(sizeOf(scope, this.cards));
    const digits = new Int32Array(scope.length);
    for (let index = 0; index < values.length; index++) {
      slots.forEach((slot, i) => {
        if (slot >= 0) levels[i] = digits[slot]!;
      });
      values[index] = evaluate(levels);
      for (let d = scope.length - 1; d >= 0; d--) {
        if (++digits[d]! < this.cards[scope[d]!]!) break;
        digits[d] = 0;
      }
    }
    return { scope, values };
  }

  private levelOf(node: number, value: number): number {
    const domain = this.domain(node);
    const level = domain.kind === "discrete" ? domain.values.indexOf(value) : -1;
    if (level < 0) {
      const { name } = this.network.variable(node);
      const expected =
        domain.kind === "discrete" ? `one of ${domain.levels.join(", ")}` : "a level";
      throw badQuery(
        `The query sets "${name}" to ${value}, which is not one of its levels`,
        value,
        expected,
      );
    }
    return level;
  }

  private fix(node: number, level: number): void {
    const own = this.same[node]!;
    if (this.fixed[own]! >= 0 && this.fixed[own] !== level) this.impossible = true;
    this.fixed[own] = level;
  }

  private merge(): void {
    for (let changed = true; changed;) {
      changed = false;
      const seen = new Map<string, number>();
      for (const node of this.network.nodes) {
        if (node.kind === "constant" || this.same[node.id] !== node.id) continue;
        const parents = node.parents.map((parent) => {
          const level = this.fixedLevel(parent);
          return level >= 0 ? `=${level}` : `${this.same[parent]}`;
        });
        const key = `${node.label}(${parents.join(",")})`;
        const twin = seen.get(key);
        if (twin === undefined) {
          seen.set(key, node.id);
          continue;
        }
        const level = this.fixed[node.id]!;
        for (let i = 0; i < this.same.length; i++)
          if (this.same[i] === node.id) this.same[i] = twin;
        if (level >= 0) this.fix(twin, level);
        changed = true;
      }
    }
  }

  private addMechanisms(): void {
    const copies = new Map<number, number[]>();
    for (const node of this.network.nodes) {
      if (this.same[node.id] !== node.id || node.kind === "constant") continue;
      if (this.domain(node.id).kind === "real") continue; // the Gaussian engine's part
      if (node.parents.some((parent) => this.domain(parent).kind === "real")) {
        throw new NoExactMethod(
          `"${this.network.variable(node.id).name}" depends on continuous variables.`,
        );
      }
      if (node.kind === "mechanism") {
        copies.set(node.variable, [...(copies.get(node.variable) ?? []), node.id]);
      } else this.addIntervention(node);
    }
    const confounded = new Map<number, number[]>();
    for (const [index, nodes] of copies) {
      const variable = this.network.model.variables[index]!;
      if (variable.mechanism.kind === "confounded") {
        const { component } = variable.mechanism;
        confounded.set(component, [...(confounded.get(component) ?? []), ...nodes]);
      } else this.addCopies(variable, nodes);
    }
    for (const [component, nodes] of confounded) this.addComponent(component, nodes);
  }

  private addIntervention(node: Extract<WorldNode, { kind: "function" | "policy" }>): void {
    const domains = node.parents.map((parent) => this.domain(parent));
    const expressions = node.kind === "function" ? [node.expression] : node.probabilities;
    const compiled = expressions.map((e) => compileExpression(e, node.names));
    const values = new Float64Array(domains.length);
    this.factors.push(
      this.tabulate([...node.parents, node.id], (levels) => {
        domains.forEach((domain, i) => {
          if (domain.kind === "discrete") values[i] = domain.values[levels[i]!]!;
        });
        const level = levels[domains.length]!;
        if (node.kind === "function")
          return Number(this.levelOf(node.id, compiled[0]!(values)) === level);
        return checkedProbability(this.network.variable(node.id).name, compiled[level]!(values));
      }),
    );
  }

  private addCopies(variable: Variable, copies: readonly number[]): void {
    const { mechanism } = variable;
    switch (mechanism.kind) {
      case "function":
        this.addFunctions(variable, mechanism.expression, copies);
        return;
      case "response": {
        const types = this.cards.push(mechanism.probabilities.length) - 1;
        this.same.push(types);
        this.fixed.push(-1);
        this.factors.push({ scope: [types], values: mechanism.probabilities });
        for (const copy of copies) {
          this.factors.push(
            this.familyFactor(
              [copy],
              (configurations, levels, extra) =>
                Number(mechanism.types[extra]![configurations[0]!] === levels[0]),
              types,
            ),
          );
        }
        if (copies.length > 1) this.tied.set(variable.name, "response");
        return;
      }
      case "table":
        this.addTable(variable, mechanism, copies);
        return;
      default:
        throw new NoExactMethod(`"${variable.name}" depends on continuous variables.`);
    }
  }

  private addFunctions(
    variable: Variable,
    expression: Parameters<typeof compileExpression>[0],
    copies: readonly number[],
  ): void {
    const compiled = compileExpression(expression, variable.parents);
    const values = new Float64Array(variable.parents.length);
    const { domain } = variable;
    if (domain.kind !== "discrete") throw new NoExactMethod(`"${variable.name}" is continuous.`);
    for (const copy of copies) {
      const { parents } = this.network.nodes[copy]!;
      const domains = parents.map((parent) => this.domain(parent));
      this.factors.push(
        this.tabulate([...parents, copy], (levels) => {
          domains.forEach((d, i) => {
            if (d.kind === "discrete") values[i] = d.values[levels[i]!]!;
          });
          return Number(compiled(values) === domain.values[levels[parents.length]!]);
        }),
      );
    }
  }

  private addTable(variable: Variable, table: TableMechanism, copies: readonly number[]): void {
    const { probabilities } = table;
    const k = levelCount(variable.domain);
    if (copies.length === 1 || probabilities.every((p) => p === 0 || p === 1)) {
      for (const copy of copies) {
        this.factors.push(
          this.familyFactor([copy], (at, levels) => probabilities[at[0]! * k + levels[0]!]!),
        );
      }
      return;
    }
    if (table.coupling === "unspecified") {
      this.open.push({ key: `table:${variable.name}`, variables: [variable], copies });
      return;
    }
    this.tied.set(variable.name, table.coupling);
    if (table.coupling === "monotone") {
      const cumulative = cumulate(probabilities, k);
      this.factors.push(
        this.familyFactor(copies, (at, levels) => {
          let low = 0;
          let high = 1;
          at.forEach((configuration, i) => {
            const row = configuration * (k + 1) + levels[i]!;
            low = Math.max(low, cumulative[row]!);
            high = Math.min(high, cumulative[row + 1]!);
          });
          return Math.max(0, high - low);
        }),
      );
      return;
    }
    if (copies.length > 2) {
      throw new NoExactMethod(`Gumbel-max for "${variable.name}" in ${copies.length} worlds.`);
    }
    this.factors.push(
      this.familyFactor(copies, (at, levels) =>
        gumbelPair(
          probabilities.subarray(at[0]! * k, (at[0]! + 1) * k),
          probabilities.subarray(at[1]! * k, (at[1]! + 1) * k),
          levels[0]!,
          levels[1]!,
        ),
      ),
    );
  }

  /**
   * A confounded component. In one world that keeps the arrows among its variables its joint table applies, summed
   * over members that nothing needs; anything else is open.
   */
  private addComponent(index: number, copies: readonly number[]): void {
    const component = this.network.model.components[index]!;
    const members = component.variables.map((name) =>
      this.network.model.variables.find((v) => v.name === name)!,
    );
    const nodeOf = new Map(copies.map((copy) => [this.network.variable(copy).name, copy]));
    const oneWorld =
      nodeOf.size === copies.length &&
      copies.every((copy) =>
        this.network.variable(copy).parents.every((name, i) => {
          if (!component.variables.includes(name)) return true;
          const parent = this.same[this.network.nodes[copy]!.parents[i]!]!;
          return nodeOf.get(name) === parent;
        }),
      );
    const parents = oneWorld ? this.outsideNodes(component.parents, copies) : undefined;
    const { probabilities } = component;
    if (parents === undefined || probabilities === undefined) {
      this.open.push({
        key: `component:${index}`,
        variables: members,
        copies: copies.toSorted((a, b) => a - b),
      });
      return;
    }
    const cards = members.map((member) => levelCount(member.domain));
    const size = cards.reduce((a, b) => a * b, 1);
    const slots = component.variables.map((name) => nodeOf.get(name));
    const present = slots.filter((node) => node !== undefined);
    const outside = component.parents.map((name) =>
      levelCount(this.network.model.variables.find((v) => v.name === name)!.domain),
    );
    this.factors.push(
      this.tabulate([...parents.filter((p) => p !== undefined), ...present], (levels) => {
        let at = 0;
        let row = 0;
        // A parent that no needed member reads does not matter: take its first level.
        parents.forEach((p, i) => {
          row = row * outside[i]! + (p === undefined ? 0 : levels[at++]!);
        });
        const wanted = slots.map((node) => (node === undefined ? -1 : levels[at++]!));
        let sum = 0;
        for (let joint = 0; joint < size; joint++) {
          let rest = joint;
          let fits = true;
          for (let i = cards.length - 1; i >= 0; i--) {
            const level = rest % cards[i]!;
            rest = (rest - level) / cards[i]!;
            if (wanted[i]! >= 0 && wanted[i] !== level) fits = false;
          }
          if (fits) sum += probabilities[row * size + joint]!;
        }
        return sum;
      }),
    );
  }

  /** The nodes that stand for a component's outside parents, or undefined when its copies see different ones. */
  private outsideNodes(
    names: readonly string[],
    copies: readonly number[],
  ): readonly (number | undefined)[] | undefined {
    let one = true;
    const nodes = names.map((name) => {
      const seen = new Set<number>();
      for (const copy of copies) {
        const slot = this.network.variable(copy).parents.indexOf(name);
        if (slot >= 0) seen.add(this.same[this.network.nodes[copy]!.parents[slot]!]!);
      }
      one &&= seen.size <= 1;
      return [...seen][0];
    });
    return one ? nodes : undefined;
  }

  /** A factor over the families of several copies: `evaluate(configuration of each, level of each, level of extra)`. */
  familyFactor(
    copies: readonly number[],
    evaluate: (configurations: Int32Array, levels: Int32Array, extra: number) => number,
    extra?: number,
  ): Factor {
    const families = copies.flatMap((copy) => [...this.network.nodes[copy]!.parents, copy]);
    const read = this.familyReader(copies);
    return this.tabulate(extra === undefined ? families : [...families, extra], (levels) => {
      read.from(levels);
      return evaluate(read.configurations, read.levels, extra === undefined ? 0 : levels.at(-1)!);
    });
  }

  /** The nodes of the copies' families that are not fixed, ascending. */
  familyScope(copies: readonly number[]): readonly number[] {
    const nodes = copies.flatMap((copy) => [...this.network.nodes[copy]!.parents, copy]);
    return [...new Set(nodes.map((node) => this.same[node]!))]
      .filter((node) => this.fixed[node]! < 0)
      .sort((a, b) => a - b);
  }

  /** Calls `visit` with each entry of a factor over `familyScope(copies)`. The arrays are reused. */
  forEachFamily(
    copies: readonly number[],
    factor: Factor,
    visit: (configurations: Int32Array, levels: Int32Array, value: number) => void,
  ): void {
    let index = 0;
    // `tabulate` walks its scope in the order of the factor's own entries.
    this.familyFactor(copies, (configurations, levels) => {
      visit(configurations, levels, factor.values[index++]!);
      return 0;
    });
  }

  private familyReader(copies: readonly number[]): {
    readonly configurations: Int32Array;
    readonly levels: Int32Array;
    readonly from: (levels: Int32Array) => void;
  } {
    const cards = copies.map((copy) =>
      this.network.nodes[copy]!.parents.map((p) => this.cards[p]!),
    );
    const configurations = new Int32Array(copies.length);
    const own = new Int32Array(copies.length);
    const from = (levels: Int32Array): void => {
      let at = 0;
      cards.forEach((family, c) => {
        let configuration = 0;
        for (const card of family) configuration = configuration * card + levels[at++]!;
        configurations[c] = configuration;
        own[c] = levels[at++]!;
      });
    };
    return { configurations, levels: own, from };
  }
}

function cumulate(probabilities: Float64Array, k: number): Float64Array {
  const rows = probabilities.length / k;
  const cumulative = new Float64Array(rows * (k + 1));
  for (let row = 0; row < rows; row++) {
    for (let level = 0; level < k; level++) {
      const at = row * (k + 1) + level;
      cumulative[at + 1] = level === k - 1 ? 1 : cumulative[at]! + probabilities[row * k + level]!;
    }
  }
  return cumulative;
}

function checkedProbability(name: string, p: number): number {
  if (p >= -1e-12 && p <= 1 + 1e-12) return Math.min(1, Math.max(0, p));
  throw badQuery(`The policy gives "${name}" a probability of ${p}`, p, "a number from 0 to 1");
}
