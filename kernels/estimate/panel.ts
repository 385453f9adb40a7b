import type { Refusal } from "./method.ts";
import type { PanelProblem } from "./problem.ts";

/** A balanced panel: units by periods, and when each unit was first treated. */
export interface Panel {
  readonly kind: "panel";
  readonly units: number;
  readonly periods: number;
  /** `[units, periods]` row-major. */
  readonly y: Float64Array;
  /** Row of the problem behind each cell, `[units, periods]`. */
  readonly row: Int32Array;
  /** Index of the first treated period; `periods` for units never treated. */
  readonly adopted: Int32Array;
}

/**
 * The panel of a problem. The treatment column is either each row's status (0/1, once treated always treated) or, when
 * it does not vary within units, the date of first treatment (0 or a date after the last period: never). Refuses
 * repeated and missing cells, treatment that ends, and panels with nobody treated or nobody untreated. O(n).
 */
export function panelOf(problem: PanelProblem): Panel | Refusal {
  const units = problem.unitNames.length;
  const periods = problem.periodValues.length;
  const row = new Int32Array(units * periods).fill(-1);
  for (let i = 0; i < problem.n; i++) {
    const cell = problem.units[i]! * periods + problem.periods[i]!;
    if (row[cell]! >= 0) return repeated(problem, i);
    row[cell] = i;
  }
  const holes = row.filter((i) => i < 0).length;
  if (holes > 0) return unbalanced(problem, holes, units * periods);
  const y = Float64Array.from(row, (i) => problem.outcome[i]!);
  const status = Float64Array.from(row, (i) => problem.treatment[i]!);
  const adopted = adoption(problem, status, units, periods);
  if (!(adopted instanceof Int32Array)) return adopted;
  if (adopted.every((g) => g === periods)) return oneSided(problem, "treated");
  if (adopted.every((g) => g === 0)) return oneSided(problem, "seen before treatment");
  return { kind: "panel", units, periods, y, row, adopted };
}

function adoption(
  problem: PanelProblem,
  status: Float64Array,
  units: number,
  periods: number,
): Int32Array | Refusal {
  const dates = problem.periodValues;
  const fixed = Array.from({ length: units }, (_, u) => {
    const own = status.subarray(u * periods, (u + 1) * periods);
    return own.every((v) => v === own[0]) ? own[0]! : undefined;
  });
  const dated = fixed.every((v) => v !== undefined) && fixed.some((v) => v !== 0 && v !== 1);
  if (dated) {
    return Int32Array.from(fixed, (date) => {
      if (date === 0) return periods;
      const first = dates.findIndex((value) => value >= date);
      return first < 0 ? periods : first;
    });
  }
  if (fixed.every((v) => v !== undefined)) {
    return {
      kind: "not-estimable",
      code: "treatment-without-date",
      message: `"${problem.estimand.treatment}" never changes within a ${problem.estimand.unit}, so it does not say when treatment began.`,
      hint: "Name a column with the date of first treatment (0 for never), or with each row's status.",
    };
  }
  const adopted = new Int32Array(units).fill(periods);
  for (let u = 0; u < units; u++) {
    const own = status.subarray(u * periods, (u + 1) * periods);
    if (own.some((v) => v < 0)) return ends(problem, u);
    const first = own.findIndex((v) => v > 0);
    if (first < 0) continue;
    if (own.subarray(first).some((v) => v === 0)) return ends(problem, u);
    adopted[u] = first;
  }
  return adopted;
}

function ends(problem: PanelProblem, unit: number): Refusal {
  return {
    kind: "not-estimable",
    code: "treatment-ends",
    message: `Treatment of ${problem.estimand.unit} ${problem.unitNames[unit]} ends again after it began.`,
    hint: "These methods need treatment that lasts: leave such units out, or end the panel before.",
  };
}

function repeated(problem: PanelProblem, i: number): Refusal {
  const { unit, time } = problem.estimand;
  return {
    kind: "bad-data",
    problems: [
      {
        code: "wrong-shape",
        columns: [unit, time],
        message: `${unit} ${problem.unitNames[problem.units[i]!]} has two rows for ${time} ${problem.periodValues[problem.periods[i]!]}.`,
        hint: "Keep one row per unit and period (average or sum them in the data cell).",
      },
    ],
  };
}

function unbalanced(problem: PanelProblem, holes: number, cells: number): Refusal {
  const { unit, time } = problem.estimand;
  return {
    kind: "bad-data",
    problems: [
      {
        code: "wrong-shape",
        columns: [unit, time],
        message: `The panel has holes: ${holes} of ${cells} combinations of ${unit} and ${time} have no row.`,
        hint: "Keep the units that are seen in every period, or leave out periods.",
      },
    ],
  };
}

function oneSided(problem: PanelProblem, what: string): Refusal {
  return {
    kind: "not-estimable",
    code: "no-comparison",
    message: `No ${problem.estimand.unit} is ever ${what}.`,
    hint: "The design compares units before and after treatment with units not (yet) treated.",
  };
}
