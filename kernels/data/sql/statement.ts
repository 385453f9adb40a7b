/** A name in the text of a query that stands for a table of the notebook. */
export interface TableName {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface Token {
  readonly kind: "word" | "name" | "symbol";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|[\p{L}_][\p{L}\p{N}_$]*|\d[\w.]*|\S/gu;

/** Words after which no further table is named, up to the next FROM or JOIN. */
const AFTER = new Set(
  "where group order limit having window union intersect except returning set values on using".split(
    " ",
  ),
);

/**
 * The tables that a query reads and does not make itself: names after FROM and JOIN and the commas that follow, less
 * those of its own `WITH` and `CREATE`, and less functions. Quoted names may hold anything, such as a file's name.
 * Reads tokens, not grammar: what is no SQL gives some list and no error. Linear in the text.
 */
export function tablesOf(source: string): readonly TableName[] {
  const tokens = tokensOf(source);
  const own = ownNames(tokens);
  const found: TableName[] = [];
  // One entry for each open bracket: whether a comma there is followed by a table.
  const listing: boolean[] = [false];
  tokens.forEach((token, i) => {
    const word = token.kind === "word" ? token.text.toLowerCase() : "";
    if (token.text === "(" && token.kind === "symbol") listing.push(false);
    else if (token.text === ")" && token.kind === "symbol") listing.pop();
    else if (word === "from" || word === "join") {
      // not EXTRACT(x FROM y), which SQLite has not; IS DISTINCT FROM compares
      if (word === "from" && tokens[i - 1]?.text.toLowerCase() === "distinct") return;
      listing[listing.length - 1] = word === "from";
      add(tokens, i + 1);
    } else if (token.text === "," && listing.at(-1) === true) add(tokens, i + 1);
    else if (AFTER.has(word)) listing[listing.length - 1] = false;
    if (listing.length === 0) listing.push(false);
  });
  return found;

  function add(all: readonly Token[], at: number): void {
    // (a, b) and ((a join b)) are lists of tables too
    let next = at;
    while (all[next]?.text === "(" && all[next]?.kind === "symbol") next++;
    const token = all[next];
    if (next > at && /^(?:select|with|values)$/i.test(token?.text ?? "")) return;
    if (token === undefined || token.kind === "symbol") return;
    const after = all[next + 1]?.text;
    if (after === "(" || after === "." || own.has(token.text.toLowerCase())) return;
    found.push({ name: token.text, start: token.start, end: token.end });
  }
}

function tokensOf(source: string): readonly Token[] {
  return [...source.matchAll(TOKEN)].flatMap((match): readonly Token[] => {
    const [text] = match;
    if (text.startsWith("--") || text.startsWith("/*") || text.startsWith("'")) return [];
    const place = { start: match.index, end: match.index + text.length };
    if (/^["`[]/.test(text)) {
      return [{ kind: "name", text: text.slice(1, -1).replaceAll('""', '"'), ...place }];
    }
    return [{ kind: /^[\p{L}_]/u.test(text) ? "word" : "symbol", text, ...place }];
  });
}

/** Names that the query defines: `WITH a AS (…), b(x) AS (…)`, `CREATE TABLE c`. Without case, as in SQL. */
function ownNames(tokens: readonly Token[]): ReadonlySet<string> {
  const own = new Set<string>();
  tokens.forEach((token, i) => {
    const word = token.kind === "word" ? token.text.toLowerCase() : "";
    if (word === "as") {
      // name AS ( · name ( columns ) AS ( · name AS [NOT] MATERIALIZED (
      const next = tokens
        .slice(i + 1, i + 4)
        .find(({ text }) => !/^(?:not|materialized)$/i.test(text));
      if (next?.text !== "(") return;
      let before = i - 1;
      if (tokens[before]?.text === ")") {
        while (before > 0 && tokens[before]?.text !== "(") before--;
        before--;
      }
      const name = tokens[before];
      if (name !== undefined && name.kind !== "symbol") own.add(name.text.toLowerCase());
    } else if (word === "table" || word === "view") {
      const name = tokens
        .slice(i + 1, i + 5)
        .find(({ text }) => !/^(?:if|not|exists)$/i.test(text));
      if (name !== undefined && name.kind !== "symbol") own.add(name.text.toLowerCase());
    }
  });
  return own;
}
