import { UserError } from "../../../app/errors.ts";
import { type DiscoveryData, valuesOf } from "../data.ts";
import {
  gaussianScore,
  type GaussianSettings,
  type Moments,
  momentsOf,
} from "../scores/gaussian.ts";
import type { LocalScore } from "../scores/local-score.ts";
import type { Interventions } from "./targets.ts";

/**
 * Gaussian BIC of data under interventions: each column's regression uses the rows in which it was not set from outside.
 * Hauser & Bühlmann 2012, section 4.2 (with a common intercept). Throws `UserError` `targets-always` when a column has too few such
 * rows. O(n d²) for each group of columns with the same rows.
 */
export function interventionalScore(
  data: DiscoveryData,
  interventions: Interventions,
  settings: GaussianSettings,
): LocalScore {
  const groups = new Map<string, Moments>();
  const moments = data.names.map((name, v) => {
    const usable = interventions.sets.map((set) => !set.includes(v));
    const key = usable.join();
    let found = groups.get(key);
    if (found === undefined) {
      const rows: number[] = [];
      for (let i = 0; i < data.n; i++) if (usable[interventions.of[i]!] === true) rows.push(i);
      if (rows.length < 5) {
        throw new UserError({
          code: "targets-always",
          message: `"${name}" was set from outside in all but ${rows.length} rows, so nothing tells what causes it.`,
          value: name,
          expected: "rows in which it was left alone",
          hint: "Leave it out of the targets or of the columns.",
        });
      }
      found = momentsOf({
        ...data,
        n: rows.length,
        variables: data.variables.map((variable, w) => ({
          kind: "numeric",
          name: variable.name,
          values: Float64Array.from(rows, (row) => valuesOf(data, w)[row]!),
        })),
      });
      found.r.forEach((value, k) => {
        // a column that is constant on these rows (set to one value) explains nothing there
        if (Number.isNaN(value)) found!.r[k] = k % (data.d + 1) === 0 ? 1 : 0;
      });
      groups.set(key, found);
    }
    return found;
  });
  const score = gaussianScore(data.d, (v) => moments[v]!, settings);
  return { ...score, name: `interventional ${score.name}` };
}
