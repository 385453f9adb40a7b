import type { Block, BlockAction, ChartBlock, Report } from "../../app/protocol/report.ts";
import { compareGraphs } from "../discover/metrics/compare.ts";
import type { Method } from "../discover/method.ts";
import type { Diagnostic, Discovery, DiscoveryKind, EdgeProbability } from "../discover/result.ts";
import { formatGraph } from "../graph/format.ts";
import type { Edge, Graph } from "../graph/graph.ts";
import { parseGraph } from "../graph/parse.ts";
import { type DiscoverText, withBootstrap, withMethod } from "./discover-text.ts";
import { count, formatNumber, listing } from "./format.ts";
import { graphBlock } from "./graph-block.ts";

/** What a reader can choose from, where the report has a cell's text to rewrite. */
export interface DiscoverChoices {
  readonly text: DiscoverText;
  readonly methods: readonly Method[];
}

const MOST_EDGES_LISTED = 400;

/** What searches found and how far it may be believed; several searches side by side with what they disagree in. */
export function discoverReport(
  found: readonly Discovery[],
  methods: readonly Method[],
  choices?: DiscoverChoices,
): Report {
  const labels = labelsOf(found, methods);
  const several = found.length > 1;
  const parts = found.map((discovery, k) =>
    discoveryBlocks(discovery, methods[k], labels[k] ?? discovery.method, several),
  );
  return {
    summary: found.map((discovery, k) => summaryOf(discovery, labels[k] ?? "")).join(" "),
    ...(several || found[0] === undefined ? {} : { claim: found[0].claim }),
    blocks: [
      ...(several ? agreement(found, labels) : []),
      ...(several
        ? parts.map((blocks, k): Block => ({
            kind: "details",
            title: labels[k] ?? "",
            open: true,
            blocks,
          }))
        : (parts[0] ?? [])),
      ...(choices === undefined ? [] : [formBlock(choices)]),
    ],
  };
}

/** The same method under two options is told apart by them. */
function labelsOf(found: readonly Discovery[], methods: readonly Method[]): readonly string[] {
  const plain = found.map(({ method }, k) => methods[k]?.label ?? method);
  return plain.map((label, k) => {
    if (plain.filter((each) => each === label).length < 2) return label;
    const { options } = found[k]!.provenance;
    const others = found.filter((_, j) => j !== k && plain[j] === label);
    const own = Object.entries(options).filter(([name, value]) =>
      others.some(({ provenance }) => provenance.options[name] !== value),
    );
    return `${label} (${own.map(([name, value]) => `${name}: ${String(value)}`).join(", ")})`;
  });
}

function summaryOf({ graph, kind, provenance }: Discovery, label: string): string {
  const open = graph.edges.filter(isOpen).length;
  const undecided = open === 0 ? "" : `, ${formatNumber(open)} of them undecided`;
  return `${label} found ${count(graph.edges.length, "edge")} among ${count(graph.nodes.length, "variable")}${undecided}, from ${count(provenance.n, "row")} (${kindWords[kind]}).`;
}

const kindWords: Readonly<Record<DiscoveryKind, string>> = {
  dag: "every arrow is claimed",
  cpdag: "a class of graphs: undecided edges may point either way",
  mpdag: "a class of graphs, cut down by what was known or set by hand",
  mag: "↔ stands for causes that were not measured",
  pag: "a class of graphs with causes that were not measured: o stands for an end that is not decided",
  "time-series": "arrows from earlier to later values",
};

const isOpen = ({ mark }: Edge): boolean => mark === "--" || mark.includes("o");

function discoveryBlocks(
  discovery: Discovery,
  method: Method | undefined,
  label: string,
  several: boolean,
): readonly Block[] {
  const { graph, diagnostics, claim, provenance } = discovery;
  return [
    { kind: "text", text: summaryOf(discovery, label) },
    { ...graphBlock(graph), edges: graph.edges.map((edge) => weighted(edge, discovery)) },
    ...diagnostics.flatMap(warningBlock),
    scoreFacts(discovery),
    ...(several ? [] : [useBlock(discovery)]),
    ...edgesTable(discovery),
    ...diagnostics.flatMap((note) => curveOrTable(note)),
    {
      kind: "details",
      title: `What it assumes (${claim.assumptions.length})`,
      ...(several ? {} : { open: true as const }),
      blocks: [{ kind: "assumptions", assumptions: claim.assumptions }],
    },
    ...(several ? [useBlock(discovery)] : []),
    {
      kind: "facts",
      footer: true,
      facts: [
        { label: "method", value: provenance.method },
        { label: "options", value: optionsText(discovery) },
        { label: "rows", value: formatNumber(provenance.n) },
        ...(provenance.dropped === 0
          ? []
          : [{ label: "left out", value: formatNumber(provenance.dropped) }]),
        { label: "seed", value: String(provenance.seed) },
        ...(provenance.source?.sha256 === undefined
          ? []
          : [{ label: "data", value: `${provenance.source.sha256.slice(0, 12)}…` }]),
        ...(method === undefined ? [] : [{ label: "source", value: method.source }]),
      ],
    },
  ];
}

function optionsText({ provenance }: Discovery): string {
  const all = Object.entries(provenance.options).map(
    ([name, value]) => `${name}: ${String(value)}`,
  );
  return all.length === 0 ? "none" : all.join(", ");
}

/** The share of resamples in which the edge was there as it is drawn, or its probability. */
function weighted(
  edge: Edge,
  { edgeProbability, provenance }: Discovery,
): Edge & { readonly weight?: number } {
  if (edgeProbability === undefined) return edge;
  const pair = shareOf(edge, edgeProbability);
  return { ...edge, weight: pair === undefined ? 0 : asDrawn(edge, pair, provenance.bootstrap) };
}

function shareOf(
  { from, to }: Pick<Edge, "from" | "to">,
  all: readonly EdgeProbability[],
): EdgeProbability | undefined {
  const found = all.find(
    (pair) => (pair.from === from && pair.to === to) || (pair.from === to && pair.to === from),
  );
  if (found === undefined || found.from === from) return found;
  return { ...found, from, to, forward: found.backward, backward: found.forward };
}

function asDrawn({ mark }: Edge, pair: EdgeProbability, resamples: number): number {
  if (mark === "->") return pair.forward;
  if (mark === "<->") return pair.bidirected;
  // a posterior gives an undecided edge's probability to its two directions, resamples count it as it was drawn
  return resamples === 0 && mark === "--" ? anyShare(pair) : pair.undecided;
}

function warningBlock(note: Diagnostic): readonly Block[] {
  if (note.kind !== "warning") return [];
  const { message, hint } = note;
  return [
    { kind: "notice", tone: "warning", title: message, ...(hint === undefined ? {} : { hint }) },
  ];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function scoreFacts({ score, graph, diagnostics }: Discovery): Block {
  const open = graph.edges.filter(isOpen).length;
  return {
    kind: "facts",
    facts: [
      { label: "edges", value: formatNumber(graph.edges.length) },
      ...(open === 0 ? [] : [{ label: "undecided", value: formatNumber(open) }]),
      ...(score === undefined
        ? []
        : [
            { label: score.name, value: formatNumber(score.value) },
            { label: "of the graph without edges", value: formatNumber(score.empty) },
          ]),
      ...diagnostics.flatMap((note) => {
        if (note.kind === "fact") return [{ label: note.label, value: note.value }];
        if (note.kind !== "sortability") return [];
        return [
          {
            label: "order by variance, by R² (0.5 is chance)",
            value: `${formatNumber(note.variance)}, ${formatNumber(note.rSquared)}`,
          },
        ];
      }),
    ],
  };
}

function edgesTable({
  graph,
  edgeProbability,
  weights,
  provenance,
  lagged,
}: Discovery): readonly Block[] {
  if (lagged !== undefined && lagged.length > 0) {
    return [
      {
        kind: "details",
        title: `Links over time (${lagged.length})`,
        open: lagged.length <= 20,
        blocks: [
          {
            kind: "table",
            columns: [
              { label: "from" },
              { label: "" },
              { label: "to" },
              { label: "lag", align: "right" },
              { label: "strength", align: "right" },
              { label: "p", align: "right" },
            ],
            rows: lagged
              .slice(0, MOST_EDGES_LISTED)
              .map(({ from, mark, to, lag, strength, p }) => [
                from,
                mark,
                to,
                String(lag),
                strength === undefined ? "" : formatNumber(strength),
                p === undefined ? "" : formatNumber(p),
              ]),
          },
        ],
      },
    ];
  }
  if (edgeProbability === undefined && weights === undefined) return [];
  const shares = edgeProbability ?? [];
  const heads = edgeProbability === undefined ? [] : ["→", "←", "undecided", "↔", "none"];
  const listed = [...graph.edges].slice(0, MOST_EDGES_LISTED);
  // Pairs that are often joined, and are not in the graph, are news too.
  const absent = shares
    .filter((pair) => anyShare(pair) >= 0.2 && !graph.edges.some((edge) => joins(edge, pair)))
    .toSorted((a, b) => anyShare(b) - anyShare(a))
    .slice(0, MOST_EDGES_LISTED - listed.length);
  const row = (from: string, mark: string, to: string): readonly string[] => {
    const pair = shareOf({ from, to }, shares);
    const weight = weights?.find((each) => each.from === from && each.to === to)?.weight;
    const told =
      pair === undefined
        ? heads.map((head) => (head === "none" ? "100 %" : "0 %"))
        : [
            pair.forward,
            pair.backward,
            pair.undecided,
            pair.bidirected,
            Math.max(0, 1 - anyShare(pair)),
          ].map(percent);
    return [
      `${from} ${mark} ${to}`,
      ...(weights === undefined ? [] : [weight === undefined ? "" : formatNumber(weight)]),
      ...(heads.length === 0 ? [] : told),
    ];
  };
  return [
    {
      kind: "details",
      title:
        provenance.bootstrap > 0
          ? `How often in ${formatNumber(provenance.bootstrap)} resamples`
          : edgeProbability === undefined
            ? "Coefficients"
            : "How probable",
      open: listed.length + absent.length <= 24,
      blocks: [
        ...(provenance.bootstrap > 0
          ? [
              {
                kind: "text" as const,
                text: "A share is stability under drawing the rows again, not the probability that the edge is true.",
              },
            ]
          : []),
        {
          kind: "table",
          columns: [
            { label: "edge" },
            ...(weights === undefined ? [] : [{ label: "weight", align: "right" as const }]),
            ...heads.map((label) => ({ label, align: "right" as const })),
          ],
          rows: [
            ...listed.map(({ from, mark, to }) => row(from, mark, to)),
            ...absent.map(({ from, to }) => row(from, "·", to)),
          ],
        },
      ],
    },
  ];
}

function anyShare({ forward, backward, undecided, bidirected }: EdgeProbability): number {
  return forward + backward + undecided + bidirected;
}

function joins(edge: Edge, pair: EdgeProbability): boolean {
  return (
    (edge.from === pair.from && edge.to === pair.to) ||
    (edge.from === pair.to && edge.to === pair.from)
  );
}

function curveOrTable(note: Diagnostic): readonly Block[] {
  if (note.kind === "table") {
    const table: Block = {
      kind: "table",
      columns: note.columns.map((label) => ({ label })),
      rows: note.rows,
    };
    return [{ kind: "details", title: note.title, blocks: [table] }];
  }
  if (note.kind !== "curve" || note.points.length < 2) return [];
  const chart: ChartBlock = {
    kind: "chart",
    spec: {
      data: { values: note.points.map(([x, y]) => ({ x, y })) },
      mark: "line",
      encoding: {
        x: { field: "x", type: "quantitative", title: "step" },
        y: { field: "y", type: "quantitative", title: note.name, scale: { zero: false } },
      },
      height: 120,
    },
    summary: `${note.name} over ${count(note.points.length, "step")}: from ${formatNumber(note.points[0]?.[1] ?? 0)} to ${formatNumber(note.points.at(-1)?.[1] ?? 0)}.`,
  };
  return [{ kind: "details", title: `Course of ${note.name}`, blocks: [chart] }];
}

/** "Use as graph" makes a graph cell that says where its arrows come from and is edited like any other. */
function useBlock(discovery: Discovery): Block {
  const { provenance } = discovery;
  const from = [
    `Found by ${provenance.method} (${optionsText(discovery)})`,
    `from ${provenance.source?.name ?? "a table"}, ${count(provenance.n, "row")}, seed ${provenance.seed}.`,
    "A conjecture: edit what you know better.",
  ].join(" ");
  return {
    kind: "actions",
    label: "Go on with this graph",
    actions: [
      {
        label: "Use as graph",
        does: { kind: "insert", cell: "graph", source: `# ${from}\n${textOf(discovery.graph)}` },
      },
    ],
  };
}

/** The short form where it says what class of graph it is, else dagitty's, which does. */
function textOf(graph: Graph): string {
  const short = formatGraph(graph, "short");
  return parseGraph(short).type === graph.type ? short : formatGraph(graph, "dagitty");
}

/** In what the searches agree: joined pairs of all and of some, and their distances. */
function agreement(found: readonly Discovery[], labels: readonly string[]): readonly Block[] {
  const keyOf = ({ from, to }: Edge): string => JSON.stringify([from, to].toSorted());
  const sets = found.map(({ graph }) => new Set(graph.edges.map(keyOf)));
  const all = new Set(sets.flatMap((set) => [...set]));
  const common = [...all].filter((key) => sets.every((set) => set.has(key)));
  const comparable = found.every(({ kind }) => kind !== "time-series");
  return [
    {
      kind: "text",
      text: `${listing([...labels])}: ${count(all.size, "pair")} joined by one of them at least, ${formatNumber(common.length)} by all.`,
    },
    ...(comparable
      ? [
          {
            kind: "table" as const,
            caption: "Pairs of variables that two searches join differently",
            columns: [
              { label: "" },
              ...labels.map((label) => ({ label, align: "right" as const })),
            ],
            rows: found.map((a, i) => [
              labels[i] ?? "",
              ...found.map((b, j) =>
                i === j ? "" : formatNumber(compareGraphs(a.graph, b.graph, "shd").value),
              ),
            ]),
          },
        ]
      : []),
  ];
}

/** What can be done with one press: another method beside, resamples. */
function formBlock({ text, methods }: DiscoverChoices): Block {
  const there = new Set(text.methods.map(({ name }) => name));
  const others: readonly BlockAction[] = methods
    .filter(({ name }) => !there.has(name))
    .map(({ name, label, summary }) => ({
      label,
      detail: summary,
      does: { kind: "rewrite", from: text.source, to: withMethod(text, name) },
    }));
  const resamples: readonly BlockAction[] = [0, 50, 200].map((times) => ({
    label: times === 0 ? "none" : String(times),
    pressed: text.bootstrap === times,
    does: { kind: "rewrite", from: text.source, to: withBootstrap(text, times) },
  }));
  return {
    kind: "details",
    title: "Search otherwise",
    blocks: [
      { kind: "actions", label: "Resamples, for how stable each edge is", actions: resamples },
      { kind: "actions", label: "Another method beside", list: true, actions: others },
    ],
  };
}
