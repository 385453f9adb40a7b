import {
  type Attachment,
  type Cell,
  checkFlags,
  type Flag,
  FLAGS,
  type Notebook,
  type Settings,
} from "../../app/notebook/document.ts";
import type { JsonRecord } from "../../app/notebook/json.ts";
import type { NotebookSummary } from "../../app/protocol/store.ts";
import { type Db, row, rows, run } from "./database.ts";
import { forgetText, indexText } from "./search.ts";

export interface NotebookRow {
  readonly key: number;
  readonly id: string;
  readonly title: string;
  readonly rev: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly deleted_at: number | null;
  readonly origin: NotebookSummary["origin"];
  readonly cell_order: string;
  readonly attachments: string;
  readonly settings: string;
  readonly meta: string;
}

interface CellRow {
  readonly key: number;
  readonly id: string;
  readonly kind: string;
  readonly name: string | null;
  readonly source: string;
  readonly escaped: number;
  readonly flags: string;
  readonly inputs: string;
  readonly meta: string;
}

export function findRow(db: Db, id: string): NotebookRow | undefined {
  return row<NotebookRow>(db, "SELECT * FROM notebook WHERE id = ?", id);
}

export function summaryOf(
  found: NotebookRow,
  hits?: Pick<NotebookSummary, "hits" | "hitCount">,
): NotebookSummary {
  return {
    id: found.id,
    title: found.title,
    cells: (JSON.parse(found.cell_order) as string[]).length,
    createdAt: found.created_at,
    updatedAt: found.updated_at,
    origin: found.origin,
    ...(found.deleted_at === null ? {} : { deletedAt: found.deleted_at }),
    ...hits,
  };
}

export function readNotebook(db: Db, found: NotebookRow): Notebook {
  const cells = new Map(
    rows<CellRow>(db, "SELECT * FROM cell WHERE notebook = ?", found.key).map((cell) => [
      cell.id,
      readCell(cell),
    ]),
  );
  const order = JSON.parse(found.cell_order) as string[];
  if (order.length !== cells.size) {
    throw new Error(`Notebook ${found.id} lists ${order.length} cells and has ${cells.size}.`);
  }
  return {
    id: found.id,
    title: found.title,
    cells: order.map((id) => {
      const cell = cells.get(id);
      if (cell === undefined) throw new Error(`Notebook ${found.id} lacks its cell ${id}.`);
      return cell;
    }),
    attachments: JSON.parse(found.attachments) as Attachment[],
    settings: JSON.parse(found.settings) as Settings,
    meta: JSON.parse(found.meta) as Record<string, string>,
  };
}

function readCell(cell: CellRow): Cell {
  const flags = JSON.parse(cell.flags) as Flag[];
  return {
    id: cell.id,
    kind: cell.kind,
    ...(cell.name === null ? {} : { name: cell.name }),
    source: cell.escaped === 1 ? (JSON.parse(cell.source) as string) : cell.source,
    flags: checkFlags(Object.fromEntries(flags.map((flag) => [flag, true]))),
    inputs: JSON.parse(cell.inputs) as JsonRecord,
    meta: JSON.parse(cell.meta) as Record<string, string>,
  };
}

export function insertNotebook(
  db: Db,
  notebook: Notebook,
  origin: NotebookSummary["origin"],
  now: number,
): NotebookRow {
  run(
    db,
    `INSERT INTO notebook (id, title, rev, created_at, updated_at, origin, cell_order, attachments, settings, meta)
     VALUES (?, ?, 0, ?, ?, ?, '[]', '[]', '{}', '{}')`,
    notebook.id,
    "",
    now,
    now,
    origin,
  );
  const empty: Notebook = {
    id: notebook.id,
    title: "",
    cells: [],
    attachments: [],
    settings: notebook.settings,
    meta: {},
  };
  const { key } = findRow(db, notebook.id) as NotebookRow;
  writeChanges(db, key, empty, notebook, { rev: 0, now });
  return findRow(db, notebook.id) as NotebookRow;
}

/** Writes what differs between two states; cells that edits left alone are the same objects and are not touched. */
export function writeChanges(
  db: Db,
  key: number,
  before: Notebook,
  after: Notebook,
  stamp: { readonly rev: number; readonly now: number },
): void {
  run(
    db,
    `UPDATE notebook SET title = ?, rev = ?, updated_at = ?, cell_order = ?, attachments = ?, settings = ?, meta = ?
     WHERE key = ?`,
    after.title,
    stamp.rev,
    stamp.now,
    JSON.stringify(after.cells.map(({ id }) => id)),
    JSON.stringify(after.attachments),
    JSON.stringify(after.settings),
    JSON.stringify(after.meta),
    key,
  );
  if (after.title !== before.title) indexText(db, 2 * key + 1, after.title);
  if (after.cells === before.cells) return;
  const old = new Map(before.cells.map((cell) => [cell.id, cell]));
  for (const cell of after.cells) {
    if (old.get(cell.id) !== cell) writeCell(db, key, cell);
    old.delete(cell.id);
  }
  for (const id of old.keys()) deleteCell(db, key, id);
}

function writeCell(db: Db, notebook: number, cell: Cell): void {
  const whole = cell.source.isWellFormed();
  const { key } = row<{ key: number }>(
    db,
    `INSERT INTO cell (notebook, id, kind, name, source, escaped, flags, inputs, meta) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (notebook, id) DO UPDATE SET kind = excluded.kind, name = excluded.name, source = excluded.source, escaped = excluded.escaped,
       flags = excluded.flags, inputs = excluded.inputs, meta = excluded.meta
     RETURNING key`,
    notebook,
    cell.id,
    cell.kind,
    cell.name ?? null,
    whole ? cell.source : JSON.stringify(cell.source),
    whole ? 0 : 1,
    JSON.stringify(FLAGS.filter((flag) => cell.flags[flag])),
    JSON.stringify(cell.inputs),
    JSON.stringify(cell.meta),
  ) as { key: number };
  indexText(db, 2 * key, cell.name === undefined ? cell.source : `${cell.name}\n${cell.source}`);
}

function deleteCell(db: Db, notebook: number, id: string): void {
  const gone = row<{ key: number }>(
    db,
    "DELETE FROM cell WHERE notebook = ? AND id = ? RETURNING key",
    notebook,
    id,
  );
  if (gone !== undefined) forgetText(db, 2 * gone.key);
}
