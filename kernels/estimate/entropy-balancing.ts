import { cholesky, choleskySolve } from "../math/dense.ts";
import { groupedSquares } from "./influence.ts";
import type { Answer, Finding, Method, Refusal } from "./method.ts";
import { rowsWhere } from "./nuisance.ts";
import { treatmentFollows } from "./propensity.ts";
import type { AdjustmentProblem } from "./problem.ts";

/**
 * Entropy balancing (Hainmueller 2012): the weights closest to equal whose covariate means match the target
 * population exactly, found by Newton's method on the dual. Doubly robust in that it is right under a linear outcome
 * or a log-linear odds model (Zhao & Percival 2017); errors from the stacked estimating equations. A refusal when the
 * target's means lie outside what the arm can reach. Targets ATT, ATC, ATE. O(nd² · iterations).
 */
export function entropyBalancing(problem: AdjustmentProblem): Finding | Refusal {
  const fixed = treatmentFollows(problem);
  if (fixed !== undefined) return fixed;
  const { n, treatment, outcome, sampling } = problem;
  const { target } = problem.estimand;
  const population = treatment.map(
    (t, i) => (sampling?.[i] ?? 1) * (target === "ATT" ? t : target === "ATC" ? 1 - t : 1),
  );
  const size = population.reduce((a, b) => a + b, 0);
  const means = targetMeans(problem, population, size);
  const weights = new Float64Array(n);
  const influence = new Float64Array(n);
  const level: number[] = [];
  for (const arm of [0, 1] as const) {
    const rows = rowsWhere(n, (i) => treatment[i] === arm);
    const whole = (target === "ATT" && arm === 1) || (target === "ATC" && arm === 0);
    const solved = whole ? baseWeights(rows, sampling) : balanceArm(problem, rows, means);
    if (solved === undefined) return unreachable(problem, arm);
    const mean = rows.reduce((sum, i, k) => sum + solved[k]! * outcome[i]!, 0);
    level.push(mean);
    const slope = whole
      ? new Float64Array(means.length)
      : weightedSlope(problem, rows, solved, means, mean);
    const sign = arm === 1 ? 1 : -1;
    for (const [k, i] of rows.entries()) {
      weights[i] = solved[k]! * size;
      influence[i]! +=
        sign * n * solved[k]! * (outcome[i]! - mean - along(problem, i, slope, means));
    }
    if (!whole) {
      for (let i = 0; i < n; i++) {
        if (population[i]! > 0)
          influence[i]! += (sign * n * population[i]! * along(problem, i, slope, means)) / size;
      }
    }
  }
  return {
    kind: "finding",
    estimate: level[1]! - level[0]!,
    standardError: Math.sqrt(groupedSquares(influence, problem.clusters)) / n,
    errors: "sandwich errors with the weights estimated",
    influence,
    weights,
    parts: problem.treatmentLevels.map((name, arm) => ({
      name: `mean outcome under ${problem.estimand.treatment} = ${name}`,
      estimate: level[arm]!,
    })),
  };
}

function targetMeans(
  problem: AdjustmentProblem,
  population: Float64Array,
  size: number,
): Float64Array {
  const { d, x } = problem.covariates;
  const means = new Float64Array(d);
  for (let i = 0; i < problem.n; i++) {
    if (population[i] === 0) continue;
    for (let j = 0; j < d; j++) means[j]! += (population[i]! * x[i * d + j]!) / size;
  }
  return means;
}

function baseWeights(rows: Int32Array, sampling: Float64Array | undefined): Float64Array {
  const base = Float64Array.from(rows, (i) => sampling?.[i] ?? 1);
  const total = base.reduce((a, b) => a + b, 0);
  return base.map((w) => w / total);
}

/** Weights of an arm's rows (summing to 1) with the given means; undefined when the means cannot be reached. */
function balanceArm(
  problem: AdjustmentProblem,
  rows: Int32Array,
  means: Float64Array,
): Float64Array | undefined {
  const { d, x } = problem.covariates;
  const m = rows.length;
  const base = baseWeights(rows, problem.sampling);
  const scale = new Float64Array(d);
  for (const i of rows)
    for (let j = 0; j < d; j++) scale[j]! += (x[i * d + j]! - means[j]!) ** 2 / m;
  const z = new Float64Array(m * d);
  for (let k = 0; k < m; k++) {
    for (let j = 0; j < d; j++) {
      const s = Math.sqrt(scale[j]!);
      z[k * d + j] = s === 0 ? 0 : (x[rows[k]! * d + j]! - means[j]!) / s;
    }
  }
  const lambda = new Float64Array(d);
  let state = dual(z, m, d, base, lambda);
  for (let iteration = 0; iteration < 200; iteration++) {
    if (Math.max(...state.gradient.map(Math.abs), 0) < 1e-10) return state.weights;
    const { l } = cholesky(state.hessian, d, 1e-12);
    const step = choleskySolve(l, d, state.gradient);
    let size = 1;
    let next = state;
    for (let halving = 0; halving < 40; halving++, size /= 2) {
      const trial = lambda.map((v, j) => v - size * step[j]!);
      next = dual(z, m, d, base, trial);
      if (next.value <= state.value + 1e-14 * Math.abs(state.value)) {
        lambda.set(trial);
        break;
      }
    }
    if (next === state || lambda.some((v) => Math.abs(v) > 500)) return undefined;
    state = next;
  }
  return Math.max(...state.gradient.map(Math.abs)) < 1e-6 ? state.weights : undefined;
}

function dual(
  z: Float64Array,
  m: number,
  d: number,
  base: Float64Array,
  lambda: Float64Array,
): { value: number; weights: Float64Array; gradient: Float64Array; hessian: Float64Array } {
  const weights = new Float64Array(m);
  let top = -Infinity;
  for (let k = 0; k < m; k++) {
    let eta = 0;
    for (let j = 0; j < d; j++) eta += z[k * d + j]! * lambda[j]!;
    weights[k] = eta;
    top = Math.max(top, eta);
  }
  let total = 0;
  for (let k = 0; k < m; k++) total += weights[k] = base[k]! * Math.exp(weights[k]! - top);
  const gradient = new Float64Array(d);
  const hessian = new Float64Array(d * d);
  for (let k = 0; k < m; k++) {
    const w = (weights[k]! /= total);
    for (let j = 0; j < d; j++) {
      const value = w * z[k * d + j]!;
      gradient[j]! += value;
      for (let i = 0; i <= j; i++) hessian[j * d + i]! += value * z[k * d + i]!;
    }
  }
  for (let j = 0; j < d; j++) {
    for (let i = 0; i <= j; i++) {
      hessian[j * d + i]! -= gradient[j]! * gradient[i]!;
      hessian[i * d + j] = hessian[j * d + i]!;
    }
  }
  return { value: top + Math.log(total), weights, gradient, hessian };
}

function weightedSlope(
  problem: AdjustmentProblem,
  rows: Int32Array,
  weights: Float64Array,
  means: Float64Array,
  level: number,
): Float64Array {
  const { d, x } = problem.covariates;
  const hessian = new Float64Array(d * d);
  const moment = new Float64Array(d);
  for (const [k, i] of rows.entries()) {
    for (let j = 0; j < d; j++) {
      const value = weights[k]! * (x[i * d + j]! - means[j]!);
      moment[j]! += value * (problem.outcome[i]! - level);
      for (let h = 0; h < d; h++) hessian[j * d + h]! += value * (x[i * d + h]! - means[h]!);
    }
  }
  const { l } = cholesky(hessian, d, 1e-12);
  return choleskySolve(l, d, moment);
}

function along(
  problem: AdjustmentProblem,
  i: number,
  slope: Float64Array,
  means: Float64Array,
): number {
  const { d, x } = problem.covariates;
  let sum = 0;
  for (let j = 0; j < d; j++) sum += slope[j]! * (x[i * d + j]! - means[j]!);
  return sum;
}

function unreachable(problem: AdjustmentProblem, arm: 0 | 1): Refusal {
  return {
    kind: "not-estimable",
    code: "balance-unreachable",
    message: `No weights of the rows with ${problem.estimand.treatment} = ${problem.treatmentLevels[arm]} can match the means of the target population.`,
    hint: "The arms overlap too little: balance fewer terms, or choose another population.",
  };
}

export const entropyBalancingMethod: Method<Readonly<Record<string, never>>> = {
  name: "entropy-balancing",
  label: "Entropy balancing",
  summary: "Weights that match the covariate means exactly, as close to equal as that allows.",
  source: "Hainmueller (2012); Zhao & Percival (2017)",
  fits: { estimands: ["adjustment"], targets: ["ATT", "ATC", "ATE"], treatments: ["binary"] },
  stochastic: false,
  options: {},
  run(problem): Answer {
    if (problem.kind !== "adjustment")
      throw new Error(`entropy balancing was given a ${problem.kind} problem`);
    return entropyBalancing(problem);
  },
};
