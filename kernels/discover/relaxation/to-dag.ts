import type { Constraints } from "../knowledge.ts";

/** A DAG read off weights, and what acyclicity cost. */
export interface Thresholded {
  /** Of each column, ascending. */
  readonly parents: readonly number[][];
  /** Weights of at least the threshold that would have closed a cycle and were left out, the strongest first. */
  readonly dropped: readonly (readonly [from: number, to: number, weight: number])[];
}

/**
 * The edges whose |weight| reaches the threshold, strongest first, without those that would close a cycle with stronger
 * ones: always a DAG. Required edges are in whatever their weight (they have no cycle among themselves), forbidden ones
 * are not. `w: [d, d]`, row causes column. O(edges · (d + edges)).
 */
export function toDag(w: Float64Array, threshold: number, constraints: Constraints): Thresholded {
  const { d, forbidden, required, requiredList } = constraints;
  const children: number[][] = Array.from({ length: d }, () => []);
  const parents: number[][] = Array.from({ length: d }, () => []);
  const add = (from: number, to: number): void => {
    children[from]!.push(to);
    parents[to]!.push(from);
  };
  for (const [from, to] of requiredList) add(from, to);
  const edges: (readonly [number, number, number])[] = [];
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      const at = i * d + j;
      if (i === j || forbidden[at] === 1 || required[at] === 1) continue;
      const weight = w[at]!;
      if (weight !== 0 && Math.abs(weight) >= threshold) edges.push([i, j, weight]);
    }
  }
  edges.sort((a, b) => Math.abs(b[2]) - Math.abs(a[2]));
  const dropped: (readonly [number, number, number])[] = [];
  for (const edge of edges) {
    if (reaches(children, edge[1], edge[0])) dropped.push(edge);
    else add(edge[0], edge[1]);
  }
  return { parents: parents.map((list) => list.sort((a, b) => a - b)), dropped };
}

function reaches(children: readonly (readonly number[])[], from: number, to: number): boolean {
  const seen = new Uint8Array(children.length);
  const stack = [from];
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    if (v === to) return true;
    if (seen[v] === 1) continue;
    seen[v] = 1;
    stack.push(...children[v]!);
  }
  return false;
}
