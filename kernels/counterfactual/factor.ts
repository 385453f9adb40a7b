/** A non-negative function of discrete nodes: `values` row-major over `scope` (ascending ids), last fastest. */
export interface Factor {
  readonly scope: readonly number[];
  readonly values: Float64Array;
}

/** What exact elimination cost, so that a slow or refused answer explains itself. */
export interface EliminationReport {
  /** Largest number of nodes in one clique minus one, for the order used (an upper bound of the treewidth). */
  readonly width: number;
  /** Entries of the largest intermediate table. */
  readonly largest: number;
  readonly nodes: number;
}

/** Thrown to the dispatcher, which answers by another method and says so; never shown to a user. */
export class TooWide extends Error {
  readonly entries: number;
  constructor(entries: number) {
    super(`Exact elimination needs a table of ${entries} entries.`);
    this.entries = entries;
  }
}

/** Largest intermediate table: 2^25 numbers, 256 MB. */
const ENTRY_LIMIT = 2 ** 25;

/**
 * Sums a product of factors over every node outside `keep` (Zhang & Poole 1996), in greedy min-fill order with the
 * smaller table winning ties. `cards[node]` is the number of levels. Returns one factor whose scope is `keep` in
 * ascending order. Throws `TooWide`. O(nodes · largest table).
 */
export function eliminate(
  factors: readonly Factor[],
  cards: ArrayLike<number>,
  keep: readonly number[],
): { readonly factor: Factor; readonly report: EliminationReport } {
  const kept = [...new Set(keep)].sort((a, b) => a - b);
  const { order, width, largest } = minFillOrder(factors, cards, new Set(kept));
  if (largest > ENTRY_LIMIT) throw new TooWide(largest);
  let pool = [...factors];
  for (const node of order) {
    const touching = pool.filter((factor) => factor.scope.includes(node));
    if (touching.length === 0) continue;
    pool = pool.filter((factor) => !factor.scope.includes(node));
    pool.push(combine(touching, cards, scopeOf(touching, node), node));
  }
  const nodes = order.length + kept.length;
  return { factor: combine(pool, cards, kept, undefined), report: { width, largest, nodes } };
}

function scopeOf(factors: readonly Factor[], without: number): readonly number[] {
  const all = new Set(factors.flatMap((factor) => factor.scope));
  all.delete(without);
  return [...all].sort((a, b) => a - b);
}

/** Number of joint levels of `scope`. */
export function sizeOf(scope: readonly number[], cards: ArrayLike<number>): number {
  return scope.reduce((size, node) => size * cards[node]!, 1);
}

function stridesIn(factor: Factor, cards: ArrayLike<number>, nodes: readonly number[]): Int32Array {
  const stride = new Map<number, number>();
  let step = 1;
  for (let i = factor.scope.length - 1; i >= 0; i--) {
    stride.set(factor.scope[i]!, step);
    step *= cards[factor.scope[i]!]!;
  }
  return Int32Array.from(nodes, (node) => stride.get(node) ?? 0);
}

/** The product of `factors` over `scope`, summed over `summed` when given. */
export function combine(
  factors: readonly Factor[],
  cards: ArrayLike<number>,
  scope: readonly number[],
  summed: number | undefined,
): Factor {
  const nodes = summed === undefined ? scope : [...scope, summed];
  const depth = nodes.length;
  const inner = summed === undefined ? 1 : cards[summed]!;
  const total = sizeOf(nodes, cards);
  const values = new Float64Array(total / inner);
  const strides = factors.map((factor) => stridesIn(factor, cards, nodes));
  const tables = factors.map((factor) => factor.values);
  const offsets = new Int32Array(factors.length);
  const digits = new Int32Array(depth);
  let out = 0;
  let seen = 0;
  for (let index = 0; index < total; index++) {
    let product = 1;
    for (let f = 0; f < tables.length; f++) product *= tables[f]![offsets[f]!]!;
    values[out]! += product;
    if (++seen === inner) {
      seen = 0;
      out++;
    }
    for (let d = depth - 1; d >= 0; d--) {
      const card = cards[nodes[d]!]!;
      if (++digits[d]! < card) {
        for (let f = 0; f < tables.length; f++) offsets[f]! += strides[f]![d]!;
        break;
      }
      digits[d] = 0;
      for (let f = 0; f < tables.length; f++) offsets[f]! -= strides[f]![d]! * (card - 1);
    }
  }
  return { scope, values };
}

function minFillOrder(
  factors: readonly Factor[],
  cards: ArrayLike<number>,
  keep: ReadonlySet<number>,
): { order: readonly number[]; width: number; largest: number } {
  const neighbours = new Map<number, Set<number>>();
  for (const { scope } of factors) {
    for (const node of scope) {
      let own = neighbours.get(node);
      if (own === undefined) neighbours.set(node, (own = new Set()));
      for (const other of scope) if (other !== node) own.add(other);
    }
  }
  const cost = new Map<number, readonly [fill: number, size: number]>();
  const price = (node: number): void => {
    const around = [...neighbours.get(node)!];
    let fill = 0;
    let size = cards[node]!;
    around.forEach((a, i) => {
      size *= cards[a]!;
      const next = neighbours.get(a)!;
      for (let j = i + 1; j < around.length; j++) if (!next.has(around[j]!)) fill++;
    });
    cost.set(node, [fill, size]);
  };
  for (const node of neighbours.keys()) if (!keep.has(node)) price(node);
  const order: number[] = [];
  let width = 0;
  let largest = sizeOf([...keep], cards);
  while (cost.size > 0) {
    let best = -1;
    let bestCost: readonly [number, number] = [Infinity, Infinity];
    for (const [node, own] of cost) {
      if (own[0] < bestCost[0] || (own[0] === bestCost[0] && own[1] < bestCost[1])) {
        best = node;
        bestCost = own;
      }
    }
    order.push(best);
    const around = [...neighbours.get(best)!];
    width = Math.max(width, around.length);
    largest = Math.max(largest, bestCost[1]);
    neighbours.delete(best);
    cost.delete(best);
    const touched = new Set(around);
    for (const a of around) {
      const next = neighbours.get(a)!;
      next.delete(best);
      for (const b of around) if (b !== a) next.add(b);
    }
    for (const a of around) for (const b of neighbours.get(a)!) touched.add(b);
    for (const node of touched) if (cost.has(node)) price(node);
  }
  return { order, width: Math.max(width, keep.size - 1, 0), largest };
}
