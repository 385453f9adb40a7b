import { UserError } from "../../../app/errors.ts";
import { valuesOf } from "../data.ts";
import type { Method } from "../method.ts";
import type { LaggedEdge } from "../result.ts";
import { timeGraph } from "../time/finding.ts";
import { noiseDiagnostics, penalty } from "./noise-check.ts";
import { varLingam } from "./var-lingam.ts";

export const varMethod: Method<{
  readonly lags: number | null;
  readonly most: number;
  readonly penalty: number;
}> = {
  name: "var-lingam",
  label: "VAR-LiNGAM",
  family: "time-series",
  summary:
    "A linear vector autoregression whose noise is not normal: arrows from the past, and directed arrows within a time step.",
  assumes: [
    "Each column is a linear function of the past and of other columns at the same time, the same at all times.",
    "The innovations are not normal and independent of one another: nothing unmeasured causes two columns.",
    "Rows are equally spaced in time, in order.",
  ],
  source: "Hyvärinen, Zhang, Shimizu & Hoyer 2010",
  takes: {
    columns: "numeric",
    moreRowsThanColumns: true,
    timeOrdered: true,
    knowledge: [],
    mostColumns: 60,
  },
  gives: "time-series",
  stochastic: false,
  options: {
    lags: {
      default: null,
      type: "integer",
      minimum: 1,
      maximum: 50,
      doc: "Steps of the past; chosen by BIC when null.",
    },
    most: {
      default: 5,
      type: "integer",
      minimum: 1,
      maximum: 20,
      doc: "Most steps BIC may choose.",
    },
    penalty,
  },
  run: async (data, options, context) => {
    const { d, names } = data;
    const deepest = options.lags ?? options.most;
    if (data.n < (d + 1) * deepest + 20) {
      throw new UserError({
        code: "var-short",
        message: `${data.n} rows are too few for ${deepest} steps of ${d} columns.`,
        value: data.n,
        expected: `at least ${(d + 1) * deepest + 20} rows`,
        hint: "Use fewer lags or fewer columns.",
      });
    }
    const columns = names.map((_, v) => {
      const values = valuesOf(data, v);
      const mean = values.reduce((sum, value) => sum + value / data.n, 0);
      return values.map((value) => value - mean);
    });
    const found = await varLingam(
      columns,
      options.lags,
      options.most,
      options.penalty,
      context.work,
    );
    const lagged: LaggedEdge[] = found.equations.flatMap((equation, v) =>
      Array.from(equation.parents, (p, k) => ({
        from: names[p % d]!,
        to: names[v]!,
        lag: Math.floor(p / d),
        mark: "->" as const,
        strength: equation.weights[k]!,
      })),
    );
    return {
      kind: "time-series",
      graph: timeGraph(names, lagged),
      lagged,
      order: Array.from(found.order, (v) => names[v]!),
      diagnostics: [
        { kind: "fact", label: "Steps of the past", value: String(found.lags) },
        // what the past leaves still holds effects within a step: only its shape is telling
        ...noiseDiagnostics(found.innovations, names, context, { independence: false }),
      ],
    };
  },
};
