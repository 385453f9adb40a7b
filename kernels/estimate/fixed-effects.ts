import { clusterCovariance, groupCount, robustCovariance } from "../math/covariance.ts";
import { leastSquares, residualsOf } from "../math/least-squares.ts";
import type { Answer, Finding, Method, Refusal } from "./method.ts";
import { panelOf } from "./panel.ts";
import type { PanelProblem } from "./problem.ts";

export type FixedEffectsOptions = { readonly errors: "cluster" | "HC1" };

/**
 * Two-way fixed effects: the coefficient of treatment (any share of the period) in a regression with a constant per
 * unit and per period, by alternating weighted demeaning. Errors clustered by unit. With staggered adoption and effects
 * that change it averages with weights that may be negative (Goodman-Bacon 2021), and says so. O(n · sweeps).
 */
export function fixedEffects(
  problem: PanelProblem,
  options: FixedEffectsOptions,
): Finding | Refusal {
  const { n, covariates, units, periods } = problem;
  const weights = problem.sampling ?? new Float64Array(n).fill(1);
  const columns = [
    problem.treatment,
    ...Array.from({ length: covariates.d }, (_, j) =>
      Float64Array.from({ length: n }, (_, i) => covariates.x[i * covariates.d + j]!),
    ),
  ];
  const demeaned = columns.map((c) => demean(c, units, periods, weights));
  const y = demean(problem.outcome, units, periods, weights);
  const d = columns.length;
  const x = new Float64Array(n * d);
  demeaned.forEach((column, j) => column.forEach((v, i) => (x[i * d + j] = v)));
  const left = demeaned[0]!.reduce((sum, v, i) => sum + weights[i]! * v * v, 0);
  const total = problem.treatment.reduce((sum, v, i) => sum + weights[i]! * v * v, 0);
  if (left <= 1e-12 * total) {
    return {
      kind: "not-estimable",
      code: "no-variation",
      message: `"${problem.estimand.treatment}" does not vary within units beyond what every unit shares.`,
      hint: "Use a treatment status that changes over time in some units.",
    };
  }
  const fit = leastSquares(x, n, d, y, weights);
  const residuals = residualsOf(x, n, d, y, fit.coefficients);
  const groups = groupCount(units);
  const absorbed = groups + groupCount(periods) - 1;
  const clusters = problem.clusters ?? units;
  const full = { x, n, d, residuals, inverse: fit.inverse, weights, rank: fit.rank + absorbed };
  const variance =
    options.errors === "cluster"
      ? clusterCovariance(full, clusters)[0]!
      : robustCovariance(full, "HC1")[0]!;
  const panel = panelOf(problem);
  const cohorts =
    panel.kind === "panel" ? new Set(panel.adopted.filter((g) => g < panel.periods)).size : 2;
  return {
    kind: "finding",
    estimate: fit.coefficients[0]!,
    standardError: Math.sqrt(variance),
    errors:
      options.errors === "cluster"
        ? `errors clustered in ${groupCount(clusters)} groups`
        : "HC1 errors",
    degreesOfFreedom:
      options.errors === "cluster" ? groupCount(clusters) - 1 : n - fit.rank - absorbed,
    warnings:
      cohorts > 1
        ? [
            {
              code: "staggered-twfe",
              message:
                "Units start treatment at different times: two-way fixed effects also compare with units already treated, and can even get the sign wrong.",
              hint: "Prefer did, which compares with units not yet treated.",
            },
          ]
        : [],
  };
}

/** What is left of a column after unit and period means, by sweeps until nothing moves. */
function demean(
  column: Float64Array,
  units: Int32Array,
  periods: Int32Array,
  weights: Float64Array,
): Float64Array {
  const out = column.slice();
  const sizes = [units, periods].map((labels) => {
    const total = new Float64Array(groupCount(labels));
    labels.forEach((g, i) => (total[g]! += weights[i]!));
    return total;
  });
  const scale = Math.sqrt(column.reduce((s, v) => s + v * v, 0) / column.length) || 1;
  for (let sweep = 0; sweep < 10_000; sweep++) {
    let moved = 0;
    for (const [k, labels] of [units, periods].entries()) {
      const sums = new Float64Array(sizes[k]!.length);
      for (let i = 0; i < out.length; i++) sums[labels[i]!]! += weights[i]! * out[i]!;
      for (let g = 0; g < sums.length; g++) {
        sums[g] = sizes[k]![g] === 0 ? 0 : sums[g]! / sizes[k]![g]!;
        moved = Math.max(moved, Math.abs(sums[g]!));
      }
      for (let i = 0; i < out.length; i++) out[i]! -= sums[labels[i]!]!;
      if (k === 0 && sweep === 0) moved = Infinity;
    }
    if (moved < 1e-12 * scale) break;
  }
  return out;
}

export const fixedEffectsMethod: Method<FixedEffectsOptions> = {
  name: "twfe",
  label: "Two-way fixed effects",
  summary:
    "Regression with a constant per unit and per period; safe when all treated units start at once.",
  source: "Goodman-Bacon (2021) on what it estimates",
  fits: {
    estimands: ["panel"],
    targets: ["ATT", "coefficient"],
    treatments: ["binary", "continuous"],
  },
  stochastic: false,
  options: {
    errors: {
      type: "choice",
      choices: ["cluster", "HC1"],
      default: "cluster",
      doc: "Clustered by unit (or the cell's clusters), or by row.",
    },
  },
  run(problem, options): Answer {
    if (problem.kind !== "panel") throw new Error(`twfe was given a ${problem.kind} problem`);
    return fixedEffects(problem, options);
  },
};
