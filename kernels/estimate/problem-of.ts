import { UserError } from "../../app/errors.ts";
import { tableOf } from "../data/table.ts";
import type { Target } from "./estimand.ts";
import { prepare } from "./prepare.ts";
import type { AdjustmentProblem } from "./problem.ts";

/** Typed columns for calling a method by its own name. */
export interface AdjustmentColumns {
  /** `[n]`. */
  readonly outcome: ArrayLike<number>;
  /** `[n]`: two values, or a dose. */
  readonly treatment: ArrayLike<number>;
  /** `[n]` each; texts are categories. */
  readonly covariates: Readonly<Record<string, ArrayLike<number> | readonly string[]>>;
  readonly target?: Target;
}

/**
 * The problem that `aipw`, `tmle`, `regression`, `weighting`, … take, from plain columns, e.g.
 * `regression(problemOf({outcome, treatment, covariates: {age}}), optionsOf(regressionMethod))`. Throws `UserError` with
 * the first problem of the data. O(n · columns).
 */
export function problemOf(columns: AdjustmentColumns): AdjustmentProblem {
  const { outcome, treatment, covariates, target = "ATE" } = columns;
  const names = Object.keys(covariates);
  const [y, t] = ["outcome", "treatment"].map((name) =>
    names.includes(name) ? `${name} column` : name,
  ) as [string, string];
  const table = tableOf({ ...covariates, [y]: outcome, [t]: treatment });
  const prepared = prepare(
    { kind: "adjustment", treatment: t, outcome: y, adjustment: names, target },
    table,
  );
  if (prepared.kind === "ready" && prepared.problem.kind === "adjustment") return prepared.problem;
  const first = prepared.kind === "bad-data" ? prepared.problems[0] : undefined;
  throw new UserError({
    code: first?.code ?? "bad-data",
    message: first?.message ?? "The columns do not make a problem.",
    value: first?.columns,
    expected: "finite numbers, two or more arms, more rows than columns",
    ...(first === undefined ? {} : { hint: first.hint }),
  });
}
