import type { Relaxed } from "./dagma.ts";
import type { Minimum } from "./minimize.ts";

const ENOUGH = 1e-8;
const MOST_RHO = 1e16;
const ROUNDS = 100;

/** Minimises the loss + alpha h + rho h²/2 from x, and tells the h reached. */
export type Subproblem = (
  x: Float64Array,
  alpha: number,
  rho: number,
  round: number,
) => Promise<Minimum & { readonly h: number }>;

/**
 * The augmented Lagrangian of NOTEARS: rho grows tenfold until h falls to a quarter, alpha by rho h, until h is at most
 * 1e-8 or rho 1e16 (Zheng et al. 2018, algorithm 1). Below 1e-8 the square roots of h's entries are what thresholding
 * removes.
 */
export async function augmentedLagrangian(
  start: Float64Array,
  solve: Subproblem,
): Promise<Omit<Relaxed, "w"> & { readonly x: Float64Array; readonly rho: number }> {
  let x = start;
  let h = Infinity;
  let alpha = 0;
  let rho = 1;
  let iterations = 0;
  const course: (readonly [number, number])[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (;;) {
      const found = await solve(x, alpha, rho, round);
      iterations += found.iterations;
      const fell = found.h <= h / 4;
      if (fell || rho >= MOST_RHO) {
        x = found.x;
        h = found.h;
        break;
      }
      rho *= 10;
    }
    course.push([iterations, h]);
    if (h <= ENOUGH || rho >= MOST_RHO) break;
    alpha += rho * h;
  }
  return { x, h, rho, iterations, converged: h <= ENOUGH, course };
}
