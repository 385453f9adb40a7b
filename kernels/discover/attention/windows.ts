/** What a target is predicted from: every column at every delay. */
export interface Windows {
  /** Rows: times from the longest delay on. */
  readonly rows: number;
  /** Inputs: column i at delay k + 1 is number `i * lags + k`. */
  readonly inputs: number;
  readonly lags: number;
  /** `[rows, inputs]`. */
  readonly x: Float64Array;
  /** `[d][rows]`: the value at each time. */
  readonly y: readonly Float64Array[];
}

/** The windows of standardised series `columns: [d][n]`. O(n d lags). */
export function windowsOf(columns: readonly Float64Array[], lags: number): Windows {
  const d = columns.length;
  const rows = columns[0]!.length - lags;
  const inputs = d * lags;
  const x = new Float64Array(rows * inputs);
  columns.forEach((column, i) => {
    for (let t = 0; t < rows; t++) {
      for (let k = 0; k < lags; k++) x[t * inputs + i * lags + k] = column[t + lags - 1 - k]!;
    }
  });
  return { rows, inputs, lags, x, y: columns.map((column) => column.slice(lags)) };
}

/** The rows from `start` to before `end` of a matrix of so many columns. */
export function rowsOf(x: Float64Array, columns: number, start: number, end: number): Float64Array {
  return x.subarray(start * columns, end * columns);
}
