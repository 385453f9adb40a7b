import { ARROW, CIRCLE, type Marks, NONE, TAIL } from "../core/marks.ts";

export interface PagRules {
  /** Whether b was held to separate u and c; undefined leaves the triangle of the discriminating path undecided. */
  readonly separates: (b: number, u: number, c: number) => boolean | undefined;
  /**
   * RFCI's check of a discriminating path (its nodes from u to c): false when an edge of it does not hold, which ends
   * the orientation.
   */
  readonly holds?: (path: readonly number[]) => boolean;
  /** Rules for selection (5 to 7). */
  readonly selection: boolean;
}

/**
 * Completes a PAG whose unshielded colliders are marked: rules 1 to 4 for arrowheads and 5 to 10 for tails, until
 * none applies. Only circles are replaced, so that marks from knowledge stand. Changes `g`. Zhang 2008, section 3.
 * Rules 5, 9 and 10 look for uncovered paths, exponential at worst. False when a discriminating path did not hold.
 */
export function orientPag(g: Marks, rules: PagRules): boolean {
  const { d } = g;
  const at = (i: number, j: number): number => g.at[i * d + j]!;
  const joined = (i: number, j: number): boolean => g.at[i * d + j] !== NONE;
  let changed = true;
  const set = (i: number, j: number, mark: number): void => {
    if (g.at[i * d + j] !== CIRCLE) return;
    g.at[i * d + j] = mark;
    changed = true;
  };
  const near = (v: number): number[] => {
    const list: number[] = [];
    for (let w = 0; w < d; w++) if (g.at[v * d + w] !== NONE) list.push(w);
    return list;
  };
  while (changed) {
    changed = false;
    for (let b = 0; b < d; b++) {
      const around = near(b);
      for (const a of around) {
        for (const c of around) {
          if (a === c) continue;
          // 1: a *-> b o-* c
          if (at(a, b) === ARROW && at(c, b) === CIRCLE && !joined(a, c)) {
            set(c, b, TAIL);
            set(b, c, ARROW);
          }
          // 2: a -> b *-> c or a *-> b -> c, with a *-o c
          if (joined(a, c) && at(a, c) === CIRCLE && at(a, b) === ARROW && at(b, c) === ARROW) {
            if (at(b, a) === TAIL || at(c, b) === TAIL) set(a, c, ARROW);
          }
          // 3: a *-> b <-* c, a *-o e o-* c, e *-o b
          if (a < c && at(a, b) === ARROW && at(c, b) === ARROW && !joined(a, c)) {
            for (const e of around) {
              if (e === a || e === c || at(e, b) !== CIRCLE) continue;
              if (joined(a, e) && joined(c, e) && at(a, e) === CIRCLE && at(c, e) === CIRCLE) {
                set(e, b, ARROW);
              }
            }
          }
        }
      }
    }
    if (!discriminate(g, rules, set)) return false;
    if (rules.selection) selectionRules(g, set, near);
    tailRules(g, set, near);
  }
  return true;
}

type SetMark = (i: number, j: number, mark: number) => void;

/**
 * Rule 4. A discriminating path u, …, a, b, c for b: u and c apart, every node between u and b a collider on the path
 * and a parent of c. Breadth first from a back to u. False when the check of one fails.
 */
function discriminate(g: Marks, rules: PagRules, set: SetMark): boolean {
  const { d } = g;
  const at = (i: number, j: number): number => g.at[i * d + j]!;
  const isParent = (v: number, c: number): boolean => at(v, c) === ARROW && at(c, v) === TAIL;
  for (let b = 0; b < d; b++) {
    for (let c = 0; c < d; c++) {
      if (b === c || at(c, b) !== CIRCLE) continue; // b o-* c
      for (let a = 0; a < d; a++) {
        // a is a parent of c and a <-* b
        if (a === b || a === c || at(b, a) !== ARROW || !isParent(a, c)) continue;
        const path = discriminatingPath(g, a, b, c);
        if (path === undefined) continue;
        if (rules.holds !== undefined && !rules.holds(path)) return false;
        const u = path[0]!;
        const held = rules.separates(b, u, c);
        if (held === undefined) continue;
        if (held) {
          set(c, b, TAIL);
          set(b, c, ARROW);
        } else {
          set(a, b, ARROW);
          set(c, b, ARROW);
          set(b, c, ARROW);
        }
        break;
      }
    }
  }
  return true;
}

function discriminatingPath(g: Marks, a: number, b: number, c: number): number[] | undefined {
  const { d } = g;
  const at = (i: number, j: number): number => g.at[i * d + j]!;
  const next = new Int32Array(d).fill(-1);
  const seen = new Uint8Array(d);
  seen[a] = seen[b] = seen[c] = 1;
  const queue = [a];
  for (const v of queue) {
    for (let w = 0; w < d; w++) {
      if (seen[w] === 1 || at(w, v) !== ARROW) continue; // w *-> v
      seen[w] = 1;
      next[w] = v;
      if (at(w, c) === NONE) {
        const path = [w];
        for (let x = v; x !== a; x = next[x]!) path.push(x);
        return [...path, a, b, c];
      }
      // w goes on only as a collider and a parent of c
      if (at(v, w) === ARROW && at(w, c) === ARROW && at(c, w) === TAIL) queue.push(w);
    }
  }
  return undefined;
}

/** Rules 5 to 7: tails from selection. */
function selectionRules(g: Marks, set: SetMark, near: (v: number) => number[]): void {
  const { d } = g;
  const at = (i: number, j: number): number => g.at[i * d + j]!;
  const joined = (i: number, j: number): boolean => at(i, j) !== NONE;
  const isCircle = (i: number, j: number): boolean => at(i, j) === CIRCLE && at(j, i) === CIRCLE;
  for (let a = 0; a < d; a++) {
    for (let b = a + 1; b < d; b++) {
      if (!isCircle(a, b)) continue;
      // 5: an uncovered circle path a, c, …, e, b with a and e apart, b and c apart
      const path = uncoveredPath(
        near,
        joined,
        isCircle,
        [a],
        (v) => v === b,
        (p) => {
          const c = p[1]!;
          const e = p[p.length - 2]!;
          return p.length >= 4 && !joined(a, e) && !joined(b, c);
        },
        (c) => c !== b && !joined(b, c),
      );
      if (path === undefined) continue;
      path.forEach((v, i) => {
        const w = path[(i + 1) % path.length]!;
        set(v, w, TAIL);
        set(w, v, TAIL);
      });
    }
  }
  for (let b = 0; b < d; b++) {
    for (const a of near(b)) {
      for (const c of near(b)) {
        if (a === c || at(c, b) !== CIRCLE) continue; // b o-* c
        if (at(a, b) === TAIL && at(b, a) === TAIL) set(c, b, TAIL); // 6: a -- b
        if (at(b, a) === TAIL && at(a, b) === CIRCLE && !joined(a, c)) set(c, b, TAIL); // 7: a --o b
      }
    }
  }
}

/** Rules 8 to 10: tails of a o-> c. */
function tailRules(g: Marks, set: SetMark, near: (v: number) => number[]): void {
  const { d } = g;
  const at = (i: number, j: number): number => g.at[i * d + j]!;
  const joined = (i: number, j: number): boolean => at(i, j) !== NONE;
  const mayPoint = (i: number, j: number): boolean => at(j, i) !== ARROW && at(i, j) !== TAIL;
  for (let c = 0; c < d; c++) {
    for (const a of near(c)) {
      if (at(a, c) !== ARROW || at(c, a) !== CIRCLE) continue; // a o-> c
      // 8: a -> b -> c or a --o b -> c
      const through = near(a).some(
        (b) => at(b, a) === TAIL && at(a, b) !== TAIL && at(b, c) === ARROW && at(c, b) === TAIL,
      );
      if (through) {
        set(c, a, TAIL);
        continue;
      }
      // 9: an uncovered path a, b, …, c that may be directed, b and c apart
      const path = uncoveredPath(
        near,
        joined,
        mayPoint,
        [a],
        (v) => v === c,
        (p) => p.length >= 4,
        (b) => b !== c && !joined(b, c),
      );
      if (path !== undefined) {
        set(c, a, TAIL);
        continue;
      }
      // 10: two such paths to different parents of c, by first nodes that are apart
      const parents = near(c).filter((v) => v !== a && at(v, c) === ARROW && at(c, v) === TAIL);
      if (parents.length < 2) continue;
      const starts = near(a).filter((v) => v !== c && mayPoint(a, v));
      const reached = starts.map((m) =>
        parents.filter(
          (b) =>
            m === b ||
            uncoveredPath(
              near,
              joined,
              mayPoint,
              [a, m],
              (v) => v === b,
              () => true,
              (v) => v !== c,
            ) !== undefined,
        ),
      );
      const found = starts.some((m, i) =>
        starts.some(
          (w, k) =>
            k > i && !joined(m, w) && reached[i]!.some((b) => reached[k]!.some((e) => e !== b)),
        ),
      );
      if (found) set(c, a, TAIL);
    }
  }
}

/** Steps of the search for one uncovered path at most: past them it counts as absent, which only leaves a circle. */
const MOST_STEPS = 200_000;

/** A path on which no node's two neighbours are joined, each edge allowed by `follows`; depth first. */
function uncoveredPath(
  near: (v: number) => number[],
  joined: (i: number, j: number) => boolean,
  follows: (i: number, j: number) => boolean,
  start: readonly number[],
  isEnd: (v: number) => boolean,
  accepts: (path: readonly number[]) => boolean,
  second: (v: number) => boolean,
): number[] | undefined {
  let steps = 0;
  const path = [...start];
  const walk = (): boolean => {
    if (++steps > MOST_STEPS) return false;
    const last = path[path.length - 1]!;
    const before = path[path.length - 2];
    for (const w of near(last)) {
      if (path.includes(w) || !follows(last, w)) continue;
      if (before !== undefined && joined(before, w)) continue;
      if (path.length === 1 && !second(w)) continue;
      path.push(w);
      if (isEnd(w) ? accepts(path) : walk()) return true;
      path.pop();
    }
    return false;
  };
  return walk() ? path : undefined;
}
