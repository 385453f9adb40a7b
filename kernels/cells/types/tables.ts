/**
 * Types only: how the functions on tables look to a TypeScript cell. Where the columns of a table are known, their
 * names and types are, so that a misspelt one shows before anything runs. At run time these are the functions of
 * `kernels/data`; nothing here has a body.
 */
import type {
  CategoryColumn,
  Column,
  ColumnType,
  NumericColumn,
  Table,
  TextColumn,
} from "../../data/table.ts";
import type { Selection } from "../../data/select.ts";
import type { EstimateOptions } from "../../estimate/index.ts";
import type { EstimandSpec } from "../../estimate/estimand.ts";
import type { Estimated } from "./values.ts";
import type { Work } from "../../../app/work.ts";

declare const columns: unique symbol;

/** A table whose columns are known: their names, each with its type. */
export interface TableOf<C> extends Table {
  /** For the checker; no such field is there at run time. */
  readonly [columns]?: C;
}

/** Names of columns, each with its type, of a table; `unknown` when they are not known. */
export type ColumnsOf<T> = T extends { readonly [columns]?: infer C }
  ? unknown extends C
    ? unknown
    : Exclude<C, undefined>
  : unknown;

/** A name of one of the table's columns; any text while the columns are not known. */
export type ColumnName<T> = unknown extends ColumnsOf<T> ? string : keyof ColumnsOf<T> & string;

/** A name of a column that holds numbers. */
export type NumericName<T> = unknown extends ColumnsOf<T> ? string : NumericKeys<ColumnsOf<T>>;

type NumericKeys<C> = {
  [K in keyof C]: C[K] extends "category" | "text" ? never : K;
}[keyof C] &
  string;

type ColumnAs<Type> = [Type] extends ["category"]
  ? CategoryColumn
  : [Type] extends ["text"]
    ? TextColumn
    : [Type] extends ["number" | "integer" | "boolean" | "date"]
      ? NumericColumn
      : Column;

type CellAs<Type> = [Type] extends ["category" | "text"]
  ? string | null
  : [Type] extends ["number" | "integer" | "boolean" | "date"]
    ? number | null
    : number | string | null;

/** A row as an object; a missing cell is null. */
export type RowOf<T> =
  unknown extends ColumnsOf<T>
    ? Readonly<Record<string, number | string | null>>
    : { readonly [K in keyof ColumnsOf<T>]: CellAs<ColumnsOf<T>[K]> };

type TypeOfValues<V> = V extends readonly string[] ? "category" : "number" | "integer" | "boolean";

/** The column of that name. Throws an error naming the columns there are. */
export declare function columnOf<T extends Table, N extends ColumnName<T>>(
  table: T,
  name: N,
): N extends keyof ColumnsOf<T> ? ColumnAs<ColumnsOf<T>[N]> : Column;

/** The numbers of a numeric or boolean column, `[n]`, NaN where one is missing. Not copied. */
export declare function numbersOf<T extends Table>(table: T, name: NumericName<T>): Float64Array;

/** A table as row objects, for charts and small loops; missing cells are null. */
export declare function rowsOf<T extends Table>(table: T): readonly RowOf<T>[];

/** A table from plain arrays, e.g. `tableOf({x: [1, 2], t: Uint8Array.of(0, 1)})`. NaN marks a missing number. */
export declare function tableOf<
  const V extends Readonly<Record<string, ArrayLike<number> | readonly (string | number)[]>>,
>(columns: V, source?: Table["source"]): TableOf<{ readonly [K in keyof V]: TypeOfValues<V[K]> }>;

/** The named columns, in the order given. Throws an error for a name that is not there. */
export declare function selectColumns<T extends Table, N extends ColumnName<T>>(
  table: T,
  names: readonly N[],
): unknown extends ColumnsOf<T> ? Table : TableOf<Pick<ColumnsOf<T>, N & keyof ColumnsOf<T>>>;

/** Rows of a table with the same columns, and what it cost to get them. */
export interface SelectionOf<T> extends Selection {
  readonly table: T & Table;
}

/** The rows for which `keep` holds, in order. */
export declare function selectRows<T extends Table>(
  table: T,
  keep: (row: number) => boolean,
): SelectionOf<T>;

/**
 * The rows in which none of the named columns (all when not given) is missing, with counts by column. Analysing only
 * these assumes that they are missing at random given what is adjusted for.
 */
export declare function completeCases<T extends Table>(
  table: T,
  names?: readonly ColumnName<T>[],
): SelectionOf<T>;

/** The table's rows at the given indices, which may repeat (as in a bootstrap). */
export declare function takeRows<T extends Table>(table: T, rows: Int32Array): T;

type Named<Spec, Name> = Spec extends unknown
  ? {
      [K in keyof Spec]: K extends "treatment" | "outcome" | "running" | "unit" | "time"
        ? Name
        : K extends "adjustment" | "instruments" | "mediators" | "effectModifiers"
          ? readonly Name[] | Extract<Spec[K], undefined>
          : Spec[K];
    }
  : never;

/**
 * A number for an estimand, or the answer why there is none. `method` is a name such as `"aipw"` (the default is the
 * first that fits the kind of estimand); its own options stand beside it.
 */
export declare function estimate<T extends Table>(
  spec: Named<EstimandSpec, ColumnName<T>>,
  table: T,
  options?: EstimateOptions,
  work?: Work,
): Promise<Estimated>;

/** What a column's type is called in a `TableOf`. */
export type AnyColumnType = ColumnType;
