/**
 * A score that is a sum over nodes of a local score of the node given its parents; higher is better. Equal for all
 * DAGs of an equivalence class (BIC and BDeu are), so that a class has one score.
 */
export interface LocalScore {
  /** With its settings, e.g. `BIC, penalty 2`. */
  readonly name: string;
  readonly d: number;
  /** Local score of `v` given `parents`. */
  readonly local: (v: number, parents: ArrayLike<number>) => number;
  /**
   * Local scores of `v` given `parents` and one more, into `out[z]`; -Infinity for `v`, for parents, and at the
   * score's convenience for whatever does not improve on `base`.
   */
  readonly grow: (v: number, parents: ArrayLike<number>, base: number, out: Float64Array) => void;
}

/** The score of a DAG given as parents. O(d local scores). */
export function scoreOf(score: LocalScore, parents: readonly ArrayLike<number>[]): number {
  let sum = 0;
  parents.forEach((list, v) => (sum += score.local(v, list)));
  return sum;
}

/** The score of the graph without edges. */
export function emptyScore(score: LocalScore): number {
  return scoreOf(
    score,
    Array.from({ length: score.d }, () => []),
  );
}

/** The same score with its local values remembered by set of parents. */
export function remembered(score: LocalScore): LocalScore {
  const known = Array.from({ length: score.d }, () => new Map<string, number>());
  return {
    ...score,
    local: (v, parents) => {
      const key = Array.from(parents)
        .sort((a, b) => a - b)
        .join();
      let value = known[v]!.get(key);
      if (value === undefined) known[v]!.set(key, (value = score.local(v, parents)));
      return value;
    },
  };
}
