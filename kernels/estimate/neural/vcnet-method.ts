import { foldMap } from "../../math/folds.ts";
import { normalQuantile } from "../../math/distributions.ts";
import { influenceError } from "../influence.ts";
import type { CurveDiagnostic, FiguresDiagnostic } from "../diagnostic.ts";
import type { Answer, Method, MethodContext, OptionSpec } from "../method.ts";
import { rowsWhere } from "../nuisance.ts";
import type { AdjustmentProblem } from "../problem.ts";
import type { TensorEngine } from "../../tensor/backend.ts";
import { doseCorrections, smoothResidual } from "./dose-curve.ts";
import type { SmoothedResidual } from "./dose-curve.ts";
import {
  attempt,
  dataOf,
  engineFor,
  lossCurve,
  trainingFigures,
  withoutCovariates,
} from "./method.ts";
import { partOf, pickRows } from "./pieces.ts";
import { count, strength, trainingOptions } from "./training-options.ts";
import type { TrainingOptions } from "./training-options.ts";
import { fitVcnet, VCNET_DEFAULTS } from "./vcnet.ts";
import type { VcnetFit } from "./vcnet.ts";

export type VcnetMethodOptions = TrainingOptions & {
  readonly folds: number;
  readonly width: number;
  readonly decay: number;
  readonly doses: number;
  readonly from: number | null;
  readonly to: number | null;
  readonly cap: number;
};

/** Doses at which means over units are worked out; between them they are interpolated. */
const GRID = 41;

const dose = (doc: string): OptionSpec<number | null> => ({ type: "number", default: null, doc });

export const vcnetMethod: Method<VcnetMethodOptions> = {
  name: "vcnet",
  label: "Varying-coefficient net (VCNet)",
  summary:
    "For a treatment of many doses: the mean outcome at every dose, as a curve with bands, by a net whose weights are splines of the dose; cross-fitted and doubly robust on top.",
  source: "Nie, Ye, Liu & Nicolae (2021); Kennedy, Ma, McHugh & Small (2017)",
  fits: { estimands: ["adjustment"], targets: ["ATE"], treatments: ["continuous"] },
  stochastic: true,
  options: {
    folds: count(5, 2, 20, "Nets trained, each predicting the part of the rows it has not seen."),
    width: count(VCNET_DEFAULTS.width, 1, 4096, "Units in each layer."),
    decay: strength(VCNET_DEFAULTS.decay, "Penalty on the squared weights."),
    doses: count(
      41,
      2,
      1000,
      "Doses at which the curve is drawn, between the 2 % and 98 % quantile.",
    ),
    from: dose("Dose from which the effect is counted; by default the lower quartile."),
    to: dose("Dose to which it is counted; by default the upper quartile."),
    cap: {
      type: "number",
      default: 20,
      minimum: 1,
      maximum: 1e6,
      doc: "Most weight of one row, relative to a dose given at random; how many were capped is reported.",
    },
    ...trainingOptions(VCNET_DEFAULTS),
  },
  async run(problem, options, context): Promise<Answer> {
    if (problem.kind !== "adjustment") throw new Error(`vcnet was given a ${problem.kind} problem`);
    if (problem.covariates.d === 0) return withoutCovariates("VCNet");
    const engine = await engineFor(options);
    const found = await attempt(() => crossFit(engine, problem, options, context));
    return "kind" in found ? found : toFinding(problem, options, engine, found, context);
  },
};

interface CrossFitted {
  readonly nets: readonly VcnetFit[];
  readonly corrections: Float64Array;
  readonly weights: Float64Array;
  readonly capped: number;
  readonly grid: Float64Array;
  /** μ(x_i, t) of each row at each dose of the grid, out of fold, `[n, 41]`. */
  readonly own: Float64Array;
  /** Its mean over rows: the net's own curve. */
  readonly plugIn: Float64Array;
}

async function crossFit(
  engine: TensorEngine,
  problem: AdjustmentProblem,
  options: VcnetMethodOptions,
  { rng, work }: MethodContext,
): Promise<CrossFitted> {
  const { n, treatment, outcome, covariates, clusters } = problem;
  const { d, x } = covariates;
  const data = dataOf(problem);
  const fold = foldMap(n, options.folds, rng.fork("folds"), clusters ? { clusters } : {});
  const sorted = treatment.toSorted();
  const grid = Float64Array.from(
    { length: GRID },
    (_, k) => sorted[0]! + ((sorted[n - 1]! - sorted[0]!) * k) / (GRID - 1),
  );
  const own = new Float64Array(n);
  const curves = new Float64Array(n * GRID);
  const density = new Float64Array(n);
  const meanDensity = new Float64Array(n);
  const plugIn = new Float64Array(GRID);
  const nets: VcnetFit[] = [];
  for (let k = 0; k < options.folds; k++) {
    const outside = rowsWhere(n, (i) => fold[i] !== k);
    const inside = rowsWhere(n, (i) => fold[i] === k);
    const part = partOf(work, k / options.folds, (k + 1) / options.folds, `fold ${k + 1} `);
    const fitting = { ...VCNET_DEFAULTS, ...options };
    const net = await fitVcnet(engine, data, fitting, rng.fork(`net ${k}`), part, outside);
    nets.push(net);
    const rows = pickRows(x, d, inside);
    const [mu, pi] = [await net.outcomes(rows, grid), await net.densities(rows, grid)];
    const average = (values: Float64Array): Float64Array =>
      grid.map((_, g) => inside.reduce((s, _, i) => s + values[i * GRID + g]!, 0) / inside.length);
    const w = average(pi);
    average(mu).forEach((value, g) => (plugIn[g]! += (value * inside.length) / n));
    inside.forEach((i, at) => {
      const t = treatment[i]!;
      curves.set(mu.subarray(at * GRID, (at + 1) * GRID), i * GRID);
      meanDensity[i] = interpolate(grid, w, t);
      own[i] = interpolate(grid, mu.subarray(at * GRID, (at + 1) * GRID), t);
      density[i] = interpolate(grid, pi.subarray(at * GRID, (at + 1) * GRID), t);
    });
  }
  const { values, weights, capped } = doseCorrections(
    outcome,
    { own, density, meanDensity },
    options.cap,
  );
  return { nets, corrections: values, weights, capped, grid, own: curves, plugIn };
}

/** Value at `t` of the line through points at an even grid. */
function interpolate(grid: Float64Array, values: Float64Array, t: number): number {
  const last = grid.length - 1;
  const at = ((t - grid[0]!) / (grid[last]! - grid[0]!)) * last;
  const k = Math.min(last - 1, Math.max(0, Math.floor(at)));
  return values[k]! + (at - k) * (values[k + 1]! - values[k]!);
}

function toFinding(
  problem: AdjustmentProblem,
  options: VcnetMethodOptions,
  engine: TensorEngine,
  fitted: CrossFitted,
  { level }: MethodContext,
): Answer {
  const { n, treatment } = problem;
  const sorted = treatment.toSorted();
  const quantile = (q: number): number => sorted[Math.round(q * (n - 1))]!;
  const from = options.from ?? quantile(0.25);
  const to = options.to ?? quantile(0.75);
  if (from === to) {
    return {
      kind: "not-estimable",
      code: "no-contrast",
      message: `Both doses to compare are ${from}.`,
      hint: "Give from and to two different doses.",
    };
  }
  const [low, high] = [quantile(0.02), quantile(0.98)];
  const doses = Float64Array.from(
    { length: options.doses },
    (_, k) => low + ((high - low) * k) / (options.doses - 1),
  );
  const smooth = smoothResidual(treatment, fitted.corrections);
  // Influence of each row on the curve at a dose: its share of the correction, and of the mean over units.
  const at = (dose: number): { mean: number; influence: Float64Array } => {
    const here = smooth.at(dose);
    const mean = interpolate(fitted.grid, fitted.plugIn, dose);
    return {
      mean: mean + here.mean,
      influence: here.weights.map((w, i) => {
        const own = fitted.own.subarray(i * GRID, (i + 1) * GRID);
        return n * w * smooth.residuals[i]! + interpolate(fitted.grid, own, dose) - mean;
      }),
    };
  };
  const [first, last] = [at(from), at(to)];
  const influence = last.influence.map((v, i) => (v - first.influence[i]!) / (to - from));
  const errorOf = (one: { influence: Float64Array }): number =>
    influenceError(one.influence, problem.clusters);
  const plain = (value: number): number => interpolate(fitted.grid, fitted.plugIn, value);
  const outside = [from, to].filter((t) => t < sorted[0]! || t > sorted[n - 1]!);
  return {
    kind: "finding",
    estimate: (last.mean - first.mean) / (to - from),
    standardError: influenceError(influence, problem.clusters),
    errors: `sandwich of the doubly robust curve, ${options.folds}-fold cross-fitted`,
    influence,
    parts: [
      {
        name: `mean outcome at dose ${brief(from)}`,
        estimate: first.mean,
        standardError: errorOf(first),
      },
      {
        name: `mean outcome at dose ${brief(to)}`,
        estimate: last.mean,
        standardError: errorOf(last),
      },
      { name: "plug-in (the net's own curve)", estimate: (plain(to) - plain(from)) / (to - from) },
    ],
    diagnostics: [
      curveDiagnostic(
        problem,
        Array.from(doses, (x) => {
          const one = at(x);
          return { x, y: one.mean, error: errorOf(one) };
        }),
        fitted,
        level,
        [from, to],
      ),
      lossCurve(fitted.nets),
      trainingFigures(fitted.nets, engine),
      weightFigures(fitted, smooth),
    ],
    warnings: [
      {
        code: "per-unit-of-dose",
        message: `The number is the mean effect of one more unit of ${problem.estimand.treatment} between ${brief(from)} and ${brief(to)}; the curve says more.`,
      },
      ...(outside.length === 0
        ? []
        : [
            {
              code: "dose-outside",
              message: `Nobody had a dose as ${outside[0]! < sorted[0]! ? "low" : "high"} as ${brief(outside[0]!)}: the curve is extrapolated.`,
              hint: `Keep from and to within ${brief(sorted[0]!)} and ${brief(sorted[n - 1]!)}.`,
            },
          ]),
      ...(problem.sampling === undefined
        ? []
        : [
            {
              code: "sampling-weights-ignored",
              message: "The curve is worked out without the sampling weights.",
            },
          ]),
    ],
    backend: `${engine.backend} (${engine.adapter})`,
  };
}

function brief(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function curveDiagnostic(
  problem: AdjustmentProblem,
  curve: readonly { readonly x: number; readonly y: number; readonly error: number }[],
  fitted: CrossFitted,
  level: number,
  [from, to]: readonly [number, number],
): CurveDiagnostic {
  const z = normalQuantile(1 - (1 - level) / 2);
  const points = curve.map(({ x, y, error }) => ({
    x,
    y,
    low: y - z * error,
    high: y + z * error,
  }));
  const ends = [points[0]!, points.at(-1)!];
  return {
    kind: "curve",
    title: "Dose-response curve",
    summary: `Mean ${problem.estimand.outcome} if everybody got the dose: ${brief(ends[0]!.y)} at ${brief(ends[0]!.x)}, ${brief(ends[1]!.y)} at ${brief(ends[1]!.x)}; pointwise ${Math.round(100 * level)} % bands. The number above compares ${brief(from)} and ${brief(to)}.`,
    xLabel: problem.estimand.treatment,
    yLabel: `mean ${problem.estimand.outcome}`,
    lines: [
      { name: "doubly robust", style: "line", points },
      {
        name: "net's own (plug-in)",
        style: "line",
        points: curve.map(({ x }) => ({ x, y: interpolate(fitted.grid, fitted.plugIn, x) })),
      },
    ],
  };
}

function weightFigures(fitted: CrossFitted, smooth: SmoothedResidual): FiguresDiagnostic {
  const { weights, capped } = fitted;
  const total = weights.reduce((s, w) => s + w, 0);
  const effective = total ** 2 / weights.reduce((s, w) => s + w * w, 0);
  return {
    kind: "figures",
    title: "Weights",
    summary: `Weighting to a dose given at random leaves the information of ${Math.round(effective)} of ${weights.length} rows.`,
    rows: [
      { name: "effective rows", value: effective, note: "(Σw)²/Σw²" },
      { name: "largest weight", value: Math.max(...weights), note: "1 when the dose is random" },
      { name: "weights capped", value: capped },
      {
        name: "bandwidth of the correction",
        value: smooth.bandwidth,
        note: "by leave-one-out error",
      },
    ],
  };
}
