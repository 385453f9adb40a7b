import type { Pace } from "../pace.ts";
import { exponentialAcyclicity } from "./acyclicity.ts";
import { augmentedLagrangian } from "./augmented.ts";
import type { Relaxed } from "./dagma.ts";
import { type MatrixProblem, squares } from "./matrix-problem.ts";
import { minimize, type Smooth } from "./minimize.ts";
import { linearLoss } from "./moments.ts";

/**
 * Linear NOTEARS: least squares with an l1 penalty under tr(exp(W∘W)) = d, by an augmented Lagrangian whose
 * subproblems OWL-QN solves in double precision (Zheng, Aragam, Ravikumar & Xing 2018). `moments: [d, d]` of centred
 * columns. O(d³ log ‖W∘W‖) an iteration, about ten products each.
 */
export async function notearsLinear(
  moments: Float64Array,
  problem: MatrixProblem,
  pace: Pace,
  tolerance = 1e-8,
): Promise<Relaxed> {
  const { d } = problem;
  const loss = linearLoss(moments, d);
  const acyclicity = exponentialAcyclicity(d);
  const a = new Float64Array(d * d);
  const slope = new Float64Array(d * d);
  const { x, ...how } = await augmentedLagrangian(
    new Float64Array(d * d),
    async (start, alpha, rho, round) => {
      const objective: Smooth = (w, gradient) => {
        squares(problem, w, a);
        const h = acyclicity(a, slope);
        if (h === Infinity) return Infinity;
        const value = loss(w, gradient) + alpha * h + (rho / 2) * h * h;
        const weight = 2 * (alpha + rho * h);
        for (let i = 0; i < w.length; i++) gradient[i]! += weight * w[i]! * slope[i]!;
        return value;
      };
      const { l1, fixed } = problem;
      const found = await minimize(
        objective,
        start,
        { l1, fixed, iterations: 10_000, tolerance },
        pace,
        () => pace.rest(Math.min(0.95, round / 12), `round ${round + 1}, rho = ${rho}`),
      );
      squares(problem, found.x, a);
      return { ...found, h: acyclicity(a, slope) };
    },
  );
  return { w: x, ...how };
}
