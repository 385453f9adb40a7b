import type { Rung } from "../../app/claim.ts";
import type { Cell } from "../../app/notebook/document.ts";
import type { CellRuntime } from "../state/runtime.ts";
import { kindInfo } from "../../kernels/cells/catalogue.ts";

/** What the rail, the header and screen readers say of a cell's state. */
export type Mood =
  "idle" | "running" | "queued" | "waiting" | "stale" | "failed" | "disabled" | "done";

export function moodOf(cell: Cell, runtime: CellRuntime): Mood {
  if (cell.flags.disabled) return "disabled";
  switch (runtime.state.kind) {
    case "running":
    case "queued":
    case "waiting":
    case "disabled":
      return runtime.state.kind;
    case "failed":
      return runtime.state.failure.kind === "interrupted" ? "stale" : "failed";
    default:
      if (runtime.stale || runtime.state.kind === "stale") return "stale";
      return runtime.state.kind === "done" ? "done" : "idle";
  }
}

export const moodWords: Readonly<Record<Mood, string>> = {
  idle: "",
  running: "running",
  queued: "queued",
  waiting: "waiting",
  stale: "stale",
  failed: "failed",
  disabled: "disabled",
  done: "",
};

/** The rung its result speaks on, else the one its kind usually does. */
export function rungOf(cell: Cell, runtime: CellRuntime): Rung | undefined {
  // A graph's own claim only says what was switched off in it.
  if (cell.kind === "graph") return undefined;
  const usual = kindInfo(cell.kind)?.rung;
  // One that failed has no result: what it has of a claim is its inputs'.
  return runtime.state.kind === "failed" ? usual : (runtime.claim?.rung ?? usual);
}

export function kindLabel(kind: string): string {
  return kindInfo(kind)?.label ?? kind;
}

export function duration(ms: number): string {
  if (ms < 1) return "< 1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** One line: kind, name, state, place in the list. */
export function accessibleName(
  cell: Cell,
  runtime: CellRuntime,
  index: number,
  count: number,
): string {
  return [
    `Cell ${index + 1} of ${count}`,
    kindLabel(cell.kind),
    cell.name ?? runtime.analysis?.outputs.join(" and ") ?? "",
    moodWords[moodOf(cell, runtime)],
    cell.flags.locked ? "locked" : "",
  ]
    .filter(Boolean)
    .join(", ");
}
