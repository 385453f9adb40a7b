import { histogram } from "../math/summary.ts";
import type {
  BalanceDiagnostic,
  Diagnostic,
  OverlapDiagnostic,
  WeightsDiagnostic,
} from "./diagnostic.ts";
import type { Finding, Refusal } from "./method.ts";
import type { AdjustmentProblem } from "./problem.ts";
import { fitPropensity } from "./propensity.ts";
import { targetWeights } from "./target.ts";
import { balancingWeights } from "./weighting.ts";

/**
 * Overlap, balance and weights of an adjustment before any estimate is made, under the logit propensity of the target.
 * A refusal when the covariates tell treatment without error. O(nd²).
 */
export function diagnose(problem: AdjustmentProblem): readonly Diagnostic[] | Refusal {
  const model = fitPropensity(problem);
  if (model.kind !== "propensity") return model;
  const propensity = model.fit.fitted;
  const weights = balancingWeights(problem.treatment, propensity, problem.estimand.target);
  return diagnoseFinding(problem, {
    kind: "finding",
    estimate: 0,
    standardError: 0,
    errors: "",
    propensity,
    weights,
  });
}

/** Everything that follows from a problem and a finding's propensities and weights. O(nd). */
export function diagnoseFinding(problem: AdjustmentProblem, finding: Finding): Diagnostic[] {
  if (problem.treatmentKind !== "binary") return [];
  const found: Diagnostic[] = [];
  if (finding.propensity !== undefined) found.push(overlap(problem, finding.propensity));
  if (problem.covariates.d > 0) found.push(balance(problem, finding.weights));
  if (finding.weights !== undefined) {
    found.push(weightSummary(problem.treatment, finding.weights, finding.clipped ?? 0));
  }
  return found;
}

/**
 * Histogram of the propensity by arm, and the share of the target population without counterparts (`withoutOverlap`).
 * O(n).
 */
export function overlap(problem: AdjustmentProblem, propensity: Float64Array): OverlapDiagnostic {
  const { treatment } = problem;
  const arm = (t: number): Float64Array => propensity.filter((_, i) => treatment[i] === t);
  const treated = histogram(arm(1), 20, 0, 1);
  const control = histogram(arm(0), 20, 0, 1);
  const { share, count } = withoutOverlap(problem, propensity);
  const minimum = propensity.reduce((a, b) => Math.min(a, b), 1);
  const maximum = propensity.reduce((a, b) => Math.max(a, b), 0);
  return {
    kind: "overlap",
    title: "Propensity by arm",
    summary: `Propensities run from ${minimum.toFixed(3)} to ${maximum.toFixed(3)}; ${count === 0 ? "every unit of the target population has" : `${(100 * share).toFixed(1)} % of the target population (${count} units) have no`} counterpart${count === 0 ? "s" : ""} in the other arm.`,
    edges: treated.edges,
    treated: treated.counts,
    control: control.counts,
    minimum,
    maximum,
    shareWithoutOverlap: share,
  };
}

/** Below this chance of the other arm a unit depends on having counterparts (Crump et al. 2009, rule of thumb). */
const RARE = 0.1;

/**
 * Units of the target population that had a chance below a tenth of being in the other arm and lie beyond its range of
 * propensities; and the common range. O(n).
 */
export function withoutOverlap(
  problem: AdjustmentProblem,
  propensity: Float64Array,
): { share: number; count: number; low: number; high: number; within: number } {
  const { n, treatment } = problem;
  const low = [1, 1];
  const high = [0, 0];
  for (let i = 0; i < n; i++) {
    const t = treatment[i]!;
    low[t] = Math.min(low[t]!, propensity[i]!);
    high[t] = Math.max(high[t]!, propensity[i]!);
  }
  const counts = targetWeights(problem, propensity);
  let outside = 0;
  let total = 0;
  let count = 0;
  let within = 0;
  const common = { low: Math.max(low[0]!, low[1]!), high: Math.min(high[0]!, high[1]!) };
  for (let i = 0; i < n; i++) {
    const other = 1 - treatment[i]!;
    const e = propensity[i]!;
    const w = counts[i]!;
    total += w;
    if (e >= common.low && e <= common.high) within += 1;
    const chance = other === 1 ? e : 1 - e;
    if (w === 0 || chance >= RARE || (e >= low[other]! && e <= high[other]!)) continue;
    outside += w;
    count += 1;
  }
  return { share: total === 0 ? 0 : outside / total, count, ...common, within };
}

/**
 * The α for which the average effect over units with a propensity in [α, 1 − α] has the smallest variance bound, under
 * equal variances of the outcome (Crump, Hotz, Imbens & Mitnik 2009, corollary 1, in its sample form): 0 when leaving nobody out is best.
 * O(n log n).
 */
export function optimalTrim(propensity: Float64Array): number {
  const margins = propensity.map((e) => Math.min(e, 1 - e)).sort();
  const n = margins.length;
  let sum = 0;
  let best = Infinity;
  let alpha = 0;
  // From the middle outwards; the last of those with equal margins speaks for them.
  for (let k = n - 1; k >= 0; k--) {
    const margin = margins[k]!;
    sum += 1 / (margin * (1 - margin));
    const bound = sum / (n - k) ** 2;
    if (bound > best || margins[k - 1] === margin) continue;
    best = bound;
    alpha = k === 0 ? 0 : margin;
  }
  return alpha;
}

/**
 * Standardised mean differences of each covariate, raw and weighted. The divisor is the unweighted standard deviation
 * of the treated for the ATT, of the control units for the ATC, else the root of the arms' mean variance, so that
 * weighting cannot look good by inflating spread (Stuart 2010). O(nd).
 */
export function balance(problem: AdjustmentProblem, weights?: Float64Array): BalanceDiagnostic {
  const { covariates } = problem;
  const ones = new Float64Array(problem.n).fill(1);
  const sampling = problem.sampling ?? ones;
  const { before, weighted } = momentsByArm(problem, sampling, weights);
  const rows = covariates.names.map((name, j) => {
    const raw = before[j]!;
    const sd =
      problem.estimand.target === "ATT"
        ? Math.sqrt(raw.variance[1])
        : problem.estimand.target === "ATC"
          ? Math.sqrt(raw.variance[0])
          : Math.sqrt((raw.variance[0] + raw.variance[1]) / 2);
    const scaled = (difference: number): number =>
      sd === 0 ? (difference === 0 ? 0 : Infinity) : difference / sd;
    const after = weighted?.[j];
    return {
      name,
      treatedMean: raw.mean[1],
      controlMean: raw.mean[0],
      raw: scaled(raw.mean[1] - raw.mean[0]),
      ...(after === undefined ? {} : { weighted: scaled(after.mean[1] - after.mean[0]) }),
      varianceRatio: raw.variance[1] / raw.variance[0],
    };
  });
  const beyond = (values: readonly number[]): number =>
    values.filter((v) => Math.abs(v) > 0.1).length;
  const text = `${beyond(rows.map((r) => r.raw))} of ${rows.length} covariates differ by more than 0.1 standard deviations`;
  const after =
    weights === undefined ? "." : `; ${beyond(rows.map((r) => r.weighted ?? 0))} after weighting.`;
  return { kind: "balance", title: "Balance of the covariates", summary: text + after, rows };
}

interface Moments {
  readonly mean: readonly [number, number];
  readonly variance: readonly [number, number];
}

/** Rows that a column's rough centre is taken from. */
const GLANCE = 256;

/**
 * Mean and variance of each column in each arm, under sampling and under the method's weights, in one pass: squares
 * are taken about a rough centre of each column, so that a large mean costs no digits. O(nd).
 */
function momentsByArm(
  { covariates: { x, d }, treatment, n }: AdjustmentProblem,
  sampling: Float64Array,
  weights: Float64Array | undefined,
): { before: readonly Moments[]; weighted?: readonly Moments[] } {
  const centre = new Float64Array(d);
  const glance = Math.min(n, GLANCE);
  for (let k = 0; k < glance; k++) {
    const at = Math.floor((k * n) / glance) * d;
    for (let j = 0; j < d; j++) centre[j]! += x[at + j]! / glance;
  }
  const count = [0, 0];
  const binary = new Uint8Array(d).fill(1);
  for (let i = 0; i < n; i++) count[treatment[i]!]! += 1;
  for (let j = 0; j < d; j++) {
    for (let at = j; at < x.length && binary[j] === 1; at += d)
      if (x[at] !== 0 && x[at] !== 1) binary[j] = 0;
  }
  const under = (w: Float64Array): Moments[] => {
    // Both arms' sums side by side: arm t has columns t·d … t·d + d − 1.
    const total = [0, 0];
    const first = new Float64Array(2 * d);
    const second = new Float64Array(2 * d);
    for (let i = 0; i < n; i++) {
      const t = treatment[i]!;
      const own = w[i]!;
      total[t]! += own;
      if (own === 0) continue;
      for (let j = 0, at = i * d, to = t * d; j < d; j++, at++, to++) {
        const rest = x[at]! - centre[j]!;
        const moved = own * rest;
        first[to]! += moved;
        second[to]! += moved * rest;
      }
    }
    return Array.from({ length: d }, (_, j) => {
      // A share's variance is p(1 − p); numbers get the sample variance.
      const freedom = binary[j] === 1 ? 0 : 1;
      const arm = (t: 0 | 1): readonly [number, number] => {
        const shift = first[t * d + j]! / total[t]!;
        const square = second[t * d + j]! / total[t]!;
        // What is left of equal numbers is rounding.
        const spread = square - shift * shift > 1e-12 * square ? square - shift * shift : 0;
        return [centre[j]! + shift, (spread * count[t]!) / (count[t]! - freedom)];
      };
      const [control, treated] = [arm(0), arm(1)];
      return { mean: [control[0], treated[0]], variance: [control[1], treated[1]] };
    });
  };
  return {
    before: under(sampling),
    ...(weights === undefined ? {} : { weighted: under(weights) }),
  };
}

/** Effective sample sizes (Σw)²/Σw², range and concentration of the weights. O(n). */
export function weightSummary(
  treatment: Float64Array,
  weights: Float64Array,
  clipped: number,
): WeightsDiagnostic {
  const sum = [0, 0];
  const square = [0, 0];
  const top = [0, 0];
  let minimum = Infinity;
  let maximum = 0;
  for (let i = 0; i < weights.length; i++) {
    const t = treatment[i]!;
    const w = weights[i]!;
    sum[t]! += w;
    square[t]! += w * w;
    top[t] = Math.max(top[t]!, w);
    minimum = Math.min(minimum, w);
    maximum = Math.max(maximum, w);
  }
  const effective = [0, 1].map((t) => sum[t]! ** 2 / square[t]!);
  const largestShare = Math.max(top[0]! / sum[0]!, top[1]! / sum[1]!);
  return {
    kind: "weights",
    title: "Weights",
    summary: `The weighted arms are worth ${effective[1]!.toFixed(1)} treated and ${effective[0]!.toFixed(1)} control units; the heaviest unit carries ${(100 * largestShare).toFixed(1)} % of its arm${clipped > 0 ? `; ${clipped} propensities were clipped` : ""}.`,
    effectiveTreated: effective[1]!,
    effectiveControl: effective[0]!,
    minimum,
    maximum,
    mean: (sum[0]! + sum[1]!) / weights.length,
    largestShare,
    clipped,
  };
}
