/** What `import … from "dagbok/math"` gives. */
export * from "../math/distributions.ts";
export { createRng } from "../math/rng.ts";
export { mean, quantileSorted, variance } from "../math/summary.ts";
