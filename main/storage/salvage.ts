import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createNotebook } from "../../app/notebook/document.ts";
import { type Db, inTransaction, openDatabase, row, rows, run, sql } from "./database.ts";
import { CURRENT_VERSION, migrate, versionOf } from "./migrations.ts";
import { findRow, insertNotebook, type NotebookRow, readNotebook } from "./notebooks.ts";
import { writeSnapshot } from "./log.ts";

/** Tables whose rows hang on a notebook, copied as they are where they can be read. */
const TABLES = ["edit", "snapshot", "version_name", "version_output", "output"] as const;

/**
 * Copies notebooks that are newer in a damaged database into a sound one, each only if it can be read whole.
 * Returns how many. The damaged file is read from a copy, so that it stays as it was found.
 */
export function salvage(damaged: string, sound: string): number {
  const folder = mkdtempSync(path.join(tmpdir(), "dagbok-salvage-"));
  const copy = path.join(folder, "library.db");
  let from: Db | undefined;
  const to = openDatabase(sound);
  try {
    migrate(to);
    for (const side of ["", "-wal"]) {
      if (existsSync(damaged + side)) copyFileSync(damaged + side, copy + side);
    }
    from = tryOr(undefined, () => openDatabase(copy));
    if (from === undefined || tryOr(0, () => versionOf(from as Db)) !== CURRENT_VERSION) return 0;
    const source = from;
    salvageBlobs(source, to);
    const ids = tryOr([], () => rows<{ id: string }>(source, "SELECT id FROM notebook"));
    return ids.filter(({ id }) => salvageNotebook(source, to, id)).length;
  } finally {
    from?.close();
    to.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function salvageNotebook(from: Db, to: Db, id: string): boolean {
  return tryOr(false, () => {
    const found = findRow(from, id);
    if (found === undefined) return false;
    const notebook = createNotebook(readNotebook(from, found));
    const there = findRow(to, id);
    if (there !== undefined && there.rev >= found.rev) return false;
    inTransaction(to, () => {
      if (there !== undefined) removeNotebook(to, there);
      const { key } = insertNotebook(to, notebook, found.origin, found.updated_at);
      const { rev, created_at, deleted_at } = found;
      run(
        to,
        "UPDATE notebook SET rev = ?, created_at = ?, deleted_at = ? WHERE key = ?",
        rev,
        created_at,
        deleted_at,
        key,
      );
      copyHistory(from, found.key, to, key, rev);
      if (row(to, "SELECT 1 FROM snapshot WHERE notebook = ? LIMIT 1", key) === undefined) {
        writeSnapshot(to, key, rev, notebook);
      }
    });
    return true;
  });
}

/** The log is worth having only without holes: else the notebook starts a new one at its present state. */
function copyHistory(from: Db, fromKey: number, to: Db, toKey: number, rev: number): void {
  tryOr(undefined, () => {
    const copies = TABLES.map(
      (table) =>
        [
          table,
          rows<Record<string, unknown>>(from, `SELECT * FROM ${table} WHERE notebook = ?`, fromKey),
        ] as const,
    );
    const log = copies.find(([table]) => table === "edit")?.[1] ?? [];
    const whole = log.length === rev;
    inTransaction(to, () => {
      for (const [table, found] of copies) {
        if (!whole && table !== "output") continue;
        for (const one of found) copyRow(to, table, { ...one, notebook: toKey });
      }
    });
  });
}

function copyRow(to: Db, table: string, values: Record<string, unknown>): void {
  const { seq: _seq, ...rest } = values;
  const names = Object.keys(rest);
  sql(
    to,
    `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
  ).run(...Object.values(rest));
}

function salvageBlobs(from: Db, to: Db): void {
  const keys = tryOr([], () => rows<{ sha256: string }>(from, "SELECT sha256 FROM blob"));
  for (const { sha256 } of keys) {
    tryOr(undefined, () => {
      const blob = row<Record<string, unknown>>(
        from,
        "SELECT * FROM blob WHERE sha256 = ?",
        sha256,
      );
      if (blob === undefined) return;
      if (row(to, "SELECT 1 FROM blob WHERE sha256 = ?", sha256) === undefined) {
        copyRow(to, "blob", blob);
      }
    });
  }
}

function removeNotebook(db: Db, found: NotebookRow): void {
  run(db, "DELETE FROM search WHERE rowid = ?", 2 * found.key + 1);
  run(
    db,
    "DELETE FROM search WHERE rowid IN (SELECT 2 * key FROM cell WHERE notebook = ?)",
    found.key,
  );
  run(db, "DELETE FROM notebook WHERE key = ?", found.key);
}

/** What cannot be read is what was lost: here, and only here, any failure means "not this one". */
function tryOr<T>(otherwise: T, work: () => T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
