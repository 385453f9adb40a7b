import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { createNotebook, newNotebookId, type Notebook } from "../../app/notebook/document.ts";
import { applyEdits } from "../../app/notebook/edits.ts";
import {
  type EditAnswer,
  type EditBatch,
  type HistoryEntry,
  type NotebookSummary,
  type SavedOutput,
  StoreError,
  type StoredNotebook,
  type StoreHealth,
  type UndoAnswer,
} from "../../app/protocol/store.ts";
import { backUp, backUpNow, pruneBackups } from "./backups.ts";
import { type Db, inTransaction, row, rows, run } from "./database.ts";
import { checkIntegrity } from "./integrity.ts";
import * as log from "./log.ts";
import {
  findRow,
  insertNotebook,
  type NotebookRow,
  readNotebook,
  summaryOf,
  writeChanges,
} from "./notebooks.ts";
import { libraryFile, openLibrary, type Opened, setMark, getMark } from "./open.ts";
import { pack, unpack } from "./pack.ts";
import { searchNotebooks } from "./search.ts";
import { refuse, toStoreError } from "./trouble.ts";

export interface LibraryOptions {
  readonly folder: string;
  readonly now?: () => number;
}

const DAY = 24 * 3600 * 1000;
const KEPT_IN_MEMORY = 8;

/** The store's contract without threads: every method is one transaction at most. */
export class Library {
  readonly #folder: string;
  readonly #now: () => number;
  #opened: Opened;
  /** Set while writes fail for want of space. */
  #full: StoreHealth | undefined;
  /** Documents as last committed, so that a keystroke need not read 250 cells. */
  readonly #known = new Map<string, { readonly rev: number; readonly notebook: Notebook }>();

  constructor(options: LibraryOptions) {
    this.#folder = options.folder;
    this.#now = options.now ?? Date.now;
    this.#opened = guarded(() => openLibrary(this.#folder, this.#now()));
  }

  /** For tests and tools. */
  get db(): Db {
    return this.#opened.db;
  }

  health(): StoreHealth {
    if (this.#full !== undefined) return this.#full;
    if (this.#opened.state !== undefined) return this.#opened.state;
    const path = libraryFile(this.#folder);
    return { kind: "ok", path, bytes: statSync(path).size };
  }

  list(query: { readonly search?: string; readonly deleted?: boolean } = {}): NotebookSummary[] {
    return this.#read(() => {
      const search = query.search?.trim() ?? "";
      const hits = search === "" ? undefined : searchNotebooks(this.db, search);
      return rows<NotebookRow>(
        this.db,
        `SELECT * FROM notebook WHERE deleted_at IS ${query.deleted === true ? "NOT NULL" : "NULL"}
         ORDER BY updated_at DESC, key DESC`,
      )
        .filter(({ key }) => hits?.has(key) ?? true)
        .map((found) => summaryOf(found, hits?.get(found.key)));
    });
  }

  create(spec: {
    readonly notebook: Notebook;
    readonly origin: NotebookSummary["origin"];
    readonly outputs?: readonly SavedOutput[];
  }): StoredNotebook {
    const notebook = guarded(() => createNotebook(spec.notebook));
    this.#write(() => {
      if (findRow(this.db, notebook.id) !== undefined) {
        throw new StoreError("conflict", `A notebook with the id ${notebook.id} is there already.`);
      }
      const { key } = insertNotebook(this.db, notebook, spec.origin, this.#now());
      log.writeSnapshot(this.db, key, 0, notebook);
      for (const output of spec.outputs ?? []) this.#putOutput(key, output);
    });
    return this.open(notebook.id);
  }

  open(id: string): StoredNotebook {
    return this.#read(() => {
      const found = this.#find(id);
      const notebook = this.#load(found);
      const cells = new Set(notebook.cells.map((cell) => cell.id));
      const outputs = rows<{ cell: string; body: Uint8Array }>(
        this.db,
        "SELECT cell, body FROM output WHERE notebook = ?",
        found.key,
      );
      return {
        notebook,
        rev: found.rev,
        summary: summaryOf(found),
        outputs: outputs
          .filter(({ cell }) => cells.has(cell))
          .map(({ body }) => unpack<SavedOutput>(body)),
        ...log.undoState(this.db, found.key),
      };
    });
  }

  edit(id: string, batch: EditBatch): EditAnswer {
    if (batch.edits.length === 0) throw new StoreError("invalid", "A batch has no edits.");
    return this.#write(() => {
      const found = this.#find(id);
      const { key } = found;
      const earlier = log.findBatch(this.db, key, batch.batch);
      if (earlier !== undefined) return { rev: earlier, ...log.undoState(this.db, key) };
      checkRev(found, batch.baseRev);
      log.dropRedo(this.db, key);
      const { group } = batch;
      return this.#apply(found, { kind: "edit", edits: batch.edits, group, batch: batch.batch });
    });
  }

  undo(id: string, baseRev: number): UndoAnswer {
    return this.#step(id, baseRev, "undo");
  }

  redo(id: string, baseRev: number): UndoAnswer {
    return this.#step(id, baseRev, "redo");
  }

  history(
    id: string,
    query: { readonly before?: number; readonly limit?: number } = {},
  ): readonly HistoryEntry[] {
    return this.#read(() => log.readHistory(this.db, this.#find(id).key, query));
  }

  version(id: string, rev: number): Notebook {
    return this.#read(() => {
      const found = this.#find(id);
      const notebook = rev <= found.rev ? log.replay(this.db, found.key, rev) : undefined;
      if (notebook === undefined) {
        throw new StoreError("not-found", `The notebook has no revision ${rev}.`);
      }
      return notebook;
    });
  }

  nameVersion(id: string, rev: number, name: string): void {
    this.#write(() => {
      const { key, rev: newest } = this.#find(id);
      if (!Number.isInteger(rev) || rev < 0 || rev > newest) {
        throw new StoreError("not-found", `The notebook has no revision ${rev}.`);
      }
      if (name.trim() === "") {
        for (const table of ["version_name", "version_output"]) {
          run(this.db, `DELETE FROM ${table} WHERE notebook = ? AND rev = ?`, key, rev);
        }
        return;
      }
      run(this.db, "INSERT OR REPLACE INTO version_name VALUES (?, ?, ?)", key, rev, name.trim());
      // Only of the newest revision is it known what its cells show.
      if (rev !== newest) return;
      run(
        this.db,
        `INSERT OR REPLACE INTO version_output
           SELECT notebook, ?, cell, digest, at, body FROM output WHERE notebook = ?
             AND cell IN (SELECT id FROM cell WHERE notebook = ?)`,
        rev,
        key,
        key,
      );
    });
  }

  versionOutputs(id: string, rev: number): readonly SavedOutput[] {
    return this.#read(() =>
      rows<{ body: Uint8Array }>(
        this.db,
        "SELECT body FROM version_output WHERE notebook = ? AND rev = ? ORDER BY cell",
        this.#find(id).key,
        rev,
      ).map(({ body }) => unpack<SavedOutput>(body)),
    );
  }

  saveOutputs(id: string, outputs: readonly SavedOutput[]): void {
    this.#write(() => {
      const { key } = this.#find(id);
      for (const output of outputs) this.#putOutput(key, output);
    });
  }

  duplicate(id: string): StoredNotebook {
    const copy = newNotebookId();
    this.#write(() => {
      const found = this.#find(id);
      const notebook = { ...this.#load(found), id: copy, title: copyTitle(found.title) };
      const { key } = insertNotebook(this.db, notebook, found.origin, this.#now());
      log.writeSnapshot(this.db, key, 0, notebook);
      run(
        this.db,
        "INSERT INTO output SELECT ?, cell, digest, at, body FROM output WHERE notebook = ?",
        key,
        found.key,
      );
    });
    return this.open(copy);
  }

  remove(id: string): void {
    this.#write(() => {
      const { key } = this.#find(id);
      run(this.db, "UPDATE notebook SET deleted_at = ? WHERE key = ?", this.#now(), key);
    });
  }

  restore(id: string): void {
    this.#write(() => {
      const changed = run(this.db, "UPDATE notebook SET deleted_at = NULL WHERE id = ?", id);
      if (changed === 0) throw notFound(id);
    });
  }

  putBlob(bytes: Uint8Array, mime: string): { readonly sha256: string; readonly bytes: number } {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.#write(() =>
      run(
        this.db,
        "INSERT OR IGNORE INTO blob (sha256, mime, size, at, bytes) VALUES (?, ?, ?, ?, ?)",
        sha256,
        mime,
        bytes.length,
        this.#now(),
        bytes,
      ),
    );
    return { sha256, bytes: bytes.length };
  }

  getBlob(sha256: string): { readonly bytes: Uint8Array; readonly mime: string } | undefined {
    return this.#read(() =>
      row<{ bytes: Uint8Array; mime: string }>(
        this.db,
        "SELECT bytes, mime FROM blob WHERE sha256 = ?",
        sha256,
      ),
    );
  }

  getSetting(key: string): unknown {
    return this.#read(() => {
      const found = row<{ value: string }>(this.db, "SELECT value FROM setting WHERE key = ?", key);
      return found === undefined ? undefined : (JSON.parse(found.value) as unknown);
    });
  }

  putSetting(key: string, value: unknown): void {
    this.#write(() => {
      if (value === undefined) run(this.db, "DELETE FROM setting WHERE key = ?", key);
      else run(this.db, "INSERT OR REPLACE INTO setting VALUES (?, ?)", key, JSON.stringify(value));
    });
  }

  async backup(reason: string): Promise<{ readonly path: string }> {
    const now = this.#now();
    const path = await backUp(this.db, this.#folder, reason, now).catch((error: unknown) => {
      throw toStoreError(error);
    });
    this.#write(() => this.#markBackedUp(now));
    pruneBackups(this.#folder, now);
    return { path };
  }

  /** Makes the day's backup if there is none yet; to be called now and then. */
  async keepBackedUp(): Promise<void> {
    if (this.#opened.lock === undefined) return;
    const last = getMark(this.db, "backed-up") ?? 0;
    if (this.#now() - last >= DAY && this.#changedSince(last)) await this.backup("daily");
  }

  /** What is wrong with the library, in words; nothing, as a rule. */
  check(): readonly string[] {
    return checkIntegrity(this.db);
  }

  close(): void {
    const { db, lock, dispose } = this.#opened;
    if (!db.open) return;
    try {
      if (lock !== undefined) {
        this.#backUpOnClose();
        setMark(db, "closed", 1);
        db.pragma("wal_checkpoint(TRUNCATE)");
      }
    } finally {
      db.close();
      lock?.release();
      dispose();
    }
  }

  #backUpOnClose(): void {
    const now = this.#now();
    if (!this.#changedSince(getMark(this.db, "backed-up") ?? 0)) return;
    try {
      backUpNow(this.db, this.#folder, "exit", now);
      this.#markBackedUp(now);
      pruneBackups(this.#folder, now);
    } catch (error) {
      // Closing must succeed without room for a copy; the library itself is whole.
      console.error("No backup could be made on exit:", error);
    }
  }

  #markBackedUp(now: number): void {
    setMark(this.db, "backed-up", now);
  }

  #changedSince(at: number): boolean {
    return row(this.db, "SELECT 1 FROM notebook WHERE updated_at > ? LIMIT 1", at) !== undefined;
  }

  #step(id: string, baseRev: number, kind: "undo" | "redo"): UndoAnswer {
    return this.#write(() => {
      const found = this.#find(id);
      checkRev(found, baseRev);
      const { key } = found;
      const step = kind === "undo" ? log.nextUndo(this.db, key) : log.nextRedo(this.db, key);
      if (step === undefined)
        throw new StoreError("nothing-to-undo", `There is nothing to ${kind}.`);
      if (kind === "undo") log.markUndone(this.db, key, step.revs, found.rev + 1);
      else log.markDone(this.db, key, step.revs);
      const { edits, group } = step;
      return { ...this.#apply(found, { kind, edits, group }), edits };
    });
  }

  #apply(
    found: NotebookRow,
    entry: Pick<log.LogEntry, "kind" | "edits" | "group" | "batch">,
  ): EditAnswer {
    const before = this.#load(found);
    const { notebook, inverses } = applyEdits(before, entry.edits);
    const rev = found.rev + 1;
    const now = this.#now();
    writeChanges(this.db, found.key, before, notebook, { rev, now });
    log.appendToLog(this.db, found.key, { ...entry, rev, at: now, inverses }, notebook);
    this.#remember(rev, notebook);
    return { rev, ...log.undoState(this.db, found.key) };
  }

  #putOutput(key: number, output: SavedOutput): void {
    run(
      this.db,
      "INSERT OR REPLACE INTO output (notebook, cell, digest, at, body) VALUES (?, ?, ?, ?, ?)",
      key,
      output.cell,
      output.digest,
      output.at,
      pack(output),
    );
  }

  #find(id: string): NotebookRow {
    const found = findRow(this.db, id);
    if (found === undefined || found.deleted_at !== null) throw notFound(id);
    return found;
  }

  #load(found: NotebookRow): Notebook {
    const known = this.#known.get(found.id);
    if (known?.rev === found.rev) return known.notebook;
    const notebook = readNotebook(this.db, found);
    this.#remember(found.rev, notebook);
    return notebook;
  }

  #remember(rev: number, notebook: Notebook): void {
    this.#known.delete(notebook.id);
    this.#known.set(notebook.id, { rev, notebook });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT_IN_MEMORY && oldest !== undefined) this.#known.delete(oldest);
  }

  #read<T>(work: () => T): T {
    try {
      return guarded(work);
    } catch (error) {
      // Columns and tables of a newer version are unknown here.
      if (this.#opened.state?.kind === "newer" && !(error instanceof StoreError))
        throw refuse("newer", error);
      throw error;
    }
  }

  #write<T>(work: () => T): T {
    const { state } = this.#opened;
    if (state?.kind === "busy") this.#retryOpen();
    if (this.#opened.lock === undefined) throw refuse(refusalOf(this.#opened));
    try {
      const value = guarded(() => inTransaction(this.db, work));
      this.#full = undefined;
      return value;
    } catch (error) {
      // What the failed transaction remembered was never committed.
      this.#known.clear();
      if (error instanceof StoreError && error.code === "full") {
        this.#full = { kind: "full", reason: error.message };
      }
      throw error;
    }
  }

  /** The other instance may have ended since. */
  #retryOpen(): void {
    const again = guarded(() => openLibrary(this.#folder, this.#now()));
    this.#opened.db.close();
    this.#opened.dispose();
    this.#opened = again;
    this.#known.clear();
  }
}

function refusalOf({ state }: Opened): "newer" | "busy" | "read-only" {
  return state?.kind === "newer" || state?.kind === "busy" ? state.kind : "read-only";
}

function checkRev(found: NotebookRow, baseRev: number): void {
  if (found.rev === baseRev) return;
  throw new StoreError(
    "conflict",
    `The notebook is at revision ${found.rev}; the edits were made on revision ${baseRev}.`,
    { hint: "Open the notebook again and repeat the edits on its newest revision." },
  );
}

function notFound(id: string): StoreError {
  return new StoreError("not-found", `There is no notebook ${id}.`);
}

/** `Title (copy)`, `Title (copy 2)`, … */
function copyTitle(title: string): string {
  const match = / \(copy(?: (\d+))?\)$/.exec(title);
  if (match === null) return `${title} (copy)`;
  return `${title.slice(0, match.index)} (copy ${Number(match[1] ?? 1) + 1})`;
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toStoreError(error);
  }
}
