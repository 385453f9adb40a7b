import type { Claim } from "../claim.ts";
import type { CellProgram } from "../cell/program.ts";
import type { CellFailure, CellState } from "../protocol/kernel.ts";
import type { SessionCell } from "./events.ts";
import type { GraphCell } from "./graph.ts";
import type { InputMemory } from "./inputs.ts";
import type { Variable } from "./observable.ts";
import type { Run } from "./run.ts";

/** A text that was accepted to run: by opening the notebook with it, or by running it. */
export interface Accepted {
  readonly cell: SessionCell;
  readonly program: CellProgram;
}

/** What the cell's variable in the runtime computes at present. */
export interface Defined {
  readonly program: CellProgram;
  readonly outputs: readonly string[];
  readonly blocked: CellFailure | undefined;
  /** A disabled cell that has never run takes no inputs, so that it cannot be part of a ring. */
  readonly hollow: boolean;
}

type Activity = Extract<CellState, { kind: "queued" | "running" | "waiting" }>;

/** All the session knows about one cell. */
export class Entry {
  cell: SessionCell;
  program: CellProgram;
  readonly inputs: InputMemory;
  accepted: Accepted | undefined;
  defined: Defined | undefined;
  /** In the runtime. Cells enter it with their first run. */
  live = false;
  body: Variable | undefined;

  activity: Activity | undefined;
  run: Run | undefined;
  /** What the last run that went through defined: promises and generators as they were handed over. */
  values: Readonly<Record<string, unknown>> | undefined;
  /** Number of the last run that went through, to tell which of two cells is newer. */
  completed = 0;
  ms: number | undefined;
  /** Its last run was stopped when its values were out. */
  cut = false;
  failure: CellFailure | undefined;
  /** A fault of the notebook's text that leaves the cell able to run, e.g. one of its names is taken. */
  fault: CellFailure | undefined;
  /** Asked for by name (or needed by such a cell), so that lazy ones run too. */
  demanded = false;
  /** Ids of the cells because of which the result is out of date. */
  stale: readonly string[] | undefined;
  /** A change of an input has passed it by: it has to run before it can count as current. */
  missed = false;
  /** Stopped by force in an earlier kernel; not to be run again unasked. */
  barred = false;
  /** An aborted run may still be winding up. */
  grace: Promise<unknown> | undefined;
  /** Of all it defines and shows. */
  claim: Claim | undefined;
  /** Of single names, where its engine has told them apart. */
  claims: Readonly<Record<string, Claim>> = {};
  shown = "";

  constructor(cell: SessionCell, program: CellProgram, inputs: InputMemory) {
    this.cell = cell;
    this.program = program;
    this.inputs = inputs;
  }

  get id(): string {
    return this.cell.id;
  }

  get disabled(): boolean {
    return this.cell.disabled === true;
  }

  get edited(): boolean {
    return this.accepted !== undefined && !isSameText(this.accepted.cell, this.cell);
  }

  get state(): CellState {
    if (this.activity !== undefined) return this.activity;
    if (this.disabled) return { kind: "disabled" };
    if (this.edited) return { kind: "edited" };
    if (this.stale !== undefined) return { kind: "stale", because: this.stale };
    const failure = this.failure ?? this.fault;
    if (failure !== undefined) return { kind: "failed", failure };
    if (this.ms !== undefined) {
      return { kind: "done", ms: this.ms, ...(this.cut ? { cut: true } : {}) };
    }
    return { kind: "idle" };
  }

  /** Names that count as this cell's: a text that cannot be read keeps those of the one before. */
  outputsOf(program: CellProgram): readonly string[] {
    if (program.run !== undefined || program.outputs.length > 0) return program.outputs;
    return this.defined?.outputs ?? [];
  }

  /** The cell as it stands in the running notebook; a disabled one stays as it was when last enabled. */
  get standing(): GraphCell | undefined {
    const program =
      this.disabled && this.defined !== undefined ? this.defined.program : this.accepted?.program;
    if (program === undefined) return undefined;
    return {
      id: this.id,
      inputs: program.inputs,
      outputs: this.outputsOf(program),
      disabled: this.disabled,
    };
  }
}

/** Whether two cells mean the same to the compiler. */
export function isSameText(a: SessionCell, b: SessionCell): boolean {
  return (
    a.source === b.source &&
    a.kind === b.kind &&
    a.name === b.name &&
    a.doubts?.join("\n") === b.doubts?.join("\n")
  );
}
