import { told } from "../../app/claim.ts";
import type { Block, GraphBlock, NodeRole, Report } from "../../app/protocol/report.ts";
import type { Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import type { OpenPath } from "../graph/separation.ts";
import { toLatex, toText } from "../identify/render.ts";
import type { Identification, Strategy } from "../identify/result.ts";
import { listing } from "./format.ts";
import { graphBlock } from "./graph-block.ts";

export interface Formula {
  readonly latex: string;
  readonly text: string;
}

/** An answer about identification, what is known at once: verdict, formula, graph with roles, ways, assumptions. */
export function identifyReport(
  result: Identification,
  graph: Graph | undefined,
  formula = formulaOf(result),
): Report {
  const blocks: Block[] = [...verdict(result, formula)];
  if (graph !== undefined) blocks.push(drawn(result, graph));
  if ("strategies" in result && result.strategies.length > 0) blocks.push(ways(result.strategies));
  const assumptions = told(result.claim.assumptions);
  if (assumptions.length > 0) {
    blocks.push({
      kind: "details",
      title: `Assumptions (${assumptions.length})`,
      open: assumptions.length <= 6,
      blocks: [{ kind: "assumptions", assumptions }],
    });
  }
  return { summary: summaryOf(result, formula), claim: result.claim, blocks };
}

function formulaOf(result: Identification): Formula | undefined {
  if (!("estimand" in result)) return undefined;
  return { latex: toLatex(result.estimand), text: toText(result.estimand) };
}

function summaryOf(result: Identification, formula: Formula | undefined): string {
  switch (result.kind) {
    case "identified":
      return `${result.queryText} is identified: ${formula?.text ?? ""}.`;
    case "zero-by-structure":
      return result.reason === "no-causal-path"
        ? `${result.queryText}: the treatment does not reach the outcome, so there is no effect.`
        : `${result.queryText}: the event is impossible.`;
    case "not-identified":
      return `${result.queryText} is not identified. ${result.reason}`;
    case "not-certified":
      return `${result.queryText}: neither a yes nor a no can be certified. ${result.reason}`;
    case "search-limit":
      return `${result.queryText}: the search stopped at its limit of ${result.limit}. ${result.reason}`;
  }
}

function verdict(result: Identification, formula: Formula | undefined): readonly Block[] {
  const shown: Block[] =
    formula === undefined ? [] : [{ kind: "formula", latex: formula.latex, text: formula.text }];
  switch (result.kind) {
    case "identified":
      return shown;
    case "zero-by-structure":
      return [
        {
          kind: "notice",
          tone: "answer",
          title:
            result.reason === "no-causal-path" ? "No effect, by structure" : "Impossible event",
          text:
            result.reason === "no-causal-path"
              ? "No directed path leads from treatment to outcome in this graph."
              : "The event contradicts itself, whatever the data.",
        },
        ...shown,
      ];
    case "not-identified":
      return [
        {
          kind: "notice",
          tone: "answer",
          title: `${result.queryText} is not identified`,
          text: result.reason,
          hint:
            result.strategies.length > 0
              ? "A further assumption opens a way, listed below."
              : "Measure a variable on the marked part, find an instrument, or ask for bounds: bounds of P(y=1 | do(x=1)) in graph from data.",
        },
      ];
    case "not-certified":
      return [
        {
          kind: "notice",
          tone: "answer",
          title: "Not certified",
          text: `No complete procedure for this question is built in: this is neither a yes nor a no. ${result.reason}`,
        },
      ];
    case "search-limit":
      return [
        {
          kind: "notice",
          tone: "answer",
          title: "Search limit reached",
          text: `This is neither a yes nor a no. ${result.reason}`,
        },
      ];
  }
}

function ways(strategies: readonly Strategy[]): Block {
  const rows = strategies.flatMap((strategy): (readonly [string, string, string])[] => {
    switch (strategy.kind) {
      case "adjustment":
        return [
          [
            "adjustment",
            strategy.set.length === 0 ? "∅ (nothing to adjust for)" : strategy.set.join(", "),
            [
              strategy.optimal ? "optimal: smallest variance" : "",
              strategy.minimal ? "minimal" : "",
            ]
              .filter((note) => note !== "")
              .join(", "),
          ],
        ];
      case "front-door":
        return [["front-door", strategy.mediators.join(", "), ""]];
      case "instrument":
        return [
          [
            "instrument",
            strategy.conditioning.length === 0
              ? strategy.instrument
              : `${strategy.instrument} given ${strategy.conditioning.join(", ")}`,
            "needs linearity or monotonicity besides the graph",
          ],
        ];
      case "formula":
        return [["formula", "laws put into the formula", ""]];
    }
  });
  return {
    kind: "details",
    title: "Ways to estimate it",
    open: true,
    blocks: [
      { kind: "table", columns: [{ label: "way" }, { label: "variables" }, { label: "" }], rows },
    ],
  };
}

/** Above this many nodes only the part that bears on the answer is drawn. */
const mostDrawn = 30;

/** The graph with treatment, outcome and the first set marked; a hedge lit. */
function drawn(result: Identification, graph: Graph): GraphBlock {
  const roles: Record<string, NodeRole> = {};
  const strategy = "strategies" in result ? result.strategies[0] : undefined;
  if (strategy?.kind === "adjustment") for (const name of strategy.set) roles[name] = "adjusted";
  if (strategy?.kind === "front-door")
    for (const name of strategy.mediators) roles[name] = "mediator";
  if (strategy?.kind === "instrument") roles[strategy.instrument] = "instrument";
  const [treatments, outcomes] = rolesOfQuery(result);
  for (const name of treatments) roles[name] = "treatment";
  for (const name of outcomes) roles[name] = "outcome";
  const hedge = result.kind === "not-identified" ? result.hedge : undefined;
  const part = partToDraw(graph, [...Object.keys(roles), ...(hedge?.larger ?? [])]);
  const block = graphBlock(part, roles);
  const fewer =
    part === graph
      ? ""
      : ` Drawn: ${part.nodes.length} of ${graph.nodes.length} variables; the others are projected out or left aside.`;
  if (hedge === undefined) return { ...block, summary: `${block.summary}${fewer}` };
  // The drawn latent causes of two members of the hedge are part of what ties it together.
  const inHedge = new Set(hedge.larger);
  for (const { name, latent } of part.nodes) {
    const effects = part.edges.filter((edge) => edge.mark === "->" && edge.from === name);
    if (latent && effects.filter((edge) => inHedge.has(edge.to)).length > 1) inHedge.add(name);
  }
  return {
    ...block,
    edges: block.edges.map((edge) =>
      inHedge.has(edge.from) && inHedge.has(edge.to)
        ? { ...edge, highlight: "open" as const }
        : edge,
    ),
    summary: `${block.summary}${fewer} The marked part (${listing(hedge.larger)}) is the hedge that proves it.`,
  };
}

/** A large graph is shown by its marginal over the variables that are spoken of and their nearest causes. */
function partToDraw(graph: Graph, named: readonly string[]): Graph {
  if (graph.nodes.length <= mostDrawn || graph.type !== "admg") return graph;
  const kept = new Set(named.slice(0, mostDrawn));
  const hidden = graph.nodes.filter((node) => !kept.has(node.name)).map((node) => node.name);
  return latentProjection(graph, hidden);
}

function rolesOfQuery(result: Identification): readonly [readonly string[], readonly string[]] {
  const visit = (query: Identification["query"]): [string[], string[]] => {
    if (query.kind === "difference") return visit(query.left);
    const events = query.kind === "probability" ? query.of : [query.of];
    return [
      events.flatMap((event) => event.do.map((setting) => setting.variable)),
      events.map((event) => event.variable),
    ];
  };
  return visit(result.query);
}

export interface Separation {
  readonly kind: "separation";
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly given: readonly string[];
  readonly separated: boolean;
  readonly path?: OpenPath;
}

export function separationReport(result: Separation, graph: Graph): Report {
  const { a, b, given, separated, path } = result;
  const condition = given.length === 0 ? "" : ` given ${listing(given)}`;
  const roles: Record<string, NodeRole> = {};
  for (const name of given) roles[name] = "adjusted";
  const block = graphBlock(graph, roles);
  const steps = new Set(path?.nodes.slice(1).map((node, i) => pairKey(path.nodes[i] ?? "", node)));
  const route = path?.nodes
    .map((node, i) => (i === 0 ? node : `${path.marks[i - 1]} ${node}`))
    .join(" ");
  const title = separated
    ? `${listing(a)} and ${listing(b)} are separated${condition}`
    : `${listing(a)} and ${listing(b)} are connected${condition}`;
  return {
    summary: `${title}.${route === undefined ? "" : ` Open path: ${route}.`}`,
    blocks: [
      {
        kind: "notice",
        tone: separated ? "info" : "answer",
        title,
        text: separated
          ? "The graph implies this independence: data that contradict it contradict the graph."
          : `Open path: ${route ?? ""}`,
      },
      {
        ...block,
        edges: block.edges.map((edge) =>
          steps.has(pairKey(edge.from, edge.to)) ? { ...edge, highlight: "open" as const } : edge,
        ),
      },
    ],
  };
}

function pairKey(a: string, b: string): string {
  return JSON.stringify([a, b].sort());
}
