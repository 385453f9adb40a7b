import { applyAttribute, createDraft, finish, join, touch } from "./draft.ts";
import type { Draft } from "./draft.ts";
import type { Graph } from "./graph.ts";
import { readName, skipBlanks, syntaxError } from "./scanner.ts";
import type { Scanner } from "./scanner.ts";

/**
 * Reads the two brace syntaxes with one grammar: dagitty (`dag { x [exposure,pos="0,1"] x -> y <-> z }`, also
 * `pdag`, `mag`, `pag`, with `@->` for circle marks) and a subset of DOT (`digraph`, `graph`, `strict`,
 * subgraphs, `dir=both|back|none`). A node's label, colour and other drawing attributes are read over.
 * Throws `UserError` with line and column.
 */
export function parseBraces(text: string): Graph {
  const draft = createDraft(text);
  const scan: Scanner = { text, at: 0 };
  skipBlanks(scan, true);
  let word = readName(scan);
  if (word?.name.toLowerCase() === "strict") {
    skipBlanks(scan, true);
    word = readName(scan);
  }
  const types = {
    pdag: "cpdag",
    cpdag: "cpdag",
    mag: "mag",
    pag: "pag",
    dag: "admg",
    admg: "admg",
  } as const;
  const head = word?.name.toLowerCase();
  if (head !== undefined && head in types) draft.type = types[head as keyof typeof types];
  skipBlanks(scan, true);
  if (scan.text[scan.at] !== "{") readName(scan); // the graph's own name
  skipBlanks(scan, true);
  if (scan.text[scan.at] !== "{") throw unexpected(scan, "{");
  readBlock(scan, draft, 0);
  skipBlanks(scan, true);
  if (scan.at < text.length) throw unexpected(scan, "the end of the text after }");
  return finish(draft);
}

const deepest = 50;

/** Reads `{ … }` and returns the nodes it names, for edges between groups. */
function readBlock(scan: Scanner, draft: Draft, depth: number): string[] {
  const open = scan.at++;
  if (depth > deepest) {
    throw syntaxError(
      scan.text,
      open,
      open + 1,
      "Groups are nested too deeply.",
      "at most 50 levels",
    );
  }
  const names = new Set<string>();
  for (;;) {
    skipSeparators(scan);
    if (scan.text[scan.at] === "}") {
      scan.at++;
      return [...names];
    }
    if (scan.at >= scan.text.length) {
      throw syntaxError(scan.text, open, open + 1, "This brace is not closed.", "}");
    }
    for (const name of readStatement(scan, draft, depth)) names.add(name);
  }
}

function skipSeparators(scan: Scanner): void {
  for (;;) {
    skipBlanks(scan, true);
    if (!/[;,]/.test(scan.text[scan.at] ?? "")) return;
    scan.at++;
  }
}

function readStatement(scan: Scanner, draft: Draft, depth: number): string[] {
  const first = scan.at;
  const begin = readOperand(scan, draft, depth);
  skipBlanks(scan, true);
  const word = begin.word?.toLowerCase();
  if (scan.text[scan.at] === "=" && begin.word !== undefined) {
    scan.at++;
    skipBlanks(scan, true);
    if (readValue(scan) === undefined) throw unexpected(scan, "a value after =");
    forget(draft, begin.fresh);
    return [];
  }
  if ((word === "node" || word === "edge" || word === "graph") && scan.text[scan.at] === "[") {
    readAttributes(scan);
    forget(draft, begin.fresh);
    return [];
  }
  const all = [...begin.names];
  const pending: { left: string[]; arrow: string; right: string[]; start: number; end: number }[] =
    [];
  let left = begin.names;
  for (let start = first; ;) {
    skipBlanks(scan, true);
    const arrow = readArrow(scan);
    if (arrow === undefined) break;
    skipBlanks(scan, true);
    const next = scan.at;
    const { names: right } = readOperand(scan, draft, depth);
    pending.push({ left, arrow, right, start, end: scan.at });
    all.push(...right);
    left = right;
    start = next;
  }
  const attributes = scan.text[scan.at] === "[" ? readAttributes(scan) : [];
  if (pending.length === 0) {
    for (const name of begin.names) {
      for (const { key, value } of attributes) applyAttribute(draft, name, key, value);
    }
    return all;
  }
  const direction = attributes.find(({ key }) => key.toLowerCase() === "dir")?.value;
  for (const { left, arrow, right, start, end } of pending) {
    const mark = direction === undefined ? arrow : (byDirection[direction] ?? arrow);
    for (const a of left) for (const b of right) join(draft, a, mark, b, start, end);
  }
  return all;
}

const byDirection: Readonly<Record<string, string>> = {
  both: "<->",
  back: "<-",
  none: "--",
  forward: "->",
};

interface Operand {
  readonly names: string[];
  /** Set when the operand is one plain word, which might turn out to be a setting's key. */
  readonly word?: string;
  readonly fresh?: string;
}

function readOperand(scan: Scanner, draft: Draft, depth: number): Operand {
  if (scan.text[scan.at] === "{") return { names: readBlock(scan, draft, depth + 1) };
  const quoted = scan.text[scan.at] === '"';
  const read = readName(scan);
  if (read === undefined) throw unexpected(scan, 'a name (in "quotes" if it has blanks or signs)');
  if (!quoted && read.name.toLowerCase() === "subgraph") {
    skipBlanks(scan, true);
    if (scan.text[scan.at] !== "{") readName(scan);
    skipBlanks(scan, true);
    if (scan.text[scan.at] === "{") return { names: readBlock(scan, draft, depth + 1) };
    throw unexpected(scan, "{ after subgraph");
  }
  const known = draft.nodes.has(read.name);
  touch(draft, read.name);
  return {
    names: [read.name],
    ...(quoted ? {} : { word: read.name }),
    ...(known ? {} : { fresh: read.name }),
  };
}

function forget(draft: Draft, fresh: string | undefined): void {
  if (fresh !== undefined) draft.nodes.delete(fresh);
}

const arrows = /<->|<-@|@->|@-@|@--|--@|<-|->|--/y;

function readArrow(scan: Scanner): string | undefined {
  arrows.lastIndex = scan.at;
  const match = arrows.exec(scan.text);
  if (match === null) return undefined;
  scan.at = arrows.lastIndex;
  return match[0].replaceAll("@", "o");
}

interface Attribute {
  readonly key: string;
  readonly value?: string;
}

function readAttributes(scan: Scanner): Attribute[] {
  const open = scan.at++;
  const found: Attribute[] = [];
  for (;;) {
    skipSeparators(scan);
    if (scan.text[scan.at] === "]") {
      scan.at++;
      return found;
    }
    const key = readName(scan);
    if (key === undefined) {
      if (scan.at >= scan.text.length) {
        throw syntaxError(scan.text, open, open + 1, "This bracket is not closed.", "]");
      }
      throw unexpected(scan, "an attribute such as latent, exposure, outcome or pos");
    }
    skipBlanks(scan, true);
    if (scan.text[scan.at] !== "=") {
      found.push({ key: key.name });
      continue;
    }
    scan.at++;
    skipBlanks(scan, true);
    const value = readValue(scan);
    if (value === undefined) throw unexpected(scan, "a value after =");
    found.push({ key: key.name, value });
  }
}

const plainValue = /[-+\p{L}\p{N}_.#%]+/uy;

/** A value may be a signed number, which a node's bare name may not. */
function readValue(scan: Scanner): string | undefined {
  if (scan.text[scan.at] === '"') {
    const start = scan.at;
    const end = /"(?:[^"\\]|\\[\s\S])*"/y;
    end.lastIndex = start;
    const match = end.exec(scan.text);
    if (match === null) {
      throw syntaxError(scan.text, start, start + 1, "This quote is not closed.", 'a closing "');
    }
    scan.at = end.lastIndex;
    return match[0].slice(1, -1).replace(/\\([\s\S])/g, "$1");
  }
  plainValue.lastIndex = scan.at;
  const match = plainValue.exec(scan.text);
  if (match === null) return undefined;
  scan.at = plainValue.lastIndex;
  return match[0];
}

function unexpected(scan: Scanner, expected: string): Error {
  const { text, at } = scan;
  const found =
    at >= text.length
      ? "The text ends"
      : `"${String.fromCodePoint(text.codePointAt(at) ?? 63)}" stands`;
  return syntaxError(
    text,
    at,
    Math.min(at + 1, text.length),
    `${found} where something else was expected.`,
    expected,
  );
}
