import { cholesky, choleskySolve } from "../../math/dense.ts";
import { dagGraph } from "../core/pdag.ts";
import type { DiscoveryData } from "../data.ts";
import { pruneByBic } from "../functional/prune.ts";
import type { MethodContext } from "../method.ts";
import { sortabilityOf } from "../metrics/sortability.ts";
import type { Diagnostic, EdgeWeight, Finding } from "../result.ts";
import { gaussianScore, momentsOf } from "../scores/gaussian.ts";
import type { Relaxed } from "./dagma.ts";
import { secondMoments } from "./moments.ts";
import { toDag } from "./to-dag.ts";

export interface FindingOptions {
  readonly threshold: number;
  readonly standardise: boolean;
}

/** Share of directed paths along which variance rises (or falls) from which on the order counts as given away. */
const GIVEN_AWAY = 0.9;

/**
 * The result of a continuous method: the thresholded DAG, its BIC as a linear model beside the empty graph's, and how
 * far the columns' variances alone would have led to it. With `refit`, weights are least squares on the parents found,
 * in the columns' units: those of the search are shrunk by its penalty.
 */
export function relaxationFinding(
  data: DiscoveryData,
  relaxed: Relaxed,
  options: FindingOptions,
  context: MethodContext,
  { refit, notes }: { readonly refit: boolean; readonly notes: readonly Diagnostic[] },
): Finding {
  const { names, d } = data;
  const { parents, dropped } = toDag(relaxed.w, options.threshold, context.knowledge);
  const moments = secondMoments(data, false);
  const score = gaussianScore(d, () => momentsOf(data), { penalty: 1 });
  const total = (of: readonly number[][]): number =>
    of.reduce((sum, list, v) => sum + score.local(v, list), 0);
  const graph = dagGraph(parents, names);
  const weak = weakest(relaxed.w, parents, d);
  return {
    kind: "dag",
    graph,
    score: {
      name: "BIC (linear, normal noise)",
      value: total(parents),
      empty: total(parents.map(() => [])),
    },
    ...(refit ? { weights: refitted(moments, parents, names) } : {}),
    diagnostics: [
      {
        kind: "fact",
        label: "Search",
        value: `${relaxed.iterations} iterations, acyclicity left ${relaxed.h.toExponential(1)}`,
      },
      ...(weak === undefined
        ? []
        : [
            {
              kind: "fact",
              label: "Weakest edge kept",
              value: `${names[weak[0]]} → ${names[weak[1]]}, ${Math.abs(weak[2]).toFixed(2)} (threshold ${options.threshold})`,
            } as const,
          ]),
      ...notes,
      ...(relaxed.converged ? [] : [notConverged]),
      ...cycleWarning(dropped, names),
      ...scaleNotes(data, moments, parents, options, context),
    ],
  };
}

const notConverged: Diagnostic = {
  kind: "warning",
  code: "relaxation-not-converged",
  message: "The search ended before it had settled.",
  hint: "Rescale columns of very different size, raise the penalty, or compare with boss.",
};

function cycleWarning(
  dropped: ReturnType<typeof toDag>["dropped"],
  names: readonly string[],
): readonly Diagnostic[] {
  if (dropped.length === 0) return [];
  const [from, to, weight] = dropped[0]!;
  return [
    {
      kind: "warning",
      code: "cycle-cut",
      message: `${dropped.length} ${dropped.length === 1 ? "weight" : "weights"} above the threshold would have closed a cycle and ${dropped.length === 1 ? "was" : "were"} left out, the strongest ${names[from]} → ${names[to]} (${weight.toFixed(2)}).`,
      hint: "The search stopped short of an acyclic solution; distrust the directions around these columns.",
    },
  ];
}

function weakest(
  w: Float64Array,
  parents: readonly (readonly number[])[],
  d: number,
): readonly [from: number, to: number, weight: number] | undefined {
  let found: readonly [number, number, number] | undefined;
  parents.forEach((list, v) => {
    for (const p of list) {
      const weight = w[p * d + v]!;
      if (found === undefined || Math.abs(weight) < Math.abs(found[2])) found = [p, v, weight];
    }
  });
  return found;
}

/** Least-squares coefficients of each column on its parents. */
function refitted(
  moments: Float64Array,
  parents: readonly (readonly number[])[],
  names: readonly string[],
): EdgeWeight[] {
  const d = parents.length;
  return parents.flatMap((list, v) => {
    const k = list.length;
    const a = new Float64Array(k * k);
    list.forEach((p, x) => list.forEach((q, y) => (a[x * k + y] = moments[p * d + q]!)));
    const solution = choleskySolve(
      cholesky(a, k).l,
      k,
      list.map((p) => moments[p * d + v]!),
    );
    return list.map((p, x) => ({ from: names[p]!, to: names[v]!, weight: solution[x]! }));
  });
}

/** What the columns' scale has to do with the result. */
function scaleNotes(
  data: DiscoveryData,
  moments: Float64Array,
  parents: readonly (readonly number[])[],
  { standardise }: FindingOptions,
  context: MethodContext,
): readonly Diagnostic[] {
  const { d, n, names } = data;
  const edges = parents.reduce((sum, list) => sum + list.length, 0);
  const out: Diagnostic[] = [];
  if (standardise) {
    out.push({
      kind: "warning",
      code: "relaxation-standardised",
      message:
        "On standardised columns this method has little to tell a cause from an effect by: on simulated data it then does no better than the empty graph.",
      hint: "For data whose scales mean nothing use boss, pc or direct-lingam.",
    });
  }
  if (edges === 0 || n <= d) return out;
  const order = Array.from({ length: d }, (_, v) => v).sort(
    (a, b) => moments[a * d + a]! - moments[b * d + b]!,
  );
  const sorted = pruneByBic(moments, order, n, 2, context.knowledge);
  const found = new Set(parents.flatMap((list, v) => list.map((p) => p * d + v)));
  let shared = 0;
  let flipped = 0;
  let extra = 0;
  sorted.forEach((equation, v) => {
    for (const p of equation.parents) {
      if (found.has(p * d + v)) shared++;
      else if (found.has(v * d + p)) flipped++;
      else extra++;
    }
  });
  const differing = edges - shared + extra;
  out.push({
    kind: "fact",
    label: "Sorting by variance and regressing",
    value: `agrees on ${shared} of ${edges} edges, turns ${flipped} round, adds ${extra}`,
  });
  if (d > 300) return out;
  const { kind, variance, rSquared } = sortabilityOf(data, dagGraph(parents, names));
  out.push({ kind, variance, rSquared });
  const alone = differing <= Math.max(1, Math.floor(edges / 10));
  if (standardise || !(Math.max(variance, 1 - variance) > GIVEN_AWAY || alone)) return out;
  out.push({
    kind: "warning",
    code: "variance-order",
    message: alone
      ? `Sorting the columns by variance alone, and regressing each on those before it, gives this graph${differing === 0 ? "" : ` but for ${differing} ${differing === 1 ? "edge" : "edges"}`}.`
      : `Sorting the columns by variance alone gives ${Math.round(100 * Math.max(variance, 1 - variance))} % of this order.`,
    hint: "The result may hang on the units of the columns: run again with standardise: true and compare, or use boss.",
  });
  return out;
}
