import { openTensorEngine } from "../../tensor/backend.ts";
import type { DiscoveryData } from "../data.ts";
import type { Method, MethodContext } from "../method.ts";
import { type Pace, paceOf } from "../pace.ts";
import type { Diagnostic, Finding } from "../result.ts";
import { dagmaLinear, type Relaxed } from "./dagma.ts";
import { dagmaLinearFloat32 } from "./dagma-float32.ts";
import { relaxationFinding } from "./finding.ts";
import { golem } from "./golem.ts";
import { type MatrixProblem, matrixProblem } from "./matrix-problem.ts";
import { secondMoments } from "./moments.ts";
import { notearsLinear } from "./notears.ts";

export const threshold = {
  default: 0.3,
  type: "number",
  minimum: 0,
  maximum: 100,
  doc: "Weights below this are no edges. It is in the columns' units: 0.3 is meant for noises of about variance 1.",
} as const;

export const standardise = {
  default: false,
  type: "boolean",
  doc: "Scale the columns to variance 1 first. Takes away what these methods mostly go by; run both and compare.",
} as const;

export const lambda = (value: number) =>
  ({
    default: value,
    type: "number",
    minimum: 0,
    maximum: 1000,
    doc: "Weight of the sum of absolute weights: more gives fewer edges.",
  }) as const;

export const linearTakes = {
  columns: "numeric",
  allowCollinear: true,
  knowledge: ["tiers", "required", "forbidden"],
} as const;

const assumptions = [
  "Each column is a linear function of its direct causes plus noise.",
  "Nothing unmeasured causes two of the columns, and no column causes itself by way of others.",
];
const equalNoises =
  "The noises have about the same variance in the units given: that, not the shape of the data, directs the edges.";

type LinearOptions = {
  readonly lambda: number;
  readonly threshold: number;
  readonly standardise: boolean;
};

async function linearRun(
  data: DiscoveryData,
  options: LinearOptions,
  context: MethodContext,
  search: (
    moments: Float64Array,
    problem: MatrixProblem,
    pace: Pace,
  ) => Promise<{ readonly relaxed: Relaxed; readonly notes?: readonly Diagnostic[] }>,
): Promise<Finding> {
  const moments = secondMoments(data, options.standardise);
  const problem = matrixProblem(context.knowledge, options.lambda);
  const { relaxed, notes = [] } = await search(moments, problem, paceOf(context.work, 1));
  return relaxationFinding(data, relaxed, options, context, { refit: true, notes });
}

export const dagma: Method<LinearOptions & { readonly precision: string }> = {
  name: "dagma",
  label: "DAGMA",
  family: "relaxation",
  summary:
    "Least squares over weight matrices, pushed towards an acyclic one by a log-determinant. Accurate when the noises' variances are about equal; blind once columns are standardised.",
  assumes: [...assumptions, equalNoises],
  source: "Bello, Aragam & Ravikumar 2022",
  takes: { ...linearTakes, mostColumns: 300 },
  gives: "dag",
  stochastic: false,
  options: {
    lambda: lambda(0.02),
    threshold,
    standardise,
    precision: {
      default: "float64",
      type: "choice",
      choices: ["float64", "float32"],
      doc: "`float32` runs on the tensor backend by matrix products alone: for a GPU and hundreds of columns.",
    },
  },
  run: (data, options, context) =>
    linearRun(data, options, context, async (moments, problem, pace) => {
      if (options.precision === "float64") {
        return { relaxed: await dagmaLinear(moments, problem, pace) };
      }
      const engine = await openTensorEngine();
      const relaxed = await dagmaLinearFloat32(engine, moments, problem, pace);
      return {
        relaxed,
        notes: [
          { kind: "fact", label: "Backend", value: `${engine.backend}, ${engine.adapter}` },
          {
            kind: "fact",
            label: "Inverses in double precision",
            value: `${relaxed.inverses}, retreats ${relaxed.retreats}`,
          },
        ],
      };
    }),
};

export const notears: Method<LinearOptions> = {
  name: "notears",
  label: "NOTEARS",
  family: "relaxation",
  summary:
    "The first continuous method: least squares under tr(exp(W∘W)) = d. Kept for comparison; dagma is quicker and more accurate.",
  assumes: [...assumptions, equalNoises],
  source: "Zheng, Aragam, Ravikumar & Xing 2018",
  takes: { ...linearTakes, mostColumns: 120 },
  gives: "dag",
  stochastic: false,
  options: { lambda: lambda(0.1), threshold, standardise },
  run: (data, options, context) =>
    linearRun(data, options, context, async (moments, problem, pace) => ({
      relaxed: await notearsLinear(moments, problem, pace),
    })),
};

const golemOptions = { lambda: lambda(0.02), threshold, standardise } as const;

export const golemEv: Method<LinearOptions> = {
  name: "golem-ev",
  label: "GOLEM-EV",
  family: "relaxation",
  summary:
    "The likelihood of a linear model with normal noises of equal variance, cycles merely penalised. As dependent on the columns' scale as dagma.",
  assumes: [...assumptions, equalNoises, "The noises are normal."],
  source: "Ng, Ghassami & Zhang 2020",
  takes: { ...linearTakes, moreRowsThanColumns: true, mostColumns: 120 },
  gives: "dag",
  stochastic: false,
  options: golemOptions,
  run: (data, options, context) =>
    linearRun(data, options, context, async (moments, problem, pace) => {
      const start = new Float64Array(data.d * data.d);
      return { relaxed: await golem(moments, problem, "equal", start, pace) };
    }),
};

export const golemNv: Method<LinearOptions> = {
  name: "golem-nv",
  label: "GOLEM-NV",
  family: "relaxation",
  summary:
    "The same likelihood with a variance for each noise, started from golem-ev's solution. Only the class of graphs follows from its assumptions; the directions within it come from the start.",
  assumes: [...assumptions, "The noises are normal."],
  source: "Ng, Ghassami & Zhang 2020",
  takes: { ...linearTakes, moreRowsThanColumns: true, mostColumns: 120 },
  gives: "dag",
  stochastic: false,
  options: { ...golemOptions, lambda: lambda(0.002) },
  run: (data, options, context) =>
    linearRun(data, options, context, async (moments, problem, pace) => {
      const zero = new Float64Array(data.d * data.d);
      const equal = matrixProblem(context.knowledge, golemOptions.lambda.default);
      const first = await golem(moments, equal, "equal", zero, pace);
      return { relaxed: await golem(moments, problem, "unequal", first.w, pace) };
    }),
};
