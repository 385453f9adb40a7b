import type { Rng } from "../math/rng.ts";

export interface ShapleyValues {
  readonly values: Float64Array;
  /** Standard errors when permutations were sampled. */
  readonly standardErrors?: Float64Array;
  /** Coalitions evaluated. */
  readonly evaluations: number;
}

/** Players up to which all 2^n coalitions are evaluated. */
export const EXACT_PLAYERS = 8;

/**
 * Shapley values of `n` players (Shapley 1953) for a worth of coalitions given as 0/1 masks: exact over all 2^n
 * coalitions up to 8 players, otherwise the mean over `permutations` random orders, each with its reverse.
 * The values add up to worth(all) - worth(none). O(2^n) or O(n · permutations) evaluations.
 */
export function shapley(
  n: number,
  worth: (members: Uint8Array) => number,
  rng: Rng,
  permutations = 100,
): ShapleyValues {
  const cache = new Map<string, number>();
  const of = (members: Uint8Array): number => {
    const key = members.join("");
    let value = cache.get(key);
    if (value === undefined) cache.set(key, (value = worth(members)));
    return value;
  };
  if (n > EXACT_PLAYERS) return { ...sampled(n, of, rng, permutations), evaluations: cache.size };
  const weights = Array.from({ length: n }, (_, size) => 1 / (n * binomial(n - 1, size)));
  const values = new Float64Array(n);
  for (let coalition = 0; coalition < 2 ** n; coalition++) {
    const members = Uint8Array.from({ length: n }, (_, i) => (coalition >> i) & 1);
    const size = members.reduce((a, b) => a + b, 0);
    for (let player = 0; player < n; player++) {
      if (members[player] === 1) continue;
      const joined = members.slice();
      joined[player] = 1;
      values[player]! += weights[size]! * (of(joined) - of(members));
    }
  }
  return { values, evaluations: cache.size };
}

const binomial = (n: number, k: number): number =>
  k === 0 ? 1 : (binomial(n, k - 1) * (n - k + 1)) / k;

function sampled(
  n: number,
  of: (members: Uint8Array) => number,
  rng: Rng,
  permutations: number,
): { readonly values: Float64Array; readonly standardErrors: Float64Array } {
  const sum = new Float64Array(n);
  const squares = new Float64Array(n);
  const pair = new Float64Array(n);
  const walk = (order: readonly number[]): void => {
    const members = new Uint8Array(n);
    let before = of(members);
    for (const player of order) {
      members[player] = 1;
      const after = of(members.slice());
      pair[player]! += (after - before) / 2;
      before = after;
    }
  };
  for (let p = 0; p < permutations; p++) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = rng.int(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    pair.fill(0);
    walk(order);
    walk(order.toReversed());
    pair.forEach((x, i) => {
      sum[i]! += x;
      squares[i]! += x * x;
    });
  }
  const values = sum.map((x) => x / permutations);
  const standardErrors = squares.map((x, i) =>
    Math.sqrt(Math.max(0, x / permutations - values[i]! ** 2) / Math.max(1, permutations - 1)),
  );
  return { values, standardErrors };
}
