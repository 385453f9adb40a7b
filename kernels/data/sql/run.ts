import type { Database as Sqlite, Statement } from "sql.js";
import { UserError } from "../../../app/errors.ts";
import { breathe, type Work } from "../../../app/work.ts";
import { type Column, type Table, tableOf } from "../table.ts";
import { addAggregates, type Aggregates, loadSql } from "./library.ts";

/** A value as SQLite has it. */
export type SqlValue = number | string | Uint8Array | null;

/** Rows put in or taken out between two looks at the signal. */
const ROWS_AT_ONCE = 20_000;
const MOST_ROWS = 5_000_000;

/**
 * Runs SQL (SQLite's) over tables, which it sees as copies in memory under the given names, and gives what the last
 * statement with a result gives. `parameters` are bound, never pasted into the text. Numbers stay numbers; booleans
 * are 0 and 1, dates ISO texts, categories texts; missing values are NULL. A column of the result is numeric when all
 * its values are, else it is of categories. Throws `UserError` with SQLite's words for what it refuses. The query
 * itself cannot be interrupted from within: putting tables in and taking rows out can. O(rows) beside the query.
 */
export async function runSql(
  source: string,
  tables: ReadonlyMap<string, Table>,
  parameters: Readonly<Record<string, SqlValue>>,
  work: Work,
): Promise<Table> {
  const { Database } = await loadSql();
  const database = new Database() as Sqlite & Aggregates;
  try {
    addAggregates(database);
    for (const [name, table] of tables) await put(database, name, table, work);
    return await ask(database, source, parameters, work);
  } finally {
    database.close();
  }
}

async function put(database: Sqlite, name: string, table: Table, work: Work): Promise<void> {
  const columns = table.columns.map((column) => `${quoted(column.name)} ${affinity(column)}`);
  try {
    database.run(`CREATE TABLE ${quoted(name)} (${columns.join(", ")})`);
  } catch (cause) {
    throw refused(cause, `The table ${name} cannot be used in SQL`, "");
  }
  const marks = columns.map(() => "?").join(", ");
  const insert = database.prepare(`INSERT INTO ${quoted(name)} VALUES (${marks})`);
  try {
    const cells = table.columns.map(reader);
    database.run("BEGIN");
    for (let row = 0; row < table.n; row++) {
      insert.run(cells.map((read) => read(row)));
      if (row % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) {
        work.progress({ fraction: (0.5 * row) / table.n, message: `Reading ${name}` });
        await breathe(work);
      }
    }
    database.run("COMMIT");
  } finally {
    insert.free();
  }
}

async function ask(
  database: Sqlite,
  source: string,
  parameters: Readonly<Record<string, SqlValue>>,
  work: Work,
): Promise<Table> {
  let result: Table | undefined;
  const statements = database.iterateStatements(source);
  for (;;) {
    const next = attempt(source, () => statements.next());
    if (next.done) break;
    const made = await take(next.value, source, parameters, work);
    result = made ?? result;
  }
  if (result !== undefined) return result;
  throw new UserError({
    code: "sql-no-result",
    message: "The text has no query that gives rows.",
    expected: "a SELECT, e.g. select avg(y) from data group by t",
  });
}

/** The rows of one statement; undefined for one that gives none by its nature. */
async function take(
  statement: Statement,
  source: string,
  parameters: Readonly<Record<string, SqlValue>>,
  work: Work,
): Promise<Table | undefined> {
  attempt(source, () => statement.bind({ ...parameters }));
  const names = uniqueNames(statement.getColumnNames());
  const columns: SqlValue[][] = names.map(() => []);
  let rows = 0;
  while (attempt(source, () => statement.step())) {
    statement.get().forEach((value, i) => columns[i]?.push(value));
    rows++;
    if (rows > MOST_ROWS) throw tooMany();
    if (rows % ROWS_AT_ONCE === 0) {
      work.progress({ message: `${rows} rows` });
      await breathe(work);
    }
  }
  if (names.length === 0) return undefined;
  return {
    kind: "table",
    n: rows,
    columns: names.map((name, i) => columnFrom(name, columns[i] ?? [])),
  };
}

function affinity({ type }: Column): string {
  if (type === "number") return "REAL";
  return type === "integer" || type === "boolean" ? "INTEGER" : "TEXT";
}

function reader(column: Column): (row: number) => SqlValue {
  const { missing } = column;
  const value = valueReader(column);
  return (row) => (missing?.[row] === 1 ? null : value(row));
}

function valueReader(column: Column): (row: number) => SqlValue {
  switch (column.type) {
    case "category":
      return (row) => column.levels[column.codes[row] ?? -1] ?? null;
    case "text":
      return (row) => column.texts[row] ?? null;
    case "date":
      return (row) => isoOf(column.values[row] ?? Number.NaN);
    default:
      return (row) => {
        const value = column.values[row];
        return value === undefined || Number.isNaN(value) ? null : value;
      };
  }
}

function isoOf(time: number): string | null {
  if (Number.isNaN(time)) return null;
  const text = new Date(time).toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
}

function columnFrom(name: string, values: readonly SqlValue[]): Column {
  const missing = Uint8Array.from(values, (value) => (value === null ? 1 : 0));
  const gaps = missing.includes(1) ? { missing } : {};
  if (values.every((value) => value === null || typeof value === "number")) {
    const numbers = Float64Array.from(values, (value) => value ?? Number.NaN);
    const [column] = tableOf({ [name]: numbers }).columns;
    if (column !== undefined) return { ...column, ...gaps };
  }
  const levels = new Map<string, number>();
  const codes = Int32Array.from(values, (value) => {
    if (value === null) return -1;
    const text = value instanceof Uint8Array ? `${value.length} bytes` : String(value);
    let code = levels.get(text);
    if (code === undefined) levels.set(text, (code = levels.size));
    return code;
  });
  return { name, type: "category", codes, levels: [...levels.keys()], ...gaps };
}

/** `x`, `x_2`, …: the columns of a table have names of their own. */
function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set(names);
  const seen = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let k = 2; seen.has(unique) || (unique !== name && taken.has(unique)); k++) {
      unique = `${name}_${k}`;
    }
    seen.add(unique);
    return unique;
  });
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function attempt<T>(source: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw refused(cause, "SQLite refuses this", source);
  }
}

/** SQLite names what it stumbled over; its first place in the text is where the message points. */
function refused(cause: unknown, what: string, source: string): UserError {
  const words = cause instanceof Error ? cause.message : String(cause);
  const culprit = /near "([^"]+)"|no such (?:column|table|function): (?:\w+\.)?([^\s,]+)/.exec(
    words,
  );
  const name = culprit?.[1] ?? culprit?.[2];
  const start = name === undefined ? -1 : source.indexOf(name);
  return new UserError(
    {
      code: "sql",
      message: `${what}: ${words}.`,
      ...(name === undefined ? {} : { value: name }),
      ...(start < 0 ? {} : { place: { start, end: start + (name?.length ?? 0) } }),
    },
    { cause },
  );
}

function tooMany(): UserError {
  return new UserError({
    code: "sql-rows",
    message: "The query gives more than five million rows.",
    expected: "fewer: add a condition or a limit",
  });
}
