import type { Rng } from "../math/rng.ts";
import type { Plan, Step } from "./plan.ts";
import { happens } from "./plan.ts";
import { logDensity } from "./noise.ts";
import { badQuery } from "./messages.ts";
import { unreachable } from "./unreachable.ts";

/** The values and noises of one unit while its plan runs. Reused from unit to unit. */
export class UnitRun {
  readonly values: Float64Array;
  readonly noise: ReadonlyMap<number, Float64Array>;
  private readonly innovation: Float64Array;
  private readonly buffers: ReadonlyMap<number, Float64Array>;
  private readonly plan: Plan;

  constructor(plan: Plan) {
    this.plan = plan;
    this.values = new Float64Array(plan.network.nodes.length);
    this.innovation = new Float64Array(plan.network.model.variables.length);
    this.noise = new Map(
      [...plan.units].map(([variable, unit]) => [variable, new Float64Array(unit.size)]),
    );
    this.buffers = new Map(
      plan.network.nodes.map((node) => [node.id, new Float64Array(node.parents.length)]),
    );
  }

  parentsOf(node: number): Float64Array {
    const buffer = this.buffers.get(node)!;
    const { parents } = this.plan.network.nodes[node]!;
    for (let i = 0; i < parents.length; i++) buffer[i] = this.values[parents[i]!]!;
    return buffer;
  }

  /** Sets the value of a node from the noise its variable has. */
  apply(node: number, variable: number): void {
    const unit = this.plan.units.get(variable)!;
    this.values[node] = unit.value(this.noise.get(variable)!, this.parentsOf(node));
  }

  /** Turns a standard innovation into the noise of a variable, mixing in what it is correlated with. */
  setInnovation(variable: number, innovation: number): void {
    const mix = this.plan.correlated.get(variable);
    let value = innovation;
    if (mix !== undefined) {
      this.innovation[variable] = innovation;
      value = mix.own * innovation;
      for (const [other, weight] of mix.before) value += weight * this.innovation[other]!;
    }
    this.noise.get(variable)![0] = value;
  }

  /** Runs a step that needs no choice; returns the log weight it adds. `rng` serves draws of abduction. */
  run(step: Step, rng: (variable: number) => Rng): number {
    switch (step.kind) {
      case "constant":
        this.values[step.node] = step.value;
        return 0;
      case "function":
        this.values[step.node] = this.levelOf(step.node, step.compiled(this.parentsOf(step.node)));
        return 0;
      case "copy":
        this.apply(step.node, step.variable);
        return 0;
      case "check":
        return happens(this.values[step.node]!, step.event, step.value) ? 0 : -Infinity;
      case "abduct": {
        this.values[step.node] = step.value;
        return this.abduct(step.node, step.variable, step.value, rng);
      }
      case "invert":
        return this.invert(step, rng);
      case "draw": {
        const { variable } = step;
        this.plan.units.get(variable)!.draw(rng(variable), this.noise.get(variable)!);
        if (this.plan.correlated.has(variable))
          this.setInnovation(variable, this.noise.get(variable)![0]!);
        this.apply(step.node, variable);
        return 0;
      }
      case "policy": {
        const { domain } = this.plan.network.variable(step.node);
        const parents = this.parentsOf(step.node);
        let rest = rng(this.plan.network.nodes[step.node]!.variable).next();
        let level = 0;
        while (level + 1 < step.compiled.length && rest >= step.compiled[level]!(parents)) {
          rest -= step.compiled[level]!(parents);
          level++;
        }
        this.values[step.node] = domain.kind === "discrete" ? domain.values[level]! : Number.NaN;
        return 0;
      }
      default:
        return unreachable(step);
    }
  }

  private abduct(
    node: number,
    variable: number,
    value: number,
    rng: (variable: number) => Rng,
  ): number {
    const noise = this.noise.get(variable)!;
    const unit = this.plan.units.get(variable)!;
    let log = unit.abduct(value, this.parentsOf(node), rng(variable), noise);
    const mix = this.plan.correlated.get(variable);
    if (mix !== undefined) {
      let offset = 0;
      for (const [other, weight] of mix.before) offset += weight * this.innovation[other]!;
      const innovation = (noise[0]! - offset) / mix.own;
      this.innovation[variable] = innovation;
      log += logDensity("normal", innovation) - logDensity("normal", noise[0]!) - Math.log(mix.own);
    }
    return log;
  }

  private invert(step: Extract<Step, { kind: "invert" }>, rng: (variable: number) => Rng): number {
    const unit = this.plan.units.get(step.variable)!;
    const parents = this.parentsOf(step.node);
    const none: number[] = [];
    parents[step.slot] = 0;
    const intercept = unit.value(none, parents);
    parents[step.slot] = 1;
    const slope = unit.value(none, parents) - intercept;
    if (slope === 0) return -Infinity;
    const root = (step.value - intercept) / slope;
    this.values[step.root] = root;
    this.values[step.node] = step.value;
    const { variable } = this.plan.network.nodes[step.root]!;
    return this.abduct(step.root, variable, root, rng) - Math.log(Math.abs(slope));
  }

  /** A function may set a discrete variable to its levels only. */
  private levelOf(node: number, value: number): number {
    const { domain, name } = this.plan.network.variable(node);
    if (domain.kind === "real" || domain.values.includes(value)) return value;
    throw badQuery(
      `The query sets "${name}" to ${value}, which is not one of its levels`,
      value,
      `one of ${domain.levels.join(", ")}`,
    );
  }
}
