import { NoExactMethod } from "./discrete-network.ts";
import { compileExpression } from "./expression.ts";
import { levelCount } from "./model.ts";
import type { NoiseFamily } from "./model.ts";
import { logDensity, noiseMean } from "./noise.ts";
import { dependence, happens } from "./plan.ts";
import type { Plan, Step } from "./plan.ts";
import type { Part } from "./parts.ts";
import { UnitRun } from "./unit-run.ts";
import type { Rng } from "../math/rng.ts";

export interface QuadratureAnswer {
  readonly value: number;
  readonly points: number;
  /** Number of noises integrated over a continuum. */
  readonly dimensions: number;
  readonly recovered: readonly string[];
  /** Mean and spread of the open term. */
  readonly spread: { readonly mean: number; readonly standardDeviation: number } | undefined;
}

interface Point {
  readonly x: number;
  readonly weight: number;
}

const POINT_LIMIT = 1.5e6;
const TARGET = 1e-10;

/**
 * E[value · 1(events) | given] by integrating the noises that the evidence leaves free: trapezoids for normal and
 * logistic noise, double exponential rules for the others (Takahasi & Mori 1974), sums over levels and response
 * types. Steps are halved until two answers agree to 1e-10; undefined when that takes more than 1.5 million points
 * (kinks and jumps converge slowly) or some noise has no grid. O(points · nodes).
 */
export function integratePart(plan: Plan, part: Part): QuadratureAnswer | undefined {
  const means = linearNoises(plan, part);
  const free = plan.steps.filter((step) => step.kind === "draw" && !means.has(step.variable));
  const dimensions = free.filter(
    (step) => step.kind === "draw" && familyOf(plan, step.variable) !== undefined,
  ).length;
  if (dimensions > 3) return undefined;
  const recovered = plan.steps.flatMap((step) => {
    if (step.kind === "invert") return [plan.network.variable(step.root).name];
    const real = step.kind === "abduct" && familyOf(plan, step.variable) !== undefined;
    return real ? [plan.network.variable(step.node).name] : [];
  });
  let last: { value: number; points: number; first: number; second: number } | undefined;
  for (const halvings of [0, 1, 2, 3, 4]) {
    const sum = new Integrator(plan, part, means, halvings).run();
    if (sum === undefined) return undefined;
    const scale = Math.abs(sum.value) + Math.abs(sum.size);
    // An event that no point of the grid meets may be narrow, not impossible.
    if (dimensions > 0 && sum.size === 0 && plan.events.length > 0) return undefined;
    if (
      dimensions === 0 ||
      (last !== undefined && Math.abs(sum.value - last.value) <= TARGET * (1e-3 + scale))
    ) {
      const mean = sum.first;
      const standardDeviation = Math.sqrt(Math.max(0, sum.second - mean * mean));
      const spread =
        plan.openNode === undefined || means.size > 0 ? undefined : { mean, standardDeviation };
      return { value: sum.value, points: sum.points, dimensions, recovered, spread };
    }
    last = sum;
  }
  return undefined;
}

function familyOf(plan: Plan, variable: number): NoiseFamily | undefined {
  const { mechanism } = plan.network.model.variables[variable]!;
  return mechanism.kind === "additive"
    ? mechanism.noise
    : mechanism.kind === "flow"
      ? "normal"
      : undefined;
}

/** Noises in which the value is a straight line whatever the others are: their mean stands for them. */
function linearNoises(plan: Plan, part: Part): ReadonlyMap<number, number> {
  const { network } = plan;
  const means = new Map<number, number>();
  if (part.value?.kind !== "variable" || plan.events.length > 0 || plan.openNode !== undefined)
    return means;
  const uses = new Map<number, number[]>();
  for (const node of network.nodes) {
    for (const parent of node.parents) uses.set(parent, [...(uses.get(parent) ?? []), node.id]);
  }
  const judged = new Set(
    plan.steps.flatMap((s) =>
      s.kind === "check" || s.kind === "invert" || s.kind === "abduct" ? [s.node] : [],
    ),
  );
  const linear = (id: number): boolean => {
    if (judged.has(id)) return false;
    const by = uses.get(id) ?? [];
    if (plan.terms.includes(id)) return by.length === 0;
    const [only] = by;
    if (by.length !== 1 || only === undefined || !linear(only)) return false;
    const child = network.nodes[only]!;
    const { mechanism, parents } = network.variable(only);
    if (child.kind !== "mechanism") return false;
    const slots = child.parents.flatMap((parent, i) => (parent === id ? [parents[i]!] : []));
    const enters = (e: Parameters<typeof dependence>[0], how: string): boolean =>
      slots.every((name) => dependence(e, name) === how || dependence(e, name) === "none");
    if (slots.length !== 1) return false;
    if (mechanism.kind === "function") return enters(mechanism.expression, "affine");
    return (
      mechanism.kind === "additive" &&
      enters(mechanism.location, "affine") &&
      enters(mechanism.scale, "none")
    );
  };
  for (const step of plan.steps) {
    if (step.kind !== "draw" || plan.copies.get(step.variable) !== 1) continue;
    if (plan.correlated.has(step.variable)) continue;
    const { mechanism } = network.model.variables[step.variable]!;
    if (mechanism.kind === "additive" && linear(step.node))
      means.set(step.variable, noiseMean(mechanism.noise));
  }
  return means;
}

class Integrator {
  private readonly plan: Plan;
  private readonly unit: UnitRun;
  private readonly means: ReadonlyMap<number, number>;
  private readonly halvings: number;
  private readonly value: ((values: Float64Array) => number) | undefined;
  private readonly names: readonly number[];
  private readonly grids = new Map<number, readonly Point[]>();
  private readonly shift: { log: number } = { log: Number.NaN };
  private total = 0;
  private top = 0;
  private size = 0;
  private first = 0;
  private second = 0;
  private points = 0;

  constructor(plan: Plan, part: Part, means: ReadonlyMap<number, number>, halvings: number) {
    this.plan = plan;
    this.unit = new UnitRun(plan);
    this.means = means;
    this.halvings = halvings;
    this.names = plan.terms;
    const names = plan.terms.map((_, i) => `#${i}`);
    this.value = part.value === undefined ? undefined : compileExpression(part.value, names);
  }

  run():
    { value: number; size: number; first: number; second: number; points: number } | undefined {
    try {
      this.visit(0, 0);
    } catch (error) {
      if (error instanceof NoExactMethod) return undefined;
      throw error;
    }
    if (this.points > POINT_LIMIT) return undefined;
    const { total } = this;
    return {
      value: this.top / total,
      size: this.size / total,
      first: this.first / total,
      second: this.second / total,
      points: this.points,
    };
  }

  private visit(index: number, log: number): void {
    if (log === -Infinity || this.points > POINT_LIMIT) return;
    const step = this.plan.steps[index];
    if (step === undefined) {
      this.record(log);
      return;
    }
    if (step.kind === "draw") this.visitDraw(step, index, log);
    else if (step.kind === "policy") {
      const { domain } = this.plan.network.variable(step.node);
      const shares = step.compiled.map((p) => p(this.unit.parentsOf(step.node)));
      shares.forEach((share, level) => {
        if (share === 0 || domain.kind !== "discrete") return;
        this.unit.values[step.node] = domain.values[level]!;
        this.visit(index + 1, log + Math.log(share));
      });
    } else if (step.kind === "abduct" && familyOf(this.plan, step.variable) === undefined) {
      this.visitLevels(step.node, step.variable, index, log, step.value);
    } else this.visit(index + 1, log + this.unit.run(step, () => halfRng));
  }

  private visitDraw(step: Extract<Step, { kind: "draw" }>, index: number, log: number): void {
    const { variable, node } = step;
    const family = familyOf(this.plan, variable);
    if (family === undefined) {
      this.visitLevels(node, variable, index, log, undefined);
      return;
    }
    const mean = this.means.get(variable);
    for (const { x, weight } of mean === undefined
      ? this.gridOf(variable, family)
      : [{ x: mean, weight: 1 }]) {
      this.unit.setInnovation(variable, x);
      this.unit.apply(node, variable);
      this.visit(index + 1, log + Math.log(weight));
    }
  }

  /** Levels of a table of which one copy is needed, or response types. */
  private visitLevels(
    node: number,
    variable: number,
    index: number,
    log: number,
    seen: number | undefined,
  ): void {
    const { mechanism, domain } = this.plan.network.model.variables[variable]!;
    const unit = this.plan.units.get(variable)!;
    const noise = this.unit.noise.get(variable)!;
    if (mechanism.kind === "response") {
      mechanism.probabilities.forEach((share, type) => {
        if (share === 0) return;
        noise[0] = type;
        this.unit.apply(node, variable);
        if (seen !== undefined && this.unit.values[node] !== seen) return;
        this.visit(index + 1, log + Math.log(share));
      });
      return;
    }
    if (this.plan.copies.get(variable) !== 1 || domain.kind !== "discrete") {
      throw new NoExactMethod(`The noise of a discrete variable in several worlds has no grid.`);
    }
    const parents = this.unit.parentsOf(node).slice();
    const scratch = new Float64Array(unit.size);
    for (let level = 0; level < levelCount(domain); level++) {
      const value = domain.values[level]!;
      if (seen !== undefined && value !== seen) continue;
      const share = unit.abduct(value, parents, halfRng, scratch);
      this.unit.values[node] = value;
      this.visit(index + 1, log + share);
    }
  }

  private record(log: number): void {
    this.points++;
    const { values } = this.unit;
    if (Number.isNaN(this.shift.log)) this.shift.log = log;
    const weight = Math.exp(log - this.shift.log);
    this.total += weight;
    const { openNode } = this.plan;
    if (openNode !== undefined) {
      this.first += weight * values[openNode]!;
      this.second += weight * values[openNode]! ** 2;
    }
    for (const { node, event, value } of this.plan.events) {
      if (!happens(values[node]!, event, value)) return;
    }
    const value =
      this.value === undefined ? 1 : this.value(Float64Array.from(this.names, (n) => values[n]!));
    this.top += weight * value;
    this.size += weight * Math.abs(value);
  }

  private gridOf(variable: number, family: NoiseFamily): readonly Point[] {
    let grid = this.grids.get(variable);
    if (grid === undefined) this.grids.set(variable, (grid = gridFor(family, this.halvings)));
    return grid;
  }
}

/** For abduction that draws nothing (continuous noise is recovered) or noise that no copy will read. */
const halfRng: Rng = {
  seed: 1,
  next: () => 0.5,
  int: () => 0,
  normal: () => 0,
  fork: () => halfRng,
};

/** Nodes and weights for the mean over a standard noise; each halving doubles the nodes. */
export function gridFor(family: NoiseFamily, halvings: number): readonly Point[] {
  const trapezoid = (reach: number, step: number): readonly Point[] => {
    const h = step / 2 ** halvings;
    const count = Math.ceil(reach / h);
    return Array.from({ length: 2 * count + 1 }, (_, i) => {
      const x = (i - count) * h;
      return { x, weight: h * Math.exp(logDensity(family, x)) };
    });
  };
  if (family === "normal") return trapezoid(9, 0.4);
  if (family === "logistic") return trapezoid(42, 0.8);
  const h = 0.2 / 2 ** halvings;
  const points: Point[] = [];
  for (let t = -4.2; t <= 4.2; t += h) {
    if (family === "uniform") {
      const s = (Math.PI / 2) * Math.sinh(t);
      const x = 1 / (1 + Math.exp(-2 * s));
      const weight = (h * Math.PI * Math.cosh(t)) / (4 * Math.cosh(s) ** 2);
      if (weight > 0 && Number.isFinite(weight)) points.push({ x, weight });
      continue;
    }
    const x = Math.exp(t - Math.exp(-t));
    const weight = h * x * (1 + Math.exp(-t)) * Math.exp(-x);
    if (!(weight > 1e-300)) continue;
    if (family === "exponential") points.push({ x, weight });
    else points.push({ x, weight: weight / 2 }, { x: -x, weight: weight / 2 });
  }
  return points;
}
