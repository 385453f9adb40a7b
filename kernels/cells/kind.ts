import type { CellProgram, Diagnostic } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import type { KernelCell } from "../../app/protocol/kernel.ts";
import { withLines } from "./language.ts";

/** What a cell kind may ask of the place it runs in. */
export interface KernelHost {
  /** Bytes of an attachment, or of the catalogue's file of that name; undefined when there is neither. */
  readonly attachment: (name: string) => Promise<Uint8Array | undefined>;
  /** What attachments there are, for messages. */
  readonly attachmentNames: () => readonly string[];
}

/** A kind of cell: its text to a runnable program. Parsing is pure and quick; engines load when it first runs. */
export interface CellKind {
  readonly kind: string;
  readonly parse: (cell: KernelCell, host: KernelHost) => CellProgram;
}

/**
 * The program of a cell, with any `UserError` of its parsing turned into a diagnostic at its place. A cell that
 * does not parse still says what it would define where that can be read off, so that dependents wait for it.
 */
export function parsing(source: string, parse: () => CellProgram): CellProgram {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { inputs: [], outputs: [], diagnostics: [diagnosticOf(error, source)] };
  }
}

export function diagnosticOf(error: UserError, source: string): Diagnostic {
  const expected = error.expected === undefined ? "" : ` Expected ${error.expected}.`;
  return {
    code: error.code,
    severity: "error",
    message: `${error.message}${expected}`,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    place: withLines(error.place, source),
  };
}

/** The name a cell that makes one value gives it: its own, else a default by kind. */
export function outputName(cell: KernelCell, fallback: string): string {
  return cell.name ?? fallback;
}

/** A plain name for each unnamed statement is not made up: it has no output. */
export function uniqueNames(names: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(names.filter((name): name is string => name !== undefined))];
}
