import { leastSquares } from "../math/least-squares.ts";
import type { FiguresDiagnostic } from "./diagnostic.ts";
import { type Kernel, kernelWeight } from "./local-polynomial.ts";
import type { DiscontinuityProblem } from "./problem.ts";

/**
 * The outcome less what covariates explain near the cutoff, `[n]`: y − (Z − mean Z)γ, with γ common to both sides from
 * the weighted regression of y on a polynomial of its own on each side and Z (Calonico, Cattaneo, Farrell & Titiunik
 * 2019, eq. 2). Consistent for the same jump when the covariates do not jump themselves. O(n(order + d)²).
 */
export function withoutCovariates(
  problem: DiscontinuityProblem,
  y: Float64Array,
  kernel: Kernel,
  order: number,
  h: number,
): Float64Array {
  const { covariates, running, n } = problem;
  const { d } = covariates;
  if (d === 0) return y;
  const rows: number[] = [];
  for (let i = 0; i < n; i++) if (kernelWeight(kernel, running[i]!, h) > 0) rows.push(i);
  const width = 2 * (order + 1) + d;
  const x = new Float64Array(rows.length * width);
  const weights = new Float64Array(rows.length);
  const centre = new Float64Array(d);
  rows.forEach((i, k) => {
    const u = running[i]! / h;
    weights[k] = kernelWeight(kernel, running[i]!, h);
    const side = u >= 0 ? order + 1 : 0;
    for (let j = 0, power = 1; j <= order; j++, power *= u) x[k * width + side + j] = power;
    for (let j = 0; j < d; j++) {
      const z = covariates.x[i * d + j]!;
      x[k * width + 2 * (order + 1) + j] = z;
      centre[j]! += z / rows.length;
    }
  });
  const own = Float64Array.from(rows, (i) => y[i]!);
  const { coefficients } = leastSquares(x, rows.length, width, own, weights);
  const gamma = coefficients.subarray(2 * (order + 1));
  return y.map((value, i) => {
    let explained = 0;
    for (let j = 0; j < d; j++) explained += gamma[j]! * (covariates.x[i * d + j]! - centre[j]!);
    return value - explained;
  });
}

/** Do the covariates jump at the cutoff themselves? They must not. `pOf` tests one column. O(d · cost of one test). */
export function covariateJumps(
  problem: DiscontinuityProblem,
  pOf: (column: Float64Array) => number | undefined,
): { readonly diagnostic: FiguresDiagnostic; readonly jumping: readonly string[] } | undefined {
  const { covariates, n } = problem;
  const { d, names } = covariates;
  if (d === 0) return undefined;
  const rows = names.flatMap((name, j) => {
    const p = pOf(Float64Array.from({ length: n }, (_, i) => covariates.x[i * d + j]!));
    return p === undefined ? [] : [{ name: `${name}, p`, value: p }];
  });
  // Holm's correction would be milder; with few covariates Bonferroni's is as good and plainer.
  const jumping = rows
    .filter((row) => row.value * rows.length < 0.05)
    .map((row) => row.name.slice(0, -3));
  const summary =
    jumping.length === 0
      ? `None of ${rows.length} covariates jumps at the cutoff (5 % level, corrected for their number).`
      : `${jumping.join(", ")} jump${jumping.length === 1 ? "s" : ""} at the cutoff.`;
  return {
    diagnostic: { kind: "figures", title: "Covariates at the cutoff", summary, rows },
    jumping,
  };
}
