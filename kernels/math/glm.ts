import {
  cholesky,
  choleskySolve,
  gram,
  invertSymmetric,
  multiplyVector,
  transposeVector,
} from "./dense.ts";
import { leastSquares } from "./least-squares.ts";

export type GlmFamily = "logit" | "poisson";

export interface GlmOptions {
  readonly weights?: Float64Array;
  /** Known part of the linear predictor, `[n]`. */
  readonly offset?: Float64Array;
  readonly maxIterations?: number;
}

export interface Glm {
  readonly family: GlmFamily;
  /** `[d]`; 0 for dropped columns. */
  readonly coefficients: Float64Array;
  readonly dropped: readonly number[];
  /** Means, `[n]`: probabilities or rates. */
  readonly fitted: Float64Array;
  /** Inverse Fisher information, `[d, d]`; computed when first asked for. */
  readonly covariance: Float64Array;
  readonly deviance: number;
  readonly iterations: number;
  readonly converged: boolean;
  /**
   * Set when no finite maximum exists: some combination of the columns splits the outcomes (perfectly, or but for
   * ties). `columns` lists those that carry it, largest share first.
   */
  readonly separation?: { readonly complete: boolean; readonly columns: readonly number[] };
}

/**
 * Maximum likelihood of a logit or Poisson regression of `y: [n]` on `x: [n, d]` (a column of ones for the intercept)
 * by Newton's method with step halving; the Hessian is kept while it still contracts the gradient tenfold. `y` may be
 * fractional in [0, 1] for the logit. Collinear columns are dropped as in `leastSquares`. Separation (Albert &
 * Anderson 1984) is found by its certificate, a direction along which every outcome is predicted ever better.
 * O(nd² · iterations).
 */
export function fitGlm(
  family: GlmFamily,
  x: Float64Array,
  n: number,
  d: number,
  y: Float64Array,
  options: GlmOptions = {},
): Glm {
  const plain = gram(x, n, d, options.weights);
  const dropped = droppedColumns(plain, x, n, d, y, options.weights);
  const state = new Newton(family, x, n, d, y, dropped, options, plain);
  const limit = options.maxIterations ?? 60;
  let iterations = 0;
  let converged = false;
  let separation: Glm["separation"];
  // Once outcomes are seen to be split, a few more steps tell whether every one is or ties remain.
  let last = limit;
  while (iterations < last && !converged && separation?.complete !== true) {
    iterations += 1;
    converged = state.step();
    if (family !== "logit" || state.largestPredictor <= 8) continue;
    const found = state.separation();
    if (found !== undefined && separation === undefined) last = Math.min(limit, iterations + 10);
    separation = found ?? separation;
  }
  let covariance: Float64Array | undefined;
  return {
    family,
    coefficients: state.coefficients,
    dropped,
    fitted: state.mean,
    get covariance() {
      return (covariance ??= state.covariance());
    },
    deviance: state.deviance,
    iterations,
    converged: converged && separation === undefined,
    ...(separation === undefined ? {} : { separation }),
  };
}

/** Logit regression: see `fitGlm`. */
export function fitLogit(
  x: Float64Array,
  n: number,
  d: number,
  y: Float64Array,
  options: GlmOptions = {},
): Glm {
  return fitGlm("logit", x, n, d, y, options);
}

/** Means of new rows `x: [n, d]` under fitted coefficients. O(nd). */
export function predictGlm(
  family: GlmFamily,
  coefficients: Float64Array,
  x: Float64Array,
  n: number,
  d: number,
): Float64Array {
  const out = multiplyVector(x, coefficients, n, d);
  for (let i = 0; i < n; i++) out[i] = inverseLink(family, out[i]!);
  return out;
}

/** 1/(1 + e^−x), without overflow. */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

function inverseLink(family: GlmFamily, eta: number): number {
  return family === "logit" ? logistic(eta) : Math.exp(Math.min(eta, 700));
}

/** Cheap Gram test first; only a suspicious pivot pays for the exact (QR) answer. */
function droppedColumns(
  plain: Float64Array,
  x: Float64Array,
  n: number,
  d: number,
  y: Float64Array,
  weights: Float64Array | undefined,
): readonly number[] {
  const { dropped } = cholesky(plain, d, 1e-9);
  return dropped.length === 0 ? dropped : leastSquares(x, n, d, y, weights).dropped;
}

class Newton {
  readonly coefficients: Float64Array;
  readonly mean: Float64Array;
  deviance = Infinity;
  largestPredictor = 0;
  readonly #family: GlmFamily;
  readonly #x: Float64Array;
  readonly #n: number;
  readonly #d: number;
  readonly #y: Float64Array;
  readonly #weights: Float64Array | undefined;
  readonly #offset: Float64Array | undefined;
  readonly #keep: readonly number[];
  readonly #eta: Float64Array;
  readonly #scratch: Float64Array;
  #factor: Float64Array | undefined;
  #gradient: Float64Array;
  #direction: Float64Array;

  constructor(
    family: GlmFamily,
    x: Float64Array,
    n: number,
    d: number,
    y: Float64Array,
    dropped: readonly number[],
    options: GlmOptions,
    plain: Float64Array,
  ) {
    this.#family = family;
    this.#x = x;
    this.#n = n;
    this.#d = d;
    this.#y = y;
    this.#weights = options.weights;
    this.#offset = options.offset;
    const gone = new Set(dropped);
    this.#keep = Array.from({ length: d }, (_, j) => j).filter((j) => !gone.has(j));
    this.coefficients = this.#firstGuess();
    for (const j of dropped) this.coefficients[j] = 0;
    this.mean = new Float64Array(n);
    this.#eta = new Float64Array(n);
    this.#scratch = new Float64Array(n);
    this.#direction = new Float64Array(d);
    this.#evaluate();
    this.#gradient = this.#score();
    // Where every mean is the same the information is a multiple of X'WX, which is known already.
    if (options.offset === undefined) {
      const mu = this.mean[0]!;
      const v = family === "logit" ? mu * (1 - mu) : mu;
      if (this.mean.every((m) => m === mu)) {
        const scaled = plain.map((value) => value * v);
        this.#factor = cholesky(this.#kept(scaled), this.#keep.length, 1e-15).l;
      }
    }
  }

  /** The constant model, when some column is all ones: far from 0 the first Newton step would overshoot. */
  #firstGuess(): Float64Array {
    const guess = new Float64Array(this.#d);
    const constant = this.#keep.find((j) => this.#isOnes(j));
    if (constant === undefined || this.#offset !== undefined) return guess;
    let top = 0;
    let bottom = 0;
    for (let i = 0; i < this.#n; i++) {
      const w = this.#weights?.[i] ?? 1;
      top += w * this.#y[i]!;
      bottom += w;
    }
    const share = top / bottom;
    if (this.#family === "logit") {
      if (share > 0 && share < 1) guess[constant] = Math.log(share / (1 - share));
    } else if (share > 0) guess[constant] = Math.log(share);
    return guess;
  }

  #isOnes(j: number): boolean {
    for (let i = 0; i < this.#n; i++) if (this.#x[i * this.#d + j] !== 1) return false;
    return true;
  }

  /** One Newton step; true when it was too small to matter. */
  step(): boolean {
    this.#factor ??= this.#hessianFactor();
    const before = norm(this.#gradient);
    const direction = this.#solve(this.#gradient);
    const start = this.coefficients.slice();
    const previous = this.deviance;
    let size = 1;
    for (let halvings = 0; halvings < 30; halvings++) {
      for (let j = 0; j < this.#d; j++) {
        this.coefficients[j] = start[j]! + size * direction[j]!;
      }
      this.#evaluate();
      if (this.deviance <= previous + 1e-10 * (Math.abs(previous) + 1)) break;
      size /= 2;
    }
    const decrement = dot(direction, this.#gradient);
    this.#direction = direction;
    this.#gradient = this.#score();
    if (size < 1 || norm(this.#gradient) > 0.1 * before) this.#factor = undefined;
    return decrement < 1e-22 * this.#n;
  }

  #evaluate(): void {
    multiplyVector(this.#x, this.coefficients, this.#n, this.#d, this.#eta);
    let deviance = 0;
    let largest = 0;
    const logit = this.#family === "logit";
    if (this.#offset !== undefined)
      for (let i = 0; i < this.#n; i++) this.#eta[i]! += this.#offset[i]!;
    if (logit) {
      this.#evaluateLogit();
      return;
    }
    for (let i = 0; i < this.#n; i++) {
      const eta = this.#eta[i]!;
      const y = this.#y[i]!;
      const w = this.#weights === undefined ? 1 : this.#weights[i]!;
      const mu = Math.exp(Math.min(eta, 700));
      this.mean[i] = mu;
      deviance += 2 * w * (mu - y * eta + (y > 0 ? y * Math.log(y) - y : 0));
      if (Math.abs(eta) > largest) largest = Math.abs(eta);
    }
    this.deviance = deviance;
    this.largestPredictor = largest;
  }

  /**
   * Minus the log likelihood, log(1 + e^η) − yη by row, written so that it cannot overflow. Nearly all time goes here:
   * rows of weight 1 share one logarithm for 32 of them, of the product of their 1 + e^−|η|.
   */
  #evaluateLogit(): void {
    const n = this.#n;
    const [eta, y, mean, weights] = [this.#eta, this.#y, this.mean, this.#weights];
    let half = 0;
    let largest = 0;
    for (let start = 0; start < n; start += 32) {
      const end = Math.min(n, start + 32);
      let product = 1;
      for (let i = start; i < end; i++) {
        const at = eta[i]!;
        const size = Math.abs(at);
        const e = Math.exp(-size);
        const below = 1 + e;
        mean[i] = at >= 0 ? 1 / below : e / below;
        const rest = (at > 0 ? at : 0) - y[i]! * at;
        const w = weights === undefined ? 1 : weights[i]!;
        if (w === 1) {
          product *= below;
          half += rest;
        } else if (w !== 0) half += w * (Math.log(below) + rest);
        if (size > largest) largest = size;
      }
      half += Math.log(product);
    }
    this.deviance = 2 * half;
    this.largestPredictor = largest;
  }

  #score(): Float64Array {
    const rest = this.#scratch;
    const [y, mean, weights] = [this.#y, this.mean, this.#weights];
    if (weights === undefined) for (let i = 0; i < this.#n; i++) rest[i] = y[i]! - mean[i]!;
    else for (let i = 0; i < this.#n; i++) rest[i] = weights[i]! * (y[i]! - mean[i]!);
    return transposeVector(this.#x, rest, this.#n, this.#d);
  }

  #information(): Float64Array {
    const w = this.#scratch;
    for (let i = 0; i < this.#n; i++) {
      const mu = this.mean[i]!;
      const v = this.#family === "logit" ? mu * (1 - mu) : mu;
      w[i] = (this.#weights?.[i] ?? 1) * v;
    }
    return this.#kept(gram(this.#x, this.#n, this.#d, w));
  }

  /** Rows and columns of a matrix that were not dropped. */
  #kept(full: Float64Array): Float64Array {
    const k = this.#keep.length;
    const kept = new Float64Array(k * k);
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++)
        kept[a * k + b] = full[this.#keep[a]! * this.#d + this.#keep[b]!]!;
    }
    return kept;
  }

  #hessianFactor(): Float64Array {
    return cholesky(this.#information(), this.#keep.length, 1e-15).l;
  }

  #solve(gradient: Float64Array): Float64Array {
    const local = this.#keep.map((j) => gradient[j]!);
    const solution = choleskySolve(this.#factor!, this.#keep.length, local);
    const out = new Float64Array(this.#d);
    for (const [a, j] of this.#keep.entries()) out[j] = solution[a]!;
    return out;
  }

  covariance(): Float64Array {
    const k = this.#keep.length;
    const { inverse } = invertSymmetric(this.#information(), k, 1e-15);
    const out = new Float64Array(this.#d * this.#d);
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++) {
        out[this.#keep[a]! * this.#d + this.#keep[b]!] = inverse[a * k + b]!;
      }
    }
    return out;
  }

  separation(): Glm["separation"] {
    if (this.#separates(this.#eta, 0)) {
      return { complete: true, columns: this.#carriers(this.coefficients) };
    }
    const along = multiplyVector(this.#x, this.#direction, this.#n, this.#d);
    if (norm(this.#direction) < 1e-8 || !this.#separates(along, -1e-5)) return undefined;
    return { complete: false, columns: this.#carriers(this.#direction) };
  }

  /** Does moving along `score` never make a prediction worse (beyond `slack` of the largest gain), and some better? */
  #separates(score: Float64Array, slack: number): boolean {
    let largest = 0;
    let least = Infinity;
    for (let i = 0; i < this.#n; i++) {
      if (this.#weights !== undefined && this.#weights[i] === 0) continue;
      const y = this.#y[i]!;
      if (y !== 0 && y !== 1) return false;
      const gain = y === 1 ? score[i]! : -score[i]!;
      if (gain > largest) largest = gain;
      if (gain < least) least = gain;
    }
    // Newton gains one unit of η per step on separated points; less means it is converging, not diverging.
    return slack === 0 ? least > 0 : largest > 0.5 && least >= slack * largest;
  }

  #carriers(direction: Float64Array): number[] {
    const size = this.#keep.map((j) => {
      let low = Infinity;
      let high = -Infinity;
      for (let i = 0; i < this.#n; i++) {
        const value = this.#x[i * this.#d + j]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      return { j, size: Math.abs(direction[j]!) * (high - low) };
    });
    const most = Math.max(...size.map((s) => s.size));
    return size
      .filter((s) => s.size > 0.2 * most)
      .toSorted((a, b) => b.size - a.size)
      .map((s) => s.j);
  }
}

function norm(v: Float64Array): number {
  return Math.sqrt(dot(v, v));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
