import { crossProduct, gram } from "../../math/dense.ts";
import { foldMap } from "../../math/folds.ts";
import { fitLogit, predictGlm } from "../../math/glm.ts";
import type { Rng } from "../../math/rng.ts";
import type { Fitted, Learner, Sample } from "./learner.ts";
import { withOnes } from "./linear.ts";

const FOLDS = 5;
const STEPS = 40;

/**
 * Lasso (Tibshirani 1996) on the columns, their squares and products (when these are at most a fifth of the rows),
 * standardised; the penalty by 5-fold cross-validation, by coordinate descent on the Gram matrix (Friedman, Hastie &
 * Tibshirani 2010). A 0/1 target is selected for by the lasso and refitted by a logit on the selected columns (post-
 * lasso, Belloni, Chernozhukov & Hansen 2014). O(nD² + folds · path · D²) for D columns after expansion.
 */
export const lassoLearner: Learner = {
  name: "lasso",
  fit(sample: Sample, binary: boolean, rng: Rng): Fitted {
    const expand = expansion(sample);
    const { z, d } = expand.apply(sample.x, sample.n);
    const folds = foldMap(sample.n, FOLDS, rng.fork("lasso"));
    const parts = Array.from({ length: FOLDS }, (_, k) =>
      momentsOf(z, d, sample, (i) => folds[i] === k),
    );
    const all = parts.reduce(add);
    const path = penalties(all, d);
    const error = new Float64Array(path.length);
    for (const part of parts) {
      const rest = subtract(all, part);
      let b: Float64Array = new Float64Array(d);
      for (const [s, penalty] of path.entries()) {
        b = descend(rest, d, penalty, b);
        error[s]! += squaredError(part, d, b);
      }
    }
    let chosen = 0;
    for (let s = 1; s < path.length; s++) if (error[s]! < error[chosen]!) chosen = s;
    let b: Float64Array = new Float64Array(d);
    for (const penalty of path.slice(0, chosen + 1)) b = descend(all, d, penalty, b);
    if (!binary) {
      return {
        predict: (x, m) => {
          const rows = expand.apply(x, m).z;
          return Float64Array.from({ length: m }, (_, i) => {
            let sum = 0;
            for (let j = 0; j < d; j++) sum += rows[i * d + j]! * b[j]!;
            return sum;
          });
        },
      };
    }
    const keep = Array.from({ length: d - 1 }, (_, j) => j + 1).filter((j) => b[j] !== 0);
    const pickColumns = (rows: Float64Array, m: number): Float64Array => {
      const out = new Float64Array(m * keep.length);
      for (let i = 0; i < m; i++)
        keep.forEach((j, k) => (out[i * keep.length + k] = rows[i * d + j]!));
      return withOnes(out, m, keep.length);
    };
    const weights = sample.weights === undefined ? {} : { weights: sample.weights };
    const logit = fitLogit(pickColumns(z, sample.n), sample.n, keep.length + 1, sample.y, weights);
    return {
      predict: (x, m) =>
        predictGlm(
          "logit",
          logit.coefficients,
          pickColumns(expand.apply(x, m).z, m),
          m,
          keep.length + 1,
        ),
    };
  },
};

/** Standardised columns with products, a column of ones first; scaling learned from the sample. */
function expansion(sample: Sample): {
  apply(x: Float64Array, n: number): { z: Float64Array; d: number };
} {
  const base = sample.d;
  const pairs: [number, number][] = [];
  if ((base * (base + 3)) / 2 <= Math.min(500, sample.n / 5)) {
    for (let j = 0; j < base; j++) for (let k = j; k < base; k++) pairs.push([j, k]);
  }
  const scale = standardiser(sample.x, sample.n, base);
  const raw = (x: Float64Array, n: number): Float64Array => {
    const d = base + pairs.length;
    const out = new Float64Array(n * d);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < base; j++)
        out[i * d + j] = (x[i * base + j]! - scale.mean[j]!) * scale.inverse[j]!;
      pairs.forEach(([j, k], p) => (out[i * d + base + p] = out[i * d + j]! * out[i * d + k]!));
    }
    return out;
  };
  const width = base + pairs.length;
  const second = standardiser(raw(sample.x, sample.n), sample.n, width);
  return {
    apply: (x, n) => {
      const values = raw(x, n);
      const z = new Float64Array(n * (width + 1));
      for (let i = 0; i < n; i++) {
        z[i * (width + 1)] = 1;
        for (let j = 0; j < width; j++) {
          z[i * (width + 1) + j + 1] =
            (values[i * width + j]! - second.mean[j]!) * second.inverse[j]!;
        }
      }
      return { z, d: width + 1 };
    },
  };
}

function standardiser(
  x: Float64Array,
  n: number,
  d: number,
): { mean: Float64Array; inverse: Float64Array } {
  const mean = new Float64Array(d);
  const square = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j]! += x[i * d + j]! / n;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++) square[j]! += (x[i * d + j]! - mean[j]!) ** 2 / n;
  // A constant column (a product may be one) is switched off rather than blown up.
  return { mean, inverse: square.map((v) => (v > 1e-20 ? 1 / Math.sqrt(v) : 0)) };
}

interface Moments {
  readonly g: Float64Array;
  readonly c: Float64Array;
  readonly yy: number;
  readonly weight: number;
}

function momentsOf(
  z: Float64Array,
  d: number,
  sample: Sample,
  member: (i: number) => boolean,
): Moments {
  const w = Float64Array.from({ length: sample.n }, (_, i) =>
    member(i) ? (sample.weights?.[i] ?? 1) : 0,
  );
  let yy = 0;
  let weight = 0;
  w.forEach((v, i) => {
    yy += v * sample.y[i]! ** 2;
    weight += v;
  });
  return {
    g: gram(z, sample.n, d, w),
    c: crossProduct(z, sample.y, sample.n, d, 1, w),
    yy,
    weight,
  };
}

function add(a: Moments, b: Moments): Moments {
  return {
    g: a.g.map((v, i) => v + b.g[i]!),
    c: a.c.map((v, i) => v + b.c[i]!),
    yy: a.yy + b.yy,
    weight: a.weight + b.weight,
  };
}

function subtract(a: Moments, b: Moments): Moments {
  return {
    g: a.g.map((v, i) => v - b.g[i]!),
    c: a.c.map((v, i) => v - b.c[i]!),
    yy: a.yy - b.yy,
    weight: a.weight - b.weight,
  };
}

/** From the smallest penalty that keeps every coefficient 0 down to a thousandth of it. */
function penalties(m: Moments, d: number): number[] {
  let top = 0;
  const mean = m.c[0]! / m.g[0]!;
  for (let j = 1; j < d; j++)
    top = Math.max(top, Math.abs(m.c[j]! - mean * m.g[j * d]!) / m.weight);
  return Array.from({ length: STEPS }, (_, s) => top * 0.001 ** (s / (STEPS - 1)));
}

/** Coordinate descent from `start`; column 0 is not penalised. */
function descend(m: Moments, d: number, penalty: number, start: Float64Array): Float64Array {
  const b = start.slice();
  // slope[j] = c_j − Σ g_jk b_k, kept up to date
  const slope = Float64Array.from({ length: d }, (_, j) => {
    let sum = m.c[j]!;
    for (let k = 0; k < d; k++) if (b[k] !== 0) sum -= m.g[j * d + k]! * b[k]!;
    return sum;
  });
  const limit = penalty * m.weight;
  for (let sweep = 0; sweep < 200; sweep++) {
    let moved = 0;
    for (let j = 0; j < d; j++) {
      const own = m.g[j * d + j]!;
      if (own <= 1e-12) continue;
      const pull = slope[j]! + own * b[j]!;
      const next =
        j === 0 ? pull / own : (Math.sign(pull) * Math.max(0, Math.abs(pull) - limit)) / own;
      const change = next - b[j]!;
      if (change === 0) continue;
      b[j] = next;
      moved = Math.max(moved, change * change * own);
      for (let k = 0; k < d; k++) slope[k]! -= m.g[k * d + j]! * change;
    }
    if (moved < 1e-8 * (m.yy + 1e-300)) break;
  }
  return b;
}

function squaredError(m: Moments, d: number, b: Float64Array): number {
  let sum = m.yy;
  for (let j = 0; j < d; j++) {
    if (b[j] === 0) continue;
    sum -= 2 * b[j]! * m.c[j]!;
    for (let k = 0; k < d; k++) if (b[k] !== 0) sum += b[j]! * b[k]! * m.g[j * d + k]!;
  }
  return sum;
}
