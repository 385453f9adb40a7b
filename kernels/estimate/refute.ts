import { quietWork, type Work } from "../../app/work.ts";
import { selectRows, withColumns } from "../data/select.ts";
import { columnOf, type NumericColumn, type Table } from "../data/table.ts";
import { twoSidedP } from "../math/distributions.ts";
import { shuffled } from "../math/folds.ts";
import { createRng, type Rng } from "../math/rng.ts";
import { mean, variance } from "../math/summary.ts";
import type { Effect } from "./effect.ts";
import { type EstimandSpec, toEstimand } from "./estimand.ts";
import { type EstimateOptions, estimateBy } from "./estimate.ts";

export const REFUTATIONS = [
  "placebo-treatment",
  "random-common-cause",
  "subset",
  "dummy-outcome",
  "simulated-confounder",
] as const;
export type RefutationName = (typeof REFUTATIONS)[number];

export interface RefuteOptions {
  readonly tests?: readonly RefutationName[];
  /** Repetitions of each test; 20 when absent. */
  readonly draws?: number;
  /** Share of rows a subset keeps; 0.8 when absent. */
  readonly share?: number;
  /** Strength of the simulated confounder, in standard deviations of outcome and treatment; 0.5 when absent. */
  readonly strength?: number;
  readonly seed?: number;
}

/** One attempt to break an estimate. It can fail an estimate, never prove it. */
export interface Refutation {
  readonly kind: "refutation";
  readonly test: RefutationName;
  readonly original: number;
  /** Estimates of the draws that gave one. */
  readonly estimates: readonly number[];
  /** What the test expects: nothing, or the original. */
  readonly expected: number;
  /** Two-sided, of the expected value under the draws; absent for the simulated confounder, which is a size, not a test. */
  readonly p?: number;
  readonly verdict: "holds" | "refuted" | "informative" | "failed";
  readonly summary: string;
}

/**
 * Re-runs an estimate under changes that should leave it alone (a random common cause, a subset) or undo it (a permuted
 * treatment or outcome put through the whole pipeline), and under a simulated confounder, which shows how far one of a
 * given strength would move it. As in DoWhy's refuters; p-values are two-sided against the normal spread of the draws.
 * Cost: tests × draws runs of the method.
 */
export async function refute(
  spec: EstimandSpec,
  table: Table,
  options: EstimateOptions,
  refuteOptions: RefuteOptions = {},
  work: Work = quietWork,
): Promise<readonly Refutation[]> {
  const original = await estimateBy(spec, table, options, work);
  if (original.kind !== "effect") return [];
  const rng = createRng(refuteOptions.seed ?? 1);
  const results: Refutation[] = [];
  for (const test of refuteOptions.tests ?? REFUTATIONS) {
    const estimates: number[] = [];
    const draws = refuteOptions.draws ?? 20;
    for (let draw = 0; draw < draws; draw++) {
      const changed = change(
        test,
        spec,
        table,
        original,
        refuteOptions,
        rng.fork(`${test} ${draw}`),
      );
      const again = await estimateBy(
        changed.spec,
        changed.table,
        { ...options, overlap: "warn", bootstrap: 0, seed: draw + 1 },
        { ...work, progress: () => {} },
      );
      if (again.kind === "effect") estimates.push(again.estimate);
      work.progress({ fraction: (draw + 1) / draws, message: `${test}: ${draw + 1} of ${draws}` });
    }
    results.push(judge(test, original, estimates, draws, refuteOptions));
  }
  return results;
}

function judge(
  test: RefutationName,
  original: Effect,
  estimates: readonly number[],
  draws: number,
  options: RefuteOptions,
): Refutation {
  const expected = test === "placebo-treatment" || test === "dummy-outcome" ? 0 : original.estimate;
  const base = {
    kind: "refutation",
    test,
    original: original.estimate,
    estimates,
    expected,
  } as const;
  if (estimates.length < Math.max(2, draws / 2)) {
    return {
      ...base,
      verdict: "failed",
      summary: `The method gave an estimate in only ${estimates.length} of ${draws} draws.`,
    };
  }
  const centre = mean(estimates);
  const spread = Math.sqrt(variance(estimates));
  const shown = `${centre.toPrecision(4)} on average, against ${original.estimate.toPrecision(4)}`;
  if (test === "simulated-confounder") {
    return {
      ...base,
      verdict: "informative",
      summary: `A confounder of strength ${options.strength ?? 0.5} would make the estimate ${shown}.`,
    };
  }
  // A change that moves nothing has no spread: then only the distance to the estimate's own error can matter.
  const scale = Math.max(spread, 0.05 * original.standardError);
  const p = twoSidedP((centre - expected) / scale);
  const verdict = p < 0.05 ? "refuted" : "holds";
  const wanted = expected === 0 ? "nothing" : "no change";
  return {
    ...base,
    p,
    verdict,
    summary: `Expected ${wanted}; found ${shown} (p = ${p.toFixed(3)}).`,
  };
}

function change(
  test: RefutationName,
  spec: EstimandSpec,
  table: Table,
  original: Effect,
  options: RefuteOptions,
  rng: Rng,
): { spec: EstimandSpec; table: Table } {
  const estimand = toEstimand(spec);
  switch (test) {
    case "placebo-treatment":
      return { spec, table: permute(table, estimand.treatment, rng) };
    case "dummy-outcome":
      return { spec, table: permute(table, estimand.outcome, rng) };
    case "random-common-cause": {
      const name = freshName(table, "random cause");
      const noise: NumericColumn = {
        name,
        type: "number",
        values: Float64Array.from({ length: table.n }, () => rng.normal()),
      };
      return {
        spec: { ...spec, adjustment: [...estimand.adjustment, name] },
        table: withColumns(table, [noise]),
      };
    }
    case "subset":
      return { spec, table: selectRows(table, () => rng.next() < (options.share ?? 0.8)).table };
    default:
      return {
        spec,
        table: confound(
          table,
          estimand.treatment,
          estimand.outcome,
          original,
          options.strength ?? 0.5,
          rng,
        ),
      };
  }
}

/** The column's values in random order. */
function permute(table: Table, name: string, rng: Rng): Table {
  const column = columnOf(table, name);
  const order = shuffled(table.n, rng);
  const missing =
    column.missing === undefined
      ? {}
      : { missing: Uint8Array.from(order, (i) => column.missing![i]!) };
  if (column.type === "category")
    return withColumns(table, [
      { ...column, ...missing, codes: order.map((i) => column.codes[i]!) },
    ]);
  if (column.type === "text")
    return withColumns(table, [
      { ...column, ...missing, texts: Array.from(order, (i) => column.texts[i]!) },
    ]);
  return withColumns(table, [
    { ...column, ...missing, values: Float64Array.from(order, (i) => column.values[i]!) },
  ]);
}

/** A hidden normal cause added to outcome and treatment; a yes/no treatment is flipped where the cause is strong. */
function confound(
  table: Table,
  treatment: string,
  outcome: string,
  original: Effect,
  strength: number,
  rng: Rng,
): Table {
  const u = Float64Array.from({ length: table.n }, () => rng.normal());
  const shift = (name: string): NumericColumn | undefined => {
    const column = columnOf(table, name);
    if (column.type === "category" || column.type === "text") return undefined;
    const present = column.values.filter((v) => !Number.isNaN(v));
    const levels = new Set(present);
    const sd = Math.sqrt(variance(present));
    if (levels.size > 2)
      return {
        ...column,
        type: "number",
        values: column.values.map((v, i) => v + strength * sd * u[i]!),
      };
    const [low, high] = [Math.min(...levels), Math.max(...levels)];
    const cut = 2 - Math.min(1.5, strength);
    return {
      ...column,
      values: column.values.map((v, i) =>
        Number.isNaN(v) ? v : u[i]! > cut ? high : u[i]! < -cut ? low : v,
      ),
    };
  };
  const columns = [shift(treatment), original.treatment === outcome ? undefined : shift(outcome)];
  return withColumns(
    table,
    columns.filter((c) => c !== undefined),
  );
}

function freshName(table: Table, wanted: string): string {
  let name = wanted;
  while (table.columns.some((c) => c.name === name)) name = `${name}'`;
  return name;
}
