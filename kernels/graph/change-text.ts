import { UserError } from "../../app/errors.ts";
import { changeGraph, reversed } from "./change.ts";
import type { GraphChange } from "./change.ts";
import { formatGraph } from "./format.ts";
import { createGraph, edgeKey } from "./graph.ts";
import type { Edge, Graph } from "./graph.ts";
import { detectSyntax, parseGraph } from "./parse.ts";
import type { GraphSyntax } from "./parse.ts";
import { quoteName, readName } from "./scanner.ts";
import { shortFormSpans } from "./short-form.ts";

/**
 * A graph's text after a change, in the syntax it was written in. Only the statement concerned is rewritten where that
 * says the changed graph (which is checked by reading it back): order, comments and line breaks stay the author's.
 * Otherwise the whole text is written anew. Throws `UserError` as `parseGraph` and `changeGraph` do. O(length²).
 */
export function changeGraphText(text: string, change: GraphChange): string {
  if (text.trim() === "") return formatGraph(changeGraph(createGraph({}), change), "short");
  const syntax = detectSyntax(text);
  const wanted = changeGraph(parseGraph(text, syntax), change);
  for (const candidate of candidates(text, syntax, change)) {
    if (says(candidate, wanted)) return candidate;
  }
  const anew = formatGraph(wanted, syntax);
  return says(anew, wanted) ? anew : formatGraph(wanted, "short");
}

function says(text: string, wanted: Graph): boolean {
  try {
    return keyOf(parseGraph(text)) === keyOf(wanted);
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** What a graph says, whatever the order in which it says it. */
function keyOf(graph: Graph): string {
  const nodes = graph.nodes.map(({ name, latent, role, x, y }) =>
    JSON.stringify([name, latent, role, x, y]),
  );
  return JSON.stringify([graph.type, nodes.sort(), graph.edges.map(edgeKey).sort()]);
}

function* candidates(
  text: string,
  syntax: GraphSyntax,
  change: GraphChange,
): Generator<string, void, undefined> {
  switch (change.kind) {
    case "add-edge": {
      const edge = { from: change.from, to: change.to, mark: change.mark };
      yield* appended(text, syntax, edgeText(edge, syntax));
      return;
    }
    case "add-node":
      yield* appended(text, syntax, nameText(change.name, syntax));
      return;
    case "remove-edge":
      yield* rewritten(text, syntax, (edges) => without(edges, change.edge));
      return;
    case "reverse-edge":
      yield* rewritten(text, syntax, (edges) => turned(edges, change.edge));
      return;
    case "remove-node":
      yield withoutNode(text, syntax, change.name);
      return;
    case "rename-node":
      yield withRenamed(text, syntax, change.name, change.to);
      return;
    case "toggle-latent":
      yield* unmarked(text, syntax, change.name);
      yield* appended(text, syntax, latentText(change.name, syntax));
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The statements of a text; pieces that turn out not to be statements do no harm, as the result is read back. */
function spansOf(text: string, syntax: GraphSyntax): readonly Span[] {
  if (syntax === "short") return shortFormSpans(text);
  const { start, end } = insideOf(text, syntax);
  const spans: Span[] = [];
  const separators = syntax === "dagitty" || syntax === "dot" ? /[;\n]/ : /\n/;
  let from = start;
  let quoted = false;
  let depth = 0;
  for (let i = start; i <= end; i++) {
    const char = text[i] ?? "";
    if (i < end && char === '"') quoted = !quoted;
    else if (!quoted && char === "[") depth++;
    else if (!quoted && char === "]") depth--;
    if (i < end && (quoted || depth > 0 || !separators.test(char))) continue;
    const piece = text.slice(from, i);
    const lead = piece.length - piece.trimStart().length;
    if (piece.trim() !== "") spans.push({ start: from + lead, end: from + piece.trimEnd().length });
    from = i + 1;
  }
  return spans;
}

/** What stands between the braces, or everything. */
function insideOf(text: string, syntax: GraphSyntax): Span {
  if (syntax !== "dagitty" && syntax !== "dot") return { start: 0, end: text.length };
  const open = text.indexOf("{");
  const close = text.lastIndexOf("}");
  return { start: open + 1, end: close < 0 ? text.length : close };
}

/** One statement read as a graph of its own. */
function graphOfPiece(text: string, span: Span, syntax: GraphSyntax): Graph | undefined {
  const piece = text.slice(span.start, span.end);
  const braces = syntax === "dagitty" || syntax === "dot";
  const head = braces ? text.slice(0, text.indexOf("{") + 1) : "";
  try {
    return parseGraph(braces ? `${head} ${piece} }` : piece, syntax);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function nameText(name: string, syntax: GraphSyntax): string {
  if (syntax === "lavaan") return `${quoteName(name)} ~~ ${quoteName(name)}`;
  return quoteName(name, (word) => syntax === "dot" && !/^[A-Za-z_]\w*$/.test(word));
}

function edgeText({ from, to, mark }: Edge, syntax: GraphSyntax): string {
  const [a, b] =
    syntax === "lavaan"
      ? [quoteName(from), quoteName(to)]
      : [nameText(from, syntax), nameText(to, syntax)];
  switch (syntax) {
    case "lavaan":
      return mark === "<->" ? `${a} ~~ ${b}` : `${b} ~ ${a}`;
    case "dagitty":
      return `${a} ${mark.replaceAll("o", "@")} ${b}`;
    case "dot":
      return `${a} -> ${b}${mark === "<->" ? " [dir=both, style=dashed]" : mark === "--" ? " [dir=none]" : ""}`;
    default:
      return `${a} ${mark} ${b}`;
  }
}

function latentText(name: string, syntax: GraphSyntax): string {
  const attribute = syntax === "dot" ? "latent=true, style=dashed" : "latent";
  return `${nameText(name, syntax)} [${attribute}]`;
}

const longLine = 60;

/** The statement at the end: on a line of its own where the author writes lines, else behind the last one. */
function* appended(
  text: string,
  syntax: GraphSyntax,
  statement: string,
): Generator<string, void, undefined> {
  const { start, end } = insideOf(text, syntax);
  const inside = text.slice(start, end);
  const kept = inside.trimEnd();
  const lastLine = kept.slice(kept.lastIndexOf("\n") + 1);
  const indent = /^[ \t]*/.exec(lastLine)?.[0] ?? "";
  const ownLine =
    syntax === "lavaan" ||
    kept.trim().includes("\n") ||
    kept.length > longLine ||
    /#|\/\//.test(lastLine);
  const closed = kept.endsWith(";") || kept.trim() === "";
  const end1 = syntax === "dot" ? ";" : "";
  const joint = ownLine ? `\n${indent}` : closed ? " " : "; ";
  yield `${text.slice(0, start)}${kept}${joint}${statement}${end1}${inside.slice(kept.length)}${text.slice(end)}`;
  yield `${text.slice(0, start)}${kept}\n${indent}${statement}${end1}${inside.slice(kept.length)}${text.slice(end)}`;
}

function without(edges: readonly Edge[], edge: Edge): readonly Edge[] {
  return edges.filter((other) => edgeKey(other) !== edgeKey(edge));
}

function turned(edges: readonly Edge[], edge: Edge): readonly Edge[] {
  return edges.map((other) => (edgeKey(other) === edgeKey(edge) ? reversed(edge) : other));
}

/** Every statement whose edges change is written anew; names that would be lost are kept as lone names. */
function* rewritten(
  text: string,
  syntax: GraphSyntax,
  edit: (edges: readonly Edge[]) => readonly Edge[],
  dropped?: string,
): Generator<string, void, undefined> {
  const pieces = spansOf(text, syntax).map((span) => ({
    span,
    graph: graphOfPiece(text, span, syntax),
  }));
  const touched = pieces.filter(
    ({ graph }) =>
      graph !== undefined &&
      (JSON.stringify(edit(graph.edges)) !== JSON.stringify(graph.edges) ||
        graph.nodes.some(({ name }) => name === dropped)),
  );
  const elsewhere = new Set(
    pieces
      .filter((piece) => !touched.includes(piece))
      .flatMap(({ graph }) => graph?.nodes.map(({ name }) => name) ?? []),
  );
  let out = text;
  for (const { span, graph } of touched.toReversed()) {
    if (graph === undefined) continue;
    const edges = edit(graph.edges);
    const mentioned = new Set(edges.flatMap(({ from, to }) => [from, to]));
    const lone = graph.nodes
      .map(({ name }) => name)
      .filter((name) => name !== dropped && !mentioned.has(name) && !elsewhere.has(name));
    for (const name of mentioned) elsewhere.add(name);
    const statements = [
      ...chains(edges, syntax),
      ...lone.map((name) => nameText(name, syntax)),
    ].join(syntax === "lavaan" ? "\n" : "; ");
    out =
      statements === ""
        ? cut(out, span)
        : `${out.slice(0, span.start)}${statements}${out.slice(span.end)}`;
  }
  yield out;
}

/** Edges that follow on one another are written as one chain again. */
function chains(edges: readonly Edge[], syntax: GraphSyntax): string[] {
  if (syntax !== "short") return edges.map((edge) => edgeText(edge, syntax));
  const found: string[] = [];
  let last: string | undefined;
  for (const edge of edges) {
    if (last === edge.from) found[found.length - 1] += ` ${edge.mark} ${nameText(edge.to, syntax)}`;
    else found.push(edgeText(edge, syntax));
    last = edge.to;
  }
  return found;
}

/** The text without a statement and one of the separators beside it. */
function cut(text: string, { start, end }: Span): string {
  const after = /^[ \t]*;[ \t]*/.exec(text.slice(end))?.[0];
  const before = /(?:;[ \t]*|\n[ \t]*)$/.exec(text.slice(0, start))?.[0];
  if (after !== undefined) return text.slice(0, start) + text.slice(end + after.length);
  if (before !== undefined) return text.slice(0, start - before.length) + text.slice(end);
  return text.slice(0, start) + text.slice(end).replace(/^[ \t]*\n/, "");
}

function withoutNode(text: string, syntax: GraphSyntax, name: string): string {
  const edit = (edges: readonly Edge[]): readonly Edge[] =>
    edges.filter(({ from, to }) => from !== name && to !== name);
  return rewritten(text, syntax, edit, name).next().value ?? text;
}

function withRenamed(text: string, syntax: GraphSyntax, before: string, after: string): string {
  const scan = { text, at: 0 };
  let out = "";
  let from = 0;
  while (scan.at < text.length) {
    const comment = /^(?:#|\/\/)[^\n]*|^\/\*[\s\S]*?\*\//.exec(text.slice(scan.at))?.[0];
    const start = scan.at;
    const read = comment === undefined ? readQuietly(scan) : undefined;
    if (read !== undefined && read.name === before) {
      const quoted = text[start] === '"' && syntax !== "short";
      out += text.slice(from, start) + (quoted ? `"${after}"` : nameText(after, syntax));
      from = read.end;
    }
    scan.at = read?.end ?? start + (comment?.length ?? 1);
  }
  return out + text.slice(from);
}

function readQuietly(scan: { text: string; at: number }): ReturnType<typeof readName> {
  try {
    return readName(scan);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The text with the word `latent` taken out of one statement about the node. */
function* unmarked(
  text: string,
  syntax: GraphSyntax,
  name: string,
): Generator<string, void, undefined> {
  for (const span of spansOf(text, syntax)) {
    const piece = text.slice(span.start, span.end);
    if (!/latent/.test(piece)) continue;
    const graph = graphOfPiece(text, span, syntax);
    if (graph?.nodes.some((node) => node.name === name) !== true) continue;
    if (graph.nodes.length === 1 && graph.edges.length === 0) yield cut(text, span);
    for (const pattern of [
      /\s*\[\s*(?:latent\s*=\s*true\s*,\s*style\s*=\s*dashed|latent(?:\s*=\s*true)?)\s*\]/,
      /latent(?:\s*=\s*true)?\s*,\s*/,
      /\s*,\s*latent(?:\s*=\s*true)?/,
    ]) {
      const rest = piece.replace(pattern, "");
      if (rest !== piece) yield `${text.slice(0, span.start)}${rest}${text.slice(span.end)}`;
    }
  }
}
