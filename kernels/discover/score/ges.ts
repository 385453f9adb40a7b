import { quietWork, type Work } from "../../../app/work.ts";
import { applyKnowledge } from "../core/mpdag.ts";
import {
  adjacent,
  cpdagOf,
  directed,
  emptyPdag,
  extension,
  type Pdag,
  point,
  undirected,
} from "../core/pdag.ts";
import { type Constraints, noConstraints } from "../knowledge.ts";
import { type Pace, paceOf } from "../pace.ts";
import { type LocalScore, remembered, scoreOf } from "../scores/local-score.ts";

export interface GesSettings {
  readonly knowledge?: Constraints;
  /** The class a DAG stands for; other than the Markov class when there were interventions. */
  readonly classOf?: (parents: readonly ArrayLike<number>[]) => Pdag;
  /** Where to start; the empty graph by default. */
  readonly from?: readonly ArrayLike<number>[];
  /** Leave out the forward phase (to prune what another search found). */
  readonly backwardOnly?: boolean;
}

export interface GesResult {
  readonly parents: readonly (readonly number[])[];
  readonly pdag: Pdag;
  readonly score: number;
  readonly steps: number;
}

/** A step between classes: what to add to or take from y's parents, and by how much the score rises. */
interface Step {
  readonly kind: "insert" | "delete";
  readonly x: number;
  readonly y: number;
  readonly set: readonly number[];
  /** Undirected neighbours of y next to x. */
  readonly shared: readonly number[];
  readonly gain: number;
}

const EPSILON = 1e-9;
/** Neighbours whose subsets are tried at most: 2^12 sets a pair. */
const MOST = 12;

/**
 * Greedy equivalence search: the best valid insertion until none helps, then the best valid deletion, and again while
 * the score rises. Chickering 2002, theorems 15 and 17. With knowledge a step must leave a class that agrees with it,
 * which makes the search greedy in a smaller space. O(d²) a step plus local scores of what changed.
 */
export async function gesSearch(
  score: LocalScore,
  settings: GesSettings = {},
  work: Work = quietWork,
): Promise<GesResult> {
  const { d } = score;
  const knowledge = settings.knowledge ?? noConstraints(d);
  const pace = paceOf(work, 16);
  const search = new Search(remembered(score), knowledge, settings.classOf ?? cpdagOf);
  const from = settings.from ?? requiredParents(knowledge);
  search.begin(from);
  let steps = 0;
  const phases =
    settings.backwardOnly === true ? (["delete"] as const) : (["insert", "delete"] as const);
  for (let moved = true; moved;) {
    moved = false;
    for (const phase of phases) {
      while (await search.step(phase, pace)) {
        steps += 1;
        moved = true;
      }
    }
    if (settings.backwardOnly === true) break;
  }
  const parents = extension(search.g);
  if (parents === undefined) throw new Error("The class lost its members.");
  return { parents, pdag: search.g, score: scoreOf(score, parents), steps };
}

function requiredParents(knowledge: Constraints): number[][] {
  const parents: number[][] = Array.from({ length: knowledge.d }, () => []);
  for (const [from, to] of knowledge.requiredList) {
    if (!parents[to]!.includes(from)) parents[to]!.push(from);
  }
  return parents;
}

class Search {
  g: Pdag;
  readonly #score: LocalScore;
  readonly #knowledge: Constraints;
  readonly #classOf: (parents: readonly ArrayLike<number>[]) => Pdag;
  /** Steps of each ordered pair, best first; undefined when its surroundings have changed. */
  #steps: (readonly Step[] | undefined)[] = [];
  #phase: Step["kind"] | undefined;

  constructor(
    score: LocalScore,
    knowledge: Constraints,
    classOf: (parents: readonly ArrayLike<number>[]) => Pdag,
  ) {
    this.#score = score;
    this.#knowledge = knowledge;
    this.#classOf = classOf;
    this.g = emptyPdag(score.d);
  }

  begin(parents: readonly ArrayLike<number>[]): void {
    this.g = this.#classOf(parents);
    applyKnowledge(this.g, this.#knowledge);
  }

  /** Takes the best step of the phase; false when none helps. */
  async step(phase: Step["kind"], pace: Pace): Promise<boolean> {
    const { d } = this.g;
    if (this.#phase !== phase) {
      this.#phase = phase;
      this.#steps = Array.from({ length: d * d }, () => undefined);
    }
    const found: Step[] = [];
    for (let y = 0; y < d; y++) {
      for (let x = 0; x < d; x++) {
        if (x === y) continue;
        const at = x * d + y;
        const list = (this.#steps[at] ??=
          phase === "insert" ? this.#inserts(x, y) : this.#deletes(x, y));
        for (const step of list) found.push(step);
      }
      if (pace.due())
        await pace.rest(undefined, `${phase === "insert" ? "adding" : "removing"} edges`);
    }
    found.sort((a, b) => b.gain - a.gain);
    for (const step of found) {
      const next = this.#apply(step);
      if (next === undefined) continue;
      this.#forget(this.g, next);
      this.g = next;
      return true;
    }
    return false;
  }

  #inserts(x: number, y: number): Step[] {
    const { g } = this;
    const { d } = g;
    if (adjacent(g, x, y) || this.#knowledge.forbidden[x * d + y] === 1) return [];
    const { parents, shared, apart } = this.#around(x, y);
    const steps: Step[] = [];
    for (const set of subsets(apart)) {
      if (set.some((t) => this.#knowledge.forbidden[t * d + y] === 1)) continue;
      const held = [...shared, ...set];
      if (!isClique(g, held)) continue;
      const base = [...parents, ...held];
      const gain = this.#score.local(y, [...base, x]) - this.#score.local(y, base);
      if (gain > EPSILON) steps.push({ kind: "insert", x, y, set, shared, gain });
    }
    return steps;
  }

  #deletes(x: number, y: number): Step[] {
    const { g } = this;
    const { d } = g;
    if (!directed(g, x, y) && !undirected(g, x, y)) return [];
    if (this.#knowledge.required[x * d + y] === 1 || this.#knowledge.required[y * d + x] === 1)
      return [];
    const { parents, shared } = this.#around(x, y);
    const steps: Step[] = [];
    const above = parents.filter((p) => p !== x);
    for (const set of subsets(shared)) {
      const kept = shared.filter((v) => !set.includes(v));
      if (!isClique(g, kept)) continue;
      const base = [...above, ...kept];
      const gain = this.#score.local(y, base) - this.#score.local(y, [...base, x]);
      if (gain > EPSILON) steps.push({ kind: "delete", x, y, set, shared, gain });
    }
    return steps;
  }

  #around(x: number, y: number): { parents: number[]; shared: number[]; apart: number[] } {
    const { g } = this;
    const parents: number[] = [];
    const shared: number[] = [];
    const apart: number[] = [];
    for (let v = 0; v < g.d; v++) {
      if (v === x) {
        if (directed(g, x, y)) parents.push(v);
      } else if (directed(g, v, y)) parents.push(v);
      else if (undirected(g, v, y)) (adjacent(g, v, x) ? shared : apart).push(v);
    }
    return { parents, shared, apart };
  }

  /** The class after a step; undefined when the step is not valid or knowledge rules its outcome out. */
  #apply({ kind, x, y, set, shared }: Step): Pdag | undefined {
    const { g } = this;
    const next: Pdag = { d: g.d, may: g.may.slice() };
    if (kind === "insert") {
      const block = new Set([...shared, ...set]);
      if (reaches(g, y, x, block)) return undefined;
      point(next, x, y);
      for (const t of set) point(next, t, y);
    } else {
      next.may[x * g.d + y] = 0;
      next.may[y * g.d + x] = 0;
      for (const h of set) {
        point(next, y, h);
        if (undirected(g, x, h)) point(next, x, h);
      }
    }
    const member = extension(next);
    if (member === undefined) return undefined;
    const pdag = this.#classOf(member);
    if (applyKnowledge(pdag, this.#knowledge).length > 0) return undefined;
    return pdag;
  }

  /** Forgets the steps of pairs whose surroundings differ between the two classes. */
  #forget(before: Pdag, after: Pdag): void {
    const { d } = before;
    const changed = new Uint8Array(d);
    for (let k = 0; k < d * d; k++) {
      if (before.may[k] === after.may[k]) continue;
      changed[Math.floor(k / d)] = 1;
      changed[k % d] = 1;
    }
    for (let y = 0; y < d; y++) {
      let all = changed[y] === 1;
      for (let v = 0; v < d && !all; v++) all = changed[v] === 1 && undirected(after, v, y);
      for (let x = 0; x < d; x++) {
        if (all || changed[x] === 1) this.#steps[x * d + y] = undefined;
      }
    }
  }
}

function subsets(list: readonly number[]): number[][] {
  const out: number[][] = [];
  const most = list.slice(0, MOST);
  for (let code = 0; code < 2 ** most.length; code++)
    out.push(most.filter((_, k) => (code >> k) & 1));
  return out;
}

function isClique(g: Pdag, list: readonly number[]): boolean {
  return list.every((v, i) => list.slice(i + 1).every((w) => adjacent(g, v, w)));
}

/** Whether a path that may be directed leads from `from` to `to` around the blocked nodes. */
function reaches(g: Pdag, from: number, to: number, blocked: ReadonlySet<number>): boolean {
  const seen = new Uint8Array(g.d);
  const stack = [from];
  seen[from] = 1;
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    if (v === to) return true;
    for (let w = 0; w < g.d; w++) {
      if (seen[w] === 1 || g.may[v * g.d + w] === 0 || blocked.has(w)) continue;
      seen[w] = 1;
      stack.push(w);
    }
  }
  return false;
}
