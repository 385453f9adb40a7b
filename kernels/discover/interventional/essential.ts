import { cpdagOf, meek, type Pdag, point, undirected } from "../core/pdag.ts";

/**
 * The interventional essential graph of a DAG: of its Markov class, the DAGs that no intervention on one of the target
 * sets tells apart, with the arrows they share. An edge with exactly one end in some target set is directed as in the
 * DAG, and Meek's rules give the rest. Hauser & Bühlmann 2012, theorems 10 and 18. O(d² · targets) and Meek's rules.
 */
export function essentialGraph(
  parents: readonly ArrayLike<number>[],
  targets: readonly (readonly number[])[],
): Pdag {
  const g = cpdagOf(parents);
  const sets = targets.map((list) => new Set(list));
  parents.forEach((list, v) => {
    for (let k = 0; k < list.length; k++) {
      const p = list[k]!;
      if (undirected(g, p, v) && sets.some((set) => set.has(p) !== set.has(v))) point(g, p, v);
    }
  });
  meek(g);
  return g;
}
