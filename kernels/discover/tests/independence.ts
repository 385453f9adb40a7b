import { UserError } from "../../../app/errors.ts";

/** A question "is x independent of y given these?" on node numbers, answered from data or from a graph. */
export interface Independence {
  readonly name: string;
  /** p-value, or 0 and 1 when the answer is known. `given` is read at once and may be reused by the caller. */
  readonly p: (x: number, y: number, given: ArrayLike<number>) => number;
  /** Whether p exceeds `alpha`; tests that need no p-value for that answer faster. */
  readonly independent: (x: number, y: number, given: ArrayLike<number>) => boolean;
}

/** What constraint-based searches may be given instead of a table: true separations, by name. */
export interface Oracle {
  readonly variables: readonly string[];
  readonly independent: (x: string, y: string, given: readonly string[]) => boolean;
}

/** An oracle as a test on numbers. Throws `UserError` when a variable stands twice. */
export function oracleTest(oracle: Oracle): Independence {
  const names = oracle.variables;
  if (new Set(names).size !== names.length) {
    throw new UserError({
      code: "oracle-duplicate",
      message: "A variable stands twice in the oracle.",
      value: names,
      expected: "each variable once",
    });
  }
  const independent: Independence["independent"] = (x, y, given) =>
    oracle.independent(
      names[x]!,
      names[y]!,
      Array.from(given, (v) => names[v]!),
    );
  return { name: "oracle", independent, p: (x, y, given) => (independent(x, y, given) ? 1 : 0) };
}

/** A test by its p-value. */
export function byPValue(name: string, p: Independence["p"], alpha: number): Independence {
  return { name, p, independent: (x, y, given) => p(x, y, given) > alpha };
}
