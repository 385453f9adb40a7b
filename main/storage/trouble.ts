import { UserError } from "../../app/errors.ts";
import { StoreError, type StoreErrorCode } from "../../app/protocol/store.ts";

/** What SQLite, the file system or a misfit edit throws, as the refusal that the contract promises. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof StoreError) return error;
  if (error instanceof UserError) {
    return new StoreError("invalid", error.message, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  const code = storeCodeOf(error);
  return code === undefined ? error : refuse(code, error);
}

function storeCodeOf(error: unknown): StoreErrorCode | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string") return undefined;
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") return "full";
  // A write that the disk refuses shows as an I/O error as often as it shows as "full".
  if (code.startsWith("SQLITE_IOERR")) return code === "SQLITE_IOERR_READ" ? "damaged" : "full";
  if (code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN")) return "read-only";
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") return "read-only";
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return "busy";
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return "damaged";
  return undefined;
}

const hints: Readonly<Partial<Record<StoreErrorCode, string>>> = {
  full: "Make room on the disk; your edits are kept on the page and saved then.",
  "read-only": "Allow writing to the folder, or choose another with DAGBOK_HOME.",
  busy: "Close the other Dagbok that uses this library.",
  newer: "Update Dagbok to write to this library.",
  damaged: "Start Dagbok again: the library is then checked and restored from its newest backup.",
};

const sentences: Readonly<Partial<Record<StoreErrorCode, string>>> = {
  full: "The library could not be written: the disk is full.",
  "read-only": "The library cannot be written to.",
  busy: "The library is in use by another Dagbok.",
  newer: "The library was written by a newer Dagbok.",
  damaged: "The library's database is damaged.",
};

export function refuse(code: StoreErrorCode, cause?: unknown): StoreError {
  const hint = hints[code];
  return new StoreError(code, sentences[code] ?? code, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
