import { createDraft, describe, finish, join, touch } from "./draft.ts";
import type { Graph } from "./graph.ts";
import { placeAt, syntaxError } from "./scanner.ts";
import { UserError } from "../../app/errors.ts";

type Value =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly entries: readonly Entry[] };
interface Entry {
  readonly key: string;
  readonly value: Value;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads GML (Himsolt 1997): `graph [ node [ id 0 label "x" ] edge [ source 0 target 1 ] ]`. Node names are the
 * labels, or the ids where there is none; `observed "no"` or `latent 1` marks an unmeasured node; an edge's
 * `mark "<->"` or, when the graph is not directed, `--`. Throws `UserError` with line and column.
 */
export function parseGml(text: string): Graph {
  const entries = readEntries(text);
  const graph = entries.find((entry) => entry.key === "graph");
  if (graph === undefined || graph.value.kind !== "list") {
    throw syntaxError(
      text,
      0,
      Math.min(5, text.length),
      "There is no graph [ … ] here.",
      "graph [ … ]",
    );
  }
  const draft = createDraft(text);
  const top = graph.value.entries;
  const type = textOf(top, "type");
  if (type === "admg" || type === "cpdag" || type === "mag" || type === "pag") draft.type = type;
  const plain = textOf(top, "directed") === "0" ? "--" : "->";
  const names = new Map<string, string>();
  for (const entry of top) {
    if (entry.key !== "node" || entry.value.kind !== "list") continue;
    const id = textOf(entry.value.entries, "id");
    const name = textOf(entry.value.entries, "label") ?? id;
    if (id === undefined || name === undefined || name.trim() === "" || names.has(id)) {
      throw syntaxError(
        text,
        entry.start,
        entry.end,
        "A node needs an id of its own, and a label if any that is not empty.",
        'node [ id 0 label "x" ]',
      );
    }
    if (draft.nodes.has(name)) throw duplicate(text, entry, name);
    names.set(id, name);
    touch(draft, name);
    const latent = textOf(entry.value.entries, "latent");
    const observed = textOf(entry.value.entries, "observed");
    if ((latent ?? "0") !== "0" || /^(no|0|false)$/i.test(observed ?? "yes"))
      describe(draft, name, { latent: true });
    const graphics = entry.value.entries.find((part) => part.key === "graphics")?.value;
    if (graphics?.kind === "list") {
      const x = Number(textOf(graphics.entries, "x"));
      const y = Number(textOf(graphics.entries, "y"));
      if (Number.isFinite(x) && Number.isFinite(y)) describe(draft, name, { x, y });
    }
    const role = textOf(entry.value.entries, "role");
    if (role === "treatment" || role === "outcome" || role === "adjusted" || role === "selected") {
      describe(draft, name, { role });
    }
  }
  for (const entry of top) {
    if (entry.key !== "edge" || entry.value.kind !== "list") continue;
    const from = names.get(textOf(entry.value.entries, "source") ?? "");
    const to = names.get(textOf(entry.value.entries, "target") ?? "");
    const mark = textOf(entry.value.entries, "mark") ?? plain;
    if (
      from === undefined ||
      to === undefined ||
      !/^(->|<-|<->|--|o->|<-o|o-o|o--|--o)$/.test(mark)
    ) {
      throw syntaxError(
        text,
        entry.start,
        entry.end,
        "An edge needs the ids of two nodes.",
        "edge [ source 0 target 1 ]",
      );
    }
    join(draft, from, mark, to, entry.start, entry.end);
  }
  return finish(draft);
}

function textOf(entries: readonly Entry[], key: string): string | undefined {
  const value = entries.find((entry) => entry.key === key)?.value;
  return value?.kind === "text" ? value.text : undefined;
}

const token = /\s+|#[^\n]*|([A-Za-z][A-Za-z0-9_]*)|([-+]?[0-9][-+0-9.eE]*)|"([^"]*)"|(\[)|(\])/y;

function readEntries(text: string): Entry[] {
  const root: Entry[] = [];
  const open: { key: string; start: number; into: Entry[]; outer: Entry[] }[] = [];
  let into = root;
  let key: { text: string; start: number } | undefined;
  for (let at = 0; at < text.length;) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null)
      throw syntaxError(
        text,
        at,
        at + 1,
        "This is not GML.",
        "a key, a number, a text or a bracket",
      );
    const start = at;
    at = token.lastIndex;
    const [, word, number, quoted, left, right] = match;
    if (left !== undefined) {
      if (key === undefined)
        throw syntaxError(text, start, at, "A list needs a key before it.", "a key");
      const entries: Entry[] = [];
      open.push({ key: key.text, start: key.start, into: entries, outer: into });
      into = entries;
      key = undefined;
    } else if (right !== undefined) {
      const frame = open.pop();
      if (frame === undefined || key !== undefined) {
        throw syntaxError(text, start, at, "This bracket closes nothing.", "a value or a key");
      }
      into = frame.outer;
      into.push({
        key: frame.key,
        value: { kind: "list", entries: frame.into },
        start: frame.start,
        end: at,
      });
    } else if (key !== undefined && (number ?? quoted ?? word) !== undefined) {
      const value = quoted === undefined ? (number ?? word ?? "") : unescapeGml(quoted);
      into.push({ key: key.text, value: { kind: "text", text: value }, start: key.start, end: at });
      key = undefined;
    } else if (word !== undefined) key = { text: word, start };
    else if (number !== undefined || quoted !== undefined) {
      throw syntaxError(text, start, at, "A value needs a key before it.", "a key");
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) {
    throw syntaxError(
      text,
      unclosed.start,
      unclosed.start + unclosed.key.length,
      "This list is not closed.",
      "]",
    );
  }
  return root;
}

const unescapeGml = (text: string): string =>
  text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");

function duplicate(text: string, entry: Entry, name: string): UserError {
  return new UserError({
    code: "graph-duplicate-node",
    message: `The node "${name}" is listed twice.`,
    value: name,
    expected: "each label once",
    place: placeAt(text, entry.start, entry.end),
  });
}
