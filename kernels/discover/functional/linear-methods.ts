import { correlations } from "../correlations.ts";
import { dagGraph } from "../core/pdag.ts";
import { type DiscoveryData, standardise, valuesOf } from "../data.ts";
import type { Method, MethodContext } from "../method.ts";
import type { Diagnostic, EdgeWeight, Finding } from "../result.ts";
import { lingamOrder } from "./direct-lingam.ts";
import { icaOrder } from "./ica-lingam.ts";
import { noiseDiagnostics, penalty } from "./noise-check.ts";
import { type Equation, pruneByBic } from "./prune.ts";

const linearAssumptions = [
  "Each column is a linear function of its direct causes plus noise.",
  "The noises are not normal (at most one may be) and independent of one another: nothing unmeasured causes two columns.",
  "No column causes itself by way of others.",
];

export const directLingam: Method<{ readonly penalty: number }> = {
  name: "direct-lingam",
  label: "DirectLiNGAM",
  family: "functional",
  summary:
    "Finds every direction when effects are linear and noises not normal, by taking out one cause after the other. Unaffected by the scale of the columns.",
  assumes: linearAssumptions,
  source: "Shimizu et al. 2011; measure of Hyvärinen & Smith 2013",
  takes: {
    columns: "numeric",
    moreRowsThanColumns: true,
    knowledge: ["tiers", "required", "forbidden"],
    mostColumns: 100,
  },
  gives: "dag",
  stochastic: false,
  options: { penalty },
  run: async (data, options, context) => {
    const order = await lingamOrder(standardise(data), context.knowledge, context.work);
    return linearFinding(data, order, options.penalty, context, []);
  },
};

export const icaLingam: Method<{ readonly penalty: number }> = {
  name: "ica-lingam",
  label: "ICA-LiNGAM",
  family: "functional",
  summary:
    "The same model found by independent component analysis, all columns at once. Quicker with many columns; its start is random and it may stop at a poor solution.",
  assumes: linearAssumptions,
  source: "Shimizu et al. 2006",
  takes: {
    columns: "numeric",
    moreRowsThanColumns: true,
    knowledge: ["forbidden"],
    mostColumns: 100,
  },
  gives: "dag",
  stochastic: true,
  options: { penalty },
  run: async (data, options, context) => {
    const found = await icaOrder(standardise(data), context.rng, context.work);
    const notes: Diagnostic[] = [
      { kind: "fact", label: "ICA iterations", value: String(found.iterations) },
    ];
    if (!found.converged) {
      notes.push({
        kind: "warning",
        code: "ica-not-converged",
        message: "The independent components had not settled when the iterations ended.",
        hint: "Noises close to normal do that. Compare with direct-lingam.",
      });
    }
    if (found.against > 0.05) {
      notes.push({
        kind: "warning",
        code: "ica-no-order",
        message: `${Math.round(100 * found.against)} % of the squared coefficients point against the order found.`,
        hint: "A circle of causes, a common cause that was not measured, or too few rows.",
      });
    }
    return linearFinding(data, found.order, options.penalty, context, notes);
  },
};

function linearFinding(
  data: DiscoveryData,
  order: Int32Array,
  price: number,
  context: MethodContext,
  notes: readonly Diagnostic[],
): Finding {
  const matrix = correlations(data);
  const equations = pruneByBic(matrix, order, data.n, price, context.knowledge);
  const columns = standardise(data);
  const residuals = columns.map((column, v) => residualOf(column, columns, equations[v]!));
  return {
    kind: "dag",
    graph: dagGraph(
      equations.map((equation) => equation.parents),
      data.names,
    ),
    order: Array.from(order, (v) => data.names[v]!),
    weights: weightsOf(data, equations),
    diagnostics: [...notes, ...noiseDiagnostics(residuals, data.names, context)],
  };
}

/** From coefficients on columns of variance 1 to those on the columns as given. */
function weightsOf(data: DiscoveryData, equations: readonly Equation[]): EdgeWeight[] {
  const deviation = data.names.map((_, v) => {
    const values = valuesOf(data, v);
    const mean = values.reduce((sum, value) => sum + value / data.n, 0);
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / data.n, 0));
  });
  return equations.flatMap((equation, v) =>
    Array.from(equation.parents, (p, k) => ({
      from: data.names[p]!,
      to: data.names[v]!,
      weight: (equation.weights[k]! * deviation[v]!) / deviation[p]!,
    })),
  );
}

function residualOf(
  column: Float64Array,
  columns: readonly Float64Array[],
  { parents, weights }: Equation,
): Float64Array {
  const out = column.slice();
  parents.forEach((p, k) => {
    const cause = columns[p]!;
    for (let i = 0; i < out.length; i++) out[i]! -= weights[k]! * cause[i]!;
  });
  return out;
}
