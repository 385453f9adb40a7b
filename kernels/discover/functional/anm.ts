import type { Work } from "../../../app/work.ts";
import { cholesky, choleskySolve } from "../../math/dense.ts";
import { paceOf } from "../pace.ts";
import { scaled } from "./direct-lingam.ts";
import { hsicP } from "./hsic.ts";

/** Squared lengths and noise variances tried, for columns of variance 1. */
const WIDTHS = [0.05, 0.2, 0.8, 3.2];
const NOISES = [0.01, 0.05, 0.2, 0.6];

export interface AdditiveNoise {
  /** That the residual is independent of the cause, if x is the cause, and if y is. */
  readonly forward: number;
  readonly backward: number;
  /** That x and y are independent of one another. */
  readonly independent: number;
}

/**
 * Fits y = f(x) + e and x = g(y) + e by Gaussian processes (length and noise by marginal likelihood over a grid) and
 * asks which residual is independent of its cause (Hoyer et al. 2009, section 4). Two columns `[n]`; cost 16 n³ / 3.
 */
export async function additiveNoise(
  x: Float64Array,
  y: Float64Array,
  work: Work,
): Promise<AdditiveNoise> {
  const [a, b] = [scaled(x), scaled(y)];
  return {
    forward: hsicP(a, await unexplained(a, b, work)),
    backward: hsicP(b, await unexplained(b, a, work)),
    independent: hsicP(a, b),
  };
}

/** Residuals of y on x at the likeliest length and noise. */
async function unexplained(x: Float64Array, y: Float64Array, work: Work): Promise<Float64Array> {
  const n = x.length;
  const pace = paceOf(work, 1);
  let best = -Infinity;
  let residuals = y;
  for (const width of WIDTHS) {
    const k = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const value = Math.exp(-((x[i]! - x[j]!) ** 2) / (2 * width));
        k[i * n + j] = value;
        k[j * n + i] = value;
      }
    }
    for (const noise of NOISES) {
      const kn = k.slice();
      for (let i = 0; i < n; i++) kn[i * n + i]! += noise;
      const { l } = cholesky(kn, n, 0);
      const alpha = choleskySolve(l, n, y);
      // the scale of the whole is free: its likeliest value is y' K⁻¹ y / n
      let quadratic = 0;
      let logDeterminant = 0;
      for (let i = 0; i < n; i++) {
        quadratic += y[i]! * alpha[i]!;
        logDeterminant += Math.log(l[i * n + i]!);
      }
      const likelihood = -0.5 * n * Math.log(quadratic / n) - logDeterminant;
      if (likelihood > best) {
        best = likelihood;
        residuals = alpha.map((value) => noise * value);
      }
      if (pace.due()) await pace.rest();
    }
  }
  return residuals;
}
