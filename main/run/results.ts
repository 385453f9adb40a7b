import type { Claim } from "../../app/claim.ts";
import { doubtsOf } from "../../app/notebook/doubts.ts";
import { checkKernelEvent } from "../../app/protocol/check.ts";
import type { CellState, KernelEvent, KernelRequest } from "../../app/protocol/kernel.ts";
import { mime } from "../../app/protocol/mime.ts";
import { cellDigests } from "../../app/notebook/digests.ts";
import type { Notebook } from "../../app/notebook/document.ts";
import type { Provenance } from "../../app/protocol/kernel.ts";
import type { MimeBundle } from "../../app/protocol/mime.ts";
import type { SavedOutput } from "../../app/protocol/store.ts";

/** A kernel somewhere else: what is posted reaches it, `onEvent` hears it. */
export interface RemoteKernel {
  readonly post: (request: KernelRequest) => void;
  onEvent: ((event: unknown) => void) | undefined;
  /** Called once if it ends by itself, with the reason. */
  onEnd: ((reason: string) => void) | undefined;
  close(): Promise<void>;
}

export interface CellResult {
  readonly cell: string;
  readonly kind: string;
  readonly name?: string;
  readonly state: CellState["kind"];
  readonly ms?: number;
  readonly error?: string;
  readonly claim?: Claim;
  /** Plain text of what it showed. */
  readonly shown: readonly string[];
}

export interface RunResults {
  readonly ok: boolean;
  readonly timedOut: boolean;
  readonly ms: number;
  readonly cells: readonly CellResult[];
  readonly values: Readonly<Record<string, unknown>>;
  /** What the values rest on, by name. */
  readonly claims: Readonly<Record<string, Claim>>;
  /** Ids of the assumptions that are switched off in the notebook. */
  readonly doubts: readonly string[];
  readonly log: readonly string[];
}

export interface RunOptions {
  readonly set: Readonly<Record<string, unknown>>;
  readonly timeoutSeconds: number | undefined;
  /** Bytes of an attachment or of the catalogue's file of that name. */
  readonly file: (name: string) => Promise<Uint8Array | undefined>;
}

/** What a run gave, and its outputs as the page would have saved them. */
export interface Gathered {
  readonly results: RunResults;
  readonly outputs: readonly SavedOutput[];
  /** Cells that a cell needs directly. */
  readonly upstream: ReadonlyMap<string, readonly string[]>;
}

/** Runs a notebook from top to bottom in a kernel and gathers what came of it. */
export async function gather(
  kernel: RemoteKernel,
  notebook: Notebook,
  options: RunOptions,
): Promise<Gathered> {
  const began = performance.now();
  const states = new Map<string, CellState>();
  const shown = new Map<string, MimeBundle[]>();
  const made = new Map<string, Provenance>();
  const upstream = new Map<string, readonly string[]>();
  const log: string[] = [];
  const claimOf = new Map<string, Claim>();
  const claims = new Map<string, Claim>();
  const doubts = [...doubtsOf(notebook)];
  let values: Readonly<Record<string, unknown>> = {};
  let timedOut = false;
  let started = false;

  await new Promise<void>((resolve, reject) => {
    const timer =
      options.timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            resolve();
          }, options.timeoutSeconds * 1000);
    const finish = (): void => {
      clearTimeout(timer);
      resolve();
    };
    kernel.onEnd = (reason) => {
      clearTimeout(timer);
      reject(new Error(`The kernel ended: ${reason}`));
    };
    const start = (): void => {
      if (started) return;
      started = true;
      kernel.post({
        type: "open",
        cells: notebook.cells.map(({ id, kind, source, name, flags, inputs }) => ({
          id,
          kind,
          source,
          ...(name === undefined ? {} : { name }),
          disabled: flags.disabled,
          lazy: flags.lazy,
          inputs,
        })),
        mode: "auto",
        doubts,
        attachments: notebook.attachments,
        seed: notebook.settings.seed,
      });
      for (const [name, value] of Object.entries(options.set)) {
        kernel.post({ type: "set-variable", name, value });
      }
      kernel.post({ type: "run", target: "all" });
    };
    const hear = (event: KernelEvent): void => {
      switch (event.type) {
        case "ready":
          start();
          break;
        case "state":
          states.set(event.cell, event.state);
          break;
        case "run-started":
          shown.set(event.cell, []);
          claimOf.delete(event.cell);
          break;
        case "run-ended":
          if (event.provenance !== undefined) made.set(event.cell, event.provenance);
          if (event.claim !== undefined) claimOf.set(event.cell, event.claim);
          break;
        case "analysis":
          for (const cell of event.cells) upstream.set(cell.cell, cell.upstream);
          break;
        case "claim":
          if (event.claim !== undefined) claimOf.set(event.cell, event.claim);
          break;
        case "variables":
          for (const name of event.removed) claims.delete(name);
          for (const { name, claim } of event.changed) {
            if (claim === undefined) claims.delete(name);
            else claims.set(name, claim);
          }
          break;
        case "output": {
          const list = shown.get(event.cell);
          // a control's bundle comes again under the same index with every new value
          if (list !== undefined) list[event.index] = event.bundle;
          break;
        }
        case "log":
          log.push(event.text);
          break;
        case "overflow":
          log.push(`(${event.dropped} outputs beyond the limit were dropped)`);
          break;
        case "kernel-error":
          log.push(event.error.message);
          break;
        case "attachment-request":
          void answerFile(kernel, event.request, event.name, options.file);
          break;
        case "settled":
          // `settled` also follows opening: it counts once the cells have been asked to run
          if (states.size > 0 || notebook.cells.length === 0) {
            kernel.post({ type: "values", request: 1 });
          }
          break;
        case "values":
          values = event.values;
          finish();
          break;
        default:
          break;
      }
    };
    kernel.onEvent = (message) => {
      const event = checkKernelEvent(message);
      if (event === undefined) return;
      if (event.type === "worker-lost") kernel.onEnd?.(event.reason);
      else if (event.type !== "beat" && event.type !== "worker-started") hear(event);
    };
  });
  await kernel.close();
  const shownBy = (cell: string): readonly MimeBundle[] =>
    (shown.get(cell) ?? []).filter((bundle) => bundle !== undefined);
  const cells = notebook.cells.map((cell): CellResult => {
    const state = states.get(cell.id) ?? { kind: "idle" };
    return {
      cell: cell.id,
      kind: cell.kind,
      ...(cell.name === undefined ? {} : { name: cell.name }),
      state: state.kind,
      ...(state.kind === "done" ? { ms: state.ms } : {}),
      ...(state.kind === "failed" ? { error: state.failure.error.message } : {}),
      ...withClaim(claimOf.get(cell.id)),
      shown: shownBy(cell.id).map(textOf),
    };
  });
  const ok = !timedOut && cells.every((cell) => cell.state === "done" || cell.state === "disabled");
  const results: RunResults = {
    ok,
    timedOut,
    ms: performance.now() - began,
    cells,
    values,
    claims: Object.fromEntries(claims),
    doubts,
    log,
  };
  const digests = await cellDigests(notebook, (cell) => upstream.get(cell));
  const outputs = notebook.cells.flatMap((cell): readonly SavedOutput[] => {
    const state = states.get(cell.id);
    if (state?.kind !== "done" && state?.kind !== "failed") return [];
    const provenance = made.get(cell.id);
    return [
      {
        cell: cell.id,
        digest: digests.get(cell.id) ?? "",
        bundles: shownBy(cell.id),
        ms: state.kind === "done" ? state.ms : 0,
        at: Date.now(),
        ...withClaim(claimOf.get(cell.id)),
        ...(provenance === undefined ? {} : { provenance }),
        ...(state.kind === "failed" ? { failure: state.failure } : {}),
      },
    ];
  });
  return { results, outputs, upstream };
}

function textOf(bundle: MimeBundle): string {
  const text = bundle[mime.text];
  return typeof text === "string" ? text : "";
}

function withClaim(claim: Claim | undefined): { readonly claim?: Claim } {
  return claim === undefined ? {} : { claim };
}

async function answerFile(
  kernel: RemoteKernel,
  request: number,
  name: string,
  file: RunOptions["file"],
): Promise<void> {
  try {
    const bytes = await file(name);
    if (bytes !== undefined) {
      kernel.post({ type: "attachment-bytes", request, bytes });
      return;
    }
    kernel.post({
      type: "attachment-failed",
      request,
      error: { name: "UserError", code: "no-such-attachment", message: `${name} is not here.` },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    kernel.post({ type: "attachment-failed", request, error: { name: "Error", message } });
  }
}
