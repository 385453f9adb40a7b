import { groupCount } from "../math/covariance.ts";

/** Σψ², or Σ over groups of (Σψ)² when rows are clustered: n² times the variance of an average. O(n). */
export function groupedSquares(influence: Float64Array, clusters: Int32Array | undefined): number {
  let total = 0;
  if (clusters === undefined) {
    for (const value of influence) total += value * value;
    return total;
  }
  const sums = new Float64Array(groupCount(clusters));
  for (let i = 0; i < influence.length; i++) sums[clusters[i]!]! += influence[i]!;
  for (const sum of sums) total += sum * sum;
  return total;
}

/** Standard error of an average from the influence of each row, divisor n − 1 (or groups − 1). O(n). */
export function influenceError(influence: Float64Array, clusters?: Int32Array): number {
  const count = clusters === undefined ? influence.length : groupCount(clusters);
  const factor = count > 1 ? count / (count - 1) : 1;
  return Math.sqrt(factor * groupedSquares(influence, clusters)) / influence.length;
}
