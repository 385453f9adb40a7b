import { normalQuantile, twoSidedP } from "../math/distributions.ts";
import { type Bandwidths, mseBandwidths } from "./bandwidth.ts";
import { type DensityTest, densityTest } from "./density.ts";
import type { CurveDiagnostic, FiguresDiagnostic } from "./diagnostic.ts";
import { covariateJumps, withoutCovariates } from "./discontinuity-covariates.ts";
import {
  coefficientsOf,
  type Kernel,
  localFit,
  rowsWithin,
  type Side,
  sideOf,
} from "./local-polynomial.ts";
import type { Answer, Finding, Method, MethodContext, Refusal } from "./method.ts";
import type { DiscontinuityProblem } from "./problem.ts";

export type DiscontinuityOptions = {
  readonly bandwidth: number | null;
  readonly biasBandwidth: number | null;
  readonly kernel: Kernel;
  readonly order: number;
  readonly neighbours: number;
};

/**
 * Regression discontinuity, sharp or fuzzy: the jump of local polynomials at the cutoff, with the bias-corrected robust
 * interval of Calonico, Cattaneo & Titiunik (2014), theorem 1. The estimate is the conventional one; the interval is
 * centred on the bias-corrected one, because the conventional interval at the MSE-optimal bandwidth covers too little.
 * Fuzzy (a treatment column that is not the side of the cutoff) divides by the jump of treatment (ibid., theorem 3),
 * with the bandwidths of the outcome. Covariates explain noise (`withoutCovariates`) and are tested for jumps of their
 * own. Assumes that nothing else jumps at the cutoff; the density test looks for sorting across it. O(n log n).
 */
export function discontinuity(
  problem: DiscontinuityProblem,
  options: DiscontinuityOptions,
  level = 0.95,
): Finding | Refusal {
  const { running, outcome, treatment, n } = problem;
  const above = Int32Array.from({ length: n }, (_, i) => i).filter((i) => running[i]! >= 0);
  const below = Int32Array.from({ length: n }, (_, i) => i).filter((i) => running[i]! < 0);
  const side = (rows: Int32Array, y: Float64Array): Side =>
    sideOf(
      Float64Array.from(rows, (i) => running[i]!),
      Float64Array.from(rows, (i) => y[i]!),
      options.neighbours,
    );
  const few = Math.min(
    new Set(Float64Array.from(above, (i) => running[i]!)).size,
    new Set(Float64Array.from(below, (i) => running[i]!)).size,
  );
  if (few < options.order + 4) return tooFew(problem, few);
  const { kernel, order } = options;
  const widthsFor = (y: Float64Array): Bandwidths =>
    mseBandwidths(side(below, y), side(above, y), kernel, order);
  const adjusted = (y: Float64Array, h: number): Float64Array =>
    withoutCovariates(problem, y, kernel, order, h);
  let chosen = options.bandwidth === null ? widthsFor(outcome) : undefined;
  // Less noise asks for a narrower bandwidth: once more for what is left of the outcome.
  if (chosen !== undefined && problem.covariates.d > 0)
    chosen = widthsFor(adjusted(outcome, chosen.h));
  const widths: Bandwidths = {
    h: options.bandwidth ?? chosen!.h,
    b: options.biasBandwidth ?? chosen?.b ?? options.bandwidth!,
  };
  const rest = adjusted(outcome, widths.h);
  const left = side(below, rest);
  const right = side(above, rest);
  const sharp = treatment.every((t, i) => t === (running[i]! >= 0 ? 1 : 0));
  const jump = jumpOf(left, right, options, widths);
  if (jump === undefined) return tooFew(problem, 0);
  let found = jump;
  if (!sharp) {
    const dose = adjusted(treatment, widths.h);
    const tl = side(below, dose);
    const tr = side(above, dose);
    const first = jumpOf(tl, tr, options, widths)!;
    if (Math.abs(first.conventional) < 1e-10) return noJump(problem);
    const ratio = jump.conventional / first.conventional;
    const combine = (y: Side, t: Side): Side => ({
      ...y,
      noise: y.noise.map((e, i) => (e - ratio * t.noise[i]!) / first.conventional),
    });
    const spread = jumpOf(combine(left, tl), combine(right, tr), options, widths)!;
    const bias =
      (jump.conventional - jump.corrected - ratio * (first.conventional - first.corrected)) /
      first.conventional;
    found = { ...spread, conventional: ratio, corrected: ratio - bias };
  }
  const z = normalQuantile(1 - (1 - level) / 2);
  const density = densityTest(running);
  const covariates = covariateJumps(problem, (column) => {
    const jump = jumpOf(side(below, column), side(above, column), options, widths);
    return jump === undefined || !(jump.robustError > 0)
      ? undefined
      : twoSidedP(jump.corrected / jump.robustError);
  });
  const inside = [
    rowsWithin(left, options.kernel, widths.h).length,
    rowsWithin(right, options.kernel, widths.h).length,
  ];
  const rows: FiguresDiagnostic["rows"] = [
    { name: "bandwidth h", value: widths.h, note: chosen === undefined ? "given" : "MSE-optimal" },
    { name: "bias bandwidth b", value: widths.b },
    { name: "effective rows below", value: inside[0]! },
    { name: "effective rows above", value: inside[1]! },
    { name: "conventional estimate", value: found.conventional },
    { name: "conventional standard error", value: found.standardError },
    { name: "bias-corrected estimate", value: found.corrected },
    { name: "robust standard error", value: found.robustError },
    ...(density === undefined
      ? []
      : [
          {
            name: "density test, p",
            value: density.p,
            note: "small: units may sort across the cutoff",
          },
          { name: "binomial test nearest the cutoff, p", value: density.binomialP },
        ]),
  ];
  return {
    kind: "finding",
    estimate: found.conventional,
    standardError: found.standardError,
    errors: "nearest-neighbour errors",
    interval: {
      low: found.corrected - z * found.robustError,
      high: found.corrected + z * found.robustError,
      level,
      method: "robust bias-corrected (Calonico, Cattaneo & Titiunik)",
    },
    parts: [
      { name: "bias-corrected", estimate: found.corrected, standardError: found.robustError },
    ],
    diagnostics: [
      {
        kind: "figures",
        title: "Discontinuity",
        summary: `${inside[0]} rows below and ${inside[1]} above the cutoff count, within ${widths.h.toPrecision(4)}; ${density === undefined ? "too few distinct values to test the density." : `the density test has p = ${density.p.toFixed(3)}.`}`,
        rows,
      },
      plot(left, right, options, widths.h, problem),
      ...(covariates === undefined ? [] : [covariates.diagnostic]),
    ],
    warnings: [
      ...sortingWarning(density, problem),
      ...(covariates === undefined || covariates.jumping.length === 0
        ? []
        : [
            {
              code: "covariates-jump",
              message: `${covariates.jumping.join(", ")} ${covariates.jumping.length === 1 ? "jumps" : "jump"} at the cutoff too.`,
              hint: "Something else changes there, or units sort: adjusting does not mend it.",
            },
          ]),
      ...(Math.min(...inside) < 20
        ? [
            {
              code: "few-rows",
              message: `Only ${Math.min(...inside)} rows count on one side of the cutoff.`,
              hint: "The normal approximation is rough; try a wider bandwidth.",
            },
          ]
        : []),
    ],
  };
}

interface Jump {
  readonly conventional: number;
  readonly standardError: number;
  readonly corrected: number;
  readonly robustError: number;
}

function jumpOf(
  left: Side,
  right: Side,
  options: DiscontinuityOptions,
  widths: Bandwidths,
): Jump | undefined {
  const l = sideEstimate(left, options, widths);
  const r = sideEstimate(right, options, widths);
  if (l === undefined || r === undefined) return undefined;
  return {
    conventional: r.value - l.value,
    standardError: Math.sqrt(r.variance + l.variance),
    corrected: r.corrected - l.corrected,
    robustError: Math.sqrt(r.robust + l.robust),
  };
}

/** Value at the cutoff from one side, plain and with the estimated bias of order p+1 taken off; variances of both. */
function sideEstimate(
  side: Side,
  options: DiscontinuityOptions,
  { h, b }: Bandwidths,
): { value: number; variance: number; corrected: number; robust: number } | undefined {
  const p = options.order;
  const q = p + 1;
  const rows = rowsWithin(side, options.kernel, Math.max(h, b));
  const fit = localFit(side, options.kernel, h, p, rows);
  const wide = localFit(side, options.kernel, b, q, rows);
  const inner = fit.weights.reduce((count, w) => count + (w > 0 ? 1 : 0), 0);
  if (inner < p + 2 || fit.inverse[0] === 0 || wide.inverse[q * (q + 1) + q] === 0)
    return undefined;
  let biasLoad = 0;
  for (let k = 0; k < rows.length; k++) {
    let load = 0;
    for (let j = 0; j <= p; j++) load += fit.inverse[j]! * fit.powers[k * (p + 1) + j]!;
    biasLoad += load * fit.weights[k]! * side.x[rows[k]!]! ** (p + 1);
  }
  let value = 0;
  let corrected = 0;
  let spread = 0;
  let robust = 0;
  for (let k = 0; k < rows.length; k++) {
    let plain = 0;
    let curve = 0;
    for (let j = 0; j <= p; j++) plain += fit.inverse[j]! * fit.powers[k * (p + 1) + j]!;
    for (let j = 0; j <= q; j++)
      curve += wide.inverse[(p + 1) * (q + 1) + j]! * wide.powers[k * (q + 1) + j]!;
    const load = plain * fit.weights[k]!;
    const full = load - biasLoad * curve * wide.weights[k]!;
    const y = side.y[rows[k]!]!;
    const e = side.noise[rows[k]!]!;
    value += load * y;
    corrected += full * y;
    spread += (load * e) ** 2;
    robust += (full * e) ** 2;
  }
  return { value, variance: spread, corrected, robust };
}

function sortingWarning(
  density: DensityTest | undefined,
  problem: DiscontinuityProblem,
): NonNullable<Finding["warnings"]> {
  if (density === undefined || (density.p >= 0.05 && density.binomialP >= 0.005)) return [];
  const { running } = problem.estimand;
  const jump =
    density.p < 0.05
      ? `The density of "${running}" jumps at the cutoff (p = ${density.p.toFixed(3)}).`
      : `The 40 units nearest the cutoff of "${running}" lie unevenly on its sides (p = ${density.binomialP.toFixed(4)}).`;
  return [
    {
      code: "density-jump",
      message: jump,
      hint: "If units can choose their side, the design does not identify the effect.",
    },
  ];
}

function plot(
  left: Side,
  right: Side,
  options: DiscontinuityOptions,
  h: number,
  problem: DiscontinuityProblem,
): CurveDiagnostic {
  const { cutoff, running, outcome } = problem.estimand;
  const lines = [left, right].flatMap((side, k) => {
    const name = k === 0 ? "below" : "above";
    const reach = side.x[k === 0 ? 0 : side.x.length - 1]!;
    const points = Array.from({ length: 20 }, (_, bin) => {
      const lo = Math.min((reach * bin) / 20, (reach * (bin + 1)) / 20);
      const hi = Math.max((reach * bin) / 20, (reach * (bin + 1)) / 20);
      let sum = 0;
      let count = 0;
      for (let i = 0; i < side.x.length; i++) {
        if (side.x[i]! < lo || side.x[i]! > hi) continue;
        sum += side.y[i]!;
        count += 1;
      }
      return { x: cutoff + (lo + hi) / 2, y: sum / count };
    }).filter((point) => Number.isFinite(point.y));
    const b = coefficientsOf(localFit(side, options.kernel, h, options.order), side.y);
    const sign = k === 0 ? -1 : 1;
    const curve = Array.from({ length: 11 }, (_, step) => {
      const x = (sign * Math.min(h, Math.abs(reach)) * step) / 10;
      return { x: cutoff + x, y: b.reduce((sum, c, j) => sum + c * x ** j, 0) };
    });
    return [
      { name: `means ${name}`, style: "points" as const, points },
      { name: `fit ${name}`, style: "line" as const, points: curve },
    ];
  });
  return {
    kind: "curve",
    title: "Outcome around the cutoff",
    summary: `Means of "${outcome}" in bins of "${running}", with the local fit on either side of ${cutoff}.`,
    xLabel: running,
    yLabel: outcome,
    lines,
    mark: cutoff,
  };
}

function tooFew(problem: DiscontinuityProblem, distinct: number): Refusal {
  return {
    kind: "not-estimable",
    code: "too-few-near-cutoff",
    message: `There are too few distinct values of "${problem.estimand.running}" beside the cutoff ${problem.estimand.cutoff}${distinct > 0 ? ` (${distinct} on one side)` : " within the bandwidth"}.`,
    hint: "Check the cutoff, widen the bandwidth, or lower the order.",
  };
}

function noJump(problem: DiscontinuityProblem): Refusal {
  return {
    kind: "not-estimable",
    code: "no-first-stage",
    message: `"${problem.estimand.treatment}" does not jump at the cutoff.`,
    hint: "Check that the treatment follows the rule at this cutoff.",
  };
}

export const discontinuityMethod: Method<DiscontinuityOptions> = {
  name: "rdd",
  label: "Regression discontinuity (robust)",
  summary:
    "Compares units just above and just below the cutoff by local polynomials, with a bias-corrected interval.",
  source: "Calonico, Cattaneo & Titiunik (2014); Cattaneo, Jansson & Ma (2020)",
  fits: {
    estimands: ["discontinuity"],
    targets: ["cutoff", "ATE", "LATE"],
    treatments: ["binary", "continuous"],
  },
  stochastic: false,
  options: {
    bandwidth: {
      type: "number",
      default: null,
      minimum: 0,
      doc: "Distance from the cutoff within which rows count; null for the MSE-optimal one.",
    },
    biasBandwidth: {
      type: "number",
      default: null,
      minimum: 0,
      doc: "Bandwidth of the bias estimate; null for the optimal one, or the bandwidth when that is given.",
    },
    kernel: {
      type: "choice",
      choices: ["triangular", "epanechnikov", "uniform"],
      default: "triangular",
      doc: "How weights fall with distance from the cutoff.",
    },
    order: {
      type: "integer",
      default: 1,
      minimum: 0,
      maximum: 4,
      doc: "Order of the local polynomial.",
    },
    neighbours: {
      type: "integer",
      default: 3,
      minimum: 1,
      maximum: 20,
      doc: "Nearest neighbours for the variance.",
    },
  },
  run(problem, options, context: MethodContext): Answer {
    if (problem.kind !== "discontinuity")
      throw new Error(`rdd was given a ${problem.kind} problem`);
    return discontinuity(problem, options, context.level);
  },
};
