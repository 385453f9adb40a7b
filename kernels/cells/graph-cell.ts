import { UserError } from "../../app/errors.ts";
import type { Block, Report } from "../../app/protocol/report.ts";
import type { Edge, Graph } from "../graph/graph.ts";
import { testableImplications } from "../graph/implications.ts";
import { parseGraph } from "../graph/parse.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { listing } from "./format.ts";
import { graphBlock } from "./graph-block.ts";
import { admitDoubts, claimOfDoubted, type DoubtedGraph } from "./graph-doubts.ts";
import { firstImplications, implicationsBlock } from "./implications-report.ts";
import { type CellKind, outputName, parsing } from "./kind.ts";

/** The whole text is one graph, in the short form or another syntax that `parseGraph` reads. */
export const graphCell: CellKind = {
  kind: "graph",
  parse: (cell) =>
    parsing(cell.source, () => {
      const name = outputName(cell, "graph");
      if (cell.source.trim() === "") {
        throw new UserError({
          code: "graph-empty",
          message: "The graph has no arrows yet.",
          expected: "e.g. z -> x, y; x -> y; u [latent]",
          hint: "Write arrows, or draw them in the graph below.",
          place: { start: 0, end: 1 },
        });
      }
      const doubted = admitDoubts(parseGraph(cell.source), cell.doubts ?? []);
      const claim = claimOfDoubted(doubted, name);
      return {
        inputs: [],
        outputs: [name],
        diagnostics: [],
        run: (_inputs, context) => {
          context.display(displayable(reportBundle(doubtedReport(doubted))));
          return {
            values: { [name]: doubted.graph },
            ...(claim === undefined ? {} : { claim }),
          };
        },
      };
    }),
};

/** As drawn by hand, and what the ledger adds to it. */
function doubtedReport({ graph, added, refused }: DoubtedGraph): Report {
  const { summary, blocks } = graphReport(graph);
  const edges = graph.edges.filter(({ doubt }) => doubt !== undefined).map(edgeText);
  const told: Block[] = [];
  if (added.length > 0) {
    told.push(
      {
        kind: "notice",
        tone: "warning",
        title: `With ${listing(edges)} added by the ledger`,
        text: `You have switched off ${added.length === 1 ? "an assumption" : `${added.length} assumptions`} that the missing ${added.length === 1 ? "edge makes" : "edges make"}. The text of the cell is as it was.`,
      },
      { kind: "assumptions", assumptions: added, label: "Switched off" },
    );
  }
  for (const { assumption, cycle } of refused) {
    told.push(
      {
        kind: "notice",
        tone: "warning",
        title: `${assumption.variables.join(" → ")} cannot be added: the arrows would go in a circle, ${cycle.join(" → ")}`,
        text: "You have switched off an assumption that this graph cannot do without. What rests on the graph is greyed out.",
        hint: "Switch it on again, or turn one of these arrows.",
      },
      { kind: "assumptions", assumptions: [assumption] },
    );
  }
  const words = [
    summary,
    ...(edges.length === 0 ? [] : [`With ${listing(edges)} added by the ledger.`]),
    ...refused.map(({ assumption }) => `Cannot do without: ${assumption.text}`),
  ];
  return { summary: words.join(" "), blocks: [...blocks.slice(0, 1), ...told, ...blocks.slice(1)] };
}

function edgeText({ from, to, mark }: Edge): string {
  return `${from} ${mark === "<->" ? "↔" : "→"} ${to}`;
}

export function graphReport(graph: Graph): Report {
  const block = graphBlock(graph, {}, true);
  return { summary: block.summary, blocks: [block, ...implied(graph)] };
}

/** Above this many nodes the implications are told when asked for (`implications in graph`). */
const mostNodes = 40;

function implied(graph: Graph): readonly Block[] {
  const measured = graph.nodes.filter((node) => !node.latent).length;
  if (measured < 3 || graph.nodes.length > mostNodes) return [];
  const { implications, more } = firstImplications(testableImplications(graph, { maxSets: 4 }));
  return [implicationsBlock(implications, more)];
}
