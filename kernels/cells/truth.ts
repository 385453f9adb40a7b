import { UserError } from "../../app/errors.ts";
import type { Work } from "../../app/work.ts";
import type { CounterfactualResult } from "../counterfactual/result.ts";
import type { Domain, StructuralModel } from "../counterfactual/model.ts";
import { variableOf } from "../counterfactual/model.ts";
import type { Table } from "../data/table.ts";
import type { Effect, EstimateResult } from "../estimate/effect.ts";

/** What an estimate should have been, known because its rows were drawn from a model. */
export type Truth =
  | {
      readonly kind: "point";
      readonly query: string;
      readonly value: number;
      /** Monte Carlo error, where the model's answer is itself simulated. */
      readonly standardError?: number;
      /** √mean (estimated - true)² over the rows' own effects, where the method estimates one for each row. */
      readonly unitError?: number;
    }
  | {
      readonly kind: "range";
      readonly query: string;
      readonly lower: number;
      readonly upper: number;
    }
  | { readonly kind: "unknown"; readonly reason: string };

/** Draws where the truth has no exact answer: a Monte Carlo error well below that of an estimate. */
const DRAWS = 400_000;

/**
 * The truth of each effect estimated from a table that `sample` drew, by asking the model the very query that the
 * estimate is an answer to. Undefined when the table is not a sample. An association gets the effect it is liable to
 * be taken for.
 */
export async function truthsOf(
  table: Table,
  results: readonly EstimateResult[],
  work: Work,
): Promise<readonly (Truth | undefined)[] | undefined> {
  const { counterfactual, originOf, sample } = await import("../counterfactual/index.ts");
  const origin = originOf(table);
  if (origin === undefined) return undefined;
  const { createRng } = await import("../math/rng.ts");
  const answers = new Map<string, CounterfactualResult>();
  return results.map((result) => {
    if (result.kind !== "effect") return undefined;
    work.signal.throwIfAborted();
    const asked = queryOf(result, origin.model);
    if (typeof asked !== "string") return asked;
    try {
      const answer =
        answers.get(asked) ??
        counterfactual(origin.model, asked, { rng: createRng(1), draws: DRAWS, work });
      answers.set(asked, answer);
      const truth = truthFrom(answer);
      // Of a yes/no outcome, one row's effect is mostly its own luck, which no method could tell.
      const real = variableOf(origin.model, result.outcome)?.domain.kind === "real";
      if (truth.kind !== "point" || result.unitEffects === undefined || !real) return truth;
      const arms = armsOf(result, origin.model);
      if (arms === undefined) return truth;
      const draw = (level: number | string): Table =>
        sample(origin.model, table.n, createRng(origin.seed), { [result.treatment]: level });
      const unitError = rootError(result, draw(arms.treated), draw(arms.control));
      return unitError === undefined ? truth : { ...truth, unitError };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { kind: "unknown", reason: error.message };
    }
  });
}

function truthFrom(answer: CounterfactualResult): Truth {
  switch (answer.kind) {
    case "identified":
      return {
        kind: "point",
        query: answer.query,
        value: answer.value,
        ...(answer.interval === undefined ? {} : { standardError: answer.interval.standardError }),
      };
    case "bounded":
      return { kind: "range", query: answer.query, ...answer.value };
    case "needs-mechanism":
      return {
        kind: "unknown",
        reason: `${answer.query} is open in the model itself: ${answer.reason}`,
      };
    case "impossible-evidence":
      return { kind: "unknown", reason: `${answer.query}: ${answer.reason}` };
  }
}

/** The two values of the treatment that an estimate compares; undefined for a dose. */
function armsOf(
  effect: Effect,
  model: StructuralModel,
): { readonly treated: number | string; readonly control: number | string } | undefined {
  const { estimand } = effect;
  if (estimand.kind === "adjustment" && estimand.contrast !== undefined) return estimand.contrast;
  const domain = variableOf(model, effect.treatment)?.domain;
  if (domain?.kind !== "discrete") return undefined;
  const levels = orderedLevels(domain);
  const [control, treated] = levels;
  const dose = levels.length > 2 && levels.every((level) => typeof level === "number");
  return control === undefined || treated === undefined || dose ? undefined : { treated, control };
}

/** Levels in the order in which estimates read them: numbers by size, names as declared. */
function orderedLevels(
  domain: Extract<Domain, { kind: "discrete" }>,
): readonly (number | string)[] {
  const numeric = domain.levels.every((level, i) => Number(level) === domain.values[i]);
  return numeric ? domain.values.toSorted((a, b) => a - b) : domain.levels;
}

const word = (value: number | string): string =>
  typeof value === "number" || /^[\p{L}_][\p{L}\p{N}_]*$/u.test(value)
    ? String(value)
    : JSON.stringify(value);

/** The query an estimate answers, in the model's language, or why there is none. */
function queryOf(effect: Effect, model: StructuralModel): string | Truth {
  const { estimand, target, treatment: t, outcome: y } = effect;
  const unknown = (reason: string): Truth => ({ kind: "unknown", reason });
  const missing = [t, y].find((name) => variableOf(model, name) === undefined);
  if (missing !== undefined) return unknown(`The model has no variable ${missing}.`);
  if (estimand.population !== undefined) {
    return unknown(`The effect among ${estimand.population} is not worked out in the model.`);
  }
  const arms = armsOf(effect, model);
  const from =
    arms === undefined ? undefined : `${t}=${word(arms.treated)} vs ${word(arms.control)}`;
  const difference =
    arms === undefined
      ? `${y}_{${t} = ${t} + 1} - ${y}`
      : `${y}_{${t}=${word(arms.treated)}} - ${y}_{${t}=${word(arms.control)}}`;
  const average = from === undefined ? `E[${difference}]` : `ATE(${from} -> ${y})`;
  switch (target) {
    case "ATE":
    case "TE":
    case "CATE":
      return average;
    case "ATT":
    case "ATC":
      return from === undefined
        ? unknown(`A dose has no treated and untreated.`)
        : `${target === "ATT" ? "ETT" : "ATC"}(${from} -> ${y})`;
    case "NDE":
    case "NIE": {
      if (from === undefined || estimand.kind !== "mediation") {
        return unknown("Natural effects of a dose are not worked out in the model.");
      }
      const direct = `NDE(${from} -> ${y} via ${estimand.mediators.join(", ")})`;
      return target === "NDE" ? direct : `${average} - ${direct}`;
    }
    case "LATE": {
      if (estimand.kind !== "instrument" || from === undefined) return average;
      const [z] = estimand.instruments;
      const domain = z === undefined ? undefined : variableOf(model, z)?.domain;
      if (domain?.kind !== "discrete" || domain.levels.length !== 2 || arms === undefined) {
        return unknown("Compliers are worked out for instruments of two levels.");
      }
      const [low, high] = orderedLevels(domain);
      const would = (level: number | string, arm: number | string): string =>
        `${t}_{${z ?? ""}=${word(level)}} = ${word(arm)}`;
      return `E[${difference} | ${would(high ?? 1, arms.treated)}, ${would(low ?? 0, arms.control)}]`;
    }
    case "cutoff":
      return estimand.kind === "discontinuity" && from !== undefined
        ? `E[${difference} | ${estimand.running}=${estimand.cutoff}]`
        : unknown("The effect at a cutoff is worked out for a treatment of two levels.");
    case "coefficient":
      return average;
    case "overlap":
      return unknown("The effect with overlap weights is not worked out in the model.");
  }
}

/** Both potential outcomes of every row, from the same noise: the seed draws the same units again. */
function rootError(effect: Effect, treated: Table, control: Table): number | undefined {
  const effects = effect.unitEffects;
  const [one, zero] = [treated, control].map((table) =>
    table.columns.find(({ name }) => name === effect.outcome),
  );
  if (effects === undefined || one === undefined || zero === undefined) return undefined;
  if (!("values" in one) || !("values" in zero)) return undefined;
  const rows = effect.rows ?? Int32Array.from(effects.keys());
  if (rows.length !== effects.length || rows.length === 0) return undefined;
  let squares = 0;
  rows.forEach((row, i) => {
    squares += ((effects[i] ?? 0) - ((one.values[row] ?? 0) - (zero.values[row] ?? 0))) ** 2;
  });
  return Math.sqrt(squares / rows.length);
}
