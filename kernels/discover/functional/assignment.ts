/**
 * The one-to-one assignment of rows to columns of least total cost, by shortest augmenting paths with potentials (Kuhn
 * 1955; Jonker & Volgenant 1987). `cost: [n, n]`, finite. Returns for each row its column. O(n³).
 */
export function assign(cost: Float64Array, n: number): Int32Array {
  // rows and columns are counted from 1: column 0 is where a path starts
  const rowPotential = new Float64Array(n + 1);
  const columnPotential = new Float64Array(n + 1);
  const rowOf = new Int32Array(n + 1);
  for (let row = 1; row <= n; row++) {
    const slack = new Float64Array(n + 1).fill(Infinity);
    const from = new Int32Array(n + 1);
    const done = new Uint8Array(n + 1);
    rowOf[0] = row;
    let column = 0;
    do {
      done[column] = 1;
      const here = rowOf[column]!;
      let best = Infinity;
      let next = 0;
      for (let j = 1; j <= n; j++) {
        if (done[j] === 1) continue;
        const reduced = cost[(here - 1) * n + j - 1]! - rowPotential[here]! - columnPotential[j]!;
        if (reduced < slack[j]!) {
          slack[j] = reduced;
          from[j] = column;
        }
        if (slack[j]! < best) {
          best = slack[j]!;
          next = j;
        }
      }
      for (let j = 0; j <= n; j++) {
        if (done[j] === 1) {
          rowPotential[rowOf[j]!]! += best;
          columnPotential[j]! -= best;
        } else slack[j]! -= best;
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      const previous = from[column]!;
      rowOf[column] = rowOf[previous]!;
      column = previous;
    }
  }
  const columnOf = new Int32Array(n);
  for (let j = 1; j <= n; j++) columnOf[rowOf[j]! - 1] = j - 1;
  return columnOf;
}
