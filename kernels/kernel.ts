import type { CellProgram } from "../app/cell/program.ts";
import { type Place, toErrorRecord } from "../app/errors.ts";
import { mime } from "../app/protocol/mime.ts";
import type { KernelEvent, KernelRequest, Provenance } from "../app/protocol/kernel.ts";
import type { SessionCell, SessionEvent } from "../app/runtime/events.ts";
import { Lazy } from "../app/runtime/lazy.ts";
import { Session } from "../app/runtime/session.ts";
import { VERSION } from "../app/version.ts";
import { Attachments } from "./attachments.ts";
import { cellKinds, createLibrary, type KernelHost, reportOf } from "./cells/index.ts";
import { loadModule, moduleNames, versionsOf } from "./cells/modules.ts";
import { withDoubts } from "../app/cell/doubts.ts";
import type { Channel } from "./channel.ts";
import { HandPool } from "./hands/pool.ts";
import { fromArquero, isArquero } from "./data/arquero.ts";
import type { Table } from "./data/table.ts";
import { inputBundle, tablePage, toBundle } from "./output/display.ts";
import { inlineText } from "./output/inspect.ts";
import { toPlain } from "./output/json.ts";
import { NotebookSeed } from "./seed.ts";
import { OutputLimiter } from "./output/limiter.ts";
import { roughBytes } from "./output/size.ts";
import { VariableFeed } from "./output/variable.ts";
import type { Evaluator } from "../app/cell/evaluate.ts";

/** Larger things are told by their size instead of being sent. */
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** What the page spends on drawing one, in bytes of the limiter's budget. */
const OUTPUT_COST = 4096;
const LOG_COST = 1024;
/** Of each run, whatever their pace: a loop over fifty charts is no flood. */
const FREE_OUTPUTS = 64;
/** A cell that shows more is telling nobody anything; the rest is counted. */
const MAX_OUTPUTS = 500;

/** The engine that computes: two of them may differ in the last digit of a logarithm. */
const platform = readPlatform();

export interface KernelOptions {
  readonly evaluate: Evaluator;
}

/**
 * A notebook's kernel: the reactive session, what cells compile to, and how values are shown, behind one channel.
 * It runs wherever its channel leads to: a browser Worker, a Node thread, a Node child process.
 */
export class Kernel {
  readonly #channel: Channel;
  readonly #options: KernelOptions;
  readonly #attachments: Attachments;
  readonly #hands = new HandPool(() => this.#channel.post({ type: "hands-wanted" }));
  readonly #seed = new NotebookSeed();
  readonly #host: KernelHost;
  readonly #limiter = new OutputLimiter();
  readonly #session: Session;
  readonly #variables = new VariableFeed((event) => this.#post(event));
  /** Of each cell's run in progress. */
  readonly #provenance = new Map<string, Provenance>();
  /** Versions of the packages that a cell's text imports. */
  readonly #imported = new Map<string, Readonly<Record<string, string>>>();
  /** How a program's errors are placed in its text. */
  readonly #places = new WeakMap<CellProgram, (error: unknown) => Place | undefined>();
  /** The cell that is executing synchronously, for `console`. */
  #speaking: string | undefined;

  constructor(channel: Channel, options: KernelOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#attachments = new Attachments((event) => this.#post(event));
    this.#host = {
      attachment: (name) => this.#attachments.bytes(name),
      attachmentNames: () => this.#attachments.names(),
    };
    this.#session = new Session({
      compile: (cell) => this.#compile(cell),
      library: {
        ...createLibrary(this.#host),
        notebookSeed: new Lazy(() => this.#seed.stream()),
      },
      emit: (event) => this.#emit(event),
      now: () => performance.now(),
      hands: this.#hands,
      locate: (_cell, error, program) => this.#places.get(program)?.(error),
    });
    channel.onRequest = (request) => {
      this.#handle(request).catch((error: unknown) => {
        this.#post({ type: "kernel-error", error: toErrorRecord(error) });
      });
    };
    channel.onHands = (lines) => {
      if (lines.length > 0) this.#hands.join(lines);
      else this.#hands.lose();
    };
    this.#catchConsole();
    this.#post({ type: "ready", version: VERSION });
  }

  /** The present value of a name; for owners in the same process (tests, the command line's results). */
  value(name: string): unknown {
    return this.#session.value(name);
  }

  async #handle(request: KernelRequest): Promise<void> {
    const session = this.#session;
    switch (request.type) {
      case "open":
        this.#attachments.setKnown(request.attachments);
        session.setMode(request.mode);
        this.#seed.value = request.seed ?? 1;
        // asked for together, so that no request that follows comes between
        await Promise.all([
          session.setCells(withDoubtsAll(request)),
          ...(request.interrupted === undefined
            ? []
            : [session.markInterrupted(request.interrupted)]),
        ]);
        return;
      case "cells":
        await session.setCells(withDoubtsAll(request));
        return;
      case "attachments":
        this.#attachments.setKnown(request.attachments);
        return;
      case "mode":
        session.setMode(request.mode);
        return;
      case "seed":
        this.#seed.value = request.seed;
        return;
      case "run":
        await session.run(request.target);
        return;
      case "stop":
        session.stop(request.target);
        return;
      case "input":
        session.setInput(request.cell, request.key, request.value);
        return;
      case "set-variable":
        session.setVariable(request.name, request.value);
        return;
      case "attachment-bytes":
        this.#attachments.arrived(request.request, request.bytes);
        return;
      case "attachment-failed":
        this.#attachments.failed(request.request, request.error);
        return;
      case "values": {
        const named = session.variables().map(({ name, value }) => [name, toPlain(value)] as const);
        this.#post({ type: "values", request: request.request, values: Object.fromEntries(named) });
        return;
      }
      case "table-page":
        this.#page(request);
        return;
    }
  }

  async #compile(cell: SessionCell): Promise<CellProgram> {
    if (cell.kind === "ts") {
      const [{ compileCell }, { placeOfError, toProgram }] = await Promise.all([
        import("../app/cell/compile.ts"),
        import("../app/cell/evaluate.ts"),
      ]);
      const compiled = compileCell(cell.source, { cell: cell.id, modules: moduleNames });
      const program = toProgram(compiled, this.#options.evaluate, loadModule);
      this.#places.set(program, (error) => placeOfError(error, compiled));
      this.#imported.set(cell.id, versionsOf(compiled.imports.map(({ module }) => module)));
      if (cell.doubts === undefined) return program;
      const { withoutDoubts } = await import("./cells/code-doubts.ts");
      const without = withoutDoubts(program, cell.doubts);
      this.#places.set(without, (error) => placeOfError(error, compiled));
      return without;
    }
    if (cell.kind === "markdown" || cell.kind === "html") {
      const { textProgram } = await import("../app/cell/text-program.ts");
      return textProgram(cell.source, cell.kind, this.#options.evaluate, cell.id);
    }
    const kind = cellKinds.get(cell.kind);
    if (kind !== undefined) return kind.parse(cell, this.#host);
    return {
      inputs: [],
      outputs: [],
      diagnostics: [
        {
          code: "cell-kind-unknown",
          severity: "info",
          message: `This version of Dagbok does not know cells of kind "${cell.kind}". The cell is kept as it is.`,
        },
      ],
    };
  }

  #emit(event: SessionEvent): void {
    switch (event.type) {
      case "display":
        this.#show(event.cell, event.run, event.index, event.value);
        return;
      case "run-started":
        this.#speaking = event.cell;
        this.#provenance.delete(event.cell);
        this.#post(event);
        return;
      case "input":
        this.#post({
          type: "output",
          cell: event.cell,
          run: event.run,
          index: event.index,
          bundle: inputBundle(event.key, event.input, event.value),
        });
        return;
      case "run-ended": {
        const { cell, run, ms, outcome, claim } = event;
        this.#post({
          type: "run-ended",
          cell,
          run,
          ms,
          ok: outcome === "done",
          ...(claim === undefined ? {} : { claim }),
          provenance: {
            seed: this.#seed.value,
            ...this.#provenance.get(cell),
            versions: { dagbok: VERSION, ...platform, ...this.#imported.get(cell) },
          },
        });
        return;
      }
      case "variable":
        this.#learn(event.cell, event.value);
        this.#variables.changed(event);
        return;
      case "variable-gone":
        this.#variables.gone(event.name);
        return;
      case "settled":
        this.#variables.flush();
        this.#flushDropped();
        this.#post(event);
        return;
      default:
        this.#post(event);
    }
  }

  /** Remembers what made a result, to be recorded with the cell's output. */
  #learn(cell: string, value: unknown): void {
    if (typeof value !== "object" || value === null) return;
    const one: unknown = Array.isArray(value) ? value[0] : value;
    const { kind, seed, backend } = (one ?? {}) as {
      kind?: unknown;
      seed?: unknown;
      backend?: unknown;
    };
    if (kind !== "effect") return;
    this.#provenance.set(cell, {
      ...(typeof seed === "number" ? { seed } : {}),
      ...(typeof backend === "string" ? { backend } : {}),
    });
  }

  #show(cell: string, run: number, index: number, value: unknown): void {
    // asked before anything is rendered, so that a flood costs next to nothing
    if (index >= MAX_OUTPUTS) {
      this.#limiter.drop();
      return;
    }
    if (index >= FREE_OUTPUTS && !this.#limiter.admit(OUTPUT_COST)) return;
    let bundle = toBundle(value, reportOf);
    const bytes = roughBytes(bundle, MAX_OUTPUT_BYTES + 1);
    if (bytes > MAX_OUTPUT_BYTES) {
      bundle = { [mime.text]: `Too large to show (over ${MAX_OUTPUT_BYTES / 2 ** 20} MB).` };
    } else if (index >= FREE_OUTPUTS && !this.#limiter.admit(bytes)) return;
    this.#post({ type: "output", cell, run, index, bundle });
  }

  #page(request: Extract<KernelRequest, { type: "table-page" }>): void {
    try {
      const value = this.#session.value(request.variable);
      const table = isArquero(value) ? fromArquero(value) : (value as Table);
      const page = tablePage(table, request.offset, request.count);
      this.#post({ type: "table-page", request: request.request, page });
    } catch (error) {
      this.#post({ type: "table-page", request: request.request, error: toErrorRecord(error) });
    }
  }

  #catchConsole(): void {
    for (const level of ["log", "info", "debug", "warn", "error"] as const) {
      console[level] = (...values: unknown[]): void => {
        const text = values.map(inlineText).join(" ").slice(0, 20_000);
        if (!this.#limiter.admit(2 * text.length + LOG_COST)) return;
        this.#post({
          type: "log",
          ...(this.#speaking === undefined ? {} : { cell: this.#speaking }),
          level: level === "warn" || level === "error" ? level : "log",
          text,
        });
      };
    }
  }

  #flushDropped(): void {
    const dropped = this.#limiter.takeDropped();
    if (dropped > 0) this.#post({ type: "overflow", dropped });
  }

  #post(event: KernelEvent): void {
    this.#channel.post(event);
  }
}

function withDoubtsAll({
  cells,
  doubts = [],
}: Extract<KernelRequest, { type: "open" | "cells" }>): readonly SessionCell[] {
  return cells.map((cell) => withDoubts(cell, doubts));
}

function readPlatform(): Readonly<Record<string, string>> {
  const { navigator, process } = globalThis as {
    readonly navigator?: { readonly userAgent?: string };
    readonly process?: { readonly versions?: { readonly node?: string } };
  };
  const node = process?.versions?.node;
  if (node !== undefined) return { node };
  const chromium = /Chrome\/([\d.]+)/.exec(navigator?.userAgent ?? "")?.[1];
  return chromium === undefined ? {} : { chromium };
}
