import { multiplyVector } from "../math/dense.ts";
import { normalCdf } from "../math/distributions.ts";
import { affineOf, constant } from "./affine.ts";
import type { Affine } from "./affine.ts";
import { correlationMatrix } from "./build-model.ts";
import { DiscreteNetwork, NoExactMethod } from "./discrete-network.ts";
import type { NodeEvent, OpenPiece } from "./discrete-network.ts";
import { eliminate } from "./factor.ts";
import { badQuery } from "./messages.ts";
import { noiseMean } from "./noise.ts";
import { holds, levelsOfEvent } from "./parts.ts";
import type { Part } from "./parts.ts";
import type { StructuralModel } from "./model.ts";
import type { Event, Term } from "./query.ts";
import { WorldNetwork } from "./worlds.ts";

export type GaussianAnswer =
  | {
      readonly kind: "value";
      readonly value: number;
      /** Mean and standard deviation of the open term. */
      readonly spread: { readonly mean: number; readonly standardDeviation: number } | undefined;
      readonly components: number;
    }
  | { readonly kind: "open"; readonly open: readonly OpenPiece[] }
  | { readonly kind: "impossible" };

interface RealEvent {
  readonly node: number;
  readonly event: Event;
}

/** One configuration of the discrete variables that matter, with the law of the noises given the evidence. */
interface Component {
  readonly weight: number;
  readonly form: (node: number) => Affine;
  readonly law: NoiseLaw;
}

const COMPONENT_LIMIT = 2 ** 18;

/**
 * E[value · 1(events) | given] when continuous variables are linear in one another given the discrete ones
 * (conditional linear-Gaussian; Lauritzen 1992, over the joint network of all worlds). The answer is a mixture over
 * configurations of discrete parents. Means without continuous evidence need no normality; evidence on continuous
 * variables and probabilities do. Throws `NoExactMethod` where the form does not hold.
 * O(configurations · (noises² · evidence + nodes · noises)).
 */
export function answerGaussianPart(
  model: StructuralModel,
  part: Part,
  open?: Term,
): GaussianAnswer {
  const network = new WorldNetwork(model);
  const given = splitEvents(network, part.given, part);
  const events = splitEvents(network, part.events, part);
  const terms = part.terms.map((term) => network.nodeOf(term, part.doing));
  const openNode = open === undefined ? undefined : network.nodeOf(open, part.doing);
  for (const { event } of events.real) refuseEquality(event);
  if (given.real.some(({ event }) => event.relation !== "=")) {
    throw new NoExactMethod("The evidence is a range of a continuous variable.");
  }
  const discrete = new DiscreteNetwork(network, given.discrete);
  if (discrete.impossible) return { kind: "impossible" };
  if (discrete.open.length > 0) return { kind: "open", open: discrete.open };
  const components = mixture(network, discrete, given.real, [
    ...terms,
    ...events.discrete.map((e) => e.node),
  ]);
  if (components.list.length === 0) return { kind: "impossible" };
  let total = 0;
  let top = 0;
  let first = 0;
  let second = 0;
  for (const { component, level } of components.list) {
    const { weight, form, law } = component;
    total += weight;
    const possible = events.discrete.every(({ node, allowed }) => allowed[level(node)] === 1);
    if (possible) {
      top += weight * probability(events.real, form, law) * meanOf(part, terms, form, law);
    }
    if (openNode !== undefined) {
      const { mean, variance } = law.project(form(openNode));
      first += weight * mean;
      second += weight * (variance + mean * mean);
    }
  }
  const mean = first / total;
  return {
    kind: "value",
    value: top / total,
    spread:
      openNode === undefined
        ? undefined
        : { mean, standardDeviation: Math.sqrt(Math.max(0, second / total - mean * mean)) },
    components: components.list.length,
  };
}

function splitEvents(
  network: WorldNetwork,
  events: readonly Event[],
  part: Part,
): { readonly discrete: readonly NodeEvent[]; readonly real: readonly RealEvent[] } {
  const discrete: NodeEvent[] = [];
  const real: RealEvent[] = [];
  for (const event of events) {
    const node = network.nodeOf(event.term, part.doing);
    if (network.variable(node).domain.kind === "real") {
      if (typeof event.value !== "number") {
        const { name } = network.variable(node);
        throw badQuery(`"${name}" is a number, not "${event.value}"`, event.value, "a number");
      }
      real.push({ node, event });
    } else discrete.push({ node, allowed: levelsOfEvent(network.model, event) });
  }
  return { discrete, real };
}

/** A continuous variable takes any one value with probability zero: the user wants a range or a mean. */
export function refuseEquality(event: Event): void {
  if (event.relation !== "=" && event.relation !== "!=") return;
  const { variable } = event.term;
  throw badQuery(
    `"${variable}" is continuous, so P(${variable} ${event.relation} ${event.value}) says nothing`,
    event.value,
    `a range, e.g. P(${variable} > ${event.value}), or a mean E[${variable}]`,
  );
}

function meanOf(
  part: Part,
  terms: readonly number[],
  form: (node: number) => Affine,
  law: NoiseLaw,
): number {
  if (part.value === undefined) return 1;
  const value = affineOf(part.value, law.size + 1, (name) => form(terms[Number(name.slice(1))]!));
  if (value === undefined) throw new NoExactMethod("The mean is of a nonlinear expression.");
  return law.project(value).mean;
}

function probability(
  events: readonly RealEvent[],
  form: (node: number) => Affine,
  law: NoiseLaw,
): number {
  if (events.length === 0) return 1;
  const [first] = events as [RealEvent];
  let [low, high] = [-Infinity, Infinity];
  for (const { node, event } of events) {
    const { mean, variance, normal } = law.project(form(node));
    const value = Number(event.value);
    if (variance === 0) {
      if (!holds(mean, event.relation, value)) return 0;
      continue;
    }
    if (!normal) throw new NoExactMethod("The noise is not normal.");
    const sign = node === first.node ? 1 : along(law, form(first.node), form(node));
    // Of one standard normal noise, which all these ranges speak of.
    const bound = (sign * (value - mean)) / Math.sqrt(variance);
    if (event.relation!.startsWith("<") === sign > 0) high = Math.min(high, bound);
    else low = Math.max(low, bound);
  }
  if (low >= high) return 0;
  // On the side where the tail is small, so that little is lost in the difference.
  return low > 0 ? normalCdf(-low) - normalCdf(-high) : normalCdf(high) - normalCdf(low);
}

/** 1 or -1 where one form is a straight line of the other, going up or down: the same unit in two worlds, say. */
function along(law: NoiseLaw, a: Affine, b: Affine): 1 | -1 {
  const [first, second] = [law.project(a).variance, law.project(b).variance];
  if (first > 0) {
    const scale = Math.sqrt(second / first);
    for (const sign of [1, -1] as const) {
      const rest = law.project(b.map((x, i) => x - sign * scale * a[i]!)).variance;
      if (rest <= 1e-18 * second) return sign;
    }
  }
  throw new NoExactMethod("Several ranges of continuous variables.");
}

function mixture(
  network: WorldNetwork,
  discrete: DiscreteNetwork,
  evidence: readonly RealEvent[],
  asked: readonly number[],
): {
  readonly list: readonly {
    readonly component: Component;
    readonly level: (node: number) => number;
  }[];
} {
  const isReal = (node: number): boolean => network.variable(node).domain.kind === "real";
  const needed = new Set<number>();
  const want = (node: number): void => {
    if (!isReal(node) && discrete.fixedLevel(node) < 0) needed.add(discrete.representative(node));
  };
  for (const node of network.nodes) if (isReal(node.id)) node.parents.forEach(want);
  asked.forEach(want);
  const { factor } = eliminate(discrete.factors, discrete.cards, [...needed]);
  if (factor.values.length > COMPONENT_LIMIT) {
    throw new NoExactMethod(`The mixture has ${factor.values.length} components.`);
  }
  const slots = new Map(factor.scope.map((node, i) => [node, i]));
  const basis = noiseBasis(network);
  const found: {
    component: Component;
    level: (node: number) => number;
    log: number;
    order: number;
  }[] = [];
  factor.values.forEach((mass, index) => {
    if (!(mass > 0)) return;
    const digits = new Int32Array(factor.scope.length);
    let rest = index;
    for (let d = digits.length - 1; d >= 0; d--) {
      const card = discrete.cards[factor.scope[d]!]!;
      digits[d] = rest % card;
      rest = (rest - digits[d]!) / card;
    }
    const level = (node: number): number => {
      const fixed = discrete.fixedLevel(node);
      return fixed >= 0 ? fixed : (digits[slots.get(discrete.representative(node)) ?? -1] ?? -1);
    };
    const forms = affineForms(network, discrete, basis, level);
    const form = (node: number): Affine => forms[node]!;
    const law = new NoiseLaw(network.model, basis);
    const fit = law.condition(evidence.map(({ node, event }) => [form(node), Number(event.value)]));
    if (fit === undefined) return;
    found.push({
      component: { weight: 0, form, law },
      level,
      log: Math.log(mass) + fit.log,
      order: fit.exact,
    });
  });
  // A configuration that gives an observed value exactly outweighs any that only has a density there.
  const order = Math.max(...found.map((f) => f.order));
  const best = found.filter((f) => f.order === order);
  const highest = Math.max(...best.map((f) => f.log));
  return {
    list: best.map(({ component, level, log }) => ({
      component: { ...component, weight: Math.exp(log - highest) },
      level,
    })),
  };
}

/** Which basis element is the private noise of which variable index. */
type NoiseBasis = ReadonlyMap<number, number>;

function noiseBasis(network: WorldNetwork): NoiseBasis {
  const basis = new Map<number, number>();
  for (const node of network.nodes) {
    const { mechanism } = network.variable(node.id);
    if (node.kind !== "mechanism" || mechanism.kind !== "additive" || basis.has(node.variable))
      continue;
    basis.set(node.variable, basis.size + 1);
  }
  return basis;
}

function affineForms(
  network: WorldNetwork,
  discrete: DiscreteNetwork,
  basis: NoiseBasis,
  level: (node: number) => number,
): readonly Affine[] {
  const size = basis.size + 1;
  const forms: Affine[] = [];
  for (const node of network.nodes) {
    const { domain, mechanism, parents: names, name } = network.variable(node.id);
    const own = discrete.representative(node.id);
    if (own !== node.id) {
      forms.push(forms[own]!);
      continue;
    }
    if (domain.kind === "discrete") {
      // A discrete node that was summed out has no level here: no continuous variable reads it.
      forms.push(constant(domain.values[level(node.id)] ?? Number.NaN, size));
      continue;
    }
    if (node.kind === "constant") {
      forms.push(constant(node.value, size));
      continue;
    }
    const readNames = node.kind === "mechanism" ? names : node.names;
    const lookup = (read: string): Affine | undefined => {
      const slot = readNames.indexOf(read);
      return slot < 0 ? undefined : forms[node.parents[slot]!];
    };
    if (node.kind === "policy") throw new Error("A policy sets a discrete variable.");
    let form: Affine | undefined;
    if (node.kind === "function") form = affineOf(node.expression, size, lookup);
    else if (mechanism.kind === "function") form = affineOf(mechanism.expression, size, lookup);
    else if (mechanism.kind === "additive") {
      const scale = affineOf(mechanism.scale, size, lookup);
      form = affineOf(mechanism.location, size, lookup);
      if (form !== undefined && scale !== undefined && scale.subarray(1).every((x) => x === 0)) {
        if (!(scale[0]! > 0)) {
          throw badQuery(
            `The spread of "${name}" is ${scale[0]} here`,
            scale[0],
            "a number above 0",
          );
        }
        form = form.slice();
        form[basis.get(node.variable)!]! += scale[0]!;
      } else form = undefined;
    }
    if (form === undefined) throw new NoExactMethod(`"${name}" is not linear in its causes.`);
    forms.push(form);
  }
  return forms;
}

/** The joint law of the standard noises, normal where it must be. */
class NoiseLaw {
  readonly size: number;
  private readonly mean: Float64Array;
  /** `[size, size]`. */
  private readonly covariance: Float64Array;
  private readonly isNormal: Uint8Array;

  constructor(model: StructuralModel, basis: NoiseBasis) {
    this.size = basis.size;
    const families = [...basis.keys()].map((index) => {
      const { mechanism } = model.variables[index]!;
      return mechanism.kind === "additive" ? mechanism.noise : "normal";
    });
    this.mean = Float64Array.from(families, noiseMean);
    this.isNormal = Uint8Array.from(families, (family) => Number(family === "normal"));
    const names = [...basis.keys()].map((index) => model.variables[index]!.name);
    this.covariance = correlationMatrix(names, model.correlations);
  }

  /** Mean and variance of an affine form. The variance is right only when `normal`, or zero. */
  project(form: Affine): {
    readonly mean: number;
    readonly variance: number;
    readonly normal: boolean;
  } {
    let mean = form[0]!;
    let variance = 0;
    let normal = true;
    let scale = 0;
    for (let i = 0; i < this.size; i++) {
      const slope = form[i + 1]!;
      if (slope === 0) continue;
      mean += slope * this.mean[i]!;
      normal &&= this.isNormal[i] === 1;
      scale += slope * slope;
      for (let j = 0; j < this.size; j++)
        variance += slope * form[j + 1]! * this.covariance[i * this.size + j]!;
    }
    return { mean, variance: variance > 1e-13 * scale ? variance : 0, normal };
  }

  /**
   * Conditions on form = value, one after the other. Returns the log density, and how many of the values were already
   * certain; undefined when one contradicts what is certain.
   */
  condition(
    evidence: readonly (readonly [Affine, number])[],
  ): { readonly log: number; readonly exact: number } | undefined {
    let log = 0;
    let exact = 0;
    for (const [form, value] of evidence) {
      const { mean, variance, normal } = this.project(form);
      if (!normal) throw new NoExactMethod("The noise is not normal.");
      const surprise = value - mean;
      if (variance === 0) {
        if (Math.abs(surprise) > 1e-9 * (1 + Math.abs(value))) return undefined;
        exact++;
        continue;
      }
      log -= 0.5 * (Math.log(2 * Math.PI * variance) + (surprise * surprise) / variance);
      this.update(form, surprise, variance);
    }
    return { log, exact };
  }

  private update(form: Affine, surprise: number, variance: number): void {
    const { size } = this;
    const gain = multiplyVector(this.covariance, form.subarray(1), size, size);
    for (let i = 0; i < size; i++) {
      this.mean[i]! += (gain[i]! * surprise) / variance;
      for (let j = 0; j < size; j++)
        this.covariance[i * size + j]! -= (gain[i]! * gain[j]!) / variance;
    }
  }
}
