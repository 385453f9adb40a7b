import { UserError } from "../../app/errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { OtherLaws } from "../identify/index.ts";
import { type Clause, parseName, splitAtCommas } from "./language.ts";

/** A variable named in a clause, with where it stands. */
interface Named {
  readonly name: string;
  readonly start: number;
}

/** What a question says about the laws at hand, as written. */
export interface LawClauses {
  readonly laws: OtherLaws;
  readonly variables: readonly Named[];
}

type Given = "from" | "to" | "except" | "given";

/**
 * `given experiments on z and on w, x` (beside the observed law), `given only experiments on z`; for another
 * population `from trial to town except z given experiments on x`, where experiments are the source's unless
 * `at town` says otherwise. `undefined` when nothing is said. Throws `UserError` with place.
 */
export function lawsOf(clauses: { readonly [P in Given]?: Clause }): LawClauses | undefined {
  const { from, to, except, given } = clauses;
  if (to === undefined && except === undefined && given === undefined) return undefined;
  const variables: Named[] = [];
  if (to === undefined || from === undefined) {
    const alone = to ?? except;
    if (alone !== undefined)
      throw mistake(alone, "the populations, as in from trial to town except z");
    const { observed, experiments } = experimentsOf(given, [], variables);
    const own = experiments.map(({ act }) => act);
    return { laws: { experiments: [...(observed ? [[]] : []), ...own] }, variables };
  }
  const name = parseName(from, "a name for the population studied");
  const target = parseName(to, "a name for the population asked about");
  if (name === target) throw mistake(to, "another name than the population studied has");
  const shifted = except === undefined ? [] : namesOf(except, variables);
  const { observed, experiments } = experimentsOf(given, [name, target], variables);
  if (!observed && given !== undefined)
    throw mistake(given, "experiments without only: the source's observed law is at hand too");
  const at = (where: string): string[][] =>
    experiments.filter((one) => (one.where ?? name) === where).map(({ act }) => act);
  return {
    laws: {
      experiments: [[], ...at(target)],
      source: { name, target, shifted, experiments: at(name) },
    },
    variables,
  };
}

interface Experiment {
  readonly act: string[];
  readonly where: string | undefined;
}

function experimentsOf(
  given: Clause | undefined,
  populations: readonly string[],
  variables: Named[],
): { readonly observed: boolean; readonly experiments: readonly Experiment[] } {
  if (given === undefined) return { observed: true, experiments: [] };
  const head = /^(only\s+)?(?:an?\s+)?experiments?\s+on\s+/u.exec(given.text);
  if (head === null) throw mistake(given, "experiments, as in given experiments on z");
  const experiments: Experiment[] = [];
  let from = head[0].length;
  const pieces = given.text.slice(from).split(/(\s+and\s+(?:on\s+)?)/u);
  pieces.forEach((piece, i) => {
    if (i % 2 === 0) {
      const where = /\s+at\s+(\S+)$/u.exec(piece);
      const text = where === null ? piece : piece.slice(0, where.index);
      const clause = { text: text.trim(), start: given.start + from };
      const place = where?.[1];
      if (place !== undefined && !populations.includes(place)) {
        throw mistake(
          { text: place, start: given.start + from + piece.length - place.length },
          populations.length === 0
            ? "populations named by from … to … before an experiment is placed at one"
            : `one of the populations, ${populations.join(" or ")}`,
        );
      }
      experiments.push({ act: namesOf(clause, variables), where: place });
    }
    from += piece.length;
  });
  return { observed: head[1] === undefined, experiments };
}

function namesOf(clause: Clause, variables: Named[]): string[] {
  return splitAtCommas(clause).map(({ text, start }) => {
    const name = text.replace(/^"(.*)"$/u, "$1").trim();
    if (name === "") throw mistake(clause, "variables of the graph, with commas between them");
    variables.push({ name, start });
    return name;
  });
}

/** Refuses variables that the graph does not measure. Throws `UserError` with the word's place. */
export function checkLaws({ variables }: LawClauses, graph: Graph, graphName: string): void {
  for (const { name, start } of variables) {
    const node = graph.nodes.find((one) => one.name === name);
    if (node !== undefined && !node.latent) continue;
    const known = graph.nodes.filter(({ latent }) => !latent).map((one) => one.name);
    throw new UserError({
      code: node === undefined ? "unknown-node" : "query-unmeasured",
      message:
        node === undefined
          ? `${graphName} has no variable ${name}.`
          : `${name} is unmeasured in ${graphName}: no experiment sets it and no data tell that it differs.`,
      value: name,
      expected: `one of ${known.slice(0, 12).join(", ")}`,
      place: { start, end: start + name.length },
    });
  }
}

function mistake({ text, start }: Clause, expected: string): UserError {
  return new UserError({
    code: "identify-laws",
    message: `"${text}" does not say which laws are at hand.`,
    value: text,
    expected,
    place: { start, end: start + Math.max(1, text.length) },
  });
}
