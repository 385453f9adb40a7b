import { DiscreteNetwork } from "./discrete-network.ts";
import type { NodeEvent, OpenPiece } from "./discrete-network.ts";
import { compileExpression } from "./expression.ts";
import { eliminate } from "./factor.ts";
import type { EliminationReport, Factor } from "./factor.ts";
import { levelsOfEvent } from "./parts.ts";
import type { Part } from "./parts.ts";
import type { StructuralModel } from "./model.ts";
import type { Event, Term } from "./query.ts";
import { WorldNetwork } from "./worlds.ts";

/** A part compiled to factors: numerator and denominator of its conditional mean. */
export interface CompiledPart {
  readonly numerator: DiscreteNetwork;
  /** The part's own value, as a factor over some of the numerator's nodes. */
  readonly value: Factor | undefined;
  readonly denominator: DiscreteNetwork;
  readonly rung: 1 | 2 | 3;
  /** The node whose distribution is asked. */
  readonly openNode: number | undefined;
}

export type PartAnswer =
  | {
      readonly kind: "value";
      readonly value: number;
      readonly distribution: Float64Array | undefined;
      readonly report: EliminationReport;
    }
  | { readonly kind: "open"; readonly open: readonly OpenPiece[] }
  | { readonly kind: "impossible" };

/** Builds the joint network of a part's worlds; every variable it reaches must be discrete. */
export function compilePart(model: StructuralModel, part: Part, open?: Term): CompiledPart {
  const network = new WorldNetwork(model);
  const given = eventsIn(network, part.given, part);
  const events = eventsIn(network, part.events, part);
  const terms = part.terms.map((term) => network.nodeOf(term, part.doing));
  const openNode = open === undefined ? undefined : network.nodeOf(open, part.doing);
  const numerator = new DiscreteNetwork(network, [
    ...given,
    // The distribution of an open variable replaces the event that its value is 1.
    ...(openNode === undefined ? events : []),
  ]);
  const evidence = new WorldNetwork(model);
  const denominator = new DiscreteNetwork(evidence, eventsIn(evidence, part.given, part));
  return {
    numerator,
    value: part.value === undefined ? undefined : valueFactor(numerator, part, terms),
    denominator,
    rung: network.rung(),
    openNode,
  };
}

function eventsIn(
  network: WorldNetwork,
  events: readonly Event[],
  part: Part,
): readonly NodeEvent[] {
  return events.map((event) => ({
    node: network.nodeOf(event.term, part.doing),
    allowed: levelsOfEvent(network.model, event),
  }));
}

function valueFactor(network: DiscreteNetwork, part: Part, terms: readonly number[]): Factor {
  const names = terms.map((_, i) => `#${i}`);
  const compiled = compileExpression(part.value!, names);
  const domains = terms.map((node) => network.domain(node));
  const values = new Float64Array(terms.length);
  return network.tabulate(terms, (levels) => {
    domains.forEach((domain, i) => {
      if (domain.kind === "discrete") values[i] = domain.values[levels[i]!]!;
    });
    return compiled(values);
  });
}

/** E[value · 1(events) | given] by variable elimination, or what stands in the way. Throws `TooWide`. */
export function answerPart(compiled: CompiledPart): PartAnswer {
  const { numerator, denominator, value, openNode } = compiled;
  if (denominator.impossible) return { kind: "impossible" };
  const open = [...denominator.open, ...numerator.open];
  const bottom =
    denominator.open.length > 0 ? undefined : eliminate(denominator.factors, denominator.cards, []);
  if (bottom !== undefined && !(bottom.factor.values[0]! > 0)) return { kind: "impossible" };
  if (open.length > 0 || bottom === undefined) return { kind: "open", open };
  const mass = bottom.factor.values[0]!;
  const factors = value === undefined ? numerator.factors : [...numerator.factors, value];
  let distribution: Float64Array | undefined;
  let report = bottom.report;
  if (openNode !== undefined) {
    const own = numerator.representative(openNode);
    const level = numerator.fixedLevel(openNode);
    if (level >= 0) {
      distribution = new Float64Array(numerator.cards[own]!);
      distribution[level] = 1;
    } else {
      const top = eliminate(numerator.factors, numerator.cards, [own]);
      distribution = top.factor.values.map((x) => x / mass);
      report = wider(report, top.report);
    }
  }
  if (openNode !== undefined && value === undefined) {
    return { kind: "value", value: distribution![1] ?? 0, distribution, report };
  }
  if (numerator.impossible) return { kind: "value", value: 0, distribution, report };
  const top = eliminate(factors, numerator.cards, []);
  report = wider(report, top.report);
  return { kind: "value", value: top.factor.values[0]! / mass, distribution, report };
}

/** The costlier of two reports. */
export function wider(a: EliminationReport, b: EliminationReport): EliminationReport {
  return {
    width: Math.max(a.width, b.width),
    largest: Math.max(a.largest, b.largest),
    nodes: Math.max(a.nodes, b.nodes),
  };
}
