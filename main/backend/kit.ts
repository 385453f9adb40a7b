import { type DefaultTreeAdapterTypes, html, parse } from "parse5";
import { UserError } from "../../app/errors.ts";
import type { Cell, Notebook } from "../../app/notebook/document.ts";
import { formatCell, formatNotebook, parseNotebook } from "../../app/notebook/format.ts";
import type { Imported } from "./imported.ts";

// Observable Notebook Kit's file: `<notebook>` with one script element a cell, whose type is its mode. What Kit has
// no place for goes into a first line of each cell, a comment in its own language: attributes that Kit does not know
// are dropped when it saves. Kinds that only Dagbok runs become comments, so that Kit shows them and runs nothing.

type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.ChildNode;

/** Kit's type of cells for ours; all others travel as comments in TypeScript. */
const types: Readonly<Record<string, string>> = {
  ts: "text/x-typescript",
  markdown: "text/markdown",
  html: "text/html",
  sql: "application/sql",
};

/** Our kinds for Kit's types. Those of other languages are kept and do not run. */
const kinds: Readonly<Record<string, string>> = {
  "text/x-typescript": "ts",
  module: "ts",
  "text/markdown": "markdown",
  "text/html": "html",
  "application/sql": "sql",
  "application/x-tex": "tex",
  "text/vnd.graphviz": "dot",
  "application/vnd.node.javascript": "node",
  "text/x-python": "python",
  "text/x-r": "r",
  "application/vnd.observable.javascript": "ojs",
};

export function exportKit(notebook: Notebook): string {
  const cells = notebook.cells.map((cell, i) => writeScript(i + 1, cell));
  const [header = ""] = formatNotebook(notebook).split("\n", 1);
  const closing = formatNotebook({ ...notebook, cells: [] })
    .split("\n")
    .slice(1)
    .join("\n")
    .trim();
  const last = script(
    notebook.cells.length + 1,
    "text/x-typescript",
    `${header}\n${closing}`,
    false,
  );
  return `<!doctype html>\n<notebook theme="air">\n  <title>${escapeText(notebook.title)}</title>\n${[...cells, last].join("\n")}\n</notebook>\n`;
}

function writeScript(id: number, cell: Cell): string {
  const [marker = "", ...body] = formatCell(cell);
  const type = types[cell.kind];
  const inComments = type === undefined;
  const text = inComments || cell.kind === "ts" ? body.join("\n") : cell.source;
  const value = body.length === 0 ? wrap(cell.kind, marker) : `${wrap(cell.kind, marker)}\n${text}`;
  return script(id, type ?? "text/x-typescript", value, !cell.flags.codeHidden);
}

/** The marker line as a comment of the cell's own language. */
function wrap(kind: string, marker: string): string {
  if (kind === "markdown" || kind === "html") return `<!-- ${escapeComment(marker.slice(3))} -->`;
  return kind === "sql" ? `-- ${marker.slice(3)}` : marker;
}

const HTML_MARKER = /^<!-- (%%.*) -->$/;
const SQL_MARKER = /^-- (%%.*)$/;

// `--` ends no comment early in HTML, but `-->` does.
const escapeComment = (text: string): string => text.replaceAll("-->", "--\\u003e");
const unescapeComment = (text: string): string => text.replaceAll("--\\u003e", "-->");

function script(id: number, type: string, value: string, pinned: boolean): string {
  const lines = value.replaceAll(/<(?=\\*\/script(?:\s|>))/gi, "<\\").split("\n");
  const text = lines.map((line) => (line === "" ? "" : `    ${line}`)).join("\n");
  return `  <script id="${id}" type="${type}"${pinned ? ' pinned=""' : ""}>\n${text}\n  </script>`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

export function isKit(text: string): boolean {
  return /<notebook[\s>]/i.test(text);
}

/** Reads a Notebook Kit file, ours or another's; scripts are read as text and never run. */
export function importKit(text: string, fileName: string): Imported {
  const root = find(parse(text).childNodes, (element) => element.tagName === "notebook")[0];
  if (root === undefined) throw notKit();
  const scripts = find(root.childNodes, (element) => element.tagName === "script");
  const title = find(root.childNodes, (element) => element.tagName === "title")[0];
  let closing = "";
  const chunks = scripts.map(readScript).filter((chunk) => {
    if (!chunk.startsWith("// dagbok notebook")) return true;
    closing = chunk;
    return false;
  });
  const [header, ...rest] = closing.split("\n");
  const notebook = parseNotebook(
    [...(closing === "" ? [] : [header]), ...chunks, ...rest].join("\n\n").concat("\n"),
  );
  const named = title === undefined ? "" : textOf(title).trim();
  return {
    notebook: {
      ...notebook,
      title: named === "" ? titleOf(fileName) : named.replaceAll(/\s+/g, " ").slice(0, 500),
    },
    outputs: [],
    files: [],
  };
}

/** One cell as a passage of our own format. */
function readScript(element: Element): string {
  const value = dedent(textOf(element)).replaceAll(/<\\(?=\\*\/script(?:\s|>))/gi, "<");
  const [first = "", ...body] = value.split("\n");
  const type = attribute(element, "type") ?? "module";
  if (/^\/\/ (?:%%|dagbok notebook)/.test(first)) return value;
  const kind = Object.hasOwn(kinds, type) ? (kinds[type] ?? "ts") : "ts";
  const marked = HTML_MARKER.exec(first) ?? SQL_MARKER.exec(first);
  if (marked !== null) {
    return passage(
      `// ${unescapeComment(marked[1] ?? "")}`,
      kind,
      body.join("\n"),
      body.length > 0,
    );
  }
  const output = attribute(element, "output");
  const flags = [
    ...(output === null ? [] : [`name=${JSON.stringify(output)}`]),
    ...(attribute(element, "pinned") === null && kind === "ts" ? ["codeHidden=true"] : []),
  ];
  return passage(
    ["// %%", kind === "ts" ? "" : `[${kind}]`, ...flags].join(" "),
    kind,
    value,
    true,
  );
}

function passage(marker: string, kind: string, source: string, hasBody: boolean): string {
  if (!hasBody) return marker;
  const [, ...lines] = formatCell({
    id: "none",
    kind,
    source,
    flags: { disabled: false, lazy: false, pinned: false, codeHidden: false, locked: false },
    inputs: {},
    meta: {},
  });
  return [marker, ...lines].join("\n");
}

/** Takes off what Kit puts around a cell: a line before and after, and four blanks. */
function dedent(text: string): string {
  const lines = text.split(/\r\n?|\n/);
  if (lines.at(-1)?.trim() === "") lines.pop();
  if (lines[0]?.trim() === "") lines.shift();
  return lines.map((line) => line.replace(/^ {4}/, "")).join("\n");
}

function find(nodes: readonly Node[], wanted: (element: Element) => boolean): readonly Element[] {
  const found: Element[] = [];
  const todo: Node[] = [...nodes].reverse();
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (!("tagName" in node)) continue;
    if (wanted(node)) found.push(node);
    todo.push(...[...node.childNodes].reverse());
  }
  return found;
}

function textOf(element: Element): string {
  return element.childNodes.map((node) => ("value" in node ? node.value : "")).join("");
}

function attribute(element: Element, name: string): string | null {
  if (element.namespaceURI !== html.NS.HTML) return null;
  return element.attrs.find((each) => each.name === name)?.value ?? null;
}

function titleOf(fileName: string): string {
  return fileName.replace(/(?:\.kit)?\.html?$/i, "") || "Untitled";
}

function notKit(): UserError {
  return new UserError({
    code: "kit-no-notebook",
    message: "This page holds no notebook.",
    expected: "an HTML file that Dagbok or Observable Notebook Kit has written",
  });
}
