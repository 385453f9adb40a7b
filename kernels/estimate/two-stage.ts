import { clusterCovariance, groupCount, robustCovariance } from "../math/covariance.ts";
import { fQuantile, fUpper } from "../math/distributions.ts";
import { type LeastSquares, leastSquaresMany, residualsOf } from "../math/least-squares.ts";
import { cholesky, choleskySolve } from "../math/dense.ts";
import type { CurveDiagnostic, FiguresDiagnostic } from "./diagnostic.ts";
import { withOnes } from "./learn/linear.ts";
import type { Answer, Finding, Method, Refusal } from "./method.ts";
import type { InstrumentProblem } from "./problem.ts";

export type TwoStageOptions = {
  readonly errors: "classical" | "HC0" | "HC1";
  readonly estimator: "2sls" | "liml";
};

/**
 * Two-stage least squares, or LIML, of an outcome on one treatment instrumented by Z given covariates X (Anderson &
 * Rubin 1949; Imbens & Angrist 1994: with one binary instrument and no covariates the effect on compliers; with
 * covariates a variance-weighted average of such effects). Reported beside it: first-stage F (classical and robust),
 * the overidentification test, and the Anderson–Rubin set, which holds its level however weak the instruments. LIML
 * is the k-class estimate with k the smallest root of |A − kB| = 0, better centred with many or weak instruments.
 * A refusal when the instruments move the treatment not at all. O(n(d + l)²).
 */
export function twoStage(problem: InstrumentProblem, options: TwoStageOptions): Finding | Refusal {
  const { n, outcome, treatment, covariates, instruments } = problem;
  const x = withOnes(covariates.x, n, covariates.d);
  const dx = covariates.d + 1;
  const w = hstack(x, dx, instruments.x, instruments.d, n);
  const dw = dx + instruments.d;
  const [yOnX, tOnX] = leastSquaresMany(x, n, dx, [outcome, treatment], problem.sampling) as [
    LeastSquares,
    LeastSquares,
  ];
  const [yOnW, tOnW] = leastSquaresMany(w, n, dw, [outcome, treatment], problem.sampling) as [
    LeastSquares,
    LeastSquares,
  ];
  const strength = tOnW.rank - tOnX.rank;
  if (strength === 0 || tOnX.rss - tOnW.rss <= 1e-14 * tOnX.rss) return noFirstStage(problem);
  const within = {
    y: residualsOf(x, n, dx, outcome, yOnX.coefficients),
    t: residualsOf(x, n, dx, treatment, tOnX.coefficients),
  };
  const beyond = {
    y: residualsOf(w, n, dw, outcome, yOnW.coefficients),
    t: residualsOf(w, n, dw, treatment, tOnW.coefficients),
  };
  const s = moments(within, beyond, problem.sampling);
  const k = options.estimator === "liml" ? limlRoot(s) : 1;
  const slope = s.t - k * s.mt;
  const estimate = (s.ty - k * s.mty) / slope;

  // The k-class instrument for t: its part within X less k times what Z leaves unexplained.
  const score = new Float64Array(n);
  const residuals = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    score[i] = within.t[i]! - k * beyond.t[i]!;
    residuals[i] = within.y[i]! - estimate * within.t[i]!;
  }
  const rank = tOnX.rank + 1;
  const one = {
    x: score,
    n,
    d: 1,
    residuals,
    inverse: Float64Array.of(1 / slope),
    rank,
    ...(problem.sampling === undefined ? {} : { weights: problem.sampling }),
  };
  const rss = residuals.reduce((sum, e, i) => sum + (problem.sampling?.[i] ?? 1) * e * e, 0);
  const classical = Math.sqrt(rss / (n - rank) / slope);
  const hc1 = Math.sqrt(robustCovariance(one, "HC1")[0]!);
  const clusters = problem.clusters === undefined ? undefined : groupCount(problem.clusters);
  const standardError =
    problem.clusters !== undefined
      ? Math.sqrt(clusterCovariance(one, problem.clusters)[0]!)
      : options.errors === "classical"
        ? classical
        : options.errors === "HC1"
          ? hc1
          : Math.sqrt(robustCovariance(one, "HC0")[0]!);
  const dfBelow = n - tOnW.rank;
  const f = (tOnX.rss - tOnW.rss) / strength / (tOnW.rss / dfBelow);
  const robustF = wald(w, n, dw, dx, tOnW, beyond.t) / strength;
  const fieller = andersonRubin(s, strength, dfBelow, 0.95);
  const figures: FiguresDiagnostic["rows"] = [
    {
      name: "first-stage F",
      value: f,
      note: "below 10 the instruments are weak: trust the Anderson–Rubin set",
    },
    { name: "first-stage F, robust", value: robustF, note: "HC1" },
    { name: "partial R² of the instruments", value: 1 - tOnW.rss / tOnX.rss },
    { name: "Anderson–Rubin set, low", value: fieller.low, note: fieller.shape },
    { name: "Anderson–Rubin set, high", value: fieller.high, note: fieller.shape },
    { name: "Anderson–Rubin p of no effect", value: arP(s, 0, strength, dfBelow) },
    ...(strength > 1
      ? [
          {
            name: "Sargan test of overidentification, p",
            value: sargan(s, estimate, n, strength),
            note: "small: the instruments disagree",
          },
        ]
      : []),
    { name: "least-squares coefficient", value: s.ty / s.t, note: "without instruments" },
    { name: "standard error, equal variances", value: classical },
    { name: "standard error, HC1", value: hc1 },
  ];
  return {
    kind: "finding",
    estimate,
    standardError,
    errors:
      clusters === undefined
        ? `${options.errors} errors`
        : `errors clustered in ${clusters} groups`,
    degreesOfFreedom: clusters === undefined ? n - rank : clusters - 1,
    influence: score.map((v, i) => (n * v * residuals[i]!) / slope),
    diagnostics: [
      {
        kind: "figures",
        title: "Instruments",
        summary: `First-stage F ${f.toFixed(2)} with ${strength} instrument${strength === 1 ? "" : "s"}; ${describeSet(fieller)}`,
        rows: figures,
      },
      firstStage(problem, within.t, beyond.t),
    ],
    warnings:
      f < 10
        ? [
            {
              code: "weak-instruments",
              message: `The first-stage F is ${f.toFixed(1)}: the usual interval is not to be trusted; ${describeSet(fieller)}`,
              hint: "Report the Anderson–Rubin set, or use LIML.",
            },
          ]
        : [],
  };
}

/**
 * Mean treatment (covariates taken off) in twenty groups of what the instruments predict of it: the steeper and the
 * tighter, the stronger. O(n log n).
 */
function firstStage(
  problem: InstrumentProblem,
  t: Float64Array,
  unexplained: Float64Array,
): CurveDiagnostic {
  const { n } = problem;
  const moved = t.map((v, i) => v - unexplained[i]!);
  const order = Int32Array.from(moved, (_, i) => i).sort((a, b) => moved[a]! - moved[b]!);
  const bins = Math.min(20, n);
  const points: { x: number; y: number }[] = [];
  for (let from = 0, bin = 0; bin < bins; bin++) {
    let to = Math.max(from, Math.floor(((bin + 1) * n) / bins));
    // Equal predictions (a yes/no instrument) stay in one group.
    while (to < n && to > from && moved[order[to]!]! - moved[order[to - 1]!]! < 1e-9) to += 1;
    if (to === from) continue;
    let x = 0;
    let y = 0;
    for (let k = from; k < to; k++) {
      x += moved[order[k]!]! / (to - from);
      y += t[order[k]!]! / (to - from);
    }
    points.push({ x, y });
    from = to;
  }
  const [low, high] = [moved[order[0]!]!, moved[order[n - 1]!]!];
  const { treatment, instruments, adjustment } = problem.estimand;
  return {
    kind: "curve",
    title: "First stage",
    summary: `Mean of "${treatment}"${adjustment.length > 0 ? " beyond what covariates explain" : " about its mean"}, by what ${instruments.join(", ")} predict${instruments.length === 1 ? "s" : ""} of it; predictions span ${(high - low).toPrecision(3)}.`,
    xLabel: `${treatment} predicted by the instrument${instruments.length === 1 ? "" : "s"}`,
    yLabel: treatment,
    lines: [
      { name: "group means", style: "points", points },
      {
        name: "prediction",
        style: "line",
        points: [
          { x: low, y: low },
          { x: high, y: high },
        ],
      },
    ],
  };
}

function hstack(a: Float64Array, da: number, b: Float64Array, db: number, n: number): Float64Array {
  const out = new Float64Array(n * (da + db));
  for (let i = 0; i < n; i++) {
    out.set(a.subarray(i * da, i * da + da), i * (da + db));
    out.set(b.subarray(i * db, i * db + db), i * (da + db) + da);
  }
  return out;
}

/** Cross products within X (A) and beyond X and Z (B, names with m). */
interface Moments {
  readonly y: number;
  readonly t: number;
  readonly ty: number;
  readonly my: number;
  readonly mt: number;
  readonly mty: number;
}

function moments(
  within: { y: Float64Array; t: Float64Array },
  beyond: { y: Float64Array; t: Float64Array },
  weights: Float64Array | undefined,
): Moments {
  const product = (a: Float64Array, b: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += (weights?.[i] ?? 1) * a[i]! * b[i]!;
    return sum;
  };
  return {
    y: product(within.y, within.y),
    t: product(within.t, within.t),
    ty: product(within.t, within.y),
    my: product(beyond.y, beyond.y),
    mt: product(beyond.t, beyond.t),
    mty: product(beyond.t, beyond.y),
  };
}

/** Smallest k with |A − kB| = 0 for the 2×2 moment matrices. */
function limlRoot(s: Moments): number {
  const a = s.my * s.mt - s.mty ** 2;
  const b = -(s.y * s.mt + s.t * s.my - 2 * s.ty * s.mty);
  const c = s.y * s.t - s.ty ** 2;
  const root = Math.sqrt(Math.max(0, b * b - 4 * a * c));
  // b < 0: 2c/(−b + √) is the smaller root without cancellation
  return (2 * c) / (-b + root);
}

function arP(s: Moments, beta: number, l: number, df: number): number {
  const all = s.y - 2 * beta * s.ty + beta ** 2 * s.t;
  const rest = s.my - 2 * beta * s.mty + beta ** 2 * s.mt;
  return fUpper((all - rest) / l / (rest / df), l, df);
}

export interface ConfidenceSet {
  readonly low: number;
  readonly high: number;
  readonly shape: "interval" | "everything" | "all but an interval" | "empty";
}

/** All β with AR(β) below the F quantile: the solutions of a quadratic inequality. O(1). */
function andersonRubin(s: Moments, l: number, df: number, level: number): ConfidenceSet {
  const c = 1 + (l * fQuantile(level, l, df)) / df;
  // (y − βt)'(M_X − c·M_W)(y − βt) ≤ 0
  const a = s.t - c * s.mt;
  const b = -2 * (s.ty - c * s.mty);
  const d = s.y - c * s.my;
  const discriminant = b * b - 4 * a * d;
  if (discriminant < 0) {
    return a < 0
      ? { low: -Infinity, high: Infinity, shape: "everything" }
      : { low: Number.NaN, high: Number.NaN, shape: "empty" };
  }
  const roots = [
    (-b - Math.sqrt(discriminant)) / (2 * a),
    (-b + Math.sqrt(discriminant)) / (2 * a),
  ];
  const [low, high] = [Math.min(...roots), Math.max(...roots)];
  return { low, high, shape: a > 0 ? "interval" : "all but an interval" };
}

function describeSet(set: ConfidenceSet): string {
  const range = `[${set.low.toPrecision(4)}, ${set.high.toPrecision(4)}]`;
  switch (set.shape) {
    case "interval":
      return `the Anderson–Rubin 95 % set is ${range}.`;
    case "everything":
      return "the Anderson–Rubin 95 % set is the whole line: the data say nothing about the effect.";
    case "all but an interval":
      return `the Anderson–Rubin 95 % set is everything outside ${range}.`;
    default:
      return "the Anderson–Rubin 95 % set is empty: the instruments contradict each other.";
  }
}

function sargan(s: Moments, beta: number, n: number, l: number): number {
  const all = s.y - 2 * beta * s.ty + beta ** 2 * s.t;
  const rest = s.my - 2 * beta * s.mty + beta ** 2 * s.mt;
  return fUpper((n * (all - rest)) / all / (l - 1), l - 1, Infinity);
}

/** HC1 Wald statistic of the instruments' coefficients in the first stage. */
function wald(
  w: Float64Array,
  n: number,
  dw: number,
  dx: number,
  fit: LeastSquares,
  residuals: Float64Array,
): number {
  const cov = robustCovariance(
    { x: w, n, d: dw, residuals, inverse: fit.inverse, rank: fit.rank },
    "HC1",
  );
  const gone = new Set(fit.dropped);
  const keep = Array.from({ length: dw - dx }, (_, j) => dx + j).filter((j) => !gone.has(j));
  const m = keep.length;
  const block = new Float64Array(m * m);
  keep.forEach((a, i) => keep.forEach((b, j) => (block[i * m + j] = cov[a * dw + b]!)));
  const { l } = cholesky(block, m, 1e-14);
  const b = Float64Array.from(keep, (j) => fit.coefficients[j]!);
  return choleskySolve(l, m, b).reduce((sum, v, i) => sum + v * b[i]!, 0);
}

function noFirstStage(problem: InstrumentProblem): Refusal {
  const { estimand } = problem;
  return {
    kind: "not-estimable",
    code: "no-first-stage",
    message: `${estimand.instruments.join(", ")} ${estimand.instruments.length === 1 ? "does" : "do"} not move "${estimand.treatment}" at all once the covariates are held fixed.`,
    hint: "An instrument must vary and must not follow from the covariates: choose another, or adjust for less.",
  };
}

export const twoStageMethod: Method<TwoStageOptions> = {
  name: "2sls",
  label: "Two-stage least squares",
  summary:
    "Uses only the part of treatment that the instruments move; with first-stage strength and Anderson–Rubin set.",
  source: "Imbens & Angrist (1994); Anderson & Rubin (1949)",
  fits: {
    estimands: ["instrument"],
    targets: ["LATE", "coefficient", "ATE"],
    treatments: ["binary", "continuous"],
  },
  stochastic: false,
  options: {
    errors: {
      type: "choice",
      choices: ["classical", "HC0", "HC1"],
      default: "HC1",
      doc: "Kind of standard error; clustered instead when the cell names clusters.",
    },
    estimator: {
      type: "choice",
      choices: ["2sls", "liml"],
      default: "2sls",
      doc: "Two-stage least squares, or limited-information maximum likelihood for many or weak instruments.",
    },
  },
  run(problem, options): Answer {
    if (problem.kind !== "instrument") throw new Error(`2sls was given a ${problem.kind} problem`);
    return twoStage(problem, options);
  },
};
