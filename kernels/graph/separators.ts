import { near } from "./compact.ts";
import type { Compact } from "./compact.ts";
import { closure } from "./relations.ts";

/**
 * A separation problem in a graph without the edges from `cutFrom` nodes to `cutTo` nodes: find sets of
 * `allowed` nodes that contain `required` and m-separate `a` from `b`. Every minimal one lies among the
 * ancestors of a, b and the required nodes, where m-separation is separation in the moral graph
 * (van der Zander, Liskiewicz & Textor 2019), so all functions here walk that graph.
 */
export interface SeparationProblem {
  readonly g: Compact;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly required: readonly number[];
  readonly allowed: (v: number) => boolean;
  readonly isCut: (from: number, to: number) => boolean;
}

/** Ancestors of a, b and the required nodes in the cut graph. */
export function relevantNodes({ g, a, b, required, isCut }: SeparationProblem): Uint8Array {
  const inside = new Uint8Array(g.n);
  const stack = [...a, ...b, ...required];
  for (const v of stack) inside[v] = 1;
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    for (let k = g.parents.start[v] ?? 0, end = g.parents.start[v + 1] ?? 0; k < end; k++) {
      const w = g.parents.list[k] ?? 0;
      if (inside[w] === 0 && !isCut(w, v)) {
        inside[w] = 1;
        stack.push(w);
      }
    }
  }
  return inside;
}

/**
 * Nodes met from `from` in the moral graph of the `inside` nodes when walks do not go through `blocked` nodes
 * (which are met nonetheless). 1 = met. O(n + m): a walk along the graph passes every collider, as its parents
 * are married, and every other node unless it is blocked.
 */
function meet(
  problem: SeparationProblem,
  from: readonly number[],
  inside: Uint8Array,
  blocked: Uint8Array,
): Uint8Array {
  const { g, isCut } = problem;
  const seen = new Uint8Array(g.n); // 1 entered by a tail, 2 entered by a head
  const stack: number[] = [];
  const enter = (w: number, by: number): void => {
    if (inside[w] === 0 || ((seen[w] ?? 0) & by) !== 0) return;
    seen[w] = (seen[w] ?? 0) | by;
    stack.push(w * 2 + (by === 2 ? 1 : 0));
  };
  for (const v of from) {
    seen[v] = 3;
    stack.push(v * 2);
  }
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const v = state >> 1;
    const through = blocked[v] === 0;
    if (through || (state & 1) === 1) {
      for (let k = g.parents.start[v] ?? 0, end = g.parents.start[v + 1] ?? 0; k < end; k++) {
        const w = g.parents.list[k] ?? 0;
        if (!isCut(w, v)) enter(w, 1);
      }
      for (let k = g.spouses.start[v] ?? 0, end = g.spouses.start[v + 1] ?? 0; k < end; k++) {
        enter(g.spouses.list[k] ?? 0, 2);
      }
    }
    if (!through) continue;
    for (let k = g.children.start[v] ?? 0, end = g.children.start[v + 1] ?? 0; k < end; k++) {
      const w = g.children.list[k] ?? 0;
      if (!isCut(v, w)) enter(w, 2);
    }
    for (let k = g.neighbours.start[v] ?? 0, end = g.neighbours.start[v + 1] ?? 0; k < end; k++) {
      enter(g.neighbours.list[k] ?? 0, 1);
    }
  }
  return seen;
}

/** Whether `given` separates a from b in the cut graph. O(n + m). */
export function separates(problem: SeparationProblem, given: readonly number[]): boolean {
  const inside = relevantNodes({ ...problem, required: given });
  const blocked = new Uint8Array(problem.g.n);
  for (const v of given) blocked[v] = 1;
  const seen = meet(problem, problem.a, inside, blocked);
  return !problem.b.some((v) => seen[v] !== 0);
}

/**
 * One inclusion-minimal separator (among those with the required nodes), nearest to `a` first and then thinned
 * from `b`; `undefined` when there is none. O(n + m). van der Zander & Liskiewicz 2020, algorithm 3.
 */
export function minimalSeparator(problem: SeparationProblem): number[] | undefined {
  const { g, a, b, required, allowed } = problem;
  const inside = relevantNodes(problem);
  const blocked = new Uint8Array(g.n);
  const ends = new Set([...a, ...b]);
  for (let v = 0; v < g.n; v++) if (inside[v] === 1 && !ends.has(v) && allowed(v)) blocked[v] = 1;
  for (const v of required) blocked[v] = 1;
  const fromA = meet(problem, a, inside, blocked);
  if (b.some((v) => fromA[v] !== 0)) return undefined;
  const must = new Set(required);
  for (let v = 0; v < g.n; v++)
    if (blocked[v] === 1 && fromA[v] === 0 && !must.has(v)) blocked[v] = 0;
  const fromB = meet(problem, b, inside, blocked);
  const found: number[] = [];
  for (let v = 0; v < g.n; v++) {
    if (blocked[v] === 1 && (must.has(v) || fromB[v] !== 0)) found.push(v);
  }
  return found;
}

/**
 * All inclusion-minimal separators that contain the required nodes, each once, with polynomial delay O(n (n + m))
 * between two of them (Takata 2010, on the moral graph; constraints after van der Zander et al. 2019).
 */
export function* minimalSeparators(
  problem: SeparationProblem,
): Generator<number[], void, undefined> {
  const { a, b, required, allowed } = problem;
  const inside = relevantNodes(problem);
  const must = new Set(required);
  const moral = moralNeighbours(problem, inside);
  const target = new Set(b);
  if (a.some((v) => target.has(v))) return;
  const mayCut = (v: number): boolean => allowed(v) && !target.has(v);

  /** Grows a side over nodes that may not be cut; the separator nearest to `b` then widens the side as far as it goes. */
  const settle = (
    side: ReadonlySet<number>,
  ): { side: Set<number>; cut: Set<number> } | undefined => {
    const grown = new Set(side);
    const stack = [...side];
    const border = new Set<number>();
    for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
      for (const w of moral.get(v) ?? []) {
        if (grown.has(w) || must.has(w)) continue;
        if (target.has(w)) return undefined;
        if (mayCut(w)) border.add(w);
        else {
          grown.add(w);
          border.delete(w);
          stack.push(w);
        }
      }
    }
    for (const v of grown) border.delete(v);
    const beyond = reachIn(moral, b, (v) => !border.has(v) && !must.has(v) && !grown.has(v));
    const cut = new Set<number>();
    for (const v of border) if ([...(moral.get(v) ?? [])].some((w) => beyond.has(w))) cut.add(v);
    return { side: reachIn(moral, a, (v) => !cut.has(v) && !must.has(v)), cut };
  };

  const first = settle(new Set(a));
  if (first === undefined) return;
  // An explicit stack: [settled side, nodes that stay in the separator].
  const stack: { state: { side: Set<number>; cut: Set<number> }; fixed: Set<number> }[] = [
    { state: first, fixed: new Set() },
  ];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { state, fixed } = item;
    const next = [...state.cut].find((v) => !fixed.has(v));
    if (next === undefined) {
      yield [...must, ...state.cut].sort((x, y) => x - y);
      continue;
    }
    const wider = settle(new Set([...state.side, next]));
    if (wider !== undefined && ![...fixed].some((v) => wider.side.has(v))) {
      stack.push({ state: wider, fixed: new Set(fixed) });
    }
    stack.push({ state, fixed: new Set([...fixed, next]) });
  }
}

function reachIn(
  adjacency: ReadonlyMap<number, ReadonlySet<number>>,
  from: readonly number[],
  open: (v: number) => boolean,
): Set<number> {
  const seen = new Set(from);
  const stack = [...from];
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    for (const w of adjacency.get(v) ?? []) {
      if (!seen.has(w) && open(w)) {
        seen.add(w);
        stack.push(w);
      }
    }
  }
  return seen;
}

/** The moral graph of the `inside` nodes: parents of one district, and the district, form a clique. */
export function moralNeighbours(
  problem: SeparationProblem,
  inside: Uint8Array,
): Map<number, Set<number>> {
  const { g, isCut } = problem;
  const moral = new Map<number, Set<number>>();
  const isIn = (v: number): boolean => inside[v] === 1;
  const link = (v: number, w: number): void => {
    let set = moral.get(v);
    if (set === undefined) moral.set(v, (set = new Set()));
    set.add(w);
  };
  const done = new Set<number>();
  for (let v = 0; v < g.n; v++) {
    if (!isIn(v)) continue;
    for (const w of near(g.neighbours, v)) if (isIn(w)) link(v, w);
    if (done.has(v)) continue;
    const clique = new Set<number>();
    for (const w of closure(g.spouses, [v], isIn)) {
      done.add(w);
      clique.add(w);
      for (const parent of near(g.parents, w))
        if (isIn(parent) && !isCut(parent, w)) clique.add(parent);
    }
    for (const x of clique) for (const y of clique) if (x !== y) link(x, y);
  }
  return moral;
}
