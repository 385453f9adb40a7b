import { serve } from "./hands/hand.ts";

/**
 * Entry of one of a kernel's other threads, a Worker started by the kernel frame's supervisor beside the kernel's. Its
 * first message carries the line to the kernel; it lives under the same policy as the kernel (no network, no storage).
 */
self.addEventListener(
  "message",
  (event: MessageEvent<unknown>) => {
    const [port] = event.ports;
    if (port !== undefined) serve(port, () => self.close());
  },
  { once: true },
);
