import { UserError } from "../../app/errors.ts";
import { buildDesign, columnsOfTerms, type Design, selectFeatures } from "../data/design.ts";
import { allFinite, completeCases, missingRows, selectColumns } from "../data/select.ts";
import { type Column, columnOf, lengthOf, type NumericColumn, type Table } from "../data/table.ts";
import type { DataProblem, Warning } from "./effect.ts";
import type { Estimand } from "./estimand.ts";
import type { Problem } from "./problem.ts";
import {
  groupsOf,
  periodsOf,
  readOutcome,
  readTreatment,
  readWeights,
  sharpTreatment,
} from "./read-columns.ts";

export interface PrepareOptions {
  /** What to do with rows that lack a needed value: answer with the columns concerned, or leave the rows out. */
  readonly missing?: "refuse" | "drop";
  /** Extra columns of the adjustment's design: `age^2`, `age*income`, `factor(grade)`. */
  readonly terms?: readonly string[];
  /** Column whose values name the groups of clustered errors. */
  readonly clusters?: string;
  /** Column of sampling weights. */
  readonly sampling?: string;
}

export type Prepared =
  | {
      readonly kind: "ready";
      readonly problem: Problem;
      readonly rows?: Int32Array;
      readonly warnings: readonly Warning[];
    }
  | { readonly kind: "bad-data"; readonly problems: readonly DataProblem[] };

/**
 * The data of an estimand, checked and encoded, or everything that is wrong with them at once. Throws `UserError`
 * only for names that are not columns and terms that cannot be read. O(n · columns).
 */
export function prepare(estimand: Estimand, table: Table, options: PrepareOptions = {}): Prepared {
  const roles = rolesOf(estimand, options);
  const twice = sameTwice(estimand, roles);
  if (twice !== undefined) return { kind: "bad-data", problems: [twice] };
  const used = selectColumns(table, [...new Set(roles.map((r) => r.name))]);
  const problems = used.columns.flatMap((column) => problemsOf(column, options, roles));
  if (problems.length > 0) return { kind: "bad-data", problems };
  const complete = completeCases(used);
  const warnings: Warning[] = [];
  if (complete.table.n < 4 && complete.dropped > 0) {
    const lost = Object.entries(complete.missing ?? {}).sort(([, a], [, b]) => b - a);
    const problem: DataProblem = {
      code: "too-few-rows",
      columns: lost.map(([name]) => name),
      rows: complete.table.n,
      message: `Only ${complete.table.n} of ${table.n} rows are complete: ${lost.map(([name, count]) => `${name} is missing in ${count}`).join(", ")}.`,
      hint: "Leave out the column that is missing most, or fill it in the data cell.",
    };
    return { kind: "bad-data", problems: [problem] };
  }
  if (complete.dropped > 0)
    warnings.push(droppedRows(complete.dropped, table.n, complete.missing ?? {}));
  return encode(
    estimand,
    complete.table,
    options,
    warnings,
    complete.dropped > 0 ? complete.rows : undefined,
  );
}

type Role =
  | "treatment"
  | "outcome"
  | "adjustment"
  | "instrument"
  | "term"
  | "mediator"
  | "running"
  | "unit"
  | "time"
  | "clusters"
  | "sampling";

interface Used {
  readonly name: string;
  readonly role: Role;
}

function rolesOf(estimand: Estimand, options: PrepareOptions): Used[] {
  const as = (role: Role, names: readonly string[]): Used[] =>
    names.map((name) => ({ name, role }));
  const used = [
    ...as("outcome", [estimand.outcome]),
    ...as("treatment", [estimand.treatment]),
    ...as("adjustment", estimand.adjustment),
    ...as("adjustment", columnsOfTerms(options.terms ?? [])),
    ...as("clusters", options.clusters === undefined ? [] : [options.clusters]),
    ...as("sampling", options.sampling === undefined ? [] : [options.sampling]),
  ];
  if (estimand.kind === "instrument") {
    // A product of instrument and covariate is an instrument, though the covariate is also adjusted for.
    const products = estimand.instruments.filter((term) => /[*:]/.test(term));
    const single = estimand.instruments.filter((term) => !/[*:]/.test(term));
    used.push(...as("instrument", columnsOfTerms(single)), ...as("term", columnsOfTerms(products)));
  }
  if (estimand.kind === "front-door" || estimand.kind === "mediation") {
    used.push(...as("mediator", estimand.mediators));
  }
  if (estimand.kind === "discontinuity") used.push(...as("running", [estimand.running]));
  if (estimand.kind === "panel") {
    used.push(...as("unit", [estimand.unit]), ...as("time", [estimand.time]));
  }
  return used;
}

/** One column in two roles makes the estimand meaningless (adjusting for the treatment, say). */
function sameTwice(estimand: Estimand, roles: readonly Used[]): DataProblem | undefined {
  const single = new Set<Role>([
    "treatment",
    "outcome",
    "adjustment",
    "instrument",
    "mediator",
    "running",
  ]);
  const seen = new Map<string, Role>();
  for (const { name, role } of roles) {
    if (!single.has(role)) continue;
    const before = seen.get(name);
    seen.set(name, role);
    if (before === undefined || before === role) continue;
    // A sharp design has no treatment column of its own: the running variable decides.
    if (estimand.kind === "discontinuity" && role === "running" && before === "treatment") continue;
    return {
      code: "same-column-twice",
      columns: [name],
      message: `"${name}" is used as ${before} and as ${role}.`,
      hint: `Remove it from one of the two; an effect of "${estimand.treatment}" on "${estimand.outcome}" needs different columns.`,
    };
  }
  return undefined;
}

function problemsOf(
  column: Column,
  options: PrepareOptions,
  roles: readonly Used[],
): DataProblem[] {
  const mine = roles.filter((r) => r.name === column.name).map((r) => r.role);
  const found: DataProblem[] = [];
  const label = mine.some((role) => role === "unit" || role === "clusters" || role === "time");
  if (column.type === "text" && !label) {
    found.push({
      code: "text-column",
      columns: [column.name],
      message: `Column "${column.name}" (${mine.join(", ")}) holds free text.`,
      hint: 'Declare it as a category in the data cell ({type: "category"}), turn it into numbers, or leave it out.',
    });
  }
  const missing = missingRows(column).length;
  const n = lengthOf(column);
  if (missing > 0 && (options.missing ?? "refuse") === "refuse") {
    found.push({
      code: "missing-values",
      columns: [column.name],
      rows: missing,
      message: `Column "${column.name}" (${mine.join(", ")}) is missing in ${missing} of ${n} rows.`,
      hint: 'Set missing: "drop" to analyse the complete rows (right if they are missing at random given the adjustment set), or fill them in the data cell.',
    });
  }
  if (column.type !== "category" && column.type !== "text" && !allFinite(column.values)) {
    let infinite = 0;
    for (const v of column.values) if (v === Infinity || v === -Infinity) infinite += 1;
    if (infinite > 0) {
      found.push({
        code: "infinite-values",
        columns: [column.name],
        rows: infinite,
        message: `Column "${column.name}" holds ${infinite} infinite value${infinite === 1 ? "" : "s"}.`,
        hint: "Filter these rows out in the data cell, or look at the division or logarithm that made them.",
      });
    }
  }
  return found;
}

function droppedRows(
  dropped: number,
  n: number,
  missing: Readonly<Record<string, number>>,
): Warning {
  const by = Object.entries(missing).map(([name, count]) => `${name} ${count}`);
  return {
    code: "rows-dropped",
    message: `${dropped} of ${n} rows were left out for missing values (${by.join(", ")}).`,
    hint: "The effect is then that of the complete rows, unless values are missing at random given the adjustment set.",
  };
}

function encode(
  estimand: Estimand,
  table: Table,
  options: PrepareOptions,
  warnings: Warning[],
  rows: Int32Array | undefined,
): Prepared {
  const n = table.n;
  const few = (message: string, columns: readonly string[]): Prepared => ({
    kind: "bad-data",
    problems: [
      {
        code: "too-few-rows",
        columns,
        rows: n,
        message,
        hint: "Collect more rows, or choose fewer covariates.",
      },
    ],
  });
  if (n < 4) return few(`Only ${n} rows are complete.`, []);
  const outcome = readOutcome(columnOf(table, estimand.outcome));
  if ("code" in outcome) return { kind: "bad-data", problems: [outcome] };
  const treatment =
    estimand.kind === "discontinuity" && estimand.treatment === estimand.running
      ? sharpTreatment(columnOf(table, estimand.running), estimand.cutoff)
      : readTreatment(columnOf(table, estimand.treatment), estimand);
  if ("code" in treatment) return { kind: "bad-data", problems: [treatment] };
  const built = buildDesign(table, estimand.adjustment, options.terms ?? []);
  if (built.constant.length > 0) {
    warnings.push({
      code: "constant-covariates",
      message: `${built.constant.join(", ")} ${built.constant.length === 1 ? "is" : "are"} the same in every row and adjusts for nothing.`,
      hint: "Nothing needs doing; the column was left out.",
    });
  }
  const covariates = built.design;
  if (n < covariates.d + 2 && estimand.kind !== "panel") {
    const wide = [...new Set(covariates.sources.flat())];
    return few(
      `There are ${n} rows for ${covariates.d} columns of covariates (categories count once per level).`,
      wide,
    );
  }
  const base = {
    n,
    outcome: outcome.values,
    outcomeKind: outcome.kind,
    treatment: treatment.values,
    treatmentKind: treatment.kind,
    treatmentLevels: treatment.levels,
    covariates,
    ...(options.clusters === undefined
      ? {}
      : { clusters: groupsOf(columnOf(table, options.clusters)).codes }),
    ...(options.sampling === undefined
      ? {}
      : { sampling: readWeights(columnOf(table, options.sampling)) }),
  };
  const ready = (problem: Problem): Prepared => ({
    kind: "ready",
    problem,
    ...(rows === undefined ? {} : { rows }),
    warnings,
  });
  switch (estimand.kind) {
    case "adjustment":
      return ready({
        ...base,
        kind: "adjustment",
        estimand,
        modifiers: modifiersOf(covariates, estimand.effectModifiers),
      });
    case "instrument":
      return ready({
        ...base,
        kind: "instrument",
        estimand,
        instruments: buildDesign(table, [], estimand.instruments).design,
      });
    case "front-door":
    case "mediation":
      return ready({
        ...base,
        kind: estimand.kind,
        estimand,
        mediators: buildDesign(table, estimand.mediators).design,
      });
    case "discontinuity": {
      const running = (columnOf(table, estimand.running) as NumericColumn).values;
      return ready({
        ...base,
        kind: "discontinuity",
        estimand,
        running: running.map((v) => v - estimand.cutoff),
      });
    }
    default: {
      const units = groupsOf(columnOf(table, estimand.unit));
      const periods = periodsOf(columnOf(table, estimand.time));
      return ready({
        ...base,
        kind: "panel",
        estimand,
        units: units.codes,
        unitNames: units.names,
        periods: periods.codes,
        periodValues: periods.values,
      });
    }
  }
}

function modifiersOf(covariates: Design, names: readonly string[] | undefined): Design {
  if (names === undefined) return covariates;
  const wanted = new Set(names);
  const all = Array.from({ length: covariates.d }, (_, j) => j);
  for (const name of names) {
    if (covariates.sources.some((s) => s.includes(name))) continue;
    throw new UserError({
      code: "unknown-effect-modifier",
      message: `"${name}" is not in the adjustment set, so effects cannot be told apart along it.`,
      value: name,
      expected: `one of ${[...new Set(covariates.sources.flat())].join(", ")}`,
      hint: "Add it to the adjustment set (if that keeps the effect identified), or remove it from the effect modifiers.",
    });
  }
  return selectFeatures(
    covariates,
    all.filter((j) => covariates.sources[j]!.every((s) => wanted.has(s))),
  );
}
