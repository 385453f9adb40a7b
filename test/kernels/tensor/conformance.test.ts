import type { Tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { BackendName } from "../../../kernels/tensor/backend.ts";
import { openTensorEngine } from "../../../kernels/tensor/backend.ts";
import { createMatMul } from "../../../kernels/tensor/ops.ts";
import { CONFORMANCE, largestDifference, reshapeCase, runConformance } from "./conformance.ts";
import type { CaseValues } from "./conformance.ts";

/** float32 with sums of at most 17 products. */
const TOLERANCE = 2e-5;

let cpu: CaseValues;
let wasm: CaseValues;

describe("tensor operations agree between plain JavaScript and wasm", () => {
  beforeAll(async () => {
    cpu = await runConformance(await openTensorEngine("cpu"));
    wasm = await runConformance(await openTensorEngine("wasm"));
  });

  it.each(CONFORMANCE.map((c) => c.name))("%s", (name) => {
    expect(largestDifference(cpu, wasm, name)).toBeLessThan(TOLERANCE);
  });

  it("fails when the reshape workaround is removed", async () => {
    const bare = [reshapeCase(({ tf }) => createMatMul(tf, { copyRight: false }))];
    const onCpu = await runConformance(await openTensorEngine("cpu"), bare);
    const engine = await openTensorEngine("wasm");
    // The bug shows as wrong numbers or as a memory fault, by what lies beside the packed weights.
    const onWasm = await runConformance(engine, bare).catch(() => ({}));
    expect(largestDifference(onCpu, onWasm, "matMul after reshape")).toBeGreaterThan(0.01);
  });

  it("multiplies for several models at once as for each alone, on wasm's own kernel", async () => {
    const { tf, simd } = await openTensorEngine("wasm");
    if (simd === undefined) throw new Error("the kernels could not be opened");
    type Product = (a: Tensor, b: Tensor, bias?: Tensor, transposeA?: boolean) => Tensor;
    const product = simd.product as Product;
    const [models, n, k, m] = [3, 5, 7, 13];
    const of = (shape: number[], seed: number): Tensor =>
      tf.randomNormal(shape, 0, 1, "float32", seed);
    tf.tidy(() => {
      const [a, b, bias] = [of([models, n, k], 1), of([models, k, m], 2), of([models, 1, m], 3)];
      const both = [product(a, b, bias), product(a, of([models, n, m], 4), undefined, true)];
      const part = (t: Tensor, r: number): Tensor =>
        tf.squeeze(tf.slice(t, [r, 0, 0], [1, -1, -1]), [0]);
      for (let r = 0; r < models; r++) {
        const alone = [
          product(part(a, r), part(b, r), tf.squeeze(part(bias, r))),
          product(part(a, r), part(of([models, n, m], 4), r), undefined, true),
        ];
        alone.forEach((one, i) =>
          expect([...part(both[i]!, r).dataSync()]).toEqual([...one.dataSync()]),
        );
      }
    });
  });

  it("refuses a backend that does not exist", async () => {
    await expect(openTensorEngine("cuda" as BackendName)).rejects.toThrow(
      /no backend of that name/u,
    );
  });

  it("agrees with values worked out by hand", () => {
    const [forward] = cpu["matMul after reshape"] as readonly Float32Array[];
    expect(forward?.length).toBe(8);
    const hot = cpu["batch indices and one-hot"]?.[0];
    expect([...(hot ?? [])]).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0]);
  });
});
