import { expect, test } from "vitest";
import type { Claim } from "../../app/claim.ts";
import { createNotebook } from "../../app/notebook/document.ts";
import type { KernelEvent, KernelRequest } from "../../app/protocol/kernel.ts";
import { gather, type RemoteKernel } from "../../main/run/results.ts";

const claim = (id: string): Claim => ({
  rung: 2,
  query: "P(y | do(x))",
  status: "identified",
  assumptions: [{ id, kind: "k", text: `${id} holds.`, variables: [] }],
});

/** Answers a run with these events. */
function staged(events: readonly KernelEvent[]): RemoteKernel & { asked: KernelRequest[] } {
  const asked: KernelRequest[] = [];
  const kernel: RemoteKernel & { asked: KernelRequest[] } = {
    asked,
    post(request) {
      asked.push(request);
      const answer = (event: KernelEvent) => queueMicrotask(() => kernel.onEvent?.(event));
      if (request.type === "run") for (const event of events) answer(event);
      if (request.type === "values") answer({ type: "values", request: 1, values: { ate: 3 } });
    },
    onEvent: undefined,
    onEnd: undefined,
    close: () => Promise.resolve(),
  };
  setTimeout(() => kernel.onEvent?.({ type: "ready", version: "0" }), 0);
  return kernel;
}

test("a run without a window is told what is switched off, and tells what its results rest on", async () => {
  const notebook = createNotebook({
    id: "running",
    cells: [{ id: "aaaa", source: "const ate = 3" }],
    meta: { doubts: '["positivity:x"]' },
  });
  const kernel = staged([
    { type: "run-started", cell: "aaaa", run: 1, claim: claim("first") },
    { type: "run-ended", cell: "aaaa", run: 1, ms: 1, ok: true, claim: claim("positivity:x") },
    { type: "state", cell: "aaaa", state: { kind: "done", ms: 1 } },
    {
      type: "variables",
      changed: [
        { name: "ate", cell: "aaaa", type: "number", preview: "3", claim: claim("positivity:x") },
      ],
      removed: [],
    },
    { type: "claim", cell: "aaaa", run: 1, claim: claim("later") },
    { type: "settled" },
  ]);
  const { results } = await gather(kernel, notebook, {
    set: {},
    timeoutSeconds: 5,
    file: () => Promise.resolve(undefined),
  });
  expect(kernel.asked[0]).toMatchObject({ type: "open", doubts: ["positivity:x"] });
  expect(results.doubts).toEqual(["positivity:x"]);
  expect(results.cells[0]?.claim).toEqual(claim("later"));
  expect(results.claims).toEqual({ ate: claim("positivity:x") });
});
