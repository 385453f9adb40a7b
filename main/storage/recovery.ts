import { copyFileSync, existsSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { StoreError } from "../../app/protocol/store.ts";
import { isSound, listBackups, stamp } from "./backups.ts";
import { salvage } from "./salvage.ts";

/** Whether an error says that the database file itself is broken, and not that it cannot be reached. */
export function isDamage(error: unknown): boolean {
  if (error instanceof StoreError) return error.code === "damaged";
  return (
    error instanceof Database.SqliteError &&
    (error.code.startsWith("SQLITE_CORRUPT") || error.code === "SQLITE_NOTADB")
  );
}

export interface Restored {
  readonly setAside: string;
  readonly from: string;
}

/**
 * Puts the newest good backup in the place of a damaged library and brings over every notebook that can still
 * be read whole from it and is newer there. The damaged files are moved aside, never deleted.
 */
export function restoreLibrary(folder: string, now: number, cause: unknown): Restored {
  const file = path.join(folder, "library.db");
  const setAside = path.join(folder, "damaged", `library-${stamp(now)}.db`);
  mkdirSync(path.dirname(setAside), { recursive: true });
  for (const side of ["", "-wal", "-shm"]) {
    if (existsSync(file + side)) renameSync(file + side, setAside + side);
  }
  const backup = listBackups(folder).find((candidate) => isSound(candidate.path));
  if (backup !== undefined) {
    copyFileSync(backup.path, `${file}.part`);
    renameSync(`${file}.part`, file);
  }
  const saved = salvage(setAside, file);
  console.error(`The library was damaged and is restored: ${(cause as Error).message}`);
  const parts = [
    backup === undefined ? "a new library" : path.basename(backup.path),
    ...(saved > 0
      ? [`${saved} newer ${saved === 1 ? "notebook" : "notebooks"} read from the damaged file`]
      : []),
  ];
  return { setAside, from: parts.join(" and ") };
}
