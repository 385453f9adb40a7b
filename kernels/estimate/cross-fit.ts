import { breathe } from "../../app/work.ts";
import { type Sample, takeRows } from "./learn/learner.ts";
import { learnerNamed, type LearnerName } from "./learn/learners.ts";
import type { MethodContext } from "./method.ts";
import { rowsWhere } from "./nuisance.ts";

/**
 * E[y | x] for each row from models that have not seen its fold, `[n]`. With one fold, fitted values. `among` restricts
 * the rows learned from (predictions are made for all). Cost: `folds` fits.
 */
export async function crossFit(
  sample: Sample,
  learner: LearnerName,
  folds: Int32Array,
  count: number,
  context: MethodContext,
  name: string,
  among?: (i: number) => boolean,
): Promise<Float64Array> {
  const out = new Float64Array(sample.n);
  const binary = sample.y.every((v) => v === 0 || v === 1);
  for (let fold = 0; fold < count; fold++) {
    const test = rowsWhere(sample.n, (i) => folds[i] === fold);
    const train = rowsWhere(
      sample.n,
      (i) => (count === 1 || folds[i] !== fold) && (among?.(i) ?? true),
    );
    const rng = context.rng.fork(`${name} ${fold}`);
    const fitted = learnerNamed(sample.d === 0 ? "linear" : learner).fit(
      takeRows(sample, train),
      binary,
      rng,
    );
    const values = fitted.predict(takeRows(sample, test).x, test.length);
    for (let k = 0; k < test.length; k++) out[test[k]!] = values[k]!;
    context.work.progress({ message: `${name}: fold ${fold + 1} of ${count}` });
    await breathe(context.work);
  }
  return out;
}
