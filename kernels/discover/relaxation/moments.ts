import { type DiscoveryData, rowMajor, standardise, valuesOf } from "../data.ts";
import { gram } from "../../math/dense.ts";
import { multiplyInto } from "./products.ts";

/** Centred columns' second moments X'X / n, `[d, d]`: all a linear least-squares method reads. O(n d²). */
export function secondMoments(data: DiscoveryData, standardised: boolean): Float64Array {
  const { n, d } = data;
  const x = centredRows(data, standardised);
  return gram(x, n, d).map((value) => value / n);
}

/** Centred (or standardised) columns as one matrix `[n, d]`, row-major. O(n d). */
export function centredRows(data: DiscoveryData, standardised: boolean): Float64Array {
  const { n, d } = data;
  if (standardised) {
    const columns = standardise(data);
    const x = new Float64Array(n * d);
    columns.forEach((column, v) => {
      for (let i = 0; i < n; i++) x[i * d + v] = column[i]!;
    });
    return x;
  }
  const x = rowMajor(data);
  for (let v = 0; v < d; v++) {
    let mean = 0;
    for (const value of valuesOf(data, v)) mean += value / n;
    for (let i = 0; i < n; i++) x[i * d + v]! -= mean;
  }
  return x;
}

/** ‖X - X W‖² / 2n from the second moments, and its gradient by W, which is M W - M. */
export type LinearLoss = (w: Float64Array, gradient: Float64Array) => number;

export function linearLoss(moments: Float64Array, d: number): LinearLoss {
  return (w, gradient) => {
    multiplyInto(moments, w, d, gradient);
    // tr((I - W)' M (I - W)) = tr(M) - 2 tr(M W) + tr(W' M W), with M W at hand
    let trace = 0;
    for (let i = 0; i < d; i++) trace += moments[i * d + i]! - 2 * gradient[i * d + i]!;
    for (let i = 0; i < w.length; i++) trace += w[i]! * gradient[i]!;
    for (let i = 0; i < w.length; i++) gradient[i]! -= moments[i]!;
    return trace / 2;
  };
}
