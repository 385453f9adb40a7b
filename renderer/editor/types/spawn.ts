import type { TypesPort } from "./client.ts";

/** The checker's worker, in the page's own origin. */
export function spawnTypes(): TypesPort {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return worker as unknown as TypesPort;
}
