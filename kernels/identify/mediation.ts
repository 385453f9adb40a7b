import { UserError } from "../../app/errors.ts";
import { closure } from "../graph/relations.ts";
import { compact, idsOf, near } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import type { Value } from "./estimand.ts";
import { identify } from "./identify.ts";
import type { IdentifyOptions } from "./options.ts";
import type { Query, Setting } from "./query.ts";
import type { Identification } from "./result.ts";

export interface MediationQuestion {
  readonly treatment: string;
  readonly outcome: string;
  readonly mediators: readonly string[];
  /** The treatment's value of interest and the one it is compared with; 1 and 0 unless said. */
  readonly active?: number | string;
  readonly reference?: number | string;
}

export interface NaturalEffects {
  readonly kind: "natural-effects";
  /** E[Y_{x, M_{x*}}] - E[Y_{x*}]: what changes when only the direct ways see the treatment. */
  readonly direct: Identification;
  /** E[Y_{x*, M_x}] - E[Y_{x*}]: what changes when only the mediators see it. */
  readonly indirect: Identification;
  readonly total: Identification;
}

const value = (of: number | string): Value => ({ kind: "constant", value: of });
const mean = (variable: string, settings: readonly Setting[]): Query => ({
  kind: "expectation",
  of: { variable, do: settings },
  given: [],
});

/**
 * Natural direct and indirect effects through the given mediators, and the total effect (Pearl 2001), decided as nested
 * counterfactuals. Throws `UserError` for unknown or unmeasured variables.
 */
export function naturalEffects(
  graph: Graph,
  question: MediationQuestion,
  options: IdentifyOptions = {},
): NaturalEffects {
  const { treatment, outcome, mediators, active = 1, reference = 0 } = question;
  idsOf(graph, [treatment, outcome, ...mediators]);
  const set = (level: number | string): Setting => ({ variable: treatment, to: value(level) });
  const through = (level: number | string): Setting[] =>
    mediators.map((mediator) => ({
      variable: mediator,
      to: { kind: "counterfactual", event: { variable: mediator, do: [set(level)] } },
    }));
  const less = (left: Query, right: Query): Identification =>
    identify(graph, { kind: "difference", left, right }, options);
  const base = mean(outcome, [set(reference)]);
  return {
    kind: "natural-effects",
    direct: less(mean(outcome, [set(active), ...through(reference)]), base),
    indirect: less(mean(outcome, [set(reference), ...through(active)]), base),
    total: less(mean(outcome, [set(active)]), base),
  };
}

export interface PathQuestion {
  readonly treatment: string;
  readonly outcome: string;
  /** The paths that carry the change, each a list of nodes from treatment to outcome. */
  readonly paths: readonly (readonly string[])[];
  readonly active?: number | string;
  readonly reference?: number | string;
}

export interface PathSpecificEffect {
  readonly kind: "path-specific-effect";
  readonly identification: Identification;
  /**
   * A node that would have to be in both worlds at once, because some of its ways to the outcome carry the change and
   * others do not (Avin, Shpitser & Pearl 2005, theorem 5).
   */
  readonly recantingWitness?: string;
}

/**
 * The effect of changing the treatment along some paths only. The paths must be all those that their arrows make up.
 * Throws `UserError` `path-not-in-graph`, `paths-not-separable`, `unknown-node`.
 */
export function pathSpecificEffect(
  graph: Graph,
  question: PathQuestion,
  options: IdentifyOptions = {},
): PathSpecificEffect {
  const { treatment, outcome, active = 1, reference = 0 } = question;
  const measured = latentProjection(graph);
  const g = compact(measured);
  const [x = 0] = idsOf(measured, treatment);
  const [y = 0] = idsOf(measured, outcome);
  const carrying = new Set<string>();
  const key = (v: number, w: number): string => `${v}>${w}`;
  for (const path of question.paths) {
    const ids = path.flatMap((name) => idsOf(measured, name));
    const complete =
      ids[0] === x &&
      ids.at(-1) === y &&
      ids.slice(1).every((w, i) => near(g.children, ids[i] ?? 0).includes(w));
    if (!complete) {
      throw new UserError({
        code: "path-not-in-graph",
        message: `${path.join(" -> ")} is not a path from ${treatment} to ${outcome} along arrows.`,
        value: path,
        expected: "nodes joined by arrows, from the treatment to the outcome",
      });
    }
    ids.slice(1).forEach((w, i) => carrying.add(key(ids[i] ?? 0, w)));
  }
  const toOutcome = closure(g.parents, [y]);
  const count = (v: number): number =>
    v === y
      ? 1
      : [...near(g.children, v)].reduce(
          (total, w) => (carrying.has(key(v, w)) ? total + count(w) : total),
          0,
        );
  if (count(x) !== new Set(question.paths.map((path) => path.join("\u0000"))).size) {
    throw new UserError({
      code: "paths-not-separable",
      message: "The arrows of these paths make up further paths, which would carry the change too.",
      value: question.paths,
      expected: "all paths that the arrows make up",
      hint: "Add the missing paths, or choose paths that part from one another at the treatment.",
    });
  }
  const reached = closure(g.children, [x]);
  const world = (v: number, changed: boolean): readonly Setting[] =>
    [...near(g.parents, v)]
      .filter((parent) => reached.has(parent))
      .map((parent): Setting => {
        const carries = changed && carrying.has(key(parent, v));
        const variable = g.names[parent] ?? "";
        if (parent === x) return { variable, to: value(carries ? active : reference) };
        return {
          variable,
          to: { kind: "counterfactual", event: { variable, do: world(parent, carries) } },
        };
      });
  const witness = Array.from(g.order).find((v) => {
    if (v === x || v === y || !reached.has(v)) return false;
    const onward = [...near(g.children, v)].filter((w) => toOutcome.has(w));
    const enters = [...near(g.parents, v)].some((parent) => carrying.has(key(parent, v)));
    return (
      enters &&
      onward.some((w) => carrying.has(key(v, w))) &&
      onward.some((w) => !carrying.has(key(v, w)))
    );
  });
  const left = mean(outcome, world(y, true));
  const right = mean(outcome, [{ variable: treatment, to: value(reference) }]);
  const identification = identify(graph, { kind: "difference", left, right }, options);
  return {
    kind: "path-specific-effect",
    identification,
    ...(witness === undefined ? {} : { recantingWitness: g.names[witness] ?? "" }),
  };
}
