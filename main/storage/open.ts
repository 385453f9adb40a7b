import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import type { StoreHealth } from "../../app/protocol/store.ts";
import { backUpNow } from "./backups.ts";
import { APPLICATION_ID, assertDurable, type Db, openDatabase, row, run } from "./database.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { CURRENT_VERSION, migrate, versionOf } from "./migrations.ts";
import { isDamage, restoreLibrary } from "./recovery.ts";
import { refuse } from "./trouble.ts";

export interface Opened {
  readonly db: Db;
  readonly lock: Lock | undefined;
  /** What the page must show from the start; `undefined` when all is well. */
  readonly state: Exclude<StoreHealth, { kind: "ok" | "full" }> | undefined;
  /** Releases what a read-only view needed. */
  readonly dispose: () => void;
}

export const libraryFile = (folder: string): string => path.join(folder, "library.db");

const WEEK = 7 * 24 * 3600 * 1000;
const nothing = (): void => undefined;

/** Opens the library of a folder as well as it can be opened: to write, else to read. */
export function openLibrary(folder: string, now: number): Opened {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    if (existsSync(libraryFile(folder))) accessSync(libraryFile(folder), constants.W_OK);
  } catch (error) {
    return openReadOnly(folder, error);
  }
  const lock = acquireLock(path.join(folder, "library.lock"));
  if (lock === undefined) return openBusy(folder);
  try {
    return openToWrite(folder, lock, now);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openToWrite(folder: string, lock: Lock, now: number): Opened {
  const file = libraryFile(folder);
  let state: Opened["state"];
  let db: Db;
  try {
    db = openChecked(file, now);
  } catch (error) {
    if (!isDamage(error)) throw error;
    state = { kind: "restored", ...restoreLibrary(folder, now, error) };
    db = openChecked(file, now);
  }
  const version = versionOf(db);
  if (version > CURRENT_VERSION) {
    db.close();
    lock.release();
    return {
      db: openDatabase(file, { readOnly: true }),
      lock: undefined,
      state: { kind: "newer", version, supported: CURRENT_VERSION },
      dispose: nothing,
    };
  }
  try {
    if (version > 0 && version < CURRENT_VERSION) {
      backUpNow(db, folder, `before-version-${CURRENT_VERSION}`, now);
    }
    migrate(db);
    setMark(db, "closed", 0);
    assertDurable(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return { db, lock, state, dispose: nothing };
}

/** Throws a damage error for a file that is not our database, or not whole after it was not closed in order. */
function openChecked(file: string, now: number): Db {
  const db = openDatabase(file);
  try {
    const version = versionOf(db);
    const empty = row(db, "SELECT 1 FROM sqlite_schema LIMIT 1") === undefined;
    if (version === 0 ? !empty : db.pragma("application_id", { simple: true }) !== APPLICATION_ID) {
      throw refuse("damaged", new Error("The file is not a Dagbok library."));
    }
    if (version > 0 && version <= CURRENT_VERSION) {
      const checked = getMark(db, "checked") ?? 0;
      if (getMark(db, "closed") !== 1 || now - checked > WEEK) {
        assertSound(db);
        setMark(db, "checked", now);
      }
    }
    return db;
  } catch (error) {
    db.close();
    // These statements fit every library: one that SQLite does not understand meets a damaged schema.
    if (error instanceof Database.SqliteError && error.code === "SQLITE_ERROR") {
      throw refuse("damaged", error);
    }
    throw error;
  }
}

export function assertSound(db: Db): void {
  const answer = db.pragma("quick_check(1)", { simple: true });
  if (answer !== "ok") throw refuse("damaged", new Error(String(answer)));
  // A flipped bit may leave a sound tree with a row in the wrong notebook.
  const astray = row<{ id: string }>(
    db,
    `SELECT id FROM notebook WHERE json_array_length(cell_order) <>
       (SELECT count(*) FROM cell, json_each(notebook.cell_order) AS listed
        WHERE cell.notebook = notebook.key AND cell.id = listed.value)
       OR json_array_length(cell_order) <> (SELECT count(*) FROM cell WHERE cell.notebook = notebook.key)
     LIMIT 1`,
  );
  if (astray !== undefined) {
    throw refuse("damaged", new Error(`Notebook ${astray.id} does not have the cells it lists.`));
  }
}

export function getMark(db: Db, name: string): number | undefined {
  return row<{ value: number }>(db, "SELECT value FROM mark WHERE name = ?", name)?.value;
}

export function setMark(db: Db, name: string, value: number): void {
  run(db, "INSERT OR REPLACE INTO mark (name, value) VALUES (?, ?)", name, value);
}

function openBusy(folder: string): Opened {
  const file = libraryFile(folder);
  // The other instance may be at its very first start, with no tables yet.
  if (!existsSync(file)) throw refuse("busy");
  const db = openDatabase(file, { readOnly: true });
  if (versionOf(db) === 0) {
    db.close();
    throw refuse("busy");
  }
  const reason = "Another Dagbok has this library open; here it can only be read.";
  return { db, lock: undefined, state: { kind: "busy", reason }, dispose: nothing };
}

function openReadOnly(folder: string, cause: unknown): Opened {
  const file = libraryFile(folder);
  if (!existsSync(file)) throw refuse("read-only", cause);
  const { db, dispose } = openFrozen(file);
  const version = versionOf(db);
  const state: Opened["state"] =
    version > CURRENT_VERSION
      ? { kind: "newer", version, supported: CURRENT_VERSION }
      : { kind: "read-only", reason: `The folder ${folder} cannot be written to.` };
  return { db, lock: undefined, state, dispose };
}

/** A WAL database can be read only where its side files can be made: elsewhere a copy is read. */
function openFrozen(file: string): { db: Db; dispose: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), "dagbok-read-"));
  const copy = path.join(folder, "library.db");
  for (const side of ["", "-wal"]) {
    if (existsSync(file + side)) copyFileSync(file + side, copy + side);
  }
  return {
    db: openDatabase(copy, { readOnly: true }),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
