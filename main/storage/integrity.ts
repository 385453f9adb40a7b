import { canonicalJson, toJson } from "../../app/notebook/json.ts";
import { type Db, row, rows } from "./database.ts";
import { replay } from "./log.ts";
import { type NotebookRow, readNotebook } from "./notebooks.ts";

/** Every way in which the library contradicts itself, in words. */
export function checkIntegrity(db: Db): readonly string[] {
  const problems: string[] = [];
  for (const { integrity_check: found } of db.pragma("integrity_check") as {
    integrity_check: string;
  }[]) {
    if (found !== "ok") problems.push(`SQLite: ${found}`);
  }
  if ((db.pragma("foreign_key_check") as unknown[]).length > 0) {
    problems.push("A row refers to a notebook that is not there.");
  }
  for (const notebook of rows<NotebookRow>(db, "SELECT * FROM notebook")) {
    const wrong = checkNotebook(db, notebook);
    if (wrong !== undefined) problems.push(`Notebook ${notebook.id}: ${wrong}`);
  }
  const count = (text: string): number => (row<{ n: number }>(db, text) as { n: number }).n;
  const indexed = count("SELECT count(*) AS n FROM search");
  const texts =
    count("SELECT count(*) AS n FROM cell") + count("SELECT count(*) AS n FROM notebook");
  if (indexed !== texts) problems.push(`${indexed} texts are indexed, ${texts} are there.`);
  return problems;
}

/** The two truths, state and log, must be one. */
function checkNotebook(db: Db, found: NotebookRow): string | undefined {
  const { entries, first, last } = row(
    db,
    "SELECT count(*) AS entries, min(rev) AS first, max(rev) AS last FROM edit WHERE notebook = ?",
    found.key,
  ) as { entries: number; first: number | null; last: number | null };
  if (first !== null && last !== null && (last !== found.rev || entries !== last - first + 1)) {
    return `its log has ${entries} entries from ${first} to ${last} for revision ${found.rev}.`;
  }
  const state = canonicalJson(toJson(readNotebook(db, found)));
  for (const fromStart of [true, false]) {
    const replayed = replay(db, found.key, found.rev, fromStart);
    if (replayed === undefined) return "its log cannot be replayed.";
    if (canonicalJson(toJson(replayed)) !== state) return "its log does not lead to its state.";
  }
  return undefined;
}
