import { unitAssumptions } from "../../app/claim.ts";
import type { Assumption, Claim } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import { descendants, parents } from "../graph/relations.ts";
import { idsOf } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import { makeClaim } from "./claims.ts";

/** A design that the user declares: treatment changes where the running variable passes the cutoff. */
export interface DiscontinuityDesign {
  readonly kind: "discontinuity";
  readonly running: string;
  readonly cutoff: number;
  readonly treatment: string;
  readonly outcome: string;
  /** Sharp: the running variable alone decides the treatment. Fuzzy: it moves it, as an instrument at the cutoff. */
  readonly form: "sharp" | "fuzzy";
  readonly claim: Claim;
}

/**
 * Regression discontinuity as a declared design (Hahn, Todd & Van der Klaauw 2001): the effect at the cutoff is
 * identified under continuity there, which no graph can state, so the claim lists it. The graph has to say that
 * the running variable causes the treatment and is not its effect; it is sharp when nothing else, measured or not,
 * causes the treatment. Throws `UserError` `not-a-discontinuity`, `unknown-node`.
 */
export function discontinuityDesign(
  graph: Graph,
  design: {
    readonly running: string;
    readonly cutoff: number;
    readonly treatment: string;
    readonly outcome: string;
  },
): DiscontinuityDesign {
  const { running, cutoff, treatment, outcome } = design;
  idsOf(graph, [running, treatment, outcome]);
  const measured = latentProjection(graph);
  if (
    !parents(measured, treatment).includes(running) ||
    !descendants(measured, treatment).includes(outcome)
  ) {
    throw new UserError({
      code: "not-a-discontinuity",
      message: `The graph does not say that ${running} decides ${treatment} and that ${treatment} may affect ${outcome}.`,
      value: running,
      expected: `${running} -> ${treatment}, and a way from ${treatment} to ${outcome}`,
      hint: "Draw these arrows, or choose another running variable.",
    });
  }
  const tied = measured.edges.some(
    (edge) => edge.mark === "<->" && (edge.from === treatment || edge.to === treatment),
  );
  const form = parents(measured, treatment).length === 1 && !tied ? "sharp" : "fuzzy";
  const query = `E[${outcome} | do(${treatment}=1), ${running}=${cutoff}] - E[${outcome} | do(${treatment}=0), ${running}=${cutoff}]`;
  const say = (id: string, text: string, variables: readonly string[]): Assumption => ({
    id: `${id}:${running},${treatment}`,
    kind: id,
    text,
    variables,
  });
  const assumptions = [
    say(
      "continuity",
      `Without a change of ${treatment}, ${outcome} would pass the cutoff ${cutoff} of ${running} smoothly.`,
      [running, outcome],
    ),
    say(
      "no-manipulation",
      `Units cannot choose on which side of the cutoff of ${running} they are.`,
      [running],
    ),
    say("local", `The effect is that of units at the cutoff, not of everybody.`, [
      running,
      treatment,
      outcome,
    ]),
    ...(form === "fuzzy"
      ? [
          say(
            "monotonicity",
            `Passing the cutoff moves ${treatment} in one direction for everybody whom it moves.`,
            [running, treatment],
          ),
        ]
      : []),
  ];
  return {
    kind: "discontinuity",
    running,
    cutoff,
    treatment,
    outcome,
    form,
    claim: makeClaim(2, query, "identified", [...assumptions, ...unitAssumptions([treatment])], []),
  };
}
