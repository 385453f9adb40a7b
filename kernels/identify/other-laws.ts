import type { Assumption } from "../../app/claim.ts";
import { idsOf } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import type { Source } from "./id.ts";
import type { IdentifyOptions } from "./options.ts";

/** What is known beside, or instead of, the observed law of the population asked about. */
export type OtherLaws = Pick<IdentifyOptions, "experiments" | "source">;

/** What the source population's law is called in formulas. */
export const sourceName = ({ source }: OtherLaws): string => source?.name ?? "source";

/** The laws at hand for gID and transport; `undefined` when it is the observed law alone. */
export function sourcesOf(measured: Graph, laws: OtherLaws): readonly Source[] | undefined {
  if (laws.experiments === undefined && laws.source === undefined) return undefined;
  const none = new Set<number>();
  const target = (laws.experiments ?? [[]]).map((act) => ({
    act: idsOf(measured, act),
    shifted: none,
  }));
  if (laws.source === undefined) return target;
  const shifted = new Set(idsOf(measured, laws.source.shifted));
  const away = [[], ...laws.source.experiments].map((act) => ({
    law: sourceName(laws),
    act: idsOf(measured, act),
    shifted,
  }));
  return [...target, ...away];
}

/** The laws at hand in the field's notation: `P(v)`, `P(v | do(z))`; of two populations `P(v | do(x)) in trial`. */
export function lawTexts(laws: OtherLaws): readonly string[] {
  const { source } = laws;
  const write = (act: readonly string[], where: string): string =>
    `P(v${act.length === 0 ? "" : ` | do(${act.join(", ")})`})${where === "" ? "" : ` in ${where}`}`;
  const here = source === undefined ? "" : (source.target ?? "the target");
  const own = (laws.experiments ?? [[]]).map((act) => write(act, here));
  if (source === undefined) return own;
  return [...own, ...[[], ...source.experiments].map((act) => write(act, sourceName(laws)))];
}

/** What must hold for these laws to speak of the population asked about, besides what the graph says. */
export function lawAssumptions(laws: OtherLaws): readonly Assumption[] {
  const found: Assumption[] = [];
  const trial = (act: readonly string[], where: string): void => {
    if (act.length === 0) return;
    found.push({
      id: `experiment:${[...act].sort().join(",")}${where === "" ? "" : `@${where}`}`,
      kind: "experiment",
      text: `The experiment on ${act.join(" and ")}${where === "" ? "" : ` in ${where}`} set nothing else, and its units are like those asked about.`,
      variables: act,
    });
  };
  for (const act of laws.experiments ?? []) trial(act, laws.source?.target ?? "");
  if (laws.source === undefined) return found;
  const { shifted, experiments, target = "the target" } = laws.source;
  const name = sourceName(laws);
  for (const act of experiments) trial(act, name);
  const apart = shifted.length === 0 ? "Every" : `Apart from ${shifted.join(", ")}, every`;
  found.push({
    id: `same-mechanisms:${name},${target}`,
    kind: "same-mechanisms",
    text: `${apart} variable comes about in ${name} as it does in ${target}.`,
    variables: shifted,
  });
  return found;
}
