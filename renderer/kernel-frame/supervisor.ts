import type { SupervisorEvent } from "../../app/protocol/kernel.ts";
import { FloodGate } from "./flood-gate.ts";
import { Hands } from "./hands.ts";

/**
 * The only script of the kernel frame. It owns the worker in which a notebook's code runs, passes messages
 * between worker and page, gives it other threads when it asks for them, and beats, so that the page can tell a busy worker from a lost frame. No user code
 * ever runs here.
 */

const BEAT_MS = 200;
const CHECK_MS = 50;

const shell = window.parent;

window.addEventListener("message", (event) => {
  // one page, once: whoever else could post here is not the parent that the server let frame us
  if (event.source !== shell || port !== undefined) return;
  const data = event.data as { type?: unknown } | null;
  const [received] = event.ports;
  if (data?.type !== "connect" || received === undefined) return;
  connect(received);
});

let port: MessagePort | undefined;

function connect(received: MessagePort): void {
  port = received;
  const gate = new FloodGate();
  const hands = new Hands();
  let worker = startWorker(received, gate, hands);
  received.addEventListener("message", (event) => {
    const request = event.data as { type?: unknown };
    if (request?.type === "restart-worker") {
      worker.terminate();
      hands.end();
      gate.reset();
      worker = startWorker(received, gate, hands);
    } else {
      worker.postMessage(request, transferables(request));
    }
  });
  received.start();
  setInterval(() => {
    post(received, { type: "beat", at: Date.now() });
  }, BEAT_MS);
  setInterval(() => {
    const dropped = gate.takeDropped();
    if (dropped > 0) received.postMessage({ type: "overflow", dropped });
  }, CHECK_MS);
}

function startWorker(to: MessagePort, gate: FloodGate, hands: Hands): Worker {
  const worker = new Worker(new URL("../../kernels/worker.ts", import.meta.url), {
    type: "module",
    name: "dagbok-kernel",
  });
  worker.addEventListener("message", (event) => {
    const type = (event.data as { type?: unknown } | null)?.type;
    if (type === "hands-wanted") hands.give(worker, performance.now());
    else if (gate.admit(type, performance.now())) to.postMessage(event.data);
  });
  worker.addEventListener("error", (event) => {
    post(to, { type: "worker-lost", reason: event.message || "The kernel could not be started." });
  });
  worker.addEventListener("messageerror", () => {
    post(to, { type: "worker-lost", reason: "The kernel sent something that cannot be read." });
  });
  post(to, { type: "worker-started" });
  return worker;
}

function transferables(request: unknown): Transferable[] {
  const bytes = (request as { bytes?: unknown }).bytes;
  return bytes instanceof Uint8Array ? [bytes.buffer] : [];
}

function post(to: MessagePort, event: SupervisorEvent): void {
  to.postMessage(event);
}
