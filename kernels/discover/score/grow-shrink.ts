import type { LocalScore } from "../scores/local-score.ts";

/**
 * A set of parents reached by growing: what to add next, best first, and what shrinking makes of it. Plain arrays, as
 * there are hundreds of thousands of short ones and a typed array costs 200 bytes empty.
 */
interface Node {
  /** Columns whose addition improves the score, best first; undefined until asked. */
  ids: readonly number[] | undefined;
  /** Scores after adding each. */
  scores: readonly number[] | undefined;
  children: (Node | undefined)[] | undefined;
  /** `ids` as bits, when there are many. */
  bits: Uint32Array | undefined;
  readonly score: number;
  shrunk: Leaf | undefined;
}

interface Leaf {
  readonly score: number;
  readonly parents: readonly number[];
}

/** Whether a column may be used, i.e. comes before the node in the order considered. */
export interface Prefix {
  /** Position of each column in the order. */
  readonly position: Int32Array;
  /** Columns before this position are available … */
  before: number;
  /** … except this one, whose availability is told by `special`. -1 for none. */
  moved: number;
  special: boolean;
}

/**
 * The grow-shrink tree of one column: for every prefix of every order, the parents that greedy growing and then greedy
 * shrinking choose from it, found by walking down remembered additions. Andrews, Ramsey, Sanchez-Romero, Camchong &
 * Kummerfeld 2023, section 3. A walk costs the entries it passes; a new node one `grow` of the score.
 */
export class GrowShrinkTree {
  readonly #root: Node;
  readonly #score: LocalScore;
  readonly #v: number;
  readonly #required: Int32Array;
  readonly #forbidden: (z: number) => boolean;
  /** Columns that any node on the last walk could have added: only these can change its outcome. */
  readonly involved: Uint32Array;
  /** Nodes made so far. */
  size = 1;

  constructor(
    score: LocalScore,
    v: number,
    required: readonly number[],
    forbidden: (z: number) => boolean,
  ) {
    this.#score = score;
    this.#v = v;
    this.#required = Int32Array.from(required);
    this.#forbidden = forbidden;
    this.#root = leaf(score.local(v, this.#required));
    this.involved = new Uint32Array((score.d + 31) >> 5);
  }

  /** The score of the parents chosen from the prefix; `involved` is set anew. */
  trace(prefix: Prefix): number {
    return this.#walk(prefix).score;
  }

  /** The parents chosen from the prefix. */
  parents(prefix: Prefix): Int32Array {
    return Int32Array.from(this.#walk(prefix).parents);
  }

  #walk(prefix: Prefix): Leaf {
    const { position, before, moved, special } = prefix;
    const { involved } = this;
    let node = this.#root;
    involved.fill(0);
    path.length = 0;
    for (;;) {
      const ids = node.ids ?? this.#expand(node);
      const { bits } = node;
      if (bits === undefined) for (const z of ids) involved[z >> 5]! |= 1 << (z & 31);
      else for (let k = 0; k < bits.length; k++) involved[k]! |= bits[k]!;
      let at = 0;
      for (; at < ids.length; at++) {
        const z = ids[at]!;
        if (z === moved ? special : position[z]! < before) break;
      }
      if (at === ids.length) break;
      path.push(ids[at]!);
      const children = (node.children ??= Array.from<Node | undefined>({ length: ids.length }));
      let child = children[at];
      if (child === undefined) {
        children[at] = child = leaf(node.scores![at]!);
        this.size += 1;
      }
      node = child;
    }
    return (node.shrunk ??= this.#shrink(node.score));
  }

  #expand(node: Node): readonly number[] {
    const { d } = this.#score;
    if (grown.length < d) grown = new Float64Array(d);
    const out = grown.subarray(0, d);
    this.#score.grow(this.#v, [...this.#required, ...path], node.score, out);
    const better: number[] = [];
    for (let z = 0; z < d; z++) {
      if (out[z]! > node.score + EPSILON && !this.#forbidden(z)) better.push(z);
    }
    better.sort((a, b) => out[b]! - out[a]! || a - b);
    node.ids = better;
    node.scores = better.map((z) => out[z]!);
    if (better.length > 2 * this.involved.length) {
      node.bits = new Uint32Array(this.involved.length);
      for (const z of better) node.bits[z >> 5]! |= 1 << (z & 31);
    }
    return better;
  }

  /** Drops parents while that improves the score, the best first. */
  #shrink(score: number): Leaf {
    let list = path.slice();
    let best = score;
    for (let improved = list.length > 1; improved;) {
      improved = false;
      let drop = -1;
      for (let k = 0; k < list.length; k++) {
        const rest = [...this.#required, ...list.slice(0, k), ...list.slice(k + 1)];
        const value = this.#score.local(this.#v, rest);
        if (value > best + EPSILON) {
          best = value;
          drop = k;
        }
      }
      if (drop >= 0) {
        list = [...list.slice(0, drop), ...list.slice(drop + 1)];
        improved = true;
      }
    }
    return { score: best, parents: [...this.#required, ...list] };
  }
}

/** Differences below this are rounding. */
const EPSILON = 1e-9;

function leaf(score: number): Node {
  return {
    ids: undefined,
    scores: undefined,
    children: undefined,
    bits: undefined,
    score,
    shrunk: undefined,
  };
}

// Scratch of one walk; nothing here outlives it, and walks never interleave (they do not await).
const path: number[] = [];
let grown = new Float64Array(0);
