import type { Table } from "../data/table.ts";
import type { EstimandSpec } from "../estimate/estimand.ts";
import type { Method } from "../estimate/method.ts";
import type { PrepareOptions } from "../estimate/prepare.ts";
import type { DataDiagnostics } from "./estimate-diagnostics.ts";
import { allMethods } from "./method-named.ts";

/** A first look at estimand and data: which methods fit, and what an adjustment has to work with. */
export interface Look {
  readonly fitting: readonly Method[];
  readonly data?: DataDiagnostics;
}

/**
 * Those whose columns the table has: of several adjustment sets one may be measured and another not. All, when there is
 * none such, so that the first one's missing column is named. O(specs · columns).
 */
export function withColumns<S extends EstimandSpec>(
  specs: readonly S[],
  table: Table,
): readonly S[] {
  const there = new Set(table.columns.map((column) => column.name));
  const needs = (spec: S): readonly string[] => [
    spec.treatment,
    spec.outcome,
    ...(spec.adjustment ?? []),
    ...("mediators" in spec ? spec.mediators : []),
    ...("instruments" in spec ? spec.instruments.filter((name) => !/[*:]/u.test(name)) : []),
  ];
  const readable = specs.filter((spec) => needs(spec).every((name) => there.has(name)));
  return readable.length === 0 ? specs.slice(0, 1) : readable;
}

/**
 * Methods that answer one of the estimands from these rows. When the rows cannot be read (missing values, say), those that
 * answer the estimand. Throws `UserError` for names that are no columns. O(n · columns²).
 */
export async function lookAt(
  specs: readonly EstimandSpec[],
  table: Table,
  options: PrepareOptions,
): Promise<Look> {
  const { diagnose, methodsFor, prepare, toEstimand } = await import("../estimate/index.ts");
  const { withoutOverlap } = await import("../estimate/diagnose.ts");
  const { fitPropensity } = await import("../estimate/propensity.ts");
  const all = await allMethods();
  const fitting = new Set<Method>();
  let data: DataDiagnostics | undefined;
  const readable = withColumns(specs, table);
  for (const spec of readable) {
    const estimand = toEstimand(spec);
    const prepared = prepare(estimand, table, options);
    const problem = prepared.kind === "ready" ? prepared.problem : undefined;
    for (const method of methodsFor(estimand, problem, all)) fitting.add(method);
    if (data !== undefined || problem?.kind !== "adjustment") continue;
    if (problem.treatmentKind !== "binary") continue;
    const found = diagnose(problem);
    if ("kind" in found) {
      const told = found.kind === "bad-data" ? found.problems[0] : undefined;
      if (told !== undefined) {
        data = { diagnostics: [], share: 1, count: problem.n, who: "units", separated: told };
      }
      continue;
    }
    const model = fitPropensity(problem);
    if (model.kind !== "propensity") continue;
    const { share, count } = withoutOverlap(problem, model.fit.fitted);
    const who =
      { ATT: "treated", ATC: "control units" }[problem.estimand.target as string] ?? "units";
    data = { diagnostics: found, share, count, who };
  }
  return { fitting: [...fitting], ...(data === undefined ? {} : { data }) };
}
