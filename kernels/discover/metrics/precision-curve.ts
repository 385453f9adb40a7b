import type { Graph } from "../../graph/graph.ts";
import type { EdgeProbability } from "../result.ts";

/**
 * Average precision (area under the precision-recall steps) of edge probabilities against a true graph: over ordered
 * pairs, an undecided share counting half each way, or over unordered pairs. Equal probabilities enter together, so
 * their order does not matter. 1 when the truth has no edge and nothing is claimed, 0 when it has none and something
 * is. O(p log p) in the pairs.
 */
export function averagePrecision(
  probabilities: readonly EdgeProbability[],
  truth: Graph,
  what: "arrow" | "skeleton",
): number {
  const key = (from: string, to: string): string =>
    JSON.stringify(what === "arrow" || from < to ? [from, to] : [to, from]);
  const right = new Set<string>();
  for (const { from, to, mark } of truth.edges) {
    if (what === "skeleton" || mark === "->") right.add(key(from, to));
  }
  const scores = new Map<string, number>();
  const add = (id: string, p: number): void => {
    if (p > 0) scores.set(id, (scores.get(id) ?? 0) + p);
  };
  for (const { from, to, forward, backward, undecided, bidirected } of probabilities) {
    if (what === "skeleton") add(key(from, to), forward + backward + undecided + bidirected);
    else {
      add(key(from, to), forward + undecided / 2);
      add(key(to, from), backward + undecided / 2);
    }
  }
  if (right.size === 0) return scores.size === 0 ? 1 : 0;
  const d = truth.nodes.length;
  const pairs = what === "arrow" ? d * (d - 1) : (d * (d - 1)) / 2;
  const ranked = [...scores].sort((a, b) => b[1] - a[1]);
  let area = 0;
  let hits = 0;
  let taken = 0;
  for (let i = 0; i < ranked.length;) {
    const value = ranked[i]![1];
    const before = hits;
    for (; i < ranked.length && ranked[i]![1] === value; i++) {
      taken += 1;
      if (right.has(ranked[i]![0])) hits += 1;
    }
    area += ((hits - before) / right.size) * (hits / taken);
  }
  // The pairs never named come last, together.
  return area + ((right.size - hits) / right.size) * (right.size / pairs);
}
