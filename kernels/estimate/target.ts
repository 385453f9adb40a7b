import type { AdjustmentProblem } from "./problem.ts";

/**
 * How much each unit counts in the average over the target population, `[n]`: everybody, the treated or the control
 * units (level 1 and 0 of the treatment), times the sampling weight. Overlap needs the propensity. O(n).
 */
export function targetWeights(problem: AdjustmentProblem, propensity?: Float64Array): Float64Array {
  const { n, treatment, sampling } = problem;
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const s = sampling?.[i] ?? 1;
    switch (problem.estimand.target) {
      case "ATT":
        out[i] = treatment[i] === 1 ? s : 0;
        break;
      case "ATC":
        out[i] = treatment[i] === 0 ? s : 0;
        break;
      case "overlap": {
        const e = propensity?.[i] ?? 0.5;
        out[i] = s * e * (1 - e);
        break;
      }
      default:
        out[i] = s;
    }
  }
  return out;
}
