import { UserError } from "../../app/errors.ts";
import type { Block, GraphBlock, Report } from "../../app/protocol/report.ts";
import type { StructuralModel } from "../counterfactual/model.ts";
import { parseModel } from "../counterfactual/parse-model.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { count, formatNumber, listing } from "./format.ts";
import { blankHoles, fillHoles, holesOf } from "./holes.ts";
import { type CellKind, outputName, parsing } from "./kind.ts";

/**
 * A structural model in plain notation; `${name}` puts in another cell's number, e.g. a slider's. The text is
 * read with every hole at 0.5 first, so that mistakes show before anything runs.
 */
export const modelCell: CellKind = {
  kind: "model",
  parse: (cell) =>
    parsing(cell.source, () => {
      const name = outputName(cell, "model");
      if (cell.source.trim() === "") {
        throw new UserError({
          code: "model-empty",
          message: "The model has no variables yet.",
          expected: "e.g. x ~ bernoulli(0.5), and y ~ bernoulli(0.2 + 0.6*x) on the next line",
          place: { start: 0, end: 1 },
        });
      }
      const holes = holesOf(cell.source);
      const shape = parseModel(blankHoles(cell.source));
      return {
        inputs: holes,
        outputs: [name],
        diagnostics: [],
        run: (inputs, context) => {
          const model =
            holes.length === 0 ? shape : parseModel(fillHoles(cell.source, inputs, true));
          context.display(displayable(reportBundle(modelReport(model))));
          return { values: { [name]: model } };
        },
      };
    }),
};

export function modelReport(model: StructuralModel): Report {
  const graph = modelGraph(model);
  const shown = model.variables.filter((variable) => variable.role !== "noise");
  const table: Block = {
    kind: "details",
    title: "Mechanisms",
    blocks: [
      {
        kind: "table",
        columns: [
          { label: "variable" },
          { label: "depends on" },
          { label: "mechanism" },
          { label: "values" },
        ],
        rows: shown.map((variable) => [
          variable.role === "latent" ? `${variable.name} (unmeasured)` : variable.name,
          variable.parents.join(", "),
          mechanismText(variable.mechanism),
          variable.domain.kind === "real" ? "real" : variable.domain.levels.join(", "),
        ]),
      },
    ],
  };
  return { summary: graph.summary, blocks: [graph, table] };
}

function mechanismText(mechanism: StructuralModel["variables"][number]["mechanism"]): string {
  switch (mechanism.kind) {
    case "table":
      return mechanism.coupling === "unspecified"
        ? "table of probabilities"
        : `table, ${mechanism.coupling}`;
    case "response":
      return `${mechanism.types.length} response types`;
    case "function":
      return "function";
    case "additive":
      return `additive ${mechanism.noise} noise`;
    case "conditional":
      return "probabilities computed from its causes";
    case "flow":
      return "learned flow";
    case "confounded":
      return "shares unmeasured causes";
  }
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
