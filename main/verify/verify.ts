import { cellDigests } from "../../app/notebook/digests.ts";
import type { Notebook } from "../../app/notebook/document.ts";
import { mime } from "../../app/protocol/mime.ts";
import type { Report } from "../../app/protocol/report.ts";
import type { SavedOutput } from "../../app/protocol/store.ts";
import type { Gathered } from "../run/results.ts";
import { type Change, compareOutputs, compareProvenance, type Difference } from "./compare.ts";

/**
 * How a cell's saved output stands beside that of a fresh run. `stale`: what was saved belongs to an older text of
 * the cell or of one it rests on, so that there is nothing to compare. `not-run`: the fresh run never got to it.
 */
export type Verdict =
  | { readonly kind: "same"; readonly tolerance: number }
  | { readonly kind: "differs"; readonly differences: readonly Difference[] }
  | { readonly kind: "stale" }
  | { readonly kind: "not-run" };

export interface VerifiedCell {
  readonly cell: string;
  readonly name?: string;
  readonly verdict: Verdict;
  /** What else is not as it was: seed, backend, versions. */
  readonly changes: readonly Change[];
}

export interface Verification {
  readonly ok: boolean;
  readonly cells: readonly VerifiedCell[];
  /** Cells that show something now and had nothing saved. */
  readonly unsaved: readonly string[];
}

/** Two builds of one engine round the last digits of `Math` functions differently, and sums carry that on. */
const OTHER_ENGINE = 1e-6;

/**
 * Each saved output beside the fresh one: exactly where the same versions computed both, else within the tolerance
 * that the results declare on which the cell rests (`Report.tolerance`), at least `OTHER_ENGINE`.
 */
export async function verifyOutputs(
  notebook: Notebook,
  saved: readonly SavedOutput[],
  fresh: Gathered,
): Promise<Verification> {
  const now = new Map(fresh.outputs.map((output) => [output.cell, output]));
  const was = new Map(saved.map((output) => [output.cell, output]));
  const digests = await cellDigests(notebook, (cell) => fresh.upstream.get(cell));
  const declared = tolerances(notebook, fresh);
  const cells = notebook.cells.flatMap((cell): readonly VerifiedCell[] => {
    const output = was.get(cell.id);
    if (output === undefined) return [];
    const made = now.get(cell.id);
    const changes = compareProvenance(output.provenance, made?.provenance);
    const tolerance = changes.length === 0 ? 0 : (declared.get(cell.id) ?? OTHER_ENGINE);
    return [
      {
        cell: cell.id,
        ...(cell.name === undefined ? {} : { name: cell.name }),
        verdict: judge(output, made, digests.get(cell.id), tolerance),
        changes,
      },
    ];
  });
  const unsaved = fresh.outputs
    .filter(({ cell, bundles }) => !was.has(cell) && bundles.length > 0)
    .map(({ cell }) => cell);
  return { ok: cells.every(({ verdict }) => verdict.kind === "same"), cells, unsaved };
}

function judge(
  saved: SavedOutput,
  now: SavedOutput | undefined,
  digest: string | undefined,
  tolerance: number,
): Verdict {
  if (saved.digest !== digest) return { kind: "stale" };
  if (now === undefined) return { kind: "not-run" };
  const differences = compareOutputs(saved, now, tolerance);
  return differences.length === 0 ? { kind: "same", tolerance } : { kind: "differs", differences };
}

/** The largest tolerance declared by a cell or by anything it rests on. */
function tolerances(notebook: Notebook, fresh: Gathered): ReadonlyMap<string, number> {
  const own = new Map(fresh.outputs.map((output) => [output.cell, declaredBy(output)]));
  const all = new Map<string, number>();
  for (const { id } of notebook.cells) {
    const seen = new Set([id]);
    for (const cell of seen) {
      for (const up of fresh.upstream.get(cell) ?? []) seen.add(up);
    }
    all.set(id, Math.max(OTHER_ENGINE, ...[...seen].map((cell) => own.get(cell) ?? 0)));
  }
  return all;
}

function declaredBy({ bundles }: SavedOutput): number {
  return Math.max(
    0,
    ...bundles.map((bundle) => (bundle[mime.report] as Report | undefined)?.tolerance ?? 0),
  );
}
