import { UserError } from "../../../app/errors.ts";
import type { DiscoveryData } from "../data.ts";
import type { Method, MethodContext } from "../method.ts";
import { paceOf } from "../pace.ts";
import type { Finding } from "../result.ts";
import { relaxationFinding } from "./finding.ts";
import { lambda, linearTakes, standardise, threshold } from "./linear-methods.ts";
import { matrixProblem } from "./matrix-problem.ts";
import { dagmaMlp, notearsMlp } from "./mlp-search.ts";
import { centredRows } from "./moments.ts";

type MlpOptions = {
  readonly lambda: number;
  readonly ridge: number;
  readonly units: number;
  readonly threshold: number;
  readonly standardise: boolean;
};

const ridge = (value: number) =>
  ({
    default: value,
    type: "number",
    minimum: 0,
    maximum: 1000,
    doc: "Half the weight of the sum of squared parameters.",
  }) as const;

const shared = {
  units: {
    default: 10,
    type: "integer",
    minimum: 1,
    maximum: 100,
    doc: "Hidden units of each column's network.",
  },
  threshold: {
    ...threshold,
    doc: "A pair whose first-layer weights have a smaller norm than this is no edge.",
  },
  standardise,
} as const;

const assumes = [
  "Each column is a smooth function of its direct causes plus noise that is added.",
  "Nothing unmeasured causes two of the columns, and no column causes itself by way of others.",
  "The noises have about the same variance in the units given.",
];

async function mlpRun(
  data: DiscoveryData,
  options: MlpOptions,
  context: MethodContext,
  search: typeof dagmaMlp,
): Promise<Finding> {
  if (data.n * data.d * data.d * options.units > 4e8) {
    throw new UserError({
      code: "mlp-large",
      message: `${data.n} rows of ${data.d} columns are more than ${options.units} hidden units a column can be fitted to in reasonable time.`,
      value: data.n,
      expected: "rows × columns² × units of at most 400 million",
      hint: "Draw a sample of the rows, choose columns, or use the linear dagma.",
    });
  }
  const x = centredRows(data, options.standardise);
  const relaxed = await search(
    x,
    data.n,
    matrixProblem(context.knowledge, options.lambda),
    { units: options.units, l2: options.ridge },
    context.rng,
    paceOf(context.work, 1),
  );
  const { d, names } = data;
  const finding = relaxationFinding(data, relaxed, options, context, { refit: false, notes: [] });
  return {
    ...finding,
    diagnostics: [
      ...(finding.diagnostics ?? []),
      {
        kind: "table",
        title: "Strength of each edge (norm of the first layer's weights)",
        columns: ["edge", "strength"],
        rows: finding.graph.edges.map(({ from, to }) => [
          `${from} → ${to}`,
          relaxed.w[names.indexOf(from) * d + names.indexOf(to)]!.toFixed(2),
        ]),
      },
    ],
  };
}

export const dagmaMlpMethod: Method<MlpOptions> = {
  name: "dagma-mlp",
  label: "DAGMA-MLP",
  family: "relaxation",
  summary:
    "One small network a column, pushed towards an acyclic graph by a log-determinant: curved effects with added noise of about equal variance. Its start is random; try several seeds.",
  assumes,
  source: "Bello, Aragam & Ravikumar 2022, section 5",
  takes: { ...linearTakes, mostColumns: 60 },
  gives: "dag",
  stochastic: true,
  options: { lambda: lambda(0.02), ridge: ridge(0.005), ...shared },
  run: (data, options, context) => mlpRun(data, options, context, dagmaMlp),
};

export const notearsMlpMethod: Method<MlpOptions> = {
  name: "notears-mlp",
  label: "NOTEARS-MLP",
  family: "relaxation",
  summary:
    "The same networks under least squares and tr(exp A) = d. Kept for comparison with dagma-mlp; depends on its random start, too.",
  assumes,
  source: "Zheng, Dan, Aragam, Ravikumar & Xing 2020",
  takes: { ...linearTakes, mostColumns: 60 },
  gives: "dag",
  stochastic: true,
  options: { lambda: lambda(0.01), ridge: ridge(0.01), ...shared },
  run: (data, options, context) => mlpRun(data, options, context, notearsMlp),
};
