import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minimise } from "../../../kernels/counterfactual/simplex.ts";

/** Smallest cost over all basic feasible solutions, by trying every basis. */
function byEnumeration(cost: number[], rows: number[][], right: number[]): number | undefined {
  const n = cost.length;
  const m = rows.length;
  let best: number | undefined;
  const choose = (start: number, chosen: number[]): void => {
    if (chosen.length === m) {
      const x = gauss(
        rows.map((row) => chosen.map((j) => row[j]!)),
        right,
      );
      if (x === undefined || x.some((v) => v < -1e-9)) return;
      const value = chosen.reduce((sum, j, i) => sum + cost[j]! * x[i]!, 0);
      best = Math.min(best ?? Infinity, value);
      return;
    }
    for (let j = start; j < n; j++) choose(j + 1, [...chosen, j]);
  };
  choose(0, []);
  return best;
}

function gauss(matrix: number[][], right: number[]): number[] | undefined {
  const m = matrix.length;
  const a = matrix.map((row, i) => [...row, right[i]!]);
  for (let c = 0; c < m; c++) {
    const p = a
      .slice(c)
      .reduce((best, row, i) => (Math.abs(row[c]!) > Math.abs(a[best]![c]!) ? c + i : best), c);
    if (Math.abs(a[p]![c]!) < 1e-9) return undefined;
    [a[c], a[p]] = [a[p]!, a[c]!];
    for (let r = 0; r < m; r++) {
      if (r === c) continue;
      const f = a[r]![c]! / a[c]![c]!;
      for (let k = c; k <= m; k++) a[r]![k]! -= f * a[c]![k]!;
    }
  }
  return a.map((row, i) => row[m]! / row[i]!);
}

describe("minimise", () => {
  it("agrees with trying every basis on random feasible problems", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 6, maxLength: 6 }),
        fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 6, maxLength: 6 }), {
          minLength: 2,
          maxLength: 2,
        }),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 6, maxLength: 6 }),
        (cost, free, inside) => {
          // The first row bounds the region, so that an optimum exists.
          const rows = [cost.map(() => 1), ...free];
          const right = rows.map((row) => row.reduce((sum, a, j) => sum + a * inside[j]!, 0));
          const expected = byEnumeration(cost, rows, right);
          const found = minimise(cost, Float64Array.from(rows.flat()), right, 3, 6);
          expect(found.kind).toBe("optimal");
          if (expected !== undefined && found.kind === "optimal") {
            expect(found.value).toBeCloseTo(expected, 9);
          }
        },
      ),
      { numRuns: 300, seed: 5 },
    );
  });

  it("leaves redundant rows out", () => {
    const rows = Float64Array.of(1, 1, 0, 2, 2, 0, 1, 0, 1);
    const found = minimise([1, 2, 0], rows, [1, 2, 1], 3, 3);
    expect(found).toMatchObject({ kind: "optimal", value: 1 });
  });

  it("says when nothing satisfies the rows, and when the cost falls without end", () => {
    expect(minimise([1, 1], Float64Array.of(1, 1, 1, 1), [1, 2], 2, 2).kind).toBe("infeasible");
    expect(minimise([-1, 0], Float64Array.of(1, -1), [0], 1, 2).kind).toBe("unbounded");
  });

  it("does not cycle on Beale's degenerate problem", () => {
    const rows = Float64Array.from(
      [
        [0.25, -60, -1 / 25, 9, 1, 0, 0],
        [0.5, -90, -1 / 50, 3, 0, 1, 0],
        [0, 0, 1, 0, 0, 0, 1],
      ].flat(),
    );
    const found = minimise([-0.75, 150, -0.02, 6, 0, 0, 0], rows, [0, 0, 1], 3, 7);
    expect(found.kind === "optimal" && found.value).toBeCloseTo(-0.05, 12);
  });
});
