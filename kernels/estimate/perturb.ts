import { selectRows, withColumns } from "../data/select.ts";
import { type Column, columnOf, type NumericColumn, type Table } from "../data/table.ts";
import { shuffled } from "../math/folds.ts";
import type { Rng } from "../math/rng.ts";
import { variance } from "../math/summary.ts";
import type { Estimand, EstimandSpec } from "./estimand.ts";
import { groupsOf } from "./read-columns.ts";

export const REFUTATIONS = [
  "placebo-treatment",
  "random-common-cause",
  "subset",
  "dummy-outcome",
  "simulated-confounder",
] as const;
export type RefutationName = (typeof REFUTATIONS)[number];

/** The data of one draw of a test. */
export interface Perturbed {
  readonly spec: EstimandSpec;
  readonly table: Table;
}

/** Why a test means nothing for this estimand and these columns; undefined when it does. O(n) at most. */
export function inapplicable(
  test: RefutationName,
  estimand: Estimand,
  table: Table,
): string | undefined {
  const { kind, treatment, outcome } = estimand;
  if (kind === "instrument" && test === "placebo-treatment") {
    return "With a permuted treatment the instrument has no first stage, so no estimate is left to look at.";
  }
  if (kind === "panel" && (test === "placebo-treatment" || test === "dummy-outcome")) {
    if (pathsOf(estimand, table) === undefined) {
      return "Not every unit is seen at the same times, so histories cannot be exchanged between units.";
    }
  }
  if (test !== "simulated-confounder") return undefined;
  if (kind === "panel") return "A treatment that begins at a date cannot be moved row by row.";
  if (kind === "discontinuity" && estimand.running === treatment) {
    return "Treatment is decided by the running variable alone, so no hidden cause can move it.";
  }
  if (kind === "adjustment" && estimand.contrast !== undefined) {
    return `A hidden cause has no direction among the levels of "${treatment}".`;
  }
  const stuck = [treatment, outcome].find((name) => levelsOf(columnOf(table, name)) === "many");
  return stuck === undefined
    ? undefined
    : `A hidden cause has no direction among the categories of "${stuck}".`;
}

/**
 * The data of one draw: treatment or outcome permuted (whole histories between the units of a panel, the values of a
 * whole cluster at once), a column of noise to adjust for, a random share of the rows (of the units of a panel, of the
 * clusters), or a hidden normal cause put into treatment and outcome. Pure given `rng`. O(n).
 */
export function perturb(
  test: RefutationName,
  spec: EstimandSpec,
  estimand: Estimand,
  table: Table,
  options: {
    readonly share: number;
    readonly strength: number;
    /** Column of the clusters that errors respect. */
    readonly clusters?: string;
  },
  rng: Rng,
): Perturbed {
  const clusters =
    options.clusters === undefined ? undefined : rowsByGroup(columnOf(table, options.clusters));
  switch (test) {
    case "placebo-treatment":
    case "dummy-outcome": {
      const name = test === "dummy-outcome" ? estimand.outcome : estimand.treatment;
      const order = exchange(estimand, table, clusters, rng);
      return { spec, table: withColumns(table, [reordered(columnOf(table, name), order)]) };
    }
    case "random-common-cause": {
      const name = freshName(table, "random cause");
      const values = Float64Array.from({ length: table.n }, () => rng.normal());
      return {
        spec: { ...spec, adjustment: [...estimand.adjustment, name] },
        table: withColumns(table, [{ name, type: "number", values }]),
      };
    }
    case "subset":
      return { spec, table: someRows(estimand, table, clusters, options.share, rng) };
    default:
      return { spec, table: confound(table, estimand, options.strength, rng) };
  }
}

/** Where each row takes its value from. */
function exchange(
  estimand: Estimand,
  table: Table,
  clusters: readonly (readonly number[])[] | undefined,
  rng: Rng,
): Int32Array {
  if (estimand.kind !== "panel" && clusters === undefined) return shuffled(table.n, rng);
  const groups = (estimand.kind === "panel" ? pathsOf(estimand, table) : clusters) ?? [];
  const order = new Int32Array(table.n);
  const from = shuffled(groups.length, rng);
  groups.forEach((rows, group) => {
    const other = groups[from[group]!]!;
    // A cluster larger than the one it takes from begins again with its first row.
    rows.forEach((row, k) => (order[row] = other[k % other.length]!));
  });
  return order;
}

function rowsByGroup(column: Column): number[][] {
  const { codes, names } = groupsOf(column);
  const groups: number[][] = names.map(() => []);
  codes.forEach((group, row) => groups[group]!.push(row));
  return groups;
}

/** Rows of each unit in order of time, when all units are seen at the same times. */
function pathsOf(estimand: Estimand, table: Table): number[][] | undefined {
  if (estimand.kind !== "panel") return undefined;
  const time = columnOf(table, estimand.time);
  if (time.type === "category" || time.type === "text") return undefined;
  const paths = rowsByGroup(columnOf(table, estimand.unit));
  for (const rows of paths) rows.sort((a, b) => time.values[a]! - time.values[b]!);
  const first = paths[0]?.map((row) => time.values[row]);
  const alike = paths.every(
    (rows) =>
      rows.length === first?.length && rows.every((row, k) => time.values[row] === first[k]),
  );
  return alike ? paths : undefined;
}

function someRows(
  estimand: Estimand,
  table: Table,
  clusters: readonly (readonly number[])[] | undefined,
  share: number,
  rng: Rng,
): Table {
  const groups = estimand.kind === "panel" ? rowsByGroup(columnOf(table, estimand.unit)) : clusters;
  if (groups === undefined) return selectRows(table, () => rng.next() < share).table;
  const kept = new Uint8Array(table.n);
  for (const rows of groups) {
    if (rng.next() >= share) continue;
    for (const row of rows) kept[row] = 1;
  }
  return selectRows(table, (row) => kept[row] === 1).table;
}

function reordered(column: Column, order: Int32Array): Column {
  const { missing: mask } = column;
  const missing = mask === undefined ? {} : { missing: Uint8Array.from(order, (i) => mask[i]!) };
  if (column.type === "category")
    return { ...column, ...missing, codes: order.map((i) => column.codes[i]!) };
  if (column.type === "text")
    return { ...column, ...missing, texts: Array.from(order, (i) => column.texts[i]!) };
  return { ...column, ...missing, values: Float64Array.from(order, (i) => column.values[i]!) };
}

/**
 * A hidden normal cause of treatment and outcome: it adds `strength` standard deviations per standard deviation of its
 * own to a number, and sets a yes/no column where it is large (|u| beyond 2 − strength). A negative strength moves the
 * outcome the other way. Leaves missing cells missing.
 */
function confound(table: Table, estimand: Estimand, strength: number, rng: Rng): Table {
  const u = Float64Array.from({ length: table.n }, () => rng.normal());
  const size = Math.abs(strength);
  return withColumns(table, [
    moved(columnOf(table, estimand.treatment), u, size, 1),
    moved(columnOf(table, estimand.outcome), u, size, strength < 0 ? -1 : 1),
  ]);
}

function moved(column: Column, u: Float64Array, size: number, sign: number): Column {
  const cut = 2 - Math.min(1.5, size);
  const flip = <T>(v: T, i: number, low: T, high: T): T =>
    size === 0 ? v : sign * u[i]! > cut ? high : sign * u[i]! < -cut ? low : v;
  if (column.type === "text") return column;
  if (column.type === "category") {
    const present = [...new Set(column.codes)].filter((code) => code >= 0).sort((a, b) => a - b);
    const [low = 0, high = 0] = present;
    return { ...column, codes: column.codes.map((v, i) => (v < 0 ? v : flip(v, i, low, high))) };
  }
  const present = column.values.filter((v) => Number.isFinite(v));
  if (levelsOf(column) === "two") {
    const low = present.reduce((a, b) => Math.min(a, b), Infinity);
    const high = present.reduce((a, b) => Math.max(a, b), -Infinity);
    const values = column.values.map((v, i) => (Number.isNaN(v) ? v : flip(v, i, low, high)));
    return { ...column, values };
  }
  const sd = Math.sqrt(variance(present));
  const values = column.values.map((v, i) => v + sign * size * sd * u[i]!);
  return { ...column, type: "number", values } satisfies NumericColumn;
}

function levelsOf(column: Column): "two" | "numbers" | "many" {
  if (column.type === "text") return "many";
  const limit = 3;
  const seen = new Set<number>();
  for (const v of column.type === "category" ? column.codes : column.values) {
    if (Number.isNaN(v) || (column.type === "category" && v < 0)) continue;
    seen.add(v);
    if (seen.size === limit) return column.type === "category" ? "many" : "numbers";
  }
  return "two";
}

function freshName(table: Table, wanted: string): string {
  let name = wanted;
  while (table.columns.some((c) => c.name === name)) name = `${name}'`;
  return name;
}
