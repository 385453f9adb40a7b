import type { Rng } from "../../../kernels/math/rng.ts";

/** A random 0/1 model whose every mechanism is a function of parents and one private coin. */
export interface CoinModel {
  readonly names: readonly string[];
  readonly parents: readonly (readonly number[])[];
  /** P(coin = 1). */
  readonly coins: readonly number[];
  /** Value by [configuration of parents, coin], configuration with the last parent fastest. */
  readonly tables: readonly (readonly (readonly number[])[])[];
}

export function randomCoinModel(rng: Rng, n: number, maxParents: number): CoinModel {
  const names = Array.from({ length: n }, (_, i) => `v${i}`);
  const parents = names.map((_, i) => {
    const found = new Set<number>();
    const wanted = Math.min(i, rng.int(maxParents + 1));
    while (found.size < wanted) found.add(rng.int(i));
    return [...found].sort((a, b) => a - b);
  });
  const tables = parents.map((own) =>
    Array.from({ length: 2 ** own.length }, () => [rng.int(2), rng.int(2)]),
  );
  const roots = tables.map((table, i) => (parents[i]!.length === 0 ? [[0, 1]] : table));
  return { names, parents, coins: names.map(() => 0.1 + 0.8 * rng.next()), tables: roots };
}

/** The same model in the plain notation, by response types (`coins`) or as functions of latent coins. */
export function textOf(model: CoinModel, style: "response" | "function"): string {
  return model.names
    .map((name, i) => {
      const parents = model.parents[i]!.map((p) => model.names[p]!);
      const coin = model.coins[i]!;
      const table = model.tables[i]!;
      const bar = parents.length === 0 ? "" : ` | ${parents.join(", ")}`;
      if (style === "response") {
        const outputs = (c: number): string => table.map((row) => row[c]).join(" ");
        return `${name} {0, 1}${bar} ~ response { ${outputs(0)}: ${1 - coin}; ${outputs(1)}: ${coin} }`;
      }
      const cells = table.flatMap((row, configuration) =>
        row.flatMap((value, c) => {
          if (value === 0) return [];
          const tests = parents.map((p, k) => {
            const level = Math.floor(configuration / 2 ** (parents.length - 1 - k)) % 2;
            return `${p} == ${level}`;
          });
          return [`(${[...tests, `u_${name} == ${c}`].join(" and ")})`];
        }),
      );
      return `u_${name} ~ bernoulli(${coin}); ${name} = ${cells.length === 0 ? "0" : cells.join(" or ")}`;
    })
    .join("\n");
}

/** Values of all variables for one unit, some held at given values. */
export function runUnit(
  model: CoinModel,
  coins: number,
  held: ReadonlyMap<number, number> = new Map(),
): number[] {
  const values: number[] = [];
  model.names.forEach((_, i) => {
    let configuration = 0;
    for (const p of model.parents[i]!) configuration = configuration * 2 + values[p]!;
    values.push(held.get(i) ?? model.tables[i]![configuration]![(coins >>> i) & 1]!);
  });
  return values;
}

/** P(event | evidence) by visiting every unit: the naive 2^n enumeration. */
export function byEnumeration(
  model: CoinModel,
  event: (unit: number) => boolean,
  evidence: (unit: number) => boolean,
): number {
  let top = 0;
  let bottom = 0;
  for (let unit = 0; unit < 2 ** model.names.length; unit++) {
    if (!evidence(unit)) continue;
    let p = 1;
    model.coins.forEach((coin, i) => (p *= (unit >>> i) & 1 ? coin : 1 - coin));
    bottom += p;
    if (event(unit)) top += p;
  }
  return top / bottom;
}
