import { quietWork, type Work } from "../../../app/work.ts";
import { ARROW, CIRCLE, emptyMarks, type Marks, marksGraph, NONE, TAIL } from "../core/marks.ts";
import { type Constraints, noConstraints } from "../knowledge.ts";
import { type Pace, paceOf } from "../pace.ts";
import type { Diagnostic, Finding } from "../result.ts";
import { findCycle } from "../../graph/cycle.ts";
import type { Independence } from "../tests/independence.ts";
import { orientPag, type PagRules } from "./orient-pag.ts";
import {
  findSkeleton,
  firstSeparator,
  isJoined,
  neighbours,
  separate,
  separatorOf,
  type Skeleton,
} from "./skeleton.ts";
import { classifyTriples, type ColliderRule } from "./triples.ts";

export interface FciSettings {
  readonly colliders: ColliderRule;
  /** Largest conditioning set, -1 for no limit. */
  readonly depth: number;
  /** Rules 5 to 7, for data that were selected by what is in the graph. */
  readonly selection: boolean;
  /** Really fast FCI: no tests on possible d-separating sets, but a check of each triple. */
  readonly fast: boolean;
  readonly knowledge?: Constraints;
}

/**
 * FCI: the class of graphs with hidden common causes (and selection) that the tests of independence describe, as a
 * PAG. Skeleton, colliders, further separating sets among possible d-separators, rules 1 to 10. With `fast` RFCI,
 * whose graph may have more edges but needs no such sets. Spirtes, Glymour & Scheines 2000; Zhang 2008; Colombo,
 * Maathuis, Kalisch & Richardson 2012.
 */
export async function fciSearch(
  names: readonly string[],
  test: Independence,
  settings: FciSettings,
  work: Work = quietWork,
): Promise<Finding> {
  const d = names.length;
  const knowledge = settings.knowledge ?? noConstraints(d);
  const pace = paceOf(work);
  const depth = settings.depth < 0 ? Infinity : settings.depth;
  // What is in a later tier than both causes neither, so it is in no minimal separating set.
  const mayHold = (x: number, y: number, v: number): boolean => {
    const latest = Math.max(knowledge.tier[x]!, knowledge.tier[y]!);
    const both = knowledge.tier[x]! >= 0 && knowledge.tier[y]! >= 0;
    return !both || knowledge.tier[v]! <= latest;
  };
  const skeleton = await findSkeleton(d, test, { knowledge, depth, mayHold }, pace);
  const rules = rulesFor(skeleton, test, settings);
  let marks: Marks;
  if (settings.fast) {
    // A discriminating path that fails its check removes an edge, and the colliders are found anew.
    do marks = await checkedColliders(skeleton, test, knowledge, pace);
    while (!orientPag(marks, rules));
  } else {
    const triples = await classifyTriples(skeleton, test, "standard", depth, pace);
    const first = withColliders(skeleton, triples, knowledge);
    await removeByPossibleSeparators(skeleton, first, test, { depth, mayHold, knowledge }, pace);
    const again = await classifyTriples(skeleton, test, settings.colliders, depth, pace);
    marks = withColliders(skeleton, again, knowledge);
    orientPag(marks, rules);
  }
  return {
    kind: "pag",
    graph: marksGraph(marks, names, "pag"),
    diagnostics: [
      {
        kind: "fact",
        label: "Tests",
        value: `${skeleton.tests} (${test.name}), sets up to ${skeleton.deepest}`,
      },
      ...circleNotes(marks, names),
    ],
  };
}

/** Warns of arrows in a circle, which only contradicting tests bring about. */
export function circleNotes(marks: Marks, names: readonly string[]): Diagnostic[] {
  const cycle = findCycle(marksGraph(marks, names, "pag"));
  if (cycle === undefined) return [];
  return [
    {
      kind: "warning",
      code: "pag-circle",
      message: `Arrows go in a circle: ${cycle.join(" -> ")}. No graph has all these independences.`,
      hint: "The tests contradict each other; try another alpha, more rows, or gfci.",
    },
  ];
}

/** Circles everywhere, arrowheads into unshielded colliders, and what is known. */
export function withColliders(
  skeleton: Skeleton,
  triples: readonly {
    readonly i: number;
    readonly k: number;
    readonly j: number;
    readonly kind: string;
  }[],
  knowledge: Constraints,
): Marks {
  const { d, joined } = skeleton;
  const marks = emptyMarks(d);
  for (let k = 0; k < joined.length; k++) if (joined[k] === 1) marks.at[k] = CIRCLE;
  knownMarks(marks, knowledge);
  for (const { i, k, j, kind } of triples) {
    if (kind !== "collider") continue;
    if (marks.at[i * d + k] === CIRCLE) marks.at[i * d + k] = ARROW;
    if (marks.at[j * d + k] === CIRCLE) marks.at[j * d + k] = ARROW;
  }
  return marks;
}

/** `forbidden` a -> b reads "a is no cause of b": an arrowhead at a. `required` a -> b: a tail at a, a head at b. */
function knownMarks(marks: Marks, knowledge: Constraints): void {
  if (!knowledge.any) return;
  const { d, at } = marks;
  for (let a = 0; a < d; a++) {
    for (let b = 0; b < d; b++) {
      if (at[a * d + b] === NONE) continue;
      if (knowledge.forbidden[a * d + b] === 1) at[b * d + a] = ARROW;
      if (knowledge.required[a * d + b] === 1) {
        at[b * d + a] = TAIL;
        at[a * d + b] = ARROW;
      }
    }
  }
}

interface Limits {
  readonly depth: number;
  readonly mayHold: (x: number, y: number, v: number) => boolean;
  readonly knowledge: Constraints;
}

/** Tests each edge again on subsets of what may d-separate its ends. Spirtes, Glymour & Scheines 2000, section 6.7. */
async function removeByPossibleSeparators(
  skeleton: Skeleton,
  marks: Marks,
  test: Independence,
  { depth, mayHold, knowledge }: Limits,
  pace: Pace,
): Promise<void> {
  const { d } = skeleton;
  const near = neighbours(skeleton);
  const pools = near.map((_, v) => possibleSeparators(marks, near, v));
  for (let i = 0; i < d; i++) {
    for (const j of near[i]!) {
      if (
        !isJoined(skeleton, i, j) ||
        knowledge.required[i * d + j] === 1 ||
        knowledge.required[j * d + i] === 1
      )
        continue;
      const pool = pools[i]!.filter((v) => v !== j && mayHold(i, j, v));
      for (let size = 1; size <= Math.min(depth, pool.length); size++) {
        const found = await firstSeparator(skeleton, test, i, j, pool, size, pace);
        if (found === undefined) continue;
        separate(skeleton, i, j, found);
        break;
      }
      if (pace.due()) await pace.rest(i / d, "possible separating sets");
    }
  }
}

/** Nodes reached from v by paths whose inner nodes are colliders or part of a triangle. O(edges²). */
function possibleSeparators(marks: Marks, near: readonly Int32Array[], v: number): number[] {
  const { d, at } = marks;
  const reached = new Uint8Array(d);
  const seen = new Set<number>();
  const queue: [number, number][] = [];
  for (const w of near[v]!) {
    queue.push([v, w]);
    seen.add(v * d + w);
    reached[w] = 1;
  }
  for (const [a, b] of queue) {
    for (const c of near[b]!) {
      if (c === a || c === v || seen.has(b * d + c)) continue;
      const collider = at[a * d + b] === ARROW && at[c * d + b] === ARROW;
      if (!collider && at[a * d + c] === NONE) continue;
      seen.add(b * d + c);
      reached[c] = 1;
      queue.push([b, c]);
    }
  }
  return [...reached.keys()].filter((w) => reached[w] === 1 && w !== v);
}

/**
 * RFCI's colliders: a triple counts only if its edges stay dependent given the separating set of its ends; an edge
 * that does not is removed with a minimal set, and the triples it touches are looked at anew. Colombo et al. 2012,
 * algorithm 4.
 */
async function checkedColliders(
  skeleton: Skeleton,
  test: Independence,
  knowledge: Constraints,
  pace: Pace,
): Promise<Marks> {
  const colliders: { i: number; k: number; j: number; kind: string }[] = [];
  const queue: [number, number, number][] = [];
  const addTriples = (): void => {
    queue.length = 0;
    const near = neighbours(skeleton);
    near.forEach((list, k) =>
      list.forEach((i, a) =>
        list.slice(a + 1).forEach((j) => {
          if (!isJoined(skeleton, i, j)) queue.push([i, k, j]);
        }),
      ),
    );
  };
  addTriples();
  const done = new Set<string>();
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [i, k, j] = next;
    const key = `${i},${k},${j}`;
    if (done.has(key)) continue;
    const given = separatorOf(skeleton, i, j);
    const others = given.filter((v) => v !== k);
    const loose = [i, j].find(
      (end) => !isRequired(knowledge, end, k) && test.independent(end, k, others),
    );
    skeleton.tests += 2;
    if (loose === undefined) {
      done.add(key);
      if (!given.includes(k)) colliders.push({ i, k, j, kind: "collider" });
      continue;
    }
    separate(skeleton, loose, k, minimalSeparator(test, loose, k, others));
    addTriples();
    if (pace.due()) await pace.rest(undefined, "checking triples");
  }
  const standing = colliders.filter(
    ({ i, k, j }) =>
      isJoined(skeleton, i, k) && isJoined(skeleton, j, k) && !isJoined(skeleton, i, j),
  );
  return withColliders(skeleton, standing, knowledge);
}

function isRequired(knowledge: Constraints, i: number, j: number): boolean {
  return (
    knowledge.required[i * knowledge.d + j] === 1 || knowledge.required[j * knowledge.d + i] === 1
  );
}

/** Drops members of a separating set while it still separates. */
function minimalSeparator(test: Independence, i: number, j: number, given: Int32Array): Int32Array {
  let set = given;
  for (const v of given) {
    const less = set.filter((w) => w !== v);
    if (test.independent(i, j, less)) set = less;
  }
  return set;
}

function rulesFor(skeleton: Skeleton, test: Independence, settings: FciSettings): PagRules {
  const base: PagRules = {
    selection: settings.selection,
    separates: (b, u, c) => separatorOf(skeleton, u, c).includes(b),
  };
  if (!settings.fast) return base;
  return {
    ...base,
    // Colombo et al. 2012, algorithm 5: every edge of the path must stay dependent given the ends' separating set.
    holds: (path) => {
      const u = path[0]!;
      const c = path[path.length - 1]!;
      const given = separatorOf(skeleton, u, c);
      for (let k = 0; k + 1 < path.length; k++) {
        const [v, w] = [path[k]!, path[k + 1]!];
        const others = given.filter((x) => x !== v && x !== w);
        if (settings.knowledge !== undefined && isRequired(settings.knowledge, v, w)) continue;
        skeleton.tests += 1;
        if (!test.independent(v, w, others)) continue;
        separate(skeleton, v, w, minimalSeparator(test, v, w, others));
        return false;
      }
      return true;
    },
  };
}
