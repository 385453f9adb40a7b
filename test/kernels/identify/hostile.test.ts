import { describe, expect, it, vi } from "vitest";
import { UserError } from "../../../app/errors.ts";
import { createGraph } from "../../../kernels/graph/index.ts";
import type { Graph } from "../../../kernels/graph/index.ts";
import { identify, toText } from "../../../kernels/identify/index.ts";
import type { Estimand, IdentifyOptions, Term, Value } from "../../../kernels/identify/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import type { Rng } from "../../../kernels/math/rng.ts";
import { long, pick } from "./random-graphs.ts";

/*
 * No wrong yes, by an oracle that shares nothing with the engine: worlds with drawn unmeasured nodes (of up to three
 * effects, with causes of their own), two or three values a variable, laws by going through every state, formulas by
 * a second interpreter. Queries of several treatments and outcomes with conditions, from observations, experiments,
 * another population, or selected units.
 */

if (long) vi.setConfig({ testTimeout: 3_000_000 });

interface World {
  readonly names: readonly string[];
  readonly levels: ReadonlyMap<string, number>;
  readonly parents: ReadonlyMap<string, readonly string[]>;
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
}

type State = Readonly<Record<string, number>>;

function distribution(rng: Rng, k: number): number[] {
  const raw = Array.from({ length: k }, () => 0.05 + rng.next());
  const total = raw.reduce((sum, p) => sum + p, 0);
  return raw.map((p) => p / total);
}

function tableOf(
  rng: Rng,
  k: number,
  parents: readonly string[],
  levels: ReadonlyMap<string, number>,
): Map<string, readonly number[]> {
  const rows = new Map<string, readonly number[]>();
  const fill = (prefix: readonly number[]): void => {
    const parent = parents[prefix.length];
    if (parent === undefined) {
      rows.set(prefix.join(","), distribution(rng, k));
      return;
    }
    for (let v = 0; v < (levels.get(parent) ?? 0); v++) fill([...prefix, v]);
  };
  fill([]);
  return rows;
}

/** Every state of the world when some variables are set, with its probability. `order` is causes first. */
function* states(world: World, settings: State): Generator<readonly [State, number]> {
  const state: Record<string, number> = {};
  const walk = function* (depth: number, weight: number): Generator<readonly [State, number]> {
    const name = world.names[depth];
    if (name === undefined) {
      yield [{ ...state }, weight];
      return;
    }
    const set = settings[name];
    if (set !== undefined) {
      state[name] = set;
      yield* walk(depth + 1, weight);
      return;
    }
    const row = (world.parents.get(name) ?? []).map((parent) => state[parent]).join(",");
    const law = world.tables.get(name)?.get(row) ?? [];
    for (const [value, p] of law.entries()) {
      state[name] = value;
      yield* walk(depth + 1, weight * p);
    }
  };
  yield* walk(0, 1);
}

/** A law over the measured variables as a list of states; made once for each setting. */
class Laws {
  readonly #worlds: Readonly<Record<string, World>>;
  readonly #measured: readonly string[];
  readonly #selected: string | undefined;
  readonly #made = new Map<string, ReadonlyMap<string, number>>();

  constructor(
    worlds: Readonly<Record<string, World>>,
    measured: readonly string[],
    selected?: string,
  ) {
    this.#worlds = worlds;
    this.#measured = measured;
    this.#selected = selected;
  }

  of(law: string, settings: State): ReadonlyMap<string, number> {
    const key = JSON.stringify([law, Object.entries(settings).map(String).sort()]);
    let made = this.#made.get(key);
    if (made === undefined) {
      const cells = new Map<string, number>();
      const world = this.#worlds[law];
      if (world === undefined) throw new Error(law);
      for (const [state, p] of states(world, settings)) {
        if (this.#selected !== undefined && state[this.#selected] !== 1) continue;
        const cell = this.#measured.map((name) => state[name]).join(",");
        cells.set(cell, (cells.get(cell) ?? 0) + p);
      }
      this.#made.set(key, (made = cells));
    }
    return made;
  }

  chance(law: string, settings: State, event: State, given: State): number {
    let top = 0;
    let bottom = 0;
    const meets = (values: readonly number[], wanted: State): boolean =>
      Object.entries(wanted).every(([name, v]) => values[this.#measured.indexOf(name)] === v);
    for (const [cell, p] of this.of(law, settings)) {
      const values = cell.split(",").map(Number);
      if (!meets(values, given)) continue;
      bottom += p;
      if (meets(values, event)) top += p;
    }
    return top / bottom;
  }
}

/** The number a formula gives, straight from its definition; `any` is held to its word for every value. */
function evaluate(
  node: Estimand,
  laws: Laws,
  levels: ReadonlyMap<string, number>,
  scope: ReadonlyMap<string, number>,
): number {
  const worth = (value: Value): number => {
    if (value.kind === "constant") return Number(value.value);
    const found = scope.get(value.name);
    if (found === undefined) throw new Error(`free symbol ${value.name}`);
    return found;
  };
  const record = (terms: readonly Term[]): State =>
    Object.fromEntries(terms.map((term) => [term.variable, worth(term.value)]));
  const each = function* (
    over: readonly { readonly variable: string; readonly symbol: string }[],
    inner: ReadonlyMap<string, number>,
  ): Generator<ReadonlyMap<string, number>> {
    const [bound, ...rest] = over;
    if (bound === undefined) {
      yield inner;
      return;
    }
    for (let v = 0; v < (levels.get(bound.variable) ?? 0); v++)
      yield* each(rest, new Map(inner).set(bound.symbol, v));
  };
  switch (node.kind) {
    case "constant":
      return node.value;
    case "probability":
      return laws.chance(node.law ?? "own", record(node.do), record(node.of), record(node.given));
    case "product":
      return node.factors.reduce((p, factor) => p * evaluate(factor, laws, levels, scope), 1);
    case "quotient":
      return (
        evaluate(node.numerator, laws, levels, scope) /
        evaluate(node.denominator, laws, levels, scope)
      );
    case "difference":
      return evaluate(node.left, laws, levels, scope) - evaluate(node.right, laws, levels, scope);
    case "sum": {
      let total = 0;
      for (const inner of each(node.over, scope)) total += evaluate(node.body, laws, levels, inner);
      return total;
    }
    case "expectation": {
      let total = 0;
      for (const inner of each([node.over], scope))
        total += (inner.get(node.over.symbol) ?? 0) * evaluate(node.body, laws, levels, inner);
      return total;
    }
    default: {
      const values = [...each(node.over, scope)].map((inner) =>
        evaluate(node.body, laws, levels, inner),
      );
      const [first = Number.NaN] = values;
      for (const value of values) expect(Math.abs(value - first)).toBeLessThan(1e-8);
      return first;
    }
  }
}

interface Case {
  readonly graph: Graph;
  readonly world: World;
  readonly measured: readonly string[];
}

/** A graph of 3 to 5 measured nodes and up to 3 drawn unmeasured ones, and a world of it. */
function randomCase(rng: Rng, selected: boolean): Case {
  const n = 3 + rng.int(3);
  const measured = Array.from({ length: n }, (_, i) => `m${i}`);
  const hidden = Array.from({ length: rng.int(4) }, (_, i) => `h${i}`);
  const order = pick(rng, [...measured, ...hidden], n + hidden.length);
  const edges: (readonly [string, string])[] = [];
  const dense = 0.25 + 0.4 * rng.next();
  for (const [i, from] of order.entries()) {
    const later = order.slice(i + 1);
    if (from.startsWith("h")) {
      for (const to of pick(rng, later, 2 + rng.int(2))) edges.push([from, to]);
    } else
      for (const to of later)
        if (rng.next() < (to.startsWith("h") ? 0.15 : dense)) edges.push([from, to]);
  }
  const all = [...order];
  if (selected) {
    for (const cause of pick(rng, order, 1 + rng.int(2))) edges.push([cause, "S"]);
    all.push("S");
  }
  const graph = createGraph({
    nodes: all.map((name) => ({
      name,
      latent: name.startsWith("h"),
      ...(name === "S" ? { role: "selected" as const } : {}),
    })),
    edges,
  });
  const levels = new Map(all.map((name) => [name, name === "S" || rng.next() < 0.75 ? 2 : 3]));
  const parents = new Map(
    all.map((name) => [name, edges.filter(([, to]) => to === name).map(([from]) => from)]),
  );
  const tables = new Map(
    all.map((name) => [name, tableOf(rng, levels.get(name) ?? 2, parents.get(name) ?? [], levels)]),
  );
  return { graph, world: { names: all, levels, parents, tables }, measured };
}

/** The same world with some mechanisms drawn anew. */
function shiftedWorld(rng: Rng, world: World, shifted: readonly string[]): World {
  const tables = new Map(world.tables);
  for (const name of shifted)
    tables.set(
      name,
      tableOf(rng, world.levels.get(name) ?? 2, world.parents.get(name) ?? [], world.levels),
    );
  return { ...world, tables };
}

function laws(node: Estimand, found: { law: string; act: string[] }[] = []): typeof found {
  switch (node.kind) {
    case "probability":
      found.push({ law: node.law ?? "own", act: node.do.map((term) => term.variable).sort() });
      break;
    case "product":
      for (const factor of node.factors) laws(factor, found);
      break;
    case "quotient":
      laws(node.numerator, found);
      laws(node.denominator, found);
      break;
    case "difference":
      laws(node.left, found);
      laws(node.right, found);
      break;
    case "constant":
      break;
    default:
      laws(node.body, found);
  }
  return found;
}

function holdsInWorld(
  rng: Rng,
  { graph, world, measured }: Case,
  options: IdentifyOptions,
  away: World | undefined,
  selected: string | undefined,
): string {
  const names = pick(rng, measured, measured.length);
  const of = names.splice(0, 1 + rng.int(2));
  const act = names.splice(0, rng.int(Math.min(3, names.length + 1)));
  const given = names.splice(0, rng.int(Math.min(3, names.length + 1)));
  if (act.length + of.length === 0) return "skipped";
  const behind = [...(act.length === 0 ? [] : [`do(${act.join(", ")})`]), ...given];
  const text = `P(${of.join(", ")}${behind.length === 0 ? "" : ` | ${behind.join(", ")}`})`;
  let result;
  try {
    result = identify(graph, text, { ...options, strategies: false });
  } catch (error) {
    if (error instanceof UserError) return "refused";
    throw error;
  }
  if (!("estimand" in result)) return result.kind;
  const at = { text, edges: graph.edges, options, formula: toText(result.estimand) };
  // Only laws at hand may stand in the formula.
  const own = (options.experiments ?? [[]]).map((list) => [...list].sort().join());
  const there = [[], ...(options.source?.experiments ?? [])].map((list) => [...list].sort().join());
  for (const { law, act: setting } of laws(result.estimand))
    expect(law === "source" ? there : own, JSON.stringify(at)).toContain(setting.join());
  const shown = new Laws(
    { own: world, ...(away === undefined ? {} : { source: away }) },
    selected === undefined ? measured : [...measured, selected],
    selected,
  );
  const whole = new Laws({ own: world }, measured);
  for (let round = 0; round < 3; round++) {
    const level = (name: string): number => rng.int(world.levels.get(name) ?? 2);
    const value = Object.fromEntries([...of, ...act, ...given].map((name) => [name, level(name)]));
    const some = (list: readonly string[]): State =>
      Object.fromEntries(list.map((name) => [name, value[name] ?? 0]));
    const exact = whole.chance("own", some(act), some(of), some(given));
    const scope = new Map<string, number>();
    for (const [name, v] of Object.entries(value)) scope.set(name, v);
    const number = evaluate(result.estimand, shown, world.levels, scope);
    expect(Math.abs(number - exact), JSON.stringify(at)).toBeLessThan(1e-9);
  }
  return result.kind;
}

describe("no wrong yes, by an oracle of its own", () => {
  const rounds = long ? 6000 : 150;
  const tally = (
    seed: number,
    selected: boolean,
    choose: (rng: Rng, made: Case) => { options: IdentifyOptions; away?: World },
  ): Map<string, number> => {
    const rng = createRng(seed);
    const seen = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      const made = randomCase(rng, selected);
      const { options, away } = choose(rng, made);
      const kind = holdsInWorld(rng, made, options, away, selected ? "S" : undefined);
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
    if (long) console.log(seed, Object.fromEntries(seen));
    return seen;
  };
  const enough = (seen: Map<string, number>): void => {
    expect(seen.get("identified") ?? 0).toBeGreaterThan(rounds / 20);
  };
  const some = (rng: Rng, names: readonly string[], most: number): string[] =>
    pick(rng, names, rng.int(most + 1));

  it("from observations: several treatments and outcomes, conditions, drawn unmeasured nodes", () => {
    enough(tally(101, false, () => ({ options: {} })));
  });

  it("from experiments, the observed law at hand or not", () => {
    enough(
      tally(102, false, (rng, { measured }) => ({
        options: {
          experiments: [
            ...(rng.next() < 0.6 ? [[]] : []),
            ...Array.from({ length: 1 + rng.int(2) }, () => [
              ...pick(rng, measured, 1),
              ...some(rng, [], 0),
            ]),
            ...(rng.next() < 0.4 ? [pick(rng, measured, 2)] : []),
          ],
        },
      })),
    );
  });

  it("from another population with experiments there", () => {
    enough(
      tally(103, false, (rng, { world, measured }) => {
        const shifted = pick(rng, measured, 1 + rng.int(2));
        const experiments = Array.from({ length: rng.int(3) }, () =>
          pick(rng, measured, 1 + rng.int(2)),
        );
        const here = rng.next() < 0.5 ? {} : { experiments: rng.next() < 0.5 ? [] : [[]] };
        return {
          options: { ...here, source: { shifted, experiments } },
          away: shiftedWorld(rng, world, shifted),
        };
      }),
    );
  });

  it("from selected units alone", () => {
    enough(tally(104, true, () => ({ options: { confirm: false } })));
  });
});
