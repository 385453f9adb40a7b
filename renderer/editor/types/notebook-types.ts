import { type ReadonlySignal, signal, type Signal } from "@preact/signals";
import type { Diagnostic } from "../../../app/cell/program.ts";
import { placeIn } from "../../../app/cell/place.ts";
import type { Cell } from "../../../app/notebook/document.ts";
import { mime } from "../../../app/protocol/mime.ts";
import type { Report } from "../../../app/protocol/report.ts";
import type { NotebookModel } from "../../state/notebook-model.ts";
import type { CellRuntime } from "../../state/runtime.ts";
import type { TypeCell, TypeColumn, TypeFinding } from "./cells.ts";
import { TypesClient, type TypesPort } from "./client.ts";

/** Kinds whose text is checked, or whose names others use. */
const unchecked = new Set(["markdown", "html", "foreign", "text"]);

interface Made {
  readonly cell: Cell;
  readonly outputs: readonly string[] | undefined;
  readonly columns: readonly TypeColumn[] | undefined;
  readonly old: boolean;
  readonly made: TypeCell;
}

const none: readonly Diagnostic[] = [];

/** So many cells after the one at hand are checked before others, and as many before it. */
const AHEAD = 12;

/**
 * The type checker of the open notebook: follows the document and what cells turned out to hold, and keeps what is
 * found for the page to draw. The checking itself is a worker's.
 */
export class NotebookTypes {
  readonly client: TypesClient;
  readonly #model: NotebookModel;
  readonly #findings = new Map<string, Signal<readonly Diagnostic[]>>();
  readonly #made = new Map<string, Made>();
  readonly #off: readonly (() => void)[];

  constructor(model: NotebookModel, create: () => TypesPort) {
    this.#model = model;
    this.client = new TypesClient(
      create,
      () => this.#cells(),
      (cell, findings) => this.#found(cell, findings),
    );
    this.#off = [
      model.document.onChange(({ before, notebook }) => {
        if (before.cells === notebook.cells) return;
        this.client.changed();
        this.#prefer();
      }),
      model.session.subscribe((change) => {
        // Columns and names come with runs and analyses: soon enough.
        if (change.kind === "cell") this.client.changed();
      }),
    ];
  }

  /** Brings up the worker, if there is anything for it to do. */
  start(): void {
    const { cells } = this.#model.document.notebook;
    if (cells.some(({ kind }) => !unchecked.has(kind))) this.client.start();
  }

  /** What is wrong with the cell's types. */
  findings(id: string): ReadonlySignal<readonly Diagnostic[]> {
    return this.#signal(id);
  }

  dispose(): void {
    for (const off of this.#off) off();
    this.client.dispose();
  }

  #signal(id: string): Signal<readonly Diagnostic[]> {
    let found = this.#findings.get(id);
    if (found === undefined) this.#findings.set(id, (found = signal(none)));
    return found;
  }

  #found(id: string, findings: readonly TypeFinding[]): void {
    const source = this.#made.get(id)?.cell.source;
    if (source === undefined) return;
    const { value } = this.#signal(id);
    if (findings.length === 0 && value.length === 0) return;
    this.#signal(id).value = findings.map(
      ({ code, severity, message, start, end, told }): Diagnostic => ({
        code: told === true ? `told-${code}` : code,
        severity,
        message,
        place: placeIn(source, start, end, id),
      }),
    );
  }

  /** The cell at hand first, then those around it: what is on the screen, without asking the screen. */
  #prefer(): void {
    const { head } = this.#model.selection.peek();
    if (head === undefined) return;
    const order = this.#model.order.peek();
    const at = order.indexOf(head);
    this.client.prefer([
      head,
      ...order.slice(at + 1, at + AHEAD),
      ...order.slice(Math.max(0, at - AHEAD), Math.max(0, at)).toReversed(),
    ]);
  }

  #cells(): readonly TypeCell[] {
    const { cells } = this.#model.document.notebook;
    const made = cells.map((cell) => this.#cellOf(cell));
    if (this.#made.size > cells.length) {
      const present = new Set(cells.map(({ id }) => id));
      for (const id of this.#made.keys()) {
        if (present.has(id)) continue;
        this.#made.delete(id);
        this.#findings.delete(id);
      }
    }
    return made;
  }

  /** The same object as long as nothing of it has changed. */
  #cellOf(cell: Cell): TypeCell {
    const known = this.#made.get(cell.id);
    const runtime = this.#model.session.cell(cell.id);
    const outputs =
      cell.kind === "ts" || unchecked.has(cell.kind) ? undefined : runtime.analysis?.outputs;
    const columns = columnsOf(cell, runtime);
    const old = columns !== undefined && (runtime.stale || runtime.state.kind === "edited");
    if (
      known !== undefined &&
      known.cell.source === cell.source &&
      known.cell.kind === cell.kind &&
      known.cell.name === cell.name &&
      known.old === old &&
      sameList(known.outputs, outputs) &&
      (known.columns === columns || JSON.stringify(known.columns) === JSON.stringify(columns))
    ) {
      return known.made;
    }
    const made: TypeCell = {
      id: cell.id,
      kind: cell.kind,
      source: cell.source,
      ...(cell.name === undefined ? {} : { name: cell.name }),
      ...(outputs === undefined ? {} : { outputs }),
      ...(columns === undefined ? {} : { columns }),
      ...(old ? { columnsOld: true } : {}),
    };
    this.#made.set(cell.id, { cell, outputs, columns, old, made });
    return made;
  }
}

const tableKinds: ReadonlySet<string> = new Set(["data", "simulate", "sql"]);

/** Columns of the table that a cell last showed; saved outputs tell them before anything has run. */
function columnsOf(cell: Cell, { outputs }: CellRuntime): readonly TypeColumn[] | undefined {
  if (!tableKinds.has(cell.kind)) return undefined;
  const reports = outputs.map((bundle) => bundle[mime.report] as Report | undefined);
  return reports.find((report) => report?.columns !== undefined)?.columns;
}

function sameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

/** Findings of the checker that nobody else has told, for the list below a cell. */
export function untold(
  types: readonly Diagnostic[],
  others: readonly Diagnostic[],
): readonly Diagnostic[] {
  return beside(types, others).filter(({ code }) => !code.startsWith("told-"));
}

/** Findings of the checker where the cell's own compiler has found nothing, for underlining. */
export function beside(
  types: readonly Diagnostic[],
  others: readonly Diagnostic[],
): readonly Diagnostic[] {
  return types.filter(
    ({ place }) =>
      !others.some(
        (other) =>
          other.place?.start !== undefined &&
          other.place.start < (place?.end ?? 0) &&
          (other.place.end ?? other.place.start + 1) > (place?.start ?? 0),
      ),
  );
}
