import { checkClaim, type Claim } from "../claim.ts";
import type { KernelEvent, SupervisorEvent } from "./kernel.ts";

type Field = "string" | "number" | "boolean" | "object" | "array";

/** The fields without which an event of that type would break its reader. */
const required: Readonly<
  Record<(KernelEvent | SupervisorEvent)["type"], Readonly<Record<string, Field>>>
> = {
  ready: { version: "string" },
  analysis: { cells: "array" },
  state: { cell: "string", state: "object" },
  "run-started": { cell: "string", run: "number" },
  output: { cell: "string", run: "number", index: "number", bundle: "object" },
  "run-ended": { cell: "string", run: "number", ms: "number", ok: "boolean" },
  claim: { cell: "string", run: "number", claim: "object" },
  keep: { cell: "string", key: "string" },
  log: { level: "string", text: "string" },
  overflow: { dropped: "number" },
  variables: { changed: "array", removed: "array" },
  "attachment-request": { request: "number", name: "string" },
  "table-page": { request: "number" },
  values: { request: "number", values: "object" },
  settled: {},
  "kernel-error": { error: "object" },
  beat: { at: "number" },
  "worker-lost": { reason: "string" },
  "worker-started": {},
};

/**
 * What came from a kernel, if it is an event. A worker runs strangers' code, so anything may arrive; whatever
 * is not an event of the table is dropped here, at the page's edge.
 */
export function checkKernelEvent(message: unknown): KernelEvent | SupervisorEvent | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const type: unknown = (message as { type?: unknown }).type;
  if (typeof type !== "string" || !Object.hasOwn(required, type)) return undefined;
  const fields = required[type as keyof typeof required];
  for (const [name, field] of Object.entries(fields)) {
    if (!isField((message as Record<string, unknown>)[name], field)) return undefined;
  }
  return withCheckedClaims(message as KernelEvent | SupervisorEvent);
}

/** Claims are read by half the page: what is none goes. */
function withCheckedClaims(
  event: KernelEvent | SupervisorEvent,
): KernelEvent | SupervisorEvent | undefined {
  switch (event.type) {
    case "claim":
      return checkClaim(event.claim) === undefined ? undefined : event;
    case "run-started":
    case "run-ended":
      return withCheckedClaim(event);
    case "variables":
      return { ...event, changed: event.changed.map((variable) => withCheckedClaim(variable)) };
    default:
      return event;
  }
}

function withCheckedClaim<T extends { readonly claim?: Claim }>(holder: T): T {
  if (holder?.claim === undefined || checkClaim(holder.claim) !== undefined) return holder;
  const { claim: _, ...rest } = holder;
  return rest as T;
}

function isField(value: unknown, field: Field): boolean {
  if (field === "array") return Array.isArray(value);
  if (field === "object")
    return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === field;
}
