import { takeDesignRows } from "../data/design.ts";
import type { Problem } from "./problem.ts";

/** The problem with the given rows, which may repeat (as in a bootstrap). O(rows · columns). */
export function takeProblemRows(problem: Problem, rows: Int32Array): Problem {
  const numbers = (values: Float64Array): Float64Array =>
    Float64Array.from(rows, (i) => values[i]!);
  const codes = (values: Int32Array): Int32Array => rows.map((i) => values[i]!);
  const base = {
    n: rows.length,
    outcome: numbers(problem.outcome),
    treatment: numbers(problem.treatment),
    covariates: takeDesignRows(problem.covariates, rows),
    ...(problem.clusters === undefined ? {} : { clusters: codes(problem.clusters) }),
    ...(problem.sampling === undefined ? {} : { sampling: numbers(problem.sampling) }),
  };
  switch (problem.kind) {
    case "adjustment":
      return { ...problem, ...base, modifiers: takeDesignRows(problem.modifiers, rows) };
    case "instrument":
      return { ...problem, ...base, instruments: takeDesignRows(problem.instruments, rows) };
    case "front-door":
    case "mediation":
      return { ...problem, ...base, mediators: takeDesignRows(problem.mediators, rows) };
    case "discontinuity":
      return { ...problem, ...base, running: numbers(problem.running) };
    default:
      return { ...problem, ...base, units: codes(problem.units), periods: codes(problem.periods) };
  }
}
