import type { Place } from "../../app/errors.ts";
import type { Cell } from "./cells.ts";
import type { ColumnType } from "./table.ts";

/** A file taken apart, before types: equal-length columns of cells. */
export interface RawTable {
  readonly n: number;
  readonly columns: readonly {
    readonly name: string;
    readonly cells: readonly Cell[];
    /** When the file itself says so (Arrow). */
    readonly type?: ColumnType;
    readonly levels?: readonly string[];
  }[];
  /** Whether texts may spell numbers. */
  readonly numericText: boolean;
  readonly locate: (row: number, column: string) => Place;
}
