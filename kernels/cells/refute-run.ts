import type { Claim } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import type { Work } from "../../app/work.ts";
import { takeRows } from "../data/select.ts";
import type { Table } from "../data/table.ts";
import type { Effect } from "../estimate/effect.ts";
import type { EstimandSpec } from "../estimate/estimand.ts";
import type { Method } from "../estimate/method.ts";
import type { Refutation, RefutationRequest } from "../estimate/refute.ts";
import type { RosenbaumBounds } from "../estimate/rosenbaum.ts";
import type { EValues, Sensitivity } from "../estimate/sensitivity.ts";

export type AnalysisName = "e-value" | "rosenbaum" | "cinelli-hazlett" | "omitted-variables";

export interface SensitivityRequest {
  readonly analysis: AnalysisName;
  readonly benchmarks?: readonly string[];
  readonly multiples?: readonly number[];
  /** Shares of the outcome's and the treatment's residual variance for omitted variables. */
  readonly outcome?: number;
  readonly treatment?: number;
  readonly level?: number;
  readonly seed?: number;
}

export type Analysis = RefutationRequest | SensitivityRequest;

/** One sensitivity analysis, or why it says nothing about this effect. */
export type Sensed =
  | { readonly analysis: "e-value"; readonly eValues: EValues }
  | { readonly analysis: "rosenbaum"; readonly bounds: RosenbaumBounds }
  | {
      readonly analysis: "cinelli-hazlett";
      readonly sensitivity: Sensitivity;
      /** Benchmarks that were asked for and are not adjusted for (any more). */
      readonly left: readonly string[];
    }
  | {
      readonly analysis: "omitted-variables";
      readonly bounds: NonNullable<Sensitivity["bounds"]>;
      readonly outcome: number;
      readonly treatment: number;
    }
  | {
      readonly analysis: AnalysisName;
      readonly none: string;
    };

export interface RefutedEffect {
  readonly method: string;
  readonly methodLabel: string;
  readonly treatment: string;
  readonly outcome: string;
  readonly target: string;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly refutations: readonly Refutation[];
  readonly sensed: readonly Sensed[];
}

/** What a refute cell hands on; plain data, so that it can be pinned. */
export interface Refuted {
  readonly kind: "refuted";
  readonly about: "refute" | "sensitivity";
  /** Empty when the estimate is no number. */
  readonly effects: readonly RefutedEffect[];
  readonly seed: number;
  readonly claim: Claim;
}

/** Runs the checks of each effect. `table` stands in for an effect that does not know its own. */
export async function analyse(
  effects: readonly Effect[],
  about: Refuted["about"],
  requests: readonly Analysis[],
  table: Table | undefined,
  work: Work,
): Promise<Refuted> {
  const found: RefutedEffect[] = [];
  for (const [k, effect] of effects.entries()) {
    const part: Work = {
      ...work,
      progress: ({ fraction = 0, message }) =>
        work.progress({
          fraction: (k + fraction) / effects.length,
          ...(message === undefined
            ? {}
            : { message: effects.length > 1 ? `${effect.method}, ${message}` : message }),
        }),
    };
    const base = {
      method: effect.method,
      methodLabel: effect.methodLabel,
      treatment: effect.treatment,
      outcome: effect.outcome,
      target: effect.target,
      estimate: effect.estimate,
      low: effect.interval.low,
      high: effect.interval.high,
    };
    const [refutations, sensed] =
      about === "refute"
        ? [await refuteOne(effect, requests as readonly RefutationRequest[], table, part), []]
        : [[], await senseOne(effect, requests as readonly SensitivityRequest[], table, part)];
    found.push({ ...base, refutations, sensed });
  }
  const claim = effects[0]?.claim;
  return {
    kind: "refuted",
    about,
    effects: found,
    seed: requests[0]?.seed ?? 1,
    claim: {
      rung: claim?.rung ?? 1,
      query: `${about === "refute" ? "checks" : "sensitivity"} of ${claim?.query ?? "an estimate"}`,
      status: claim?.status ?? "association",
      assumptions: claim?.assumptions ?? [],
    },
  };
}

interface Made {
  readonly spec: EstimandSpec;
  readonly table: Table;
  readonly options: Readonly<Record<string, unknown>> & { readonly method: Method };
}

async function madeFrom(effect: Effect, table: Table | undefined): Promise<Made> {
  const { originOf } = await import("../estimate/index.ts");
  const origin = originOf(effect);
  if (origin !== undefined) return table === undefined ? origin : { ...origin, table };
  if (table === undefined) {
    throw new UserError({
      code: "effect-without-data",
      message: "This effect was copied or read in, and does not know the rows it was made from.",
      value: effect.method,
      expected: "an estimate as its cell made it, or its table: refute ate from data by …",
    });
  }
  const { methodByName } = await import("./method-named.ts");
  const { population: _, ...spec } = effect.estimand;
  const options = {
    ...effect.options,
    ...effect.settings,
    seed: effect.seed ?? 1,
    method: await methodByName(effect.method),
  };
  return { spec, table, options };
}

async function refuteOne(
  effect: Effect,
  requests: readonly RefutationRequest[],
  table: Table | undefined,
  work: Work,
): Promise<readonly Refutation[]> {
  const { refuteEffect } = await import("../estimate/index.ts");
  const { spec, table: rows, options } = await madeFrom(effect, table);
  const found = await refuteEffect(effect, spec, rows, options, { tests: requests }, work);
  // A pin travels with the notebook: six figures say all there is to see.
  return found.map((one) => ({
    ...one,
    estimates: one.estimates.map((value) => Number(value.toPrecision(6))),
  }));
}

async function senseOne(
  effect: Effect,
  requests: readonly SensitivityRequest[],
  table: Table | undefined,
  work: Work,
): Promise<readonly Sensed[]> {
  const engine = await import("../estimate/index.ts");
  const made = await madeFrom(effect, table);
  const rows = effect.rows === undefined ? made.table : takeRows(made.table, effect.rows);
  const { missing, terms, sampling, clusters } = effect.settings;
  const shared = {
    ...(missing === undefined ? {} : { missing }),
    ...(terms === undefined ? {} : { terms }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(clusters === undefined ? {} : { clusters }),
  };
  const prepared = engine.prepare(engine.toEstimand(made.spec), rows, shared);
  const problem = prepared.kind === "ready" ? prepared.problem : undefined;
  const sensed: Sensed[] = [];
  for (const [k, request] of requests.entries()) {
    const { analysis } = request;
    work.signal.throwIfAborted();
    work.progress({ fraction: k / requests.length, message: analysis.replaceAll("-", " ") });
    const none = (why: string): Sensed => ({ analysis, none: why });
    if (problem === undefined) {
      sensed.push(none("The data of the estimate cannot be read again."));
      continue;
    }
    if (problem.kind !== "adjustment" && analysis !== "e-value") {
      sensed.push(
        none(
          `It is about effects found by adjustment; this one comes from ${problem.kind === "instrument" ? "an instrument" : `a ${problem.kind} design`}.`,
        ),
      );
      continue;
    }
    if (analysis === "rosenbaum") {
      if (problem.kind !== "adjustment" || problem.treatmentKind !== "binary") {
        sensed.push(
          none(`It pairs treated with untreated units; "${effect.treatment}" has other levels.`),
        );
        continue;
      }
      const found = engine.rosenbaumBounds(problem, 1 - (request.level ?? 0.95));
      sensed.push(
        found.kind === "rosenbaum"
          ? { analysis, bounds: found }
          : none(found.kind === "bad-data" ? found.problems[0]!.message : found.message),
      );
      continue;
    }
    if (analysis === "e-value" && problem.outcomeKind === "continuous") {
      const centre = problem.outcome.reduce((a, b) => a + b, 0) / problem.n;
      const square = problem.outcome.reduce((a, b) => a + (b - centre) ** 2, 0) / (problem.n - 1);
      sensed.push(
        problem.treatmentKind === "continuous"
          ? none(`It compares two levels of treatment; "${effect.treatment}" is a dose.`)
          : {
              analysis,
              eValues: engine.eValuesOfDifference(
                effect.estimate,
                effect.interval.low,
                effect.interval.high,
                Math.sqrt(square),
              ),
            },
      );
      continue;
    }
    if (problem.kind !== "adjustment") {
      sensed.push(
        none("For a yes/no outcome it needs a risk ratio, which this design does not give."),
      );
      continue;
    }
    // A column that is no longer adjusted for is no mistake of the reader's: the rest still holds.
    const adjusted = new Set([...problem.covariates.names, ...problem.covariates.sources.flat()]);
    const left = (request.benchmarks ?? []).filter(
      (name) => !adjusted.has(name) && rows.columns.some((column) => column.name === name),
    );
    const benchmarks = request.benchmarks?.filter((name) => !left.includes(name));
    const found = await engine.sensitivity(
      made.spec,
      rows,
      {
        ...shared,
        ...(request.seed === undefined ? {} : { seed: request.seed }),
        ...(request.level === undefined ? {} : { level: request.level }),
        ...(benchmarks === undefined ? {} : { benchmarks }),
        ...(request.multiples === undefined ? {} : { multiples: request.multiples }),
      },
      { ...work, progress: () => {} },
    );
    if (found.kind === "bad-data") sensed.push(none(found.problems[0]?.message ?? ""));
    else if (analysis === "cinelli-hazlett") sensed.push({ analysis, sensitivity: found, left });
    else if (found.bounds === undefined)
      sensed.push(none("It needs a yes/no treatment and at least twenty rows for each covariate."));
    else if (analysis === "e-value")
      sensed.push(
        found.eValues === undefined
          ? none("One of the arms has an estimated risk of nothing, so there is no ratio.")
          : { analysis, eValues: found.eValues },
      );
    else
      sensed.push({
        analysis: "omitted-variables",
        bounds: found.bounds,
        outcome: request.outcome ?? 0.03,
        treatment: request.treatment ?? 0.03,
      });
  }
  return sensed;
}
