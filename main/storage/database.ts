import Database from "better-sqlite3";

export type Db = Database.Database;

/** "Dagb", so that the file can be told from any other SQLite database. */
export const APPLICATION_ID = 0x44616762;

export interface DatabaseOptions {
  readonly readOnly?: boolean;
  /** How long a statement waits for another process's lock, in ms. */
  readonly timeout?: number;
}

/** Opens a database with every setting that durability and safety rest on, each read back. */
export function openDatabase(file: string, options: DatabaseOptions = {}): Db {
  const readOnly = options.readOnly ?? false;
  const db = new Database(file, { readonly: readOnly, timeout: options.timeout ?? 5000 });
  try {
    set(db, "trusted_schema", 0);
    set(db, "cell_size_check", 1);
    set(db, "mmap_size", 0);
    set(db, "foreign_keys", 1);
    // 6 MB: the operating system caches the file anyway.
    set(db, "cache_size", -6000);
    // better-sqlite3 is built to run WAL with synchronous=NORMAL, which loses acknowledged commits when the
    // power fails; said explicitly it stays FULL.
    set(db, "synchronous", 2);
    if (!readOnly) {
      set(db, "journal_mode", "wal");
      set(db, "checkpoint_fullfsync", 1);
      set(db, "wal_autocheckpoint", 1000);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Throws if the database does not run as durably as promised; to be asked after the first write. */
export function assertDurable(db: Db): void {
  const journal = db.pragma("journal_mode", { simple: true });
  const synchronous = db.pragma("synchronous", { simple: true });
  if (journal !== "wal" || synchronous !== 2) {
    throw new Error(
      `The database runs with journal_mode=${String(journal)}, synchronous=${String(synchronous)}.`,
    );
  }
}

const statements = new WeakMap<Db, Map<string, Database.Statement>>();

/** A prepared statement, made once per database and text. */
export function sql(db: Db, text: string): Database.Statement {
  let known = statements.get(db);
  if (known === undefined) statements.set(db, (known = new Map()));
  let statement = known.get(text);
  if (statement === undefined) known.set(text, (statement = db.prepare(text)));
  return statement;
}

/** One row of a query, with the columns its text names. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the columns
export function row<T>(db: Db, text: string, ...values: readonly unknown[]): T | undefined {
  return sql(db, text).get(...values) as T | undefined;
}

export function rows<T>(db: Db, text: string, ...values: readonly unknown[]): T[] {
  return sql(db, text).all(...values) as T[];
}

export function run(db: Db, text: string, ...values: readonly unknown[]): number {
  return sql(db, text).run(...values).changes;
}

/** `work` in one transaction that takes the write lock at its beginning; undone if it throws. */
export function inTransaction<T>(db: Db, work: () => T): T {
  return db.transaction(work).immediate();
}

function set(db: Db, name: string, value: string | number): void {
  db.pragma(`${name} = ${value}`);
  const seen = db.pragma(name, { simple: true });
  // mmap_size answers nothing where the file system has no memory mapping.
  if (seen !== value && seen !== undefined) {
    throw new Error(`SQLite did not take ${name} = ${value}; it says ${JSON.stringify(seen)}.`);
  }
}
