import { quietWork, type Work } from "../../../app/work.ts";
import { marksGraph } from "../core/marks.ts";
import { adjacent, cpdagOf, directed } from "../core/pdag.ts";
import { circleNotes, withColliders } from "../constraint/fci.ts";
import { orientPag } from "../constraint/orient-pag.ts";
import {
  findSkeleton,
  isJoined,
  neighbours,
  pairKey,
  separatorOf,
} from "../constraint/skeleton.ts";
import type { Constraints } from "../knowledge.ts";
import { paceOf } from "../pace.ts";
import type { Finding } from "../result.ts";
import type { Independence } from "../tests/independence.ts";

export interface GfciSettings {
  readonly depth: number;
  readonly selection: boolean;
  readonly knowledge: Constraints;
}

/**
 * A PAG from a DAG found by score: its edges are tested again (a hidden common cause makes extra ones), colliders come
 * from its class where it left the ends apart and from the separating sets elsewhere, then FCI's rules. Ogarrio,
 * Spirtes & Ramsey 2016, algorithm GFCI. Like GFCI it looks for separating sets among neighbours only, so in rare
 * graphs an edge stays that FCI would remove.
 */
export async function gfciSearch(
  names: readonly string[],
  dag: readonly ArrayLike<number>[],
  order: ArrayLike<number>,
  test: Independence,
  { depth, selection, knowledge }: GfciSettings,
  work: Work = quietWork,
): Promise<Finding> {
  const d = names.length;
  const pace = paceOf(work);
  const pdag = cpdagOf(dag);
  const skeleton = await findSkeleton(
    d,
    test,
    {
      knowledge,
      depth: depth < 0 ? Infinity : depth,
      mayHold: () => true,
      joined: (i, j) => adjacent(pdag, i, j),
    },
    pace,
  );
  const triples: { i: number; k: number; j: number; kind: string }[] = [];
  neighbours(skeleton).forEach((list, k) => {
    list.forEach((i, a) => {
      for (const j of list.slice(a + 1)) {
        if (isJoined(skeleton, i, j)) continue;
        const collides = adjacent(pdag, i, j)
          ? !separatorOf(skeleton, i, j).includes(k)
          : directed(pdag, i, k) && directed(pdag, j, k);
        if (collides) triples.push({ i, k, j, kind: "collider" });
      }
    });
  });
  const marks = withColliders(skeleton, triples, knowledge);
  const place = new Int32Array(d);
  Array.from(order).forEach((v, i) => (place[v] = i));
  orientPag(marks, {
    selection,
    separates: (b, u, c) => {
      if (adjacent(pdag, u, c))
        return skeleton.separators.get(pairKey(d, u, c))?.includes(b) ?? false;
      // the DAG separates u and c by the parents of the later one
      const later = place[u]! > place[c]! ? u : c;
      return Array.from(dag[later]!).includes(b);
    },
  });
  return {
    kind: "pag",
    graph: marksGraph(marks, names, "pag"),
    diagnostics: [
      { kind: "fact", label: "Tests", value: `${skeleton.tests} (${test.name})` },
      ...circleNotes(marks, names),
    ],
  };
}
