import { UserError } from "../../../app/errors.ts";
import { toCpdag } from "../../graph/cpdag.ts";
import type { Graph } from "../../graph/graph.ts";
import { marksOf } from "../core/marks.ts";
import { type Pdag, parentsOf, pdagOf } from "../core/pdag.ts";
import type { EdgeProbability } from "../result.ts";
import { ancestorDistance, interventionDistance } from "./adjustment-distance.ts";
import { countArrows, countPairs, lenientDistance, precisionRecall } from "./hamming.ts";
import { averagePrecision } from "./precision-curve.ts";

export type Metric =
  | "shd"
  | "cpdag-shd"
  | "shd-to-dag"
  | "skeleton-f1"
  | "skeleton-precision"
  | "skeleton-recall"
  | "arrow-f1"
  | "arrow-precision"
  | "arrow-recall"
  | "sid"
  | "ancestor-aid"
  | "auprc"
  | "skeleton-auprc";

/** How each number is counted; shown beside it, because papers differ. */
export const conventions: Readonly<Record<Metric, string>> = {
  shd: "pairs joined differently, each counted once: a turned arrow is 1, an undecided edge against an arrow is 1",
  "cpdag-shd":
    "the same between equivalence classes (a DAG is replaced by its cpdag): 1 for a pair joined differently",
  "shd-to-dag":
    "pairs joined differently from the DAG, where an undecided edge counts as right and a turned arrow as 1",
  "skeleton-f1": "harmonic mean of precision and recall of joined pairs, whatever their marks",
  "skeleton-precision": "share of the joined pairs of the estimate that the truth joins",
  "skeleton-recall": "share of the joined pairs of the truth that the estimate joins",
  "arrow-f1": "harmonic mean of precision and recall of arrows; undecided edges are no arrows",
  "arrow-precision": "share of the arrows of the estimate that the truth has",
  "arrow-recall": "share of the arrows of the truth that the estimate has",
  sid: "ordered pairs whose effect is wrong when adjusting for the parents in the estimate (a class: its range)",
  "ancestor-aid":
    "ordered pairs whose effect is wrong when adjusting for the ancestors in the estimate; left open counts as wrong",
  auprc: "average precision over ordered pairs by the probability of the arrow",
  "skeleton-auprc": "average precision over pairs by the probability of any edge",
};

/** A number for how far an estimate is from the truth, with its convention. */
export interface Comparison {
  readonly kind: "comparison";
  readonly metric: Metric;
  readonly value: number;
  /** For a class under `sid`: the least and the most over its members; `value` is their middle. */
  readonly low?: number;
  readonly high?: number;
  readonly convention: string;
}

/** What can be compared: a graph, or a result that carries one (and probabilities). */
export type Comparable =
  Graph | { readonly graph: Graph; readonly edgeProbability?: readonly EdgeProbability[] };

/**
 * How far the estimate `a` is from the truth `b`. Both must have the same nodes. Throws `UserError`
 * (`compare-nodes-differ`, `compare-needs-dag`, `compare-needs-class`, `compare-class-too-large`). O(d²), `sid` and
 * `ancestor-aid` O(d (d + m)).
 */
export function compareGraphs(a: Comparable, b: Comparable, metric: Metric = "shd"): Comparison {
  const estimate = "graph" in a ? a.graph : a;
  const truth = "graph" in b ? b.graph : b;
  const names = sameNodes(estimate, truth);
  const result = (value: number, range: { low?: number; high?: number } = {}): Comparison => ({
    kind: "comparison",
    metric,
    value,
    ...range,
    convention: conventions[metric],
  });
  switch (metric) {
    case "shd":
      return result(distance(estimate, truth, names));
    case "cpdag-shd":
      return result(distance(classOf(estimate), classOf(truth), names));
    case "shd-to-dag":
      needDag(truth, metric);
      return result(lenientDistance(marksOf(estimate, names), marksOf(truth, names)));
    case "skeleton-f1":
    case "skeleton-precision":
    case "skeleton-recall": {
      const { same, marked, missed, added } = pairs(estimate, truth, names);
      const right = same + marked;
      const rates = precisionRecall(right, right + added, right + missed);
      return result(rates[metric.slice("skeleton-".length) as keyof typeof rates]);
    }
    case "arrow-f1":
    case "arrow-precision":
    case "arrow-recall": {
      const arrows = countArrows(marksOf(estimate, names), marksOf(truth, names));
      const rates = precisionRecall(arrows.right, arrows.estimated, arrows.truth);
      return result(rates[metric.slice("arrow-".length) as keyof typeof rates]);
    }
    case "sid": {
      needDag(truth, metric);
      const range = interventionDistance(asClass(estimate, names, metric), parentsIn(truth, names));
      if (range === undefined) throw tooLarge();
      return result((range.low + range.high) / 2, range);
    }
    case "ancestor-aid":
      needDag(truth, metric);
      return result(ancestorDistance(asClass(estimate, names, metric), parentsIn(truth, names)));
    case "auprc":
    case "skeleton-auprc":
      return result(
        averagePrecision(
          "graph" in a && a.edgeProbability !== undefined ? a.edgeProbability : certain(estimate),
          truth,
          metric === "auprc" ? "arrow" : "skeleton",
        ),
      );
  }
}

function pairs(a: Graph, b: Graph, names: readonly string[]): ReturnType<typeof countPairs> {
  return countPairs(marksOf(a, names), marksOf(b, names));
}

function distance(a: Graph, b: Graph, names: readonly string[]): number {
  const { marked, missed, added } = pairs(a, b, names);
  return marked + missed + added;
}

function classOf(graph: Graph): Graph {
  return graph.type === "cpdag" ? graph : toCpdag(graph);
}

function parentsIn(graph: Graph, names: readonly string[]): number[][] {
  return parentsOf(pdagOf(graph, names));
}

/** A graph without probabilities is sure of each of its edges; an undecided one goes either way. */
function certain(graph: Graph): EdgeProbability[] {
  return graph.edges.map(({ from, to, mark }) => ({
    from,
    to,
    forward: mark === "->" ? 1 : 0,
    backward: 0,
    undecided: mark === "--" || mark.includes("o") ? 1 : 0,
    bidirected: mark === "<->" ? 1 : 0,
  }));
}

function sameNodes(a: Graph, b: Graph): readonly string[] {
  const names = b.nodes.filter((node) => !node.latent).map((node) => node.name);
  const own = new Set(a.nodes.filter((node) => !node.latent).map((node) => node.name));
  const lacking = names.filter((name) => !own.has(name));
  const extra = [...own].filter((name) => !names.includes(name));
  if (lacking.length === 0 && extra.length === 0) return names;
  throw new UserError({
    code: "compare-nodes-differ",
    message: `The graphs do not have the same nodes: ${[...lacking, ...extra].slice(0, 12).join(", ")} stand in one only.`,
    value: [...lacking, ...extra],
    expected: "two graphs over the same variables",
    hint: "Search the same columns, or project the truth onto them.",
  });
}

function needDag(graph: Graph, metric: Metric): void {
  const odd = graph.edges.find((edge) => edge.mark !== "->");
  if (odd === undefined && !graph.nodes.some((node) => node.latent)) return;
  throw new UserError({
    code: "compare-needs-dag",
    message: `${metric} is counted against a DAG; the truth has ${odd === undefined ? "unmeasured nodes" : `${odd.from} ${odd.mark} ${odd.to}`}.`,
    value: metric,
    expected: "a truth with arrows only",
  });
}

function asClass(graph: Graph, names: readonly string[], metric: Metric): Pdag {
  const odd = graph.edges.find((edge) => edge.mark !== "->" && edge.mark !== "--");
  if (odd === undefined) return pdagOf(graph, names);
  throw new UserError({
    code: "compare-needs-class",
    message: `${metric} is counted for a DAG or a cpdag; the estimate has ${odd.from} ${odd.mark} ${odd.to}.`,
    value: `${odd.from} ${odd.mark} ${odd.to}`,
    expected: "an estimate with arrows and undirected edges only",
    hint: "Compare with shd or skeleton-f1 instead.",
  });
}

function tooLarge(): UserError {
  return new UserError({
    code: "compare-class-too-large",
    message: "The estimate has an undirected part with more than 5000 orientations.",
    value: 5000,
    expected: "a class with fewer members",
    hint: "Compare with ancestor-aid, or give some edges a direction.",
  });
}
