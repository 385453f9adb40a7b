import type { Cell, Notebook, RunMode } from "../../app/notebook/document.ts";
import type {
  KernelAttachment,
  KernelCell,
  KernelEvent,
  KernelRequest,
  RunTarget,
  VariableSummary,
} from "../../app/protocol/kernel.ts";
import type { SavedOutput } from "../../app/protocol/store.ts";
import type { TablePage } from "../../app/protocol/mime.ts";
import { toErrorRecord, UserError } from "../../app/errors.ts";
import { toJson } from "../../app/notebook/json.ts";
import type { Api } from "../client/api.ts";
import { KernelClient, type KernelConnection, type KernelStatus } from "../kernel/client.ts";
import type { DocumentStore } from "./document-store.ts";
import {
  afterRestart,
  type CellRuntime,
  CHANGED_SINCE,
  fromSaved,
  idleRuntime,
  markStale,
  reduceRuntime,
} from "./runtime.ts";
import { changedDoubts, doubtsOf } from "../../app/notebook/doubts.ts";
import { doubtsTakenUp } from "../../app/cell/doubts.ts";
import { cellDigests } from "../../app/notebook/digests.ts";
import { OutputSaver } from "./output-saver.ts";

export interface SessionOptions {
  readonly document: DocumentStore;
  readonly saved: readonly SavedOutput[];
  readonly api: Api;
  readonly connect: () => Promise<KernelConnection>;
}

export type SessionChange =
  | { readonly kind: "cell"; readonly cell: string }
  | { readonly kind: "status"; readonly status: KernelStatus }
  | { readonly kind: "variables" }
  | { readonly kind: "settled" }
  | { readonly kind: "message"; readonly text: string; readonly level: "info" | "error" };

/** How long edits may gather before the kernel is told. */
const TELL_WAIT = 80;
/** How often results that a cell asks to have kept are written, and how much text they may be. */
const KEEP_WAIT = 1000;
const MAX_KEPT = 4_000_000;
/** How long a notebook has to rest before saved outputs are held against it again. */
const JUDGE_WAIT = 300;

/**
 * The running side of a notebook: what its cells are doing and showing. Listens to the document, talks to the
 * kernel and saves what finished cells show. Runs nothing unless asked.
 */
export class NotebookSession {
  readonly document: DocumentStore;
  readonly #api: Api;
  readonly #kernel: KernelClient;
  readonly #saver: OutputSaver;
  readonly #cells = new Map<string, CellRuntime>();
  readonly #variables = new Map<string, VariableSummary>();
  readonly #listeners = new Set<(change: SessionChange) => void>();
  readonly #pages = new Map<number, PromiseWithResolvers<TablePage>>();
  readonly #inputs = new Map<string, { cell: string; key: string; value: unknown }>();
  readonly #stopListening: () => void;
  /** The notebook as it was when a cell's last run began. */
  readonly #ranOn = new Map<string, Notebook>();
  /** The kernel has said what rests on what. */
  #analysed = false;
  /** The last digests made: cells that ran together share them. */
  #digests:
    | {
        readonly ran: Notebook;
        readonly now: Notebook;
        readonly made: Promise<ReadonlyMap<string, string>>;
      }
    | undefined;
  #nextRequest = 1;
  #tellTimer: ReturnType<typeof setTimeout> | undefined;
  #judgeTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #kept = new Map<string, unknown>();
  #keptTimer: ReturnType<typeof setTimeout> | undefined;
  #inputFrame: number | undefined;
  #inputSave: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SessionOptions) {
    this.document = options.document;
    this.#api = options.api;
    this.#kernel = new KernelClient({
      connect: options.connect,
      open: () => this.#openRequest(),
      onEvent: (event) => this.#receive(event),
      onStatus: (status) => this.#emit({ kind: "status", status }),
      onRestart: () => this.#restarted(),
      visible: () => globalThis.document?.visibilityState !== "hidden",
    });
    this.#saver = new OutputSaver(this.document.id, options.api, (text) =>
      this.#emit({ kind: "message", level: "error", text }),
    );
    for (const saved of options.saved) this.#cells.set(saved.cell, fromSaved(saved, true));
    this.#stopListening = this.document.onChange(({ before, notebook, origin }) => {
      const doubts = changedDoubts(doubtsOf(before), doubtsOf(notebook));
      if (before.cells !== notebook.cells || doubts.length > 0) {
        this.#tellSoon();
        this.#judgeSoon();
      }
      // Somebody at another window has asked for it there.
      if (doubts.length > 0 && origin !== "remote") this.#deriveAgain(doubts);
      if (before.settings.run !== notebook.settings.run && this.#kernel.listening) {
        this.#kernel.send({ type: "mode", mode: notebook.settings.run });
      }
      if (before.settings.seed !== notebook.settings.seed && this.#kernel.listening) {
        this.#kernel.send({ type: "seed", seed: notebook.settings.seed });
      }
      if (before.attachments !== notebook.attachments && this.#kernel.listening) {
        this.#kernel.send({ type: "attachments", attachments: this.#attachments() });
      }
    });
  }

  get status(): KernelStatus {
    return this.#kernel.status;
  }
  get variables(): readonly VariableSummary[] {
    return [...this.#variables.values()];
  }

  cell(id: string): CellRuntime {
    return this.#cells.get(id) ?? idleRuntime;
  }

  subscribe(listener: (change: SessionChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Brings up a kernel that analyses and waits. */
  start(): Promise<void> {
    return this.#kernel.start();
  }

  run(target: RunTarget): void {
    if (this.#kernel.status.kind === "lost") this.#kernel.restart();
    this.#tellNow();
    if (typeof target !== "string") {
      for (const id of target) {
        const runtime = this.cell(id);
        if (["running", "queued", "disabled"].includes(runtime.state.kind)) continue;
        this.#set(id, { ...runtime, state: { kind: "queued" } });
      }
    }
    this.#kernel.send({ type: "run", target });
  }

  stop(target: "all" | readonly string[] = "all"): void {
    this.#kernel.stop(target);
  }

  restart(): void {
    this.#kernel.restart();
  }

  /**
   * Assumptions were switched: cells that do without them, or no longer have to, run, and in auto mode all that rests
   * on these and shows something. Cells that show nothing are not begun.
   */
  #deriveAgain(doubts: readonly string[]): void {
    if (this.#kernel.status.kind === "lost") return;
    const { cells, settings } = this.document.notebook;
    const shows = (id: string): boolean => this.cell(id).outputs.length > 0;
    const touched = cells.filter(
      (cell) => doubtsTakenUp(cell, doubts).length > 0 && shows(cell.id),
    );
    const run = new Set(touched.map(({ id }) => id));
    if (settings.run === "auto") {
      const seen = new Set(run);
      const queue = [...run];
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        for (const below of this.cell(id).analysis?.downstream ?? []) {
          if (seen.has(below) || !shows(below)) continue;
          seen.add(below);
          queue.push(below);
          // What has run in this kernel follows by itself, as after any change.
          if (!this.cell(below).finished) run.add(below);
        }
      }
    }
    if (run.size > 0) this.run([...run]);
  }

  setMode(mode: RunMode): void {
    this.document.apply([{ kind: "set-setting", name: "run", value: mode }]);
  }

  /** The latest value of a control wins within a frame; the notebook keeps it once the hand rests. */
  setInput(cell: string, key: string, value: unknown): void {
    this.#inputs.set(`${cell} ${key}`, { cell, key, value });
    this.#inputFrame ??= requestAnimationFrame(() => {
      this.#inputFrame = undefined;
      for (const input of this.#inputs.values()) {
        if (this.cell(input.cell).finished || this.#kernel.running.has(input.cell)) {
          this.#kernel.send({ type: "input", ...input });
        }
      }
    });
    clearTimeout(this.#inputSave);
    this.#inputSave = setTimeout(() => this.#saveInputs(), 200);
  }

  /** Rows of a table that a variable holds. Rejects when the kernel does not have it any more. */
  tablePage(variable: string, offset: number, count: number): Promise<TablePage> {
    if (!this.#variables.has(variable)) {
      return Promise.reject(new Error("Run the cell to see all rows."));
    }
    const request = this.#nextRequest++;
    const answer = Promise.withResolvers<TablePage>();
    this.#pages.set(request, answer);
    this.#kernel.send({ type: "table-page", request, variable, offset, count });
    return answer.promise;
  }

  async dispose(): Promise<void> {
    this.#stopListening();
    clearTimeout(this.#tellTimer);
    clearTimeout(this.#judgeTimer);
    if (this.#inputFrame !== undefined) cancelAnimationFrame(this.#inputFrame);
    this.#keepInputs();
    this.#writeKept();
    this.#kernel.dispose();
    this.#listeners.clear();
    await this.#saver.flush();
  }

  #saveInputs(): void {
    const inputs = this.#keepInputs();
    // A control shown from a saved output: nothing holds its value yet, so its cell runs with the new one.
    const cold = inputs.filter(
      ({ cell }) => !this.cell(cell).finished && !this.#kernel.running.has(cell),
    );
    if (cold.length > 0) this.run([...new Set(cold.map(({ cell }) => cell))]);
  }

  #keepInputs(): readonly { readonly cell: string }[] {
    clearTimeout(this.#inputSave);
    const inputs = [...this.#inputs.values()];
    this.#inputs.clear();
    const there = new Set(this.document.notebook.cells.map(({ id }) => id));
    const edits = inputs
      .filter(({ cell }) => there.has(cell))
      .map(({ cell, key, value }) => ({
        kind: "set-input" as const,
        cell,
        name: key,
        value: toJson(value),
      }));
    this.document.apply(edits);
    return inputs;
  }

  #tellSoon(): void {
    if (!this.#kernel.listening) return;
    this.#tellTimer ??= setTimeout(() => this.#tellNow(), TELL_WAIT);
  }

  #tellNow(): void {
    clearTimeout(this.#tellTimer);
    this.#tellTimer = undefined;
    // A kernel that is yet to open gets the cells as they are then.
    if (this.#kernel.listening) {
      this.#kernel.send({ type: "cells", cells: this.#kernelCells(), doubts: this.#doubts() });
    }
  }

  #openRequest(): Extract<KernelRequest, { type: "open" }> {
    return {
      type: "open",
      cells: this.#kernelCells(),
      mode: this.document.notebook.settings.run,
      doubts: this.#doubts(),
      attachments: this.#attachments(),
      seed: this.document.notebook.settings.seed,
    };
  }

  #doubts(): readonly string[] {
    return [...doubtsOf(this.document.notebook)];
  }

  #kernelCells(): readonly KernelCell[] {
    return this.document.notebook.cells.map(toKernelCell);
  }

  #attachments(): readonly KernelAttachment[] {
    return this.document.notebook.attachments;
  }

  #receive(event: KernelEvent): void {
    switch (event.type) {
      case "analysis":
        for (const analysis of event.cells) {
          this.#set(analysis.cell, { ...this.cell(analysis.cell), analysis });
        }
        this.#digests = undefined;
        this.#analysed = true;
        void this.#judgeSaved();
        return;
      case "claim":
      case "run-started":
        this.#ranOn.set(event.cell, this.document.notebook);
        this.#set(event.cell, reduceRuntime(this.cell(event.cell), event));
        return;
      case "state":
      case "output":
        this.#set(event.cell, reduceRuntime(this.cell(event.cell), event));
        return;
      case "run-ended":
        this.#set(event.cell, reduceRuntime(this.cell(event.cell), event));
        this.#saver.ended(event.cell, {
          runtime: () => this.cell(event.cell),
          digest: () => this.#digestOf(event.cell),
        });
        return;
      case "log":
      case "overflow":
        if (event.cell !== undefined) {
          this.#set(event.cell, reduceRuntime(this.cell(event.cell), event));
        }
        return;
      case "variables":
        for (const name of event.removed) this.#variables.delete(name);
        for (const variable of event.changed) this.#variables.set(variable.name, variable);
        this.#emit({ kind: "variables" });
        return;
      case "table-page": {
        const answer = this.#pages.get(event.request);
        this.#pages.delete(event.request);
        if (event.error === undefined) answer?.resolve(event.page as TablePage);
        else answer?.reject(new Error(event.error.message));
        return;
      }
      case "attachment-request":
        void this.#answerAttachment(event.request, event.name);
        return;
      case "keep":
        this.#keepSoon(event.cell, event.key, event.value);
        return;
      case "settled":
        this.#emit({ kind: "settled" });
        return;
      case "kernel-error":
        this.#emit({ kind: "message", level: "error", text: event.error.message });
        return;
      default:
    }
  }

  /**
   * Results that a cell asks to have kept. Anybody's code may ask: only the kinds that have something to keep are heard,
   * at most once a second, and not for more than a document can carry.
   */
  #keepSoon(cell: string, key: string, value: unknown): void {
    const kind = this.document.notebook.cells.find(({ id }) => id === cell)?.kind;
    if (kind !== "benchmark" || key !== "results") return;
    this.#kept.set(cell, value);
    this.#keptTimer ??= setTimeout(() => this.#writeKept(), KEEP_WAIT);
  }

  #writeKept(): void {
    clearTimeout(this.#keptTimer);
    this.#keptTimer = undefined;
    const there = new Set(this.document.notebook.cells.map(({ id }) => id));
    for (const [cell, kept] of this.#kept) {
      const value = toJson(kept);
      if (!there.has(cell) || JSON.stringify(value).length > MAX_KEPT) continue;
      this.document.apply([{ kind: "set-input", cell, name: "results", value }]);
    }
    this.#kept.clear();
  }

  /** From the notebook's attachments, else from the catalogue's files that are here. */
  async #answerAttachment(request: number, name: string): Promise<void> {
    try {
      const sha256 =
        this.document.notebook.attachments.find((each) => each.name === name)?.sha256 ??
        (await this.#catalogued(name));
      if (sha256 === undefined) {
        throw new UserError({
          code: "no-such-attachment",
          message: `There is no attachment named ${name}.`,
          value: name,
        });
      }
      const bytes = await this.#api.call("getBlob", { sha256 });
      this.#kernel.send({ type: "attachment-bytes", request, bytes }, [bytes.buffer]);
    } catch (error) {
      this.#kernel.send({ type: "attachment-failed", request, error: toErrorRecord(error) });
    }
  }

  async #catalogued(name: string): Promise<string | undefined> {
    const sets = await this.#api.call("catalogue", undefined);
    const files = sets.filter(({ available }) => available).flatMap(({ files: all }) => all);
    return files.find((file) => file.name === name)?.sha256;
  }

  /**
   * Tells outputs that were saved, and whose cells have not run since, current from stale. What a cell rests on is
   * known once the kernel has analysed; until then its output counts as current.
   */
  async #judgeSaved(): Promise<void> {
    clearTimeout(this.#judgeTimer);
    this.#judgeTimer = undefined;
    const waits = ({ run, saved }: CellRuntime): boolean => run === 0 && saved !== undefined;
    if (!this.#analysed || ![...this.#cells.values()].some(waits)) return;
    const now = await cellDigests(this.document.notebook, this.#upstream);
    for (const [id, runtime] of this.#cells) {
      if (!waits(runtime)) continue;
      const current = now.get(id) === runtime.saved;
      if (!current) this.#set(id, markStale(runtime, CHANGED_SINCE));
      else if (runtime.staleReason === CHANGED_SINCE) {
        const { staleReason: _, ...rest } = runtime;
        this.#set(id, { ...rest, stale: false });
      }
    }
  }

  #judgeSoon(): void {
    this.#judgeTimer ??= setTimeout(() => void this.#judgeSaved(), JUDGE_WAIT);
  }

  readonly #upstream = (cell: string): readonly string[] | undefined =>
    this.cell(cell).analysis?.upstream;

  /** Of the text that ran, with the values that its controls have now (they are kept a moment later). */
  async #digestOf(cell: string): Promise<string | undefined> {
    const now = this.document.notebook;
    const ran = this.#ranOn.get(cell) ?? now;
    if (this.#digests?.ran !== ran || this.#digests.now !== now) {
      const inputs = new Map(now.cells.map((each) => [each.id, each.inputs]));
      const cells = ran.cells
        .filter(({ id }) => inputs.has(id))
        .map((each) => ({ ...each, inputs: inputs.get(each.id) ?? each.inputs }));
      this.#digests = { ran, now, made: cellDigests({ ...ran, cells }, this.#upstream) };
    }
    return (await this.#digests.made).get(cell);
  }

  #restarted(): void {
    for (const [id, runtime] of this.#cells) this.#set(id, afterRestart(runtime));
    this.#variables.clear();
    for (const answer of this.#pages.values())
      answer.reject(new Error("The kernel was restarted."));
    this.#pages.clear();
    this.#emit({ kind: "variables" });
  }

  #set(id: string, runtime: CellRuntime): void {
    this.#cells.set(id, runtime);
    this.#emit({ kind: "cell", cell: id });
  }

  #emit(change: SessionChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

export function toKernelCell(cell: Cell): KernelCell {
  return {
    id: cell.id,
    kind: cell.kind,
    source: cell.source,
    ...(cell.name === undefined ? {} : { name: cell.name }),
    ...(cell.flags.disabled ? { disabled: true } : {}),
    ...(cell.flags.lazy ? { lazy: true } : {}),
    inputs: cell.inputs,
  };
}
