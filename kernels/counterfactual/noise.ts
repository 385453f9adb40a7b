import type { Rng } from "../math/rng.ts";
import type { NoiseFamily } from "./model.ts";
import { unreachable } from "./unreachable.ts";

/** Mean of the standard noise of a family. */
export function noiseMean(family: NoiseFamily): number {
  return family === "uniform" ? 0.5 : family === "exponential" ? 1 : 0;
}

/** One draw of the standard noise of a family. */
export function drawNoise(family: NoiseFamily, rng: Rng): number {
  switch (family) {
    case "normal":
      return rng.normal();
    case "uniform":
      return rng.next();
    case "exponential":
      return -Math.log1p(-rng.next());
    case "logistic": {
      const u = openUnit(rng);
      return Math.log(u) - Math.log1p(-u);
    }
    case "laplace": {
      const u = openUnit(rng) - 0.5;
      return u < 0 ? Math.log(1 + 2 * u) : -Math.log(1 - 2 * u);
    }
    default:
      return unreachable(family);
  }
}

/** Log density of the standard noise. */
export function logDensity(family: NoiseFamily, x: number): number {
  switch (family) {
    case "normal":
      return -0.5 * (x * x + Math.log(2 * Math.PI));
    case "uniform":
      return x >= 0 && x <= 1 ? 0 : -Infinity;
    case "exponential":
      return x >= 0 ? -x : -Infinity;
    case "logistic": {
      const a = -Math.abs(x);
      return a - 2 * Math.log1p(Math.exp(a));
    }
    case "laplace":
      return -Math.abs(x) - Math.LN2;
    default:
      return unreachable(family);
  }
}

/** Uniform on the open interval (0, 1). */
export function openUnit(rng: Rng): number {
  const u = rng.next();
  return u === 0 ? 2 ** -54 : u;
}
