import type { CellContext, CellProgram } from "../../../app/cell/program.ts";
import { mime, type MimeBundle } from "../../../app/protocol/mime.ts";
import type { Block, Report } from "../../../app/protocol/report.ts";
import type { Progress } from "../../../app/work.ts";
import { cellKinds, type KernelHost } from "../../../kernels/cells/index.ts";

const host: KernelHost = { attachment: async () => undefined, attachmentNames: () => [] };

/** A cell's program, as the kernel compiles it. */
export function programOf(kind: string, source: string, name?: string): CellProgram {
  const found = cellKinds.get(kind);
  if (found === undefined) throw new Error(kind);
  return found.parse({ id: "test", kind, source, ...(name === undefined ? {} : { name }) }, host);
}

/** One run of a cell outside a session: its values, its claim, and what it showed. */
export async function runCell(
  program: CellProgram,
  inputs: Record<string, unknown> = {},
  signal: AbortSignal = new AbortController().signal,
) {
  const shown: MimeBundle[] = [];
  const progress: Progress[] = [];
  const context: CellContext = {
    cell: "test",
    signal,
    invalidation: new Promise(() => {}),
    display: (value) => shown.push((value as { bundle: MimeBundle }).bundle),
    view: () => {
      throw new Error("no inputs here");
    },
    progress: (one) => progress.push(one),
    inputClaims: {},
  };
  if (program.run === undefined) throw new Error(JSON.stringify(program.diagnostics));
  const begun = await program.run(inputs, context);
  const result = { ...begun, ...(await begun.rest?.()) };
  const reports = shown.map((bundle) => bundle[mime.report] as Report);
  return { ...result, progress, reports, text: shown.map((b) => b[mime.text]).join("\n") };
}

/** Every block of a report, those inside others too. */
export function blocksOf(reports: readonly Report[]): readonly Block[] {
  const inside = (block: Block): readonly Block[] =>
    block.kind === "details"
      ? [block, ...block.blocks.flatMap(inside)]
      : block.kind === "columns"
        ? [block, ...block.columns.flat().flatMap(inside)]
        : [block];
  return reports.flatMap(({ blocks }) => blocks.flatMap(inside));
}
