import type { Claim } from "../claim.ts";
import type { Diagnostic } from "../cell/program.ts";
import type { ErrorRecord } from "../errors.ts";
import type { Progress } from "../work.ts";
import type { MimeBundle } from "./mime.ts";

/** A cell as the kernel sees it. */
export interface KernelCell {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly name?: string;
  readonly disabled?: boolean;
  readonly lazy?: boolean;
  /** Saved values of its inputs, by key. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** Ids of the assumptions it has to do without. Filled in by the kernel, which knows what kinds can. */
  readonly doubts?: readonly string[];
}

export interface KernelAttachment {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly mime: string;
}

export type RunTarget = "all" | "stale" | readonly string[];

/** Page to kernel. */
export type KernelRequest =
  | {
      readonly type: "open";
      readonly cells: readonly KernelCell[];
      readonly mode: "auto" | "lazy";
      readonly attachments: readonly KernelAttachment[];
      /** The notebook's: what cells draw from that name no seed; 1 when absent. */
      readonly seed?: number;
      /** Ids of the assumptions that are switched off. */
      readonly doubts?: readonly string[];
      /** Cells that were running when the kernel before this one had to be ended. */
      readonly interrupted?: readonly string[];
    }
  /** The whole list in page order, after any edit; analyses, runs nothing by itself. */
  | {
      readonly type: "cells";
      readonly cells: readonly KernelCell[];
      readonly doubts?: readonly string[];
    }
  | { readonly type: "attachments"; readonly attachments: readonly KernelAttachment[] }
  | { readonly type: "mode"; readonly mode: "auto" | "lazy" }
  /** Cells that draw from the notebook's seed follow. */
  | { readonly type: "seed"; readonly seed: number }
  | { readonly type: "run"; readonly target: RunTarget }
  | { readonly type: "stop"; readonly target: "all" | readonly string[] }
  | { readonly type: "input"; readonly cell: string; readonly key: string; readonly value: unknown }
  /** By the declared name of an input (the command line's `--set`). */
  | { readonly type: "set-variable"; readonly name: string; readonly value: unknown }
  | { readonly type: "attachment-bytes"; readonly request: number; readonly bytes: Uint8Array }
  | { readonly type: "attachment-failed"; readonly request: number; readonly error: ErrorRecord }
  /** Asks for every named value as plain JSON (the command line). */
  | { readonly type: "values"; readonly request: number }
  | {
      readonly type: "table-page";
      readonly request: number;
      readonly variable: string;
      readonly offset: number;
      readonly count: number;
    };

/** What a cell is doing. */
export type CellState =
  | { readonly kind: "idle" }
  /** Its text differs from what last ran. */
  | { readonly kind: "edited" }
  | { readonly kind: "queued" }
  | { readonly kind: "running"; readonly since: number; readonly progress?: Progress }
  /** An input has not settled yet; `on` names the cells it waits for. */
  | { readonly kind: "waiting"; readonly on: readonly string[] }
  /** `cut`: stopped when its values were out and it went on to look for more to show. */
  | { readonly kind: "done"; readonly ms: number; readonly cut?: true }
  | { readonly kind: "stale"; readonly because: readonly string[] }
  | { readonly kind: "failed"; readonly failure: CellFailure }
  | { readonly kind: "disabled" };

export type FailureKind =
  | "undefined_reference"
  | "duplicate_definition"
  | "circular"
  | "syntax"
  | "runtime"
  | "upstream"
  | "interrupted";

export interface CellFailure {
  readonly kind: FailureKind;
  readonly error: ErrorRecord;
  /** The cell where it began, when that is another one. */
  readonly origin?: string;
  /** Other cells concerned: the other definers, the members of the cycle in order. */
  readonly cells?: readonly string[];
}

export interface CellAnalysis {
  readonly cell: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Cells it needs, and cells that need it, directly. */
  readonly upstream: readonly string[];
  readonly downstream: readonly string[];
}

export interface VariableSummary {
  readonly name: string;
  readonly cell: string;
  readonly type: string;
  /** One line. */
  readonly preview: string;
  /** E.g. `1566 rows × 9 columns`. */
  readonly size?: string;
  readonly claim?: Claim;
}

/** Kernel to page. */
export type KernelEvent =
  | { readonly type: "ready"; readonly version: string }
  | { readonly type: "analysis"; readonly cells: readonly CellAnalysis[] }
  | { readonly type: "state"; readonly cell: string; readonly state: CellState }
  /** A new run of the cell began: outputs of the one before are replaced by what follows. */
  | {
      readonly type: "run-started";
      readonly cell: string;
      readonly run: number;
      readonly claim?: Claim;
    }
  | {
      readonly type: "output";
      readonly cell: string;
      readonly run: number;
      readonly index: number;
      readonly bundle: MimeBundle;
    }
  | {
      readonly type: "run-ended";
      readonly cell: string;
      readonly run: number;
      readonly ms: number;
      readonly ok: boolean;
      readonly claim?: Claim;
      readonly provenance?: Provenance;
    }
  /** Plain data to be kept with the cell, for its later runs: results that took long. Only of kinds that have such. */
  | {
      readonly type: "keep";
      readonly cell: string;
      readonly key: string;
      readonly value: unknown;
    }
  /** What a cell's values rest on has changed, although the cell has not run again. */
  | { readonly type: "claim"; readonly cell: string; readonly run: number; readonly claim: Claim }
  | {
      readonly type: "log";
      readonly cell?: string;
      readonly level: "log" | "warn" | "error";
      readonly text: string;
    }
  /** Output beyond the limit, counted and not sent. */
  | { readonly type: "overflow"; readonly cell?: string; readonly dropped: number }
  | {
      readonly type: "variables";
      readonly changed: readonly VariableSummary[];
      readonly removed: readonly string[];
    }
  | { readonly type: "attachment-request"; readonly request: number; readonly name: string }
  | {
      readonly type: "table-page";
      readonly request: number;
      readonly page?: unknown;
      readonly error?: ErrorRecord;
    }
  | {
      readonly type: "values";
      readonly request: number;
      readonly values: Readonly<Record<string, unknown>>;
    }
  /** Nothing is running or queued any more. */
  | { readonly type: "settled" }
  | { readonly type: "kernel-error"; readonly error: ErrorRecord };

/** Kernel to supervisor: it has work for other threads. Whoever has none to give may ignore it. */
export interface HandsWanted {
  readonly type: "hands-wanted";
}

/** What made a result, recorded with its saved output. */
export interface Provenance {
  readonly seed?: number;
  readonly backend?: string;
  readonly adapter?: string;
  readonly versions?: Readonly<Record<string, string>>;
}

/** Supervisor to page, beside the kernel's own events. */
export type SupervisorEvent =
  | { readonly type: "beat"; readonly at: number }
  | { readonly type: "worker-lost"; readonly reason: string }
  | { readonly type: "worker-started" };

/** Supervisor to kernel: its other threads have come, their lines with the message, or are gone. */
export type SupervisorNotice = { readonly type: "hands" } | { readonly type: "hands-lost" };

/** Page to supervisor. */
export type SupervisorRequest =
  /** Ends the worker and starts a fresh one. */
  { readonly type: "restart-worker" };
