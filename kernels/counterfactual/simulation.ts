import { createRng } from "../math/rng.ts";
import type { Rng } from "../math/rng.ts";
import { normalQuantile } from "../math/distributions.ts";
import { identified, impossible, needsMechanism } from "./answer.ts";
import type { QueryContext } from "./context.ts";
import { NoExactMethod } from "./discrete-network.ts";
import { compileExpression } from "./expression.ts";
import { variableOf } from "./model.ts";
import type { StructuralModel } from "./model.ts";
import { happens, planPart } from "./plan.ts";
import type { Plan } from "./plan.ts";
import type { Part, PreparedQuery } from "./parts.ts";
import { integratePart } from "./quadrature.ts";
import type { CounterfactualResult, Distribution, Method } from "./result.ts";
import { UnitRun } from "./unit-run.ts";

export interface SimulationOptions {
  readonly draws?: number;
  readonly rng?: Rng;
  readonly level?: number;
}

/**
 * Abduction, action and prediction unit by unit, for models without a closed form. Noise that the evidence fixes is
 * recovered; a few free noises are integrated; more are drawn, weighted by how well they fit the evidence
 * (self-normalised importance sampling). `reason` says why nothing exact applied.
 */
export function answerBySimulation(
  model: StructuralModel,
  prepared: PreparedQuery,
  context: QueryContext,
  options: SimulationOptions,
  reason: string,
): CounterfactualResult {
  let plans: readonly Plan[];
  try {
    plans = prepared.parts.map((part) => planPart(model, part, prepared.open));
  } catch (error) {
    if (!(error instanceof NoExactMethod)) throw error;
    const seen = prepared.parts.flatMap(({ given }) => given.map(({ term }) => term.variable));
    return needsMechanism(model, prepared, context, seen, { reason: error.message });
  }
  const open = plans.flatMap((plan) => plan.open);
  if (open.length > 0) return needsMechanism(model, prepared, context, open);
  return (
    integrate(model, prepared, context, plans) ??
    draw(model, prepared, context, plans, options, reason)
  );
}

function integrate(
  model: StructuralModel,
  prepared: PreparedQuery,
  context: QueryContext,
  plans: readonly Plan[],
): CounterfactualResult | undefined {
  let value = 0;
  let points = 0;
  let dimensions = 0;
  let distribution: Distribution | undefined;
  const recovered = new Set<string>();
  for (const [i, plan] of plans.entries()) {
    const part = prepared.parts[i]!;
    const answer = integratePart(plan, part);
    if (answer === undefined) return undefined;
    if (Number.isNaN(answer.value)) return impossible(prepared, context);
    value += part.weight * answer.value;
    points += answer.points;
    dimensions = Math.max(dimensions, answer.dimensions);
    for (const name of answer.recovered) recovered.add(name);
    if (prepared.open !== undefined) {
      const { domain } = variableOf(model, prepared.open.variable)!;
      if (domain.kind === "real" && answer.spread !== undefined) {
        distribution = { kind: "real", ...answer.spread };
      } else if (domain.kind === "discrete" && domain.levels.join() === "0,1") {
        const probabilities = Float64Array.of(1 - answer.value, answer.value);
        distribution = { kind: "discrete", levels: domain.levels, probabilities };
      }
    }
  }
  const method: Method =
    dimensions === 0
      ? { name: "noise-recovery", recovered: [...recovered], points }
      : { name: "quadrature", dimensions, points };
  return identified(prepared, context, value, method, { distribution });
}

interface Draws {
  readonly weights: Float64Array;
  readonly values: Float64Array;
  readonly open: Float64Array | undefined;
}

function draw(
  model: StructuralModel,
  prepared: PreparedQuery,
  context: QueryContext,
  plans: readonly Plan[],
  options: SimulationOptions,
  reason: string,
): CounterfactualResult {
  const n = options.draws ?? 100_000;
  const rng = options.rng ?? createRng(1);
  const level = options.level ?? 0.95;
  const influence = new Float64Array(n);
  let value = 0;
  let smallest = n;
  let distribution: Distribution | undefined;
  for (const [i, plan] of plans.entries()) {
    const part = prepared.parts[i]!;
    const draws = drawPart(plan, part, n, rng);
    const mean = weightedMean(draws.values, draws.weights);
    if (mean === undefined) return impossible(prepared, context);
    value += part.weight * mean.mean;
    smallest = Math.min(smallest, mean.effective);
    // Parts share their streams, so what is common to both sides of a difference cancels here as well.
    for (let row = 0; row < n; row++) {
      influence[row]! +=
        (part.weight * draws.weights[row]! * (draws.values[row]! - mean.mean)) / mean.total;
    }
    if (draws.open !== undefined)
      distribution = distributionOf(model, prepared, draws.open, draws.weights);
  }
  const standardError = Math.sqrt(influence.reduce((sum, x) => sum + x * x, 0));
  const reach = normalQuantile(0.5 + level / 2) * standardError;
  const interval = { lower: value - reach, upper: value + reach, level, standardError };
  const method: Method = {
    name: "sampling",
    draws: n,
    effectiveSampleSize: smallest,
    seed: rng.seed,
    reason,
  };
  return identified(prepared, context, value, method, { distribution, interval });
}

function drawPart(plan: Plan, part: Part, n: number, rng: Rng): Draws {
  const run = new UnitRun(plan);
  const streams = new Map<number, Rng>();
  const stream = (variable: number): Rng => {
    let own = streams.get(variable);
    if (own === undefined) {
      streams.set(variable, (own = rng.fork(plan.network.model.variables[variable]!.name)));
    }
    return own;
  };
  const names = plan.terms.map((_, i) => `#${i}`);
  const compiled = part.value === undefined ? undefined : compileExpression(part.value, names);
  const terms = new Float64Array(names.length);
  const logs = new Float64Array(n);
  const values = new Float64Array(n);
  const open = plan.openNode === undefined ? undefined : new Float64Array(n);
  for (let row = 0; row < n; row++) {
    let log = 0;
    // A unit that no longer fits still draws the rest, so that streams stay aligned between parts.
    for (const step of plan.steps) log += run.run(step, stream);
    logs[row] = log;
    for (let t = 0; t < terms.length; t++) terms[t] = run.values[plan.terms[t]!]!;
    const fits = plan.events.every(({ node, event, value }) =>
      happens(run.values[node]!, event, value),
    );
    values[row] = fits ? (compiled === undefined ? 1 : compiled(terms)) : 0;
    if (open !== undefined) open[row] = run.values[plan.openNode!]!;
  }
  const highest = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  return {
    weights: logs.map((log) => (log === -Infinity ? 0 : Math.exp(log - highest))),
    values,
    open,
  };
}

function weightedMean(
  values: Float64Array,
  weights: Float64Array,
): { readonly mean: number; readonly total: number; readonly effective: number } | undefined {
  let total = 0;
  let squares = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue; // a value that cannot be (0 · NaN) must not count
    total += weight;
    squares += weight * weight;
    sum += weight * values[i]!;
  }
  return total > 0 ? { mean: sum / total, total, effective: (total * total) / squares } : undefined;
}

function distributionOf(
  model: StructuralModel,
  prepared: PreparedQuery,
  values: Float64Array,
  weights: Float64Array,
): Distribution {
  const { domain } = variableOf(model, prepared.open!.variable)!;
  const total = weights.reduce((a, b) => a + b, 0);
  if (domain.kind === "discrete") {
    const probabilities = new Float64Array(domain.levels.length);
    values.forEach((value, i) => {
      probabilities[domain.values.indexOf(value)]! += weights[i]! / total;
    });
    return { kind: "discrete", levels: domain.levels, probabilities };
  }
  const mean = values.reduce((sum, value, i) => sum + (weights[i]! * value) / total, 0);
  const variance = values.reduce(
    (sum, value, i) => sum + (weights[i]! * (value - mean) ** 2) / total,
    0,
  );
  return { kind: "real", mean, standardDeviation: Math.sqrt(variance) };
}
