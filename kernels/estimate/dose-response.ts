import { breathe } from "../../app/work.ts";
import { multiplyVector } from "../math/dense.ts";
import { normalQuantile } from "../math/distributions.ts";
import { leastSquares, residualsOf } from "../math/least-squares.ts";
import { quantileSorted } from "../math/summary.ts";
import { nuisanceOptions } from "./aipw.ts";
import type { CurveDiagnostic } from "./diagnostic.ts";
import { type DoseNuisances, doseNuisances, interpolate } from "./dose-nuisance.ts";
import { influenceError } from "./influence.ts";
import type { LearnerName } from "./learn/learners.ts";
import type { Answer, Finding, Method, MethodContext, Refusal } from "./method.ts";
import type { AdjustmentProblem } from "./problem.ts";

export type DoseResponseOptions = {
  readonly estimator: "doubly-robust" | "g-formula";
  readonly from: number | null;
  readonly to: number | null;
  readonly outcomeModel: LearnerName;
  readonly treatmentModel: LearnerName;
  readonly bandwidth: number | null;
  readonly folds: number;
};

/** Mean outcome if everybody had the dose, and each row's influence on it, `[n]`. */
interface AtDose {
  readonly estimate: number;
  readonly influence: Float64Array;
}

interface Curve {
  readonly at: (dose: number) => AtDose;
  readonly errors: string;
  readonly notes: NonNullable<Finding["warnings"]>;
  readonly figures: readonly {
    readonly name: string;
    readonly value: number;
    readonly note?: string;
  }[];
}

const GRID = 41;

/**
 * The curve of E[Y(a)] over the doses a of a continuous treatment, with the difference of two doses (the quartiles
 * unless given) as headline. `doubly-robust`: a local linear regression, on the dose, of a pseudo-outcome made of the
 * outcome model and the generalised propensity, right if either is (Kennedy, Ma, McHugh & Small 2017), cross-fitted.
 * `g-formula`: a cubic in the dose with products of dose and covariates, averaged over the covariates. Assumes
 * exchangeability given the covariates and that every dose compared could have been had by everybody. Intervals of the
 * curve ignore what smoothing blurs. O(n(d² + grid)).
 */
export async function doseResponse(
  problem: AdjustmentProblem,
  options: DoseResponseOptions,
  context: MethodContext,
): Promise<Finding | Refusal> {
  const sorted = problem.treatment.slice().sort();
  const distinct = new Set(sorted).size;
  if (distinct < 10) return fewDoses(problem, distinct);
  const from = options.from ?? quantileSorted(sorted, 0.25);
  const to = options.to ?? quantileSorted(sorted, 0.75);
  const [low, high] = [quantileSorted(sorted, 0.02), quantileSorted(sorted, 0.98)];
  const outside = [from, to].filter((a) => a < sorted[0]! || a > sorted.at(-1)!);
  if (outside.length > 0) return unseenDose(problem, outside[0]!, sorted);
  const curve =
    options.estimator === "g-formula"
      ? polynomial(problem)
      : await robust(problem, options, context, [from, to, low, high]);
  const [one, zero] = [curve.at(to), curve.at(from)];
  const influence = one.influence.map((v, i) => v - zero.influence[i]!);
  const grid = Array.from({ length: GRID }, (_, k) => low + ((high - low) * k) / (GRID - 1));
  const z = normalQuantile(1 - (1 - context.level) / 2);
  const points = grid.map((a) => {
    const { estimate, influence: psi } = curve.at(a);
    const se = influenceError(psi, problem.clusters);
    return { x: a, y: estimate, low: estimate - z * se, high: estimate + z * se };
  });
  const part = (name: string, m: AtDose): NonNullable<Finding["parts"]>[number] => ({
    name,
    estimate: m.estimate,
    standardError: influenceError(m.influence, problem.clusters),
  });
  const { treatment, outcome } = problem.estimand;
  const [first, last] = [points[0]!, points.at(-1)!];
  const plot: CurveDiagnostic = {
    kind: "curve",
    title: "Dose response",
    summary: `Mean "${outcome}" if everybody had the same "${treatment}": ${first.y.toPrecision(4)} at ${first.x.toPrecision(3)}, ${last.y.toPrecision(4)} at ${last.x.toPrecision(3)}; pointwise bands. The middle 96 % of doses are shown.`,
    xLabel: treatment,
    yLabel: outcome,
    lines: [{ name: "mean outcome", style: "line", points }],
  };
  return {
    kind: "finding",
    estimate: one.estimate - zero.estimate,
    standardError: influenceError(influence, problem.clusters),
    errors: curve.errors,
    influence,
    parts: [
      part(`mean outcome under ${treatment} = ${Number(from.toPrecision(4))}`, zero),
      part(`mean outcome under ${treatment} = ${Number(to.toPrecision(4))}`, one),
    ],
    diagnostics: [
      plot,
      {
        kind: "figures",
        title: "Doses compared",
        summary: `The estimate is the change of the mean outcome from ${treatment} = ${from.toPrecision(4)} to ${to.toPrecision(4)}.`,
        rows: [
          {
            name: "from",
            value: from,
            ...(options.from === null ? { note: "lower quartile" } : {}),
          },
          { name: "to", value: to, ...(options.to === null ? { note: "upper quartile" } : {}) },
          ...curve.figures,
        ],
      },
    ],
    warnings: curve.notes,
  };
}

/** A cubic in the dose (in units of its spread), covariates, and products of dose and covariates. */
function polynomial(problem: AdjustmentProblem): Curve {
  const { n, treatment, covariates, outcome, sampling } = problem;
  const { d, x } = covariates;
  const width = 4 + 2 * d;
  let centre = 0;
  for (const t of treatment) centre += t / n;
  const spread = Math.sqrt(treatment.reduce((s, t) => s + (t - centre) ** 2 / n, 0));
  const write = (out: Float64Array, at: number, i: number, dose: number): void => {
    const t = (dose - centre) / spread;
    out.set([1, t, t * t, t * t * t], at);
    for (let j = 0; j < d; j++) {
      out[at + 4 + j] = x[i * d + j]!;
      out[at + 4 + d + j] = t * x[i * d + j]!;
    }
  };
  const design = new Float64Array(n * width);
  for (let i = 0; i < n; i++) write(design, i * width, i, treatment[i]!);
  const fit = leastSquares(design, n, width, outcome, sampling);
  const rest = residualsOf(design, n, width, outcome, fit.coefficients);
  const weight = (i: number): number => sampling?.[i] ?? 1;
  let total = 0;
  for (let i = 0; i < n; i++) total += weight(i);
  const row = new Float64Array(width);
  return {
    errors: "influence function of the regression and the average",
    notes: [],
    figures: [],
    at: (dose) => {
      const each = new Float64Array(n);
      const mean = new Float64Array(width);
      for (let i = 0; i < n; i++) {
        write(row, 0, i, dose);
        for (let j = 0; j < width; j++) {
          each[i]! += row[j]! * fit.coefficients[j]!;
          mean[j]! += (weight(i) / total) * row[j]!;
        }
      }
      const estimate = mean.reduce((s, v, j) => s + v * fit.coefficients[j]!, 0);
      const direction = multiplyVector(fit.inverse, mean, width, width);
      const along = multiplyVector(design, direction, n, width);
      const influence = along.map(
        (a, i) => n * weight(i) * (a * rest[i]! + (each[i]! - estimate) / total),
      );
      return { estimate, influence };
    },
  };
}

async function robust(
  problem: AdjustmentProblem,
  options: DoseResponseOptions,
  context: MethodContext,
  reach: readonly number[],
): Promise<Curve> {
  const nuisances = await doseNuisances(problem, options, context, reach);
  const { pseudo } = nuisances;
  const { treatment, n } = problem;
  const order = Int32Array.from(treatment, (_, i) => i).sort(
    (a, b) => treatment[a]! - treatment[b]!,
  );
  await breathe(context.work);
  const h = options.bandwidth ?? chooseBandwidth(treatment, pseudo, order);
  return {
    errors: `influence function, ${options.folds}-fold cross-fitted, smoothing bias ignored`,
    notes:
      nuisances.extreme / n > 0.05
        ? [
            {
              code: "little-overlap",
              message: `${((100 * nuisances.extreme) / n).toFixed(0)} % of the units had an unlikely dose given their covariates (weights above 20, cut there).`,
              hint: "The curve leans on the outcome model there: compare doses nearer the middle.",
            },
          ]
        : [],
    figures: [
      {
        name: "bandwidth",
        value: h,
        note: options.bandwidth === null ? "rule of thumb, undersmoothed" : "given",
      },
      { name: "largest weight", value: nuisances.largest },
    ],
    at: (dose) => localMean(treatment, pseudo, order, h, dose, nuisances),
  };
}

/** Value at a dose of the local linear fit (Epanechnikov), with the influence of each row through fit and average. */
function localMean(
  treatment: Float64Array,
  pseudo: Float64Array,
  order: Int32Array,
  h: number,
  dose: number,
  nuisances: DoseNuisances,
): AtDose {
  const n = treatment.length;
  const load = localLoads(treatment, order, h, dose);
  let estimate = 0;
  for (const { i, w } of load) estimate += w * pseudo[i]!;
  let slope = 0;
  for (const { i, b } of load) slope += b * pseudo[i]!;
  const influence = new Float64Array(n);
  const own = interpolate(nuisances.grid, dose);
  for (let i = 0; i < n; i++) influence[i] = nuisances.predicted(i, own) - nuisances.average(own);
  for (const { i, w } of load)
    influence[i]! += n * w * (pseudo[i]! - estimate - slope * (treatment[i]! - dose));
  return { estimate, influence };
}

/** Loads of rows on the level (w) and the slope (b) of a local linear fit at a dose; rows beyond h are left out. */
function localLoads(
  treatment: Float64Array,
  order: Int32Array,
  h: number,
  dose: number,
): { i: number; w: number; b: number; k: number }[] {
  let from = 0;
  let to = order.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (treatment[order[middle]!]! < dose - h) from = middle + 1;
    else to = middle;
  }
  const rows: { i: number; w: number; b: number; k: number }[] = [];
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  for (let r = from; r < order.length && treatment[order[r]!]! <= dose + h; r++) {
    const i = order[r]!;
    const u = treatment[i]! - dose;
    const k = 1 - (u / h) ** 2;
    if (k <= 0) continue;
    s0 += k;
    s1 += k * u;
    s2 += k * u * u;
    rows.push({ i, w: 0, b: 0, k });
  }
  const determinant = s0 * s2 - s1 * s1;
  for (const row of rows) {
    const u = treatment[row.i]! - dose;
    const plain = !(determinant > 1e-12 * s0 * s2);
    row.w = plain ? row.k / s0 : (row.k * (s2 - s1 * u)) / determinant;
    row.b = plain ? 0 : (row.k * (s0 * u - s1)) / determinant;
  }
  return rows;
}

/**
 * The rule of thumb of Fan & Gijbels (1996, sec. 4.2) for a local linear fit with this kernel, from a global quartic of
 * the pseudo-outcome over the middle 90 % of doses; made narrower by n^(−1/20), so that the interval need not carry the
 * bias. Steadier than cross-validation, whose chance would widen the estimate's spread. O(n).
 */
function chooseBandwidth(treatment: Float64Array, pseudo: Float64Array, order: Int32Array): number {
  const n = order.length;
  const quantile = (p: number): number => treatment[order[Math.round(p * (n - 1))]!]!;
  const [low, high, span] = [quantile(0.05), quantile(0.95), quantile(0.98) - quantile(0.02)];
  const [centre, unit] = [(low + high) / 2, (high - low) / 2 || 1];
  const powers = new Float64Array(5 * n);
  for (let i = 0; i < n; i++)
    for (let j = 0, u = (treatment[i]! - centre) / unit, v = 1; j < 5; j++, v *= u)
      powers[5 * i + j] = v;
  const { coefficients: b, rss } = leastSquares(powers, n, 5, pseudo);
  let bend = 0;
  for (let i = 0; i < n; i++) {
    const u = (treatment[i]! - centre) / unit;
    if (Math.abs(u) > 1) continue;
    bend += ((2 * b[2]! + 6 * b[3]! * u + 12 * b[4]! * u * u) / unit ** 2) ** 2;
  }
  const rule = 1.719 * ((((rss / (n - 5)) * (high - low)) / bend) ** 0.2 || 0) * n ** -0.05;
  return Math.min(span, Math.max(span / 20, rule));
}

function fewDoses(problem: AdjustmentProblem, distinct: number): Refusal {
  return {
    kind: "not-applicable",
    message: `"${problem.estimand.treatment}" has ${distinct} different values: too few for a curve.`,
    hint: "Compare its levels instead: comparing 2 with 1, by aipw.",
  };
}

function unseenDose(problem: AdjustmentProblem, dose: number, sorted: Float64Array): Refusal {
  return {
    kind: "not-estimable",
    code: "unseen-dose",
    message: `Nobody had a "${problem.estimand.treatment}" as extreme as ${dose} (seen: ${sorted[0]} to ${sorted.at(-1)}).`,
    hint: "Compare doses that occur.",
  };
}

export const doseResponseMethod: Method<DoseResponseOptions> = {
  name: "dose-response",
  label: "Dose response (doubly robust)",
  summary:
    "The mean outcome at every dose of a continuous treatment, and the difference between two doses.",
  source: "Kennedy, Ma, McHugh & Small (2017); Hirano & Imbens (2004)",
  fits: { estimands: ["adjustment"], targets: ["ATE"], treatments: ["continuous"] },
  stochastic: true,
  options: {
    estimator: {
      type: "choice",
      choices: ["doubly-robust", "g-formula"],
      default: "doubly-robust",
      doc: "Kernel regression of the doubly robust pseudo-outcome, or a parametric outcome model averaged over covariates.",
    },
    from: {
      type: "number",
      default: null,
      doc: "Dose compared with; null for the lower quartile.",
    },
    to: { type: "number", default: null, doc: "Dose compared; null for the upper quartile." },
    outcomeModel: nuisanceOptions.outcomeModel,
    treatmentModel: {
      ...nuisanceOptions.propensityModel,
      doc: "Model of the dose's mean and spread given covariates.",
    },
    bandwidth: {
      type: "number",
      default: null,
      minimum: 0,
      doc: "How far doses are smoothed over; null for a rule of thumb.",
    },
    folds: { ...nuisanceOptions.folds, minimum: 2, doc: "Folds of cross-fitting." },
  },
  run(problem, options, context): Promise<Answer> {
    if (problem.kind !== "adjustment")
      throw new Error(`dose-response was given a ${problem.kind} problem`);
    return doseResponse(problem, options, context);
  },
};
