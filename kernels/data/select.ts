import { type Column, columnOf, type Table } from "./table.ts";

/** A table and what it cost to get it. */
export interface Selection {
  readonly table: Table;
  /** Rows of the original that were kept, in order. */
  readonly rows: Int32Array;
  readonly dropped: number;
  /** Rows in which each column was missing; a row may count in several. Only for complete cases. */
  readonly missing?: Readonly<Record<string, number>>;
}

/** Is the cell missing? A NaN counts even where no mark was made. */
export function isMissing(column: Column, row: number): boolean {
  if (column.missing?.[row] === 1) return true;
  if (column.type === "category") return column.codes[row]! < 0;
  return column.type !== "text" && Number.isNaN(column.values[row]!);
}

/** Neither NaN nor infinite anywhere. O(n). */
export function allFinite(values: Float64Array): boolean {
  // v − v is 0 for every finite v and NaN for all others, and stays NaN in a sum.
  // Four sums that do not wait for one another: this runs over every cell of every analysis.
  const even = values.length - (values.length % 4);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i < even; i += 4) {
    s0 += values[i]! - values[i]!;
    s1 += values[i + 1]! - values[i + 1]!;
    s2 += values[i + 2]! - values[i + 2]!;
    s3 += values[i + 3]! - values[i + 3]!;
  }
  for (; i < values.length; i++) s0 += values[i]! - values[i]!;
  return s0 + s1 + s2 + s3 === 0;
}

/** Rows in which a column is missing, in order. O(n). */
export function missingRows(column: Column): number[] {
  const rows: number[] = [];
  const marked = column.missing;
  if (marked === undefined && "values" in column && allFinite(column.values)) return rows;
  // One loop for each storage: this runs over every cell of every analysis.
  if (column.type === "category") {
    const { codes } = column;
    for (let i = 0; i < codes.length; i++) if (codes[i]! < 0 || marked?.[i] === 1) rows.push(i);
  } else if (column.type === "text") {
    if (marked !== undefined)
      for (let i = 0; i < marked.length; i++) if (marked[i] === 1) rows.push(i);
  } else {
    const { values } = column;
    for (let i = 0; i < values.length; i++)
      if (values[i] !== values[i] || marked?.[i] === 1) rows.push(i);
  }
  return rows;
}

/**
 * The rows in which none of the named columns (all when not given) is missing, with counts by column. Analysing only
 * these assumes that they are missing at random given what is adjusted for. O(n · columns).
 */
export function completeCases(table: Table, names?: readonly string[]): Selection {
  const columns = names === undefined ? table.columns : names.map((name) => columnOf(table, name));
  const keep = new Uint8Array(table.n).fill(1);
  const missing: Record<string, number> = {};
  for (const column of columns) {
    const gone = missingRows(column);
    for (const row of gone) keep[row] = 0;
    if (gone.length > 0) missing[column.name] = gone.length;
  }
  return { ...selectRows(table, (row) => keep[row] === 1), missing };
}

/** The rows for which `keep` holds, in order. Nothing is copied when all are kept. O(n · columns). */
export function selectRows(table: Table, keep: (row: number) => boolean): Selection {
  const rows = new Int32Array(table.n);
  let count = 0;
  for (let row = 0; row < table.n; row++) if (keep(row)) rows[count++] = row;
  const index = rows.slice(0, count);
  const dropped = table.n - index.length;
  return { table: dropped === 0 ? table : takeRows(table, index), rows: index, dropped };
}

/** The table's rows at the given indices, which may repeat (as in a bootstrap). O(rows · columns). */
export function takeRows(table: Table, rows: Int32Array): Table {
  return { ...table, n: rows.length, columns: table.columns.map((c) => takeFrom(c, rows)) };
}

/** The named columns, in the order given. Throws `UserError` for a name that is not there. O(columns). */
export function selectColumns(table: Table, names: readonly string[]): Table {
  return { ...table, columns: names.map((name) => columnOf(table, name)) };
}

/** The table with columns added, or replaced where the name is taken. Lengths must agree. O(columns). */
export function withColumns(table: Table, columns: readonly Column[]): Table {
  const names = new Set(columns.map((c) => c.name));
  return { ...table, columns: [...table.columns.filter((c) => !names.has(c.name)), ...columns] };
}

function takeFrom(column: Column, rows: Int32Array): Column {
  const mask = column.missing;
  const missing = mask === undefined ? {} : { missing: Uint8Array.from(rows, (row) => mask[row]!) };
  if (column.type === "category") {
    return { ...column, ...missing, codes: rows.map((row) => column.codes[row]!) };
  }
  if (column.type === "text") {
    return { ...column, ...missing, texts: Array.from(rows, (row) => column.texts[row]!) };
  }
  return { ...column, ...missing, values: Float64Array.from(rows, (row) => column.values[row]!) };
}
