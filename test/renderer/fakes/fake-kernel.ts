import type { KernelCell, KernelEvent } from "../../../app/protocol/kernel.ts";
import type { MimeBundle } from "../../../app/protocol/mime.ts";
import type { FromFrame, KernelConnection, ToFrame } from "../../../renderer/kernel/client.ts";

/** What a fake kernel shows for a cell; `failure` and `steps` stage the other states. */
export interface FakeCell {
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly bundles?: readonly MimeBundle[];
  readonly ms?: number;
  readonly events?: (cell: string, run: number, post: (event: KernelEvent) => void) => boolean;
}

/** A kernel that answers from a script, with the protocol's order of events. */
export function fakeKernel(
  script: (cell: KernelCell) => FakeCell,
): () => Promise<KernelConnection> {
  return () => {
    let cells: readonly KernelCell[] = [];
    let run = 0;
    const connection: KernelConnection = {
      receiver: undefined,
      post(message: ToFrame) {
        setTimeout(() => receive(message), 0);
      },
      dispose: () => clearInterval(beat),
    };
    const post = (event: FromFrame): void => connection.receiver?.(event);
    const beat = setInterval(() => post({ type: "beat", at: Date.now() }), 200);
    const analyse = (): void =>
      post({
        type: "analysis",
        cells: cells.map((cell) => ({
          cell: cell.id,
          inputs: script(cell).inputs ?? [],
          outputs: script(cell).outputs ?? (cell.name === undefined ? [] : [cell.name]),
          diagnostics: [],
          upstream: [],
          downstream: [],
        })),
      });
    const runCell = (cell: KernelCell): void => {
      const staged = script(cell);
      const mine = ++run;
      post({ type: "state", cell: cell.id, state: { kind: "running", since: Date.now() } });
      post({ type: "run-started", cell: cell.id, run: mine });
      if (staged.events?.(cell.id, mine, post) === true) return;
      (staged.bundles ?? []).forEach((bundle, index) =>
        post({ type: "output", cell: cell.id, run: mine, index, bundle }),
      );
      post({ type: "run-ended", cell: cell.id, run: mine, ms: staged.ms ?? 3, ok: true });
      post({ type: "state", cell: cell.id, state: { kind: "done", ms: staged.ms ?? 3 } });
      const names = staged.outputs ?? (cell.name === undefined ? [] : [cell.name]);
      post({
        type: "variables",
        changed: names.map((name) => ({ name, cell: cell.id, type: cell.kind, preview: name })),
        removed: [],
      });
    };
    const receive = (message: ToFrame): void => {
      switch (message.type) {
        case "open":
          ({ cells } = message);
          post({ type: "ready", version: "fake" });
          analyse();
          return;
        case "cells":
          ({ cells } = message);
          analyse();
          return;
        case "run": {
          const { target } = message;
          const due = cells.filter(
            ({ id, kind }) =>
              kind !== "markdown" && (typeof target === "string" || target.includes(id)),
          );
          for (const cell of due) runCell(cell);
          post({ type: "settled" });
          return;
        }
        case "table-page":
          post({
            type: "table-page",
            request: message.request,
            page: {
              columns: [
                { name: "row", type: "integer" },
                { name: "value", type: "number" },
              ],
              rows: Array.from({ length: message.count }, (_, i) => [
                String(message.offset + i),
                ((message.offset + i) / 7).toFixed(3),
              ]),
              offset: message.offset,
              n: 100_000,
            },
          });
          return;
        case "restart-worker":
          post({ type: "worker-started" });
          return;
        default:
      }
    };
    return Promise.resolve(connection);
  };
}
