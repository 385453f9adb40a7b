/** What the page shows of a kind of cell: in the menu of new cells, in its header, in help. No engine is loaded. */
export interface KindInfo {
  readonly kind: string;
  readonly label: string;
  readonly about: string;
  /** Text of a fresh cell. */
  readonly template: string;
  /** The rung its results usually speak on; absent where there is none. */
  readonly rung?: 1 | 2 | 3;
}

export const kinds: readonly KindInfo[] = [
  {
    kind: "ts",
    label: "TypeScript",
    about: "Code. Its top-level names are there for every other cell.",
    template: "",
  },
  {
    kind: "markdown",
    label: "Text",
    about: "Prose, headings, formulas; ${…} shows a live value.",
    template: "",
  },
  {
    kind: "data",
    label: "Data",
    about: "A table from an attached file or typed in, with types, missing values and histograms.",
    template: 'data = "file.csv"',
    rung: 1,
  },
  {
    kind: "graph",
    label: "Graph",
    about: "Arrows between causes and effects; latent variables and dashed arcs too.",
    template: "x -> y; z -> x, y",
  },
  {
    kind: "discover",
    label: "Discover",
    about:
      "Graphs read off data by one search or several, with how far each may be believed; a question can be asked in what is found.",
    template: "found = boss from data",
    rung: 2,
  },
  {
    kind: "identify",
    label: "Identify",
    about:
      "Whether an effect follows from the graph and the laws at hand (data, experiments, another population), by which formula, and why.",
    template: "effect = P(y | do(x)) in graph",
    rung: 2,
  },
  {
    kind: "estimate",
    label: "Estimate",
    about: "An identified effect as a number with its uncertainty, by one method or several.",
    template: "ate = effect from data by aipw",
    rung: 2,
  },
  {
    kind: "refute",
    label: "Refute",
    about:
      "Attempts to break an estimate: placebos, noise, subsets, hidden causes; how strong one would have to be.",
    template: "checks = refute ate by placebo, random common cause, subset, dummy outcome",
    rung: 2,
  },
  {
    kind: "benchmark",
    label: "Benchmark",
    about:
      "Methods on data whose truth is known: how near each comes to single effects and to their average, over many replications.",
    template:
      "board = regression, aipw, x-learner, forest on ihdp-like, nie-wager-a replications 3",
  },
  {
    kind: "model",
    label: "Model",
    about:
      "A structural model: how each variable comes about, written out or fitted to data (fit graph to data by linear, y by flow).",
    template: "x ~ bernoulli(0.5)\ny ~ bernoulli(0.2 + 0.6*x)",
    rung: 3,
  },
  {
    kind: "counterfactual",
    label: "Counterfactual",
    about:
      "What would have been: see, do and imagine on one model; spread, fairness, change and anomaly of … too.",
    template: "P(y_{x=0} = 1 | x=1, y=1) in model",
    rung: 3,
  },
  {
    kind: "simulate",
    label: "Simulate",
    about:
      "Rows drawn from a model with a seed, with or without do(x=1); estimates from them are shown against the truth.",
    template: "draws = 1000 from model",
    rung: 1,
  },
  {
    kind: "sql",
    label: "SQL",
    about:
      "A query (SQLite) over the notebook's tables and attached files; ${…} binds a value. Also median, quantile, stddev, corr.",
    template: "rows = select * from data limit 10",
    rung: 1,
  },
  {
    kind: "vega-lite",
    label: "Chart",
    about: "A Vega-Lite chart as JSON; its data is a table of the notebook by name.",
    template:
      '{\n  "data": { "name": "data" },\n  "mark": "point",\n  "encoding": {\n    "x": { "field": "x", "type": "quantitative" },\n    "y": { "field": "y", "type": "quantitative" }\n  }\n}',
  },
  {
    kind: "html",
    label: "HTML",
    about: "Markup without scripts; ${…} shows a live value.",
    template: "<p></p>",
  },
];

export function kindInfo(kind: string): KindInfo | undefined {
  return kinds.find((info) => info.kind === kind);
}
