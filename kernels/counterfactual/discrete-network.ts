import { compileExpression } from "./expression.ts";
import type { Factor } from "./factor.ts";
import { combine, sizeOf } from "./factor.ts";
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

/** Copies of one variable whose joint behaviour its table leaves open. */
export interface OpenCopies {
  readonly variable: Variable;
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
  /** Tables without a mechanism of which two or more copies are needed. */
  readonly open: OpenCopies[] = [];
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
    for (const [index, nodes] of copies)
      this.addCopies(this.network.model.variables[index]!, nodes);
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
              variable,
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
          this.familyFactor(
            variable,
            [copy],
            (at, levels) => probabilities[at[0]! * k + levels[0]!]!,
          ),
        );
      }
      return;
    }
    if (table.coupling === "unspecified") {
      this.open.push({ variable, copies });
      return;
    }
    this.tied.set(variable.name, table.coupling);
    if (table.coupling === "monotone") {
      const cumulative = cumulate(probabilities, k);
      this.factors.push(
        this.familyFactor(variable, copies, (at, levels) => {
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
      this.familyFactor(variable, copies, (at, levels) =>
        gumbelPair(
          probabilities.subarray(at[0]! * k, (at[0]! + 1) * k),
          probabilities.subarray(at[1]! * k, (at[1]! + 1) * k),
          levels[0]!,
          levels[1]!,
        ),
      ),
    );
  }

  /** A factor over the families of several copies: `evaluate(configuration of each, level of each, level of extra)`. */
  familyFactor(
    variable: Variable,
    copies: readonly number[],
    evaluate: (configurations: Int32Array, levels: Int32Array, extra: number) => number,
    extra?: number,
  ): Factor {
    const cards = variable.parents.map(
      (_, i) => this.cards[this.network.nodes[copies[0]!]!.parents[i]!]!,
    );
    const families = copies.flatMap((copy) => [...this.network.nodes[copy]!.parents, copy]);
    const configurations = new Int32Array(copies.length);
    const own = new Int32Array(copies.length);
    return this.tabulate(extra === undefined ? families : [...families, extra], (levels) => {
      let at = 0;
      for (let c = 0; c < copies.length; c++) {
        let configuration = 0;
        for (const card of cards) configuration = configuration * card + levels[at++]!;
        configurations[c] = configuration;
        own[c] = levels[at++]!;
      }
      return evaluate(configurations, own, extra === undefined ? 0 : levels[at]!);
    });
  }

  /** The product of several factors as one, for callers that need a whole small table. */
  product(factors: readonly Factor[], scope: readonly number[]): Factor {
    return combine(factors, this.cards, scope, undefined);
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
