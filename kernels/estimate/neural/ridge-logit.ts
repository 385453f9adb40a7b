import { cholesky, choleskySolve } from "../../math/dense.ts";
import { logistic } from "../../math/glm.ts";
import type { ScaledData } from "./data.ts";

/**
 * Logit of treatment on scaled covariates with a small ridge penalty (λ/2 |w|², not on the intercept), so that it
 * exists also when an arm can be told without error. Newton with halving; `[d + 1]`, intercept last. O(n d² ·
 * iterations). It stands beside nets whose own layers serve the outcome alone: trained inside them it would stop
 * when the outcome does, long before it has converged.
 */
export function fitRidgeLogit(data: ScaledData, ridge = 1): Float64Array {
  const { n, d, x, t } = data;
  const size = d + 1;
  let w = new Float64Array(size);
  const share = t.reduce((sum, value) => sum + value, 0) / n;
  w[d] = Math.log((share + 1e-3) / (1 - share + 1e-3));
  let current = objective(data, w, ridge);
  for (let iteration = 0; iteration < 50; iteration++) {
    const gradient = new Float64Array(size);
    const hessian = new Float64Array(size * size);
    for (let i = 0; i < n; i++) {
      const p = logistic(linear(data, w, i));
      const weight = Math.max(p * (1 - p), 1e-10);
      for (let j = 0; j < size; j++) {
        const a = j === d ? 1 : x[i * d + j]!;
        gradient[j]! += a * (t[i]! - p);
        for (let k = 0; k <= j; k++) {
          hessian[j * size + k]! += weight * a * (k === d ? 1 : x[i * d + k]!);
        }
      }
    }
    for (let j = 0; j < size; j++) {
      if (j < d) {
        gradient[j]! -= ridge * w[j]!;
        hessian[j * size + j]! += ridge;
      }
      for (let k = 0; k < j; k++) hessian[k * size + j] = hessian[j * size + k]!;
      hessian[j * size + j]! += 1e-9;
    }
    const step = choleskySolve(cholesky(hessian, size).l, size, gradient);
    let length = 1;
    let next = w;
    let value = current;
    do {
      next = w.map((old, j) => old + length * step[j]!);
      value = objective(data, next, ridge);
      length /= 2;
    } while (value < current && length > 1e-8);
    const gained = value - current;
    if (gained <= 0) break;
    w = next;
    current = value;
    if (gained < 1e-10 * n) break;
  }
  return w;
}

/** Logits of rows `x: [n, d]` (scaled); O(nd). */
export function predictLogit(x: Float32Array, n: number, d: number, w: Float64Array): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => linear({ d, x }, w, i));
}

function linear({ d, x }: Pick<ScaledData, "d" | "x">, w: Float64Array, i: number): number {
  let z = w[d]!;
  for (let j = 0; j < d; j++) z += x[i * d + j]! * w[j]!;
  return z;
}

function objective(data: ScaledData, w: Float64Array, ridge: number): number {
  let total = 0;
  for (let i = 0; i < data.n; i++) {
    const z = linear(data, w, i);
    total += data.t[i]! * z - Math.max(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));
  }
  for (let j = 0; j < data.d; j++) total -= (ridge / 2) * w[j]! ** 2;
  return total;
}
