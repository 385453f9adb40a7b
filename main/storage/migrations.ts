import { APPLICATION_ID, type Db, inTransaction } from "./database.ts";

export interface Migration {
  /** The version it leads to. */
  readonly version: number;
  readonly up: (db: Db) => void;
}

/** Released steps are never changed: `test/fixtures/store` holds a database of every version. */
export const migrations: readonly Migration[] = checkMigrations([
  { version: 1, up: (db) => void db.exec(VERSION_1) },
  { version: 2, up: (db) => void db.exec(VERSION_2) },
]);

export const CURRENT_VERSION = migrations.length;

export function checkMigrations(list: readonly Migration[]): readonly Migration[] {
  list.forEach(({ version }, i) => {
    if (version !== i + 1) throw new Error(`Migration ${i + 1} says it leads to ${version}.`);
  });
  return list;
}

export function versionOf(db: Db): number {
  return db.pragma("user_version", { simple: true }) as number;
}

/** Each step is one transaction with the version it leads to: a step cut short never happened. */
export function migrate(db: Db, list: readonly Migration[] = migrations): void {
  for (const { version, up } of list.slice(versionOf(db))) {
    inTransaction(db, () => {
      up(db);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${version}`);
    });
  }
}

// What the cells showed when a version was named, so that it can be held beside what they show later.
const VERSION_2 = `
CREATE TABLE version_output (
  notebook INTEGER NOT NULL REFERENCES notebook (key) ON DELETE CASCADE,
  rev INTEGER NOT NULL,
  cell TEXT NOT NULL,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (notebook, rev, cell)
) STRICT;
`;

const VERSION_1 = `
CREATE TABLE notebook (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  rev INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  origin TEXT NOT NULL CHECK (origin IN ('here', 'imported', 'shipped')),
  cell_order TEXT NOT NULL CHECK (json_valid(cell_order)),
  attachments TEXT NOT NULL CHECK (json_valid(attachments)),
  settings TEXT NOT NULL CHECK (json_valid(settings)),
  meta TEXT NOT NULL CHECK (json_valid(meta))
) STRICT;

CREATE TABLE cell (
  key INTEGER PRIMARY KEY,
  notebook INTEGER NOT NULL REFERENCES notebook (key) ON DELETE CASCADE,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT,
  source TEXT NOT NULL,
  -- 1: \`source\` is a JSON string, since it holds half a surrogate pair, which UTF-8 cannot.
  escaped INTEGER NOT NULL,
  flags TEXT NOT NULL CHECK (json_valid(flags)),
  inputs TEXT NOT NULL CHECK (json_valid(inputs)),
  meta TEXT NOT NULL CHECK (json_valid(meta)),
  UNIQUE (notebook, id)
) STRICT;

-- One row per accepted batch. 'edit' rows are what can be undone: 'done' ones form the undo stack, 'undone'
-- ones the redo stack, 'dropped' ones were undone and then overtaken by another edit.
CREATE TABLE edit (
  seq INTEGER PRIMARY KEY,
  notebook INTEGER NOT NULL REFERENCES notebook (key) ON DELETE CASCADE,
  rev INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('edit', 'undo', 'redo')),
  state TEXT NOT NULL CHECK (state IN ('done', 'undone', 'dropped', 'log')),
  undone_by INTEGER,
  batch TEXT,
  edit_group TEXT NOT NULL,
  edits TEXT NOT NULL CHECK (json_valid(edits)),
  inverses TEXT NOT NULL CHECK (json_valid(inverses)),
  UNIQUE (notebook, rev)
) STRICT;
CREATE UNIQUE INDEX edit_batch ON edit (notebook, batch) WHERE batch IS NOT NULL;
CREATE INDEX edit_state ON edit (notebook, state, rev);

-- Whole documents (deflated JSON) from which later revisions are replayed.
CREATE TABLE snapshot (
  notebook INTEGER NOT NULL REFERENCES notebook (key) ON DELETE CASCADE,
  rev INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (notebook, rev)
) STRICT;

CREATE TABLE version_name (
  notebook INTEGER NOT NULL REFERENCES notebook (key) ON DELETE CASCADE,
  rev INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (notebook, rev)
) STRICT;

-- The body is a SavedOutput as deflated JSON. Rows of deleted cells stay, since a deletion can be undone.
CREATE TABLE output (
  notebook INTEGER NOT NULL REFERENCES notebook (key) ON DELETE CASCADE,
  cell TEXT NOT NULL,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (notebook, cell)
) STRICT;

CREATE TABLE blob (
  sha256 TEXT PRIMARY KEY,
  mime TEXT NOT NULL,
  size INTEGER NOT NULL,
  at INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL CHECK (json_valid(value))
) STRICT;

-- The store's own marks: whether it was closed in order, when it was last checked and backed up.
CREATE TABLE mark (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;

-- Row 2k is cell k, row 2k + 1 the title of notebook k. \`parts\` holds the words inside camelCase names.
CREATE VIRTUAL TABLE search USING fts5 (
  text, parts,
  content = '', contentless_delete = 1,
  tokenize = "unicode61 remove_diacritics 2 tokenchars '_$'",
  prefix = '2 3'
);
`;
