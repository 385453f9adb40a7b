/** A session in a thread of its own, so that a test can end it while a cell loops. */
import { parentPort } from "node:worker_threads";
import { Harness } from "./harness.ts";

export type ToWorker =
  | { readonly type: "page"; readonly cells: readonly [id: string, source: string][] }
  | { readonly type: "run"; readonly target: "all" | readonly string[] }
  | { readonly type: "stop"; readonly target: "all" | readonly string[] }
  | { readonly type: "interrupted"; readonly ids: readonly string[] };

if (parentPort === null) throw new Error("session-worker.ts runs in a worker only");
const port = parentPort;
const harness = new Harness();
const { push } = harness.events;
harness.events.push = (...events) => {
  for (const event of events) port.postMessage(structuredClone(event));
  return push.apply(harness.events, events);
};

port.on("message", (message: ToWorker) => {
  switch (message.type) {
    case "page":
      void harness.page(...message.cells);
      return;
    case "run":
      void harness.session.run(message.target);
      return;
    case "stop":
      harness.session.stop(message.target);
      return;
    case "interrupted":
      void harness.session.markInterrupted(message.ids);
      return;
    default:
      throw new Error("unknown message");
  }
});
