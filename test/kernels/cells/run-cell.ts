import type { CellContext, CellProgram } from "../../../app/cell/program.ts";
import { mime, type MimeBundle } from "../../../app/protocol/mime.ts";
import type { Block, BlockAction, Report } from "../../../app/protocol/report.ts";
import type { Progress } from "../../../app/work.ts";
import { cellKinds } from "../../../kernels/cells/index.ts";
import type { KernelHost } from "../../../kernels/cells/kind.ts";

const noFiles: KernelHost = { attachment: async () => undefined, attachmentNames: () => [] };

export function programOf(kind: string, source: string, name?: string): CellProgram {
  const found = cellKinds.get(kind);
  if (found === undefined) throw new Error(`no kind ${kind}`);
  const cell = { id: "test", kind, source, ...(name === undefined ? {} : { name }) };
  return found.parse(cell, noFiles);
}

export interface CellRun {
  readonly values: Readonly<Record<string, unknown>>;
  readonly reports: readonly Report[];
  readonly text: string;
  readonly progress: readonly Progress[];
  /** Every block, those inside others included. */
  readonly blocks: readonly Block[];
  readonly actions: readonly BlockAction[];
}

/** Runs one causal cell by itself. */
export async function runCell(
  kind: string,
  source: string,
  inputs: Record<string, unknown> = {},
  more: { readonly saved?: Record<string, unknown>; readonly signal?: AbortSignal } = {},
): Promise<CellRun> {
  const program = programOf(kind, source);
  if (program.run === undefined) throw new Error(JSON.stringify(program.diagnostics));
  const shown: MimeBundle[] = [];
  const progress: Progress[] = [];
  const context: CellContext = {
    cell: "test",
    signal: more.signal ?? new AbortController().signal,
    invalidation: new Promise(() => {}),
    display: (value) => shown.push((value as { bundle: MimeBundle }).bundle),
    view: () => {
      throw new Error("no inputs here");
    },
    progress: (one) => progress.push(one),
    saved: (key) => more.saved?.[key],
    inputClaims: {},
  };
  const { values, rest } = await program.run(inputs, context);
  await rest?.();
  const reports = shown.map((bundle) => bundle[mime.report] as Report);
  const blocks = reports.flatMap((report) => allBlocks(report.blocks));
  return {
    values,
    reports,
    text: reports.map((report) => report.summary).join("\n"),
    progress,
    blocks,
    actions: blocks.flatMap((block) => (block.kind === "actions" ? block.actions : [])),
  };
}

function allBlocks(blocks: readonly Block[]): readonly Block[] {
  return blocks.flatMap((block) => [
    block,
    ...(block.kind === "details" ? allBlocks(block.blocks) : []),
    ...(block.kind === "columns" ? block.columns.flatMap(allBlocks) : []),
  ]);
}
