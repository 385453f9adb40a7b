// Runs the conformance cases inside a browser worker on the backend it is told; see chromium.test.ts.
import { createMatMul } from "../../../kernels/tensor/ops.ts";
import { openTensorEngine } from "../../../kernels/tensor/backend.ts";
import type { BackendName } from "../../../kernels/tensor/backend.ts";
import { reshapeCase, runConformance } from "./conformance.ts";

interface WorkerScope {
  addEventListener(
    type: "message",
    listener: (event: { readonly data: { backend?: BackendName; bare?: boolean } }) => void,
  ): void;
  postMessage(message: unknown): void;
}
const scope = globalThis as unknown as WorkerScope;

async function run(backend: BackendName | undefined, bare: boolean): Promise<unknown> {
  const engine = await openTensorEngine(backend);
  const cases = bare
    ? [reshapeCase(({ tf }) => createMatMul(tf, { copyRight: false }))]
    : undefined;
  const values = await runConformance(engine, cases);
  return {
    backend: engine.backend,
    adapter: engine.adapter,
    tensors: engine.memory().tensors,
    values,
  };
}

scope.addEventListener("message", ({ data }) => {
  run(data.backend, data.bare === true).then(
    (result) => scope.postMessage(result),
    (error: unknown) =>
      scope.postMessage({
        error: error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error),
      }),
  );
});
