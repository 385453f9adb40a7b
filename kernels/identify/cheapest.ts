import { UserError } from "../../app/errors.ts";
import { namesOf } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { moralNeighbours, relevantNodes } from "../graph/separators.ts";
import { adjustmentProblem } from "./adjustment.ts";
import type { AdjustmentQuestion } from "./adjustment.ts";

/**
 * An adjustment set of smallest total cost (measuring a variable costs what `cost` says, 1 where it is silent), or
 * `undefined` when there is no set. Minimum vertex cut in the moral graph by augmenting paths (van der Zander et al.
 * 2019; costs as in Smucler & Rotnitzky 2022). O(paths · m). Throws `UserError` `cost-not-positive` and as
 * `minimalAdjustmentSet`.
 */
export function cheapestAdjustmentSet(
  graph: Graph,
  question: AdjustmentQuestion,
  cost: Readonly<Record<string, number>>,
): { readonly set: readonly string[]; readonly cost: number } | undefined {
  const problem = adjustmentProblem(graph, question);
  const { g, a, b, required, allowed } = problem;
  for (const [name, price] of Object.entries(cost)) {
    if (price > 0 && Number.isFinite(price)) continue;
    throw new UserError({
      code: "cost-not-positive",
      message: `The cost of "${name}" is ${price}.`,
      value: price,
      expected: "a positive number",
    });
  }
  if (!problem.solvable || !required.every(allowed)) return undefined;
  const moral = moralNeighbours(problem, relevantNodes(problem));
  const price = (v: number): number => cost[g.names[v] ?? ""] ?? 1;
  const must = new Set(required);
  // Node v is split into 2v (in) and 2v + 1 (out); only allowed nodes have a finite capacity between the two.
  const capacity = new Map<number, Map<number, number>>();
  const put = (from: number, to: number, amount: number): void => {
    const row = capacity.get(from) ?? capacity.set(from, new Map()).get(from);
    row?.set(to, (row.get(to) ?? 0) + amount);
  };
  for (const [v, near] of moral) {
    if (must.has(v)) continue;
    put(2 * v, 2 * v + 1, allowed(v) ? price(v) : Infinity);
    put(2 * v + 1, 2 * v, 0);
    for (const w of near) {
      if (must.has(w)) continue;
      put(2 * v + 1, 2 * w, Infinity);
      put(2 * w, 2 * v + 1, 0);
    }
  }
  const sinks = new Set(b.map((v) => 2 * v));
  for (;;) {
    const from = new Map<number, number>(a.map((v) => [2 * v + 1, -1]));
    const queue = [...from.keys()];
    const end = queue.length === 0 ? undefined : search(queue, from, capacity, sinks);
    if (end === undefined) {
      const set = [...moral.keys()].filter(
        (v) => from.has(2 * v) && !from.has(2 * v + 1) && !must.has(v),
      );
      const ids = [...must, ...set];
      return { set: namesOf(graph, ids), cost: ids.reduce((total, v) => total + price(v), 0) };
    }
    let amount = Infinity;
    for (let v = end; from.get(v) !== -1; v = from.get(v) ?? -1) {
      amount = Math.min(amount, capacity.get(from.get(v) ?? -1)?.get(v) ?? 0);
    }
    if (amount === Infinity) return undefined; // a way that no allowed node stands on
    for (let v = end; from.get(v) !== -1; v = from.get(v) ?? -1) {
      put(from.get(v) ?? -1, v, -amount);
      put(v, from.get(v) ?? -1, amount);
    }
  }
}

/** Breadth-first along edges with capacity left; the end reached, if any. */
function search(
  queue: number[],
  from: Map<number, number>,
  capacity: ReadonlyMap<number, ReadonlyMap<number, number>>,
  sinks: ReadonlySet<number>,
): number | undefined {
  for (const v of queue) {
    for (const [w, left] of capacity.get(v) ?? []) {
      if (left <= 1e-12 || from.has(w)) continue;
      from.set(w, v);
      if (sinks.has(w)) return w;
      queue.push(w);
    }
  }
  return undefined;
}
