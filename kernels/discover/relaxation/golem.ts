import type { Pace } from "../pace.ts";
import { exponentialAcyclicity } from "./acyclicity.ts";
import type { Relaxed } from "./dagma.ts";
import { type MatrixProblem, squares } from "./matrix-problem.ts";
import { minimize, type Smooth } from "./minimize.ts";
import { invertWithPivots, multiplyInto } from "./products.ts";

/** Weight of the acyclicity penalty, which is soft here; the paper's. */
const CYCLES = 5;

/**
 * The negative log likelihood of a linear Gaussian model over n, up to a constant, plus five times the acyclicity of the
 * weights: Ng, Ghassami & Zhang 2020, equations 2 (equal variances) and 3, without their l1 term. Infinity where
 * det(I - W) <= 0. O(d³).
 */
export function golemObjective(
  moments: Float64Array,
  problem: MatrixProblem,
  noises: "equal" | "unequal",
): Smooth {
  const { d } = problem;
  const size = d * d;
  const a = new Float64Array(size);
  const slope = new Float64Array(size);
  const inverse = new Float64Array(size);
  const product = new Float64Array(size);
  const acyclicity = exponentialAcyclicity(d);
  const left = new Float64Array(d);
  return (w, gradient) => {
    for (let i = 0; i < size; i++) inverse[i] = -w[i]!;
    for (let i = 0; i < d; i++) inverse[i * d + i]! += 1;
    const logDeterminant = invertWithPivots(inverse, d);
    if (Number.isNaN(logDeterminant)) return Infinity;
    squares(problem, w, a);
    const h = acyclicity(a, slope);
    if (h === Infinity) return Infinity;
    // what is left of column j: M_jj - 2 (M W)_jj + w_j' M w_j
    multiplyInto(moments, w, d, product);
    for (let j = 0; j < d; j++) left[j] = moments[j * d + j]! - 2 * product[j * d + j]!;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) left[j]! += w[i * d + j]! * product[i * d + j]!;
    }
    let fit = 0;
    if (noises === "equal") {
      let sum = 0;
      for (const rest of left) sum += rest;
      fit = (d / 2) * Math.log(sum);
      left.fill(sum / d);
    } else for (const rest of left) fit += Math.log(rest) / 2;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        const at = i * d + j;
        gradient[at] =
          (product[at]! - moments[at]!) / left[j]! +
          inverse[j * d + i]! +
          2 * CYCLES * w[at]! * slope[at]!;
      }
    }
    return fit - logDeterminant + CYCLES * h;
  };
}

/**
 * GOLEM: a likelihood with an l1 penalty and a soft penalty on cycles, for noises of equal variance (EV) or not (NV); Ng,
 * Ghassami & Zhang 2020. OWL-QN in double precision in place of the paper's 100,000 Adam steps; the side
 * det(I - W) > 0, where the search starts, is kept. `start` matters: NV has many poor optima and is started from EV, as
 * in the paper. O(d³) an iteration.
 */
export async function golem(
  moments: Float64Array,
  problem: MatrixProblem,
  noises: "equal" | "unequal",
  start: Float64Array,
  pace: Pace,
  tolerance = 1e-9,
): Promise<Relaxed> {
  const { d } = problem;
  const objective = golemObjective(moments, problem, noises);
  const { l1, fixed } = problem;
  const found = await minimize(
    objective,
    start,
    { l1, fixed, iterations: 20_000, tolerance },
    pace,
    () => pace.rest(undefined, `${noises} variances`),
  );
  const a = new Float64Array(d * d);
  squares(problem, found.x, a);
  return {
    w: found.x,
    h: exponentialAcyclicity(d)(a, new Float64Array(d * d)),
    iterations: found.iterations,
    converged: found.converged,
    course: [],
  };
}
