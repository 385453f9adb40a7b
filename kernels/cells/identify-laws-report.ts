import type { Block, GraphBlock, Report } from "../../app/protocol/report.ts";
import type { Graph } from "../graph/graph.ts";
import { ancestors, latentProjection } from "../graph/index.ts";
import { type Identification, identify, lawTexts, type OtherLaws } from "../identify/index.ts";
import { listing } from "./format.ts";
import { identifyReport } from "./identify-report.ts";

/** The report of an answer from other laws: which they are, the selection diagram, and what would help where none is. */
export function otherLawsReport(
  result: Identification,
  graph: Graph,
  text: string,
  laws: OtherLaws,
): Report {
  const report = identifyReport(result, graph);
  const blocks = report.blocks.map((block) =>
    block.kind === "graph" ? diagram(block, laws) : block,
  );
  const at = blocks.findIndex(({ kind }) => kind === "graph");
  const help = result.kind === "not-identified" ? helpful(graph, text, laws) : undefined;
  const told: Block[] = [{ kind: "text", text: lawsText(laws) }];
  const opened = blocks.map((block): Block => {
    if (block.kind !== "notice" || result.kind !== "not-identified") return block;
    const { hint: _, ...notice } = block;
    return help === undefined ? notice : { ...notice, hint: help };
  });
  return { ...report, blocks: [...opened.slice(0, at), ...told, ...opened.slice(at)] };
}

function lawsText(laws: OtherLaws): string {
  const texts = listing(lawTexts(laws).map((text) => text.replace(/^P\(.*\)/u, "`$&`")));
  const { source } = laws;
  const apart =
    source === undefined
      ? ""
      : source.shifted.length === 0
        ? ` Nothing is said to differ between ${source.name} and ${source.target}.`
        : ` ${listing(source.shifted)} may come about otherwise in ${source.name} than in ${source.target}, as the boxes in the graph say. In a formula, laws of ${source.name} carry its name.`;
  return `Laws at hand, of the variables v of the graph: ${texts}.${apart}`;
}

/** With a box for each variable whose mechanism differs: a selection diagram (Pearl & Bareinboim 2011). */
function diagram(block: GraphBlock, { source }: OtherLaws): GraphBlock {
  const drawn = new Set(block.nodes.map(({ name }) => name));
  const shifted = (source?.shifted ?? []).filter((name) => drawn.has(name));
  if (shifted.length === 0) return block;
  const box = (name: string): string => `${name} differs`;
  return {
    ...block,
    nodes: [
      ...block.nodes,
      ...shifted.map((name) => ({ name: box(name), role: "selection" as const })),
    ],
    edges: [
      ...block.edges,
      ...shifted.map((name) => ({ from: box(name), to: name, mark: "->" as const })),
    ],
    summary: `${block.summary} Boxes mark what differs between the populations: ${listing(shifted)}.`,
  };
}

const mostTried = 12;

/** Which single further experiment would do. */
function helpful(graph: Graph, text: string, laws: OtherLaws): string | undefined {
  const measured = latentProjection(graph);
  const asked = identify(graph, text, { strategies: false, derivation: false, confirm: false });
  const outcomes = outcomesOf(asked);
  const near = measured.nodes
    .map(({ name }) => name)
    .filter((name) => !outcomes.includes(name) && ancestors(measured, outcomes).includes(name));
  const enough = near.slice(0, mostTried).filter((name) => {
    const more: OtherLaws = { ...laws, experiments: [...(laws.experiments ?? [[]]), [name]] };
    const { kind } = identify(graph, text, {
      ...more,
      strategies: false,
      derivation: false,
      confirm: false,
    });
    return kind === "identified" || kind === "zero-by-structure";
  });
  const where = laws.source?.target === undefined ? "" : ` in ${laws.source.target}`;
  if (enough.length === 0) return undefined;
  return `An experiment on ${enough.slice(0, 4).join(" or on ")}${where} would be enough.`;
}

function outcomesOf({ query }: Identification): readonly string[] {
  const visit = (one: Identification["query"]): string[] =>
    one.kind === "difference"
      ? [...visit(one.left), ...visit(one.right)]
      : one.kind === "probability"
        ? one.of.map(({ variable }) => variable)
        : [one.of.variable];
  return visit(query);
}
