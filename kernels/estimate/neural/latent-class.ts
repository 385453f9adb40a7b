import { breathe } from "../../../app/work.ts";
import type { Work } from "../../../app/work.ts";
import { invertSymmetric } from "../../math/dense.ts";
import { logistic } from "../../math/glm.ts";
import type { Rng } from "../../math/rng.ts";
import type { Warning } from "../effect.ts";
import { influenceError } from "../influence.ts";
import type { Answer, Method } from "../method.ts";
import type { NeuralData } from "./data.ts";
import { dataOf } from "./method.ts";

/** A hidden confounder of two classes with its proxies, as fitted by EM. */
export interface LatentClassFit {
  /** P(z = 1). */
  readonly share: number;
  /** P(t = 1 | z), z = 0, 1. */
  readonly treatment: readonly [number, number];
  /** Mean of y (probability when binary) by treatment and class: `[t][z]`. */
  readonly outcome: readonly [readonly [number, number], readonly [number, number]];
  /** Σ_z P(z) (E[y | t=1, z] - E[y | t=0, z]). */
  readonly effect: number;
  /** P(z = 1 | x, t, y) of each row, `[n]`. */
  readonly posterior: Float64Array;
  /** Σ_z P(z | x, t, y) (E[y | 1, z] - E[y | 0, z]) of each row, `[n]`. */
  readonly unitEffects: Float64Array;
  readonly logLikelihood: number;
  readonly iterations: number;
  readonly starts: number;
  readonly standardError: number;
  /** Influence of each row on the effect, `[n]`. */
  readonly influence: Float64Array;
}

interface Parameters {
  share: number;
  readonly t: Float64Array;
  /** `[t, z]` means, and standard deviations of a continuous outcome. */
  readonly y: Float64Array;
  readonly yScale: Float64Array;
  /** `[z, d]` means, and standard deviations of continuous proxies. */
  readonly x: Float64Array;
  readonly xScale: Float64Array;
}

/**
 * Effect under a hidden binary confounder z seen through at least three proxies, which are independent of each other
 * and of t and y given z: maximum likelihood of the two-class mixture by EM (Dempster, Laird & Rubin 1977), best of
 * several random starts. With three conditionally independent views the classes are identified up to their names
 * (Allman, Matias & Rhodes 2009), and the effect does not depend on names. Columns of two values are Bernoulli, others
 * Gaussian. O(starts · iterations · n · d).
 */
export async function fitLatentClass(
  data: NeuralData,
  rng: Rng,
  work: Work,
  options: { readonly starts?: number; readonly iterations?: number } = {},
): Promise<LatentClassFit> {
  const starts = options.starts ?? 5;
  const limit = options.iterations ?? 500;
  const binary = binaryColumns(data);
  let best:
    { p: Parameters; posterior: Float64Array; logLikelihood: number; steps: number } | undefined;
  for (let start = 0; start < starts; start++) {
    const posterior = startingClasses(data, rng.fork(`start ${start}`));
    const p = emptyParameters(data.d);
    let last = -Infinity;
    let lastEffect = Infinity;
    let steps = 0;
    let logLikelihood = -Infinity;
    while (steps < limit) {
      steps++;
      maximise(data, binary, posterior, p);
      logLikelihood = expectClasses(data, binary, p, posterior);
      // EM creeps: the likelihood is flat long before the effect has arrived.
      const effect = effectOf(p);
      const settled = Math.abs(effect - lastEffect) < 1e-6;
      if (settled && logLikelihood - last < 1e-9 * Math.abs(logLikelihood)) break;
      last = logLikelihood;
      lastEffect = effect;
      if (steps % 5 === 0) await breathe(work);
    }
    work.progress({ fraction: (start + 1) / starts, message: `start ${start + 1} of ${starts}` });
    if (best === undefined || logLikelihood > best.logLikelihood) {
      best = { p, posterior, logLikelihood, steps };
    }
  }
  const { p, posterior, logLikelihood, steps } = best!;
  const influence = influenceOf(data, binary, p, posterior);
  const fit = toFit(p, posterior, logLikelihood, steps, starts);
  return { ...fit, influence, standardError: influenceError(influence) };
}

/** Σ_z P(z) (E[y | 1, z] - E[y | 0, z]). */
function effectOf({ share, y }: Parameters): number {
  return (1 - share) * (y[2]! - y[0]!) + share * (y[3]! - y[1]!);
}

function toFit(
  p: Parameters,
  posterior: Float64Array,
  logLikelihood: number,
  iterations: number,
  starts: number,
): Omit<LatentClassFit, "influence" | "standardError"> {
  const [y00, y01, y10, y11] = p.y as unknown as [number, number, number, number];
  const gain = [y10 - y00, y11 - y01] as const;
  return {
    share: p.share,
    treatment: [p.t[0]!, p.t[1]!],
    outcome: [
      [y00, y01],
      [y10, y11],
    ],
    effect: effectOf(p),
    posterior,
    unitEffects: posterior.map((z) => (1 - z) * gain[0] + z * gain[1]),
    logLikelihood,
    iterations,
    starts,
  };
}

/** 1 for columns whose values are all 0 or 1. */
export function binaryColumns({ x, n, d }: Pick<NeuralData, "x" | "n" | "d">): Uint8Array {
  const out = new Uint8Array(d).fill(1);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) if (x[i * d + j] !== 0 && x[i * d + j] !== 1) out[j] = 0;
  }
  return out;
}

function emptyParameters(d: number): Parameters {
  return {
    share: 0.5,
    t: new Float64Array(2),
    y: new Float64Array(4),
    yScale: new Float64Array(4),
    x: new Float64Array(2 * d),
    xScale: new Float64Array(2 * d),
  };
}

/** Soft classes from a random direction in the proxies, so that starts differ but none is degenerate. */
function startingClasses(data: NeuralData, rng: Rng): Float64Array {
  const { x, n, d } = data;
  const mean = new Float64Array(d);
  const scale = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j]! += x[i * d + j]! / n;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) scale[j]! += (x[i * d + j]! - mean[j]!) ** 2 / n;
  }
  const direction = Float64Array.from({ length: d }, () => rng.normal());
  return Float64Array.from({ length: n }, (_, i) => {
    let z = 0;
    for (let j = 0; j < d; j++) {
      z += (direction[j]! * (x[i * d + j]! - mean[j]!)) / Math.sqrt(scale[j]! + 1e-12);
    }
    return logistic(z);
  });
}

/** Weighted frequencies and moments; half a pseudo-row keeps probabilities off 0 and 1. */
function maximise(
  { x, n, d, treatment, outcome, outcomeKind }: NeuralData,
  binary: Uint8Array,
  posterior: Float64Array,
  p: Parameters,
): void {
  const weight = [0, 0];
  p.t.fill(0);
  p.y.fill(0);
  p.x.fill(0);
  p.yScale.fill(0);
  p.xScale.fill(0);
  const cell = new Float64Array(4);
  for (let i = 0; i < n; i++) {
    const t = treatment[i]!;
    for (let z = 0; z < 2; z++) {
      const w = z === 1 ? posterior[i]! : 1 - posterior[i]!;
      weight[z]! += w;
      p.t[z]! += w * t;
      cell[2 * t + z]! += w;
      p.y[2 * t + z]! += w * outcome[i]!;
      for (let j = 0; j < d; j++) p.x[z * d + j]! += w * x[i * d + j]!;
    }
  }
  p.share = weight[1]! / n;
  for (let z = 0; z < 2; z++) {
    p.t[z] = (p.t[z]! + 0.25) / (weight[z]! + 0.5);
    for (let j = 0; j < d; j++) {
      const at = z * d + j;
      p.x[at] = binary[j] === 1 ? (p.x[at]! + 0.25) / (weight[z]! + 0.5) : p.x[at]! / weight[z]!;
    }
  }
  for (let c = 0; c < 4; c++) {
    p.y[c] =
      outcomeKind === "binary" ? (p.y[c]! + 0.25) / (cell[c]! + 0.5) : p.y[c]! / (cell[c]! + 1e-9);
  }
  for (let i = 0; i < n; i++) {
    const t = treatment[i]!;
    for (let z = 0; z < 2; z++) {
      const w = z === 1 ? posterior[i]! : 1 - posterior[i]!;
      p.yScale[2 * t + z]! += w * (outcome[i]! - p.y[2 * t + z]!) ** 2;
      for (let j = 0; j < d; j++) {
        p.xScale[z * d + j]! += w * (x[i * d + j]! - p.x[z * d + j]!) ** 2;
      }
    }
  }
  // A floor on variances keeps a class from shrinking onto one row, where the likelihood has no bound.
  for (let c = 0; c < 4; c++) p.yScale[c] = Math.sqrt((p.yScale[c]! + 1e-3) / (cell[c]! + 1e-3));
  for (let k = 0; k < 2 * d; k++) {
    const size = weight[k < d ? 0 : 1]!;
    p.xScale[k] = Math.sqrt((p.xScale[k]! + 1e-3) / (size + 1e-3));
  }
}

/** Posterior classes in place; the log-likelihood of all rows. */
function expectClasses(
  { x, n, d, treatment, outcome, outcomeKind }: NeuralData,
  binary: Uint8Array,
  p: Parameters,
  posterior: Float64Array,
): number {
  let total = 0;
  const logs = [0, 0];
  for (let i = 0; i < n; i++) {
    const t = treatment[i]!;
    for (let z = 0; z < 2; z++) {
      let log = Math.log(z === 1 ? p.share : 1 - p.share);
      log += bernoulli(t, p.t[z]!);
      const c = 2 * t + z;
      log +=
        outcomeKind === "binary"
          ? bernoulli(outcome[i]!, p.y[c]!)
          : gaussian(outcome[i]!, p.y[c]!, p.yScale[c]!);
      for (let j = 0; j < d; j++) {
        const value = x[i * d + j]!;
        const at = z * d + j;
        log +=
          binary[j] === 1 ? bernoulli(value, p.x[at]!) : gaussian(value, p.x[at]!, p.xScale[at]!);
      }
      logs[z] = log;
    }
    const high = Math.max(logs[0]!, logs[1]!);
    total += high + Math.log(Math.exp(logs[0]! - high) + Math.exp(logs[1]! - high));
    posterior[i] = logistic(logs[1]! - logs[0]!);
  }
  return total;
}

function bernoulli(value: number, p: number): number {
  return Math.log(value === 1 ? p : 1 - p);
}

function gaussian(value: number, mean: number, sd: number): number {
  return -0.5 * ((value - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);
}

/**
 * Influence of each row on the effect: n g' I⁻¹ s_i, with s_i the row's score by Fisher's identity (the mean over its
 * posterior classes of the complete-data score), I = Σ s s' and g the effect's gradient. Parameters: share, t | z,
 * y | t z, x | z, and the standard deviations of what is Gaussian. O(n p²) for p parameters.
 */
function influenceOf(
  { x, n, d, treatment, outcome, outcomeKind }: NeuralData,
  binary: Uint8Array,
  p: Parameters,
  posterior: Float64Array,
): Float64Array {
  const gaussianY = outcomeKind === "continuous";
  const columns = Array.from({ length: d }, (_, j) => j);
  const free = columns.filter((j) => binary[j] !== 1);
  const size = 3 + 4 + (gaussianY ? 4 : 0) + 2 * d + 2 * free.length;
  const startX = 7 + (gaussianY ? 4 : 0);
  const scores = new Float64Array(n * size);
  for (let i = 0; i < n; i++) {
    const at = i * size;
    const t = treatment[i]!;
    for (let z = 0; z < 2; z++) {
      const w = z === 1 ? posterior[i]! : 1 - posterior[i]!;
      scores[at]! += (w * (z - p.share)) / (p.share * (1 - p.share));
      scores[at + 1 + z]! += w * bernoulliScore(t, p.t[z]!);
      const c = 2 * t + z;
      const y = outcome[i]!;
      if (gaussianY) {
        scores[at + 3 + c]! += (w * (y - p.y[c]!)) / p.yScale[c]! ** 2;
        scores[at + 7 + c]! += w * scaleScore(y, p.y[c]!, p.yScale[c]!);
      } else scores[at + 3 + c]! += w * bernoulliScore(y, p.y[c]!);
      let next = startX + 2 * d + z * free.length;
      for (let j = 0; j < d; j++) {
        const k = z * d + j;
        const value = x[i * d + j]!;
        if (binary[j] === 1) scores[at + startX + k]! += w * bernoulliScore(value, p.x[k]!);
        else {
          scores[at + startX + k]! += (w * (value - p.x[k]!)) / p.xScale[k]! ** 2;
          scores[at + next]! += w * scaleScore(value, p.x[k]!, p.xScale[k]!);
          next++;
        }
      }
    }
  }
  if (!gaussianY) dropBoundary(scores, n, size, p, posterior, treatment);
  const information = new Float64Array(size * size);
  for (let i = 0; i < n; i++) {
    const row = scores.subarray(i * size, (i + 1) * size);
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) information[a * size + b]! += row[a]! * row[b]!;
    }
  }
  const { inverse } = invertSymmetric(information, size);
  const gradient = new Float64Array(size);
  gradient[0] = p.y[3]! - p.y[1]! - (p.y[2]! - p.y[0]!);
  gradient.set([-(1 - p.share), -p.share, 1 - p.share, p.share], 3);
  const direction = gradient.map((_, a) =>
    gradient.reduce((sum, g, b) => sum + inverse[a * size + b]! * g, 0),
  );
  return Float64Array.from({ length: n }, (_, i) => {
    let total = 0;
    for (let a = 0; a < size; a++) total += direction[a]! * scores[i * size + a]!;
    return n * total;
  });
}

/**
 * A probability fitted at 0 or 1 (fewer than one event expected in its cell) is taken as known: the product of scores
 * says nothing of its error, and would add one that is not there.
 */
function dropBoundary(
  scores: Float64Array,
  n: number,
  size: number,
  p: Parameters,
  posterior: Float64Array,
  treatment: ArrayLike<number>,
): void {
  for (let c = 0; c < 4; c++) {
    let rows = 0;
    for (let i = 0; i < n; i++) {
      if (treatment[i] === c >> 1) rows += c % 2 === 1 ? posterior[i]! : 1 - posterior[i]!;
    }
    // The half pseudo-row of the fit alone gives .25 events
    if (Math.min(p.y[c]!, 1 - p.y[c]!) * rows >= 1) continue;
    for (let i = 0; i < n; i++) scores[i * size + 3 + c] = 0;
  }
}

function bernoulliScore(value: number, p: number): number {
  return (value - p) / (p * (1 - p));
}

function scaleScore(value: number, mean: number, sd: number): number {
  return (((value - mean) / sd) ** 2 - 1) / sd;
}

export type LatentClassOptions = { readonly starts: number; readonly iterations: number };

export const latentClassMethod: Method<LatentClassOptions> = {
  name: "latentClass",
  label: "Latent classes (EM)",
  summary:
    "For a hidden confounder of two classes: the adjustment set holds its proxies, at least three, independent given the class. Removes confounding that adjusting for the proxies leaves.",
  source: "Dempster, Laird & Rubin (1977); Allman, Matias & Rhodes (2009)",
  fits: { estimands: ["adjustment"], targets: ["ATE"], treatments: ["binary"] },
  stochastic: true,
  options: {
    starts: {
      type: "integer",
      default: 5,
      minimum: 1,
      maximum: 1000,
      doc: "Random starts; the likeliest fit is kept.",
    },
    iterations: {
      type: "integer",
      default: 500,
      minimum: 1,
      maximum: 100_000,
      doc: "Most EM steps of each start.",
    },
  },
  async run(problem, options, { rng, work }): Promise<Answer> {
    if (problem.kind !== "adjustment") {
      throw new Error(`latentClass was given a ${problem.kind} problem`);
    }
    const { d } = problem.covariates;
    if (d === 0) {
      return {
        kind: "not-applicable",
        message: "Latent classes are told from proxies, and the adjustment set is empty.",
        hint: "Name at least three columns that the hidden confounder drives.",
      };
    }
    const fit = await fitLatentClass(dataOf(problem), rng, work, options);
    const assumption: Warning = {
      code: "latent-model",
      message:
        "Right only if one hidden two-class variable makes the proxies, the treatment and the outcome independent of each other (but for the effect): the data cannot prove it.",
    };
    const proxies: Warning = {
      code: "too-few-proxies",
      message: `${d} ${d === 1 ? "proxy does" : "proxies do"} not pin down a hidden class: at least 3 are needed.`,
      hint: "Add columns that the hidden confounder drives.",
    };
    return {
      kind: "finding",
      estimate: fit.effect,
      standardError: fit.standardError,
      errors: "outer product of the mixture's scores",
      influence: fit.influence,
      unitEffects: fit.unitEffects,
      parts: [{ name: "share of class 1", estimate: fit.share }],
      diagnostics: [
        {
          kind: "figures",
          title: "Hidden classes",
          summary: `Class 1 holds ${Math.round(100 * fit.share)} % of the rows and is treated with probability ${fit.treatment[1].toFixed(2)}, class 0 with ${fit.treatment[0].toFixed(2)}.`,
          rows: [
            { name: "log-likelihood", value: fit.logLikelihood },
            { name: "EM steps of the best start", value: fit.iterations },
            { name: "P(treated | class 0)", value: fit.treatment[0] },
            { name: "P(treated | class 1)", value: fit.treatment[1] },
          ],
        },
      ],
      warnings: d < 3 ? [assumption, proxies] : [assumption],
    };
  },
};
