import type { Claim } from "../claim.ts";
import type { CellProgram, InputDescription } from "../cell/program.ts";
import type { ErrorRecord, Place } from "../errors.ts";
import type { CellAnalysis, CellState, KernelCell } from "../protocol/kernel.ts";
import type { Hands } from "../work.ts";

/** A cell as the session is given it. */
export type SessionCell = KernelCell;

export interface SessionPorts {
  readonly compile: (cell: SessionCell) => CellProgram | Promise<CellProgram>;
  /** Names every cell may use without defining them (`Lazy` ones made on first use). A cell that defines one masks it. */
  readonly library: Readonly<Record<string, unknown>>;
  readonly emit: (event: SessionEvent) => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Other threads, for the engines behind the cells. */
  readonly hands?: Hands;
  /** Where in a cell's text an error was thrown, if its stack tells. */
  readonly locate?: (cell: string, error: unknown, program: CellProgram) => Place | undefined;
}

export type RunOutcome = "done" | "failed" | "interrupted" | "superseded";

export type SessionEvent =
  /** Only the cells whose analysis changed. */
  | { readonly type: "analysis"; readonly cells: readonly CellAnalysis[] }
  | { readonly type: "state"; readonly cell: string; readonly state: CellState }
  /** `claim`: what the values it begins with rest on. */
  | {
      readonly type: "run-started";
      readonly cell: string;
      readonly run: number;
      readonly claim?: Claim;
    }
  /** A value to show; `index` counts what the run has shown. Rendering is the kernel's business. */
  | {
      readonly type: "display";
      readonly cell: string;
      readonly run: number;
      readonly index: number;
      readonly value: unknown;
    }
  /** Plain data that the document shall keep with the cell. */
  | {
      readonly type: "keep";
      readonly cell: string;
      readonly key: string;
      readonly value: unknown;
    }
  /** A control to show, with the value it starts from; `key` is its position among the cell's controls. */
  | {
      readonly type: "input";
      readonly cell: string;
      readonly run: number;
      readonly index: number;
      readonly key: string;
      readonly input: InputDescription;
      readonly value: unknown;
    }
  /** Every `run-started` is followed by exactly one of these. */
  | {
      readonly type: "run-ended";
      readonly cell: string;
      readonly run: number;
      readonly ms: number;
      readonly outcome: RunOutcome;
      readonly claim?: Claim;
      readonly error?: ErrorRecord;
    }
  | {
      readonly type: "variable";
      readonly name: string;
      readonly cell: string;
      readonly value: unknown;
      readonly claim?: Claim;
    }
  | { readonly type: "variable-gone"; readonly name: string }
  /** What a cell's values rest on has changed, although the cell has not run again. */
  | { readonly type: "claim"; readonly cell: string; readonly run: number; readonly claim: Claim }
  /** Nothing is queued, running or waiting any more. */
  | { readonly type: "settled" };
