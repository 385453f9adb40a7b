import { UserError } from "../../../app/errors.ts";
import { incompleteGamma, normalCdf } from "../../math/distributions.ts";
import { cholesky, choleskySolve } from "../../math/dense.ts";
import type { Rng } from "../../math/rng.ts";
import type { DiscoveryData } from "../data.ts";
import { byPValue, type Independence } from "./independence.ts";
import { embed } from "./mixed.ts";

/** Rows beyond which the exact kernel test (n³ a test) is refused. */
const MOST_ROWS = 1000;

/** P(X > x) for a gamma variable with this mean and variance: the null of a kernel statistic. */
function gammaUpper(x: number, mean: number, variance: number): number {
  if (!(variance > 0) || !(mean > 0)) return 1;
  const shape = (mean * mean) / variance;
  if (shape > 1e6) return 1 - normalCdf((x - mean) / Math.sqrt(variance));
  return incompleteGamma(shape, (x * mean) / variance).upper;
}

/** Columns of the variables, each scaled to variance 1. */
function blocks(data: DiscoveryData): Float64Array[][] {
  const { block, columns } = embed(data);
  return block.map((ids) =>
    ids.map((id) => {
      const column = columns[id]!;
      let mean = 0;
      for (const value of column) mean += value / data.n;
      let square = 0;
      for (const value of column) square += (value - mean) ** 2 / data.n;
      const scale = square > 1e-20 ? 1 / Math.sqrt(square) : 0; // a level that never occurs
      return column.map((value) => (value - mean) * scale);
    }),
  );
}

function refuseMissing(data: DiscoveryData): void {
  if (!data.missing) return;
  throw new UserError({
    code: "kernel-test-missing",
    message: "The kernel tests need complete rows.",
    expected: 'missing: "drop"',
    hint: "Or choose the test fisher-z, g2 or mixed, which delete by test.",
  });
}

/** Squared distance at the middle of those among at most 200 rows: the usual width of a Gaussian kernel. */
function medianDistance(columns: readonly Float64Array[]): number {
  const n = columns[0]!.length;
  const step = Math.max(1, Math.floor(n / 200));
  const found: number[] = [];
  for (let i = 0; i < n; i += step) {
    for (let j = 0; j < i; j += step) {
      let sum = 0;
      for (const column of columns) sum += (column[i]! - column[j]!) ** 2;
      if (sum > 0) found.push(sum);
    }
  }
  const sorted = Float64Array.from(found).sort();
  return sorted[Math.floor(sorted.length / 2)] ?? 1;
}

/** Gaussian kernel matrix exp(-|u - v|² / width), centred in rows and columns. `[n, n]`. */
function kernelMatrix(columns: readonly Float64Array[], width: number): Float64Array {
  const n = columns[0]!.length;
  const k = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    k[i * n + i] = 1;
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (const column of columns) sum += (column[i]! - column[j]!) ** 2;
      const value = Math.exp(-sum / width);
      k[i * n + j] = value;
      k[j * n + i] = value;
    }
  }
  const means = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += k[i * n + j]!;
    means[i] = sum / n;
    total += sum / (n * n);
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) k[i * n + j]! += total - means[i]! - means[j]!;
  }
  return k;
}

/** ε (K + εI)⁻¹ K̃ (K + εI)⁻¹ ε: the kernel of what `given` leaves unexplained. */
function residualKernel(
  k: Float64Array,
  factor: Float64Array,
  n: number,
  ridge: number,
): Float64Array {
  const half = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) column[i] = k[i * n + j]!;
    const solved = choleskySolve(factor, n, column);
    for (let i = 0; i < n; i++) half[j * n + i] = ridge * solved[i]!; // transposed
  }
  const out = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) column[i] = half[i * n + j]!;
    const solved = choleskySolve(factor, n, column);
    for (let i = 0; i < n; i++) out[i * n + j] = ridge * solved[i]!;
  }
  return out;
}

/**
 * Kernel test of conditional independence: trace of the product of (residual) Gaussian kernel matrices, against a gamma
 * null matched in mean and variance, which for conditional tests are those of the elementwise product of the kernels.
 * Sees nonlinear dependence; needs n³ a test. Zhang, Peters, Janzing & Schölkopf 2011, theorems 3 and 4, section 3.4.
 */
export function kernelTest(data: DiscoveryData, alpha: number): Independence {
  refuseMissing(data);
  const { n } = data;
  if (n > MOST_ROWS) {
    throw new UserError({
      code: "kernel-test-rows",
      message: `The exact kernel test takes n³ steps each; ${n} rows are too many.`,
      value: n,
      expected: `at most ${MOST_ROWS} rows`,
      hint: "Choose the test rcit, its approximation by random features.",
    });
  }
  const columns = blocks(data);
  const factors = new Map<string, Float64Array>();
  const ridge = 1e-3 * n ** 0.5;
  const p: Independence["p"] = (x, y, given) => {
    const s = Array.from(given);
    if (s.length === 0) {
      const kx = kernelMatrix(columns[x]!, medianDistance(columns[x]!));
      const ky = kernelMatrix(columns[y]!, medianDistance(columns[y]!));
      const { statistic, traceX, traceY, squareX, squareY } = moments(kx, ky, n);
      return gammaUpper(
        statistic / n,
        (traceX * traceY) / (n * n),
        (2 * squareX * squareY) / n ** 4,
      );
    }
    const z = s.flatMap((v) => columns[v]!);
    // The side of x carries z (half weight), which makes the null hold whatever form z's effect takes.
    const xz = [...columns[x]!, ...z.map((column) => column.map((value) => 0.5 * value))];
    const kx = kernelMatrix(xz, medianDistance(xz));
    const ky = kernelMatrix(columns[y]!, medianDistance(columns[y]!));
    const key = s.toSorted((a, b) => a - b).join();
    let factor = factors.get(key);
    if (factor === undefined) {
      const kz = kernelMatrix(z, medianDistance(z) * Math.max(1, z.length / 2));
      for (let i = 0; i < n; i++) kz[i * n + i]! += ridge;
      factor = cholesky(kz, n).l;
      if (factors.size > 8) factors.clear();
      factors.set(key, factor);
    }
    const rx = residualKernel(kx, factor, n, ridge);
    const ry = residualKernel(ky, factor, n, ridge);
    let statistic = 0;
    let mean = 0;
    let square = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const product = rx[i * n + j]! * ry[j * n + i]!;
        statistic += product;
        square += product * product;
      }
      mean += rx[i * n + i]! * ry[i * n + i]!;
    }
    return gammaUpper(statistic, mean, 2 * square);
  };
  return byPValue("kernel", p, alpha);
}

function moments(
  kx: Float64Array,
  ky: Float64Array,
  n: number,
): { statistic: number; traceX: number; traceY: number; squareX: number; squareY: number } {
  let statistic = 0;
  let squareX = 0;
  let squareY = 0;
  let traceX = 0;
  let traceY = 0;
  for (let i = 0; i < n * n; i++) {
    statistic += kx[i]! * ky[i]!;
    squareX += kx[i]! * kx[i]!;
    squareY += ky[i]! * ky[i]!;
  }
  for (let i = 0; i < n; i++) {
    traceX += kx[i * n + i]!;
    traceY += ky[i * n + i]!;
  }
  return { statistic, traceX, traceY, squareX, squareY };
}

/** Random Fourier features sqrt(2) cos(w·u + b) of a Gaussian kernel, standardised. `[features][n]`. Rahimi & Recht 2007. */
function features(
  columns: readonly Float64Array[],
  count: number,
  width: number,
  rng: Rng,
): Float64Array[] {
  const n = columns[0]!.length;
  return Array.from({ length: count }, () => {
    const w = columns.map(() => rng.normal() * Math.sqrt(2 / width));
    const shift = 2 * Math.PI * rng.next();
    const out = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = shift;
      for (let c = 0; c < columns.length; c++) sum += w[c]! * columns[c]![i]!;
      out[i] = Math.SQRT2 * Math.cos(sum);
    }
    return standard(out);
  });
}

function standard(column: Float64Array): Float64Array {
  const n = column.length;
  let mean = 0;
  for (const value of column) mean += value / n;
  let square = 0;
  for (const value of column) square += (value - mean) ** 2 / n;
  const scale = square > 1e-20 ? 1 / Math.sqrt(square) : 0;
  return column.map((value) => (value - mean) * scale);
}

/** Residuals of each column on the given ones, by ridge regression. O(n k² + k³). */
function residuals(columns: readonly Float64Array[], on: readonly Float64Array[]): Float64Array[] {
  const k = on.length;
  const n = columns[0]!.length;
  const gram = new Float64Array(k * k);
  for (let a = 0; a < k; a++) {
    for (let b = a; b < k; b++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += on[a]![i]! * on[b]![i]!;
      gram[a * k + b] = gram[b * k + a] = sum + (a === b ? 1e-8 * n : 0);
    }
  }
  const { l } = cholesky(gram, k);
  return columns.map((column) => {
    const cross = Float64Array.from(on, (feature) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += feature[i]! * column[i]!;
      return sum;
    });
    const weights = choleskySolve(l, k, cross);
    const out = column.slice();
    for (let a = 0; a < k; a++) {
      const weight = weights[a]!;
      const feature = on[a]!;
      for (let i = 0; i < n; i++) out[i]! -= weight * feature[i]!;
    }
    return out;
  });
}

/**
 * The kernel test by random features (RCIT): n times the squared cross-covariance of the features of (x, given) and of y
 * that the features of `given` leave unexplained, against a gamma null matched to the covariance of their products.
 * Strobl, Zhang & Visweswaran 2019, algorithm 1 (with Satterthwaite's null). O(n (f² + g²)) a test with f = 5 features
 * a side and g = 100 of the given columns.
 */
export function randomFeatureTest(data: DiscoveryData, alpha: number, rng: Rng): Independence {
  refuseMissing(data);
  const columns = blocks(data);
  const { n } = data;
  const count = 5;
  const givenCount = Math.min(100, Math.max(10, Math.floor(n / 10)));
  const p: Independence["p"] = (x, y, given) => {
    const s = Array.from(given).toSorted((a, b) => a - b);
    // Draws named by the question: the same test gives the same p whenever it is asked.
    const own = rng.fork(`${x},${y}|${s.join()}`);
    const z = s.flatMap((v) => columns[v]!);
    const side = [...columns[x]!, ...z];
    let fx = features(side, count, medianDistance(side), own);
    let fy = features(columns[y]!, count, medianDistance(columns[y]!), own);
    if (s.length > 0) {
      const fz = features(z, givenCount, medianDistance(z), own);
      fx = residuals(fx, fz);
      fy = residuals(fy, fz);
    }
    let statistic = 0;
    const products: Float64Array[] = [];
    for (const u of fx) {
      for (const v of fy) {
        const product = new Float64Array(n);
        let mean = 0;
        for (let i = 0; i < n; i++) {
          product[i] = u[i]! * v[i]!;
          mean += product[i]! / n;
        }
        statistic += n * mean * mean;
        for (let i = 0; i < n; i++) product[i]! -= mean;
        products.push(product);
      }
    }
    let trace = 0;
    let square = 0;
    products.forEach((a, i) =>
      products.forEach((b, j) => {
        if (j < i) return;
        let sum = 0;
        for (let k = 0; k < n; k++) sum += a[k]! * b[k]!;
        sum /= n;
        if (i === j) trace += sum;
        square += (i === j ? 1 : 2) * sum * sum;
      }),
    );
    return gammaUpper(statistic, trace, 2 * square);
  };
  return byPValue("random features", p, alpha);
}
