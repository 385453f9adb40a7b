import { quietWork, type Work } from "../../../app/work.ts";
import { applyKnowledge } from "../core/mpdag.ts";
import {
  circles,
  directed,
  emptyPdag,
  extension,
  meek,
  type Pdag,
  pdagGraph,
  point,
} from "../core/pdag.ts";
import { type Constraints, noConstraints } from "../knowledge.ts";
import { paceOf } from "../pace.ts";
import type { Diagnostic, Finding } from "../result.ts";
import type { Independence } from "../tests/independence.ts";
import { findSkeleton, type Skeleton } from "./skeleton.ts";
import { classifyTriples, type ColliderRule, type Triple } from "./triples.ts";

export interface PcSettings {
  readonly colliders: ColliderRule;
  readonly depth: number;
  readonly knowledge?: Constraints;
}

/**
 * PC: the class of DAGs that the tests of independence describe. PC-stable skeleton, unshielded colliders by the rule
 * chosen, knowledge, Meek's rules. Colliders that point an edge both ways leave it undecided and are told, as are
 * arrows that would go in a circle: the result never depends on the order of the columns. Spirtes, Glymour & Scheines
 * 2000; Colombo & Maathuis 2014.
 */
export async function pcSearch(
  names: readonly string[],
  test: Independence,
  settings: PcSettings,
  work: Work = quietWork,
): Promise<Finding & { readonly skeleton: Skeleton }> {
  const d = names.length;
  const knowledge = settings.knowledge ?? noConstraints(d);
  const pace = paceOf(work);
  const depth = settings.depth < 0 ? Infinity : settings.depth;
  const skeleton = await findSkeleton(
    d,
    test,
    {
      knowledge,
      depth,
      mayHold: (node, _from, given) => knowledge.forbidden[given * d + node] === 0,
    },
    pace,
  );
  const triples = await classifyTriples(skeleton, test, settings.colliders, depth, pace);
  const { pdag, diagnostics } = orient(names, skeleton, triples, knowledge);
  return {
    kind: knowledge.any ? "mpdag" : "cpdag",
    graph: pdagGraph(pdag, names),
    skeleton,
    diagnostics: [
      {
        kind: "fact",
        label: "Tests",
        value: `${skeleton.tests} (${test.name}), sets up to ${skeleton.deepest}`,
      },
      ...diagnostics,
    ],
  };
}

/**
 * Directs a skeleton by its colliders, the knowledge and Meek's rules. An edge that `joined` has one way only is
 * directed from the start (time does that).
 */
export function orient(
  names: readonly string[],
  skeleton: Pick<Skeleton, "d" | "joined">,
  triples: readonly Triple[],
  knowledge: Constraints,
): { pdag: Pdag; diagnostics: Diagnostic[] } {
  const { d } = skeleton;
  const diagnostics: Diagnostic[] = [];
  const g = emptyPdag(d);
  g.may.set(skeleton.joined);
  const into = new Uint8Array(d * d);
  for (const { i, k, j, kind } of triples) {
    if (kind !== "collider") continue;
    into[i * d + k] = 1;
    into[j * d + k] = 1;
  }
  const conflicts: string[] = [];
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      if (into[i * d + j] === 0 || knowledge.forbidden[i * d + j] === 1) continue;
      if (into[j * d + i] === 0) point(g, i, j);
      else if (i < j) conflicts.push(`${names[i]} and ${names[j]}`);
    }
  }
  const undone = [...openCircles(g)];
  // No rule may build on a triple whose colliders contradict others: it would decide by order.
  const disputed = (t: Triple): boolean =>
    t.kind === "ambiguous" ||
    (t.kind === "collider" && !(directed(g, t.i, t.k) && directed(g, t.j, t.k)));
  const ambiguous = new Set(triples.filter(disputed).map((t) => tripleKey(d, t.i, t.k, t.j)));
  const against = applyKnowledge(g, knowledge);
  if (ambiguous.size === 0) meek(g, knowledge.any);
  else {
    meek(g, knowledge.any, undefined, (a, k, b) =>
      ambiguous.has(a < b ? tripleKey(d, a, k, b) : tripleKey(d, b, k, a)),
    );
  }
  undone.push(...openCircles(g));
  const warn = (code: string, message: string, hint: string): void => {
    diagnostics.push({ kind: "warning", code, message, hint });
  };
  if (conflicts.length > 0) {
    warn(
      "conflicting-colliders",
      `Tests point these edges both ways, so they are left undecided: ${list(conflicts)}.`,
      "A hidden common cause or too few rows does this; fci allows for the first.",
    );
  }
  if (undone.length > 0) {
    warn(
      "circles-undone",
      `Arrows among ${list(undone.map((group) => group.map((v) => names[v]).join(", ")))} went in a circle and are left undecided.`,
      'The tests contradict each other there; try colliders: "majority" or another alpha.',
    );
  }
  if (ambiguous.size > 0) {
    diagnostics.push({ kind: "fact", label: "Ambiguous triples", value: String(ambiguous.size) });
  }
  if (against.length > 0) {
    warn(
      "knowledge-against-data",
      `The tests point against what is known at ${list(against.map(([i, j]) => `${names[i]} -> ${names[j]}`))}.`,
      "Look at these pairs: either the knowledge or an assumption is wrong.",
    );
  }
  if (extension(g) === undefined) {
    warn(
      "no-dag",
      "No DAG has exactly these arrows and colliders: tests contradict each other somewhere.",
      "Questions that need a DAG of the class cannot be answered from it; boss always gives one.",
    );
  }
  return { pdag: g, diagnostics };
}

/** Leaves undecided the arrows inside each circle; returns the groups. */
function openCircles(g: Pdag): number[][] {
  const groups = circles(g);
  for (const group of groups) {
    for (const i of group) for (const j of group) if (directed(g, i, j)) g.may[j * g.d + i] = 1;
  }
  return groups;
}

const tripleKey = (d: number, i: number, k: number, j: number): number => (i * d + k) * d + j;

function list(items: readonly string[]): string {
  const more = items.length > 8 ? `; and ${items.length - 8} more` : "";
  return items.slice(0, 8).join("; ") + more;
}
