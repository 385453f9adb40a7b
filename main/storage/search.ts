import { MAX_HITS, type SearchHit } from "../../app/protocol/store.ts";
import { type Db, rows, run } from "./database.ts";

const WORD = /[\p{L}\p{N}_$]+/gu;

export function indexText(db: Db, id: number, text: string): void {
  run(
    db,
    "INSERT OR REPLACE INTO search (rowid, text, parts) VALUES (?, ?, ?)",
    id,
    text,
    parts(text),
  );
}

export function forgetText(db: Db, id: number): void {
  run(db, "DELETE FROM search WHERE rowid = ?", id);
}

/** The words inside names: `adjustmentSet` gives `adjustment Set`, `HTTP_status2` gives `HTTP status 2`. */
export function parts(text: string): string {
  const found: string[] = [];
  for (const [word] of text.matchAll(WORD)) {
    const inside = splitName(word);
    if (inside.length > 1) found.push(...inside);
  }
  return found.join(" ");
}

function splitName(word: string): readonly string[] {
  return word.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lo}+|\p{N}+/gu) ?? [];
}

/** One condition per word of a search: the word begins so, or the name is made of these words. */
export function searchTerms(text: string): readonly string[] {
  return [...text.matchAll(WORD)].map(([word]) => {
    const inside = splitName(word);
    const whole = `"${word}"*`;
    return inside.length > 1
      ? `(${whole} OR (${inside.map((part, i) => (i + 1 < inside.length ? `"${part}"` : `"${part}"*`)).join(" AND ")}))`
      : whole;
  });
}

/** What a search found in one notebook: nothing but its title, perhaps. */
export interface Hits {
  readonly hits: readonly SearchHit[];
  readonly hitCount: number;
}

/** Notebooks (by key) that hold every word of `text` somewhere, with the cells that hold any of them. */
export function searchNotebooks(db: Db, text: string): ReadonlyMap<number, Hits> {
  const terms = searchTerms(text);
  let keys: Set<number> | undefined;
  for (const term of terms) {
    const found = new Set<number>();
    for (const hit of rows<{ rowid: number; notebook: number | null }>(
      db,
      `SELECT search.rowid AS rowid,
         CASE WHEN search.rowid % 2 = 1 THEN search.rowid / 2 ELSE cell.notebook END AS notebook
       FROM search LEFT JOIN cell ON search.rowid % 2 = 0 AND cell.key = search.rowid / 2
       WHERE search MATCH ?`,
      term,
    )) {
      if (hit.notebook !== null) found.add(hit.notebook);
    }
    keys = keys === undefined ? found : new Set([...keys].filter((key) => found.has(key)));
  }
  const words = [...text.matchAll(WORD)].map(([word]) => word);
  return new Map([...(keys ?? [])].map((key) => [key, findHits(db, key, terms, words)]));
}

interface HitRow {
  readonly id: string;
  readonly kind: string;
  readonly name: string | null;
  readonly source: string;
  readonly escaped: number;
}

/** Cells with all words come first, then by rank. */
function findHits(
  db: Db,
  notebook: number,
  terms: readonly string[],
  words: readonly string[],
): Hits {
  const found = (match: string): HitRow[] =>
    rows<HitRow>(
      db,
      `SELECT cell.id, cell.kind, cell.name, cell.source, cell.escaped
       FROM search JOIN cell ON cell.key = search.rowid / 2
       WHERE search.rowid % 2 = 0 AND search MATCH ? AND cell.notebook = ? ORDER BY search.rank, cell.key`,
      match,
      notebook,
    );
  const whole = found(terms.join(" AND "));
  const there = new Set(whole.map(({ id }) => id));
  const all =
    terms.length === 1
      ? whole
      : [...whole, ...found(terms.join(" OR ")).filter(({ id }) => !there.has(id))];
  const hits = all.slice(0, MAX_HITS).map((hit): SearchHit => {
    const source = hit.escaped === 1 ? (JSON.parse(hit.source) as string) : hit.source;
    const at = firstOf(source, words);
    return {
      cell: hit.id,
      kind: hit.kind,
      ...(hit.name === null ? {} : { name: hit.name }),
      snippet: passage(source, at),
      at: Math.max(0, at),
    };
  });
  return { hits, hitCount: all.length };
}

/** Where the first of the words (or of the words inside them) begins; -1 if none is there. */
export function firstOf(text: string, words: readonly string[]): number {
  const plain = fold(text);
  for (const word of words) {
    for (const part of [word, ...splitName(word)]) {
      const at = plain.indexOf(fold(part));
      if (at >= 0) return at;
    }
  }
  return -1;
}

/** At most about 160 characters around a place, on one line. */
export function passage(text: string, at: number): string {
  const from = Math.max(0, at - 60);
  const cut = text
    .slice(from, from + 160)
    .replace(/\s+/g, " ")
    .trim();
  return `${from > 0 ? "…" : ""}${cut}${from + 160 < text.length ? "…" : ""}`;
}

/** Lower case without accents, keeping the length where it can. */
function fold(text: string): string {
  return Array.from(text)
    .map((char) => {
      const plain = char.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
      return plain.length === char.length ? plain : char;
    })
    .join("");
}
