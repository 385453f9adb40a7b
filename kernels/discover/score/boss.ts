import { quietWork, type Work } from "../../../app/work.ts";
import type { Rng } from "../../math/rng.ts";
import { applyKnowledge } from "../core/mpdag.ts";
import { cpdagOf, extension } from "../core/pdag.ts";
import { type Constraints, noConstraints } from "../knowledge.ts";
import { paceOf } from "../pace.ts";
import type { LocalScore } from "../scores/local-score.ts";
import { GrowShrinkTree, type Prefix } from "./grow-shrink.ts";

export interface BossSettings {
  /** Random orders to start from; the best result is kept. */
  readonly starts: number;
  /**
   * How often in a row, when no move helps, the search goes on from another order of an equivalent graph without
   * finding a better one. Default 3.
   */
  readonly patience?: number;
  readonly knowledge?: Constraints;
}

export interface BossResult {
  readonly parents: readonly Int32Array[];
  /** Causes before effects. */
  readonly order: Int32Array;
  readonly score: number;
  /** Sweeps over all columns, of all starts. */
  readonly sweeps: number;
  readonly starts: number;
  /** Nodes of all grow-shrink trees. */
  readonly nodes: number;
}

/** An order must beat the one before by so much. */
const EPSILON = 1e-7;

/**
 * Best order score search: every column in turn is moved to the place in the order where the sum of the grow-shrink
 * scores is highest, until no move helps. Andrews et al. 2023, algorithm 2. Tiers and required edges limit the places
 * a column may go to, forbidden edges what its tree may add, so every order tried agrees with them.
 *
 * A column's score can only change with the place of another if that one stands in a node its walk passed, so most
 * moves are priced without walking. O(d² / 32) a sweep plus walks and tree nodes (one `grow` of the score each).
 */
export async function bossSearch(
  score: LocalScore,
  settings: BossSettings,
  rng: Rng,
  work: Work = quietWork,
): Promise<BossResult> {
  const { d } = score;
  const knowledge = settings.knowledge ?? noConstraints(d);
  const pace = paceOf(work, 1);
  const trees = Array.from({ length: d }, (_, v) => {
    const required = knowledge.requiredList.filter(([, to]) => to === v).map(([from]) => from);
    return new GrowShrinkTree(
      score,
      v,
      [...new Set(required)],
      (z) => knowledge.forbidden[z * d + v] === 1 || knowledge.required[z * d + v] === 1,
    );
  });
  const columns = Int32Array.from({ length: d }, (_, v) => v);
  let sweeps = 0;
  const climb = async (run: OrderRun, label: string): Promise<void> => {
    for (let improved = true; improved;) {
      improved = false;
      sweeps += 1;
      shuffle(columns, rng);
      for (let k = 0; k < d; k++) {
        if (run.move(columns[k]!)) improved = true;
        if (!pace.due()) continue;
        const column = d > 20 ? `, column ${k + 1} of ${d}` : "";
        await pace.rest(
          undefined,
          `${label}, sweep ${sweeps}${column}, score ${run.total().toFixed(1)}`,
        );
      }
    }
  };
  let best: OrderRun | undefined;
  for (let start = 0; start < settings.starts; start++) {
    const label = `start ${start + 1} of ${settings.starts}`;
    let run = new OrderRun(trees, knowledge, startingOrder(knowledge, rng));
    await climb(run, label);
    for (let stale = 0; stale < (settings.patience ?? 3);) {
      const order = equivalentOrder(run.parents(), knowledge, rng);
      if (order === undefined) break;
      const other = new OrderRun(trees, knowledge, order);
      await climb(other, `${label}, from an equivalent order`);
      stale = other.total() > run.total() + EPSILON ? 0 : stale + 1;
      if (other.total() > run.total() - EPSILON) run = other;
    }
    if (best === undefined || run.total() > best.total() + EPSILON) best = run;
  }
  if (best === undefined) throw new Error("BOSS needs at least one start.");
  return {
    parents: best.parents(),
    order: best.order,
    score: best.total(),
    sweeps,
    starts: settings.starts,
    nodes: trees.reduce((sum, tree) => sum + tree.size, 0),
  };
}

/**
 * A random order of a random member of the equivalence class of a DAG, as far as the knowledge allows; undefined when
 * none is found. A move that helps from one order of the class may not from another.
 */
function equivalentOrder(
  parents: readonly Int32Array[],
  knowledge: Constraints,
  rng: Rng,
): Int32Array | undefined {
  const d = parents.length;
  const g = cpdagOf(parents);
  applyKnowledge(g, knowledge);
  const names = Int32Array.from({ length: d }, (_, v) => v);
  shuffle(names, rng);
  const member = extension(g, names);
  if (member === undefined) return undefined;
  const children: number[][] = Array.from({ length: d }, () => []);
  const waiting = new Int32Array(d);
  member.forEach((list, v) => {
    waiting[v] = list.length;
    for (const p of list) children[p]!.push(v);
  });
  const { tier, any } = knowledge;
  const open = [...names].filter((v) => waiting[v] === 0);
  const inTier = new Map<number, number>();
  for (const level of tier) inTier.set(level, (inTier.get(level) ?? 0) + 1);
  const allowed = (v: number): boolean =>
    !any || tier[v]! < 0 || [...inTier].every(([t, n]) => t < 0 || t >= tier[v]! || n === 0);
  const order: number[] = [];
  while (open.length > 0) {
    const choices = open.flatMap((v, k) => (allowed(v) ? [k] : []));
    const k = choices[rng.int(Math.max(1, choices.length))];
    if (k === undefined) return undefined;
    const v = open[k]!;
    open[k] = open[open.length - 1]!;
    open.pop();
    inTier.set(tier[v]!, inTier.get(tier[v]!)! - 1);
    order.push(v);
    for (const w of children[v]!) if (--waiting[w]! === 0) open.push(w);
  }
  return Int32Array.from(order);
}

/** One order on its way to a best one. */
class OrderRun {
  readonly order: Int32Array;
  readonly #position: Int32Array;
  readonly #trees: readonly GrowShrinkTree[];
  readonly #scores: Float64Array;
  /** What each column's last walk could have added, as bits. */
  readonly #involved: Uint32Array[];
  readonly #knowledge: Constraints;
  readonly #prefix: Prefix;

  constructor(trees: readonly GrowShrinkTree[], knowledge: Constraints, order: Int32Array) {
    const d = trees.length;
    this.order = order;
    this.#trees = trees;
    this.#knowledge = knowledge;
    this.#position = new Int32Array(d);
    order.forEach((v, i) => (this.#position[v] = i));
    this.#prefix = { position: this.#position, before: 0, moved: -1, special: false };
    this.#scores = new Float64Array(d);
    this.#involved = trees.map((tree) => new Uint32Array(tree.involved.length));
    for (let v = 0; v < d; v++) this.#refresh(v);
  }

  total(): number {
    let sum = 0;
    for (const value of this.#scores) sum += value;
    return sum;
  }

  parents(): Int32Array[] {
    return this.#trees.map((tree, v) => tree.parents(this.#at(this.#position[v]!)));
  }

  #at(before: number, moved = -1, special = false): Prefix {
    const prefix = this.#prefix;
    prefix.before = before;
    prefix.moved = moved;
    prefix.special = special;
    return prefix;
  }

  #refresh(v: number): void {
    const tree = this.#trees[v]!;
    this.#scores[v] = tree.trace(this.#at(this.#position[v]!));
    this.#involved[v]!.set(tree.involved);
  }

  /** Moves v to its best place; false when it stands there. */
  move(v: number): boolean {
    const { order } = this;
    const d = order.length;
    const position = this.#position;
    const here = position[v]!;
    const tree = this.#trees[v]!;
    const word = v >> 5;
    const bit = 1 << (v & 31);
    const [first, last] = this.#range(v);
    if (first === last) return false;
    // Gain of each place over v standing last: scores of the others without v before them, then with it.
    // `own` walks v's tree along the growing prefix; only columns the walk could add change it.
    let own = 0;
    let stale = true;
    let others = 0;
    let best = -Infinity;
    let place = here;
    let current = -Infinity;
    for (let i = 0; i < d; i++) {
      // v stands before the i-th of the others; the others are the order without v
      if (i >= first && i <= last) {
        if (stale) {
          // among positions of the order that still holds v, the first i others end at i or i + 1
          own = tree.trace(this.#at(i <= here ? i : i + 1, v, false));
          stale = false;
        }
        const value = others + own;
        if (i === here) current = value;
        if (value > best + EPSILON) {
          best = value;
          place = i;
        }
      }
      if (i === d - 1 || i >= last) break;
      const w = order[i < here ? i : i + 1]!;
      if (i >= first && (this.#involved[w]![word]! & bit) !== 0) {
        // moving v from before w to after it
        const other = this.#trees[w]!;
        const at = position[w]!;
        const held = at > here; // v stands before w today
        const today = this.#scores[w]!;
        const changed = other.trace(this.#at(at, v, !held));
        others += held ? changed - today : today - changed;
      }
      if (!stale && (tree.involved[w >> 5]! & (1 << (w & 31))) !== 0) stale = true;
    }
    if (place === here || best <= current + EPSILON) return false;
    if (place < here) order.copyWithin(place + 1, place, here);
    else order.copyWithin(here, here + 1, place + 1);
    order[place] = v;
    const from = Math.min(place, here);
    const to = Math.max(place, here);
    for (let i = from; i <= to; i++) position[order[i]!] = i;
    for (let i = from; i <= to; i++) {
      const w = order[i]!;
      if (w === v || (this.#involved[w]![word]! & bit) !== 0) this.#refresh(w);
    }
    return true;
  }

  /** Places that tiers and required edges leave to v. */
  #range(v: number): readonly [number, number] {
    const d = this.order.length;
    const { any, tier, required } = this.#knowledge;
    if (!any) return [0, d - 1];
    let first = 0;
    let last = d - 1;
    const own = tier[v]!;
    const here = this.#position[v]!;
    for (let i = 0; i < d; i++) {
      const w = this.order[i]!;
      if (w === v) continue;
      const rank = i < here ? i : i - 1; // among the others
      const tiered = own >= 0 && tier[w]! >= 0;
      if (required[w * d + v] === 1 || (tiered && tier[w]! < own))
        first = Math.max(first, rank + 1);
      if (required[v * d + w] === 1 || (tiered && tier[w]! > own)) last = Math.min(last, rank);
    }
    return [first, last];
  }
}

/** A random order that tiers and required edges allow. */
function startingOrder(knowledge: Constraints, rng: Rng): Int32Array {
  const { d, tier, required, any } = knowledge;
  const order = Int32Array.from({ length: d }, (_, v) => v);
  shuffle(order, rng);
  if (!any) return order;
  const out: number[] = [];
  const left = new Set(order);
  const blocked = (v: number, by: number): boolean =>
    required[by * d + v] === 1 || (tier[by]! >= 0 && tier[v]! >= 0 && tier[by]! < tier[v]!);
  while (left.size > 0) {
    let next: number | undefined;
    for (const v of left) {
      let free = true;
      for (const w of left) if (w !== v && blocked(v, w)) free = false;
      if (!free) continue;
      next = v;
      break;
    }
    if (next === undefined) throw new Error("Tiers and required edges contradict each other.");
    out.push(next);
    left.delete(next);
  }
  return Int32Array.from(out);
}

function shuffle(list: Int32Array, rng: Rng): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    const held = list[i]!;
    list[i] = list[j]!;
    list[j] = held;
  }
}
