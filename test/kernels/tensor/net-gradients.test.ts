import { describe, expect, it } from "vitest";
import { createRng } from "../../../kernels/math/rng.ts";
import { openTensorEngine } from "../../../kernels/tensor/backend.ts";
import { createParameters } from "../../../kernels/tensor/layers.ts";
import { netCase, runConformance } from "./conformance.ts";
import { NET_CASES, weightsOf } from "./net-cases.ts";

// Independent oracle: each net's loss in float64, differentiated numerically in every weight.

describe.each(["cpu", "wasm"] as const)("losses of the nets on %s", (backend) => {
  it.each(NET_CASES.map((c) => [c.name, c] as const))("%s", async (name, one) => {
    const engine = await openTensorEngine(backend);
    const before = engine.memory().tensors;
    const found = (await runConformance(engine, [netCase(one)]))[name]!;
    const parameters = createParameters(engine, createRng(1));
    one.build(engine, parameters);
    const weights = weightsOf(parameters).map((w) => [...w]);
    parameters.dispose();
    expect(engine.memory().tensors).toBe(before);

    expect(found[0]![0]).toBeCloseTo(one.reference(weights), 4);
    let largest = 0;
    let moving = 0;
    let total = 0;
    weights.forEach((values, k) =>
      values.forEach((value, j) => {
        const moved = (by: number): number =>
          one.reference(
            weights.map((w, m) => (m === k ? w.map((v, n) => (n === j ? value + by : v)) : w)),
          );
        const slope = (moved(1e-4) - moved(-1e-4)) / 2e-4;
        const error = Math.abs(found[k + 1]![j]! - slope) / (1 + Math.abs(slope));
        largest = Number.isNaN(error) ? Infinity : Math.max(largest, error);
        moving += Number(Math.abs(slope) > 1e-6);
        total++;
      }),
    );
    expect(largest).toBeLessThan(2e-4);
    // A reference that does not depend on its weights would agree with anything
    expect(moving / total).toBeGreaterThan(0.5);
  });
});
