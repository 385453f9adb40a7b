import type { Rng } from "../../math/rng.ts";
import type { Pace } from "../pace.ts";
import { exponentialAcyclicity, logDetAcyclicity } from "./acyclicity.ts";
import { augmentedLagrangian } from "./augmented.ts";
import type { Station } from "./central-path.ts";
import type { Relaxed } from "./dagma.ts";
import type { MatrixProblem } from "./matrix-problem.ts";
import { minimize, type Smooth } from "./minimize.ts";
import { dependence, mlpFixed, mlpL1, mlpLoss, type MlpShape, mlpShape, mlpStart } from "./mlp.ts";

// Both searches run in double precision on typed arrays. At the sizes where one network a column makes sense (some ten
// to forty columns, a few thousand rows) a quasi-Newton method needs some thousand evaluations of a few milliseconds;
// Adam in single precision on the tensor backend would need the papers' 100,000 steps and more, and quasi-Newton steps
// cannot be taken there: their line search compares values that differ in the ninth digit.

export interface MlpSettings {
  /** Hidden units of each column's network. */
  readonly units: number;
  /** Half the weight of the sum of squares of all parameters but the offsets c. */
  readonly l2: number;
}

/** The way of non-linear DAGMA (Bello, Aragam & Ravikumar 2022, appendix C.2). */
const path: readonly Station[] = [
  { mu: 1e-1, s: 1 },
  { mu: 1e-2, s: 1 },
  { mu: 1e-3, s: 1 },
  { mu: 1e-4, s: 1 },
];
const MOST = 1500;
/** Iterations without the l1 penalty before the way: where W is 0 that penalty outweighs any gradient. */
const BEFORE = 50;

/**
 * Non-linear DAGMA: networks of one hidden layer, half d times the logarithm of the squared error, and the
 * log-determinant of the first layers' strengths along a central path (Bello, Aragam & Ravikumar 2022, section 5). `x`
 * `[n, d]` row-major, centred. `w` of the result holds the root of each pair's strength. O(n d² units) an evaluation.
 */
export async function dagmaMlp(
  x: Float64Array,
  n: number,
  problem: MatrixProblem,
  settings: MlpSettings,
  rng: Rng,
  pace: Pace,
): Promise<Relaxed> {
  const { d } = problem;
  const shape = mlpShape(d, settings.units);
  const loss = mlpLoss(shape, x, n);
  const l1 = mlpL1(shape, problem);
  const fixed = mlpFixed(shape, problem);
  const cycles = cyclePenalty(shape, problem);
  let theta: Float64Array = mlpStart(shape, deviationsOf(x, n, d), rng);
  let iterations = 0;
  let converged = true;
  const course: (readonly [number, number])[] = [];
  for (const [k, { mu, s }] of path.entries()) {
    const acyclicity = logDetAcyclicity(d, s);
    const objective: Smooth = (at, gradient) => {
      const h = cycles.value(at, acyclicity);
      if (h === Infinity) return Infinity;
      const error = 2 * loss(at, gradient);
      const factor = (mu * d) / error; // of d/2 log(2 loss) by the loss
      for (let i = 0; i < gradient.length; i++) gradient[i]! *= factor;
      const ridge = addRidge(shape, at, gradient, mu * settings.l2);
      cycles.addGradient(at, gradient, 1);
      return (mu * d * Math.log(error)) / 2 + ridge + h;
    };
    if (k === 0) {
      const none = new Float64Array(shape.size);
      const free = { l1: none, fixed, iterations: BEFORE, tolerance: 1e-6 };
      theta = (await minimize(objective, theta, free, pace)).x;
    }
    const found = await minimize(
      objective,
      theta,
      { l1: l1.map((weight) => mu * weight), fixed, iterations: MOST, tolerance: 1e-6 },
      pace,
      () => pace.rest(k / path.length, `mu = ${mu}`),
    );
    theta = found.x;
    iterations += found.iterations;
    converged &&= found.converged || k < path.length - 1;
    course.push([iterations, found.value / mu]);
  }
  const h = cycles.value(theta, logDetAcyclicity(d, 1));
  return { w: strengths(shape, theta), h, iterations, converged, course };
}

/**
 * Non-linear NOTEARS: the same networks under least squares and tr(exp A) = d by an augmented Lagrangian (Zheng, Dan,
 * Aragam, Ravikumar & Xing 2020, section 3). Shapes and costs as `dagmaMlp`.
 */
export async function notearsMlp(
  x: Float64Array,
  n: number,
  problem: MatrixProblem,
  settings: MlpSettings,
  rng: Rng,
  pace: Pace,
): Promise<Relaxed> {
  const { d } = problem;
  const shape = mlpShape(d, settings.units);
  const loss = mlpLoss(shape, x, n);
  const l1 = mlpL1(shape, problem);
  const fixed = mlpFixed(shape, problem);
  const cycles = cyclePenalty(shape, problem);
  const acyclicity = exponentialAcyclicity(d);
  const { x: theta, ...how } = await augmentedLagrangian(
    mlpStart(shape, deviationsOf(x, n, d), rng),
    async (start, alpha, rho, round) => {
      const objective: Smooth = (at, gradient) => {
        const h = cycles.value(at, acyclicity);
        if (h === Infinity) return Infinity;
        const error = loss(at, gradient);
        const ridge = addRidge(shape, at, gradient, settings.l2);
        cycles.addGradient(at, gradient, alpha + rho * h);
        return error + ridge + alpha * h + (rho / 2) * h * h;
      };
      const found = await minimize(
        objective,
        start,
        { l1, fixed, iterations: MOST, tolerance: 1e-6 },
        pace,
        () => pace.rest(Math.min(0.95, round / 12), `round ${round + 1}, rho = ${rho}`),
      );
      return { ...found, h: cycles.value(found.x, acyclicity) };
    },
  );
  return { w: strengths(shape, theta), ...how };
}

/** Roots of the columns' mean squares; they are centred. */
function deviationsOf(x: Float64Array, n: number, d: number): Float64Array {
  const out = new Float64Array(d);
  for (let i = 0; i < n * d; i++) out[i % d]! += (x[i]! * x[i]!) / n;
  return out.map(Math.sqrt);
}

function strengths(shape: MlpShape, theta: Float64Array): Float64Array {
  const a = new Float64Array(shape.d * shape.d);
  dependence(shape, theta, a);
  return a.map(Math.sqrt);
}

/** weight/2 Σ θ², without the offsets, whose gradient is added. */
function addRidge(
  { size, d }: MlpShape,
  theta: Float64Array,
  gradient: Float64Array,
  weight: number,
): number {
  let sum = 0;
  for (let i = 0; i < size - d; i++) {
    sum += theta[i]! * theta[i]!;
    gradient[i]! += weight * theta[i]!;
  }
  return (weight / 2) * sum;
}

/** Acyclicity as a function of the parameters: `value` first, then `addGradient` at the same ones. */
function cyclePenalty(shape: MlpShape, problem: MatrixProblem) {
  const { d, units } = shape;
  const a = new Float64Array(d * d);
  const slope = new Float64Array(d * d);
  return {
    value: (
      theta: Float64Array,
      acyclicity: (a: Float64Array, gradient: Float64Array) => number,
    ): number => {
      dependence(shape, theta, a);
      for (let i = 0; i < a.length; i++) a[i]! += problem.required[i]!;
      return acyclicity(a, slope);
    },
    addGradient: (theta: Float64Array, gradient: Float64Array, weight: number): void => {
      for (let pair = 0; pair < d * d; pair++) {
        const factor = 2 * weight * slope[pair]!;
        for (let k = pair * units; k < (pair + 1) * units; k++) gradient[k]! += factor * theta[k]!;
      }
    },
  };
}
