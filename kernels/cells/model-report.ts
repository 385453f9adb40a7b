import type { Block, GraphBlock, Report } from "../../app/protocol/report.ts";
import { formatExpression, mapExpression } from "../counterfactual/expression.ts";
import type { Expression } from "../counterfactual/expression.ts";
import { variableOf } from "../counterfactual/model.ts";
import type { NoiseFamily, StructuralModel, Variable } from "../counterfactual/model.ts";
import { count, formatNumber, formatPercent, listing } from "./format.ts";
import type { Fitted, TrainingPoint } from "./model-fit.ts";

/** A model told as its graph and its mechanisms; one fitted here also with how well its mechanisms meet the data. */
export function modelReport(model: StructuralModel, fitted?: Omit<Fitted, "model">): Report {
  const graph = modelGraph(model);
  const shown = model.variables.filter((variable) => variable.role !== "noise");
  const quality = fitted === undefined ? [] : qualityBlocks(fitted, model);
  const tables = shown.flatMap((variable) => probabilityTable(model, variable));
  const mechanisms: Block = {
    kind: "details",
    title: "Mechanisms",
    blocks: [
      {
        kind: "table",
        columns: [{ label: "variable" }, { label: "mechanism" }, { label: "values" }],
        rows: shown.map((variable) => [
          variable.role === "latent" ? `${variable.name} (unmeasured)` : variable.name,
          mechanismText(variable),
          variable.domain.kind === "real" ? "real" : variable.domain.levels.join(", "),
        ]),
      },
      ...tables,
    ],
  };
  const told = (fitted?.quality ?? []).filter((one) => hasCauses(model, one));
  return {
    summary: `${graph.summary}${told.length === 0 ? "" : ` ${qualityText(told)}`}`,
    blocks: [graph, ...quality, mechanisms],
  };
}

type Quality = Fitted["quality"][number];

const hasCauses = (model: StructuralModel, { variable }: Quality): boolean =>
  (variableOf(model, variable)?.parents.length ?? 0) > 0;

const doubtful = ({ noise }: Quality): boolean =>
  noise !== undefined && noise.dependence > noise.usualDependence;

function qualityText(quality: Fitted["quality"]): string {
  const told = quality.map((one) => `${one.variable} ${formatPercent(Math.max(0, one.explained))}`);
  const odd = quality.filter(doubtful).map(({ variable }) => variable);
  return `Explained by its causes: ${listing(told)}.${odd.length === 0 ? "" : ` The noise of ${listing(odd)} still depends on a cause.`}`;
}

function qualityBlocks(
  { quality, training }: Omit<Fitted, "model">,
  model: StructuralModel,
): Block[] {
  const blocks: Block[] = [
    {
      kind: "table",
      caption: "How the mechanisms meet the data",
      columns: [
        { label: "variable" },
        { label: "fitted by" },
        { label: "explained by its causes", align: "right" },
        { label: "log likelihood a row", align: "right" },
        { label: "noise: law", align: "right" },
        { label: "noise: independent", align: "right" },
      ],
      rows: quality.map((one) => [
        one.variable,
        kindText(variableOf(model, one.variable)),
        hasCauses(model, one) ? formatPercent(Math.max(0, one.explained)) : "no causes",
        formatNumber(one.logLikelihood, 3),
        one.noise === undefined
          ? ""
          : one.noise.distance <= one.noise.usual
            ? "as assumed"
            : `off by ${formatNumber(one.noise.distance, 2)}`,
        one.noise?.on === undefined
          ? ""
          : doubtful(one)
            ? `no: r = ${formatNumber(one.noise.dependence, 2)} with ${one.noise.on}`
            : "no sign against it",
      ]),
    },
  ];
  for (const one of quality.filter(doubtful)) {
    blocks.push({
      kind: "notice",
      tone: "warning",
      title: `The noise of ${one.variable} still depends on ${one.noise?.on ?? "a cause"}`,
      text: "What is left of it when its causes are taken away is no private noise, so counterfactuals that carry it into another world are off.",
      hint: `Try a richer mechanism, e.g. ${one.variable} by additive noise, or ${one.variable} by flow.`,
    });
  }
  if (training.length > 0) blocks.push(lossChart(training));
  return blocks;
}

function lossChart(training: readonly TrainingPoint[]): Block {
  const names = [...new Set(training.map(({ variable }) => variable))];
  const told = names.map((name) => {
    const held = training.filter((p) => p.variable === name && p.rows === "held out");
    const seen = held.length > 0 ? held : training.filter((p) => p.variable === name);
    const best = Math.min(...seen.map(({ loss }) => loss));
    return `${name} ${formatNumber(best, 3)}`;
  });
  return {
    kind: "chart",
    spec: {
      width: "container",
      height: 140,
      data: { values: training },
      mark: { type: "line", strokeWidth: 1.5 },
      encoding: {
        x: { field: "epoch", type: "quantitative", title: "epoch" },
        y: {
          field: "loss",
          type: "quantitative",
          title: "negative log density",
          scale: { zero: false },
        },
        color: { field: "variable", type: "nominal", title: null },
        strokeDash: {
          field: "rows",
          type: "nominal",
          title: null,
          scale: {
            domain: ["training", "held out"],
            range: [
              [1, 0],
              [4, 3],
            ],
          },
        },
      },
    },
    summary: `Loss of each learned mechanism by epoch; the lowest reached (on held-out rows): ${listing(told)}.`,
  };
}

function kindText(variable: Variable | undefined): string {
  const mechanism = variable?.mechanism;
  switch (mechanism?.kind) {
    case "additive":
      return `mean + ${mechanism.noise} noise`;
    case "flow":
      return "learned flow";
    case "conditional":
      return "logit";
    case "table":
      return "shares";
    default:
      return mechanism?.kind ?? "";
  }
}

/** Numbers as a reader wants them; the model keeps them as they are. */
const short = (expression: Expression): string =>
  formatExpression(
    mapExpression(expression, (part) =>
      part.kind === "number"
        ? { kind: "number", value: Number(part.value.toPrecision(4)) }
        : undefined,
    ),
  );

const noiseNames: Readonly<Record<NoiseFamily, string>> = {
  normal: "normal",
  uniform: "uniform",
  logistic: "logistic",
  laplace: "Laplace",
  exponential: "exponential",
};

const LONG = 160;

function clipped(text: string): string {
  return text.length > LONG ? `${text.slice(0, LONG - 1)}…` : text;
}

function mechanismText(variable: Variable): string {
  const { mechanism, parents } = variable;
  const from = parents.length === 0 ? "" : ` of ${listing(parents)}`;
  switch (mechanism.kind) {
    case "table":
      return `${mechanism.coupling === "unspecified" ? "" : `${mechanism.coupling} `}table of probabilities${parents.length === 0 ? "" : ` by ${listing(parents)}`}`;
    case "response":
      return `${count(mechanism.types.length, "response type")}${from}`;
    case "function":
      return clipped(`= ${short(mechanism.expression)}`);
    case "additive": {
      const { location, scale, noise } = mechanism;
      const start =
        location.kind === "number" && location.value === 0 ? "" : `${short(location)} + `;
      return clipped(`${start}${short(scale)} × ${noiseNames[noise]} noise`);
    }
    case "conditional": {
      const shares = mechanism.probabilities.map(short);
      const told =
        shares.length === 2 ? `chance of the second level ${shares[1]}` : shares.join("; ");
      return clipped(
        `${told}${mechanism.coupling === "unspecified" ? "" : ` (${mechanism.coupling})`}`,
      );
    }
    case "flow":
      return `learned${from}: ${mechanism.provenance}`;
    case "confounded":
      return "shares unmeasured causes; only the joint table is known";
  }
}

const MOST_ROWS = 32;

/** The probabilities of a table that is small enough to read. */
function probabilityTable(model: StructuralModel, variable: Variable): readonly Block[] {
  const { mechanism, domain, parents, name } = variable;
  if (mechanism.kind !== "table" || domain.kind !== "discrete") return [];
  const k = domain.levels.length;
  const rows = mechanism.probabilities.length / k;
  if (rows > MOST_ROWS || k > 8) return [];
  const levels = parents.map((parent) => {
    const of = variableOf(model, parent)?.domain;
    return of?.kind === "discrete" ? of.levels : [];
  });
  return [
    {
      kind: "table",
      caption: `P(${name}${parents.length === 0 ? "" : ` | ${parents.join(", ")}`})`,
      columns: [
        ...parents.map((label) => ({ label })),
        ...domain.levels.map((level) => ({ label: `${name}=${level}`, align: "right" as const })),
      ],
      rows: Array.from({ length: rows }, (_, row) => [
        ...configuration(levels, row),
        ...Array.from(mechanism.probabilities.subarray(row * k, (row + 1) * k), (p) =>
          formatNumber(p),
        ),
      ]),
    },
  ];
}

/** The levels of the parents in one row, last parent fastest. */
function configuration(levels: readonly (readonly string[])[], row: number): readonly string[] {
  const names: string[] = [];
  let rest = row;
  for (const own of levels.toReversed()) {
    names.unshift(own[rest % own.length] ?? "");
    rest = Math.floor(rest / own.length);
  }
  return names;
}

/** The graph a model implies, private noises left out. */
export function modelGraph(model: StructuralModel): GraphBlock {
  const noise = new Set(model.variables.filter((v) => v.role === "noise").map((v) => v.name));
  const shared = new Map<string, string[]>();
  const edges: GraphBlock["edges"][number][] = [];
  for (const variable of model.variables) {
    if (noise.has(variable.name)) continue;
    for (const parent of variable.parents) {
      if (noise.has(parent)) shared.set(parent, [...(shared.get(parent) ?? []), variable.name]);
      else edges.push({ from: parent, to: variable.name, mark: "->" });
    }
  }
  const arcs = new Map<string, readonly [string, string]>();
  const join = (a: string, b: string): void => {
    arcs.set([a, b].sort().join("\u0000"), [a, b]);
  };
  for (const names of shared.values()) {
    names.forEach((a, i) => names.slice(i + 1).forEach((b) => join(a, b)));
  }
  for (const { a, b } of model.correlations) join(a, b);
  for (const { variables } of model.components) {
    variables.forEach((a, i) => variables.slice(i + 1).forEach((b) => join(a, b)));
  }
  for (const [from, to] of arcs.values()) edges.push({ from, to, mark: "<->" });
  const nodes = model.variables
    .filter((variable) => !noise.has(variable.name))
    .map((variable) => ({
      name: variable.name,
      role: "plain" as const,
      ...(variable.role === "latent" ? { latent: true } : {}),
    }));
  const origin =
    model.origin.kind === "fitted" ? ` fitted to ${formatNumber(model.origin.n)} rows` : "";
  return {
    kind: "graph",
    nodes,
    edges,
    summary: `Structural model of ${count(nodes.length, "variable")}${origin}: ${listing(nodes.map((n) => n.name))}.`,
  };
}
