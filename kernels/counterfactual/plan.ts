import { cholesky } from "../math/dense.ts";
import { correlationMatrix } from "./build-model.ts";
import { compileExpression } from "./expression.ts";
import type { Compiled, Expression } from "./expression.ts";
import { NoExactMethod } from "./discrete-network.ts";
import { refuseEquality } from "./gaussian.ts";
import { holds } from "./parts.ts";
import type { Part } from "./parts.ts";
import type { StructuralModel } from "./model.ts";
import type { Event, Term } from "./query.ts";
import { unitMechanism } from "./unit.ts";
import type { UnitMechanism } from "./unit.ts";
import { WorldNetwork, valueIn } from "./worlds.ts";

/** One action on the values of nodes and the noises of variables of one unit. */
export type Step =
  | { readonly kind: "constant"; readonly node: number; readonly value: number }
  | {
      readonly kind: "function";
      readonly node: number;
      readonly parents: readonly number[];
      readonly compiled: Compiled;
    }
  | {
      readonly kind: "policy";
      readonly node: number;
      readonly parents: readonly number[];
      readonly compiled: readonly Compiled[];
    }
  /** Draws the noise of a variable, then its value. */
  | { readonly kind: "draw"; readonly node: number; readonly variable: number }
  /** Applies noise that is already known, in another world. */
  | { readonly kind: "copy"; readonly node: number; readonly variable: number }
  /** Evidence: draws or recovers the noise from the value seen, and weighs the unit. */
  | {
      readonly kind: "abduct";
      readonly node: number;
      readonly variable: number;
      readonly value: number;
    }
  /** Evidence on a function: solves for the value of one noise variable that enters it in a straight line. */
  | {
      readonly kind: "invert";
      readonly node: number;
      readonly variable: number;
      readonly root: number;
      readonly slot: number;
      readonly value: number;
    }
  /** Evidence that can only be checked. */
  | {
      readonly kind: "check";
      readonly node: number;
      readonly event: Event;
      readonly value: number;
    };

export interface Plan {
  readonly network: WorldNetwork;
  readonly steps: readonly Step[];
  readonly units: ReadonlyMap<number, UnitMechanism>;
  /** How a correlated noise follows from those determined before it: `noise = Σ before · innovation + own · innovation`. */
  readonly correlated: ReadonlyMap<
    number,
    {
      readonly before: readonly (readonly [variable: number, weight: number])[];
      readonly own: number;
    }
  >;
  readonly copies: ReadonlyMap<number, number>;
  readonly terms: readonly number[];
  readonly events: readonly {
    readonly node: number;
    readonly event: Event;
    readonly value: number;
  }[];
  readonly openNode: number | undefined;
  /** Names of variables with an open table of which two copies are needed. */
  readonly open: readonly string[];
}

/** Orders the work for one unit: evidence first where it fixes noise, then everything that follows from it. */
export function planPart(model: StructuralModel, part: Part, open?: Term): Plan {
  const network = new WorldNetwork(model);
  const place = (event: Event): { node: number; event: Event; value: number } => {
    const node = network.nodeOf(event.term, part.doing);
    const { name, domain } = network.variable(node);
    return { node, event, value: valueIn(name, domain, event.value ?? "") };
  };
  const evidence = part.given.map(place);
  const events = part.events.map(place);
  for (const { node, event } of events) if (isReal(network, node)) refuseEquality(event);
  const terms = part.terms.map((term) => network.nodeOf(term, part.doing));
  const openNode = open === undefined ? undefined : network.nodeOf(open, part.doing);
  const copies = new Map<number, number>();
  for (const { kind, variable } of network.nodes) {
    if (kind === "mechanism") copies.set(variable, (copies.get(variable) ?? 0) + 1);
  }
  const undecided = [...copies].flatMap(([variable, count]) => {
    const { name, mechanism } = model.variables[variable]!;
    const silent = "coupling" in mechanism && mechanism.coupling === "unspecified" && count > 1;
    return silent || mechanism.kind === "confounded" ? [name] : [];
  });
  const base = { network, copies, terms, events, openNode, open: undecided };
  if (undecided.length > 0) return { ...base, steps: [], units: new Map(), correlated: new Map() };
  const steps = orderSteps(network, evidence);
  const units = new Map(
    [...copies.keys()].map((variable) => [
      variable,
      unitMechanism(model, model.variables[variable]!),
    ]),
  );
  return { ...base, steps, units, correlated: innovations(model, network, steps) };
}

const isReal = (network: WorldNetwork, node: number): boolean =>
  network.variable(node).domain.kind === "real";

interface Evidence {
  readonly node: number;
  readonly event: Event;
  readonly value: number;
}

function orderSteps(network: WorldNetwork, evidence: readonly Evidence[]): readonly Step[] {
  const { nodes, model } = network;
  const mechanismOf = (node: number) => network.variable(node).mechanism;
  const exact = new Map<number, Evidence>();
  const checks: Evidence[] = [];
  for (const item of evidence) {
    const { kind } = nodes[item.node]!;
    const noisy = kind === "mechanism" && mechanismOf(item.node).kind !== "function";
    const real = isReal(network, item.node);
    const seen = exact.get(item.node);
    if (
      item.event.relation === "=" &&
      seen === undefined &&
      (noisy || (real && kind === "mechanism"))
    ) {
      exact.set(item.node, item);
    } else checks.push(item);
  }
  // The copy that tells the noise of its variable: seen evidence if any, else the first.
  const teller = new Map<number, number>();
  for (const node of nodes) {
    if (node.kind !== "mechanism" || mechanismOf(node.id).kind === "function") continue;
    const known = teller.get(node.variable);
    if (known === undefined || (exact.has(node.id) && !exact.has(known)))
      teller.set(node.variable, node.id);
  }
  const inverted = new Map<number, { readonly function: Evidence; readonly slot: number }>();
  for (const item of exact.values()) {
    if (mechanismOf(item.node).kind !== "function") continue;
    const slot = invertible(network, item.node, (root) => !exact.has(root) && !inverted.has(root));
    inverted.set(nodes[item.node]!.parents[slot]!, { function: item, slot });
  }
  const steps: Step[] = [];
  const state = new Map<number, "open" | "done">();
  const visit = (id: number): void => {
    if (state.get(id) === "done") return;
    if (state.get(id) === "open")
      throw new NoExactMethod("The evidence cannot be put in an order of abduction.");
    state.set(id, "open");
    const node = nodes[id]!;
    const { kind, variable, parents } = node;
    const inversion = inverted.get(id);
    if (inversion !== undefined) {
      const whole = nodes[inversion.function.node]!;
      whole.parents.forEach((parent) => parent !== id && visit(parent));
      const { value } = inversion.function;
      steps.push({
        kind: "invert",
        node: whole.id,
        variable: whole.variable,
        root: id,
        slot: inversion.slot,
        value,
      });
    } else {
      parents.forEach(visit);
      if (kind === "constant") steps.push({ kind, node: id, value: node.value });
      else if (kind === "function") {
        steps.push({
          kind,
          node: id,
          parents,
          compiled: compileExpression(node.expression, node.names),
        });
      } else if (kind === "policy") {
        const compiled = node.probabilities.map((p) => compileExpression(p, node.names));
        steps.push({ kind, node: id, parents, compiled });
      } else if (mechanismOf(id).kind === "function") {
        const { expression } = mechanismOf(id) as { expression: Expression };
        const compiled = compileExpression(expression, model.variables[variable]!.parents);
        steps.push({ kind: "function", node: id, parents, compiled });
      } else if (teller.get(variable) === id) {
        const seen = exact.get(id);
        steps.push(
          seen === undefined
            ? { kind: "draw", node: id, variable }
            : { kind: "abduct", node: id, variable, value: seen.value },
        );
      } else {
        visit(teller.get(variable)!);
        steps.push({ kind: "copy", node: id, variable });
        const seen = exact.get(id);
        if (seen !== undefined) checks.push(seen);
      }
    }
    state.set(id, "done");
  };
  for (const node of nodes) visit(node.id);
  for (const { node, event, value } of checks) steps.push({ kind: "check", node, event, value });
  return steps;
}

/** The slot of a function's parent that its value determines: private continuous noise, in a straight line. */
function invertible(network: WorldNetwork, id: number, free: (root: number) => boolean): number {
  const node = network.nodes[id]!;
  const { mechanism, parents, name } = network.variable(id);
  if (mechanism.kind !== "function") throw new Error(`"${name}" is no function.`);
  const slot = node.parents.findIndex((parent, i) => {
    const root = network.nodes[parent]!;
    const noise = network.variable(parent).mechanism.kind;
    return (
      root.kind === "mechanism" &&
      root.parents.length === 0 &&
      (noise === "additive" || noise === "flow") &&
      free(parent) &&
      dependence(mechanism.expression, parents[i]!) === "affine" &&
      node.parents.every((other) => other === parent || !isAncestor(network, parent, other))
    );
  });
  if (slot < 0) {
    throw new NoExactMethod(`"${name}" is seen, and no noise of its own can be recovered from it.`);
  }
  return slot;
}

function isAncestor(network: WorldNetwork, ancestor: number, node: number): boolean {
  const seen = new Set<number>();
  const stack = [node];
  while (stack.length > 0) {
    const at = stack.pop()!;
    if (at === ancestor) return true;
    if (seen.has(at) || at < ancestor) continue;
    seen.add(at);
    stack.push(...network.nodes[at]!.parents);
  }
  return false;
}

/** How an expression depends on one variable when all others are held. */
export function dependence(e: Expression, name: string): "none" | "affine" | "other" {
  const of = (part: Expression): "none" | "affine" | "other" => dependence(part, name);
  const most = (...all: readonly string[]): "none" | "affine" | "other" =>
    all.includes("other") ? "other" : all.includes("affine") ? "affine" : "none";
  switch (e.kind) {
    case "variable":
      return e.name === name ? "affine" : "none";
    case "unary":
      return e.operator === "-" || of(e.operand) === "none" ? of(e.operand) : "other";
    case "binary": {
      const left = of(e.left);
      const right = of(e.right);
      if (left === "none" && right === "none") return "none";
      if (e.operator === "+" || e.operator === "-") return most(left, right);
      if (e.operator === "*" && (left === "none" || right === "none")) return most(left, right);
      return e.operator === "/" && right === "none" ? left : "other";
    }
    case "call": {
      const all = e.operands.map(of);
      if (all.every((one) => one === "none")) return "none";
      return e.name === "if" && all[0] === "none" ? most(...all) : "other";
    }
    default:
      return "none";
  }
}

function innovations(
  model: StructuralModel,
  network: WorldNetwork,
  steps: readonly Step[],
): Plan["correlated"] {
  const tied = new Set(model.correlations.flatMap(({ a, b }) => [a, b]));
  const order: number[] = [];
  for (const step of steps) {
    if (step.kind !== "draw" && step.kind !== "abduct" && step.kind !== "invert") continue;
    const variable = step.kind === "invert" ? network.nodes[step.root]!.variable : step.variable;
    if (tied.has(model.variables[variable]!.name)) order.push(variable);
  }
  const names = order.map((variable) => model.variables[variable]!.name);
  const k = order.length;
  const { l } = cholesky(correlationMatrix(names, model.correlations), k);
  return new Map(
    order.map((variable, i) => [
      variable,
      {
        before: order.slice(0, i).map((other, j) => [other, l[i * k + j]!] as const),
        own: l[i * k + i]!,
      },
    ]),
  );
}

/** Whether an event holds; equality of continuous values up to rounding. */
export function happens(value: number, event: Event, target: number): boolean {
  if (event.relation === "=") return Math.abs(value - target) <= 1e-9 * (1 + Math.abs(target));
  return holds(value, event.relation, target);
}
