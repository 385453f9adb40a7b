import { fitLogit, type Glm } from "../math/glm.ts";
import { leastSquares } from "../math/least-squares.ts";
import { variance } from "../math/summary.ts";
import { withOnes } from "./learn/linear.ts";
import type { Refusal } from "./method.ts";
import type { AdjustmentProblem } from "./problem.ts";

export interface Propensity {
  readonly kind: "propensity";
  /** `[n, d+1]`: a column of ones, then the covariates. */
  readonly x: Float64Array;
  readonly d: number;
  readonly fit: Glm;
}

/**
 * The logit of treatment on the covariates, or a refusal when they tell treatment without error: no unit then has a
 * counterpart. O(nd²).
 */
export function fitPropensity(problem: AdjustmentProblem): Propensity | Refusal {
  const { n, covariates, sampling } = problem;
  const d = covariates.d + 1;
  const x = withOnes(covariates.x, n, covariates.d);
  const fit = fitLogit(
    x,
    n,
    d,
    problem.treatment,
    sampling === undefined ? {} : { weights: sampling },
  );
  if (fit.separation !== undefined) {
    const names = fit.separation.columns.filter((j) => j > 0).map((j) => covariates.names[j - 1]!);
    return separated(problem, names, fit.separation.complete);
  }
  return { kind: "propensity", x, d, fit };
}

/** A refusal when the treatment is a linear combination of the covariates: nothing is left to compare. O(nd²). */
export function treatmentFollows(problem: AdjustmentProblem): Refusal | undefined {
  const { n, covariates, treatment } = problem;
  if (covariates.d === 0) return undefined;
  const x = withOnes(covariates.x, n, covariates.d);
  const fit = leastSquares(x, n, covariates.d + 1, treatment);
  if (fit.rss > 1e-12 * n * variance(treatment, 0)) return undefined;
  const size = covariates.names.map((name, j) => ({ name, b: Math.abs(fit.coefficients[j + 1]!) }));
  const most = Math.max(...size.map((s) => s.b));
  return separated(
    problem,
    size.filter((s) => s.b > 1e-6 * most).map((s) => s.name),
    true,
  );
}

function separated(
  problem: AdjustmentProblem,
  names: readonly string[],
  complete: boolean,
): Refusal {
  const { treatment } = problem.estimand;
  const sources = new Set(
    names.flatMap(
      (name) => problem.covariates.sources[problem.covariates.names.indexOf(name)] ?? [],
    ),
  );
  return {
    kind: "bad-data",
    problems: [
      {
        code: "separation",
        columns: [...sources],
        message: complete
          ? `"${treatment}" can be told without error from ${names.join(", ")}: no unit has a counterpart in the other arm.`
          : `For some values of ${names.join(", ")} every unit has the same "${treatment}".`,
        hint: `Compare only where both arms occur (filter the rows: a change of the population), merge rare levels, or check whether ${[...sources].join(", ")} must be adjusted for at all.`,
      },
    ],
  };
}
