import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseNotebook } from "../../app/notebook/format.ts";
import type { Cell, Notebook } from "../../app/notebook/document.ts";
import type { MimeBundle } from "../../app/protocol/mime.ts";
import type {
  CellState,
  KernelCell,
  HandsWanted,
  KernelEvent,
  KernelRequest,
} from "../../app/protocol/kernel.ts";
import type { Channel } from "../../kernels/channel.ts";
import { Kernel } from "../../kernels/kernel.ts";

const root = join(import.meta.dirname, "../..");
export const sharedData = join(root, "../shared/data");

/** What a notebook showed when it was run from top to bottom. */
export interface NotebookRun {
  readonly states: ReadonlyMap<string, CellState>;
  readonly outputs: ReadonlyMap<string, readonly MimeBundle[]>;
  readonly failures: readonly string[];
  readonly value: (name: string) => unknown;
  readonly set: (name: string, value: unknown) => Promise<void>;
  readonly runs: ReadonlyMap<string, number>;
}

export function shipped(path: string): Notebook {
  return parseNotebook(readFileSync(join(root, "notebooks", `${path}.dagbok.ts`), "utf8"));
}

export function toKernelCell(cell: Cell): KernelCell {
  const { id, kind, source, name, flags, inputs } = cell;
  return {
    id,
    kind,
    source,
    ...(name === undefined ? {} : { name }),
    disabled: flags.disabled,
    lazy: flags.lazy,
    inputs,
  };
}

/**
 * Runs a notebook in a kernel in this very process. Files are looked up in `files` (name to path); one that is not
 * there is not attached.
 */
export async function runNotebook(
  notebook: Notebook,
  files: Readonly<Record<string, string>> = {},
): Promise<NotebookRun> {
  const states = new Map<string, CellState>();
  const outputs = new Map<string, MimeBundle[]>();
  const runs = new Map<string, number>();
  let settled: () => void = () => {};
  const problems: string[] = [];
  const answer = (event: KernelEvent | HandsWanted): void => {
    switch (event.type) {
      case "state":
        states.set(event.cell, event.state);
        break;
      case "run-started":
        outputs.set(event.cell, []);
        runs.set(event.cell, (runs.get(event.cell) ?? 0) + 1);
        break;
      case "output":
        outputs.get(event.cell)?.push(event.bundle);
        break;
      case "kernel-error":
        problems.push(event.error.message);
        break;
      case "attachment-request": {
        const path = files[event.name];
        const { request } = event;
        queueMicrotask(() => {
          send(
            path !== undefined && existsSync(path)
              ? { type: "attachment-bytes", request, bytes: readFileSync(path) }
              : {
                  type: "attachment-failed",
                  request,
                  error: {
                    name: "UserError",
                    code: "no-such-attachment",
                    message: `${event.name} is not attached.`,
                  },
                },
          );
        });
        break;
      }
      case "settled":
        settled();
        break;
      default:
        break;
    }
  };
  const channel: Channel = { post: answer, onRequest: undefined };
  const kernel = new Kernel(channel, { evaluate: evaluateHere });
  const send = (request: KernelRequest): void => channel.onRequest?.(request);
  const quiet = (): Promise<void> => new Promise((resolve) => (settled = resolve));
  const cells = notebook.cells.map(toKernelCell);
  send({ type: "open", cells, mode: "auto", attachments: [], seed: notebook.settings.seed });
  const done = quiet();
  send({ type: "run", target: "all" });
  await done;
  return {
    states,
    outputs,
    runs,
    get failures() {
      return [
        ...problems,
        ...[...states].flatMap(([cell, state]) =>
          state.kind === "failed"
            ? [`${cell}: ${state.failure.kind} ${state.failure.error.message}`]
            : [],
        ),
      ];
    },
    value: (name) => kernel.value(name),
    set: async (name, value) => {
      runs.clear();
      const after = quiet();
      send({ type: "set-variable", name, value });
      await after;
    },
  };
}

let modules = 0;

/** Vitest rewrites `import()` in the sources it runs; this file's own is left to Node. */
const evaluateHere = async (text: string) => {
  const url = `data:text/javascript;charset=utf-8,${encodeURIComponent(`${text}\n// ${modules++}`)}`;
  return ((await import(/* @vite-ignore */ url)) as { default: never }).default;
};
