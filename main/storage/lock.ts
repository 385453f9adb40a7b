import Database from "better-sqlite3";

export interface Lock {
  release(): void;
}

/**
 * Marks a folder as in use by this process; `undefined` if another has it. The mark is a lock that the
 * operating system holds (through SQLite, so alike on every system): it cannot outlive the process.
 */
export function acquireLock(file: string): Lock | undefined {
  const db = new Database(file, { timeout: 0 });
  try {
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if ((error as { code?: unknown }).code === "SQLITE_BUSY") return undefined;
    throw error;
  }
  return { release: () => void db.close() };
}
