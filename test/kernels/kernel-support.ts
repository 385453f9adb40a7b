import type { Claim } from "../../app/claim.ts";
import type { CellSpec } from "../../app/notebook/document.ts";
import type {
  CellState,
  HandsWanted,
  KernelCell,
  KernelEvent,
  KernelRequest,
  Provenance,
} from "../../app/protocol/kernel.ts";
import { mime } from "../../app/protocol/mime.ts";
import type { Channel } from "../../kernels/channel.ts";
import { Kernel } from "../../kernels/kernel.ts";

/** A kernel in this process, with what it has told so far. */
export class KernelHarness {
  readonly claims = new Map<string, Claim>();
  readonly variableClaims = new Map<string, Claim>();
  readonly states = new Map<string, CellState>();
  readonly shown = new Map<string, string[]>();
  readonly provenance = new Map<string, Provenance>();
  readonly runs: string[] = [];
  readonly #channel: Channel;
  #settled: () => void = () => {};
  cells: readonly KernelCell[] = [];

  constructor() {
    this.#channel = { post: (event) => this.#hear(event), onRequest: undefined };
    new Kernel(this.#channel, { evaluate });
  }

  async open(cells: readonly CellSpec[], doubts: readonly string[] = []): Promise<void> {
    this.cells = cells.map(({ id = "", kind = "ts", source = "", name }) => ({
      id,
      kind,
      source,
      ...(name === undefined ? {} : { name }),
    }));
    this.send({ type: "open", cells: this.cells, mode: "auto", attachments: [], doubts });
    await this.run("all");
  }

  /** As the page does: the cells with what is switched off, then a run of those that do without it. */
  async doubt(doubts: readonly string[], run: readonly string[]): Promise<void> {
    this.send({ type: "cells", cells: this.cells, doubts });
    await this.run(run);
  }

  async run(target: "all" | readonly string[]): Promise<void> {
    const done = new Promise<void>((resolve) => (this.#settled = resolve));
    this.send({ type: "run", target });
    await done;
    // names that stream tell their last value a moment later
    await new Promise((resolve) => setTimeout(resolve, 80));
  }

  send(request: KernelRequest): void {
    this.#channel.onRequest?.(request);
  }

  ids(cell: string): readonly string[] {
    return (this.claims.get(cell)?.assumptions ?? []).map(({ id }) => id).sort();
  }

  text(cell: string): string {
    return (this.shown.get(cell) ?? []).join("\n");
  }

  #hear(event: KernelEvent | HandsWanted): void {
    switch (event.type) {
      case "state":
        this.states.set(event.cell, event.state);
        return;
      case "run-started":
        this.runs.push(event.cell);
        this.shown.set(event.cell, []);
        this.claims.delete(event.cell);
        return;
      case "run-ended":
        if (event.provenance !== undefined) this.provenance.set(event.cell, event.provenance);
        if (event.claim !== undefined) this.claims.set(event.cell, event.claim);
        return;
      case "claim":
        if (event.claim !== undefined) this.claims.set(event.cell, event.claim);
        return;
      case "variables":
        for (const { name, claim } of event.changed) {
          if (claim === undefined) this.variableClaims.delete(name);
          else this.variableClaims.set(name, claim);
        }
        return;
      case "output": {
        const text = event.bundle[mime.text];
        this.shown.get(event.cell)?.push(typeof text === "string" ? text : "");
        return;
      }
      case "attachment-request": {
        const { request, name } = event;
        const error = { name: "UserError", code: "no-such-attachment", message: `No ${name}.` };
        queueMicrotask(() => this.send({ type: "attachment-failed", request, error }));
        return;
      }
      case "settled":
        this.#settled();
        return;
      default:
    }
  }
}

let modules = 0;

/** Vitest rewrites `import()` in the sources it runs; this file's own is left to Node. */
const evaluate = async (text: string) => {
  const url = `data:text/javascript;charset=utf-8,${encodeURIComponent(`${text}\n// ${modules++}`)}`;
  return ((await import(/* @vite-ignore */ url)) as { default: never }).default;
};
