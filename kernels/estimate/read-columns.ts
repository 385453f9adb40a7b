import { UserError } from "../../app/errors.ts";
import type { Column } from "../data/table.ts";
import type { DataProblem } from "./effect.ts";
import type { Estimand } from "./estimand.ts";
import type { TreatmentKind } from "./problem.ts";

/** The outcome as numbers, a two-level one as 0/1; a problem when it is constant or has several labels. O(n). */
export function readOutcome(
  column: Column,
): { values: Float64Array; kind: "binary" | "continuous" } | DataProblem {
  const levels = distinctOf(column, 3);
  if (levels.length < 2) return constantColumn(column.name, "outcome");
  if (column.type === "category") {
    if (levels.length > 2) {
      return {
        code: "text-column",
        columns: [column.name],
        message: `The outcome "${column.name}" has ${column.levels.length} categories; an average of labels means nothing.`,
        hint: "Make a yes/no column for the level of interest, or declare numbers for ordered levels.",
      };
    }
    const one = column.codes.reduce((a, b) => Math.max(a, b), 0);
    return { values: Float64Array.from(column.codes, (c) => (c === one ? 1 : 0)), kind: "binary" };
  }
  if (column.type === "text") throw new Error("text columns were refused before");
  const binary = levels.length === 2 && levels.includes(0) && levels.includes(1);
  return { values: column.values, kind: binary ? "binary" : "continuous" };
}

type ReadTreatment = { values: Float64Array; kind: TreatmentKind; levels: readonly string[] };

/** The treatment by level (control first, as the contrast says) or as a dose; a problem when it is constant. O(n). */
export function readTreatment(column: Column, estimand: Estimand): ReadTreatment | DataProblem {
  const contrast = estimand.kind === "adjustment" ? estimand.contrast : undefined;
  const levels = distinctOf(column, 13);
  if (levels.length < 2) return constantColumn(column.name, "treatment");
  if (column.type === "text") throw new Error("text columns were refused before");
  if (column.type === "category") {
    const present = levels.toSorted((a, b) => a - b);
    return byLevel(present, (code) => column.levels[code]!, column.codes, contrast, column.name);
  }
  const sorted = levels.toSorted((a, b) => a - b);
  const panel = estimand.kind === "panel";
  // Two numbers are two arms whatever they are called; more are a dose unless a contrast names levels.
  if (sorted.length === 2 && !panel)
    return byLevel(sorted, String, column.values, contrast, column.name);
  if (contrast !== undefined) return byLevel(sorted, String, column.values, contrast, column.name);
  return { values: column.values, kind: sorted.length === 2 ? "binary" : "continuous", levels: [] };
}

function byLevel(
  present: readonly number[],
  nameOf: (code: number) => string,
  codes: ArrayLike<number>,
  contrast: { readonly treated: string | number; readonly control: string | number } | undefined,
  column: string,
): ReadTreatment {
  let order = [...present];
  if (contrast !== undefined) {
    const find = (level: string | number): number => {
      const at = order.find((code) => nameOf(code) === String(level));
      if (at !== undefined) return at;
      throw new UserError({
        code: "unknown-level",
        message: `"${level}" is not a level of "${column}" in these rows.`,
        value: level,
        expected: `one of ${order.map(nameOf).join(", ")}`,
        hint: "Correct the contrast.",
      });
    };
    const control = find(contrast.control);
    const treated = find(contrast.treated);
    order = [control, treated, ...order.filter((code) => code !== control && code !== treated)];
  }
  const values = new Float64Array(codes.length);
  for (let i = 0; i < values.length; i++) values[i] = order.indexOf(codes[i]!);
  return {
    values,
    kind: order.length === 2 ? "binary" : "multivalued",
    levels: order.map(nameOf),
  };
}

/** Treatment decided by the side of the cutoff; a problem when one side is empty. O(n). */
export function sharpTreatment(column: Column, cutoff: number): ReadTreatment | DataProblem {
  if (column.type === "category" || column.type === "text") {
    return {
      code: "wrong-shape",
      columns: [column.name],
      message: `The running variable "${column.name}" is not a number.`,
      hint: "Choose a numeric column.",
    };
  }
  const values = column.values.map((v) => (v >= cutoff ? 1 : 0));
  const treated = values.reduce((a, b) => a + b, 0);
  if (treated === 0 || treated === values.length) {
    return {
      code: "empty-arm",
      columns: [column.name],
      message: `No row lies ${treated === 0 ? "at or above" : "below"} the cutoff ${cutoff} of "${column.name}".`,
      hint: "Check the cutoff and the unit of the running variable.",
    };
  }
  return { values, kind: "binary", levels: ["below", "above"] };
}

function constantColumn(name: string, role: string): DataProblem {
  return {
    code: "constant-column",
    columns: [name],
    message: `The ${role} "${name}" has one value in all complete rows: there is nothing to compare.`,
    hint:
      role === "treatment"
        ? "Bring in rows of the other arm, or choose another treatment."
        : "Choose an outcome that varies.",
  };
}

/** Distinct codes or values, at most `limit` of them. */
function distinctOf(column: Column, limit: number): number[] {
  const seen = new Set<number>();
  const values =
    column.type === "category" ? column.codes : column.type === "text" ? [] : column.values;
  for (const value of values) {
    seen.add(value);
    if (seen.size >= limit && column.type !== "category") break;
  }
  return [...seen];
}

/** Labels of any column as 0-based codes in order of appearance. O(n). */
export function groupsOf(column: Column): { codes: Int32Array; names: string[] } {
  const keys =
    column.type === "category"
      ? Array.from(column.codes, (code) => column.levels[code]!)
      : column.type === "text"
        ? column.texts
        : Array.from(column.values, String);
  const index = new Map<string, number>();
  const codes = Int32Array.from(keys, (key) => {
    let code = index.get(key);
    if (code === undefined) index.set(key, (code = index.size));
    return code;
  });
  return { codes, names: [...index.keys()] };
}

/** Periods in order of time, 0-based. Throws `UserError` for labels, which have no order. O(n log n). */
export function periodsOf(column: Column): { codes: Int32Array; values: Float64Array } {
  if (column.type === "category" || column.type === "text") {
    throw new UserError({
      code: "time-not-numeric",
      message: `The time column "${column.name}" holds labels, so its periods have no order.`,
      value: column.type,
      expected: "a year or another number, or a date",
      hint: "Declare it as a number or a date in the data cell.",
    });
  }
  const values = Float64Array.from(new Set(column.values)).sort();
  const index = new Map(Array.from(values, (value, i) => [value, i]));
  return { codes: Int32Array.from(column.values, (v) => index.get(v)!), values };
}

/** Sampling weights. Throws `UserError` for anything but numbers of at least 0. O(n). */
export function readWeights(column: Column): Float64Array {
  const values = column.type === "category" || column.type === "text" ? undefined : column.values;
  if (values?.every((v) => v >= 0) === true) return values;
  throw new UserError({
    code: "bad-sampling-weights",
    message: `Column "${column.name}" cannot be sampling weights.`,
    expected: "numbers of at least 0",
    hint: "Choose the column with the survey weights.",
  });
}
