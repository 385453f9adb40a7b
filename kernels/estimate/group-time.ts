import { fitLogit } from "../math/glm.ts";
import { leastSquares } from "../math/least-squares.ts";
import { multiplyVector } from "../math/dense.ts";
import { normalQuantile } from "../math/distributions.ts";
import { createRng, type Rng } from "../math/rng.ts";
import type { CurveDiagnostic } from "./diagnostic.ts";
import { withOnes } from "./learn/linear.ts";
import type { Answer, Finding, Method, MethodContext, Refusal } from "./method.ts";
import { type Panel, panelOf } from "./panel.ts";
import type { PanelProblem } from "./problem.ts";
import { largestOfMany } from "./simultaneous.ts";

export type GroupTimeOptions = {
  readonly control: "never" | "not-yet";
  readonly aggregate: "dynamic" | "group" | "calendar" | "simple";
  readonly anticipation: number;
};

interface Cell {
  readonly group: number;
  readonly period: number;
  readonly estimate: number;
  /** `[units]`. */
  readonly influence: Float64Array;
}

/**
 * Difference-in-differences with staggered adoption (Callaway & Sant'Anna 2021): the effect on each cohort in each
 * period, by the change since the last period before its treatment against that of units never (or not yet) treated;
 * then averaged over length of exposure (dynamic), cohorts, calendar time, or all. Before treatment the base is the
 * period before (so that pre-trends show period by period). With covariates each comparison is doubly robust (Sant'Anna
 * & Zhao 2020, with the influence of both estimated models, sec. 3.1). Errors from the influence functions by unit,
 * weights of the averages included; the event study has pointwise and simultaneous bands.
 * Assumes parallel trends given the covariates and no anticipation beyond that declared. O(cohorts · periods · units).
 */
export function groupTime(
  problem: PanelProblem,
  options: GroupTimeOptions,
  level = 0.95,
  rng: Rng = createRng(1),
): Finding | Refusal {
  const panel = panelOf(problem);
  if (panel.kind !== "panel") return panel;
  const cohorts = [...new Set(panel.adopted)]
    .filter((g) => g > options.anticipation && g < panel.periods)
    .toSorted((a, b) => a - b);
  const early = panel.adopted.filter((g) => g <= options.anticipation).length;
  if (cohorts.length === 0)
    return refuse(
      "no-pre-period",
      "No cohort is seen before its treatment.",
      "Add earlier periods, or shorten the anticipation.",
    );
  const never = panel.adopted.some((g) => g === panel.periods);
  if (options.control === "never" && !never)
    return refuse(
      "no-never-treated",
      "Every unit is treated in the end.",
      'Set control: "not-yet" to compare with units treated later.',
    );
  const cells: Cell[] = [];
  for (const group of cohorts) {
    for (let period = 1; period < panel.periods; period++) {
      const cell = comparison(problem, panel, group, period, options);
      if (cell !== undefined) cells.push(cell);
    }
  }
  const post = cells.filter((c) => c.period >= c.group);
  if (post.length === 0)
    return refuse(
      "no-comparison",
      "No cohort has units to compare with after its treatment.",
      "Add units treated later or never.",
    );
  const n = panel.units;
  const share = (g: number): number => panel.adopted.filter((a) => a === g).length / n;
  const weigh = (chosen: readonly Cell[]): Averaged => average(chosen, panel, share);
  const by = (key: (c: Cell) => number, chosen: readonly Cell[]): Map<number, Averaged> => {
    const keys = [...new Set(chosen.map(key))].toSorted((a, b) => a - b);
    return new Map(keys.map((k) => [k, weigh(chosen.filter((c) => key(c) === k))]));
  };
  const exposure = by((c) => c.period - c.group, cells);
  const groups = by((c) => c.group, post);
  const calendar = by((c) => c.period, post);
  const dates = problem.periodValues;
  const all: Record<GroupTimeOptions["aggregate"], Averaged> = {
    simple: weigh(post),
    dynamic: plainMean([...exposure].filter(([e]) => e >= 0).map(([, a]) => a)),
    group: groupMean(groups, panel, share),
    calendar: plainMean([...calendar.values()]),
  };
  const main = all[options.aggregate];
  const z = normalQuantile(1 - (1 - level) / 2);
  // An effect without spread (a cohort of one against one) has no band.
  const spread = [...exposure].filter(([, a]) => errorOf(a) > 0);
  const largest = largestOfMany(
    spread.map(([, a]) => a.influence),
    rng.fork("bands"),
  );
  const critical = Math.max(z, largest.quantile(level));
  const pre = spread.filter(([e]) => e < 0);
  const worst = pre.reduce((most, [, a]) => Math.max(most, Math.abs(a.estimate / errorOf(a))), 0);
  const preP =
    pre.length === 0
      ? undefined
      : largestOfMany(
          pre.map(([, a]) => a.influence),
          rng.fork("before"),
        ).p(worst);
  const study = (name: string, times: number): CurveDiagnostic["lines"][number] => ({
    name,
    style: "points",
    points: [...exposure].map(([x, a]) => ({
      x,
      y: a.estimate,
      low: a.estimate - times * errorOf(a),
      high: a.estimate + times * errorOf(a),
    })),
  });
  const percent = `${Number((100 * level).toFixed(2))} %`;
  const part = (name: string, a: Averaged): NonNullable<Finding["parts"]>[number] => ({
    name,
    estimate: a.estimate,
    standardError: errorOf(a),
  });
  return {
    kind: "finding",
    estimate: main.estimate,
    standardError: errorOf(main),
    errors: "influence function by unit",
    parts: [
      ...Object.entries(all).map(([name, a]) => part(`average, ${name}`, a)),
      ...[...exposure].map(([e, a]) => ({
        ...part(`exposure ${e}`, a),
        interval: {
          low: a.estimate - critical * errorOf(a),
          high: a.estimate + critical * errorOf(a),
          level,
          method: `simultaneous over ${exposure.size} exposures, critical value ${critical.toFixed(2)}`,
        },
      })),
      ...cells.map((c) => part(`ATT(${dates[c.group]}, ${dates[c.period]})`, c)),
    ],
    diagnostics: [
      {
        kind: "curve",
        title: "Event study",
        summary: `Average effect by periods since treatment; ${preP === undefined ? "there is no period before treatment to look at parallel trends" : `before treatment the largest deviation from parallel trends is ${worst.toFixed(1)} standard errors (p = ${preP.toFixed(3)} for the largest of ${pre.length})`}. The wide bars hold for all points together in ${percent} of samples (${critical.toFixed(2)} standard errors), the narrow ones for one point each.`,
        xLabel: "periods since treatment",
        yLabel: problem.estimand.outcome,
        mark: -0.5,
        lines: [study("all together", critical), study("one by one", z)],
      },
    ],
    warnings: [
      ...(early > 0
        ? [
            {
              code: "always-treated",
              message: `${early} units are treated from the first period on and were left out.`,
              hint: "They are never seen untreated.",
            },
          ]
        : []),
      ...(preP !== undefined && preP < 0.05
        ? [
            {
              code: "pre-trends",
              message: "Before treatment, treated and control units already moved apart.",
              hint: "Parallel trends look doubtful: adjust for covariates, or choose other control units.",
            },
          ]
        : []),
    ],
  };
}

interface Averaged {
  readonly estimate: number;
  readonly influence: Float64Array;
}

function errorOf(a: Averaged): number {
  return Math.sqrt(a.influence.reduce((sum, v) => sum + v * v, 0)) / a.influence.length;
}

/** One cohort in one period against its control units; undefined when there are none. */
function comparison(
  problem: PanelProblem,
  panel: Panel,
  group: number,
  period: number,
  options: GroupTimeOptions,
): Cell | undefined {
  const { units, periods, y, adopted } = panel;
  const base =
    period >= group - options.anticipation ? group - 1 - options.anticipation : period - 1;
  if (base < 0 || base === period) return undefined;
  const role = adopted.map((g) => {
    if (g === group) return 1;
    if (g === periods) return 0;
    const later = Math.max(period, base) + options.anticipation;
    return options.control === "not-yet" && g > later ? 0 : -1;
  });
  const rows = Int32Array.from({ length: units }, (_, u) => u).filter((u) => role[u]! >= 0);
  const treated = rows.filter((u) => role[u] === 1).length;
  if (treated === 0 || treated === rows.length) return undefined;
  const change = Float64Array.from(rows, (u) => y[u * periods + period]! - y[u * periods + base]!);
  const d = Float64Array.from(rows, (u) => role[u]!);
  const { expected, odds, models } = adjust(problem, panel, rows, base, d, change);
  let w1 = 0;
  let w0 = 0;
  let m1 = 0;
  let m0 = 0;
  for (let k = 0; k < rows.length; k++) {
    const weight = d[k] === 1 ? 1 : odds[k]!;
    const rest = change[k]! - expected[k]!;
    if (d[k] === 1) {
      w1 += weight;
      m1 += weight * rest;
    } else {
      w0 += weight;
      m0 += weight * rest;
    }
  }
  m1 /= w1;
  m0 /= w0;
  // Unbiased variances within each arm: cohorts are often small.
  const controls = rows.length - treated;
  const f1 = treated > 1 ? Math.sqrt(treated / (treated - 1)) : 1;
  const f0 = controls > 1 ? Math.sqrt(controls / (controls - 1)) : 1;
  const influence = new Float64Array(units);
  for (let k = 0; k < rows.length; k++) {
    const rest = change[k]! - expected[k]!;
    influence[rows[k]!] =
      d[k] === 1 ? (f1 * units * (rest - m1)) / w1 : (-f0 * units * odds[k]! * (rest - m0)) / w0;
  }
  if (models !== undefined)
    addModels(influence, models, rows, d, odds, change, expected, [w1, w0], m0);
  return { group, period, estimate: m1 - m0, influence };
}

/** What the two models of a comparison were fitted on, `x: [m, width]`. */
interface Models {
  readonly x: Float64Array;
  readonly width: number;
  readonly propensity: Float64Array;
  /** (X'X)⁻¹ over control units, and the inverse information of the logit. */
  readonly outcomeInverse: Float64Array;
  readonly logitInverse: Float64Array;
}

/** Adds the influence of each unit through the fitted models (Sant'Anna & Zhao 2020, eq. 3.2 and 3.3). O(m·width²). */
function addModels(
  influence: Float64Array,
  models: Models,
  rows: Int32Array,
  d: Float64Array,
  odds: Float64Array,
  change: Float64Array,
  expected: Float64Array,
  [w1, w0]: readonly [number, number],
  m0: number,
): void {
  const { x, width, propensity } = models;
  const units = influence.length;
  // How the estimate moves with the coefficients: outcome model (treated less control rows), propensity model.
  const byOutcome = new Float64Array(width);
  const byPropensity = new Float64Array(width);
  for (let k = 0; k < rows.length; k++) {
    const treated = d[k] === 1;
    const a = treated ? -1 / w1 : odds[k]! / w0;
    const b = treated ? 0 : (-odds[k]! * (change[k]! - expected[k]! - m0)) / w0;
    for (let j = 0; j < width; j++) {
      byOutcome[j]! += a * x[k * width + j]!;
      byPropensity[j]! += b * x[k * width + j]!;
    }
  }
  const outcome = multiplyVector(models.outcomeInverse, byOutcome, width, width);
  const logit = multiplyVector(models.logitInverse, byPropensity, width, width);
  for (let k = 0; k < rows.length; k++) {
    let alongOutcome = 0;
    let alongLogit = 0;
    for (let j = 0; j < width; j++) {
      alongOutcome += outcome[j]! * x[k * width + j]!;
      alongLogit += logit[j]! * x[k * width + j]!;
    }
    const rest = d[k] === 1 ? 0 : change[k]! - expected[k]!;
    influence[rows[k]!]! += units * (alongOutcome * rest + alongLogit * (d[k]! - propensity[k]!));
  }
}

/** Expected change of control units given covariates, and the odds that make them like the treated. */
function adjust(
  problem: PanelProblem,
  panel: Panel,
  rows: Int32Array,
  base: number,
  d: Float64Array,
  change: Float64Array,
): { expected: Float64Array; odds: Float64Array; models?: Models } {
  const { covariates } = problem;
  const m = rows.length;
  if (covariates.d === 0)
    return { expected: new Float64Array(m), odds: new Float64Array(m).fill(1) };
  const own = new Float64Array(m * covariates.d);
  rows.forEach((u, k) => {
    const from = panel.row[u * panel.periods + base]! * covariates.d;
    own.set(covariates.x.subarray(from, from + covariates.d), k * covariates.d);
  });
  const x = withOnes(own, m, covariates.d);
  const width = covariates.d + 1;
  const control = d.map((v) => 1 - v);
  const { coefficients, inverse } = leastSquares(x, m, width, change, control);
  const logit = fitLogit(x, m, width, d);
  const e = logit.fitted;
  return {
    models: {
      x,
      width,
      propensity: e,
      outcomeInverse: inverse,
      logitInverse: logit.covariance,
    },
    expected: multiplyVector(x, coefficients, m, width),
    odds: e.map((p) => Math.min(p, 0.999) / (1 - Math.min(p, 0.999))),
  };
}

/** Average over cells by the size of their cohorts, with the influence of estimated sizes. */
function average(chosen: readonly Cell[], panel: Panel, share: (g: number) => number): Averaged {
  const p = chosen.map((c) => share(c.group));
  const total = p.reduce((a, b) => a + b, 0);
  const estimate = chosen.reduce((sum, c, k) => sum + (p[k]! / total) * c.estimate, 0);
  const influence = new Float64Array(panel.units);
  for (const [k, cell] of chosen.entries()) {
    for (let u = 0; u < panel.units; u++) {
      const member = panel.adopted[u] === cell.group ? 1 : 0;
      influence[u]! +=
        (p[k]! / total) * cell.influence[u]! +
        ((member - p[k]!) / total) * (cell.estimate - estimate);
    }
  }
  return { estimate, influence };
}

function plainMean(parts: readonly Averaged[]): Averaged {
  const influence = new Float64Array(parts[0]!.influence.length);
  for (const part of parts) part.influence.forEach((v, u) => (influence[u]! += v / parts.length));
  return {
    estimate: parts.reduce((sum, part) => sum + part.estimate, 0) / parts.length,
    influence,
  };
}

/** Each cohort's average over time, averaged by the size of cohorts. */
function groupMean(
  groups: ReadonlyMap<number, Averaged>,
  panel: Panel,
  share: (g: number) => number,
): Averaged {
  return average(
    [...groups].map(([group, a]) => ({ group, period: group, ...a })),
    panel,
    share,
  );
}

function refuse(code: string, message: string, hint: string): Refusal {
  return { kind: "not-estimable", code, message, hint };
}

export const groupTimeMethod: Method<GroupTimeOptions> = {
  name: "did",
  label: "Difference-in-differences (Callaway–Sant'Anna)",
  summary:
    "Compares each cohort's change since before treatment with units never or not yet treated, then averages.",
  source: "Callaway & Sant'Anna (2021); Sant'Anna & Zhao (2020)",
  fits: { estimands: ["panel"], targets: ["ATT"], treatments: ["binary", "continuous"] },
  stochastic: true,
  options: {
    control: {
      type: "choice",
      choices: ["never", "not-yet"],
      default: "never",
      doc: "Compare with units never treated, or also with those treated later.",
    },
    aggregate: {
      type: "choice",
      choices: ["dynamic", "group", "calendar", "simple"],
      default: "dynamic",
      doc: "How the cohorts' effects are averaged; all four are reported.",
    },
    anticipation: {
      type: "integer",
      default: 0,
      minimum: 0,
      maximum: 50,
      doc: "Periods before treatment in which units may already react.",
    },
  },
  run(problem, options, context: MethodContext): Answer {
    if (problem.kind !== "panel") throw new Error(`did was given a ${problem.kind} problem`);
    return groupTime(problem, options, context.level, context.rng);
  },
};
