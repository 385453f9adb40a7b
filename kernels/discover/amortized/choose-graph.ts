import { adjacent, emptyPdag, extension, meek, type Pdag } from "../core/pdag.ts";
import type { Constraints } from "../knowledge.ts";

/** Probabilities of arrows that hold what is known: forbidden ones 0, required ones 1 and their reverse 0. O(d²). */
export function holdKnowledge(arrows: Float64Array, known: Constraints): Float64Array {
  const { d } = known;
  const out = arrows.slice();
  for (let p = 0; p < d * d; p++) if (known.forbidden[p] === 1) out[p] = 0;
  for (const [i, j] of known.requiredList) {
    out[i * d + j] = 1;
    out[j * d + i] = 0;
  }
  return out;
}

/** A graph read off probabilities. */
export interface ChosenGraph {
  readonly pdag: Pdag;
  /** Pairs whose likelier direction would have closed a circle, or contradicted the others, and were turned. */
  readonly turned: number;
}

/**
 * Pairs joined with probability of at least `threshold`, surest first, directed where one direction holds at least the
 * share `direction` of it, else left undecided unless the others decide. An arrow that would close a circle is turned.
 * When the undecided edges cannot all be directed without a circle or a collider more, all take their likelier
 * direction. O(d⁴).
 */
export function chooseGraph(
  arrows: Float64Array,
  d: number,
  threshold: number,
  direction: number,
): ChosenGraph {
  const joined: { i: number; j: number; p: number; share: number }[] = [];
  for (let a = 0; a < d; a++) {
    for (let b = 0; b < a; b++) {
      const [i, j] = arrows[a * d + b]! >= arrows[b * d + a]! ? [a, b] : [b, a];
      const p = arrows[i * d + j]! + arrows[j * d + i]!;
      if (p >= threshold && p > 0) joined.push({ i, j, p, share: arrows[i * d + j]! / p });
    }
  }
  joined.sort((x, y) => y.p * y.share - x.p * x.share);
  const build = (least: number): ChosenGraph => {
    const g = emptyPdag(d);
    let turned = 0;
    for (const { i, j, share } of joined) {
      if (share < least) continue;
      const circle = reaches(g, j, i);
      if (circle) turned += 1;
      g.may[circle ? j * d + i : i * d + j] = 1;
    }
    for (const { i, j } of joined) {
      if (!adjacent(g, i, j)) g.may[i * d + j] = g.may[j * d + i] = 1;
    }
    return { pdag: g, turned };
  };
  const some = build(direction);
  meek(some.pdag);
  return extension(some.pdag) === undefined ? build(0) : some;
}

/** Whether directed edges lead from i to j. */
function reaches(g: Pdag, i: number, j: number): boolean {
  const seen = new Set([i]);
  for (const v of seen) {
    if (v === j) return true;
    for (let w = 0; w < g.d; w++) {
      if (g.may[v * g.d + w] === 1 && g.may[w * g.d + v] === 0) seen.add(w);
    }
  }
  return false;
}
