import { histogram, mean, variance } from "../math/summary.ts";
import type { ResidualsDiagnostic } from "./diagnostic.ts";

/** Share of variance explained and the residuals' histogram. O(n). */
export function residualDiagnostic(
  outcome: Float64Array,
  residuals: Float64Array,
): ResidualsDiagnostic {
  const centre = mean(residuals);
  const spread = Math.sqrt(variance(residuals, 0));
  const total = variance(outcome, 0);
  let rss = 0;
  for (const e of residuals) rss += e * e;
  const rSquared = total === 0 ? 0 : 1 - rss / residuals.length / total;
  let reach = 0;
  for (const e of residuals) reach = Math.max(reach, Math.abs(e - centre));
  const { edges, counts } = histogram(residuals, 20, centre - reach, centre + reach);
  const beyond = residuals.reduce((k, e) => k + (Math.abs(e - centre) > 4 * spread ? 1 : 0), 0);
  return {
    kind: "residuals",
    title: "Residuals of the outcome model",
    summary: `The model explains ${(100 * rSquared).toFixed(1)} % of the outcome's variance; ${beyond} residuals lie beyond four standard deviations.`,
    rSquared,
    edges,
    counts,
  };
}
