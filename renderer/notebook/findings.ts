import type { Diagnostic } from "../../app/cell/program.ts";
import { mime } from "../../app/protocol/mime.ts";
import type { Report } from "../../app/protocol/report.ts";
import type { CellRuntime } from "../state/runtime.ts";

const none: readonly Diagnostic[] = [];

/**
 * What to underline in a cell's text: what its analysis found, where its last run failed, and what its answer complains
 * about, as long as the text is the one that ran.
 */
export function findingsIn(runtime: CellRuntime, cell: string): readonly Diagnostic[] {
  const analysed = runtime.analysis?.diagnostics ?? none;
  const { state } = runtime;
  const found: Diagnostic[] = [];
  if (state.kind === "failed" && state.failure.origin === undefined) {
    const { error } = state.failure;
    const { place } = error;
    const here = place?.source === undefined || place.source === cell;
    if (here && place?.start !== undefined && !analysed.some((d) => d.message === error.message)) {
      found.push({
        code: error.code ?? "failed",
        severity: "error",
        message: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        place,
      });
    }
  }
  if (state.kind === "done" && !runtime.stale) {
    for (const bundle of runtime.outputs) found.push(...readable(bundle?.[mime.report]));
  }
  return found.length === 0 ? analysed : [...analysed, ...found];
}

/** An output may be anything a stranger's code has made. */
function readable(value: unknown): readonly Diagnostic[] {
  const findings = (value as Partial<Report> | undefined)?.findings;
  if (!Array.isArray(findings)) return none;
  return (findings as readonly Diagnostic[])
    .slice(0, 20)
    .filter(
      (one) =>
        typeof one?.message === "string" &&
        typeof one.place?.start === "number" &&
        typeof one.place.end === "number",
    );
}
