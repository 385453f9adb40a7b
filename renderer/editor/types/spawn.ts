import type { TypesPort } from "./client.ts";
import type { TypesEvent } from "./messages.ts";

/** The checker's worker, in the page's own origin. */
export function spawnTypes(): TypesPort {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return {
    postMessage: (request) => worker.postMessage(request),
    listen: (listener, failed) => {
      worker.addEventListener("message", ({ data }: MessageEvent<TypesEvent>) => listener(data));
      worker.addEventListener("error", failed);
    },
    terminate: () => worker.terminate(),
  };
}
