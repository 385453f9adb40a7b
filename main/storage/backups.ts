import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { type Db, openDatabase } from "./database.ts";

export interface Backup {
  readonly path: string;
  readonly at: number;
  readonly reason: string;
}

const NAME = /^library-(\d{8})-(\d{6})(\d{3})-([a-z0-9-]+)\.db$/;

/** How many backups are kept of the last day, of days and of weeks. */
export const RETENTION = { recent: 3, days: 7, weeks: 4 } as const;

export function backupFolder(folder: string): string {
  return path.join(folder, "backups");
}

/** Newest first. */
export function listBackups(folder: string): readonly Backup[] {
  const at = backupFolder(folder);
  if (!existsSync(at)) return [];
  return readdirSync(at)
    .flatMap((name) => {
      const match = NAME.exec(name);
      if (match === null) return [];
      const [, day = "", time = "", ms = "", reason = ""] = match;
      return [{ path: path.join(at, name), at: parseStamp(day, time, ms), reason }];
    })
    .sort((a, b) => b.at - a.at);
}

/** A copy made while the library stays in use; takes over what is written to it meanwhile. */
export async function backUp(db: Db, folder: string, reason: string, now: number): Promise<string> {
  const file = prepare(folder, reason, now);
  await db.backup(`${file}.part`);
  return finish(file);
}

/** The same at one stroke, for the moments in which nothing else may happen. */
export function backUpNow(db: Db, folder: string, reason: string, now: number): string {
  const file = prepare(folder, reason, now);
  db.prepare("VACUUM INTO ?").run(`${file}.part`);
  return finish(file);
}

function prepare(folder: string, reason: string, now: number): string {
  mkdirSync(backupFolder(folder), { recursive: true });
  const words = reason
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const name = `library-${stamp(now)}-${words || "manual"}.db`;
  const file = path.join(backupFolder(folder), name);
  rmSync(`${file}.part`, { force: true });
  return file;
}

function finish(file: string): string {
  // Without WAL, so that the copy is one file that can be read where nothing may be written.
  const copy = new Database(`${file}.part`);
  try {
    copy.pragma("journal_mode = DELETE");
  } finally {
    copy.close();
  }
  if (!isSound(`${file}.part`)) {
    throw new Error(`The backup ${path.basename(file)} does not pass its check.`);
  }
  renameSync(`${file}.part`, file);
  return file;
}

/** Whether a database file can be opened and is whole. */
export function isSound(file: string): boolean {
  let db: Db | undefined;
  try {
    db = openDatabase(file, { readOnly: true });
    return db.pragma("quick_check(1)", { simple: true }) === "ok";
  } catch (error) {
    if (error instanceof Database.SqliteError) return false;
    throw error;
  } finally {
    db?.close();
  }
}

/**
 * Which backups to drop: kept are the three newest of the last day, the newest of each of seven days and of
 * each of four weeks, and all made before a migration.
 */
export function outdated(backups: readonly Backup[], now: number): readonly Backup[] {
  const kept = new Set<Backup>(backups.filter(({ reason }) => reason.startsWith("before-")));
  const regular = backups.filter((backup) => !kept.has(backup));
  const day = (at: number): number => Math.floor(at / 86_400_000);
  regular
    .filter(({ at }) => day(at) === day(now))
    .slice(0, RETENTION.recent)
    .forEach((backup) => kept.add(backup));
  keepNewestOf(regular, day, RETENTION.days, kept);
  keepNewestOf(regular, (at) => Math.floor((day(at) + 3) / 7), RETENTION.weeks, kept);
  return backups.filter((backup) => !kept.has(backup));
}

function keepNewestOf(
  backups: readonly Backup[],
  period: (at: number) => number,
  count: number,
  kept: Set<Backup>,
): void {
  const seen = new Set<number>();
  for (const backup of backups) {
    const key = period(backup.at);
    if (seen.has(key)) continue;
    if (seen.size === count) return;
    seen.add(key);
    kept.add(backup);
  }
}

/** Drops outdated backups, only once the newest one has been read back whole. */
export function pruneBackups(folder: string, now: number): readonly string[] {
  const backups = listBackups(folder);
  const newest = backups[0];
  if (newest === undefined || !isSound(newest.path)) return [];
  return outdated(backups, now).map((backup) => {
    rmSync(backup.path);
    return backup.path;
  });
}

/** `20260131-235959999`, in UTC. */
export function stamp(at: number): string {
  const [day = "", time = ""] = new Date(at).toISOString().split("T");
  return `${day.replaceAll("-", "")}-${time.replace(/[:.Z]/g, "")}`;
}

function parseStamp(day: string, time: string, ms: string): number {
  return Date.UTC(
    Number(day.slice(0, 4)),
    Number(day.slice(4, 6)) - 1,
    Number(day.slice(6, 8)),
    Number(time.slice(0, 2)),
    Number(time.slice(2, 4)),
    Number(time.slice(4, 6)),
    Number(ms),
  );
}
