import type { Notebook } from "../../app/notebook/document.ts";
import { applyEdits, type Edit } from "../../app/notebook/edits.ts";
import type { HistoryEntry } from "../../app/protocol/store.ts";
import { type Db, row, rows, run } from "./database.ts";
import { pack, unpack } from "./pack.ts";

/** How many revisions lie between two whole documents in the log. */
const SNAPSHOT_EVERY = 100;

export interface LogRow {
  readonly rev: number;
  readonly at: number;
  readonly kind: "edit" | "undo" | "redo";
  readonly batch: string | null;
  readonly edit_group: string;
  readonly edits: string;
  readonly inverses: string;
}

export interface LogEntry {
  readonly rev: number;
  readonly at: number;
  readonly kind: LogRow["kind"];
  readonly group: string;
  readonly batch?: string;
  readonly edits: readonly Edit[];
  readonly inverses: readonly Edit[];
}

export function appendToLog(db: Db, key: number, entry: LogEntry, after: Notebook): void {
  run(
    db,
    `INSERT INTO edit (notebook, rev, at, kind, state, batch, edit_group, edits, inverses)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    key,
    entry.rev,
    entry.at,
    entry.kind,
    entry.kind === "edit" ? "done" : "log",
    entry.batch ?? null,
    entry.group,
    JSON.stringify(entry.edits),
    JSON.stringify(entry.inverses),
  );
  if (entry.rev % SNAPSHOT_EVERY === 0) writeSnapshot(db, key, entry.rev, after);
}

export function writeSnapshot(db: Db, key: number, rev: number, notebook: Notebook): void {
  run(db, "INSERT INTO snapshot (notebook, rev, body) VALUES (?, ?, ?)", key, rev, pack(notebook));
}

/** The document as it was at a revision: the last snapshot before it and the log from there. */
export function replay(db: Db, key: number, rev: number, fromStart = false): Notebook | undefined {
  const start = row<{ rev: number; body: Uint8Array }>(
    db,
    `SELECT rev, body FROM snapshot WHERE notebook = ? AND rev <= ? ORDER BY rev ${fromStart ? "ASC" : "DESC"} LIMIT 1`,
    key,
    rev,
  );
  if (start === undefined) return undefined;
  let notebook = unpack<Notebook>(start.body);
  const entries = rows<{ edits: string }>(
    db,
    "SELECT edits FROM edit WHERE notebook = ? AND rev > ? AND rev <= ? ORDER BY rev",
    key,
    start.rev,
    rev,
  );
  if (entries.length !== rev - start.rev) return undefined;
  for (const { edits } of entries) {
    ({ notebook } = applyEdits(notebook, JSON.parse(edits) as Edit[]));
  }
  return notebook;
}

export function findBatch(db: Db, key: number, batch: string): number | undefined {
  return row<{ rev: number }>(
    db,
    "SELECT rev FROM edit WHERE notebook = ? AND batch = ?",
    key,
    batch,
  )?.rev;
}

/** What was undone and is overtaken by a new edit cannot be redone any more. */
export function dropRedo(db: Db, key: number): void {
  run(db, "UPDATE edit SET state = 'dropped' WHERE notebook = ? AND state = 'undone'", key);
}

export function undoState(db: Db, key: number): { canUndo: boolean; canRedo: boolean } {
  const has = (state: string): boolean =>
    row(db, "SELECT 1 FROM edit WHERE notebook = ? AND state = ? LIMIT 1", key, state) !==
    undefined;
  return { canUndo: has("done"), canRedo: has("undone") };
}

export interface Step {
  readonly group: string;
  readonly revs: readonly number[];
  readonly edits: readonly Edit[];
}

/** The newest group of edits that still stands: the edits that take it back. */
export function nextUndo(db: Db, key: number): Step | undefined {
  const group: LogRow[] = [];
  for (const entry of sqlIterate(
    db,
    "SELECT * FROM edit WHERE notebook = ? AND state = 'done' ORDER BY rev DESC",
    key,
  )) {
    if (group[0] !== undefined && group[0].edit_group !== entry.edit_group) break;
    group.push(entry);
  }
  return toStep(group, (entry) => entry.inverses);
}

/** The group that was undone last: its edits again. */
export function nextRedo(db: Db, key: number): Step | undefined {
  const group = rows<LogRow>(
    db,
    `SELECT * FROM edit WHERE notebook = ? AND state = 'undone' AND undone_by =
       (SELECT max(undone_by) FROM edit WHERE notebook = ? AND state = 'undone') ORDER BY rev`,
    key,
    key,
  );
  return toStep(group, (entry) => entry.edits);
}

export function markUndone(db: Db, key: number, revs: readonly number[], by: number): void {
  setState(db, key, revs, "undone", by);
}

export function markDone(db: Db, key: number, revs: readonly number[]): void {
  setState(db, key, revs, "done", null);
}

function setState(
  db: Db,
  key: number,
  revs: readonly number[],
  state: string,
  by: number | null,
): void {
  for (const rev of revs) {
    run(
      db,
      "UPDATE edit SET state = ?, undone_by = ? WHERE notebook = ? AND rev = ?",
      state,
      by,
      key,
      rev,
    );
  }
}

function toStep(group: readonly LogRow[], pick: (entry: LogRow) => string): Step | undefined {
  const first = group[0];
  if (first === undefined) return undefined;
  return {
    group: first.edit_group,
    revs: group.map(({ rev }) => rev),
    edits: group.flatMap((entry) => JSON.parse(pick(entry)) as Edit[]),
  };
}

/** Newest first; batches of one group that follow each other are one entry, unless a version between is named. */
export function readHistory(
  db: Db,
  key: number,
  query: { readonly before?: number; readonly limit?: number },
): readonly HistoryEntry[] {
  const limit = query.limit ?? 100;
  const entries: HistoryEntry[] = [];
  let last: Pick<LogRow, "edit_group" | "kind"> | undefined;
  for (const found of sqlIterate<LogRow & { name: string | null }>(
    db,
    `SELECT edit.*, version_name.name AS name FROM edit LEFT JOIN version_name USING (notebook, rev)
     WHERE edit.notebook = ? AND edit.rev < ? ORDER BY edit.rev DESC`,
    key,
    query.before ?? Number.MAX_SAFE_INTEGER,
  )) {
    const edits = JSON.parse(found.edits) as Edit[];
    const kinds = found.kind === "edit" ? edits.map(({ kind }) => kind) : [found.kind];
    const cells = edits.flatMap(cellsOf);
    const previous = entries.at(-1);
    if (
      previous !== undefined &&
      last?.edit_group === found.edit_group &&
      last.kind === found.kind &&
      found.name === null
    ) {
      entries[entries.length - 1] = {
        ...previous,
        from: found.rev,
        kinds: union(previous.kinds, kinds),
        cells: union(previous.cells, cells),
      };
      continue;
    }
    if (entries.length === limit) return entries;
    last = found;
    entries.push({
      rev: found.rev,
      at: found.at,
      group: found.edit_group,
      kinds: union([], kinds),
      cells: union([], cells),
      ...(found.name === null ? {} : { name: found.name }),
    });
  }
  const first = beginning(db, key);
  if (entries.length < limit && first !== undefined && first.rev < (query.before ?? Infinity)) {
    entries.push(first);
  }
  return entries;
}

/** What the log goes on from: no step, but a version like any other. */
function beginning(db: Db, key: number): HistoryEntry | undefined {
  const found = row<{ rev: number; at: number; name: string | null }>(
    db,
    `SELECT snapshot.rev, notebook.created_at AS at, version_name.name AS name
     FROM snapshot JOIN notebook ON notebook.key = snapshot.notebook
     LEFT JOIN version_name ON version_name.notebook = snapshot.notebook AND version_name.rev = snapshot.rev
     WHERE snapshot.notebook = ? ORDER BY snapshot.rev LIMIT 1`,
    key,
  );
  if (found === undefined) return undefined;
  const { rev, at, name } = found;
  return { rev, at, group: "", kinds: [], cells: [], ...(name === null ? {} : { name }) };
}

function cellsOf(edit: Edit): readonly string[] {
  if (edit.kind === "insert-cell") return [edit.cell.id];
  return "cell" in edit ? [edit.cell] : [];
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])];
}

function* sqlIterate<T = LogRow>(db: Db, text: string, ...values: unknown[]): Generator<T> {
  // Prepared anew: a statement that is still being read from cannot be used again meanwhile.
  for (const found of db.prepare(text).iterate(...values)) yield found as T;
}
